"""Where an answer waits that its worker has written and its client has not yet read.

The little that a quick client leaves lies in memory, what a slow one leaves in a
temporary file without a name, which the system removes with the process. All
answers of a store share one :class:`Room`; where it is full, workers wait, as
they would without it.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

#: Bytes of one answer that wait in memory before the rest goes to a file.
MEMORY: Final = 1 << 20
#: Bytes that are read back from a file at once.
_PIECE: Final = 256 << 10
#: The part of the room that one answer may take.
_SHARE: Final = 4


@dataclass(slots=True)
class Room:
    """How much may wait in all.

    :param size: bytes.
    """

    size: int
    taken: int = 0


class Spool:
    """Bytes in the order in which they came.

    :param room: what all answers share.

    >>> spool = Spool(Room(1000))
    >>> spool.put(b"ab")
    >>> spool.take(), spool.take()
    (b'ab', b'')
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._memory: deque[bytes] = deque()
        self._held = 0
        self._file: IO[bytes] | None = None
        self._read = self._written = 0

    @property
    def full(self) -> bool:
        """Whether no more should be put in; one piece more is still taken."""
        return self._room.taken >= self._room.size or self.waiting >= self._room.size // _SHARE

    @property
    def low(self) -> bool:
        """Whether so much has been taken out that it is worth putting in again."""
        return self.waiting <= MEMORY // 2 or (
            self._room.taken < self._room.size and self.waiting <= self._room.size // _SHARE // 2
        )

    @property
    def in_memory(self) -> bool:
        """Whether taking out needs no file."""
        return self._file is None

    @property
    def waiting(self) -> int:
        """Bytes that have been put in and not been taken out."""
        return self._held + self._written - self._read

    def put(self, data: bytes) -> None:
        """Put bytes in.

        :raises OSError: the file cannot take them.
        """
        if self._file is None and self._held + len(data) > MEMORY:
            self._file = tempfile.TemporaryFile(prefix="portsmouth-", buffering=0)  # noqa: SIM115  # see close
        if self._file is None:
            self._memory.append(data)
            self._held += len(data)
            self._room.taken += len(data)
        else:
            self._append(self._file.fileno(), data)

    def take(self) -> bytes:
        """Take out what came first, nothing where nothing waits.

        :raises OSError: the file cannot be read.
        """
        if self._memory:
            data = self._memory.popleft()
            self._held -= len(data)
        elif self._file is not None:
            data = os.pread(self._file.fileno(), min(_PIECE, self._written - self._read), self._read)
            self._read += len(data)
            if self._read == self._written:
                self._drop_file()
        else:
            return b""
        self._room.taken -= len(data)
        return data

    def close(self) -> None:
        """Throw away what still waits."""
        self._room.taken -= self.waiting
        self._memory.clear()
        self._held = 0
        self._drop_file()

    def _append(self, descriptor: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            count = os.pwrite(descriptor, rest, self._written)
            # Counted at once: the next part may fail.
            self._written += count
            self._room.taken += count
            rest = rest[count:]

    def _drop_file(self) -> None:
        self._read = self._written = 0
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
