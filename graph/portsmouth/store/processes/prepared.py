"""A fork server that is there before what it will hold.

It is forked, not started anew, from a process that has loaded little besides what both need: so it shares
that with it, and has nothing left to load when its snapshot is there.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from portsmouth.store.processes import forkserver

#: Seconds between looks whether it has ended.
_PAUSE: Final = 0.002


class Prepared:
    """A fork server that waits for its snapshot.

    To be made before this process has threads or anything else that a fork server must not have.

    :param channel: both ends of its control channel; :func:`load` may have been told the first already.
    :param module: what workers will need, imported now.
    """

    def __init__(self, channel: tuple[socket.socket, socket.socket], module: str) -> None:
        self._control, theirs = channel
        import_module(module)
        self.pid = os.fork()
        if self.pid == 0:
            _become_fork_server(theirs)
        theirs.close()
        self._status: int | None = None
        self._waits = True

    def hold(self, memory_mib: int) -> socket.socket:
        """Let it hold what it has been told to load.

        :param memory_mib: the memory budget of a worker.
        :return: its control channel, which is the caller's; it ends when that is closed.
        """
        self._waits = False
        # Where it has ended, whoever listens to the channel learns of that.
        with suppress(OSError):
            self._control.sendall(b"%d\n" % memory_mib)
        return self._control

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        :param timeout: seconds.
        :return: its exit status, negative for a signal.
        :raises subprocess.TimeoutExpired: it has not ended in time.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while self._status is None:
            pid, status = os.waitpid(self.pid, 0 if end is None else os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("portsmouth.store.processes.forkserver", timeout or 0)
            else:
                time.sleep(_PAUSE)
        return self._status

    def kill(self) -> None:
        """End it at once."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, where it has not been told what to hold; else that is for whoever has its channel."""
        if self._waits:
            self._waits = False
            self._control.close()
            # It may be loading.
            self.kill()
            self.wait()


def load(control: socket.socket, snapshot: Path) -> None:
    """Let a fork server that waits, or will wait, load its snapshot.

    :param control: the first end of its channel.
    :param snapshot: the snapshot's file.
    """
    control.sendall(os.fsencode(snapshot) + b"\n")


def _become_fork_server(control: socket.socket) -> NoReturn:
    status = 1
    try:
        # Signals of the terminal are not for it, nor is what else this process has opened.
        os.setsid()
        os.dup2(control.detach(), 0)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        gc.enable()
        forkserver.wait_and_serve()
        status = 0
    finally:
        # The exit handlers and buffers belong to the process this one was forked from.
        os._exit(status)
