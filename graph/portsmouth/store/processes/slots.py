"""What a store and a worker with lent connections know of each other at any moment, in shared memory.

The worker notes which connection it is serving and since when it evaluates; the
store may call the connections home, and says how many writes there have been.
Whoever touches a connection, or takes it from the other, holds the lock: the
worker always but while it evaluates or waits, the store while it calls home.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from bisect import bisect_left
from contextlib import suppress
from pathlib import Path
from typing import Final

from portsmouth.store.processes.tally import BOUNDS, Counted

_CONNECTION, _CALLED_HOME, _WRITES, _ANSWERED, _FOUND, _DURATIONS = 0, 1, 2, 3, 4, 5
_CPU, _CLOCK, _SECONDS = (_DURATIONS + len(BOUNDS) + 1 + place for place in range(3))
_NUMBERS: Final = 8 * (_SECONDS + 1)
#: Bytes of the longest name of a request.
_LONGEST_NAME: Final = 127
_REQUEST: Final = _NUMBERS + 1 + _LONGEST_NAME
#: Bytes of the longest request that is kept while it is answered.
LONGEST_REQUEST: Final = 12 << 10
_LENGTH_OF_LENGTH: Final = 2
_SIZE: Final = _REQUEST + _LENGTH_OF_LENGTH + LONGEST_REQUEST


class Slot:
    """The shared memory of one worker, and its lock.

    :param path: a file, which both open for themselves: a lock belongs to whoever opened it.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> ours, theirs = (Slot(Path(folder.name, "slot")) for _ in range(2))
    >>> theirs.lock()
    >>> ours.try_lock()
    False
    >>> theirs.begin(7, b"mine")
    >>> ours.try_lock(), ours.connection, ours.evaluating, ours.called
    (True, 7, True, b'mine')
    >>> ours.close(), theirs.close(), folder.cleanup()
    (None, None, None)
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Had its place no room, whoever wrote to it later would be ended by the system.
            os.posix_fallocate(self._file, 0, _SIZE)
            self._memory = mmap.mmap(self._file, _SIZE)
        except OSError:
            os.close(self._file)
            raise
        self._view = memoryview(self._memory)
        self._whole = self._view[:_NUMBERS].cast("q")
        self._real = self._view[:_NUMBERS].cast("d")

    @property
    def path(self) -> Path:
        """The file, as long as it is not forgotten."""
        return self._path

    def forget(self) -> None:
        """Remove the file, which nobody needs any more once both have opened it."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def close(self) -> None:
        """Let go of the memory and the lock."""
        self.forget()
        if self._file >= 0:
            self._whole.release()
            self._real.release()
            self._view.release()
            self._memory.close()
            os.close(self._file)
            self._file = -1

    def lock(self) -> None:
        """Wait for the lock."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def try_lock(self) -> bool:
        """Take the lock if nobody holds it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self) -> None:
        """Let the other side have the lock."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    @property
    def connection(self) -> int:
        """The connection that is being served; 0 for none."""
        return self._whole[_CONNECTION]

    @connection.setter
    def connection(self, number: int) -> None:
        self._whole[_CONNECTION] = number

    def begin(self, connection: int, called: bytes = b"", request: bytes = b"") -> None:
        """Note that an evaluation begins, and let go of the lock.

        :param connection: the connection that asked.
        :param called: what its client calls the request.
        :param request: the request, where it may be of use if this process dies of it; no longer than
            :data:`LONGEST_REQUEST`.
        """
        start = _REQUEST + _LENGTH_OF_LENGTH
        self._view[_REQUEST:start] = len(request).to_bytes(_LENGTH_OF_LENGTH)
        if request:
            self._view[start : start + len(request)] = request
        self._whole[_CONNECTION] = connection
        length = self._view[_NUMBERS] = min(len(called), _LONGEST_NAME)
        if length:
            self._view[_NUMBERS + 1 : _NUMBERS + 1 + length] = called[:length]
        self._real[_CLOCK] = time.monotonic()
        self._real[_CPU] = time.process_time()
        self.unlock()

    def end(self) -> None:
        """Wait for the lock, and note that the evaluation has ended."""
        self.lock()
        self._real[_CLOCK] = 0.0

    @property
    def evaluating(self) -> bool:
        """Whether something is being evaluated."""
        return self._real[_CLOCK] > 0

    @property
    def since(self) -> tuple[float, float]:
        """When the evaluation began: by the system's clock, and in processor seconds of the worker."""
        return self._real[_CLOCK], self._real[_CPU]

    @property
    def called(self) -> bytes:
        """What its client calls the request that is being evaluated; empty for nothing."""
        return bytes(self._view[_NUMBERS + 1 : _NUMBERS + 1 + self._view[_NUMBERS]])

    @property
    def request(self) -> bytes:
        """The request that is being answered; empty where it is not kept."""
        start = _REQUEST + _LENGTH_OF_LENGTH
        return bytes(self._view[start : start + int.from_bytes(self._view[_REQUEST:start])])

    @property
    def called_home(self) -> bool:
        """Whether the store has taken all connections back but the one that asked what is evaluated."""
        return bool(self._whole[_CALLED_HOME])

    @called_home.setter
    def called_home(self, called: bool) -> None:
        self._whole[_CALLED_HOME] = called

    @property
    def writes(self) -> int:
        """How many writes the worker has been told of."""
        return self._whole[_WRITES]

    @writes.setter
    def writes(self, number: int) -> None:
        self._whole[_WRITES] = number

    def count(self, seconds: float, found: bool) -> None:
        """Count an answer.

        :param seconds: how long it took.
        :param found: whether it had been kept.
        """
        self._whole[_DURATIONS + bisect_left(BOUNDS, seconds)] += 1
        self._whole[_ANSWERED] += 1
        self._whole[_FOUND] += found
        self._real[_SECONDS] += seconds

    @property
    def counted(self) -> Counted:
        """What has been answered."""
        durations = tuple(self._whole[_DURATIONS : _DURATIONS + len(BOUNDS) + 1])
        return Counted(self._whole[_ANSWERED], self._whole[_FOUND], self._real[_SECONDS], durations)
