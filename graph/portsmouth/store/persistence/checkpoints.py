"""Checkpoints: copies of a store on disk that nothing writes to, which share its large files with it.

Opening read-only a directory that is being written gives torn reads, hence the checkpoints:
``DIR/checkpoint`` is what was loaded, ``DIR/checkpoints/N`` what there was after write ``N``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from portsmouth.store.persistence.journal import sync_folder
from portsmouth.store.updates.changes import Change

#: How the engine's tables are named, to which it never writes again once they are there.
_TABLE: Final = ".sst"


def loaded(directory: Path) -> Path:
    """Return the checkpoint of what was loaded.

    :param directory: a store's directory.
    """
    return directory / "checkpoint"


def after(directory: Path, number: int) -> Path:
    """Return the checkpoint of what there was after a write, whether or not there is one.

    :param directory: a store's directory.
    :param number: the write's number.

    >>> after(Path("store"), 7).name
    '7'
    """
    return directory / "checkpoints" / str(number)


def numbered(directory: Path) -> list[Path]:
    """Return the checkpoints that there are of what was written, from the first to the last.

    :param directory: a store's directory.
    """
    folder = directory / "checkpoints"
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((entry for entry in found if entry.name.isdigit()), key=lambda entry: int(entry.name))


def make(store: ox.Store, directory: Path, number: int) -> Path:
    """Make a checkpoint, unless there is one of that write.

    :param store: the primary store, which has that write and none after it.
    :param directory: the store's directory.
    :param number: the write's number.
    :return: the checkpoint.
    :raises OSError: there is no room.
    """
    path = after(directory, number)
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        # The copy is of files; what the engine still holds in memory has to be in them.
        store.flush()
        store.backup(str(path))
        sync_folder(path.parent)
    return path


def remove_all_but(directory: Path, path: Path) -> None:
    """Remove the checkpoints of what was written but for one.

    :param directory: a store's directory.
    :param path: the one that stays, if it is one of them.
    """
    for entry in numbered(directory):
        if entry != path:
            shutil.rmtree(entry, ignore_errors=True)


def tables(folder: Path) -> dict[str, int]:
    """Return the names and sizes of the engine's tables in a folder.

    :param folder: a checkpoint, or a primary store that may be written meanwhile.
    :return: bytes by name.
    :raises OSError: there is no such folder.
    """
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_TABLE):
                # It can have been removed meanwhile.
                with suppress(FileNotFoundError):
                    found[entry.name] = entry.stat().st_size
    return found


def clone(source: Path, target: Path) -> None:
    """Copy a checkpoint, sharing its large files.

    :param source: the checkpoint.
    :param target: where the copy goes.
    :raises OSError: the checkpoint is being removed, or there is no room.
    """
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.suffix == _TABLE:
            os.link(entry, target / entry.name)
        elif entry.name != "LOCK":
            shutil.copyfile(entry, target / entry.name)


def private_copy(source: Path, target: Path, changes: Iterable[bytes] = ()) -> ox.Store:
    """Open a copy of a checkpoint that may be changed, its large files shared with the original.

    :param source: the checkpoint.
    :param target: where the copy goes.
    :param changes: what has been written since, as bytes.
    """
    clone(source, target)
    store = ox.Store(str(target))
    for data in changes:
        Change.from_bytes(data).apply(store, in_tables=True)
    return store
