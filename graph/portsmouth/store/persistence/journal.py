"""The journal: what has been written, in order, on disk before it is acknowledged.

A record is a number, a length, a checksum and a change. A record that a crash
has cut off is the last one, was never acknowledged, and is dropped when the
journal is next opened.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from portsmouth.store.persistence.trouble import unusable
from portsmouth.store.updates.changes import Change

#: The record's number, the length of its change in bytes, and a CRC-32 of all three.
_HEAD: Final = struct.Struct("!QQI")


class Record(NamedTuple):
    """A write: its number, counted from 1, its change as bytes, and where it ends in the journal."""

    number: int
    data: bytes
    end: int

    @property
    def change(self) -> Change:
        """What was changed."""
        return Change.from_bytes(self.data)


def read(path: Path, offset: int = 0) -> Iterator[Record]:
    """Yield the whole records of a journal, as far as they reach; none where there is no journal.

    :param path: the journal.
    :param offset: where to begin: the end of a record.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(offset)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            number, length, checksum = _HEAD.unpack(head)
            # A length that is noise must not be taken for an amount of memory.
            if length > os.fstat(file.fileno()).st_size - file.tell():
                return
            data = file.read(length)
            if _checksum(number, data) != checksum:
                return
            yield Record(number, data, file.tell())


class Journal:
    """A journal that is being written.

    :param path: its file; made where it is missing. What follows the last whole record is cut off.
    :param durable: whether a record is on the disk, and not only with the system, once it has been appended.
    :raises OSError: it cannot be written.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._durable = durable
        end = 0
        for record in read(path):
            end = record.end
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._file.truncate(end)
        if durable:
            os.fsync(self._file.fileno())
            sync_folder(path.parent)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return os.fstat(self._file.fileno()).st_size

    def append(self, number: int, data: bytes) -> None:
        """Add a record; it is there wholly or, where this fails, not at all.

        :param number: the record's number.
        :param data: the change as bytes.
        :raises StoreError: the disk does not take it.
        """
        before = self.size
        record = memoryview(_HEAD.pack(number, len(data), _checksum(number, data)) + data)
        try:
            while record:
                record = record[self._file.write(record) :]
            if self._durable:
                os.fdatasync(self._file.fileno())
        except OSError as error:
            self._file.truncate(before)
            otherwise = f"found that the journal cannot be written ({error}); expected room on the disk"
            raise unusable(Path(self._file.name).parent, error, otherwise) from error

    def clear(self) -> None:
        """Drop every record, once all that they say is kept elsewhere."""
        self._file.truncate(0)
        if self._durable:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk.

    :param folder: a folder in which files were made, renamed or removed.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checksum(number: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(struct.pack("!QQ", number, len(data))))
