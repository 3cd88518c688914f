"""``/sparql``: the query operation of the SPARQL 1.1 Protocol, and the query page for browsers.

Updates are taken here too, under the same conditions as at ``/update``: the
protocol lets both operations share an address, and many clients know only one.

A bare ASGI callable, since routing and dependency injection would cost a small
query several times its own time.
"""

from __future__ import annotations

from typing import Final, Protocol

from portsmouth.errors import MethodError, RequestError
from portsmouth.store.protocol import Query, Store
from portsmouth_server import protocol
from portsmouth_server.answering import Answering
from portsmouth_server.basing import base_of
from portsmouth_server.errors import Problem
from portsmouth_server.http import Receive, Scope, Send, header, read_body
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import Choice, choose
from portsmouth_server.protocol import SparqlRequest, UpdateRequest
from portsmouth_server.receipts.inlined import Inlined
from portsmouth_server.refusals import Endpoint
from portsmouth_server.service import ServiceDescription
from portsmouth_server.settings import Settings
from portsmouth_server.updating import UpdateEndpoint

ALLOW: Final = "GET, HEAD, POST, OPTIONS"


class Pages(Protocol):
    """What shows answers and problems to people."""

    async def answer(self, request: SparqlRequest) -> tuple[int, bytes]:
        """Return the status and the HTML of the query page, with the answer if there is a query.

        :param request: what is asked.
        """

    def problem(self, problem: Problem) -> bytes:
        """Return the HTML of a problem.

        :param problem: the problem.
        """


class SparqlEndpoint:
    """The endpoint as an ASGI application for the one path.

    :param store: what answers.
    :param settings: limits and the origin that scripts may come from.
    :param pages: what browsers see.
    :param answering: what sends answers.
    :param description: what tells programs of the endpoint itself.
    :param updates: what takes updates.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        pages: Pages,
        answering: Answering,
        description: ServiceDescription,
        updates: UpdateEndpoint,
    ) -> None:
        self._description = description
        self._updates = updates
        self._settings = settings
        self._pages = pages
        self._answering = answering
        self._inlined = Inlined(store, settings)
        self._cors = self._answering.cors
        self._endpoint = Endpoint(ALLOW, pages, self._cors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await self._endpoint.run(self._answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "GET" | "HEAD":
                request = protocol.from_address(scope["query_string"])
            case "POST":
                content_type = header(scope["headers"], b"content-type")
                if protocol.body_type(content_type) == protocol.UPDATE:
                    return await self._updates.take(scope, receive, send)
                posted = await self._posted(scope, receive, content_type)
                if isinstance(posted, UpdateRequest):
                    return await self._updates.carry_out(scope, send, posted)
                request = posted
            case "OPTIONS":
                return await self._endpoint.preflight(send, readers=ALLOW)
            case method:
                raise MethodError(found=method, expected=ALLOW)
        choice = choose(accept_of(scope), request.form)
        if self._asks_for_description(scope, request, choice):
            return await self._description.respond(scope, send, choice.formats.pick("graph"), self._cors)
        if choice.page:
            shown = self._pages.answer(request)
            query = Query(request.text, request.dataset) if request.text and request.text.strip() else None
            return await self._answering.show(scope, receive, send, shown, query)
        if not request.text or not request.text.strip():
            raise RequestError(found="no query", expected="a SPARQL query in the query parameter")
        query = Query(
            request.text, request.dataset, choice.formats, base_of(scope, request.text, self._settings)
        )
        if request.receipts is not None or choice.receipts:
            return await self._inlined.send(
                scope, receive, send, self._answering, query, request.receipts, request.rows
            )
        return await self._answering.answer(scope, receive, send, query)

    def _asks_for_description(self, scope: Scope, request: SparqlRequest, choice: Choice) -> bool:
        """Say whether the endpoint itself is asked about (SPARQL 1.1 Service Description, section 2)."""
        if request.text is not None or scope["method"] == "POST" or choice.page:
            return False
        return choice.formats.graphs is not None

    async def _posted(
        self, scope: Scope, receive: Receive, content_type: str | None
    ) -> SparqlRequest | UpdateRequest:
        body = await read_body(
            scope, receive, limit=self._settings.max_request_bytes, seconds=self._settings.client_seconds
        )
        encoding = header(scope["headers"], b"content-encoding")
        return protocol.from_body(content_type, encoding, scope["query_string"], body)
