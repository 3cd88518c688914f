"""The process that holds the snapshot and forks query workers from itself.

It has one thread and does nothing else, so a fork is safe at any moment and
takes milliseconds; its memory is shared with the workers by copy-on-write. A
snapshot on disk is opened by each worker for itself, since the engine's disk
store has threads, and threads do not survive a fork.

It is started as ``python -m portsmouth.store.forkserver SNAPSHOT MEMORY_MIB``
with its control channel as standard input. On the channel come lines:
``fork`` with a socket beside it (``SCM_RIGHTS``), ``end PID``, ``advance ID PATH``;
back go ``ready`` or ``failed REASON``, ``forked PID``, ``exit PID STATUS`` and
``advanced ID``. When the channel closes, it ends its workers and itself.

To advance is to go to the next snapshot: in memory it applies what has been added
to the journal beside its file; on disk it takes another directory. Workers that
run keep the snapshot from which they were forked.
"""

from __future__ import annotations

import gc
import os
import resource
import selectors
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from portsmouth.store import journal, memory, worker

#: Stack of a worker: the engine's parser recurses, and a deep query should meet the nesting limit first.
STACK = 64 << 20


class ForkServer:
    """Forks workers on command and tells what became of them.

    :param control: the channel to the store.
    :param snapshot: the snapshot's file or directory.
    :param memory_mib: the memory budget of a worker.
    """

    def __init__(self, control: socket.socket, snapshot: Path, memory_mib: int) -> None:
        self._control = control
        self._snapshot = snapshot
        self._memory_mib = memory_mib
        self._store = None if snapshot.is_dir() else worker.open_snapshot(snapshot)
        self._default = None if self._store is None else worker.default_graph_of(self._store)
        self._journal_end = 0
        self._follow_journal()
        self._children: set[int] = set()
        self._commands = b""

    def run(self) -> None:
        """Serve until the control channel closes."""
        wakeup, signalled = socket.socketpair()
        signalled.setblocking(False)
        wakeup.setblocking(False)
        signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._private = (wakeup, signalled, self._control)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wakeup, selectors.EVENT_READ)
            self._say("ready")
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if wakeup in ready:
                    with suppress(BlockingIOError):
                        wakeup.recv(4096)
                    self._reap()
                if self._control in ready and not self._obey():
                    break
        # The ends of the workers are told to nobody any more, least of all to a socket that is being closed.
        signal.set_wakeup_fd(-1)
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        """Carry out the commands that have come; return whether the channel is still open."""
        data, descriptors, _, _ = socket.recv_fds(self._control, 4096, 16)
        if not data:
            return False
        *lines, self._commands = (self._commands + data).split(b"\n")
        for line in lines:
            match line.split():
                case [b"fork"]:
                    self._fork(descriptors.pop(0))
                case [b"end", pid]:
                    self._end(int(pid))
                case [b"advance", label, *_]:
                    self._advance(label.decode(), os.fsdecode(line.split(b" ", 2)[2]))
        return True

    def _advance(self, label: str, path: str) -> None:
        self._snapshot = Path(path)
        self._follow_journal()
        self._say(f"advanced {label}")

    def _follow_journal(self) -> None:
        """Apply what has been written to the snapshot in memory since it was last looked at."""
        if self._store is None or self._default is None:
            return
        for record in journal.read(self._snapshot.with_name(memory.JOURNAL), self._journal_end):
            record.change.apply(self._store)
            record.change.of_default_graph().apply(self._default)
            self._journal_end = record.end

    def _fork(self, descriptor: int) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(descriptor)
        os.close(descriptor)
        self._children.add(pid)
        self._say(f"forked {pid}")

    def _become_worker(self, descriptor: int) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for private in self._private:
                private.close()
            store = self._store if self._store is not None else worker.open_snapshot(self._snapshot)
            with socket.socket(fileno=descriptor) as channel:
                worker.run(store, channel, self._memory_mib, self._default)
            status = 0
        except OSError:
            # The store closed the channel while an answer was under way: there is nobody left to tell.
            status = 0
        finally:
            # Leave at once: the exit handlers and buffers belong to the process this one was forked from.
            os._exit(status)

    def _end(self, pid: int) -> None:
        # Only a child that has not been waited for: its number cannot have passed to another process.
        if pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children.discard(pid)
            self._say(f"exit {pid} {os.waitstatus_to_exitcode(status)}")

    def _say(self, line: str) -> None:
        self._control.sendall(line.encode() + b"\n")


def main() -> None:
    """Run the fork server that the command line names."""
    snapshot, memory_mib = Path(sys.argv[1]), int(sys.argv[2])
    # Ctrl-C reaches the whole terminal group; the store decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))
    with socket.socket(fileno=os.dup(0)) as control, Path(os.devnull).open("rb") as nothing:
        # A worker inherits standard input; were it the channel, the store would not see this process end.
        os.dup2(nothing.fileno(), 0)
        try:
            server = ForkServer(control, snapshot, memory_mib)
        except (OSError, SyntaxError, ValueError) as error:
            control.sendall(f"failed {' '.join(str(error).split())}\n".encode())
            return
        # What lives now is shared with every worker; the collector must not touch, and so copy, its pages.
        gc.collect()
        gc.freeze()
        with suppress(BrokenPipeError, ConnectionResetError):
            server.run()


if __name__ == "__main__":
    main()
