"""Bringing a service to hold a dataset: what is sent, in which order, and what is told of it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.errors import ParameterError
from portsmouth.loading.content import Content
from portsmouth.loading.state import CHECKSUM, PROGRESS, VERSION, Line, State, read_state, record
from portsmouth.loading.writers import Writer, batches
from portsmouth.store.service.client import Service


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
        for some in batches(lines, self._batch):
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
