"""The answer that a worker writes: waiting for a place, the deadline, and what has come so far."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, Final, Protocol

from portsmouth.errors import (
    DeadlineError,
    EngineError,
    PortsmouthError,
    QuerySyntaxError,
    StoreBusyError,
    StoreError,
)
from portsmouth.stance import Stance
from portsmouth.store.limits import Limits
from portsmouth.store.processes import frames
from portsmouth.store.processes.deaths import cause_of_death, fault
from portsmouth.store.processes.habits import Habits
from portsmouth.store.processes.nursery import Worker
from portsmouth.store.processes.places import Places
from portsmouth.store.processes.spool import Room, Spool
from portsmouth.store.protocol import AnswerKind
from portsmouth.store.sparql.fallen import log_fault

#: Seconds for which a query counts as short, and longest where it gets no processor for so long.
_MOMENT: Final = 0.01
_MOMENT_BY_THE_CLOCK: Final = 0.1
#: Seconds by which a timer may come early: uvloop counts whole milliseconds, from when its round began.
_EARLY: Final = 0.001

#: Seconds that a worker may take over the dataset of a stance before it counts as slow.
_MAKING_A_STANCE: Final = 2.0


class Workshop(Protocol):
    """What an answer needs of its store."""

    #: Places of the queries that run.
    places: Places
    #: Which kinds of queries have been long.
    habits: Habits
    #: Room for what waits to be read.
    room: Room
    #: Queries that have ended, by how.
    ends: Counter[str]

    @property
    def limits(self) -> Limits:
        """What a query may take."""

    @property
    def snapshot(self) -> str:
        """The id of the present snapshot."""

    def idle_worker(self, stance: Stance | None) -> Worker | None:
        """Return a worker that waits, one that has made the stance's dataset if any has."""

    async def new_worker(self) -> Worker:
        """Return a worker that has just been forked."""

    def give_back(self, worker: Worker, reusable: bool) -> None:
        """Take a worker back."""

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something be done beside what is being done."""


def no_other(_: str) -> None:
    """Know of no other way to ask."""


class EmbeddedAnswer:
    """An answer that a worker is writing; see :class:`portsmouth.store.protocol.Answer`.

    It is taken off the worker as fast as that writes it, so that a slow reader keeps no worker. The deadline
    ends the worker, whatever its caller is waiting for at that moment, and tells the caller at once.

    :param store: whose answer it is.
    :param message: what the worker is asked.
    :param deadline: seconds until it has to be there; the store's own by default.
    :param stance: the stance of whose dataset is asked.
    :param text: the query.
    :param reusable: whether the worker is as it was when it has answered.
    :param instead: returns what to ask where the engine fell over, given what it said of that.
    """

    def __init__(
        self,
        store: Workshop,
        message: bytes,
        deadline: float | None,
        stance: Stance | None = None,
        *,
        text: str = "",
        reusable: bool = True,
        instead: Callable[[str], bytes | None] = no_other,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._store = store
        self._message = message
        self._text = text
        self._seconds = deadline or store.limits.deadline
        # Whoever asks counts from here, whether or not there is a place at once. The loop's own time is when
        # its round began, which may have been a while ago.
        self._deadline = time.monotonic() + self._seconds
        self._stance = stance
        self._reusable = reusable
        self._instead = instead
        self._fault: str | None = None
        self._worker: Worker | None = None
        self._snapshot = ""
        self._timers: tuple[asyncio.TimerHandle, ...] = ()
        self._reader = frames.Reader()
        self._spool = Spool(store.room)
        self._kind: AnswerKind = "solutions"
        self._media_type = ""
        #: Called whenever something has come: the head, a part of the body, the end, a failure.
        self.on_change: Callable[[], None] = _nobody
        #: Nothing more comes: the answer is whole, or ``_failure`` says why not, or the worker has died.
        self._ended = self._died = False
        self._failure: PortsmouthError | None = None
        self._done = False
        self._expected_long = bool(text) and store.places.crowded and store.habits.expects_long(text)
        self._expected_overrun = False
        self._place = store.places.take(self._run, long=self._expected_long)
        if self._worker is None and self._place.state == "waiting":
            patience = min(store.limits.queue_seconds, self._seconds)
            self._timers = (
                self._loop.call_later(patience, self._wait_no_longer),
                self._loop.call_later(patience / 2, self._place.hurry),
            )

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
        worker = self._store.idle_worker(self._stance)
        if worker is None:
            self._store.start_task(self._run_on_a_new_worker())
        else:
            self._hand_over(worker, has_waited=True)

    async def _run_on_a_new_worker(self) -> None:
        try:
            worker = await self._store.new_worker()
        except (PortsmouthError, OSError) as error:
            self._fail(error if isinstance(error, PortsmouthError) else StoreError(_no_fork(error)))
            return
        if self._done:
            self._store.give_back(worker, reusable=True)
        else:
            self._hand_over(worker)

    def _hand_over(self, worker: Worker, *, has_waited: bool = False) -> None:
        self._worker, self._snapshot = worker, worker.snapshot
        worker.listener = self._take
        # Most queries end within the moment, and need no other timer.
        self._since = time.monotonic(), worker.spent
        self._timers = (self._loop.call_later(_MOMENT, self._look, worker),)
        try:
            sent = worker.channel.send(self._message)
        except BlockingIOError:
            sent = 0
        except OSError:
            if has_waited:
                # It ended before it heard of this query, for which another does as well.
                worker.listener = None
                worker.close()
                self._worker = None
                self._run()
            else:
                self._take(b"")
            return
        if sent < len(self._message):
            self._store.start_task(self._send_rest(worker, self._message[sent:]))
        self._message = b""

    async def _send_rest(self, worker: Worker, rest: bytes) -> None:
        try:
            await self._loop.sock_sendall(worker.channel, rest)
        except (OSError, ValueError):
            if not self._ended and worker is self._worker:
                self._take(b"")

    def _look(self, worker: Worker) -> None:
        """See whether the query has turned out to be long, or only had no processor."""
        clock, processor = self._since
        until = min(clock + _MOMENT_BY_THE_CLOCK, self._deadline)
        if time.monotonic() < until and worker.spent - processor < _MOMENT / 2:
            self._timers = (self._loop.call_later(_MOMENT, self._look, worker),)
        else:
            self._turn_long(worker)

    def _turn_long(self, worker: Worker) -> None:
        patience = self._store.limits.patience * worker.nursery.patience
        if self._stance not in worker.stances:
            # What a stance is asked of is made once and kept: a worker is not given up for having made it.
            worker.stances.add(self._stance)
            patience += _MAKING_A_STANCE if self._stance else 0
        self._timers = (self._loop.call_at(self._deadline, self._overrun, worker),)
        if self._text and worker.spent - self._since[1] >= _MOMENT / 2:
            self._store.habits.was_long(self._text)
            self._expected_overrun = self._store.habits.expects_overrun(self._text)
            if self._expected_overrun:
                # What most likely comes to nothing does not first make others wait.
                patience = 0.0
        self._place.turn_long()
        if self._reusable:
            # A write has others waiting behind it, so it does not wait in its turn.
            self._wait_to_yield(worker, patience)

    def _wait_to_yield(self, worker: Worker, patience: float) -> None:
        """Let short queries go first once the worker has had the processor for long enough."""
        left = patience - (worker.spent - self._since[1])
        if left <= 0:
            worker.yield_processor()
            self._place.give_way()
        else:
            again = self._loop.call_later(max(left, _MOMENT), self._wait_to_yield, worker, patience)
            self._timers = (self._timers[0], again)

    def _wait_no_longer(self) -> None:
        patience = min(self._store.limits.queue_seconds, self._seconds)
        self._fail(
            StoreBusyError(
                f"found {self._store.places.running} queries running and none ending within "
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
            self._worker.exited.add_done_callback(partial(self._died_early, self._worker))
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
                    if self._fault and isinstance(self._failure, QuerySyntaxError):
                        # It is about the other way to ask, of which the client knows nothing.
                        self._failure = EngineError(self._fault)
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
            # It waits for its reader now, and nobody has to wait with it.
            self._place.give_way()
        self.on_change()

    def _died_early(self, worker: Worker, _: object) -> None:
        """End with a worker that has died, or ask another in another way where the engine fell over."""
        # That it has died is found where it is read from, and where it is written to.
        if self._done or worker is not self._worker:
            return
        reason = self._fault = fault(worker.last_words)
        message = None if reason is None or self._media_type else self._instead(reason)
        if reason is not None:
            log_fault(reason, again=message is not None)
        if message is None:
            self._ended = self._died = True
            # Its place is free, whether or not anybody reads what it left.
            self._release(reusable=False)
            self.on_change()
            return
        self._cancel_timers()
        worker.listener = None
        self._store.give_back(worker, reusable=False)
        self._worker, self._reader = None, frames.Reader()
        self._message, self._instead = message, no_other
        self._run()

    def _overrun(self, worker: Worker) -> None:
        left = self._deadline - time.monotonic()
        if left > 0:
            again = self._loop.call_later(left + _EARLY, self._overrun, worker)
            self._timers = (again, *self._timers[1:])
            return
        self._ended = True
        self._failure = DeadlineError(self._seconds)
        if self._text:
            self._store.habits.overran(self._text)
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
        return cause_of_death(status, self._store.limits, self._worker.last_words)

    def _end(self) -> str:
        """Say in a word how the query has ended."""
        if self._failure:
            return self._failure.kind
        if self._died and self._worker:
            worker = self._worker
            status = worker.exited.result() if worker.exited.done() else 0
            return cause_of_death(status, self._store.limits, worker.last_words).kind
        return "ok" if self._ended else "cancelled"

    def _release(self, reusable: bool) -> None:
        if self._done:
            return
        self._done = True
        self._store.ends[self._end()] += 1
        self._cancel_timers()
        if self._worker:
            self._worker.listener = None
            if self._stance not in self._worker.stances:
                self._worker.stances.add(self._stance)
            self._store.give_back(self._worker, reusable and self._reusable and not self._worker.yielded)
        if self._expected_long and self._ended and not self._failure and self._place.state == "short":
            self._store.habits.was_short(self._text)
        if self._expected_overrun and self._ended and not (self._failure or self._died):
            self._store.habits.ended(self._text)
        # The next in the queue may take this very worker.
        self._place.leave()


async def begun(answer: EmbeddedAnswer) -> EmbeddedAnswer:
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
