"""The store's side of lending connections to workers.

The worker's side is :mod:`portsmouth.store.processes.borrowing`.

A *lane* is a worker that serves connections by itself. Every lane has a slot of
shared memory in which it notes what it evaluates since when. An evaluation that
takes longer than a moment makes its lane *long*: every other connection is
taken back at once, and from then on it is treated as any long query is, down to
its deadline.

On a write every lane goes along with it before the write is acknowledged, or
gives its connections back without answering anything more.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from portsmouth.errors import DeadlineError, EngineError, PortsmouthError
from portsmouth.stance import Stance
from portsmouth.store.limits import Limits
from portsmouth.store.processes import frames
from portsmouth.store.processes.borrowing import RETURNED
from portsmouth.store.processes.deaths import cause_of_death
from portsmouth.store.processes.nursery import Worker
from portsmouth.store.processes.slots import Slot
from portsmouth.store.processes.tally import Counted
from portsmouth.store.sparql.fallen import is_of_sorting, log_fault

#: Whether connections can be lent on this system.
POSSIBLE: Final = sys.platform == "linux"
#: Processor seconds of the worker, or seconds by the clock, for which an evaluation counts as short.
_MOMENT: Final = 0.05
_MOMENT_BY_THE_CLOCK: Final = 0.25
#: Seconds between two looks at the lanes, while connections are lent.
_TICK: Final = 0.01
#: Seconds between two looks whether some lanes have more connections than others.
_BALANCE: Final = 0.1
#: Connections of one lane.
_MOST: Final = 4096
#: Where shared memory is kept, if the system has such a place.
_SHARED: Final = Path("/dev/shm")  # noqa: S108  # only ever with an unforeseeable name, for this user alone


class Connection(Protocol):
    """A connection that can be lent."""

    def fileno(self) -> int:
        """Return its file descriptor."""

    def returned(self, unread: bytes, unsent: bytes, *, again: bool) -> None:
        """Take the connection back.

        :param unread: what has come on it and is not answered.
        :param unsent: what is still to be sent on it.
        :param again: whether it may be lent again soon.
        """

    def failed(self, error: PortsmouthError | None, called: bytes, seconds: float) -> None:
        """Tell the client that its request could not be answered.

        :param error: why; ``None`` where nobody is to be told, or it is not known how much has been sent.
        :param called: what the client calls the request; empty where it gave it no name.
        :param seconds: how long it took.
        """


@dataclass(frozen=True, slots=True)
class Speaking:
    """What workers need to speak to clients.

    :param speaker: the factory of a :class:`~portsmouth.store.processes.borrowing.Speaker`,
        as ``module:name``.
    :param settings: what the factory is given; JSON.
    :param lanes: how many workers connections are lent to; 0 for none.
    """

    speaker: str
    settings: Mapping[str, Any]
    lanes: int

    @property
    def module(self) -> str:
        """The module of the factory."""
        return self.speaker.partition(":")[0]


class Workers(Protocol):
    """Where workers come from."""

    @property
    def limits(self) -> Limits:
        """What a query may take."""

    def idle_worker(self, stance: Stance | None) -> Worker | None:
        """Return a worker that waits."""

    async def new_worker(self) -> Worker:
        """Return a worker that has just been forked.

        :raises PortsmouthError: there is none to be had.
        """

    def to_catch_up(self, worker: Worker) -> bytes | None:
        """Return what has to be told a worker so that it answers from what is there now.

        :return: ``None`` where it cannot go along with what has been written. What is returned is to be told.
        """

    def give_back(self, worker: Worker, reusable: bool) -> None:
        """Take a worker back."""


@dataclass(slots=True)
class _Lane:
    worker: Worker
    slot: Slot
    reader: frames.Reader = field(default_factory=frames.Reader)
    lent: dict[int, Connection] = field(default_factory=dict)
    #: ``opening``, ``open``, ``leaving``, ``long`` or ``ended``.
    state: str = "opening"
    overran: bool = False
    abandoned: bool = False
    #: How many connections it has been asked for that others are to serve.
    shares: int = 0


class Lanes:
    """The lanes of one store.

    :param workers: where workers come from.
    :param speaking: what they need to speak to clients.
    """

    def __init__(self, workers: Workers, speaking: Speaking) -> None:
        self._workers = workers
        self._speaking = speaking
        self._lanes: list[_Lane] = []
        self._opening = 0
        self._numbers = 0
        self._counted = Counted()
        self._timer: asyncio.TimerHandle | None = None
        self._next_balance = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        #: How queries of lent connections have ended that were not answered.
        self.ended: Counter[str] = Counter()

    @property
    def counted(self) -> Counted:
        """What lent connections have been answered."""
        return sum((lane.slot.counted for lane in self._lanes), self._counted)

    @property
    def evaluating(self) -> int:
        """How many lanes evaluate a query at this moment."""
        return sum(lane.slot.evaluating for lane in self._lanes)

    def lend(self, connection: Connection) -> bool:
        """Lend a connection on which nothing is under way.

        :return: whether it is lent; then nothing may be read from it or written to it.
        """
        ready = [lane for lane in self._lanes if lane.state == "open"]
        lane = min(ready, key=lambda lane: len(lane.lent), default=None)
        if (lane is None or lane.lent) and len(ready) + self._opening < self._speaking.lanes:
            self._open()
        if lane is None or len(lane.lent) >= _MOST:
            return False
        self._numbers += 1
        message = frames.pack(frames.LEND, self._numbers.to_bytes(8))
        try:
            sent = socket.send_fds(lane.worker.channel, [message], [connection.fileno()])
        except OSError:
            return False
        if sent < len(message):
            # Half a message: nothing that follows would be understood.
            self._abandon(lane)
            return False
        lane.lent[self._numbers] = connection
        self._watch()
        return True

    def bring_up_to_date(self) -> None:
        """Let no lane answer from before a write any more, once this returns."""
        for lane in self._lanes:
            if lane.state == "open":
                self._bring_up_to_date(lane)

    def _bring_up_to_date(self, lane: _Lane) -> None:
        told = self._workers.to_catch_up(lane.worker)
        if told is None:
            lane.state = "leaving"
            told = frames.pack(frames.HOME)
        else:
            # In one piece, so that nothing is answered from the one as if it were from the other.
            told += frames.pack(frames.SNAPSHOT, lane.worker.snapshot.encode())
        # It answers nothing more before it has read what is told.
        lane.slot.writes += 1
        if not _told(lane.worker, told):
            self._abandon(lane)

    def call_home(self) -> None:
        """Ask for all connections, as soon as what is under way is answered."""
        for lane in self._lanes:
            if lane.state == "open":
                lane.state = "leaving"
                # Not even what a write that ends meanwhile would have changed.
                lane.slot.writes += 1
                if not _told(lane.worker, frames.pack(frames.HOME)):
                    self._abandon(lane)

    def close(self) -> None:
        """Let go of everything; the workers are ended by others."""
        if self._timer:
            self._timer.cancel()
        for lane in list(self._lanes):
            self._remove(lane)

    def _open(self) -> None:
        if sum(lane.state == "long" for lane in self._lanes) * 2 > self._workers.limits.workers:
            return
        self._opening += 1
        task = asyncio.get_running_loop().create_task(self._open_one())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_one(self) -> None:
        try:
            # First what may be had of nobody else: a worker would have to be given back.
            slot = _new_slot()
        except OSError:
            self._opening -= 1
            return
        try:
            worker = self._workers.idle_worker(None) or await self._workers.new_worker()
        except (PortsmouthError, OSError):
            # There will be another occasion; until then everything goes the usual way.
            self._opening -= 1
            slot.close()
            return
        lane = _Lane(worker, slot)
        self._lanes.append(lane)
        worker.listener = partial(self._take, lane)
        settings = {
            "speaker": self._speaking.speaker,
            "settings": dict(self._speaking.settings),
            "slot": str(slot.path),
            "snapshot": worker.snapshot,
        }
        if not _told(worker, frames.pack(frames.LANE, json.dumps(settings).encode())):
            self._abandon(lane)

    def _take(self, lane: _Lane, data: bytes) -> None:
        """Take what a lane says; nothing means that it has died."""
        if not data:
            lane.worker.exited.add_done_callback(lambda _: self._died(lane))
            return
        for frame in lane.reader.feed(data):
            match frame.kind:
                case frames.LANE:
                    self._opening -= 1
                    lane.state = "open"
                    if not lane.worker.is_current:
                        self._bring_up_to_date(lane)
                case frames.BACK:
                    lane.shares = max(0, lane.shares - 1)
                    number, unsent = RETURNED.unpack_from(frame.body)
                    rest = frame.body[RETURNED.size :]
                    if connection := lane.lent.pop(number, None):
                        # What is given back for what has come on it will bring more of the same.
                        again = not rest and lane.state != "long"
                        connection.returned(rest[unsent:], rest[:unsent], again=again)
                case frames.HOME:
                    worker, reusable = lane.worker, not lane.worker.yielded
                    worker.listener = None
                    self._remove(lane)
                    self._workers.give_back(worker, reusable)

    def _died(self, lane: _Lane) -> None:
        if lane.state == "ended":
            return
        if lane.state == "opening":
            self._opening -= 1
        slot = lane.slot
        served = lane.lent.pop(slot.connection, None)
        called, seconds = slot.called, time.monotonic() - slot.since[0]
        told, again = None, b""
        if slot.evaluating and not lane.abandoned:
            limits, words = self._workers.limits, lane.worker.last_words
            overrun = DeadlineError(limits.deadline) if lane.overran else None
            told = overrun or cause_of_death(lane.worker.exited.result(), limits, words)
            if isinstance(told, EngineError):
                again = slot.request if is_of_sorting(told.reason) else b""
                log_fault(told.reason, again=bool(again))
        if slot.evaluating and not again:
            self.ended[told.kind if told else "cancelled"] += 1
        others = list(lane.lent.values())
        self._remove(lane)
        lane.worker.listener = None
        lane.worker.close()
        if served and again:
            # Whoever takes it back asks the store, which knows what to ask in its place.
            served.returned(again, b"", again=False)
        elif served:
            served.failed(told, called, seconds)
        for connection in others:
            connection.returned(b"", b"", again=True)

    def _remove(self, lane: _Lane) -> None:
        lane.state = "ended"
        self._counted += lane.slot.counted
        self._lanes.remove(lane)
        lane.lent.clear()
        lane.slot.close()

    def _abandon(self, lane: _Lane) -> None:
        """End a lane with which one cannot speak any more."""
        lane.abandoned = True
        lane.worker.nursery.end(lane.worker.pid)

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = time.monotonic()
        for lane in list(self._lanes):
            if not lane.slot.evaluating:
                continue
            if lane.state in ("open", "leaving"):
                self._look_at(lane, now)
            elif lane.state == "long":
                self._look_at_long(lane, now)
        if now >= self._next_balance:
            self._next_balance = now + _BALANCE
            self._balance()
        if any(lane.lent for lane in self._lanes):
            self._watch()

    def _balance(self) -> None:
        """Have a lane share what it was lent while there was no other, or another had to give up its own."""
        ready = [lane for lane in self._lanes if lane.state == "open"]
        most = max(ready, key=lambda lane: len(lane.lent), default=None)
        if most is None or most.shares:
            return
        least = min(len(lane.lent) for lane in ready)
        if surplus := (len(most.lent) - least) // 2:
            most.shares = surplus
            if not _told(most.worker, frames.pack(frames.SHARE, surplus.to_bytes(4))):
                self._abandon(most)

    def _look_at(self, lane: _Lane, now: float) -> None:
        """Take the connections of a lane back if it has been evaluating for more than a moment."""
        clock, processor = lane.slot.since
        if now - clock < _MOMENT_BY_THE_CLOCK and lane.worker.spent - processor < _MOMENT:
            return
        if not lane.slot.try_lock():
            return
        try:
            if not lane.slot.evaluating or lane.slot.since[0] != clock:
                return
            # What it has given back before it began comes with bytes that nobody else has.
            lane.worker.hear_out()
            lane.slot.called_home = True
            number = lane.slot.connection
        finally:
            lane.slot.unlock()
        left = lane.state == "leaving"
        lane.state = "long"
        others = [connection for key, connection in lane.lent.items() if key != number]
        lane.lent = {key: connection for key, connection in lane.lent.items() if key == number}
        for connection in others:
            connection.returned(b"", b"", again=True)
        if not left and not _told(lane.worker, frames.pack(frames.HOME)):
            self._abandon(lane)

    def _look_at_long(self, lane: _Lane, now: float) -> None:
        """End an evaluation at its deadline, or when its client has gone; let short ones go before it."""
        limits, (since, processor) = self._workers.limits, lane.slot.since
        if lane.overran or lane.abandoned:
            return
        gone = any(_has_gone(connection) for connection in lane.lent.values())
        if (gone or now - since >= limits.deadline) and lane.slot.try_lock():
            # The lock is kept, so that nothing is answered between here and the end.
            if lane.slot.evaluating:
                lane.overran, lane.abandoned = not gone, gone
                lane.worker.nursery.end(lane.worker.pid)
            else:
                lane.slot.unlock()
        elif (
            not lane.worker.yielded
            and lane.worker.spent - processor >= limits.patience * lane.worker.nursery.patience
        ):
            lane.worker.yield_processor()


def _new_slot() -> Slot:
    """Make the shared memory of a lane.

    :raises OSError: there is no place for it.
    """
    folder = _SHARED if os.access(_SHARED, os.W_OK | os.X_OK) else None
    handle, path = tempfile.mkstemp(prefix="portsmouth-", dir=folder)
    os.close(handle)
    try:
        return Slot(Path(path))
    except OSError:
        Path(path).unlink()
        raise


def _told(worker: Worker, message: bytes) -> bool:
    """Say something to a worker; return whether it was taken."""
    try:
        return worker.channel.send(message) == len(message)
    except OSError:
        return False


def _has_gone(connection: Connection) -> bool:
    look = select.poll()
    look.register(connection.fileno(), select.POLLRDHUP)
    return bool(look.poll(0))
