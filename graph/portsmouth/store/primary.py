"""Where the data are that a store writes: the port between writing and keeping."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol


class Opened(NamedTuple):
    """A dataset that has been opened.

    :param path: what workers answer from: a file that is held in memory, or a directory.
    :param base: the id of the dataset before any write.
    :param lineage: a name that no other dataset has, from which ids of later snapshots are made.
    :param number: the writes so far.
    """

    path: Path
    base: str
    lineage: str
    number: int

    def snapshot(self, number: int) -> str:
        """Return the id of the snapshot after so many writes.

        >>> Opened(Path("x"), "abc", "d41d8c", 0).snapshot(2)
        'd41d8c-2'
        """
        return f"{self.lineage}-{number}" if number else self.base


class Primary(Protocol):
    """The dataset as it is kept. One process writes it, one write after another."""

    def open(self) -> Opened:
        """Open the dataset, with every write that was ever acknowledged.

        :raises StoreError: it cannot be opened.
        """

    def commit(self, number: int, data: bytes) -> Path:
        """Keep a write; once this returns it outlives the process, where the dataset does.

        :param number: the write's number.
        :param data: its change as bytes.
        :return: the snapshot that holds it.
        :raises StoreError: it could not be kept, and nothing is changed.
        """

    def release(self, path: Path) -> None:
        """Remove a snapshot from which nobody answers any more."""

    def sandbox(self) -> Path | None:
        """Return where a worker may copy a snapshot to try a write on it; ``None`` if it needs no copy."""

    def close(self) -> None:
        """Release files and locks."""
