"""Holding a dataset in memory that can be written: a base to load, and a journal of what came after.

``bases/N.nq`` has what write ``N`` left, or a later one; ``journals`` has the writes after ``N``. In a
directory of its own the dataset outlives the process: a write is in the journal, and on the disk,
before it is acknowledged. Otherwise both live in a temporary folder and end with the store; they are
there for the fork server, which follows the journal, and reads it again should it be started anew.

The base is written anew by a worker, which holds a snapshot anyway, while queries and writes go on.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from typing import IO, Final

from portsmouth.errors import StoreError
from portsmouth.passing import make_folder, remove_folder
from portsmouth.store.persistence import bases, directories
from portsmouth.store.persistence.contents import is_written
from portsmouth.store.persistence.journal import sync_folder
from portsmouth.store.persistence.primary import Opened
from portsmouth.store.persistence.segments import Segments, last_number
from portsmouth.store.persistence.state import State, read_state, write_state
from portsmouth.store.persistence.trouble import unusable

#: The journal may have as many bytes as the base, or these.
JOURNAL_BYTES: Final = 4 << 20
#: At a clean end, a journal of this part of those bytes is reason enough for a new base.
_AT_REST: Final = 16


class MemoryPrimary:
    """A dataset that is held in memory.

    :param data: the dataset as N-Quads, for a directory that has not been written.
    :param snapshot: the id of these data.
    :param directory: where it is kept; without one its writes end with the store.
    :param merged: whether the default graph is derived.
    """

    def __init__(
        self, data: bytes, snapshot: str, directory: Path | None = None, *, merged: bool = True
    ) -> None:
        self._data = data
        self._snapshot = snapshot
        self._directory = directory
        self._merged = merged
        self._lock: IO[bytes] | None = None
        self._journal: Segments | None = None
        self._bound = 0

    def open(self) -> Opened:
        """Make or open base and journal; see :meth:`portsmouth.store.persistence.primary.Primary.open`."""
        try:
            if self._directory is None:
                self._folder = make_folder()
                state = self._new_state("m")
                _begin(self._folder, self._data)
            else:
                self._folder = self._directory
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock = directories.locked(self._folder)
                state = self._recovered()
            # It can be large, and is in the file now.
            self._data = b""
            return self._opened(state)
        except (OSError, ValueError) as error:
            self.close()
            where = self._directory or Path(tempfile.gettempdir())
            otherwise = f"found that the store in {where} cannot be opened ({error}); expected a whole one"
            raise unusable(where, error, otherwise) from error
        except BaseException:
            self.close()
            raise

    def commit(self, number: int, data: bytes) -> None:
        """Add a write to the journal; see :meth:`portsmouth.store.persistence.primary.Primary.commit`."""
        if self._journal is None:
            raise StoreError("found the store closed; expected it to be open")
        self._journal.append(number, data)

    @property
    def wants_base(self) -> bool:
        """Whether the journal is longer than the base; see :attr:`.primary.Primary.wants_base`."""
        return self._journal is not None and self._journal.size > self._bound

    @property
    def wants_base_at_rest(self) -> bool:
        """Whether the journal takes long to carry out; see :attr:`.primary.Primary.wants_base_at_rest`."""
        if self._journal is None or self._directory is None:
            return False
        return self._journal.size > self._bound // _AT_REST

    def look(self) -> bool:
        """Return ``True``: it is at rest; see :meth:`portsmouth.store.persistence.primary.Primary.look`."""
        return True

    @property
    def makes_bases_at_once(self) -> bool:
        """Return ``False``: a worker writes it; see :attr:`.primary.Primary.makes_bases_at_once`."""
        return False

    def begin_base(self, number: int) -> Path:
        """Begin a segment, and name the file for the dataset; see :meth:`.primary.Primary.begin_base`."""
        assert self._journal  # noqa: S101  # it is open
        self._journal.begin(number)
        return self._folder / "bases" / "incoming"

    def finish_base(self, number: int) -> Path:
        """Give the file that a worker has written its name; see :meth:`.primary.Primary.finish_base`."""
        path = (self._folder / "bases" / "incoming").replace(self._folder / "bases" / f"{number}.nq")
        if self._directory:
            sync_folder(path.parent)
        return path

    def settle(self, number: int) -> None:
        """Drop the segments before; see :meth:`portsmouth.store.persistence.primary.Primary.settle`."""
        assert self._journal  # noqa: S101  # it is open
        self._journal.drop(number)
        self._set_bound(self._folder / "bases" / f"{number}.nq")

    def postpone(self) -> None:
        """Want no new base for long; see :meth:`portsmouth.store.persistence.primary.Primary.postpone`."""
        self._bound *= 2

    def release(self, path: Path) -> None:
        """Remove a former base."""
        path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder, if it is a temporary one."""
        if self._journal:
            self._journal.close()
            self._journal = None
            if self._directory is None:
                remove_folder(self._folder)
        if self._lock:
            self._lock.close()
            self._lock = None

    def _new_state(self, initial: str) -> State:
        lineage = f"{initial}{uuid.uuid4().hex[:16]}"
        return State("memory", lineage, self._snapshot, number=0, merged=self._merged)

    def _recovered(self) -> State:
        """Return the state of the directory, which has been made ready to be opened."""
        state = read_state(self._folder)
        # What was kept in the other form and has been written is in this form by now.
        if (
            state is None
            or state.form != "memory"
            or (state.base != self._snapshot and not is_written(self._folder))
        ):
            directories.refuse_foreign(self._folder)
            state = self._new_state("")
            # Until the state is there, what is here is an unfinished beginning.
            directories.forget(self._folder)
            _begin(self._folder, self._data)
            write_state(self._folder, state)
        state.refuse_other_mode(self._folder, merged=self._merged)
        # A change of form that was interrupted may have left it.
        directories.remove(self._folder, directories.ON_DISK_ONLY)
        directories.remove_readers_that_died(self._folder)
        return state

    def _opened(self, state: State) -> Opened:
        path = bases.newest(self._folder)
        for entry in path.parent.iterdir():
            if entry != path:
                entry.unlink()
        journals = self._folder / "journals"
        number = last_number(journals, int(path.stem))
        self._journal = Segments(journals, durable=self._directory is not None, number=number)
        self._set_bound(path)
        return Opened(path, journals, state.base, state.lineage, number)

    def _set_bound(self, base: Path) -> None:
        self._bound = max(JOURNAL_BYTES, base.stat().st_size)


def _begin(folder: Path, data: bytes) -> None:
    (folder / "bases").mkdir()
    with (folder / "bases" / "0.nq").open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder / "bases")
