"""What every directory that keeps a dataset has: names that are known, a lock, the copies of its readers."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import IO, Final

from portsmouth.errors import StoreError

_NAMES: Final = frozenset(
    {
        "bases",
        "checkpoint",
        "checkpoints",
        "incoming",
        "journals",
        "lock",
        "origin",
        "outgoing",
        "primary",
        "readers",
        "ready",
        "snapshot",
        "state",
        "state.new",
        "workers",
    }
)
#: What there is only while the dataset is kept for being read from disk, or for being held in memory.
ON_DISK_ONLY: Final = ("primary", "checkpoint", "checkpoints", "workers")
IN_MEMORY_ONLY: Final = ("bases",)


def refuse_foreign(directory: Path) -> None:
    """Refuse a directory that is something else.

    :param directory: a directory, which may be missing.
    :raises StoreError: it has other files.
    """
    known = directory.is_dir() and all(entry.name in _NAMES for entry in directory.iterdir())
    if directory.exists() and not known:
        raise StoreError(f"found other files in {directory}; expected an empty folder or an earlier store")


def forget(directory: Path) -> None:
    """Remove every dataset from a directory that has not been written.

    :param directory: the directory, which this process has locked.
    """
    for note in ("state", "snapshot", "origin"):
        (directory / note).unlink(missing_ok=True)
    remove(directory, (*ON_DISK_ONLY, *IN_MEMORY_ONLY, "incoming", "journals", "outgoing"))


def remove(directory: Path, names: Collection[str]) -> None:
    """Remove folders, those that are there, in so far as that is possible.

    :param directory: the directory, which this process has locked.
    :param names: the folders' names.
    """
    for name in names:
        shutil.rmtree(directory / name, ignore_errors=True)


def remove_readers_that_died(directory: Path) -> None:
    """Remove the copies of processes that are gone.

    :param directory: a store's directory.
    """
    folder = directory / "readers"
    for entry in folder.iterdir() if folder.is_dir() else ():
        if not Path(f"/proc/{entry.name.partition('-')[0]}").exists():
            shutil.rmtree(entry, ignore_errors=True)


def locked(directory: Path) -> IO[bytes]:
    """Take the directory for this process alone, until the file that is returned is closed.

    :param directory: the directory, which is there.
    :return: the file that is locked.
    :raises StoreError: another process has it.
    """
    file = (directory / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StoreError(
            f"found that another process writes the store in {directory}; expected to be the only one"
        ) from None
    return file
