"""``/sparql``: the query operation of the SPARQL 1.1 Protocol, and the query page for browsers.

A bare ASGI callable, since routing and dependency injection would cost a small
query several times its own time.
"""

from __future__ import annotations

import logging
from typing import Final, Protocol

from portsmouth.errors import MethodError, ParameterError, PortsmouthError, RequestError
from portsmouth.store.protocol import Query, Store
from portsmouth_server import protocol
from portsmouth_server.answering import Answering, provenance
from portsmouth_server.documents import content_type, entity_tag
from portsmouth_server.errors import Problem
from portsmouth_server.http import (
    DATA_HEADERS,
    PAGE_HEADERS,
    ClientGoneError,
    Header,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    respond,
)
from portsmouth_server.inlined import INLINE, Inlined
from portsmouth_server.negotiation import LONGEST_HEADER, Choice, choose, names_rdf, prefers_page
from portsmouth_server.protocol import SparqlRequest
from portsmouth_server.service import ServiceDescription
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

ALLOW: Final = b"GET, HEAD, POST, OPTIONS"

log = logging.getLogger("portsmouth_server")


class Pages(Protocol):
    """What shows answers and problems to people."""

    async def answer(self, request: SparqlRequest) -> tuple[int, bytes]:
        """Return the status and the HTML of the query page, with the answer if there is a query."""

    def problem(self, problem: Problem) -> bytes:
        """Return the HTML of a problem."""


class SparqlEndpoint:
    """The endpoint as an ASGI application for the one path.

    :param store: what answers.
    :param settings: limits and the origin that scripts may come from.
    :param pages: what browsers see.
    :param description: what tells programs of the endpoint itself.
    """

    def __init__(
        self, store: Store, settings: Settings, pages: Pages, description: ServiceDescription | None = None
    ) -> None:
        self._description = description
        self._settings = settings
        self._pages = pages
        self._answering = Answering(store, settings)
        self._inlined = Inlined(store, settings)
        self._urls = Urls(settings.root_path)
        self._cors = self._answering.cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            await self._answer(scope, receive, send)
        except ClientGoneError:
            log.info("a client left before its answer was complete")
        except PortsmouthError as error:
            allow = ((b"allow", ALLOW),) if isinstance(error, MethodError) else ()
            await self._refuse(scope, send, Problem.from_error(error, allow))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "GET" | "HEAD":
                request = protocol.from_address(scope["query_string"])
            case "POST":
                request = await self._posted(scope, receive)
            case "OPTIONS":
                return await respond(send, 204, [(b"allow", ALLOW), *self._cors, *_preflight(self._cors)])
            case method:
                raise MethodError(found=method, expected=ALLOW.decode())
        accept = header(scope["headers"], b"accept")
        choice = choose(accept and accept[:LONGEST_HEADER], request.form)
        if self._asks_for_description(scope, request, choice, accept):
            return await self._describe(scope, send, choice.formats.pick("graph"))
        if choice.page:
            return await self._answering.show(scope, receive, send, self._pages.answer(request))
        if not request.text or not request.text.strip():
            raise RequestError(found="no query", expected="a SPARQL query in the query parameter")
        query = Query(request.text, request.dataset, choice.formats)
        if request.receipts is not None or choice.receipts:
            return await self._answer_with_receipts(scope, receive, send, request, query)
        return await self._answering.answer(scope, receive, send, query)

    async def _answer_with_receipts(
        self, scope: Scope, receive: Receive, send: Send, request: SparqlRequest, query: Query
    ) -> None:
        if request.receipts not in (None, INLINE):
            raise ParameterError(
                found=f"receipts={str(request.receipts)[:100]}", expected=f"receipts={INLINE}"
            )
        link = (b"link", provenance(self._urls, query.text, query.dataset))

        async def explained() -> tuple[bytes, str, tuple[Header, ...]]:
            body, media_type, more = await self._inlined.answer(query, request.rows)
            return body, media_type, (link, *more)

        await self._answering.compute(scope, receive, send, explained())

    def _asks_for_description(
        self, scope: Scope, request: SparqlRequest, choice: Choice, accept: str | None
    ) -> bool:
        """Say whether the endpoint itself is asked about (SPARQL 1.1 Service Description, section 2)."""
        if self._description is None or request.text is not None or scope["method"] == "POST":
            return False
        if choice.formats.graphs is None:
            return False
        # Whoever takes anything has forgotten the query, and is told so.
        return choice.formats.results is None if request.form else names_rdf(accept)

    async def _describe(self, scope: Scope, send: Send, media_type: str) -> None:
        assert self._description is not None  # noqa: S101  # asked before
        host = header(scope["headers"], b"host")
        tag = entity_tag(self._description.snapshot, "service", scope["scheme"], host, media_type).encode()
        headers = [
            (b"vary", b"Accept"), (b"etag", tag), (b"cache-control", b"no-cache"),
            (b"content-type", content_type(media_type).encode()), *DATA_HEADERS, *self._cors,
        ]  # fmt: skip
        if tag.decode().removeprefix("W/") in (header(scope["headers"], b"if-none-match") or ""):
            return await respond(send, 304, headers)
        body = await self._description.write(scope["scheme"], host, media_type)
        return await respond(send, 200, headers, body, head_only=scope["method"] == "HEAD")

    async def _posted(self, scope: Scope, receive: Receive) -> SparqlRequest:
        body = await read_body(
            scope, receive, limit=self._settings.max_request_bytes, seconds=self._settings.client_seconds
        )
        headers = scope["headers"]
        return protocol.from_body(
            header(headers, b"content-type"),
            header(headers, b"content-encoding"),
            scope["query_string"],
            body,
        )

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        headers = [(b"vary", b"Accept"), *self._cors]
        head_only = scope["method"] == "HEAD"
        if prefers_page((header(scope["headers"], b"accept") or "")[:LONGEST_HEADER]):
            body = self._pages.problem(problem)
            headers += [*problem.all_headers("text/html; charset=utf-8"), *PAGE_HEADERS]
        else:
            body = problem.body()
            headers += problem.data_headers()
        await respond(send, problem.status, headers, body, head_only=head_only)


def _preflight(cors: tuple[Header, ...]) -> tuple[Header, ...]:
    if not cors:
        return ()
    return (
        (b"access-control-allow-methods", ALLOW),
        (b"access-control-allow-headers", b"Accept, Content-Type, If-None-Match, X-Requested-With"),
        (b"access-control-max-age", b"86400"),
    )
