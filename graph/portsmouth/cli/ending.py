"""An end by SIGTERM at any moment that leaves nothing behind, as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from portsmouth.passing import find_room, remove_what_is_left


@contextmanager
def orderly() -> Iterator[None]:
    """Let SIGTERM unwind what stands within, and then end the process as the signal would have done.

    A second one ends it at once. Processes that are forked meanwhile know nothing of it.
    """
    find_room()
    owner = os.getpid()
    told = False

    def end(number: int, _: FrameType | None) -> None:
        nonlocal told
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != owner:
            os.kill(os.getpid(), number)
        told = True
        # What is left in the middle of its making has nothing to tell anybody.
        sys.unraisablehook = lambda _: None
        warnings.simplefilter("ignore")
        # An event loop lets nothing else through that is raised in whatever it just does.
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        # Whoever was to remove them may have been interrupted before they could, or while they did.
        remove_what_is_left()
        # What was raised may have become another error on its way.
        if told:
            os.kill(owner, signal.SIGTERM)
