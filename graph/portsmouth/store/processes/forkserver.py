"""The process that holds the snapshot and forks query workers from itself.

It has one thread and does nothing else, so a fork is safe at any moment and
takes milliseconds; its memory is shared with the workers by copy-on-write. A
snapshot on disk is opened by each worker for itself, since the engine's disk
store has threads, and threads do not survive a fork.

It is started as ``python -m portsmouth.store.processes.forkserver SNAPSHOT MEMORY_MIB MODULE [JOURNALS]``,
where the module is what workers will need, or empty, with its control channel as
standard input; or forked by :mod:`portsmouth.store.processes.prepared`, and then first told
``SNAPSHOT`` and ``MEMORY_MIB`` on the channel, a line each. There come lines:
``fork`` with a socket beside it (``SCM_RIGHTS``), ``end PID``, ``advance ID NUMBER PATH``;
back go ``ready`` or ``failed REASON``, ``forked PID`` or ``unforked REASON``, ``exit PID STATUS WORDS``
(see :func:`portsmouth.store.processes.deaths.last_words`) and ``advanced ID``. When the channel
closes, it ends its workers and itself.

To advance is to go to a later snapshot: it reads what has been added to the journal, up to the
write of that number, and in memory carries it out; on disk each worker does so for itself, on a
copy of the directory. The path is the base that the next fork server would start from. Workers
that run keep the snapshot from which they were forked, until they are told of a write.
"""

from __future__ import annotations

import gc
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from portsmouth.store.persistence import checkpoints, journal
from portsmouth.store.persistence.segments import Follower
from portsmouth.store.processes import deaths, worker
from portsmouth.store.processes.kinds import POSSIBLE, Kinds

#: Stack of a worker: the engine's parser recurses, and a deep query should meet the nesting limit first.
STACK = 64 << 20
#: Nice value of what nobody waits for.
_IN_NO_HURRY = 19
#: Seconds after which whoever serves a snapshot on disk has come to stay: then its objects are counted before
#: a query wants that, since it takes as long as a query that reads everything.
_SOON = 5.0


class ForkServer:
    """Forks workers on command and tells what became of them.

    :param control: the channel to the store.
    :param snapshot: the snapshot's file or directory.
    :param journals: the folder of the journal, if the dataset is written.
    """

    def __init__(self, control: socket.socket, snapshot: Path, journals: Path | None = None) -> None:
        self._control = control
        self._snapshot = snapshot
        self._journals = journals
        self._store = (
            None if snapshot.is_dir() else worker.open_snapshot(snapshot, same_names=journals is not None)
        )
        self._default = None if self._store is None else worker.default_graph_of(self._store)
        self._follower = Follower(journals) if journals else None
        self._kinds = Kinds()
        self._counting = 0
        self._count_at = time.monotonic() + _SOON if POSSIBLE and self._store is None else None
        #: The writes that a worker has to carry out for itself.
        self._tail: list[journal.Record] = []
        self._follow_journal()
        #: The workers, each with the file of what it says on standard error, if there is one.
        self._children: dict[int, int] = {}
        self._commands = b""

    def run(self, memory_mib: int) -> None:
        """Serve until the control channel closes.

        :param memory_mib: the memory budget of a worker.
        """
        self._memory_mib = memory_mib
        with suppress(BrokenPipeError, ConnectionResetError):
            self._run()

    def _run(self) -> None:
        wakeup, signalled = socket.socketpair()
        signalled.setblocking(False)
        wakeup.setblocking(False)
        signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._private = (wakeup, signalled, self._control)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wakeup, selectors.EVENT_READ)
            if POSSIBLE:
                selector.register(self._kinds.bell, selectors.EVENT_READ)
            self._say("ready")
            while True:
                ready = {key.fileobj for key, _ in selector.select(self._until_count())}
                if self._until_count() == 0:
                    self._count()
                if wakeup in ready:
                    with suppress(BlockingIOError):
                        wakeup.recv(4096)
                    self._reap()
                if self._control in ready and not self._obey():
                    break
                if self._kinds.bell in ready and self._kinds.is_wanted() and not self._counting:
                    self._count()
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
                case [b"advance", label, number, *_]:
                    self._advance(label.decode(), int(number), os.fsdecode(line.split(b" ", 3)[3]))
        return True

    def _advance(self, label: str, number: int, path: str) -> None:
        self._follow_journal(number)
        if self._snapshot != Path(path):
            self._snapshot = Path(path)
            # A checkpoint is named by the last write that it has.
            self._tail = [record for record in self._tail if record.number > int(self._snapshot.stem)]
        self._say(f"advanced {label}")

    def _follow_journal(self, last: int | None = None) -> None:
        """Go along with what has been written since this was last done.

        :param last: the last write to go along with.
        """
        for record in self._follower.fresh(last) if self._follower else ():
            change = record.change
            self._kinds.note(change)
            if self._store is None or self._default is None:
                self._tail.append(record)
            else:
                change.apply(self._store)
                change.of_default_graph().apply(self._default)

    def _fork(self, descriptor: int) -> None:
        said = -1
        try:
            said = deaths.listen()
            pid = os.fork()
        except OSError as error:
            # There may be room for another process later, and those that run are not concerned.
            os.close(descriptor)
            if said >= 0:
                os.close(said)
            self._say(f"unforked {' '.join(str(error).split())}")
            return
        if pid == 0:
            self._become_worker(descriptor, said)
        os.close(descriptor)
        self._children[pid] = said
        self._say(f"forked {pid}")

    def _until_count(self) -> float | None:
        """Return the seconds after which objects are to be counted unasked."""
        return None if self._count_at is None else max(0.0, self._count_at - time.monotonic())

    def _count(self) -> None:
        """Have what is told of the default graph counted by a process of its own.

        Where that comes to nothing, queries are evaluated as they are written, and the next worker that is
        forked may ask for it again.
        """
        self._count_at = None
        try:
            pid = os.fork()
        except OSError:
            return
        if pid == 0:
            self._become_counter()
        self._counting = pid
        self._children[pid] = -1

    def _become_counter(self) -> NoReturn:
        try:
            self._let_go()
            os.nice(_IN_NO_HURRY)
            store = self._default
            self._kinds.count(worker.open_snapshot(self._snapshot) if store is None else store)
        finally:
            # As a worker does, and without a word: nobody waits for this.
            os._exit(0)

    def _let_go(self) -> None:
        """Let go of what is the fork server's alone, in a process that has been forked from it."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for private in self._private:
            private.close()
        for said in self._children.values():
            if said >= 0:
                os.close(said)

    def _become_worker(self, descriptor: int, said: int) -> NoReturn:
        try:
            self._let_go()
            os.dup2(said, 2)
            os.close(said)
            # A thread has a heap of its own (malloc(3)). In this one's, what loading has left free lies
            # between the data: an evaluation would be handed one cold page of the snapshot after another.
            threading.stack_size(resource.getrlimit(resource.RLIMIT_STACK)[0])
            thread = threading.Thread(target=self._work, args=(descriptor,))
            thread.start()
            thread.join()
        finally:
            os._exit(1)

    def _work(self, descriptor: int) -> NoReturn:
        status = 1
        try:
            with socket.socket(fileno=descriptor) as channel:
                worker.run(self._held(), channel, self._memory_mib)
            status = 0
        except OSError:
            # The store closed the channel while an answer was under way: there is nobody left to tell.
            status = 0
        finally:
            # Leave at once: the exit handlers and buffers belong to the process this one was forked from.
            os._exit(status)

    def _held(self) -> worker.Held:
        """Return the snapshot as the worker that this process has become is to hold it."""
        if self._store is not None:
            return worker.Held(self._store, self._default, self._kinds)
        if self._journals is None:
            return worker.Held(worker.open_snapshot(self._snapshot), None, self._kinds)
        changes = (record.data for record in self._tail)
        target = self._copy_of(os.getpid())
        shutil.rmtree(target, ignore_errors=True)
        return worker.Held(checkpoints.private_copy(self._snapshot, target, changes), None, self._kinds)

    def _copy_of(self, pid: int) -> Path:
        return (self._journals or self._snapshot).with_name("workers") / str(pid)

    def _end(self, pid: int) -> None:
        # Only a child that has not been waited for: its number cannot have passed to another process.
        if pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            said = self._children.pop(pid)
            if pid == self._counting:
                self._counting = 0
                continue
            code = os.waitstatus_to_exitcode(status)
            words = deaths.last_words(said, code)
            if self._store is None and self._journals:
                shutil.rmtree(self._copy_of(pid), ignore_errors=True)
            self._say(f"exit {pid} {code} {words}")

    def _say(self, line: str) -> None:
        self._control.sendall(line.encode() + b"\n")


def main() -> None:
    """Run the fork server that the command line names."""
    snapshot, memory_mib, *journals = Path(sys.argv[1]), int(sys.argv[2]), *map(Path, sys.argv[4:])
    with _control() as control:
        if module := sys.argv[3]:
            import_module(module)
        if server := _loaded(control, snapshot, *journals):
            server.run(memory_mib)


def wait_and_serve() -> None:
    """Run a fork server in this process, which is told what to hold on its channel, standard input."""
    with _control() as control:
        if not (snapshot := _line(control)):
            return
        server = _loaded(control, Path(os.fsdecode(snapshot)))
        # Whoever has made the snapshot need not be who knows the budget.
        if server and (memory_mib := _line(control)):
            server.run(int(memory_mib))


def _line(control: socket.socket) -> bytes:
    """Return a line from the channel without its end, and read nothing beyond; empty where that closed."""
    line = b""
    while not line.endswith(b"\n"):
        byte = control.recv(1)
        if not byte:
            return b""
        line += byte
    return line[:-1]


@contextmanager
def _control() -> Iterator[socket.socket]:
    """Set this process up for a fork server, and yield the channel that it has as standard input."""
    # Where the engine falls over, one line says so, and hundreds about its insides say no more.
    os.environ["RUST_BACKTRACE"] = "0"
    # Ctrl-C reaches the whole terminal group; the store decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))
    with socket.socket(fileno=os.dup(0)) as control, Path(os.devnull).open("rb") as nothing:
        # A worker inherits standard input; were it the channel, the store would not see this process end.
        os.dup2(nothing.fileno(), 0)
        yield control


def _loaded(control: socket.socket, snapshot: Path, journals: Path | None = None) -> ForkServer | None:
    """Load a snapshot, or tell why that cannot be done."""
    try:
        server = ForkServer(control, snapshot, journals)
    except (OSError, SyntaxError, ValueError) as error:
        control.sendall(f"failed {' '.join(str(error).split())}\n".encode())
        return None
    # What lives now is shared with every worker; the collector must not touch, and so copy, its pages.
    gc.collect()
    gc.freeze()
    return server


if __name__ == "__main__":
    main()
