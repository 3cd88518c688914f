"""The embedded store: a snapshot, a fork server that holds it, and workers that answer.

The engine can neither be timed out nor be stopped, so every query runs in a
worker process of its own, and a query that overruns costs its worker: the store
has it killed, tells that client, and forks another in milliseconds. Long
queries also yield the processor to short ones.

::

    async with EmbeddedStore.from_nquads(data) as store:
        answer = await store.query(Query("ASK {}"))
        body = b"".join([chunk async for chunk in answer])
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyoxigraph as ox

from portsmouth.errors import (
    PortsmouthError,
    ReadOnlyError,
    StoreError,
)
from portsmouth.passing import make_folder, remove_folder
from portsmouth.stance import Stance
from portsmouth.store.limits import Limits
from portsmouth.store.persistence.copies import reading_copy
from portsmouth.store.persistence.filling import keep
from portsmouth.store.persistence.trouble import unusable
from portsmouth.store.processes import frames
from portsmouth.store.processes.answer import EmbeddedAnswer, begun, no_other
from portsmouth.store.processes.habits import Habits
from portsmouth.store.processes.lending import POSSIBLE, Lanes, Speaking
from portsmouth.store.processes.nursery import Nursery, Worker
from portsmouth.store.processes.places import Places
from portsmouth.store.processes.spool import Room
from portsmouth.store.processes.tally import Counted, Tally
from portsmouth.store.protocol import GraphWrite, Query, Update, Written
from portsmouth.store.sparql import engine
from portsmouth.store.sparql.fallen import Fallen

if TYPE_CHECKING:
    from portsmouth.store.processes.prepared import Prepared


class EmbeddedStore:
    """Answers queries about one snapshot, which stays as it is for the life of the store.

    :param snapshot_path: an N-Quads file, which is held in memory, or the directory of an Oxigraph store,
        which is read from disk and must not be written meanwhile.
    :param snapshot: the snapshot's id.
    :param limits: what a query may take.
    :param on_close: called when the store is closed, to remove what was made for it.
    :param journals: the folder of what has been written since that snapshot, if it is only a base.
    :param prepared: a fork server that has been told to load the snapshot, to be the first.
    """

    def __init__(
        self,
        snapshot_path: Path,
        *,
        snapshot: str,
        limits: Limits | None = None,
        on_close: Callable[[], None] = lambda: None,
        journals: Path | None = None,
        prepared: Prepared | None = None,
    ) -> None:
        self._path = snapshot_path
        self._prepared = prepared
        self._journals = journals
        self._snapshot = snapshot
        self._limits = limits or Limits()
        self._on_close = on_close
        self._nursery: Nursery | None = None
        self._closed = False
        self._starting = asyncio.Lock()
        self._idle: deque[Worker] = deque()
        self.places = Places(self._limits.short, self._limits.workers)
        self.habits = Habits()
        self.fallen = Fallen()
        self._tasks: set[asyncio.Task[None]] = set()
        self.room = Room(self._limits.spool_mib << 20)
        self.ends: Counter[str] = Counter()
        self._lanes: Lanes | None = None
        self._speaking: Speaking | None = None

    @classmethod
    def from_nquads(cls, data: bytes, *, snapshot: str | None = None, limits: Limits | None = None) -> Self:
        """Make a store that holds a dataset in memory.

        :param data: the dataset as N-Quads.
        :param snapshot: its id; the hash of the data unless given.
        :param limits: what a query may take.
        :raises StoreError: there is no room for it.
        """
        try:
            folder = make_folder()
            path = folder / "snapshot.nq"
            path.write_bytes(data)
        except OSError as error:
            otherwise = f"found that the data cannot be put aside ({error}); expected room for them"
            raise unusable(Path(tempfile.gettempdir()), error, otherwise) from error
        return cls(
            path,
            snapshot=snapshot or hashlib.sha256(data).hexdigest(),
            limits=limits,
            on_close=lambda: remove_folder(folder),
        )

    @classmethod
    def from_directory(
        cls, directory: Path, data: bytes, *, snapshot: str | None = None, limits: Limits | None = None
    ) -> Self:
        """Make a store that keeps a dataset on disk and reads it from there.

        :param directory: where the data are kept; filled or refreshed where it does not hold this snapshot.
        :param data: the dataset as N-Quads.
        :param snapshot: its id; the hash of the data unless given.
        :param limits: what a query may take.
        :raises StoreError: the directory cannot be used.
        """
        snapshot = snapshot or hashlib.sha256(data).hexdigest()
        path = keep(directory, data, snapshot)
        try:
            copy = reading_copy(directory)
        except OSError as error:
            otherwise = f"found that {directory} cannot be read ({error}); expected a store that is whole"
            raise unusable(directory, error, otherwise) from error
        if copy is None:
            return cls(path, snapshot=snapshot, limits=limits)
        return cls(
            copy.path,
            snapshot=copy.snapshot,
            limits=limits,
            on_close=lambda: remove_folder(copy.path.parent),
            # Workers would open what may be changed for themselves, and the engine set about merging it.
            journals=copy.journals if copy.behind else None,
        )

    @property
    def snapshot(self) -> str:
        """The snapshot's id: equal ids, equal answers."""
        return self._snapshot

    @property
    def writable(self) -> bool:
        """Whether anything can be changed."""
        return False

    def size(self) -> int:
        """Return the bytes of the data where the store found them, on disk; 0 where they are there no longer.

        :raises OSError: they cannot be looked at.
        """
        path = self._path
        files = path.rglob("*") if path.is_dir() else (path,)
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def limits(self) -> Limits:
        """What a query may take."""
        return self._limits

    @property
    def tally(self) -> Tally:
        """What the store is doing and has done."""
        lanes = self._lanes
        counted = lanes.counted if lanes else Counted()
        ended = self.ends + Counter(ok=counted.answers - counted.found)
        if lanes:
            ended += lanes.ended
        return Tally(
            ended=dict(ended),
            running=self.places.running + (lanes.evaluating if lanes else 0),
            workers=self._nursery.workers if self._nursery else 0,
            most=self._limits.workers,
            waiting=self.room.taken,
            counted=counted,
        )

    @property
    def lanes(self) -> Lanes | None:
        """What lends connections to workers, where they have been let speak and it is possible."""
        return self._lanes

    def let_speak(self, speaking: Speaking) -> None:
        """Let workers speak to clients on connections that they are lent.

        :param speaking: what they need for that; to be said before the store is opened.
        """
        if POSSIBLE and speaking.lanes:
            self._speaking = speaking
            self._lanes = Lanes(self, speaking)

    async def start(self) -> None:
        """Load the snapshot now, instead of with the first query.

        :raises StoreError: the snapshot cannot be loaded.
        """
        await self._ready_nursery()

    async def query(self, query: Query) -> EmbeddedAnswer:
        """Answer a query; see :meth:`portsmouth.store.protocol.Store.query`.

        :raises PortsmouthError: as the protocol says.
        """
        return await begun(self.begin(query))

    def begin(self, query: Query) -> EmbeddedAnswer:
        """Have a query answered as soon as there is a place, without waiting for that.

        :param query: the question.
        :return: an answer of which nothing has come yet; see :attr:`EmbeddedAnswer.on_change`.
        :raises PortsmouthError: the query is refused.
        """
        try:
            engine.refuse_services(query, self._limits.service_hosts)
        except PortsmouthError as error:
            self.ends[error.kind] += 1
            raise
        instead = self.fallen.instead(query.text)
        return EmbeddedAnswer(
            self,
            frames.pack_query(query if instead is None else replace(query, text=instead)),
            query.deadline,
            query.dataset.stance,
            text=query.text,
            instead=partial(self._query_instead, query),
        )

    def _query_instead(self, query: Query, reason: str) -> bytes | None:
        """Return what to ask in place of a query at which the engine fell over."""
        text = self.fallen.other(query.text, reason)
        return None if text is None else frames.pack_query(replace(query, text=text))

    async def update(self, update: Update) -> Written:
        """Refuse an update: this store is only read.

        :raises ReadOnlyError: always.
        """
        raise _read_only("an update")

    async def write_graph(self, write: GraphWrite) -> Written:
        """Refuse to change a graph: this store is only read.

        :raises ReadOnlyError: always.
        """
        raise _read_only(f"a write to {write.graph or 'the default graph'}")

    async def graph_version(self, graph: str | None) -> str | None:
        """Return the version of a graph, which changes exactly when its content does.

        :param graph: its IRI; ``None`` is the default graph.
        :return: the version; ``None`` where there is no such graph.
        :raises PortsmouthError: as :meth:`query`.
        """
        if graph is None:
            return self._snapshot
        name = ox.NamedNode(graph)
        answer = await self.query(Query(f"ASK {{ GRAPH {name} {{}} }}"))
        body = b"".join([chunk async for chunk in answer])
        # What is only read keeps one version of everything.
        return self._snapshot if json.loads(body)["boolean"] else None

    async def aclose(self) -> None:
        """End every worker and the fork server, and remove what was made for the store."""
        self._closed = True
        if self._lanes:
            self._lanes.close()
        if self._nursery:
            await self._nursery.aclose()
            self._nursery = None
        while self._idle:
            self._idle.pop().close()
        self._on_close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            # Most of all by Ctrl-C: who has not come in does not go out.
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _ask(
        self,
        message: bytes,
        *,
        deadline: float | None = None,
        stance: Stance | None = None,
        reusable: bool = True,
        instead: Callable[[str], bytes | None] = no_other,
    ) -> EmbeddedAnswer:
        """Let a worker answer a message, and wait for the head of its answer.

        :param reusable: whether the worker is as it was when it has answered.
        :param instead: see :class:`portsmouth.store.processes.answer.EmbeddedAnswer`.
        """
        return await begun(
            EmbeddedAnswer(self, message, deadline, stance, reusable=reusable, instead=instead)
        )

    def idle_worker(self, stance: Stance | None) -> Worker | None:
        """Return a worker that waits, one that has made the stance's dataset if any has."""
        while self._idle:
            known = next((worker for worker in reversed(self._idle) if stance in worker.stances), None)
            worker = known or self._idle[-1]
            self._idle.remove(worker)
            if worker.nursery is self._nursery and self._up_to_date(worker) and not worker.exited.done():
                return worker
            worker.close()
        return None

    async def new_worker(self) -> Worker:
        """Return a worker that has just been forked.

        :raises PortsmouthError: there is none to be had.
        """
        nursery = await self._ready_nursery()
        try:
            return await nursery.fork()
        except StoreError:
            if nursery.alive:
                raise
        # Whoever asks as the fork server ends need not learn of it: there will be another.
        return await (await self._ready_nursery()).fork()

    async def _ready_nursery(self) -> Nursery:
        if self._nursery and self._nursery.alive:
            return self._nursery
        async with self._starting:
            if self._closed:
                # Nobody would end it.
                raise StoreError("found the store closed; expected it to be open")
            if not (self._nursery and self._nursery.alive):
                if self._nursery:
                    await self._nursery.aclose()
                prepared, self._prepared = self._prepared, None
                self._nursery = await Nursery.start(
                    self._path,
                    self._limits.memory_mib,
                    self._snapshot,
                    self._journals,
                    self._speaking.module if self._speaking else "",
                    prepared,
                )
            return self._nursery

    def to_catch_up(self, worker: Worker) -> bytes | None:
        """Return what has to be told a worker so that it answers from what is there now.

        :return: ``None`` where it cannot go along with what has been written. What is returned is to be told.
        """
        return b"" if worker.is_current else None

    def _up_to_date(self, worker: Worker) -> bool:
        """Return whether a worker that waits answers from what is there now, once it has been told of it."""
        message = self.to_catch_up(worker)
        if not message:
            return message is not None
        try:
            return worker.channel.send(message) == len(message)
        except OSError:
            return False

    def give_back(self, worker: Worker, reusable: bool) -> None:
        """Take a worker back, or end it where it is of no more use."""
        if reusable and not worker.exited.done() and self._up_to_date(worker):
            self._idle.append(worker)
        else:
            worker.end()

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something be done beside what is being done."""
        task = asyncio.get_running_loop().create_task(work)
        # The loop itself keeps no task alive.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _read_only(attempt: str) -> ReadOnlyError:
    return ReadOnlyError(found=attempt, expected="a query; this store is only read")
