"""Keeping a dataset on disk: a primary store, a journal, and checkpoints that workers read.

``DIR/primary`` is the Oxigraph store that holds the data. Opening read-only a
directory that is being written gives torn reads, hence the checkpoints, which are
hard-linked copies of its files that nothing writes to: ``DIR/checkpoint`` is what
was loaded, ``DIR/checkpoints/N`` what there was after write ``N``. ``DIR/snapshot``
is the id of what was loaded, ``DIR/origin`` the file that it came from, if it came
from one.

A write is in ``DIR/journals`` before anything else knows of it, and what the journal
has beyond the last checkpoint is done again when the store is opened. A checkpoint
takes ten times as long as a small write, so there is one only when the journal has
grown, which a great write does at once; workers carry out what it has on a copy of the
checkpoint of their own. The engine merges the tables of what has been loaded once it is
opened to be written: after that there is a checkpoint, too, so that not every copy is
merged for itself.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import pyoxigraph as ox

from portsmouth.errors import StoreError
from portsmouth.store import bases, directories, memory
from portsmouth.store.bulk import Report, load_file
from portsmouth.store.changes import Change
from portsmouth.store.directories import locked, read_state, write_state
from portsmouth.store.journal import sync_folder
from portsmouth.store.primary import Opened
from portsmouth.store.replacing import Filled, Origin, finish, origin, replace
from portsmouth.store.segments import Follower, Segments, numbers

__all__ = [
    "Copy", "DiskPrimary", "estimated_mib", "into_memory", "is_written", "keep", "load", "origin",
    "out_of_memory", "private_copy", "reading_copy", "snapshot_id",
]  # fmt: skip

#: There is a new checkpoint when the journal has grown beyond this.
_JOURNAL_BYTES: Final = 2 << 20
#: Bytes of memory for a byte on disk, measured on the program's own kind of data; N-Quads and the engine's
#: files take much the same.
_IN_MEMORY: Final = 3.3
#: There is one, too, when the engine has put others in the place of this part of the tables.
_REWRITTEN: Final = 1 / 8
#: How often a reader looks for a checkpoint that stays long enough to be copied.
_ATTEMPTS: Final = 20


class Copy(NamedTuple):
    """A dataset as another process left it.

    :param path: its base.
    :param journals: the journal after that.
    :param snapshot: the snapshot's id.
    :param behind: whether the journal has anything that the base has not.
    """

    path: Path
    journals: Path
    snapshot: str
    behind: bool = False


def keep(directory: Path, data: bytes, snapshot: str) -> Path:
    """Make sure that a directory holds a dataset, and return the checkpoint to read it from.

    An interrupted call leaves what was there before, since the new data are made beside it. What has been
    written, or loaded from a file, is never given up for other data: then the checkpoint is that of the last
    write, or of what was loaded.

    :param directory: the store's directory; made where it is missing.
    :param data: the dataset as N-Quads.
    :param snapshot: the dataset's id.
    :raises StoreError: the directory is something else, or cannot be written.
    """
    checkpoint = directory / "checkpoint"
    try:
        finish(directory)
        if is_written(directory):
            return _base(directory)[0]
        if origin(directory) or (checkpoint.is_dir() and snapshot_id(directory) == snapshot):
            return checkpoint

        def fill(store: ox.Store) -> Filled:
            store.bulk_load(data, format=ox.RdfFormat.N_QUADS)
            return Filled(snapshot)

        replace(directory, fill)
    except SyntaxError as error:
        raise StoreError(f"found data that are not N-Quads ({error.msg}); expected N-Quads") from error
    except OSError as error:
        raise StoreError(
            f"found that {directory} cannot be used ({error}); expected a folder to keep the data in"
        ) from error
    return checkpoint


def is_written(directory: Path) -> bool:
    """Whether a directory holds a dataset that has been written.

    :param directory: the store's directory.
    :raises OSError: it cannot be read.
    """
    state = read_state(directory)
    if state is None:
        return False
    if state["form"] == "memory":
        return memory.is_written(directory)
    return bool(state["number"] or any(Follower(directory / "journals").fresh()))


def _base(directory: Path) -> tuple[Path, int]:
    """Return what a store is to be read from, before its journal, and the writes that it has."""
    state = read_state(directory)
    if state and state["form"] == "memory":
        path = memory.newest_base(directory)
        return path, int(path.stem)
    if found := _checkpoints(directory):
        path = max(found, key=lambda entry: int(entry.name))
        return path, int(path.name)
    return directory / "checkpoint", 0


def reading_copy(directory: Path) -> Copy | None:
    """Copy what has been written, or loaded from a file, for a process that only reads.

    Whoever writes the directory removes a checkpoint as soon as none of its own workers reads it; the copy,
    which shares the large files, stays until it is removed.

    :param directory: the store's directory.
    :return: ``None`` where neither has been.
    :raises OSError: the directory cannot be written, or holds no checkpoint.
    """
    target = directory / "readers" / f"{os.getpid()}-{uuid.uuid4().hex}"
    for attempt in range(_ATTEMPTS):
        finish(directory)
        if not is_written(directory) and not origin(directory):
            return None
        try:
            return _copied(directory, target)
        except FileNotFoundError:
            # Another base may have come meanwhile.
            shutil.rmtree(target, ignore_errors=True)
            if attempt + 1 == _ATTEMPTS:
                raise
    return None


def _copied(directory: Path, target: Path) -> Copy:
    state, loaded = read_state(directory), snapshot_id(directory)
    path, number = _base(directory)
    copy = Copy(target / path.name, target / "journals", "")
    copy.journals.mkdir(parents=True)
    if path.is_dir():
        which = path.stat().st_ino
        _copy(path, copy.path)
        if path.stat().st_ino != which or snapshot_id(directory) != loaded:
            # Other data have come in its place, and what was copied may be of both.
            raise FileNotFoundError
    else:
        os.link(path, copy.path)
    segments = numbers(directory / "journals")
    if segments and segments[0] > number:
        # What came between this base and the next has just been dropped.
        raise FileNotFoundError
    for segment in segments:
        shutil.copyfile(directory / "journals" / str(segment), copy.journals / str(segment))
    last = memory.last_number(copy.journals, number)
    snapshot = f"{state['lineage']}-{last}" if state and last else loaded
    return copy._replace(snapshot=snapshot, behind=last > number)


def private_copy(source: Path, target: Path, changes: Iterable[bytes] = ()) -> ox.Store:
    """Open a copy of a checkpoint that may be changed, its large files shared with the original.

    :param source: the checkpoint.
    :param target: where the copy goes.
    :param changes: what has been written since, as bytes.
    """
    _copy(source, target)
    store = ox.Store(str(target))
    for data in changes:
        Change.from_bytes(data).apply(store, in_tables=True)
    return store


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.suffix == ".sst":
            # The engine never writes to such a file again.
            os.link(entry, target / entry.name)
        elif entry.name != "LOCK":
            shutil.copyfile(entry, target / entry.name)


def load(directory: Path, path: Path, *, merged: bool, report: Report = lambda _: None) -> Origin:
    """Replace what a directory holds by the data of a file; those stay until the new ones are whole.

    :param directory: the store's directory; made where it is missing.
    :param path: N-Quads, packed by gzip or not.
    :param merged: whether the default graph is to hold every triple of the named graphs.
    :param report: is told how far the load has come.
    :return: what has been loaded.
    :raises DocumentError: the file is not N-Quads.
    :raises StoreError: the directory cannot be used, or another process writes it.
    """

    def fill(store: ox.Store) -> Filled:
        loaded = load_file(store, path, merged=merged, report=report)
        mode = "merged" if merged else "plain"
        return Filled(f"{loaded.digest}-{mode}", Origin(path.name, loaded.lines, merged))

    try:
        found = replace(directory, fill).origin
        directories.remove_readers_that_died(directory)
    except OSError as error:
        raise StoreError(
            f"found that {path} cannot be loaded into {directory} ({error}); expected room and a sound disk"
        ) from error
    assert found  # noqa: S101  # it was made above
    return found


def snapshot_id(directory: Path) -> str:
    """Return the id of what was loaded, nothing where nothing was.

    :param directory: the store's directory.
    """
    try:
        return (directory / "snapshot").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


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
        self._bound = _JOURNAL_BYTES
        self._number = 0
        self._state: dict[str, Any] = {}
        #: The tables, each with its bytes, that the last checkpoint has, and those seen last.
        self._of_checkpoint: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._rewritten = False

    def open(self) -> Opened:
        """Open the dataset and do again what the journal has; see :meth:`.primary.Primary.open`."""
        keep(self._directory, self._data, self._base)
        # It can be large, and is on the disk now.
        self._data = b""
        try:
            self._lock = locked(self._directory)
            self._store = ox.Store(str(self._directory / "primary"))
            return self._recover(self._store)
        except (OSError, ValueError, KeyError) as error:
            self._let_go()
            raise StoreError(
                f"found that the store in {self._directory} cannot be opened ({error}); "
                "expected one that is whole"
            ) from error
        except BaseException:
            self._let_go()
            raise

    def commit(self, number: int, data: bytes) -> None:
        """Journal a write, and apply it; see :meth:`.primary.Primary.commit`."""
        if self._store is None or self._journal is None:
            raise StoreError("found the store closed; expected it to be open")
        self._journal.append(number, data)
        # Nobody reads this store, and what is interrupted is done again from the journal.
        Change.from_bytes(data).apply(self._store, in_tables=True)
        self._number = number

    @property
    def wants_base(self) -> bool:
        """Whether the journal has grown, or tables are others; see :attr:`.primary.Primary.wants_base`."""
        return self._journal is not None and (self._rewritten or self._journal.size > self._bound)

    def look(self) -> bool:
        """Look whether the engine is still merging tables; see :meth:`.primary.Primary.look`."""
        tables = _tables(self._directory / "primary")
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
        assert self._journal  # noqa: S101  # it is open
        self._checkpoint(number)
        self._journal.begin(number)
        self._rewritten = False

    def finish_base(self, number: int) -> Path:
        """Return the checkpoint; see :meth:`.primary.Primary.finish_base`."""
        return self._directory / "checkpoints" / str(number)

    def settle(self, number: int) -> None:
        """Drop what the primary store holds for certain; see :meth:`.primary.Primary.settle`."""
        assert self._journal  # noqa: S101  # it is open
        self._state = {**self._state, "number": number}
        write_state(self._directory, self._state)
        self._journal.drop(number)
        self._bound = _JOURNAL_BYTES

    def postpone(self) -> None:
        """Want no checkpoint for long; see :meth:`portsmouth.store.primary.Primary.postpone`."""
        self._bound *= 2

    def release(self, path: Path) -> None:
        """Remove a checkpoint from which nobody answers any more."""
        shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Make the last checkpoint and let others have the directory."""
        try:
            if self._store is not None and self._journal is not None and self._journal.size:
                self.begin_base(self._number)
                self.settle(self._number)
                self._remove_checkpoints_but(self.finish_base(self._number))
        except OSError:
            # It has to be done at the next start then.
            pass
        finally:
            shutil.rmtree(self._directory / "workers", ignore_errors=True)
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
        self._state = read_state(self._directory) or {
            "form": "disk",
            "lineage": uuid.uuid4().hex[:16],
            "base": snapshot_id(self._directory),
            "number": 0,
            "merged": loaded.merged if (loaded := origin(self._directory)) else self._merged,
        }
        directories.refuse_other_mode(self._directory, self._state, merged=self._merged)
        write_state(self._directory, self._state)
        journals = self._directory / "journals"
        self._number = self._state["number"]
        for record in Follower(journals).fresh():
            if record.number > self._number:
                record.change.apply(store, in_tables=True)
                self._number = record.number
        self._journal = Segments(journals, durable=True, number=self._number)
        shutil.rmtree(self._directory / "workers", ignore_errors=True)
        directories.remove_readers_that_died(self._directory)
        path = self._directory / "checkpoint"
        if self._number:
            path = self.finish_base(self._number)
            self.begin_base(self._number)
            self.settle(self._number)
        elif self.finish_base(0).exists():
            path = self.finish_base(0)
        self._remove_checkpoints_but(path)
        self._of_checkpoint = self._seen = _tables(path)
        return Opened(path, journals, self._state["base"], self._state["lineage"], self._number)

    def _checkpoint(self, number: int) -> None:
        assert self._store is not None  # noqa: S101  # it is open
        folder = self._directory / "checkpoints"
        folder.mkdir(exist_ok=True)
        if not (folder / str(number)).exists():
            # The copy is of files; what the engine still holds in memory has to be in them.
            self._store.flush()
            self._store.backup(str(folder / str(number)))
            sync_folder(folder)
        self._of_checkpoint = _tables(folder / str(number))

    def _remove_checkpoints_but(self, path: Path) -> None:
        for entry in _checkpoints(self._directory):
            if entry != path:
                shutil.rmtree(entry, ignore_errors=True)


def _tables(folder: Path) -> dict[str, int]:
    """Return the names and sizes of the engine's tables in a folder."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".sst"):
                # It can have been removed meanwhile.
                with suppress(FileNotFoundError):
                    found[entry.name] = entry.stat().st_size
    return found


def _checkpoints(directory: Path) -> list[Path]:
    folder = directory / "checkpoints"
    return [entry for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []


def estimated_mib(directory: Path, data: bytes) -> int:
    """Estimate what the dataset of a directory takes in memory.

    :param directory: the store's directory.
    :param data: the dataset that it would be given, as N-Quads, if it has not been written.
    :return: MiB.
    :raises StoreError: the directory cannot be read.

    >>> estimated_mib(Path("missing"), bytes(1 << 20))
    3
    """
    try:
        if is_written(directory):
            folders = [directory / name for name in ("primary", "bases", "journals")]
            kept = sum(entry.stat().st_size for folder in folders for entry in folder.glob("*"))
        else:
            kept = len(data)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"found that the store in {directory} cannot be read ({error}); expected one that is whole"
        ) from error
    return round(kept * _IN_MEMORY) >> 20


def into_memory(directory: Path, *, merged: bool) -> None:
    """Keep a dataset from now on for being held in memory, if it has been written and is kept on disk.

    :param directory: the store's directory, which nobody writes.
    :param merged: whether its default graph is derived.
    :raises StoreError: it cannot be opened.
    :raises OSError: there is no room.
    """
    state = read_state(directory)
    if state is None or state["form"] == "memory" or not is_written(directory):
        return
    primary = DiskPrimary(directory, b"", "", merged=merged)
    number = primary.open().number
    try:
        shutil.rmtree(directory / "bases", ignore_errors=True)
        (directory / "bases").mkdir()
        assert primary._store is not None  # noqa: S101  # it is open
        bases.save(primary._store, directory / "bases" / f"{number}.nq")
        sync_folder(directory / "bases")
        # From here on it is the new form that counts.
        write_state(directory, {**primary._state, "form": "memory"})
    finally:
        primary._let_go()
    for name in ("primary", "checkpoint", "checkpoints", "workers"):
        shutil.rmtree(directory / name, ignore_errors=True)


def out_of_memory(directory: Path) -> None:
    """Keep a dataset from now on on disk, if it has been written and is kept for being held in memory.

    :param directory: the store's directory.
    :raises StoreError: another process writes it.
    :raises OSError: there is no room.
    """
    state = read_state(directory)
    if state is None or state["form"] == "disk" or not is_written(directory):
        return
    with locked(directory):
        for name in ("primary", "checkpoint", "checkpoints", "incoming"):
            shutil.rmtree(directory / name, ignore_errors=True)
        (directory / "checkpoints").mkdir()
        number = memory.restore(directory, store := ox.Store(str(directory / "primary")))
        store.flush()
        store.backup(str(directory / "checkpoints" / str(number)))
        # The note of what was loaded; what has been written is served whatever it says.
        (directory / "snapshot").write_text(state["base"] + "\n")
        sync_folder(directory / "checkpoints")
        write_state(directory, {**state, "form": "disk", "number": number})
        for name in ("bases", "journals"):
            shutil.rmtree(directory / name, ignore_errors=True)
