"""The two forms in which a directory keeps a dataset that is written, and going from one to the other.

What is read from disk is a primary store with checkpoints (:mod:`portsmouth.store.persistence.disk`); what
is held in memory is a base with the journal of what came after (:mod:`portsmouth.store.persistence.memory`).
The new form is made beside the old one, and noting it in ``DIR/state`` decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyoxigraph as ox

from portsmouth.errors import StoreError
from portsmouth.store.persistence import bases, checkpoints, directories
from portsmouth.store.persistence.contents import is_written
from portsmouth.store.persistence.disk import DiskPrimary
from portsmouth.store.persistence.segments import Follower
from portsmouth.store.persistence.state import State, read_state, write_state

#: Bytes of memory for a byte on disk, measured on the program's own kind of data; N-Quads and the engine's
#: files take much the same.
_IN_MEMORY: Final = 3.3


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
    except (OSError, ValueError) as error:
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
    if state is None or state.form == "memory" or not is_written(directory):
        return
    primary = DiskPrimary(directory, b"", "", merged=merged)
    primary.open()
    primary.give_to_memory()


def out_of_memory(directory: Path) -> None:
    """Keep a dataset from now on on disk, if it has been written and is kept for being held in memory.

    :param directory: the store's directory.
    :raises StoreError: another process writes it.
    :raises OSError: there is no room.
    """
    state = read_state(directory)
    if state is None or state.form == "disk" or not is_written(directory):
        return
    with directories.locked(directory):
        directories.remove(directory, (*directories.ON_DISK_ONLY, "incoming"))
        store = ox.Store(str(directory / "primary"))
        number = _restore(directory, store)
        checkpoints.make(store, directory, number)
        # The note of what was loaded; what has been written is served whatever it says.
        (directory / "snapshot").write_text(state.base + "\n", encoding="utf-8")
        # From here on it is the new form that counts.
        write_state(directory, State("disk", state.lineage, state.base, number, state.merged))
        directories.remove(directory, (*directories.IN_MEMORY_ONLY, "journals"))


def _restore(directory: Path, store: ox.Store) -> int:
    """Read a dataset back into an empty store, and return the writes that it has seen."""
    base = bases.newest(directory)
    bases.load(base, store, same_names=True)
    number = int(base.stem)
    for record in Follower(directory / "journals").fresh():
        record.change.apply(store)
        number = record.number
    return number
