"""Whose turn it is to write: one write after another, more slowly where readers have to wait for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from portsmouth.errors import StoreBusyError, StoreError
from portsmouth.store.writing.pacing import Pace, waited


class Turns:
    """The turns of the writes to one store.

    :param queue_seconds: for how long a write waits for its turn.
    :param readers: returns the ids of the processes that read at the moment.

    >>> async def write() -> None:
    ...     turns = Turns(10.0, list)
    ...     await turns.take()
    ...     turns.end()
    ...     turns.refuse("found the store closed; expected it to be open")
    ...     await turns.take()
    >>> asyncio.run(write())
    Traceback (most recent call last):
        ...
    portsmouth.errors.StoreError: found the store closed; expected it to be open
    """

    def __init__(self, queue_seconds: float, readers: Callable[[], Iterable[int]]) -> None:
        self._queue_seconds = queue_seconds
        self._readers = readers
        self._writing = asyncio.Lock()
        self._pace = Pace()
        self._began = 0.0
        self._refusal = ""

    def refuse(self, reason: str) -> None:
        """Give nobody a turn any more.

        :param reason: why, as the message of an error.
        """
        self._refusal = self._refusal or reason

    def check(self) -> None:
        """See that writes have not come to be refused since this turn was taken.

        :raises StoreError: they have.
        """
        if self._refusal:
            raise StoreError(self._refusal)

    async def take(self) -> None:
        """Wait for a turn, which has to be ended.

        :raises StoreBusyError: none has come in time.
        :raises StoreError: nobody has a turn any more.
        """
        try:
            async with asyncio.timeout(self._queue_seconds):
                await self._writing.acquire()
        except TimeoutError:
            raise StoreBusyError(
                f"found other writes, and none ending within {self._queue_seconds:g} seconds; "
                "expected a turn: try again later"
            ) from None
        try:
            self.check()
            if pause := self._pause():
                await asyncio.sleep(pause)
        except BaseException:
            self._writing.release()
            raise
        self._began = time.monotonic()

    def end(self) -> None:
        """End a turn."""
        self._pace.ended(self._began, time.monotonic())
        self._writing.release()

    @asynccontextmanager
    async def between(self) -> AsyncIterator[None]:
        """Have nothing written meanwhile, however long that takes to begin with."""
        async with self._writing:
            yield

    def _pause(self) -> float:
        """Return for how many seconds a write has to let readers go first."""
        now = time.monotonic()
        if self._pace.due(now):
            self._pace.look(now, {pid: waited(pid) for pid in self._readers()})
        return self._pace.pause(now)
