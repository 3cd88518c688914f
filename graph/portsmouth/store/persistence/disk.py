"""Keeping a dataset on disk: a primary store, a journal, and checkpoints that workers read.

``DIR/primary`` is the Oxigraph store that holds the data, of which there are checkpoints
(:mod:`portsmouth.store.persistence.checkpoints`). ``DIR/snapshot`` is the id of what
was loaded, ``DIR/origin`` the file that it came from, if it came from one.

A write is in ``DIR/journals`` before anything else knows of it, and what the journal
has beyond the last checkpoint is done again when the store is opened. A checkpoint
takes ten times as long as a small write, so there is one only when the journal has
grown, which a great write does at once; workers carry out what it has on a copy of the
checkpoint of their own. The engine merges the tables of what has been loaded once it is
opened to be written: after that there is a checkpoint, too, so that not every copy is
merged for itself.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

from portsmouth.errors import StoreError
from portsmouth.store.persistence import bases, checkpoints, directories
from portsmouth.store.persistence.contents import loaded_snapshot
from portsmouth.store.persistence.filling import keep
from portsmouth.store.persistence.journal import sync_folder
from portsmouth.store.persistence.primary import Opened
from portsmouth.store.persistence.replacing import origin
from portsmouth.store.persistence.segments import Follower, Segments
from portsmouth.store.persistence.state import State, read_state, write_state
from portsmouth.store.persistence.trouble import unusable
from portsmouth.store.updates.changes import Change

#: There is a new checkpoint when the journal has grown beyond this.
JOURNAL_BYTES: Final = 2 << 20
#: There is one, too, when the engine has put others in the place of this part of the tables.
_REWRITTEN: Final = 1 / 8


class DiskPrimary:
    """A dataset on disk whose writes outlive the process.

    :param directory: the store's directory.
    :param data: the dataset as N-Quads, for a directory that has not been written.
    :param snapshot: the id of these data.
    :param merged: whether the default graph is derived.
    """

    def __init__(self, directory: Path, data: bytes, snapshot: str, *, merged: bool) -> None:
        self._directory = directory
        self._data = data
        self._base = snapshot
        self._merged = merged
        self._lock: IO[bytes] | None = None
        self._store: ox.Store | None = None
        self._journal: Segments | None = None
        self._bound = JOURNAL_BYTES
        self._number = 0
        self._state: State | None = None
        #: The tables, each with its bytes, that the last checkpoint has, and those seen last.
        self._of_checkpoint: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._rewritten = False
        # Whether every write in the journal has been carried out; a checkpoint of half a one, which the
        # journal would then be rid of, would have it stay so.
        self._whole = True

    def open(self) -> Opened:
        """Open the dataset and do again what the journal has; see :meth:`.primary.Primary.open`."""
        keep(self._directory, self._data, self._base)
        # It can be large, and is on the disk now.
        self._data = b""
        try:
            self._lock = directories.locked(self._directory)
            self._store = ox.Store(str(self._directory / "primary"))
            return self._recover(self._store)
        except (OSError, ValueError) as error:
            self._let_go()
            otherwise = (
                f"found that the store in {self._directory} cannot be opened ({error}); expected a whole one"
            )
            raise unusable(self._directory, error, otherwise) from error
        except BaseException:
            self._let_go()
            raise

    def commit(self, number: int, data: bytes) -> None:
        """Journal a write, and apply it; see :meth:`.primary.Primary.commit`."""
        if self._store is None or self._journal is None:
            raise StoreError("found the store closed; expected it to be open")
        self._journal.append(number, data)
        # Nobody reads this store, and what is interrupted is done again from the journal.
        self._whole = False
        Change.from_bytes(data).apply(self._store, in_tables=True)
        self._whole = True
        self._number = number

    @property
    def wants_base(self) -> bool:
        """Whether the journal has grown, or tables are others; see :attr:`.primary.Primary.wants_base`."""
        if self._journal is None or not self._whole:
            return False
        return self._rewritten or self._journal.size > self._bound

    def look(self) -> bool:
        """Look whether the engine is still merging tables; see :meth:`.primary.Primary.look`."""
        tables = checkpoints.tables(self._directory / "primary")
        if tables != self._seen:
            self._seen = tables
            return False
        gone = sum(size for name, size in self._of_checkpoint.items() if name not in tables)
        self._rewritten = gone > _REWRITTEN * sum(self._of_checkpoint.values())
        return True

    @property
    def wants_base_at_rest(self) -> bool:
        """Return ``False``: closing makes a checkpoint; see :attr:`.primary.Primary.wants_base_at_rest`."""
        return False

    @property
    def makes_bases_at_once(self) -> bool:
        """Return ``True``: the engine links its files; see :attr:`.primary.Primary.makes_bases_at_once`."""
        return True

    def begin_base(self, number: int) -> None:
        """Make a checkpoint, which takes a moment; see :meth:`.primary.Primary.begin_base`."""
        assert self._store is not None and self._journal  # noqa: PT018, S101  # it is open
        if not self._whole:
            raise StoreError("found a write that could not be carried out; expected to carry it out first")
        self._of_checkpoint = checkpoints.tables(checkpoints.make(self._store, self._directory, number))
        self._journal.begin(number)
        self._rewritten = False

    def finish_base(self, number: int) -> Path:
        """Return the checkpoint; see :meth:`.primary.Primary.finish_base`."""
        return checkpoints.after(self._directory, number)

    def settle(self, number: int) -> None:
        """Drop what the primary store holds for certain; see :meth:`.primary.Primary.settle`."""
        assert self._state and self._journal  # noqa: PT018, S101  # it is open
        self._state = replace(self._state, number=number)
        write_state(self._directory, self._state)
        self._journal.drop(number)
        self._bound = JOURNAL_BYTES

    def postpone(self) -> None:
        """Want no checkpoint for long; see :meth:`portsmouth.store.persistence.primary.Primary.postpone`."""
        self._bound *= 2
        self._rewritten = False

    def release(self, path: Path) -> None:
        """Remove a checkpoint from which nobody answers any more."""
        shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Make the last checkpoint and let others have the directory."""
        try:
            if self._store is not None and self._journal and self._journal.size and self._whole:
                self.begin_base(self._number)
                self.settle(self._number)
                checkpoints.remove_all_but(self._directory, self.finish_base(self._number))
        except OSError:
            # It has to be done at the next start then.
            pass
        finally:
            shutil.rmtree(self._directory / "workers", ignore_errors=True)
            self._let_go()

    def give_to_memory(self) -> None:
        """Keep the dataset from now on for being held in memory, and close.

        :raises OSError: there is no room; the dataset stays as it is.
        """
        assert self._store is not None and self._state  # noqa: PT018, S101  # it is open
        try:
            folder = self._directory / "bases"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            bases.save(self._store, folder / f"{self._number}.nq")
            sync_folder(folder)
            # From here on it is the new form that counts.
            write_state(self._directory, replace(self._state, form="memory"))
            # Whoever takes the directory next must not find half of it.
            self._store = None
            directories.remove(self._directory, directories.ON_DISK_ONLY)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self._store = None
        if self._lock:
            self._lock.close()
            self._lock = None

    def _recover(self, store: ox.Store) -> Opened:
        self._state = state = read_state(self._directory) or self._new_state()
        state.refuse_other_mode(self._directory, merged=self._merged)
        write_state(self._directory, state)
        journals = self._directory / "journals"
        self._number = state.number
        for record in Follower(journals).fresh():
            if record.number > self._number:
                record.change.apply(store, in_tables=True)
                self._number = record.number
        self._journal = Segments(journals, durable=True, number=self._number)
        # What workers left, and a change of form that was interrupted.
        directories.remove(self._directory, ("workers", *directories.IN_MEMORY_ONLY))
        directories.remove_readers_that_died(self._directory)
        path = checkpoints.loaded(self._directory)
        if self._number:
            path = self.finish_base(self._number)
            self.begin_base(self._number)
            self.settle(self._number)
        elif self.finish_base(0).exists():
            path = self.finish_base(0)
        checkpoints.remove_all_but(self._directory, path)
        self._of_checkpoint = self._seen = checkpoints.tables(path)
        return Opened(path, journals, state.base, state.lineage, self._number)

    def _new_state(self) -> State:
        """Return the state of a dataset that nobody has opened to write it."""
        loaded = origin(self._directory)
        return State(
            "disk",
            uuid.uuid4().hex[:16],
            loaded_snapshot(self._directory),
            number=0,
            merged=loaded.merged if loaded else self._merged,
        )
