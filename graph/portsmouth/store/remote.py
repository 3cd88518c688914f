"""The store that asks another SPARQL service.

The service holds what ``portsmouth load`` has put there. Queries go to it by form,
with the dataset said in every one: ``g:merged`` stands for the default graph,
and the other graphs are the named ones, since engines differ in what they take
for a dataset that is not said. Answers are streamed; a client that leaves closes the connection
to the service, which is how that learns of it.

::

    async with RemoteStore("http://localhost:7878/query") as store:
        answer = await store.query(Query("ASK {}"))
        body = b"".join([chunk async for chunk in answer])
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from traceback import clear_frames
from types import TracebackType
from typing import Any, Final, Literal, Self

import aiohttp
import pyoxigraph as ox

from portsmouth import iris
from portsmouth.errors import (
    AnswerLimitError,
    DeadlineError,
    PortsmouthError,
    QuerySyntaxError,
    ReadOnlyError,
    RemoteError,
    StoreError,
)
from portsmouth.loading import State, read_state
from portsmouth.store import engine
from portsmouth.store.converting import ACCEPTED, Bridge, Input, Pieces, convert
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.lexer import names_graphs, query_form, tokens, used_prefixes
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import (
    RESULT_FORMATS,
    Answer,
    AnswerKind,
    Dataset,
    Formats,
    GraphWrite,
    Query,
    Update,
    Written,
)
from portsmouth.store.service import Credentials, Service, checked_address, unreachable

#: Stands in a list of graphs that would be empty, since an empty one means another thing to each engine.
NO_GRAPH: Final = "urn:x-portsmouth:none"

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
_ABSOLUTE: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")
#: Headers by which a service tells that an answer is not whole.
_CUT: Final = ("X-SQL-State", "X-SPARQL-MaxRows")

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
        self._stances: tuple[str, EmbeddedStore] | None = None
        self._making_stances = asyncio.Lock()

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
        engine.parse_query(query)
        if form is None:
            # The parser knows more than the service may; whatever it takes for a query begins otherwise.
            raise QuerySyntaxError("another beginning", "SELECT, ASK, CONSTRUCT or DESCRIBE")
        if query.dataset.stance:
            return await (await self._stanced()).query(query)
        self._look_again()
        kind = _KINDS[form]
        media_type = query.formats.pick(kind)
        answer = RemoteAnswer(self, query, kind, media_type)
        self._answers.add(answer)
        try:
            await answer.begin(self._fields(query))
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
        if self._stances:
            await self._stances[1].aclose()
            self._stances = None
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

    def _named(self) -> list[str]:
        state = self._state
        return sorted((state.complete.keys() | state.partial.keys()) - {iris.MERGED})

    def _fields(self, query: Query) -> list[tuple[str, str]]:
        """Return the form that says a query and its dataset."""
        fields = [("query", _self_contained(query))]
        asked = query.dataset
        if not asked and engine.dataset_of(query):
            # The text says it.
            return fields
        if not asked:
            if not self._merged:
                return fields
            # Long lists take the service time, and most queries name no graph.
            named = self._named() if names_graphs(query.text) else []
            asked = Dataset((iris.MERGED,), tuple(named))
        fields += [("default-graph-uri", graph) for graph in asked.default or (NO_GRAPH,)]
        fields += [("named-graph-uri", graph) for graph in asked.named or (NO_GRAPH,)]
        return fields

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

    async def _stanced(self) -> EmbeddedStore:
        """Return a store that holds the same data and knows stances."""
        async with self._making_stances:
            if self._stances and self._stances[0] == self._snapshot:
                return self._stances[1]
            snapshot = self._snapshot
            data = await self._fetch()
            store = EmbeddedStore.from_nquads(data, snapshot=snapshot, limits=self._limits)
            if self._stances:
                await self._stances[1].aclose()
            self._stances = (snapshot, store)
            return store

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


def _self_contained(query: Query) -> str:
    """Return the text of a query with the declarations that hold without standing in it."""
    before = ""
    relative = any(token.kind == "iri" and not _ABSOLUTE.match(token.text) for token in tokens(query.text))
    if query.base and relative:
        before += f"BASE {ox.NamedNode(query.base)} "
    if query.known_prefixes:
        used = used_prefixes(query.text) & iris.PREFIXES.keys()
        before += "".join(f"PREFIX {prefix}: <{iris.PREFIXES[prefix]}> " for prefix in sorted(used))
    return before + query.text


def _let_go(error: BaseException | None) -> None:
    """Empty the frames of an error, so that what the engine holds in them ends in the thread that made it."""
    while error:
        clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


class RemoteAnswer:
    """An answer that comes from the service; see :class:`portsmouth.store.protocol.Answer`.

    :param store: whose answer it is.
    :param query: the question.
    :param kind: what it is.
    :param media_type: the media type in which it is given.
    """

    def __init__(self, store: RemoteStore, query: Query, kind: AnswerKind, media_type: str) -> None:
        self._store = store
        self._query = query
        self._kind = kind
        self._media_type = media_type
        self._seconds = query.deadline or store.limits.deadline
        self._waited = 0.0
        self._open = AsyncExitStack()
        self._pieces: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue(4)
        self._first: tuple[bytes, bool] | None = None
        self._work: asyncio.Future[None] | None = None
        self._closed = False

    @property
    def kind(self) -> AnswerKind:
        """What the answer is."""
        return self._kind

    @property
    def media_type(self) -> str:
        """The media type of the body."""
        return self._media_type

    @property
    def complete(self) -> bool:
        """Whether the rest of the body is already here."""
        return self._first is not None and self._first[1]

    async def begin(self, fields: list[tuple[str, str]]) -> None:
        """Ask, and wait for the head and the first piece.

        :raises PortsmouthError: there is none.
        """
        begun = time.monotonic()
        store = self._store
        asking = store._service.form(store._endpoint, fields, ACCEPTED[self._kind], self._seconds)
        response = await self._open.enter_async_context(asking)
        self._waited = time.monotonic() - begun
        for header in _CUT:
            if header in response.headers:
                raise RemoteError(
                    "found that the service behind this server cut its answer off; expected a whole one: "
                    "narrow the pattern, or ask its operator to allow longer answers"
                )
        loop = asyncio.get_running_loop()
        self._work = loop.run_in_executor(store._threads, self._convert, loop, response)
        self._first = await self._next()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks.

        :raises StoreError: the query overran, or the service failed, after the head was sent.
        """
        try:
            while True:
                piece, last = self._first or await self._next()
                self._first = None
                if piece:
                    yield piece
                if last:
                    return
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Give the answer up, which closes its connection unless all has come."""
        if self._closed:
            return
        self._closed = True
        self._store._answers.discard(self)
        await self._open.aclose()
        if self._work:
            while not self._work.done():
                # The thread may be waiting for room.
                while not self._pieces.empty():
                    self._pieces.get_nowait()
                await asyncio.wait([self._work], timeout=0.05)
            if not self._work.cancelled():
                self._work.exception()

    async def _next(self) -> tuple[bytes, bool]:
        """Wait for the next piece.

        :raises PortsmouthError: there is none.
        """
        work = self._work
        if work is None:
            raise StoreError("found an answer that has not begun; expected begin() first")
        getting = asyncio.ensure_future(self._pieces.get())
        both: list[asyncio.Future[Any]] = [getting, work]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and self._pieces.empty():
                # It has ended without a last piece.
                work.result()
                raise RemoteError("found an answer that ended half-way; expected a whole one")
            return await getting
        finally:
            getting.cancel()

    def _convert(self, loop: asyncio.AbstractEventLoop, response: aiohttp.ClientResponse) -> None:
        """Read, convert and pass on, in a thread."""
        bridge = Bridge(loop)
        pieces = Pieces(lambda piece, last: bridge.wait(lambda: self._put(piece, last)))
        source = Input(lambda: bridge.wait(lambda: self._take(response)), pieces.hurry)
        query = self._query
        try:
            convert(
                source,
                response.content_type,
                pieces,
                self._media_type,
                self._kind,
                query.max_rows,
                query.max_bytes,
            )
            pieces.end()
        except BaseException as error:
            # The parser between may have made something else of what went wrong.
            told = bridge.failure or error
            _let_go(error)
            _let_go(told)
            raise told from None

    async def _put(self, piece: bytes, last: bool) -> None:
        if self._closed:
            raise RemoteError("found nobody who waits for the answer")
        await self._pieces.put((piece, last))

    async def _take(self, response: aiohttp.ClientResponse) -> bytes:
        """Wait for bytes of the service; the deadline counts this, and no waiting for a slow client."""
        if self._closed:
            raise RemoteError("found nobody who waits for the answer")
        begun = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, self._seconds - self._waited)):
                return await response.content.readany()
        except TimeoutError:
            raise DeadlineError(self._seconds) from None
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(self._store._endpoint, error) from None
        finally:
            self._waited += time.monotonic() - begun
