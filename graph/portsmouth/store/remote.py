"""The store that asks another SPARQL service.

The service holds what ``portsmouth load`` has put there. Queries go to it by form
(:mod:`portsmouth.store.service.request`), and answers are streamed
(:mod:`portsmouth.store.service.answer`). What the service does not know, stances, is
asked of a copy of its data (:mod:`portsmouth.store.service.stanced_copies`).

::

    async with RemoteStore("http://localhost:7878/query") as store:
        answer = await store.query(Query("ASK {}"))
        body = b"".join([chunk async for chunk in answer])
"""

from __future__ import annotations

import asyncio
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Literal, Self

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.errors import (
    AnswerLimitError,
    PortsmouthError,
    QuerySyntaxError,
    ReadOnlyError,
    StoreError,
)
from portsmouth.loading import State, read_state
from portsmouth.sandbox import Sandbox
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import (
    RESULT_FORMATS,
    Answer,
    AnswerKind,
    Formats,
    GraphWrite,
    Query,
    Update,
    Written,
)
from portsmouth.store.service.answer import RemoteAnswer
from portsmouth.store.service.client import Service, checked_address
from portsmouth.store.service.credentials import Credentials
from portsmouth.store.service.request import fields_of
from portsmouth.store.service.stanced_copies import StancedCopies
from portsmouth.store.sparql import engine
from portsmouth.store.sparql.lexer import query_form

_KINDS: Final[dict[str, AnswerKind]] = {
    "SELECT": "solutions",
    "ASK": "boolean",
    "CONSTRUCT": "graph",
    "DESCRIBE": "graph",
}
#: Seconds between looks at what the service holds.
_REFRESH: Final = 5.0
#: Seconds for which a service that does not tell its version is taken to be unchanged.
_UNVERSIONED: Final = 60.0
#: Quads of which a stance is made here, since the service knows no stances.
_MOST_FOR_STANCES: Final = 2_000_000
#: Characters of a query that takes the parser neither much time nor much of the stack, triple terms apart.
_SHORT: Final = 2000
DatasetMode = Literal["merged", "plain"]


class RemoteStore:
    """Answers queries by asking another service; it is only read.

    :param endpoint: the address at which the service answers queries.
    :param credentials: what it may be shown.
    :param limits: what a query may take; ``workers`` is how many the service is asked at once.
    :param dataset: ``merged`` where ``portsmouth load`` has filled the service; ``plain`` for any other,
        whose own dataset is then asked.
    :raises ParameterError: the address is none.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        credentials: Credentials | None = None,
        limits: Limits | None = None,
        dataset: DatasetMode = "merged",
    ) -> None:
        self._endpoint = checked_address(endpoint)
        self._limits = limits or Limits()
        self._merged = dataset == "merged"
        self._service = Service(
            credentials,
            connections=self._limits.workers,
            queue_seconds=self._limits.queue_seconds,
        )
        self._threads = ThreadPoolExecutor(self._limits.workers, thread_name_prefix="portsmouth-remote")
        self._state = State()
        self._snapshot = f"unversioned-{uuid.uuid4().hex}"
        self._looked = self._renewed = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._answers: set[RemoteAnswer] = set()
        self._copies = StancedCopies(self._fetch, self._limits)
        self._sandbox = Sandbox(self._limits.memory_mib)

    @property
    def snapshot(self) -> str:
        """The version that the service says its data have; else one that lasts for a minute."""
        return self._snapshot

    @property
    def writable(self) -> bool:
        """Whether anything can be changed: not through this store."""
        return False

    @property
    def limits(self) -> Limits:
        """What a query may take."""
        return self._limits

    async def query(self, query: Query) -> Answer:
        """Answer a query; see :meth:`portsmouth.store.protocol.Store.query`.

        :raises PortsmouthError: as the protocol says.
        """
        engine.refuse_services(query, self._limits.service_hosts)
        form = query_form(query.text)
        seconds = query.deadline or self._limits.deadline
        await self._check(query, seconds)
        if form is None:
            # The parser knows more than the service may; whatever it takes for a query begins otherwise.
            raise QuerySyntaxError("another beginning", "SELECT, ASK, CONSTRUCT or DESCRIBE")
        if query.dataset.stance:
            return await self._copies.query(query, self._snapshot)
        self._look_again()
        kind = _KINDS[form]
        media_type = query.formats.pick(kind)
        answer = RemoteAnswer(query, kind, media_type, seconds, self._threads, self._answers.discard)
        self._answers.add(answer)
        try:
            fields = fields_of(query, self._named if self._merged else None)
            await answer.begin(self._service, self._endpoint, fields)
        except BaseException:
            await answer.aclose()
            raise
        return answer

    async def update(self, update: Update) -> Written:
        """Refuse an update: the service is written by its own means.

        :raises ReadOnlyError: always.
        """
        raise _read_only("an update")

    async def write_graph(self, write: GraphWrite) -> Written:
        """Refuse to change a graph: the service is written by its own means.

        :raises ReadOnlyError: always.
        """
        raise _read_only(f"a write to {write.graph or 'the default graph'}")

    async def graph_version(self, graph: str | None) -> str | None:
        """Return the version of a graph, which is that of the data.

        :param graph: its IRI; ``None`` is the default graph.
        :return: the version; ``None`` where there is no such graph.
        :raises PortsmouthError: as :meth:`query`.
        """
        if graph is None:
            return self._snapshot
        if self._merged:
            return self._snapshot if graph in self._named() else None
        name = ox.NamedNode(graph)
        body = await self._whole(Query(f"ASK {{ GRAPH {name} {{ ?s ?p ?o }} }}"))
        return (
            self._snapshot if bool(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)) else None
        )

    async def start(self) -> None:
        """See what the service holds.

        :raises StoreError: it does not answer, or does not hold what ``portsmouth load`` puts there.
        """
        await self._look()
        if self._merged and iris.MERGED not in (self._state.complete | self._state.partial):
            raise StoreError(
                "found a service that holds no graph g:merged; expected one that `portsmouth load` has "
                "filled, or --dataset plain to ask its own default graph"
            )

    async def aclose(self) -> None:
        """End every answer, and close every connection."""
        if self._looking:
            self._looking.cancel()
        for answer in list(self._answers):
            await answer.aclose()
        await self._copies.aclose()
        await self._sandbox.aclose()
        await self._service.aclose()
        self._threads.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _check(self, query: Query, seconds: float) -> None:
        """Let the parser judge a query; one that could take it any time, or all of its stack, in a helper."""
        if len(query.text) <= _SHORT and "<<" not in query.text:
            engine.parse_query(query)
        else:
            await self._sandbox.check_query(
                query.text, seconds, base=query.base, known_prefixes=query.known_prefixes
            )

    def _named(self) -> list[str]:
        """Return the named graphs that have been loaded."""
        state = self._state
        return sorted((state.complete.keys() | state.partial.keys()) - {iris.MERGED})

    def _look_again(self) -> None:
        if time.monotonic() - self._looked > _REFRESH and (self._looking is None or self._looking.done()):
            self._looked = time.monotonic()
            self._looking = asyncio.get_running_loop().create_task(self._look_quietly())

    async def _look_quietly(self) -> None:
        try:
            await self._look()
        except PortsmouthError:
            # Whoever asks will be told; what is known stays.
            return

    async def _look(self) -> None:
        state = await read_state(self._service, self._endpoint, self._limits.deadline)
        self._looked = time.monotonic()
        self._state = state
        if self._merged and state.version:
            self._snapshot = state.version
        elif not self._snapshot.startswith("unversioned-") or time.monotonic() - self._renewed > _UNVERSIONED:
            self._renewed = time.monotonic()
            self._snapshot = f"unversioned-{uuid.uuid4().hex}"

    async def _fetch(self) -> bytes:
        """Return all named graphs, and what they are together, as N-Quads."""
        query = Query(
            "SELECT ?s ?p ?o ?g WHERE { GRAPH ?g { ?s ?p ?o } }",
            formats=Formats(RESULT_FORMATS["tsv"]),
            max_rows=_MOST_FOR_STANCES,
        )
        try:
            body = await self._whole(query)
        except AnswerLimitError:
            raise StoreError(
                f"found a service with more than {_MOST_FOR_STANCES:,} quads; expected fewer: "
                "stances are made here, of a copy of the data"
            ) from None
        return await asyncio.get_running_loop().run_in_executor(self._threads, _as_nquads, body)

    async def _whole(self, query: Query) -> bytes:
        answer = await self.query(query)
        try:
            return b"".join([chunk async for chunk in answer])
        finally:
            await answer.aclose()


def _as_nquads(table: bytes) -> bytes:
    rows: Any = ox.parse_query_results(table, format=ox.QueryResultsFormat.TSV)
    quads = {ox.Quad(row["s"], row["p"], row["o"], row["g"]) for row in rows}
    quads |= {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads}
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS)  # type: ignore[return-value]  # bytes without an output


def _read_only(attempt: str) -> ReadOnlyError:
    return ReadOnlyError(
        found=attempt, expected="a query; the service behind this server is written by its own means"
    )
