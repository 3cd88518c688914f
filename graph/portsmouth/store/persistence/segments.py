"""The journal in segments: files named by the last write that they do not have.

Writes are appended to the last segment. To fold the journal into a new base is to begin another
segment, to make the base, and then to drop the segments before: whoever reads the base and after it
every segment has every write, at any moment of that. Segments may have writes that the base has
already; carrying those out again in order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from portsmouth.store.persistence.journal import Journal, Record, read, sync_folder


class Segments:
    """A journal that is being written.

    :param folder: the segments' folder; made where it is missing.
    :param durable: whether a write is on the disk once it has been appended.
    :param number: the writes that the base has.
    :raises OSError: it cannot be written.
    """

    def __init__(self, folder: Path, *, durable: bool, number: int) -> None:
        self._folder = folder
        self._durable = durable
        folder.mkdir(parents=True, exist_ok=True)
        earlier = numbers(folder)
        self._earlier_bytes = sum((folder / str(n)).stat().st_size for n in earlier[:-1])
        self._last = Journal(folder / str(earlier[-1] if earlier else number), durable=durable)
        if durable:
            sync_folder(folder.parent)

    @property
    def size(self) -> int:
        """How many bytes the segments have together."""
        return self._earlier_bytes + self._last.size

    def append(self, number: int, data: bytes) -> None:
        """Add a write; see :meth:`portsmouth.store.persistence.journal.Journal.append`."""
        self._last.append(number, data)

    def begin(self, number: int) -> None:
        """Begin another segment.

        :param number: the last write so far.
        """
        if number in numbers(self._folder):
            return
        following = Journal(self._folder / str(number), durable=self._durable)
        self._earlier_bytes = self.size
        self._last.close()
        self._last = following

    def drop(self, number: int) -> None:
        """Drop the segments before one, once a base has what they have.

        :param number: the segment's number.
        """
        # From the oldest on, so that what an interruption leaves has every write after the first that it has.
        for earlier in numbers(self._folder):
            if earlier < number:
                (self._folder / str(earlier)).unlink()
        self._earlier_bytes = 0

    def close(self) -> None:
        """Close the files."""
        self._last.close()


class Follower:
    """Reads a journal as it grows.

    :param folder: the segments' folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segment, self._offset = -1, 0

    def fresh(self, last: int | None = None) -> Iterator[Record]:
        """Yield the writes that have come since it was last asked, in order.

        :param last: the number of the last write that is wanted; the one after it may not be durable yet.
        """
        while True:
            # Looked up before this one is read: a segment that another follows is whole, any other may grow
            # and be followed between the reading of its end and the looking.
            following = next((n for n in numbers(self._folder) if n > self._segment), None)
            for record in read(self._folder / str(self._segment), self._offset):
                if last is not None and record.number > last:
                    return
                self._offset = record.end
                yield record
            if following is None:
                return
            self._segment, self._offset = following, 0


def last_number(folder: Path, number: int) -> int:
    """Return the number of the last write.

    :param folder: the segments' folder, which may be missing.
    :param number: the writes that the base has.
    """
    for record in Follower(folder).fresh():
        number = max(number, record.number)
    return number


def numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments in a folder, in order.

    :param folder: the segments' folder, which may be missing.
    """
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(int(entry.name) for entry in found if entry.name.isdigit())
