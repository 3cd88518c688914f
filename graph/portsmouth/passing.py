"""Folders that pass with their process: none stays behind, at whatever moment that is told to end.

The name of a folder is noted before there is the folder. Of a folder that is made first nobody would know,
were the process told to end between the two.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

#: Each with the process that made it: what is forked leaves alone what belongs to its parent.
_made: Final[dict[Path, int]] = {}


def find_room() -> None:
    """Find out where there is room for what does not last, before anybody is told to end.

    To do so Python writes a file there, which would be left.

    >>> find_room()
    """
    if not hasattr(signal, "pthread_sigmask"):
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        # Where there is no room, whoever wants some will say so.
        with suppress(OSError):
            tempfile.gettempdir()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def make_folder() -> Path:
    """Make a folder where there is room for what does not last; only this user can look into it.

    :raises OSError: it cannot be made.

    >>> folder = make_folder()
    >>> list(folder.iterdir())
    []
    >>> remove_folder(folder)
    """
    inside = Path(tempfile.gettempdir())
    while True:
        folder = inside / f"portsmouth-{os.urandom(6).hex()}"
        _made[folder] = os.getpid()
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            # It is somebody else's.
            del _made[folder]
        except OSError:
            del _made[folder]
            raise
        else:
            return folder


def let_pass(folder: Path) -> None:
    """Have a folder removed with this process that somebody is about to make, unless it was removed before.

    :param folder: where it will be.

    >>> with passing_folder() as folder:
    ...     let_pass(folder / "within")
    ...     remove_folder(folder / "within")
    """
    _made[folder] = os.getpid()


def remove_folder(folder: Path) -> None:
    """Remove a folder and all that is in it.

    :param folder: as :func:`make_folder` returned it; one that is there no longer is passed over.
    """
    shutil.rmtree(folder, ignore_errors=True)
    _made.pop(folder, None)


@contextmanager
def passing_folder() -> Iterator[Path]:
    """Make a folder that is there within.

    :raises OSError: it cannot be made.

    >>> with passing_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.is_dir()
    False
    """
    folder = make_folder()
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_what_is_left() -> None:
    """Remove the folders of this process that whoever made them could not remove."""
    for folder, owner in list(_made.items()):
        if owner == os.getpid():
            remove_folder(folder)


atexit.register(remove_what_is_left)
