"""The writes that workers can still go along with, and what has to be told a worker for that.

A small write is told to the workers that there are; after a great one, or many, it is
quicker to fork others. To be woken for a small write takes several times what the write
does, so workers that wait are told of several together.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from portsmouth.store.processes import frames
from portsmouth.store.processes.nursery import Worker

#: Writes that a worker may have missed and still go along with.
_RECENT: Final = 64
#: Bytes of a write that a worker goes along with.
_SMALL: Final = 32 << 10
#: Bytes of writes with which a worker goes along before another takes its place.
_ALTOGETHER: Final = 4 << 20
#: Writes, and bytes of them, of which workers that wait are told together.
_TOGETHER, _BYTES_TOGETHER = 16, 32 << 10


def is_small(data: bytes) -> bool:
    """Return whether workers go along with a write.

    :param data: the write's change as bytes.
    """
    return len(data) <= _SMALL


class Following:
    """The last writes to one store."""

    def __init__(self) -> None:
        # For the id of a snapshot the next one's, and the write that led there.
        self._recent: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        # Writes, and bytes of them, of which workers that wait have not been told.
        self._untold = self._untold_bytes = 0

    def note(self, before: str, after: str, data: bytes) -> None:
        """Note a write.

        :param before: the id of the snapshot that it changed.
        :param after: the id of the snapshot that it made.
        :param data: its change as bytes.
        """
        self._untold += 1
        self._untold_bytes += len(data)
        if not is_small(data):
            # Nobody goes along with it, or with anything before it.
            self._recent.clear()
            return
        self._recent[before] = (after, data)
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    @property
    def due(self) -> bool:
        """Whether workers that wait should be told of the writes since :meth:`told`."""
        return self._untold >= _TOGETHER or self._untold_bytes >= _BYTES_TOGETHER

    def told(self) -> None:
        """Note that workers that wait have been told of all writes."""
        self._untold = self._untold_bytes = 0

    def to_catch_up(self, worker: Worker) -> bytes | None:
        """Return what has to be told a worker so that it answers from what is there now.

        :return: ``None`` where it cannot go along with what has been written. What is returned is to be told.
        """
        told = []
        while not worker.is_current:
            after, data = self._recent.get(worker.snapshot, ("", b""))
            worker.followed += len(data)
            if not after or worker.followed > _ALTOGETHER:
                return None
            told.append(frames.pack(frames.FOLLOW, data))
            worker.snapshot = after
        # A former base is not kept for one that only waits.
        return b"".join(told) if worker.base == worker.nursery.base else None

    def can_follow(self, worker: Worker) -> bool:
        """Return whether a worker that has not been told of the last writes can still be told."""
        return worker.is_current or worker.snapshot in self._recent
