"""An end by SIGTERM at any moment that leaves nothing behind, as Ctrl-C does, and by either at any moment."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from portsmouth.passing import find_room, remove_what_is_left

#: Seconds after which an end is tried again that came where Python lets no exception out.
_AGAIN: Final = 0.005


@contextmanager
def orderly() -> Iterator[None]:
    """Let SIGTERM unwind what stands within, and then end the process as the signal would have done.

    A second one ends it at once. Processes that are forked meanwhile know nothing of it. Neither SIGTERM nor
    Ctrl-C is lost where it comes while Python itself calls something, as it does at the end of every import.
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
        warnings.simplefilter("ignore")
        # An event loop lets nothing else through that is raised in whatever it just does.
        raise KeyboardInterrupt

    def unraised(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_type is KeyboardInterrupt and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        elif not told:
            tell(lost)
        # What is left in the middle of its making has nothing to tell anybody.

    def raise_again(*_: Any) -> None:
        if told:
            raise KeyboardInterrupt
        # By now somebody may obey it in a better way.
        signal.raise_signal(signal.SIGINT)

    tell, sys.unraisablehook = sys.unraisablehook, unraised
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, raise_again)
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        if not told:
            sys.unraisablehook = tell
        # Whoever was to remove them may have been interrupted before they could, or while they did.
        remove_what_is_left()
        # What was raised may have become another error on its way.
        if told:
            os.kill(owner, signal.SIGTERM)
