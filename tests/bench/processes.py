"""Starting other programs so that none of them outlives the run, however the run ends."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import IO, Any, NoReturn

STDOUT = subprocess.STDOUT
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_started: set[subprocess.Popen[Any]] = set()


def _die_with_parent() -> None:
    """Ask the system to end this process when the run's process ends, even by SIGKILL (prctl(2))."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a program in a process group of its own, which ends with the run."""
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_parent, **options)
    _started.add(process)
    return process


def end(process: subprocess.Popen[Any], patience: float = 20) -> None:
    """End a program and all of its group: politely first.

    :param patience: seconds until it is ended less politely.
    """
    # The group may live on where its first process has ended: a server's workers, say.
    _signal(process.pid, signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process.pid, signal.SIGKILL)
        process.wait()
        _started.discard(process)


def run(
    command: Sequence[str],
    stdout: int | IO[bytes] = subprocess.PIPE,
    *,
    codes: Collection[int] | None = (0,),
    **options: Any,
) -> bytes:
    """Run a program to its end and return what it wrote.

    :param codes: exit codes that are no failure; none where all are.
    :raises RuntimeError: it ended with another code.
    """
    stderr = options.pop("stderr", subprocess.PIPE)
    process = start(command, stdout=stdout, stderr=stderr, **options)
    try:
        out, err = process.communicate()
    finally:
        end(process)
    if codes is not None and process.returncode not in codes:
        said = (err or b"").decode(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}\n{said}")
    return out or b""


def end_all() -> None:
    """End whatever was started and still runs."""
    for process in list(_started):
        with contextlib.suppress(OSError):
            end(process, 5)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _leave(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def end_with_the_run() -> None:
    """Let signals that end a program unwind this one, and end what is left at its exit."""
    atexit.register(end_all)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _leave)
