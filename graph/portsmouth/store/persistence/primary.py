"""Where the data are that a store writes: the port between writing and keeping.

A dataset is kept as a base and a journal of the writes since. The base is what workers start from,
and is made anew now and then, so that the journal does not grow without end.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol


class Opened(NamedTuple):
    """A dataset that has been opened.

    :param path: its base: a file that is held in memory, or a directory.
    :param journals: the folder of the journal's segments.
    :param base: the id of the dataset before any write.
    :param lineage: a name that no other dataset has, from which ids of later snapshots are made.
    :param number: the writes so far.
    """

    path: Path
    journals: Path
    base: str
    lineage: str
    number: int

    def snapshot(self, number: int) -> str:
        """Return the id of the snapshot after so many writes.

        >>> Opened(Path("x"), Path("y"), "abc", "d41d8c", 0).snapshot(2)
        'd41d8c-2'
        """
        return f"{self.lineage}-{number}" if number else self.base


class Primary(Protocol):
    """The dataset as it is kept. One process writes it, one write after another.

    A new base is made by :meth:`begin_base` between two writes, by a worker that writes the file which that
    names, if it names one, by :meth:`finish_base`, and by :meth:`settle` once nobody reads what was before.
    """

    def open(self) -> Opened:
        """Open the dataset, with every write that was ever acknowledged.

        :raises StoreError: it cannot be opened.
        """

    def commit(self, number: int, data: bytes) -> None:
        """Keep a write; once this returns it outlives the process, where the dataset does.

        :param number: the write's number.
        :param data: its change as bytes.
        :raises StoreError: it could not be kept, and nothing is changed.
        """

    @property
    def wants_base(self) -> bool:
        """Whether the journal has grown so much that a new base should be made."""

    @property
    def wants_base_at_rest(self) -> bool:
        """Whether a new base should be made when nothing more is written, to be opened quickly again."""

    def look(self) -> bool:
        """Look at what is kept, and say whether it is at rest: not otherwise than at the last look.

        Where it is, and has changed since the base was made, a new base is wanted.
        """

    @property
    def makes_bases_at_once(self) -> bool:
        """Whether a base takes a moment, and no worker to write it."""

    def begin_base(self, number: int) -> Path | None:
        """Begin a new base.

        :param number: the writes so far.
        :return: the file into which a worker is to write the dataset as it is now or later, if any.
        :raises OSError: there is no room.
        """

    def finish_base(self, number: int) -> Path:
        """Put the new base where it belongs, and return it.

        :param number: as for :meth:`begin_base`.
        :raises OSError: there is no room.
        """

    def settle(self, number: int) -> None:
        """Drop of the journal what the new base has.

        :param number: as for :meth:`begin_base`.
        """

    def postpone(self) -> None:
        """Want no new base before the journal is twice as long, since one could not be made."""

    def release(self, path: Path) -> None:
        """Remove a base from which nobody answers any more."""

    def close(self) -> None:
        """Release files and locks; a dataset that outlives the process is made quick to open."""
