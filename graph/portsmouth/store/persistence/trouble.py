"""Saying why a folder does not take data: what was found, what is needed, and what shows it."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path
from typing import Final

from portsmouth.errors import StoreError

_READ_ONLY: Final = (errno.EROFS,)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)


def unusable(directory: Path, error: Exception, otherwise: str) -> StoreError:
    """Return the error of a folder that could not be used.

    :param directory: the folder, which may be missing.
    :param error: what came of using it.
    :param otherwise: what to say where nothing is known of the cause.

    >>> print(unusable(Path("/"), OSError(errno.EROFS, "no"), "found something else"))
    found that the disk of / is mounted read-only; expected one that can be written (findmnt -T / shows it)
    """
    there = directory
    while not there.exists() and there != there.parent:
        there = there.parent
    shown = shlex.quote(str(there))
    if _comes_of(error, _READ_ONLY):
        found = f"found that the disk of {directory} is mounted read-only; expected one that can be written"
        return StoreError(f"{found} (findmnt -T {shown} shows it)")
    if _comes_of(error, _FULL):
        found = f"found no room left on the disk of {directory}; expected enough for the data"
        return StoreError(f"{found} (df -h {shown} shows what is free)")
    if _comes_of(error, _FORBIDDEN):
        found = f"found that this user may not write in {there}; expected a folder of its own"
        return StoreError(f"{found} (ls -ld {shown} shows whose it is)")
    return StoreError(otherwise)


def _comes_of(error: Exception, codes: tuple[int, ...]) -> bool:
    """Say whether a code of the system is the cause; of an error of the engine's only the text tells."""
    number = getattr(error, "errno", None)
    return number in codes if number else any(os.strerror(code) in str(error) for code in codes)
