"""What a directory notes of the dataset that it keeps, once it can be written: ``DIR/state``.

The note decides: until it is there, whatever lies in the directory is an unfinished beginning, and
when the dataset passes from one form to another, the new one counts from the moment it is noted.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from portsmouth.errors import StoreError
from portsmouth.store.persistence.journal import sync_folder

#: How a dataset is kept: for being read from disk, or for being held in memory.
Form = Literal["disk", "memory"]

_TYPES: Final = {"form": str, "lineage": str, "base": str, "number": int, "merged": bool}


@dataclass(frozen=True, slots=True)
class State:
    """A dataset that can be written.

    :param form: how it is kept.
    :param lineage: a name that no other dataset has, from which ids of snapshots are made.
    :param base: the id of the dataset before any write.
    :param number: the writes that its store on disk holds for certain.
    :param merged: whether its default graph is derived.
    """

    form: Form
    lineage: str
    base: str
    number: int
    merged: bool

    def refuse_other_mode(self, directory: Path, *, merged: bool) -> None:
        """Refuse to be opened as a dataset whose default graph means something else.

        :param directory: where it is kept.
        :param merged: whether the default graph is to be derived.
        :raises StoreError: it is not the mode in which the dataset is kept.
        """
        if self.merged != merged:
            kept, asked = ("merged", "plain") if self.merged else ("plain", "merged")
            raise StoreError(
                f"found a store of --dataset {kept} in {directory}, where {asked} is asked for; "
                f"expected the same as when it was made"
            )


def read_state(directory: Path) -> State | None:
    """Return the state of a directory; ``None`` where nobody could ever write it.

    :param directory: a store's directory, which may be missing.
    :raises StoreError: something else stands there.
    :raises OSError: it cannot be read.

    >>> import tempfile
    >>> state = State("memory", "d41d8c", "abc", 0, merged=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_state(Path(folder), state)
    ...     read_state(Path(folder)) == state
    True
    """
    path = directory / "state"
    if not path.is_file():
        return None
    try:
        # Stores that were made before there were two forms are on disk, and do not say so.
        found = {"form": "disk", **json.loads(path.read_text(encoding="utf-8"))}
        types = {name: type(value) for name, value in found.items()}
        if types != _TYPES or found["form"] not in get_args(Form):
            raise ValueError(f"its members are {found}")
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"found that {path} cannot be understood ({error}); expected what a store has noted there"
        ) from error
    return State(**found)


def write_state(directory: Path, state: State) -> None:
    """Put another state in the place of a directory's, at once and on the disk.

    :param directory: the directory, which this process has locked.
    :param state: its state from now on.
    :raises OSError: it cannot be written.
    """
    incoming = directory / "state.new"
    with incoming.open("w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(directory / "state")
    sync_folder(directory)
