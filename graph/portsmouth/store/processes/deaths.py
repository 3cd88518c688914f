"""Why a worker died: what it said last, and what its client is told.

An engine that runs out of memory and an engine that falls over end their process alike, by the same signal;
what they say on standard error differs. So a worker's standard error is a file in memory, which the fork
server reads when the worker has ended.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from typing import Final

from portsmouth.errors import EngineError, MemoryLimitError, PortsmouthError, QueryNestingError, StoreError
from portsmouth.store.limits import Limits

#: Bytes of what a worker has said that are looked at.
_MOST: Final = 16 << 10
#: Characters of its last words that are kept.
_LONGEST: Final = 400
#: How the engine's language announces a fault of the program: where, and on the next line what.
_PANIC: Final = re.compile(r"^thread .* panicked at (?P<where>.*):\n(?P<what>.*)", re.MULTILINE)
#: Faults that come of a want of memory: threads that cannot be started, memory that is not to be had.
_WANT: Final = re.compile(
    r"alloc|memory|failed to spawn thread|Resource temporarily unavailable", re.IGNORECASE
)
#: What the fork server calls a fault of the engine.
_FELL: Final = "panic "


def listen() -> int:
    """Return a new file for what a worker will say on standard error."""
    if sys.platform == "linux":
        return os.memfd_create("stderr", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def last_words(file: int, status: int, *, pass_on: bool = True) -> str:
    """Read what a worker has said; what is not about the engine goes to this process's standard error.

    :param file: what :func:`listen` returned; it is closed.
    :param status: the worker's exit status, negative for a signal.
    :param pass_on: whether it does.
    :return: for a fault of the engine one line about it; empty for anything else.
    """
    try:
        said = os.pread(file, _MOST, 0)
    finally:
        os.close(file)
    if not said:
        return ""
    text = said.decode(errors="replace")
    panic = _PANIC.search(text) if status == -signal.SIGABRT else None
    if panic and not _WANT.search(panic["what"]):
        where = panic["where"].rpartition("/")[2]
        return f"{_FELL}{' '.join(panic['what'].split())} ({where})"[:_LONGEST]
    if pass_on and (status != -signal.SIGABRT or not _WANT.search(text)):
        os.write(2, said)
    return ""


def fault(words: str) -> str | None:
    """Return the engine's fault of which a worker has died, ``None`` where it died of another cause.

    :param words: its last words.

    >>> fault("panic it does not add up (sums.rs:1:2)")
    'it does not add up (sums.rs:1:2)'
    """
    return words.removeprefix(_FELL) if words.startswith(_FELL) else None


def cause_of_death(status: int, limits: Limits, words: str = "") -> PortsmouthError:
    """Say why a worker ended before its answer was complete.

    :param status: its exit status, negative for a signal.
    :param limits: what a query may take.
    :param words: its last words.

    >>> cause_of_death(-signal.SIGABRT, Limits()).kind
    'memory'
    """
    if (reason := fault(words)) is not None:
        return EngineError(reason)
    if status == -signal.SIGABRT:
        return MemoryLimitError(limits.memory_mib)
    if status == -signal.SIGSEGV:
        return QueryNestingError(
            found="a query that exhausts the parser's stack", expected="one with fewer levels of nesting"
        )
    return StoreError(f"found a worker that ended with status {status}; expected an answer")
