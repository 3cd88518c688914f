"""Filling another SPARQL service with a dataset, so that a server can stand before it.

The service then holds every named graph, and in ``g:merged`` the set of the
triples of all graphs, which is what the default graph is here: no two engines
agree on what their own default graph holds, but all know named graphs. In
``g:loaded`` it keeps the checksum of every graph that is whole, and at last the
version of the data. So loading again sends only what has changed, loading after an
interruption goes on where it ended, and a server knows when there is something new.

Blank nodes, which no two requests can share, become IRIs (RDF 1.1 Concepts,
section 3.5).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from urllib.parse import quote

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.errors import DocumentError, ParameterError, RemoteError
from portsmouth.lazily import lazily
from portsmouth.store.protocol import RESULT_FORMATS
from portsmouth.store.refusals import unreachable
from portsmouth.store.service import Service

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = lazily("aiohttp")

CHECKSUM: Final = iris.SPDX + "checksumValue"
VERSION: Final = iris.DCTERMS + "hasVersion"
#: How far a graph has come that is sent in several requests: checksum, triples, and whose order they are in.
PROGRESS: Final = iris.DCTERMS + "extent"

_GENID: Final = iris.BASE + ".well-known/genid/"
_RESERVED: Final = frozenset({iris.MERGED, iris.LOADED})
_SECONDS: Final = 600.0
_DEFAULT: Final = ox.DefaultGraph()

Line: TypeAlias = str


@dataclass(slots=True)
class State:
    """What a service says has been loaded into it.

    :param complete: the checksum of each graph that is whole.
    :param partial: how far each graph has come that is not.
    :param version: the version of the data; empty while they are not whole.
    """

    complete: dict[str, str] = field(default_factory=dict)
    partial: dict[str, str] = field(default_factory=dict)
    version: str = ""

    def lines(self) -> Iterator[Line]:
        """Yield the state as triples."""
        for predicate, told in ((CHECKSUM, self.complete), (PROGRESS, self.partial)):
            for graph, value in told.items():
                yield record(graph, predicate, value)
        if self.version:
            yield record(iris.MERGED, VERSION, self.version)


def record(subject: str, predicate: str, value: str) -> Line:
    """Write one statement about what has been loaded.

    >>> record("http://e/g", "http://e/p", "x")
    '<http://e/g> <http://e/p> "x" .'
    """
    return f"{ox.NamedNode(subject)} {ox.NamedNode(predicate)} {ox.Literal(value)} ."


@dataclass(frozen=True, slots=True)
class Step:
    """How far the loading has come.

    :param done: triples that the service has.
    :param total: triples that it will have.
    :param sent: those that this call has sent.
    :param seconds: since it began to send.
    """

    done: int
    total: int
    sent: int
    seconds: float

    @property
    def rate(self) -> float:
        """Triples a second; 0 before anything is known."""
        return self.sent / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at this rate."""
        return (self.total - self.done) / self.rate if self.rate else None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a call has done.

    :param version: the version of the data that the service now holds.
    :param graphs: named graphs that it now holds of them.
    :param triples: triples in these and in ``g:merged``.
    :param sent: those that had to be sent.
    :param dropped: graphs of an earlier version that are there no longer.
    """

    version: str
    graphs: int
    triples: int
    sent: int
    dropped: int


class Writer(Protocol):
    """A way to write into a service."""

    async def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs, those that are there."""

    async def add(self, graphs: dict[str, list[Line]]) -> None:
        """Add triples to graphs, written as N-Triples."""

    async def replace_state(self, old: Iterable[Line], new: Iterable[Line], state: State) -> None:
        """Change what is told of the state; ``state`` is the whole of it after the change."""


class UpdateWriter:
    """Writes by SPARQL 1.1 Update.

    :param service: the service.
    :param url: the address at which it takes updates.
    """

    def __init__(self, service: Service, url: str) -> None:
        self._service = service
        self._url = url

    async def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs, those that are there."""
        for some in _batches(graphs, 100):
            await self._update(" ;\n".join(f"DROP SILENT GRAPH {ox.NamedNode(graph)}" for graph in some))

    async def add(self, graphs: dict[str, list[Line]]) -> None:
        """Add triples to graphs, in one request."""
        await self._update(f"INSERT DATA {{\n{_blocks(graphs)}\n}}")

    async def replace_state(self, old: Iterable[Line], new: Iterable[Line], state: State) -> None:
        """Delete the old statements and add the new ones."""
        for verb, lines in (("DELETE", list(old)), ("INSERT", list(new))):
            for some in _batches(lines, 500):
                await self._update(f"{verb} DATA {{\n{_blocks({iris.LOADED: some})}\n}}")

    async def _update(self, text: str) -> None:
        # By form, since one engine waits for ever when it is sent the text itself.
        async with self._service.form(self._url, [("update", text)], "*/*", _SECONDS) as response:
            await response.read()


class GraphStoreWriter:
    """Writes by the SPARQL 1.1 Graph Store HTTP Protocol.

    :param service: the service.
    :param url: the address of its graph store.
    """

    def __init__(self, service: Service, url: str) -> None:
        self._service = service
        self._url = url

    async def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs, those that are there."""
        for graph in graphs:
            # Not every service takes the deletion of a graph that is not there, or an empty one in its place.
            await self._send("PUT", graph, [record(graph, PROGRESS, "")])
            await self._send("DELETE", graph, [])

    async def add(self, graphs: dict[str, list[Line]]) -> None:
        """Add triples to graphs, in one request a graph."""
        for graph, lines in graphs.items():
            await self._send("POST", graph, lines)

    async def replace_state(self, old: Iterable[Line], new: Iterable[Line], state: State) -> None:
        """Add the new statements, or put all in place of all where there are old ones."""
        if list(old):
            await self._send("PUT", iris.LOADED, list(state.lines()))
        elif added := list(new):
            await self._send("POST", iris.LOADED, added)

    async def _send(self, method: str, graph: str, lines: list[Line]) -> None:
        joint = "&" if "?" in self._url else "?"
        url = f"{self._url}{joint}graph={quote(graph, safe='')}"
        body = "\n".join([*lines, ""]).encode()
        async with self._service.send(
            method, url, body, "application/n-triples", "*/*", _SECONDS
        ) as response:
            await response.read()


def _blocks(graphs: dict[str, list[Line]]) -> str:
    return "\n".join(
        f"GRAPH {ox.NamedNode(graph)} {{\n{chr(10).join(lines)}\n}}" for graph, lines in graphs.items()
    )


def _batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some


async def read_state(service: Service, url: str, seconds: float = _SECONDS) -> State:
    """Ask a service what has been loaded into it.

    :param service: the service.
    :param url: the address at which it answers queries.
    :param seconds: until it must have answered.
    :raises StoreError: it does not answer.
    """
    query = f"SELECT ?s ?p ?o WHERE {{ GRAPH <{iris.LOADED}> {{ ?s ?p ?o }} }}"
    state = State()
    asking = service.form(url, [("query", query)], RESULT_FORMATS["json"], seconds, repeatable=True)
    async with asking as response:
        try:
            async with asyncio.timeout(seconds):
                body = await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unreachable(url, error) from None
    try:
        results = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
        rows = [(row["s"].value, row["p"].value, row["o"].value) for row in results]  # type: ignore[union-attr]
    except (SyntaxError, ValueError, TypeError):
        raise RemoteError(
            "found an answer that is not SPARQL results in JSON; expected a SPARQL service at that address"
        ) from None
    for subject, predicate, value in rows:
        if predicate == CHECKSUM:
            state.complete[subject] = value
        elif predicate == PROGRESS:
            state.partial[subject] = value
        elif predicate == VERSION:
            state.version = value
    return state


@dataclass(frozen=True, slots=True)
class Content:
    """A dataset that is ready to be sent.

    :param store: its named graphs, and in the default graph the triples of all graphs.
    :param graphs: the checksum and the number of triples of each graph, ``g:merged`` for the default graph.
    :param version: its version.
    """

    store: ox.Store
    graphs: dict[str, tuple[str, int]]
    version: str

    def triples(self, graph: str) -> Generator[Line, None, None]:
        """Yield the triples of a graph, each as a line of N-Triples."""
        name = _DEFAULT if graph == iris.MERGED else ox.NamedNode(graph)
        for quad in self.store.quads_for_pattern(None, None, None, name):
            yield f"{quad.subject} {quad.predicate} {quad.object} ."


def read_dataset(source: Path | bytes, store: ox.Store) -> ox.Store:
    """Read N-Quads into a store, with an IRI in place of each blank node, made of its label.

    :param source: a file, or the text itself.
    :param store: what takes them.
    :return: the same store.
    :raises DocumentError: it is no N-Quads.

    >>> (quad,) = read_dataset(b'_:b0 <http://e/p> "x" .', ox.Store())
    >>> quad.subject.value
    'https://w3id.org/portsmouth1905/.well-known/genid/b0'
    """
    try:
        # The labels of a file are the same the next time; those that a reader chooses would not be.
        quads = ox.parse(
            source if isinstance(source, bytes) else None,
            path=None if isinstance(source, bytes) else str(source),
            format=ox.RdfFormat.N_QUADS,
        )
        store.bulk_extend(map(_grounded, quads))
    except (SyntaxError, ValueError) as error:
        where = "" if isinstance(source, bytes) else f"{source}: "
        raise DocumentError(f"{where}{error}", "a dataset in N-Quads") from None
    return store


def _grounded(quad: ox.Quad) -> ox.Quad:
    if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.BlankNode):
        return quad
    return ox.Quad(_ground(quad.subject), quad.predicate, _ground(quad.object), quad.graph_name)


def _ground(term: Any) -> Any:
    return ox.NamedNode(_GENID + quote(term.value, safe="")) if isinstance(term, ox.BlankNode) else term


def prepare(store: ox.Store, version: str = "") -> Content:
    """Make a dataset ready to be sent.

    :param store: holds it; its default graph is completed to hold the triples of all graphs.
    :param version: its version; a checksum of it unless given.
    :raises DocumentError: it has a graph whose name is kept for what loading adds, or that is a blank node.

    >>> store = read_dataset(b"<http://e/a> <http://e/b> <http://e/c> <http://e/g> .", ox.Store())
    >>> list(prepare(store).graphs)
    ['http://e/g', 'https://w3id.org/portsmouth1905/graph/merged']
    """
    graphs: dict[str, tuple[str, int]] = {}
    for name in store.named_graphs():
        if not isinstance(name, ox.NamedNode) or name.value in _RESERVED:
            raise DocumentError(f"a graph named {name}", "graphs with IRIs, but for those that loading adds")
    # What is read is the dataset as it was before.
    store.bulk_extend(
        ox.Quad(quad.subject, quad.predicate, quad.object)
        for quad in store.quads_for_pattern(None, None, None, None)
        if quad.graph_name != _DEFAULT
    )
    content = Content(store, graphs, "")
    names = sorted(name.value for name in store.named_graphs())
    for graph in [*names, iris.MERGED]:
        graphs[graph] = _checksum(content.triples(graph))
    told = "".join(f"{graph} {checksum}\n" for graph, (checksum, _) in graphs.items())
    return Content(store, graphs, version or hashlib.sha256(told.encode()).hexdigest())


def _checksum(lines: Iterable[Line]) -> tuple[str, int]:
    """Return a checksum of a set of triples, in whatever order they come, and their number."""
    total = count = 0
    for line in lines:
        total += int.from_bytes(hashlib.sha256(line.encode()).digest())
        count += 1
    return f"{total % (1 << 256):064x}", count


class Loader:
    """Brings a service to hold a dataset.

    :param content: the dataset.
    :param service: the service.
    :param query_url: the address at which it answers queries.
    :param writer: the way to write into it.
    :param batch: triples a request.
    :param progress: called after each.
    """

    def __init__(
        self,
        content: Content,
        service: Service,
        query_url: str,
        writer: Writer,
        batch: int = 1000,
        progress: Callable[[Step], None] = lambda step: None,
    ) -> None:
        if batch < 1:
            raise ParameterError(f"batches of {batch} triples", "at least 1")
        self._content = content
        self._service = service
        self._query_url = query_url
        self._writer = writer
        self._batch = batch
        self._progress = progress
        self._state = State()
        self._total = sum(count for _, count in content.graphs.values())
        self._done = self._sent = 0
        self._begun = 0.0

    async def load(self) -> Loaded:
        """Send what the service does not hold yet, and drop what an earlier version held.

        :raises StoreError: the service fails; what it holds by then is not sent again.
        :raises ServiceRequestError: it refuses what it is sent.
        """
        self._state = state = await read_state(self._service, self._query_url)
        wanted = self._content.graphs
        whole = {graph for graph, (checksum, _) in wanted.items() if state.complete.get(graph) == checksum}
        gone = (set(state.complete) | set(state.partial)) - set(wanted)
        if state.version == self._content.version and len(whole) == len(wanted) and not gone:
            return self._result(0)
        await self._forget(gone | (set(state.complete) - whole))
        await self._writer.drop(sorted(gone))
        self._done = sum(wanted[graph][1] for graph in whole)
        self._begun = time.monotonic()
        await self._send([graph for graph in wanted if graph not in whole])
        state.version = self._content.version
        await self._writer.replace_state((), [record(iris.MERGED, VERSION, state.version)], state)
        return self._result(len(gone))

    def _result(self, dropped: int) -> Loaded:
        return Loaded(self._content.version, len(self._content.graphs) - 1, self._total, self._sent, dropped)

    async def _forget(self, graphs: Iterable[str]) -> None:
        """Say that the data are not whole, and which graphs are not, before anything of them is changed."""
        state = self._state
        old = [
            record(graph, CHECKSUM, state.complete.pop(graph)) for graph in graphs if graph in state.complete
        ]
        wanted = self._content.graphs
        for graph in list(state.partial):
            if graph not in wanted or not state.partial[graph].startswith(wanted[graph][0]):
                old.append(record(graph, PROGRESS, state.partial.pop(graph)))
        if state.version:
            old.append(record(iris.MERGED, VERSION, state.version))
            state.version = ""
        await self._writer.replace_state(old, (), state)

    async def _send(self, pending: list[str]) -> None:
        together: dict[str, list[Line]] = {}
        for graph in pending:
            if self._content.graphs[graph][1] > self._batch:
                await self._send_long(graph)
                continue
            if sum(map(len, together.values())) + self._content.graphs[graph][1] > self._batch:
                await self._send_whole(together)
                together = {}
            together[graph] = list(self._content.triples(graph))
        await self._send_whole(together)

    async def _send_whole(self, graphs: dict[str, list[Line]]) -> None:
        """Send graphs that fit into one request together."""
        if not graphs:
            return
        await self._writer.drop(graphs)
        await self._writer.add(graphs)
        told = []
        for graph in graphs:
            self._state.complete[graph] = self._content.graphs[graph][0]
            told.append(record(graph, CHECKSUM, self._state.complete[graph]))
        await self._writer.replace_state((), told, self._state)
        self._count(sum(map(len, graphs.values())))

    async def _send_long(self, graph: str) -> None:
        """Send a graph that takes several requests, from where an earlier call left off."""
        # The engine's iterators must end in the thread in which they began, whatever happens.
        with closing(self._content.triples(graph)) as lines:
            await self._send_lines(graph, lines)

    async def _send_lines(self, graph: str, lines: Iterator[Line]) -> None:
        checksum, _ = self._content.graphs[graph]
        state = self._state
        known = state.partial.get(graph, "").split()
        # The order is the engine's own: another release of it may have another one.
        start = int(known[1]) if len(known) == 3 and known[2] == ox.__version__ else 0
        if start:
            start = sum(1 for _ in islice(lines, start))
            self._done += start
        else:
            await self._writer.drop([graph])
        sent = start
        for some in _batches(lines, self._batch):
            await self._writer.add({graph: some})
            sent += len(some)
            old = [record(graph, PROGRESS, state.partial[graph])] if graph in state.partial else []
            state.partial[graph] = f"{checksum} {sent} {ox.__version__}"
            await self._writer.replace_state(old, [record(graph, PROGRESS, state.partial[graph])], state)
            self._count(len(some))
        old = [record(graph, PROGRESS, state.partial.pop(graph))] if graph in state.partial else []
        state.complete[graph] = checksum
        await self._writer.replace_state(old, [record(graph, CHECKSUM, checksum)], state)

    def _count(self, sent: int) -> None:
        self._done += sent
        self._sent += sent
        self._progress(Step(self._done, self._total, self._sent, time.monotonic() - self._begun))
