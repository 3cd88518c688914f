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
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyoxigraph as ox

from portsmouth.errors import (
    DeadlineError,
    MemoryLimitError,
    PortsmouthError,
    ReadOnlyError,
    StoreBusyError,
    StoreError,
)
from portsmouth.stance import Stance
from portsmouth.store import disk, engine, frames
from portsmouth.store.lending import POSSIBLE, Lanes, Speaking, cause_of_death
from portsmouth.store.limits import Limits
from portsmouth.store.nursery import Nursery, Worker
from portsmouth.store.places import Places
from portsmouth.store.protocol import AnswerKind, GraphWrite, Query, Update, Written
from portsmouth.store.spool import Room, Spool
from portsmouth.store.tally import Counted, Tally

#: Seconds for which a query counts as short, and longest where it gets no processor for so long.
_MOMENT: Final = 0.01
_MOMENT_BY_THE_CLOCK: Final = 0.1

#: Seconds that a worker may take over the dataset of a stance before it counts as slow.
_MAKING_A_STANCE: Final = 2.0


class EmbeddedStore:
    """Answers queries about one snapshot, which stays as it is for the life of the store.

    :param snapshot_path: an N-Quads file, which is held in memory, or the directory of an Oxigraph store,
        which is read from disk and must not be written meanwhile.
    :param snapshot: the snapshot's id.
    :param limits: what a query may take.
    :param on_close: called when the store is closed, to remove what was made for it.
    :param journals: the folder of what has been written since that snapshot, if it is only a base.
    """

    def __init__(
        self,
        snapshot_path: Path,
        *,
        snapshot: str,
        limits: Limits | None = None,
        on_close: Callable[[], None] = lambda: None,
        journals: Path | None = None,
    ) -> None:
        self._path = snapshot_path
        self._journals = journals
        self._snapshot = snapshot
        self._limits = limits or Limits()
        self._on_close = on_close
        self._nursery: Nursery | None = None
        self._starting = asyncio.Lock()
        self._idle: deque[Worker] = deque()
        self._places = Places(self._limits.short, self._limits.workers)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = Room(self._limits.spool_mib << 20)
        self._ended: Counter[str] = Counter()
        self._lanes: Lanes | None = None
        self._speaking: Speaking | None = None

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
        return cls(
            written.path,
            snapshot=written.snapshot,
            limits=limits,
            on_close=lambda: shutil.rmtree(written.path.parent, ignore_errors=True),
            journals=written.journals,
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
        lanes = self._lanes
        counted = lanes.counted if lanes else Counted()
        ended = self._ended + Counter(ok=counted.answers - counted.found)
        if lanes:
            ended += lanes.ended
        return Tally(
            ended=dict(ended),
            running=self._places.running + (lanes.evaluating if lanes else 0),
            workers=self._nursery.workers if self._nursery else 0,
            most=self._limits.workers,
            waiting=self._room.taken,
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

    async def worker_for_lane(self) -> Worker:
        """Return a worker that does nothing else; see :class:`portsmouth.store.lending.Workers`."""
        return self._idle_worker(None) or await self._new_worker()

    def give_back(self, worker: Worker, reusable: bool) -> None:
        """Take back a worker that served connections."""
        self._give_back(worker, reusable)

    async def start(self) -> None:
        """Load the snapshot now, instead of with the first query.

        :raises StoreError: the snapshot cannot be loaded.
        """
        await self._ready_nursery()

    async def query(self, query: Query) -> EmbeddedAnswer:
        """Answer a query; see :meth:`portsmouth.store.protocol.Store.query`.

        :raises PortsmouthError: as the protocol says.
        """
        return await _begun(self.begin(query))

    def begin(self, query: Query) -> EmbeddedAnswer:
        """Have a query answered as soon as there is a place, without waiting for that.

        :param query: the question.
        :return: an answer of which nothing has come yet; see :attr:`EmbeddedAnswer.on_change`.
        :raises PortsmouthError: the query is refused.
        """
        try:
            engine.refuse_services(query, self._limits.service_hosts)
        except PortsmouthError as error:
            self._ended[error.kind] += 1
            raise
        return EmbeddedAnswer(self, frames.pack_query(query), query.deadline, query.dataset.stance)

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
        if self._lanes:
            self._lanes.close()
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
        return await _begun(EmbeddedAnswer(self, message, deadline, stance, reusable=reusable))

    def _idle_worker(self, stance: Stance | None) -> Worker | None:
        """Return a worker that waits, one that has made the stance's dataset if any has."""
        while self._idle:
            known = next((worker for worker in reversed(self._idle) if stance in worker.stances), None)
            worker = known or self._idle[-1]
            self._idle.remove(worker)
            if worker.nursery is self._nursery and self._up_to_date(worker) and not worker.exited.done():
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
                self._nursery = await Nursery.start(
                    self._path,
                    self._limits.memory_mib,
                    self._snapshot,
                    self._journals,
                    self._speaking.module if self._speaking else "",
                )
            return self._nursery

    def _up_to_date(self, worker: Worker) -> bool:
        """Return whether a worker that waits answers from what is there now."""
        return worker.is_current

    def _give_back(self, worker: Worker, reusable: bool) -> None:
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


class EmbeddedAnswer:
    """An answer that a worker is writing; see :class:`portsmouth.store.protocol.Answer`.

    It is taken off the worker as fast as that writes it, so that a slow reader keeps no worker. The deadline
    ends the worker, whatever its caller is waiting for at that moment; the end of its channel then tells the
    caller.
    """

    def __init__(
        self,
        store: EmbeddedStore,
        message: bytes,
        deadline: float | None,
        stance: Stance | None = None,
        *,
        reusable: bool = True,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._store = store
        self._message = message
        self._seconds = deadline or store.limits.deadline
        # Whoever asks counts from here, whether or not there is a place at once.
        self._deadline = self._loop.time() + self._seconds
        self._stance = stance
        self._reusable = reusable
        self._worker: Worker | None = None
        self._snapshot = ""
        self._timers: tuple[asyncio.TimerHandle, ...] = ()
        self._overran = False
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
        self._place = store._places.take(self._run)
        if self._worker is None and self._place.state == "waiting":
            patience = min(store.limits.queue_seconds, self._seconds)
            self._timers = (self._loop.call_later(patience, self._wait_no_longer),)

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
        return self._snapshot or self._store.snapshot

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

    def _run(self) -> None:
        """Have a worker answer: there is a place now."""
        self._cancel_timers()
        worker = self._store._idle_worker(self._stance)
        if worker is None:
            self._store.start_task(self._run_on_a_new_worker())
        else:
            self._hand_over(worker)

    async def _run_on_a_new_worker(self) -> None:
        try:
            worker = await self._store._new_worker()
        except (PortsmouthError, OSError) as error:
            self._fail(error if isinstance(error, PortsmouthError) else StoreError(_no_fork(error)))
            return
        if self._done:
            self._store._give_back(worker, reusable=True)
        else:
            self._hand_over(worker)

    def _hand_over(self, worker: Worker) -> None:
        self._worker, self._snapshot = worker, worker.snapshot
        worker.listener = self._take
        # Most queries end within the moment, and need no other timer.
        self._since = self._loop.time(), worker.spent
        self._timers = (self._loop.call_later(_MOMENT, self._look, worker),)
        try:
            sent = worker.channel.send(self._message)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._take(b"")
            return
        if sent < len(self._message):
            self._store.start_task(self._send_rest(worker, self._message[sent:]))
        self._message = b""

    async def _send_rest(self, worker: Worker, rest: bytes) -> None:
        try:
            await self._loop.sock_sendall(worker.channel, rest)
        except (OSError, ValueError):
            if not self._ended:
                self._take(b"")

    def _look(self, worker: Worker) -> None:
        """See whether the query has turned out to be long, or only had no processor."""
        clock, processor = self._since
        until = min(clock + _MOMENT_BY_THE_CLOCK, self._deadline)
        if self._loop.time() < until and worker.spent - processor < _MOMENT / 2:
            self._timers = (self._loop.call_later(_MOMENT, self._look, worker),)
        else:
            self._turn_long(worker)

    def _turn_long(self, worker: Worker) -> None:
        patience = self._store.limits.patience
        if self._stance not in worker.stances:
            # What a stance is asked of is made once and kept: a worker is not given up for having made it.
            worker.stances.add(self._stance)
            patience += _MAKING_A_STANCE if self._stance else 0
        self._timers = (self._loop.call_at(self._deadline, self._overrun, worker),)
        if self._reusable:
            # A write has others waiting behind it, so it does not wait in its turn.
            self._wait_to_yield(worker, patience)
        self._place.turn_long()

    def _wait_to_yield(self, worker: Worker, patience: float) -> None:
        """Let short queries go first once the worker has had the processor for long enough."""
        left = patience - (worker.spent - self._since[1])
        if left <= 0:
            worker.yield_processor()
        else:
            again = self._loop.call_later(max(left, _MOMENT), self._wait_to_yield, worker, patience)
            self._timers = (self._timers[0], again)

    def _wait_no_longer(self) -> None:
        patience = min(self._store.limits.queue_seconds, self._seconds)
        self._fail(
            StoreBusyError(
                f"found {self._store._places.running} queries running and none ending within "
                f"{patience:g} seconds; expected a free place: try again later"
            )
        )

    def _fail(self, error: PortsmouthError) -> None:
        """End without ever having had a worker."""
        self._failure = self._failure or error
        self._ended = True
        self._release(reusable=False)
        self.on_change()

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = ()

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
        if self._worker and not (self._ended or self._done) and self._spool.low:
            self._worker.listen()

    def _take(self, data: bytes) -> None:
        """Take bytes from the channel; none mean that the worker has died."""
        assert self._worker is not None  # noqa: S101  # it is its listener
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
                    self._reusable |= frame.body == frames.UNTOUCHED
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

    def _overrun(self, worker: Worker) -> None:
        self._overran = self._ended = True
        self._failure = DeadlineError(self._seconds)
        worker.nursery.end(worker.pid)
        # Nobody has to wait for the end of what has been given up.
        self._release(reusable=False)
        self.on_change()

    async def _raise_failure(self) -> None:
        """Raise what kept the answer from being whole, if anything did."""
        if self._failure:
            raise self._failure
        if self._died:
            raise await self._cause_of_death()

    async def _cause_of_death(self) -> PortsmouthError:
        """Say why the worker's channel closed before the answer was complete."""
        assert self._worker is not None  # noqa: S101  # it has died
        status = await self._worker.exited
        self._release(reusable=False)
        return cause_of_death(status, self._store.limits, self._seconds if self._overran else None)

    def _end(self) -> str:
        """Say in a word how the query has ended."""
        if self._failure:
            return self._failure.kind
        if self._overran:
            return DeadlineError.kind
        if self._died and self._worker:
            exited = self._worker.exited
            return (
                MemoryLimitError if exited.done() and exited.result() == -signal.SIGABRT else StoreError
            ).kind
        return "ok" if self._ended else "cancelled"

    def _release(self, reusable: bool) -> None:
        if self._done:
            return
        self._done = True
        self._store._ended[self._end()] += 1
        self._cancel_timers()
        if self._worker:
            self._worker.listener = None
            if self._stance not in self._worker.stances:
                self._worker.stances.add(self._stance)
            self._store._give_back(self._worker, reusable and self._reusable and not self._worker.yielded)
        # The next in the queue may take this very worker.
        self._place.leave()


async def _begun(answer: EmbeddedAnswer) -> EmbeddedAnswer:
    """Wait for the head of an answer, which is given up with the waiting."""
    try:
        await answer.head()
    except BaseException:
        await answer.aclose()
        raise
    return answer


def _nobody() -> None:
    """Be told, and do nothing."""


def _no_fork(error: OSError) -> str:
    return f"found that no worker could be started ({error}); expected room for one more process"


def _no_room(error: OSError) -> StoreError:
    return StoreError(
        f"found no room to keep an answer in ({error}); expected some in {tempfile.gettempdir()}"
    )
