"""Copying a dataset for a process that only reads, while another one may write it."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import Final, NamedTuple

from portsmouth.store.persistence.checkpoints import clone
from portsmouth.store.persistence.contents import base_of, is_written, loaded_snapshot
from portsmouth.store.persistence.replacing import finish, origin
from portsmouth.store.persistence.segments import last_number, numbers
from portsmouth.store.persistence.state import read_state

#: How often a reader looks for a base that stays long enough to be copied.
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


def reading_copy(directory: Path) -> Copy | None:
    """Copy what has been written, or loaded from a file, for a process that only reads.

    Whoever writes the directory removes a checkpoint as soon as none of its own workers reads it; the copy,
    which shares the large files, stays until it is removed.

    :param directory: the store's directory.
    :return: ``None`` where neither has been.
    :raises StoreError: the directory is not as a store has left it.
    :raises OSError: it cannot be written, or holds no base.
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
    state, loaded = read_state(directory), loaded_snapshot(directory)
    path, number = base_of(directory)
    copy = Copy(target / path.name, target / "journals", "")
    copy.journals.mkdir(parents=True)
    if path.is_dir():
        which = path.stat().st_ino
        clone(path, copy.path)
        if path.stat().st_ino != which or loaded_snapshot(directory) != loaded:
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
    last = last_number(copy.journals, number)
    snapshot = f"{state.lineage}-{last}" if state and last else loaded
    return copy._replace(snapshot=snapshot, behind=last > number)
