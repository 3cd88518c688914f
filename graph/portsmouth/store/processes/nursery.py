"""The store's side of the fork server: starting it, asking it for workers, learning of their ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from portsmouth.errors import StoreError
from portsmouth.stance import Stance
from portsmouth.store.processes.threads import threads

if TYPE_CHECKING:
    from portsmouth.store.processes.prepared import Prepared

#: Bytes that are read from a worker at once.
_RECEIVE: Final = 256 * 1024
#: Nice value of a worker whose query has outlasted the store's patience.
_LONG_RUNNING: Final = 15
#: Bytes of N-Quads from which on a snapshot in memory is held in large pages.
_MUCH: Final = 64 << 20
_PATIENCE_WITH_MUCH: Final = 10.0
_TUNABLES: Final = "GLIBC_TUNABLES"
#: Writes by which a fork server may be behind while nothing is forked.
_BEHIND: Final = 32
#: Seconds that a fork server may take to end after its channel has closed.
_FAREWELL: Final = 5.0


def _holds_much(path: Path) -> bool:
    """Return whether a snapshot is held in memory and takes much of it."""
    return path.is_file() and path.stat().st_size >= _MUCH


def _environment(path: Path) -> dict[str, str] | None:
    """Return the environment of a fork server, ``None`` for that of this process.

    Where much is held in memory, large pages make it quicker to read, and much quicker to fork; little would
    only take more room. The variable is glibc's, and means nothing to others (glibc manual, section 39).
    """
    if not _holds_much(path) or _TUNABLES in os.environ:
        return None
    return {**os.environ, _TUNABLES: "glibc.malloc.hugetlb=1"}


def _spawn(
    path: Path, memory_mib: int, journals: Path | None, module: str
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a fork server, and return it with its control channel."""
    ours, theirs = socket.socketpair()
    command = [
        sys.executable,
        "-m",
        "portsmouth.store.processes.forkserver",
        str(path),
        str(memory_mib),
        module,
    ]
    command += [str(journals)] if journals else []
    with theirs:
        # The arguments are this interpreter and this package's own module, not a shell's words.
        process = subprocess.Popen(  # noqa: S603
            command, stdin=theirs.fileno(), start_new_session=True, env=_environment(path)
        )
    return process, ours


class Worker:
    """A query worker, as the store sees it.

    :param nursery: the fork server that it came from.
    :param pid: its process id.
    :param channel: the socket on which it answers.
    :param snapshot: the id of the snapshot from which it answers.
    :param base: the base from which it was forked, which has to stay as long as it runs.
    """

    def __init__(self, nursery: Nursery, pid: int, channel: socket.socket, snapshot: str, base: Path) -> None:
        self.nursery = nursery
        self.pid = pid
        self.base = base
        #: How many bytes of writes it has gone along with.
        self.followed = 0
        self.snapshot = snapshot
        self.channel = channel
        self._loop = asyncio.get_running_loop()
        self._listening = False
        #: Takes what the worker writes, and nothing where the worker has died.
        self.listener: Callable[[bytes], None] | None = None
        #: What it has said of its end; see :func:`portsmouth.store.processes.deaths.fault`.
        self.last_words = ""
        #: Its exit status, negative for a signal, once it has ended.
        self.exited: asyncio.Future[int] = self._loop.create_future()
        #: Whether it has been made to yield; it cannot be made to hurry again, so it is not used twice.
        self.yielded = False
        #: The stances that it has been asked for, and so most likely has at hand.
        self.stances: set[Stance | None] = set()

        self.listen()

    @property
    def is_current(self) -> bool:
        """Whether it answers from what is there now."""
        return self.snapshot == self.nursery.snapshot

    def listen(self) -> None:
        """Pass what the worker writes to its listener, from now on."""
        if not self._listening and self.channel.fileno() >= 0:
            self._listening = True
            # What it writes is about another request than the one it is forked for.
            Context().run(self._loop.add_reader, self.channel.fileno(), self._receive)

    def pause(self) -> None:
        """Let the worker wait with what it writes."""
        if self._listening:
            self._listening = False
            self._loop.remove_reader(self.channel.fileno())

    def close(self) -> None:
        """Close the channel, after which the worker ends itself as soon as it is idle."""
        self.pause()
        self.channel.close()

    def hear_out(self) -> None:
        """Pass on at once what the worker has written already."""
        while self._listening and self._receive():
            pass

    def _receive(self) -> bool:
        """Pass on what has come; return whether more may have."""
        try:
            data = self.channel.recv(_RECEIVE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.pause()
        if self.listener:
            self.listener(data)
        return bool(data)

    @property
    def spent(self) -> float:
        """Processor seconds that it has had, as far as the system tells.

        Linux numbers the clocks of other processes so (clock_getcpuclockid(3)).
        """
        try:
            return time.clock_gettime(~self.pid << 3 | 2)
        except OSError:
            return 0.0

    def yield_processor(self) -> None:
        """Let processes with shorter work go first."""
        self.yielded = True
        for thread in threads(self.pid):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, thread, _LONG_RUNNING)

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.close()
        if not self.exited.done():
            self.nursery.end(self.pid)


class Nursery:
    """A running fork server.

    :param snapshot: the id of the snapshot that it holds.
    :param base: the file or directory of its snapshot's base.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes] | Prepared,
        control: socket.socket,
        snapshot: str,
        base: Path,
    ) -> None:
        self._process = process
        self.base = base
        #: How many times as long as usual its workers are worth waiting for before they yield: they are not
        #: used again then, and a new one has to copy every page that the engine touches, or to open the
        #: store on disk and read everything anew.
        self.patience = _PATIENCE_WITH_MUCH if _holds_much(base) or base.is_dir() else 1.0
        #: The snapshot from which whatever is forked from now on answers.
        self.snapshot = snapshot
        #: Where the fork server is to go before it forks again, and how many writes that is away.
        self._ahead: tuple[Path, str, int] | None = None
        self._behind = 0
        #: The snapshot and the base that the fork server has, by what it has said so far.
        self._there = (snapshot, base)
        self._control = control
        self._lines = b""
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._forks: deque[tuple[asyncio.Future[Worker], socket.socket]] = deque()
        self._advances: deque[tuple[Path, asyncio.Future[None] | None]] = deque()
        self._workers: dict[int, Worker] = {}
        #: What there was no room for on the channel, each line with the socket that is handed with it.
        self._unsaid: deque[tuple[bytes, socket.socket | None]] = deque()
        self.alive = True

    @classmethod
    async def start(
        cls,
        path: Path,
        memory_mib: int,
        snapshot: str,
        journals: Path | None = None,
        module: str = "",
        prepared: Prepared | None = None,
    ) -> Nursery:
        """Start a fork server and wait until it has the snapshot.

        :param path: the snapshot's file or directory.
        :param memory_mib: the memory budget of a worker.
        :param snapshot: the snapshot's id.
        :param journals: the folder of what has been written since, if the dataset is written.
        :param module: what workers will need, imported once for all.
        :param prepared: one that has been told to load the snapshot, to be taken where nothing is written.
        :raises StoreError: it could not load the snapshot.
        """
        process: subprocess.Popen[bytes] | Prepared
        if prepared and not journals:
            process, ours = prepared, prepared.hold(memory_mib)
        else:
            process, ours = _spawn(path, memory_mib, journals, module)
        ours.setblocking(False)
        nursery = cls(process, ours, snapshot, path)
        asyncio.get_running_loop().add_reader(ours.fileno(), nursery._listen)
        try:
            await nursery._ready
        except BaseException:
            await nursery.aclose()
            raise
        return nursery

    @property
    def workers(self) -> int:
        """How many workers are alive."""
        return len(self._workers)

    async def fork(self) -> Worker:
        """Fork a worker.

        :raises StoreError: the fork server has ended, or there is no room for another process.
        """
        self._tell()
        if not self.alive:
            raise StoreError("found that the fork server has ended; expected it to run")
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        answer: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._forks.append((answer, ours))
        self._say(b"fork\n", theirs)
        try:
            # A caller that gives up while the fork is under way must not take the next fork's answer.
            return await asyncio.shield(answer)
        except BaseException:
            if answer.done() and not answer.exception():
                answer.result().end()
            ours.close()
            raise

    def _forked(self, pid: int) -> None:
        """Note a worker at once: the next that is told may be that it has ended."""
        answer, channel = self._forks.popleft()
        # Whoever gave up has closed it, and without it the worker ends by itself.
        if channel.fileno() >= 0:
            # Lines come in order: what was forked before the fork server advanced has the old one.
            worker = self._workers[pid] = Worker(self, pid, channel, *self._there)
            answer.set_result(worker)

    def _unforked(self, reason: str) -> None:
        answer, _ = self._forks.popleft()
        answer.set_exception(
            StoreError(
                f"found that no worker could be started ({reason}); expected room for one more process"
            )
        )
        # Whoever asked may have given up, and an exception that nobody fetches would be reported.
        answer.exception()

    def follow(self, path: Path, snapshot: str, number: int) -> None:
        """Go to the next snapshot: what is forked from now on answers from it.

        The fork server itself goes there only when it is to fork, or has many writes to go along with.

        :param path: its base.
        :param snapshot: its id.
        :param number: the number of the write that led there.
        """
        self.snapshot = snapshot
        self._ahead = path, snapshot, number
        self._behind += 1
        if self._behind >= _BEHIND:
            self._tell()

    async def advance(self, path: Path, snapshot: str, number: int) -> None:
        """Go to a snapshot, and wait until the fork server is there; see :meth:`follow`.

        :raises StoreError: the fork server has ended.
        """
        if not self.alive:
            raise StoreError("found that the fork server has ended; expected it to run")
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.snapshot = snapshot
        self._ahead = path, snapshot, number
        self._tell(answer)
        await asyncio.shield(answer)

    def _tell(self, answer: asyncio.Future[None] | None = None) -> None:
        """Tell the fork server where it is to go, if it is not there.

        :param answer: what is to be settled when it is there.
        """
        if self.alive and self._ahead:
            path, snapshot, number = self._ahead
            self._ahead, self._behind = None, 0
            self._advances.append((path, answer))
            self._say(b"advance %s %d %s\n" % (snapshot.encode(), number, os.fsencode(path)))

    def alive_workers(self) -> list[Worker]:
        """Return the workers that have not ended."""
        return list(self._workers.values())

    def end(self, pid: int) -> None:
        """End a worker."""
        if self.alive:
            self._say(b"end %d\n" % pid)

    def _say(self, line: bytes, handed: socket.socket | None = None) -> None:
        """Tell the fork server something, in the order in which it is said.

        While it goes along with a great write it takes nothing, and the channel may fill. A line that
        was lost then would leave a worker running that has to end, or every later answer to another question.

        :param line: what is said.
        :param handed: what it is handed with that.
        """
        self._unsaid.append((line, handed))
        if len(self._unsaid) == 1:
            self._say_on()

    def _say_on(self) -> None:
        """Say what has not been said, as far as there is room."""
        control, loop = self._control, self._ready.get_loop()
        while self._unsaid:
            line, handed = self._unsaid[0]
            try:
                sent = socket.send_fds(control, [line], [handed.fileno()]) if handed else control.send(line)
            except BlockingIOError:
                loop.add_writer(control.fileno(), self._say_on)
                return
            except OSError:
                # It has ended just now, which settles whatever waits for it.
                self._lost()
                return
            if handed:
                handed.close()
            self._unsaid.popleft()
            if sent < len(line):
                self._unsaid.appendleft((line[sent:], None))
        loop.remove_writer(control.fileno())

    async def aclose(self) -> None:
        """End the fork server and with it every worker."""
        self._lost()
        try:
            await asyncio.to_thread(self._process.wait, _FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _listen(self) -> None:
        try:
            data = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._lines = (self._lines + data).split(b"\n")
        for line in lines:
            match line.split():
                case [b"ready"]:
                    self._ready.set_result(None)
                case [b"failed", *reason]:
                    self._fail(b" ".join(reason).decode())
                case [b"forked", pid]:
                    self._forked(int(pid))
                case [b"unforked", *reason]:
                    self._unforked(b" ".join(reason).decode())
                case [b"advanced", snapshot]:
                    self.base, answer = self._advances.popleft()
                    self._there = snapshot.decode(), self.base
                    if answer:
                        answer.set_result(None)
                case [b"exit", pid, status, *words]:
                    self._ended(int(pid), int(status), b" ".join(words).decode(errors="replace"))

    def _fail(self, reason: str) -> None:
        self._ready.set_exception(
            StoreError(
                f"found a snapshot that cannot be loaded ({reason}); expected N-Quads or a store on disk"
            )
        )

    def _ended(self, pid: int, status: int, words: str = "") -> None:
        worker = self._workers.pop(pid, None)
        if worker and not worker.exited.done():
            worker.last_words = words
            worker.exited.set_result(status)

    def _lost(self) -> None:
        """Settle everything that still waits for the fork server."""
        if not self.alive:
            return
        self.alive = False
        loop = self._ready.get_loop()
        loop.remove_reader(self._control.fileno())
        loop.remove_writer(self._control.fileno())
        self._control.close()
        for _, handed in self._unsaid:
            if handed:
                handed.close()
        self._unsaid.clear()
        unsettled: list[asyncio.Future[Any]] = [
            self._ready,
            *(answer for answer, _ in self._forks),
            *(answer for _, answer in self._advances if answer),
        ]
        for waiting in unsettled:
            if not waiting.done():
                waiting.set_exception(
                    StoreError("found that the fork server ended; expected it to fork workers")
                )
                # Nobody may be waiting any more, and an exception that nobody fetches would be reported.
                waiting.exception()
        self._forks.clear()
        self._advances.clear()
        for pid in list(self._workers):
            # The process that would have ended them is gone.
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            self._ended(pid, -signal.SIGKILL)
