"""Standard input, output and error: open, whatever the shell has closed, and quiet at the end."""

from __future__ import annotations

import os
import sys


def open_standard_streams() -> None:
    """Open those standard streams that are closed.

    Python would have nothing in their place, and the next file that is opened would take their number: what
    the engine says of its trouble would be written into a table of the store.
    """
    # To read from standard input, or write to standard output, then fails, and is told; nobody is there to be
    # told of standard error. Each gets its own number, since those below are open by then.
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False, errors="backslashreplace")


def drop_output() -> None:
    """Lead standard output nowhere, once it could not be written."""
    # Python would try again at exit, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
