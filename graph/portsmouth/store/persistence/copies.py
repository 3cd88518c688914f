"""Copying a dataset for a process that only reads, while another one may write it."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from pathlib import Path
from typing import Final, NamedTuple

from portsmouth.passing import let_pass, remove_folder
from portsmouth.store.persistence.checkpoints import clone
from portsmouth.store.persistence.contents import base_of, is_written, loaded_snapshot
from portsmouth.store.persistence.replacing import finish, origin
from portsmouth.store.persistence.segments import last_number, numbers
from portsmouth.store.persistence.state import read_state

#: How often a reader looks for a base that stays long enough to be copied.
_ATTEMPTS: Final = 20
#: What whoever only may read a directory is told.
_NOT_TO_BE_WRITTEN: Final = (errno.EROFS, errno.EACCES, errno.EPERM)


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
    """Copy what a directory holds for a process that only reads.

    Whoever writes the directory removes a checkpoint as soon as none of its own workers reads it, and whoever
    loads something else puts that in its place; the copy, which shares the large files, stays until it is
    removed, at the latest with this process.

    :param directory: the store's directory.
    :return: ``None`` where this process may not write the directory, and nobody has written it, or loaded a
        file into it.
    :raises StoreError: the directory is not as a store has left it.
    :raises OSError: it cannot be written, or holds no base.
    """
    target = directory / "readers" / f"{os.getpid()}-{uuid.uuid4().hex}"
    for attempt in range(1, _ATTEMPTS + 1):
        finish(directory)
        let_pass(target)
        try:
            return _copied(directory, target)
        except OSError as error:
            remove_folder(target)
            if error.errno in _NOT_TO_BE_WRITTEN and not (is_written(directory) or origin(directory)):
                return None
            # Where something is gone, another base may have come in its place.
            if not isinstance(error, FileNotFoundError) or attempt == _ATTEMPTS:
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
    before = state.base if state else loaded
    snapshot = f"{state.lineage}-{last}" if state and last else before
    return copy._replace(snapshot=snapshot, behind=last > number)
