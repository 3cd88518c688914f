"""What every directory that keeps a dataset has: its state, its lock, the copies of its readers.

``DIR/state`` names the dataset, says which mode it has, in which form it is kept (``disk`` or ``memory``),
and how many writes its store on disk holds for certain.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO, Any, Final

from portsmouth.errors import StoreError
from portsmouth.store.journal import sync_folder

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


def is_ours(directory: Path) -> bool:
    """Whether a directory has nothing but what a store has."""
    return directory.is_dir() and all(entry.name in _NAMES for entry in directory.iterdir())


def refuse_foreign(directory: Path) -> None:
    """Refuse a directory that is something else.

    :param directory: a directory, which may be missing.
    :raises StoreError: it has other files.
    """
    if directory.exists() and not is_ours(directory):
        raise StoreError(f"found other files in {directory}; expected an empty folder or an earlier store")


def refuse_other_mode(directory: Path, state: dict[str, Any], *, merged: bool) -> None:
    """Refuse a dataset whose default graph means something else.

    :param directory: its directory.
    :param state: its state.
    :param merged: whether its default graph is to be derived.
    :raises StoreError: it is not the mode in which the dataset is kept.
    """
    if state["merged"] != merged:
        kept, asked = ("merged", "plain") if state["merged"] else ("plain", "merged")
        raise StoreError(
            f"found a store of --dataset {kept} in {directory}, where {asked} is asked for; "
            f"expected the same as when it was made"
        )


def forget(directory: Path) -> None:
    """Remove every dataset from a directory that has not been written.

    :param directory: the directory, which this process has locked.
    """
    for note in ("state", "snapshot", "origin"):
        (directory / note).unlink(missing_ok=True)
    for name in ("bases", "checkpoint", "checkpoints", "incoming", "journals", "outgoing", "primary"):
        shutil.rmtree(directory / name, ignore_errors=True)


def remove_readers_that_died(directory: Path) -> None:
    """Remove the copies of processes that are gone."""
    folder = directory / "readers"
    for entry in folder.iterdir() if folder.is_dir() else ():
        if not Path(f"/proc/{entry.name.partition('-')[0]}").exists():
            shutil.rmtree(entry, ignore_errors=True)


def read_state(directory: Path) -> dict[str, Any] | None:
    """Return the state of a directory; ``None`` where nobody could ever write it."""
    path = directory / "state"
    if not path.is_file():
        return None
    state: dict[str, Any] = {"form": "disk", **json.loads(path.read_text())}
    return state


def write_state(directory: Path, state: dict[str, Any]) -> None:
    """Put another state in the place of a directory's, at once and on the disk."""
    incoming = directory / "state.new"
    with incoming.open("w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(directory / "state")
    sync_folder(directory)


def locked(directory: Path) -> IO[bytes]:
    """Take the directory for this process alone, until the file that is returned is closed.

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
