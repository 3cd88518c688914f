"""What a directory holds: what was loaded, whether anything was written since, where reading it begins."""

from __future__ import annotations

from pathlib import Path

from portsmouth.store.persistence import bases, checkpoints
from portsmouth.store.persistence.segments import Follower, last_number
from portsmouth.store.persistence.state import read_state


def is_written(directory: Path) -> bool:
    """Whether a directory holds a dataset that has been written.

    :param directory: a store's directory, which may be missing.
    :raises StoreError: it is not as a store has left it.
    :raises OSError: it cannot be read.

    >>> is_written(Path("missing"))
    False
    """
    state = read_state(directory)
    if state is None:
        return False
    if state.form == "memory":
        return bases.newest(directory).stem != "0" or last_number(directory / "journals", 0) > 0
    return bool(state.number or any(Follower(directory / "journals").fresh()))


def base_of(directory: Path) -> tuple[Path, int]:
    """Return what a dataset is to be read from, before its journal, and the writes that it has.

    :param directory: a store's directory.
    :return: a file of N-Quads or a checkpoint, which is missing where nothing was loaded; and the number of
        the last write that is certainly in it.
    :raises StoreError: the directory is not as a store has left it.
    :raises OSError: it cannot be read.

    >>> base_of(Path("missing"))[1]
    0
    """
    state = read_state(directory)
    if state and state.form == "memory":
        path = bases.newest(directory)
        return path, int(path.stem)
    if found := checkpoints.numbered(directory):
        return found[-1], int(found[-1].name)
    return checkpoints.loaded(directory), 0


def loaded_snapshot(directory: Path) -> str:
    """Return the id of what was loaded, nothing where nothing was.

    :param directory: a store's directory, which may be missing.
    :raises OSError: it cannot be read.

    >>> loaded_snapshot(Path("missing"))
    ''
    """
    try:
        return (directory / "snapshot").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
