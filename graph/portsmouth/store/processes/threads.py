"""The threads of another process: a worker evaluates in one that is not its first."""

from __future__ import annotations

import os


def threads(pid: int) -> list[int]:
    """Return the numbers of a process's threads.

    Linux schedules, and counts, each thread by itself, under a number of its own (proc(5), ``task``).

    :param pid: a process.
    :return: its own number where the system tells no others.

    >>> os.getpid() in threads(os.getpid())
    True
    """
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208  # names are all it has
    except OSError:
        return [pid]
