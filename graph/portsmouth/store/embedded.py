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
import shutil
import signal
import tempfile
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyoxigraph as ox

from portsmouth.errors import (
    DeadlineError,
    MemoryLimitError,
    PortsmouthError,
    QueryNestingError,
    ReadOnlyError,
    StoreBusyError,
    StoreError,
)
from portsmouth.stance import Stance
from portsmouth.store import disk, engine, frames
from portsmouth.store.limits import Limits
from portsmouth.store.nursery import Nursery, Worker
from portsmouth.store.protocol import AnswerKind, GraphWrite, Query, Update, Written
from portsmouth.store.spool import Room, Spool
from portsmouth.store.tally import Tally

#: The longest message that a worker's channel surely takes in one piece.
_AT_ONCE: Final = 64 * 1024

#: Seconds that a worker may take over the dataset of a stance before it counts as slow.
_MAKING_A_STANCE: Final = 2.0


class EmbeddedStore:
    """Answers queries about one snapshot, which stays as it is for the life of the store.

    :param snapshot_path: an N-Quads file, which is held in memory, or the directory of an Oxigraph store,
        which is read from disk and must not be written meanwhile.
    :param snapshot: the snapshot's id.
    :param limits: what a query may take.
    :param on_close: called when the store is closed, to remove what was made for it.
    """

    def __init__(
        self,
        snapshot_path: Path,
        *,
        snapshot: str,
        limits: Limits | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = snapshot_path
        self._snapshot = snapshot
        self._limits = limits or Limits()
        self._on_close = on_close
        self._nursery: Nursery | None = None
        self._starting = asyncio.Lock()
        self._idle: deque[Worker] = deque()
        self._places = asyncio.Semaphore(self._limits.workers)
        self._room = Room(self._limits.spool_mib << 20)
        self._ended: Counter[str] = Counter()
        self._running = 0

    @classmethod
    def from_nquads(cls, data: bytes, *, snapshot: str | None = None, limits: Limits | None = None) -> Self:
        """Make a store that holds a dataset in memory.

        :param data: the dataset as N-Quads.
        :param snapshot: its id; the hash of the data unless given.
        :param limits: what a query may take.
        """
        folder = Path(tempfile.mkdtemp(prefix="portsmouth-"))
        path = folder / "snapshot.nq"
        path.write_bytes(data)
        return cls(
            path,
            snapshot=snapshot or hashlib.sha256(data).hexdigest(),
            limits=limits,
            on_close=lambda: shutil.rmtree(folder, ignore_errors=True),
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
        path = disk.keep(directory, data, snapshot)
        try:
            written = disk.reading_copy(directory)
        except OSError as error:
            raise StoreError(
                f"found that {directory} cannot be read ({error}); expected a store that is whole"
            ) from error
        if written is None:
            return cls(path, snapshot=snapshot, limits=limits)
        copy, snapshot = written
        return cls(
            copy,
            snapshot=snapshot,
            limits=limits,
            on_close=lambda: shutil.rmtree(copy, ignore_errors=True),
        )

    @property
    def snapshot(self) -> str:
        """The snapshot's id: equal ids, equal answers."""
        return self._snapshot

    @property
    def writable(self) -> bool:
        """Whether anything can be changed."""
        return False

    @property
    def limits(self) -> Limits:
        """What a query may take."""
        return self._limits

    @property
    def tally(self) -> Tally:
        """What the store is doing and has done."""
        return Tally(
            ended=dict(self._ended),
            running=self._running,
            workers=self._nursery.workers if self._nursery else 0,
            most=self._limits.workers,
            waiting=self._room.taken,
        )

    async def start(self) -> None:
        """Load the snapshot now, instead of with the first query.

        :raises StoreError: the snapshot cannot be loaded.
        """
        await self._ready_nursery()

    async def query(self, query: Query) -> EmbeddedAnswer:
        """Answer a query; see :meth:`portsmouth.store.protocol.Store.query`.

        :raises PortsmouthError: as the protocol says.
        """
        try:
            engine.refuse_services(query, self._limits.service_hosts)
        except PortsmouthError as error:
            self._ended[error.kind] += 1
            raise
        return await self._ask(frames.pack_query(query), deadline=query.deadline, stance=query.dataset.stance)

    def begin(self, query: Query) -> EmbeddedAnswer | None:
        """Ask a worker that has nothing to do, without waiting for anything.

        :param query: the question.
        :return: an answer of which nothing has come yet, see :attr:`EmbeddedAnswer.on_change`; ``None`` where
            there is no idle worker, and :meth:`query` would have to wait.
        :raises PortsmouthError: the query is refused.
        """
        engine.refuse_services(query, self._limits.service_hosts)
        message = frames.pack_query(query)
        if self._places.locked() or len(message) > _AT_ONCE:
            return None
        worker = self._idle_worker(query.dataset.stance)
        if worker is None:
            return None
        with suppress(StopIteration):
            # There is a place, so this ends at its first step.
            self._places.acquire().send(None)
        answer = EmbeddedAnswer(self, worker, query.deadline, query.dataset.stance)
        answer.begin(message)
        return answer

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
        if self._nursery:
            await self._nursery.aclose()
            self._nursery = None
        while self._idle:
            self._idle.pop().close()
        self._on_close()

    async def __aenter__(self) -> Self:
        await self.start()
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
    ) -> EmbeddedAnswer:
        """Let a worker answer a message, and wait for the head of its answer.

        :param reusable: whether the worker is as it was when it has answered.
        """
        try:
            await self._take_place()
        except PortsmouthError as error:
            self._ended[error.kind] += 1
            raise
        try:
            worker = self._idle_worker(stance) or await self._new_worker()
            answer = EmbeddedAnswer(self, worker, deadline, stance, reusable=reusable)
        except BaseException:
            self._places.release()
            raise
        try:
            await answer.start(message)
        except BaseException:
            await answer.aclose()
            raise
        return answer

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            await asyncio.wait_for(self._places.acquire(), self._limits.queue_seconds)
        except TimeoutError:
            raise StoreBusyError(
                f"found {self._limits.workers} queries running and none ending within "
                f"{self._limits.queue_seconds:g} seconds; expected a free place: try again later"
            ) from None

    def _idle_worker(self, stance: Stance | None) -> Worker | None:
        """Return a worker that waits, one that has made the stance's dataset if any has."""
        while self._idle:
            known = next((worker for worker in reversed(self._idle) if stance in worker.stances), None)
            worker = known or self._idle[-1]
            self._idle.remove(worker)
            if worker.nursery is self._nursery and worker.is_current and not worker.exited.done():
                return worker
            worker.close()
        return None

    async def _new_worker(self) -> Worker:
        return await (await self._ready_nursery()).fork()

    async def _ready_nursery(self) -> Nursery:
        if self._nursery and self._nursery.alive:
            return self._nursery
        async with self._starting:
            if not (self._nursery and self._nursery.alive):
                if self._nursery:
                    await self._nursery.aclose()
                self._nursery = await Nursery.start(self._path, self._limits.memory_mib, self._snapshot)
            return self._nursery

    def _give_back(self, worker: Worker, reusable: bool) -> None:
        if reusable and worker.is_current and not worker.exited.done():
            self._idle.append(worker)
        else:
            worker.end()
        self._places.release()


def _read_only(attempt: str) -> ReadOnlyError:
    return ReadOnlyError(found=attempt, expected="a query; this store is only read")


class EmbeddedAnswer:
    """An answer that a worker is writing; see :class:`portsmouth.store.protocol.Answer`.

    It is taken off the worker as fast as that writes it, so that a slow reader keeps no worker. The deadline
    ends the worker, whatever its caller is waiting for at that moment; the end of its channel then tells the
    caller.
    """

    def __init__(
        self,
        store: EmbeddedStore,
        worker: Worker,
        deadline: float | None,
        stance: Stance | None = None,
        *,
        reusable: bool = True,
    ) -> None:
        deadline = deadline or store.limits.deadline
        patience = store.limits.patience
        if stance not in worker.stances:
            # What a stance is asked of is made once and kept: a worker is not given up for having made it.
            worker.stances.add(stance)
            patience += _MAKING_A_STANCE if stance else 0
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._reusable = reusable
        self._store = store
        store._running += 1
        self._worker = worker
        self._seconds = deadline
        self._overran = False
        self._timers = [loop.call_later(deadline, self._overrun)]
        if reusable:
            # A write has others waiting behind it, so it does not wait in its turn.
            self._timers.append(loop.call_later(patience, worker.yield_processor))
        self._reader = frames.Reader()
        self._spool = Spool(store._room)
        self._kind: AnswerKind = "solutions"
        self._media_type = ""
        #: Called whenever something has come: the head, a part of the body, the end, a failure.
        self.on_change: Callable[[], None] = _nobody
        #: Nothing more comes: the answer is whole, or ``_failure`` says why not, or the worker has died.
        self._ended = self._died = False
        self._failure: PortsmouthError | None = None
        self._done = False

    @property
    def kind(self) -> AnswerKind:
        """What the answer is."""
        return self._kind

    @property
    def media_type(self) -> str:
        """The media type of the body."""
        return self._media_type

    @property
    def begun(self) -> bool:
        """Whether the head has come, or will not come any more."""
        return self._ended or bool(self._media_type)

    @property
    def snapshot(self) -> str:
        """The id of the snapshot from which the answer comes."""
        return self._worker.snapshot

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, for good or ill."""
        return self._ended

    @property
    def waiting(self) -> int:
        """Bytes of the body that have come and have not been taken out."""
        return self._spool.waiting

    @property
    def complete(self) -> bool:
        """Whether everything that is still to be read has already come from the worker."""
        return self._ended and not self._died and self._failure is None and self._spool.in_memory

    def begin(self, message: bytes) -> None:
        """Send the query, which the channel takes in one piece."""
        self._worker.listener = self._take
        try:
            self._worker.channel.send(message)
        except OSError:
            self._take(b"")

    async def start(self, message: bytes) -> None:
        """Send the query and wait for the head of the answer."""
        self._worker.listener = self._take
        try:
            await self._loop.sock_sendall(self._worker.channel, message)
        except OSError:
            self._take(b"")
        await self.head()

    async def head(self) -> None:
        """Wait for the head of the answer.

        :raises PortsmouthError: there is none.
        """
        while not self.begun:
            await self._change()
        if self._ended:
            # Half an answer that is already known to be no more is better told as an error.
            await self._raise_failure()

    async def _change(self) -> None:
        """Wait until something has come."""
        changed: asyncio.Future[None] = self._loop.create_future()

        def tell() -> None:
            if not changed.done():
                changed.set_result(None)

        self.on_change = tell
        await changed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks.

        :raises StoreError: the query overran or failed after its head was sent.
        """
        try:
            while True:
                # Half an answer is of no use to anybody, so what waits of it is not sent either.
                await self._raise_failure()
                if chunk := self._take_out():
                    self._go_on()
                    yield chunk
                elif self._ended:
                    return
                else:
                    self._go_on()
                    await self._change()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Give the answer up; a query that still runs is ended."""
        self._release(reusable=False)
        self._spool.close()

    def _take_out(self) -> bytes:
        try:
            return self._spool.take()
        except OSError as error:
            raise _no_room(error) from error

    def take_all(self) -> bytes:
        """Take out the body of an answer that is :attr:`complete`.

        :raises StoreError: it cannot be read back.
        """
        parts = []
        while part := self._take_out():
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _go_on(self) -> None:
        """Let a worker write on that had to wait for room."""
        if not (self._ended or self._done) and self._spool.low:
            self._worker.listen()

    def _take(self, data: bytes) -> None:
        """Take bytes from the channel; none mean that the worker has died."""
        if not data:
            self._ended = self._died = True
            # Its place is free as soon as it is gone, whether or not anybody reads what it left.
            self._worker.exited.add_done_callback(lambda _: self._release(reusable=False))
            self.on_change()
            return
        body = []
        for frame in self._reader.feed(data):
            match frame.kind:
                case frames.DATA:
                    body.append(frame.body)
                case frames.HEAD:
                    kind, _, self._media_type = frame.body.decode().partition(" ")
                    self._kind = kind  # type: ignore[assignment]  # the worker writes only kinds of answer
                case frames.ERROR:
                    # The worker has told its error and waits for the next query.
                    self._failure = frames.unpack_error(frame.body)
                    self._ended = True
                case frames.END:
                    self._ended = True
        try:
            if body:
                self._spool.put(body[0] if len(body) == 1 else b"".join(body))
        except OSError as error:
            self._failure = _no_room(error)
            self._ended = True
            self._release(reusable=False)
        if self._ended:
            self._release(reusable=True)
        elif self._spool.full:
            self._worker.pause()
        self.on_change()

    def _overrun(self) -> None:
        self._overran = True
        self._worker.nursery.end(self._worker.pid)

    async def _raise_failure(self) -> None:
        """Raise what kept the answer from being whole, if anything did."""
        if self._failure:
            raise self._failure
        if self._died:
            raise await self._cause_of_death()

    async def _cause_of_death(self) -> PortsmouthError:
        """Say why the worker's channel closed before the answer was complete."""
        status = await self._worker.exited
        self._release(reusable=False)
        if self._overran:
            return DeadlineError(self._seconds)
        if status == -signal.SIGABRT:
            return MemoryLimitError(self._store.limits.memory_mib)
        if status == -signal.SIGSEGV:
            return QueryNestingError(
                found="a query that exhausts the parser's stack", expected="one with fewer levels of nesting"
            )
        return StoreError(f"found a worker that ended with status {status}; expected an answer")

    def _end(self) -> str:
        """Say in a word how the query has ended."""
        if self._failure:
            return self._failure.kind
        if self._overran:
            return DeadlineError.kind
        if self._died:
            exited = self._worker.exited
            return (
                MemoryLimitError if exited.done() and exited.result() == -signal.SIGABRT else StoreError
            ).kind
        return "ok" if self._ended else "cancelled"

    def _release(self, reusable: bool) -> None:
        if self._done:
            return
        self._done = True
        self._store._running -= 1
        self._store._ended[self._end()] += 1
        self._worker.listener = None
        for timer in self._timers:
            timer.cancel()
        self._store._give_back(self._worker, reusable and self._reusable and not self._worker.yielded)


def _nobody() -> None:
    """Be told, and do nothing."""


def _no_room(error: OSError) -> StoreError:
    return StoreError(
        f"found no room to keep an answer in ({error}); expected some in {tempfile.gettempdir()}"
    )
