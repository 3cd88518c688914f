"""Answers that carry their receipts: SPARQL JSON with a member, and graphs in TriG by what supports them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from portsmouth.errors import NotAcceptableError, ParameterError
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Answer, Formats, Query, Store
from portsmouth_server.answering import Answering
from portsmouth_server.http import Header, Receive, Scope, Send
from portsmouth_server.later import load
from portsmouth_server.media import RECEIPTS_PROFILE
from portsmouth_server.parameters import check_receipts
from portsmouth_server.receipts.provenance import provenance
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

if TYPE_CHECKING:
    from portsmouth.receipts import Page

#: The longest answer that can carry receipts: they stand before its rows, so it must be held whole.
_MOST_BYTES: Final = 16 << 20
#: Triples of a graph that are explained; further ones stand in the default graph.
_MOST_TRIPLES: Final = 1_000
_MORE_TRIPLES: Final = "the triples of the default graph are beyond those whose receipts are given at once"
_PROFILE_LINK: Final = f'<{RECEIPTS_PROFILE}>; rel="profile"'.encode()


class Inlined:
    """Makes answers with receipts.

    :param store: what answers.
    :param settings: the deadline, and where the server is seen.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._seconds = settings.deadline
        self._urls = Urls(settings.root_path)

    async def send(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        answering: Answering,
        query: Query,
        option: str | None,
        rows: str | None,
    ) -> None:
        """Answer a request with an answer that carries its receipts.

        :param answering: what sends it.
        :param query: the query that the request means.
        :param option: what the request says of receipts; nothing where it chose them by a profile.
        :param rows: the rows that are explained.
        :raises PortsmouthError: the answer cannot be given so.
        """
        check_receipts(option, rows)
        link = (b"link", provenance(self._urls, scope, query))

        async def explained() -> tuple[bytes, str, tuple[Header, ...]]:
            body, media_type, more = await self.answer(query, rows)
            return body, media_type, (link, *more)

        await answering.compute(scope, receive, send, explained())

    async def answer(self, query: Query, rows: str | None) -> tuple[bytes, str, tuple[Header, ...]]:
        """Return an answer with receipts, its media type, and further headers.

        :param query: the query, with the formats that the client takes.
        :param rows: the rows that are explained, such as ``0-49``; the whole answer is given.
        :raises NotAcceptableError: the client takes no format that can hold receipts.
        :raises ParameterError: the answer is too long to be held, or the rows are none.
        """
        # Receipts are loaded by those who want some.
        await load("portsmouth_server.receipts.endpoint")
        from portsmouth.receipts import Budget, Page, explain, read_answers
        from portsmouth.receipts.telling import inline, trig
        from portsmouth_server.receipts.endpoint import read_rows

        first, most = read_rows(rows)
        clock = asyncio.get_running_loop().time
        end = clock() + self._seconds
        answer = await self._store.query(_fitting(query))
        body = await _whole(answer)
        answers = read_answers(answer.kind, body)
        if answer.kind == "graph":
            triples = [row for row in answers.rows if not isinstance(row, dict)]
            receipts = await explain(
                self._store, query, triples[:_MOST_TRIPLES], Budget(seconds=max(0.001, end - clock()))
            )
            written = await asyncio.to_thread(trig, triples, receipts)  # type: ignore[arg-type]  # rows of a graph are triples
            if len(triples) > _MOST_TRIPLES:
                written = f"# {_MORE_TRIPLES}\n".encode() + written
            return written, GRAPH_FORMATS["trig"], ()
        chosen = answers.rows[first : first + most]
        receipts = await explain(self._store, query, chosen, Budget(seconds=max(0.001, end - clock())))
        more = first + len(chosen) < len(answers.rows)
        page = Page(answer.kind, answers, first, more)
        told = {"first": first, "next": self._following(page, query, len(chosen))}
        return (
            await asyncio.to_thread(inline, body, receipts, told),
            RESULT_FORMATS["json"],
            ((b"link", _PROFILE_LINK),),
        )

    def _following(self, page: Page, query: Query, shown: int) -> str | None:
        first = page.first + shown
        return self._urls.receipts(query.text, query.dataset, f"{first}-{first + 49}") if page.more else None


def _fitting(query: Query) -> Query:
    """Ask for what can be read: JSON or N-Triples, where the client takes JSON or TriG."""
    results = query.formats.results == RESULT_FORMATS["json"]
    graphs = query.formats.graphs is not None
    if not results and not graphs:
        raise NotAcceptableError(
            found=f"receipts with {query.formats.results}",
            expected=f"{RESULT_FORMATS['json']}, or {GRAPH_FORMATS['trig']} for a graph",
        )
    formats = Formats(RESULT_FORMATS["json"] if results else None, GRAPH_FORMATS["nt"] if graphs else None)
    return Query(query.text, query.dataset, formats, query.base, query.deadline, query.known_prefixes)


async def _whole(answer: Answer) -> bytes:
    body = bytearray()
    try:
        async for chunk in answer:
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ParameterError(
                    found=f"an answer of more than {_MOST_BYTES >> 20} MiB with receipts in it",
                    expected="a shorter one: add a LIMIT, or ask /receipts page by page",
                )
    finally:
        await answer.aclose()
    return bytes(body)
