"""Keeping a dataset on disk: a primary store, a journal, and checkpoints that workers read.

``DIR/primary`` is the Oxigraph store that holds the data. Opening read-only a
directory that is being written gives torn reads, hence the checkpoints, which are
hard-linked copies of its files that nothing writes to: ``DIR/checkpoint`` is what
was loaded, ``DIR/checkpoints/N`` what there was after write ``N``. ``DIR/snapshot``
is the id of what was loaded.

A write is in ``DIR/journal`` before anything else knows of it. ``DIR/state`` names
the dataset, says which mode it has, and how many writes the primary store holds
for certain; what the journal has beyond that is done again when the store is
opened.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import IO, Any, Final

import pyoxigraph as ox

from portsmouth.errors import StoreError
from portsmouth.store import journal
from portsmouth.store.changes import Change
from portsmouth.store.journal import Journal, sync_folder
from portsmouth.store.primary import Opened

_NAMES: Final = frozenset(
    {
        "primary",
        "checkpoint",
        "checkpoints",
        "snapshot",
        "state",
        "state.new",
        "journal",
        "lock",
        "sandbox",
        "readers",
        "incoming",
        "outgoing",
    }
)
#: The journal is emptied when it has grown beyond this, as all of it is in the primary store by then.
_JOURNAL_BYTES: Final = 16 << 20
#: How often a reader looks for a checkpoint that stays long enough to be copied.
_ATTEMPTS: Final = 20


def keep(directory: Path, data: bytes, snapshot: str) -> Path:
    """Make sure that a directory holds a dataset, and return the checkpoint to read it from.

    An interrupted call leaves what was there before, since the new data are made beside it. What has been
    written is never given up for other data: then the checkpoint is that of the last write.

    :param directory: the store's directory; made where it is missing.
    :param data: the dataset as N-Quads.
    :param snapshot: the dataset's id.
    :raises StoreError: the directory is something else, or cannot be written.
    """
    try:
        if written := last_checkpoint(directory):
            return written[0]
        checkpoint, note = directory / "checkpoint", directory / "snapshot"
        if checkpoint.is_dir() and note.is_file() and note.read_text().strip() == snapshot:
            return checkpoint
        if directory.exists() and not _is_ours(directory):
            raise StoreError(
                f"found other files in {directory}; expected an empty folder or an earlier store"
            )
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory):
            _fill(directory, data, snapshot)
    except SyntaxError as error:
        raise StoreError(f"found data that are not N-Quads ({error.msg}); expected N-Quads") from error
    except OSError as error:
        raise StoreError(
            f"found that {directory} cannot be used ({error}); expected a folder to keep the data in"
        ) from error
    return checkpoint


def last_checkpoint(directory: Path) -> tuple[Path, str] | None:
    """Return the checkpoint of the last write and its snapshot's id; ``None`` where nothing has been written.

    :param directory: the store's directory.
    :raises OSError: it cannot be read.
    """
    state = _read_state(directory)
    if state is None:
        return None
    numbers = [int(entry.name) for entry in _checkpoints(directory)]
    if numbers:
        number = max(numbers)
        return directory / "checkpoints" / str(number), f"{state['lineage']}-{number}"
    file = directory / "journal"
    if file.exists() and any(journal.read(file)):
        # The first write was cut off before it was acknowledged.
        return directory / "checkpoint", state["base"]
    return None


def reading_copy(directory: Path) -> tuple[Path, str] | None:
    """Copy the checkpoint of the last write for a process that only reads, and return it with its id.

    Whoever writes the directory removes a checkpoint as soon as none of its own workers reads it; the copy,
    which shares the large files, stays until it is removed.

    :param directory: the store's directory.
    :return: ``None`` where nothing has been written.
    :raises OSError: the directory cannot be written, or holds no checkpoint.
    """
    target = directory / "readers" / f"{os.getpid()}-{uuid.uuid4().hex}"
    for attempt in range(_ATTEMPTS):
        found = last_checkpoint(directory)
        if found is None:
            return None
        try:
            _copy(found[0], target)
        except FileNotFoundError:
            # Another write may have come meanwhile.
            shutil.rmtree(target, ignore_errors=True)
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return target, found[1]
    return None


def private_copy(source: Path, target: Path) -> ox.Store:
    """Open a copy of a checkpoint that may be changed, its large files shared with the original.

    :param source: the checkpoint.
    :param target: where the copy goes.
    """
    _copy(source, target)
    return ox.Store(str(target))


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.suffix == ".sst":
            # The engine never writes to such a file again.
            os.link(entry, target / entry.name)
        elif entry.name != "LOCK":
            shutil.copyfile(entry, target / entry.name)


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

    def open(self) -> Opened:
        """Open the dataset and do again what the journal has; see :meth:`.primary.Primary.open`."""
        keep(self._directory, self._data, self._base)
        try:
            self._lock = _locked(self._directory)
            self._store = ox.Store(str(self._directory / "primary"))
            return self._recover(self._store)
        except (OSError, ValueError, KeyError) as error:
            self.close()
            raise StoreError(
                f"found that the store in {self._directory} cannot be opened ({error}); "
                "expected one that is whole"
            ) from error
        except BaseException:
            self.close()
            raise

    def commit(self, number: int, data: bytes) -> Path:
        """Journal a write, apply it, and make its checkpoint; see :meth:`.primary.Primary.commit`."""
        if self._store is None:
            raise StoreError("found the store closed; expected it to be open")
        self._journal.append(number, data)
        Change.from_bytes(data).apply(self._store)
        path = self._checkpoint(self._store, number)
        if self._journal.size > _JOURNAL_BYTES:
            self._settle(number)
        return path

    def release(self, path: Path) -> None:
        """Remove a checkpoint from which nobody answers any more."""
        shutil.rmtree(path, ignore_errors=True)

    def sandbox(self) -> Path | None:
        """Return where a worker may make a copy, once those of earlier ones are gone."""
        shutil.rmtree(self._directory / "sandbox", ignore_errors=True)
        return self._directory / "sandbox" / uuid.uuid4().hex

    def close(self) -> None:
        """Close the engine's store and let others have the directory."""
        if self._store is not None:
            self._journal_close()
            self._store = None
        if self._lock:
            self._lock.close()
            self._lock = None

    def _journal_close(self) -> None:
        if hasattr(self, "_journal"):
            self._journal.close()

    def _recover(self, store: ox.Store) -> Opened:
        state = _read_state(self._directory)
        if state is None:
            state = {
                "lineage": uuid.uuid4().hex[:16],
                "base": self._base,
                "number": 0,
                "merged": self._merged,
            }
        if state["merged"] != self._merged:
            kept, asked = ("merged", "plain") if state["merged"] else ("plain", "merged")
            raise StoreError(
                f"found a store of --dataset {kept} in {self._directory}, where {asked} is asked for; "
                f"expected the same as when it was made"
            )
        self._state = state
        _write_state(self._directory, state)
        number = state["number"]
        file = self._directory / "journal"
        for record in journal.read(file):
            if record.number > number:
                record.change.apply(store)
                number = record.number
        self._journal = Journal(file, durable=True)
        shutil.rmtree(self._directory / "sandbox", ignore_errors=True)
        _remove_readers_that_died(self._directory)
        path = self._directory / "checkpoints" / str(number) if number else self._directory / "checkpoint"
        if not path.is_dir():
            self._checkpoint(store, number)
        self._settle(number)
        for entry in _checkpoints(self._directory):
            if entry != path:
                shutil.rmtree(entry, ignore_errors=True)
        return Opened(path, state["base"], state["lineage"], number)

    def _checkpoint(self, store: ox.Store, number: int) -> Path:
        folder = self._directory / "checkpoints"
        folder.mkdir(exist_ok=True)
        path = folder / str(number)
        # The copy is of files; what the engine still holds in memory has to be in them.
        store.flush()
        store.backup(str(path))
        return path

    def _settle(self, number: int) -> None:
        """Empty the journal, once the primary store holds all of it for certain."""
        if self._store is not None:
            self._store.flush()
        self._state = {**self._state, "number": number}
        _write_state(self._directory, self._state)
        self._journal.clear()


def _remove_readers_that_died(directory: Path) -> None:
    folder = directory / "readers"
    for entry in folder.iterdir() if folder.is_dir() else ():
        if not Path(f"/proc/{entry.name.partition('-')[0]}").exists():
            shutil.rmtree(entry, ignore_errors=True)


def _is_ours(directory: Path) -> bool:
    return directory.is_dir() and all(entry.name in _NAMES for entry in directory.iterdir())


def _checkpoints(directory: Path) -> list[Path]:
    folder = directory / "checkpoints"
    return [entry for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []


def _read_state(directory: Path) -> dict[str, Any] | None:
    path = directory / "state"
    if not path.is_file():
        return None
    state: dict[str, Any] = json.loads(path.read_text())
    return state


def _write_state(directory: Path, state: dict[str, Any]) -> None:
    incoming = directory / "state.new"
    with incoming.open("w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(directory / "state")
    sync_folder(directory)


def _locked(directory: Path) -> IO[bytes]:
    """Take the directory for this process alone, until the file that is returned is closed."""
    file = (directory / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StoreError(
            f"found that another process writes the store in {directory}; expected to be the only one"
        ) from None
    return file


def _fill(directory: Path, data: bytes, snapshot: str) -> None:
    incoming, outgoing = directory / "incoming", directory / "outgoing"
    for leftover in (incoming, outgoing):
        shutil.rmtree(leftover, ignore_errors=True)
    incoming.mkdir()
    store = ox.Store(str(incoming / "primary"))
    store.bulk_load(data, format=ox.RdfFormat.N_QUADS)
    store.flush()
    store.backup(str(incoming / "checkpoint"))
    del store
    # From here on nothing can fail but the machine; the note is written last and vouches for the rest.
    for note in ("snapshot", "state", "journal"):
        (directory / note).unlink(missing_ok=True)
    outgoing.mkdir()
    for name in ("primary", "checkpoint"):
        if (directory / name).exists():
            (directory / name).rename(outgoing / name)
        (incoming / name).rename(directory / name)
    note_file = incoming / "snapshot"
    note_file.write_text(snapshot + "\n")
    note_file.replace(directory / "snapshot")
    for leftover in (incoming, outgoing):
        shutil.rmtree(leftover, ignore_errors=True)
