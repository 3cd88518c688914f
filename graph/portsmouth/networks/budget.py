"""Time for computations that can be long: whoever asks sets it, whoever computes looks at it.

::

    with within(5.0):
        rank(network, "brokers")   # raises NetworkDeadlineError after five seconds
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from portsmouth.errors import NetworkDeadlineError

_ends: ContextVar[tuple[float, float] | None] = ContextVar("ends", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give a computation time; threads that :func:`asyncio.to_thread` begins inside share it.

    :param seconds: how much.

    >>> with within(0.0):
    ...     check()
    Traceback (most recent call last):
    ...
    portsmouth.errors.NetworkDeadlineError: found no result after 0 seconds; expected one by then: \
narrow the network by part, period or mode, or roll it up
    """
    token = _ends.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def check() -> None:
    """Go on while there is time.

    :raises NetworkDeadlineError: there is none left.
    """
    ends = _ends.get()
    if ends and time.monotonic() >= ends[0]:
        raise NetworkDeadlineError(ends[1])
