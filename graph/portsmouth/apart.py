"""Doing a piece of work in a process of its own, beside what this one does meanwhile.

What the work needs of memory ends with that process, and a second processor can
share in a start.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from typing import Generic, TypeVar

from portsmouth.errors import PortsmouthError, StoreError

T = TypeVar("T")


class Apart(Generic[T]):
    """Work that begins now and whose result is fetched later.

    :param work: returns a value that can be pickled, or raises an error of this project. Nothing that it does
        to this process's own objects is seen here.

    >>> work = Apart(lambda: 6 * 7)
    >>> work.result()
    42
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: Callable[[], T] | None = work
        self._running = False
        if not hasattr(os, "fork"):
            return
        self._work = None
        # Nobody would know of a process, were this one interrupted just when there is one.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        try:
            self._reading, writing = os.pipe()
            self._pid = os.fork()
            if self._pid == 0:
                os.close(self._reading)
                _do(work, writing, before)
            os.close(writing)
            self._running = True
        finally:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            except BaseException:
                # Whatever came meanwhile is obeyed now.
                self.end()
                raise

    def result(self) -> T:
        """Wait for the work and return what it returned.

        :raises PortsmouthError: what the work raised; :class:`StoreError` where it ended without a word.
        """
        if self._work is not None:
            # A system without fork does it here and now.
            return self._work()
        # Whoever is interrupted while waiting has closed it all the same.
        reading, self._reading = self._reading, -1
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        self._running = False
        if not told:
            code = os.waitstatus_to_exitcode(status)
            raise StoreError(f"found a process that ended with status {code}; expected its result")
        # It comes from this process's own child.
        value, error = pickle.loads(told)  # noqa: S301
        if error is not None:
            raise error
        result: T = value
        return result

    def end(self) -> None:
        """End the work, where nobody has fetched its result.

        >>> Apart(lambda: 6 * 7).end()
        """
        if self._running:
            self._running = False
            if self._reading >= 0:
                os.close(self._reading)
            os.kill(self._pid, signal.SIGTERM)
            os.waitpid(self._pid, 0)


def _do(work: Callable[[], T], writing: int, mask: set[signal.Signals | int]) -> None:
    """Do the work in the child, with the signals blocked that are to be, and end it."""
    status = 1
    # So that work which shows something on a terminal leaves that as it was.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            told = pickle.dumps((work(), None), protocol=pickle.HIGHEST_PROTOCOL)
        except PortsmouthError as error:
            told = pickle.dumps((None, error))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(told)
        status = 0
    except KeyboardInterrupt:
        status = 130
    finally:
        # The exit handlers and buffers belong to the process this one was forked from.
        os._exit(status)
