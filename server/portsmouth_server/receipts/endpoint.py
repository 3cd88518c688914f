"""``/receipts``: the passages that support an answer, page by page; ``/receipts/verify`` replays one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyoxigraph as ox
from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import ParameterError, PortsmouthError, RequestError
from portsmouth.receipts import PAGE, Budget, Page, Receipts, explain, read_page
from portsmouth.receipts.asking import Asker
from portsmouth.receipts.evidence import PassageNote, passage_notes
from portsmouth.receipts.telling import as_json
from portsmouth.receipts.verifying import read_facts, read_row, read_triple, verify
from portsmouth.store.protocol import Query, Store
from portsmouth_server import protocol, urls
from portsmouth_server.answering import Answering, Direct
from portsmouth_server.basing import base_of
from portsmouth_server.errors import Problem
from portsmouth_server.http import Header, Receive, Scope, Send, header, read_body
from portsmouth_server.labelling import named, names_of
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import wants_page
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import first_and_last, parameters
from portsmouth_server.protocol import SparqlRequest
from portsmouth_server.receipts.shown import said, shown_rows
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

JSON: Final = "application/json"
#: Replays at once; each starts processes of its own.
_REPLAYS: Final = 2


def receipts_router(store: Store, settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route receipts.

    :param store: what answers.
    :param settings: limits, and where the server is seen.
    :param pages: what renders pages.
    """
    router = APIRouter()
    endpoint = ReceiptsEndpoint(store, settings, pages)

    @router.api_route(urls.RECEIPTS, methods=["GET", "HEAD", "POST"])
    async def receipts(request: Request) -> Response:
        return Direct(endpoint.answer)

    @router.api_route(urls.RECEIPTS + "/verify", methods=["POST"])
    async def verification(request: Request) -> Response:
        return Direct(endpoint.verify)

    return router


@dataclass(frozen=True, slots=True)
class Explained:
    """A page of an answer with its receipts.

    :param page: the rows.
    :param receipts: one for each row.
    :param notes: what is told of the passages that they cite, by IRI.
    """

    page: Page
    receipts: Receipts
    notes: Mapping[str, PassageNote]


def read_rows(text: str | None) -> tuple[int, int]:
    """Read which rows are asked for.

    :param text: such as ``50-99``, the last included; the first page where nothing is said.
    :return: the first row, counted from 0, and how many, at most :data:`~portsmouth.receipts.PAGE`.
    :raises ParameterError: the text is something else.

    >>> read_rows(None), read_rows("7"), read_rows("100-300")
    ((0, 50), (7, 1), (100, 50))
    """
    if text is None:
        return 0, PAGE
    first, last = first_and_last(text)
    return first, min(last - first + 1, PAGE)


class Explainer:
    """Reads a page of an answer and explains it, within the time that one query has.

    :param store: what answers.
    :param settings: the deadline.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._seconds = settings.deadline

    async def explain(self, query: Query, rows: str | None, language: str = "en") -> Explained:
        """Explain a page of an answer.

        :param query: the query.
        :param rows: which rows.
        :param language: of what is told of passages.
        :raises PortsmouthError: the query cannot be answered.
        """
        first, most = read_rows(rows)
        clock = asyncio.get_running_loop().time
        start = clock()
        page = await read_page(self._store, query, first, most)
        budget = Budget(seconds=max(0.001, self._seconds - (clock() - start)))
        receipts = await explain(self._store, query, page.answers.rows, budget)
        passages = {passage for fact in receipts.facts for passage in fact.passages}
        notes = (
            await passage_notes(Asker(self._store, query, Budget()), passages, language) if passages else {}
        )
        return Explained(page, receipts, notes)


class ReceiptsEndpoint:
    """Answers requests for receipts, and replays them.

    :param store: what answers.
    :param settings: limits, and where the server is seen.
    :param pages: what renders pages.
    """

    def __init__(self, store: Store, settings: Settings, pages: HtmlPages) -> None:
        self._store = store
        self._settings = settings
        self._pages = pages
        self._urls = Urls(settings.root_path)
        self._answering = Answering(store, settings)
        self._explainer = Explainer(store, settings)
        self._replays = asyncio.Semaphore(_REPLAYS)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for receipts.

        :raises PortsmouthError: they cannot be given.
        """
        request = await self._read(scope, receive)
        if wants_page(accept_of(scope), request.form):
            return await self._answering.show(scope, receive, send, self._page(scope, request))
        if not request.text or not request.text.strip():
            raise RequestError(found="no query", expected="a SPARQL query in the query parameter")
        query = Query(request.text, request.dataset, base=base_of(scope, request.text, self._settings))
        return await self._answering.compute(scope, receive, send, self._json(scope, request, query))

    async def verify(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to replay a receipt.

        :raises PortsmouthError: the request is no receipt, or the replay failed.
        """
        body = await self._body(scope, receive)
        told = _read_json(body)
        request = _query_of(told, scope["query_string"])
        text = str(request.text)
        base = base_of(scope, text, self._settings)
        query = Query(text, request.dataset, base=base, deadline=self._settings.deadline)
        given = told.get("row", {})
        graph = isinstance(given, Mapping) and set(given) == set("spo") and protocol.gives_graph(query.text)
        row = read_triple(given) if graph else read_row(given)
        facts = read_facts(told.get("facts"))

        async def replayed() -> tuple[bytes, str, tuple[Header, ...]]:
            async with self._replays:
                verdict = await verify(self._store, query, row, facts, self._settings.limits)
            return (
                _json(
                    {
                        "holds": verdict.holds,
                        "row": verdict.gives_row,
                        "facts": list(verdict.stated),
                        "words": verdict.words,
                        "snapshot": self._store.snapshot,
                    }
                ),
                JSON,
                (),
            )

        await self._answering.compute(scope, receive, send, replayed())

    async def _read(self, scope: Scope, receive: Receive) -> SparqlRequest:
        if scope["method"] != "POST":
            return protocol.from_address(scope["query_string"])
        headers = scope["headers"]
        request = protocol.query_from_body(
            header(headers, b"content-type"),
            header(headers, b"content-encoding"),
            scope["query_string"],
            await self._body(scope, receive),
        )
        # The address of a further page is that of the link; the form is sent again as it was.
        in_address = dict(parameters(scope["query_string"])).get("rows")
        return replace(request, rows=in_address or request.rows)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        return await read_body(
            scope, receive, limit=self._settings.max_request_bytes, seconds=self._settings.client_seconds
        )

    async def _json(
        self, scope: Scope, request: SparqlRequest, query: Query
    ) -> tuple[bytes, str, tuple[Header, ...]]:
        explained = await self._explainer.explain(query, request.rows)
        following = self.following(explained.page, request, posted=scope["method"] == "POST")
        # Weighing the sets of passages of large groups takes a while, in which others are answered.
        told = await asyncio.to_thread(as_json, explained.receipts)
        links = ((b"link", f'<{following}>; rel="next"'.encode()),) if following else ()
        return (
            _json(
                {
                    **told,
                    "kind": explained.page.kind,
                    "first": explained.page.first,
                    "next": following,
                    "answers": [_answer(row) for row in explained.page.answers.rows],
                    "passages": {
                        name.rpartition("/")[2]: {"part": note.part, "line": note.line, "gloss": note.gloss}
                        for name, note in explained.notes.items()
                    },
                    "snapshot": self._store.snapshot,
                }
            ),
            JSON,
            links,
        )

    def following(self, page: Page, request: SparqlRequest, *, posted: bool = False) -> str | None:
        """Return the address of the page that follows, ``None`` after the last.

        :param page: this page.
        :param request: the request for it.
        :param posted: whether the query was sent in a body, and is to be sent so again.
        """
        if not page.more:
            return None
        first = page.first + len(page.answers.rows)
        rows = f"{first}-{first + PAGE - 1}"
        if posted:
            return self._urls.receipts(rows=rows)
        return self._urls.receipts(request.text or "", request.dataset, rows)

    async def _page(self, scope: Scope, request: SparqlRequest) -> tuple[int, bytes]:
        context: dict[str, Any] = {"problem": None, "rows": [], "notes": (), "page": None, "following": None}
        context["dataset"] = urls.of_dataset(request.dataset)
        status = 200
        if request.text and request.text.strip():
            try:
                base = base_of(scope, request.text, self._settings)
                query = Query(request.text, request.dataset, base=base)
                explained = await self._explainer.explain(query, request.rows, viewer().language)
                shown = await asyncio.to_thread(
                    shown_rows, explained.page, explained.receipts, explained.notes, self._urls
                )
                names = await names_of(self._store, (one for row in shown for _, one in row.cells))
                context |= {
                    "rows": [
                        replace(row, cells=[(name, named(one, names)) for name, one in row.cells])
                        for row in shown
                    ],
                    "notes": [said(note) for note in explained.receipts.notes],
                    "page": explained.page,
                    "following": self.following(explained.page, request),
                }
            except PortsmouthError as error:
                context["problem"] = Problem.from_error(error)
                status = error.status
        return status, self._pages.render("receipts.html", request=request, **context)


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _answer(row: Any) -> dict[str, str]:
    """Write a row or a triple so that it can be sent back to be verified."""
    if isinstance(row, ox.Triple):
        return {"s": str(row.subject), "p": str(row.predicate), "o": str(row.object)}
    return {name: str(value) for name, value in row.items()}


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise ParameterError(
            found="a body that is no JSON object",
            expected='{"query": …, "row": …, "facts": […]} with a row and the facts of one derivation',
        )
    return told


def _query_of(told: Mapping[str, Any], query_string: bytes) -> SparqlRequest:
    """Read the query and its dataset: members of the body have the names that parameters have."""
    given = parameters(query_string)
    for name, value in told.items():
        if name not in ("row", "facts"):
            given += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
    request = protocol.from_parameters(given)
    if not request.text or not request.text.strip():
        raise ParameterError(found="no query", expected="the query of the receipt, as a member named query")
    return request
