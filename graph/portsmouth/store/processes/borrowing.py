"""A worker that has been lent connections: it reads what clients ask and answers them itself.

Passing a small query to a worker and its answer back costs several times what
the query does. So the store lends a worker the connections of clients that ask
one plain query after another. The worker knows nothing but whole plain queries:
whatever else comes on a connection, it gives the connection back with the bytes
that it has read, and the store's owner goes on from there.

A worker cannot stop an evaluation. While it evaluates it does not hold the lock
of its slot (:mod:`portsmouth.store.processes.slots`), so that the store can take back
every connection but the one that asked; the worker goes home as soon as it has
answered that, or is ended at the deadline.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from portsmouth.store.processes import frames
from portsmouth.store.processes.slots import LONGEST_REQUEST, Slot
from portsmouth.store.protocol import Query
from portsmouth.store.sparql.lexer import glance

_RECEIVE: Final = 64 << 10
#: Bytes of an answer that are kept in memory to be sent in one piece; longer ones are left to the store.
_LONGEST: Final = 16 << 20
#: Bytes of an answer that are put behind its head, as one short piece is sent quicker than two.
_SHORT: Final = 64 << 10
#: Seconds for which a client may make others wait by not reading its answer: at once, and with one answer.
_PATIENCE: Final = 0.01
_PATIENCE_ALTOGETHER: Final = 0.05
#: Seconds after which a connection on which nothing comes is given back.
_QUIET: Final = 1.0
#: File descriptors that come at once.
_AT_ONCE: Final = 64

#: A connection that is given back: its number, and how many bytes of an answer are still to be sent on it.
RETURNED: Final = struct.Struct("!QI")
#: The head and the body of a response.
Response: TypeAlias = tuple[bytes, bytes]


class Request(Protocol):
    """A request that a speaker has understood."""

    @property
    def query(self) -> Query:
        """What it asks."""

    @property
    def called(self) -> bytes:
        """What the client calls the request; empty where it gives it no name."""


class Speaker(Protocol):
    """Speaks the protocol of the connections that are lent."""

    def read(self, data: bytes, snapshot: str) -> Request | Response | None:
        """Read a request.

        :param data: what has come on a connection.
        :param snapshot: the snapshot that will answer.
        :return: what is asked, or the response where that is at hand; ``None`` where this is not one whole
            request that can be answered here.
        :raises PortsmouthError: the request deserves an error, which is told elsewhere.
        """

    def head(self, request: Request, media_type: str, body: bytes, seconds: float) -> bytes:
        """Return the head of the response to a request.

        :param request: what was read.
        :param media_type: the media type of the body.
        :param body: the answer.
        :param seconds: how long the evaluation took.
        """


class _TooLongError(Exception):
    """An answer is longer than what is kept in memory here."""


class _Body:
    """A binary file that keeps what is written, up to a length."""

    __slots__ = ("_length", "_parts")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def write(self, data: bytes) -> int:
        self._length += len(data)
        if self._length > _LONGEST:
            raise _TooLongError
        self._parts.append(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: it is all here."""

    def whole(self) -> bytes:
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


@dataclass(slots=True)
class _Lent:
    number: int
    socket: socket.socket
    last: float


class Borrower:
    """Serves the connections that come over a channel until they are called home.

    :param channel: the worker's channel to the store.
    :param slot: what both know at any moment.
    :param speaker: what speaks to clients.
    :param snapshot: the id of the snapshot that answers.
    :param evaluate: evaluates a query into a file and returns the media type.
    :param follow: goes along with a write.
    """

    def __init__(
        self,
        channel: socket.socket,
        slot: Slot,
        speaker: Speaker,
        snapshot: str,
        evaluate: Callable[[Query, Any], str],
        follow: Callable[[bytes], None],
    ) -> None:
        self._channel = channel
        self._slot = slot
        self._speaker = speaker
        self._snapshot = snapshot
        self._evaluate = evaluate
        self._follow = follow
        self._reader = frames.Reader()
        self._lent: dict[int, _Lent] = {}
        self._writes = 0
        self._home = False
        self._next_look = 0.0
        self._poll = select.epoll()

    def run(self) -> bool:
        """Serve until all connections are called home.

        :return: whether the store is still there.
        """
        slot = self._slot
        with self._poll:
            self._poll.register(self._channel.fileno(), select.EPOLLIN)
            slot.lock()
            self._channel.sendall(frames.pack(frames.LANE))
            try:
                while not self._home:
                    slot.unlock()
                    events = self._poll.poll(_QUIET if self._lent else None)
                    slot.lock()
                    if not self._serve([file for file, _ in events]):
                        return False
            finally:
                self._leave()
                slot.unlock()
        self._channel.sendall(frames.pack(frames.HOME))
        return True

    def _serve(self, ready: list[int]) -> bool:
        """Serve what has come; return whether the store is still there."""
        slot, mine = self._slot, self._channel.fileno()
        # First what the store says: where a client's turn had read it already, reading would wait for more.
        if mine in ready and not slot.called_home and not self._obey():
            return False
        for file in ready:
            if slot.called_home:
                # The store has them all; what it has sent before it called is not wanted any more.
                return self._wait_for_the_call()
            if file in self._lent:
                # Whoever has been told of a write asks after it, so the write has been noted by now.
                while slot.writes != self._writes and not self._home:
                    if not self._obey():
                        return False
                if file in self._lent:
                    self._turn(file)
        if slot.called_home:
            return self._wait_for_the_call()
        self._look()
        return True

    def _look(self) -> None:
        """Give connections back on which nothing has come for a while, however busy the others are."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _QUIET
        for file in [file for file, lent in self._lent.items() if lent.last < now - _QUIET]:
            self._give_back(file)

    def _wait_for_the_call(self) -> bool:
        while not self._home:
            if not self._obey():
                return False
        return True

    def _obey(self) -> bool:
        """Do what the store says next; return whether it is still there."""
        data, files, _, _ = socket.recv_fds(self._channel, _RECEIVE, _AT_ONCE)
        if not data:
            return False
        for frame in self._reader.feed(data):
            match frame.kind:
                case frames.LEND:
                    self._take(int.from_bytes(frame.body), socket.socket(fileno=files.pop(0)))
                case frames.FOLLOW:
                    self._follow(frame.body)
                case frames.SNAPSHOT:
                    self._snapshot = frame.body.decode()
                    self._writes += 1
                case frames.SHARE:
                    self._share(int.from_bytes(frame.body))
                case frames.HOME:
                    self._home = True
                    if not self._slot.called_home:
                        for file in list(self._lent):
                            self._give_back(file)
        return True

    def _take(self, number: int, connection: socket.socket) -> None:
        if self._slot.called_home or self._home:
            connection.close()
            return
        connection.setblocking(False)
        self._lent[connection.fileno()] = _Lent(number, connection, time.monotonic())
        self._poll.register(connection.fileno(), select.EPOLLIN)

    def _share(self, number: int) -> None:
        """Give the busiest connections back, with whatever has come on them, for another to serve."""
        busiest = sorted(self._lent, key=lambda file: self._lent[file].last, reverse=True)
        for file in busiest[:number]:
            self._give_back(file)

    def _turn(self, file: int) -> None:
        """Answer what has come on a connection, or give it back."""
        lent, slot = self._lent[file], self._slot
        began = time.monotonic()
        slot.connection = lent.number
        try:
            data = lent.socket.recv(_RECEIVE)
        except BlockingIOError:
            slot.connection = 0
            return
        except OSError:
            data = b""
        response, found = self._response(lent.number, data)
        if response is None:
            self._give_back(file, data)
        elif (unsent := self._send(lent.socket, response)) is None:
            self._give_back(file)
        else:
            lent.last = time.monotonic()
            slot.count(lent.last - began, found)
            if unsent or slot.called_home:
                self._give_back(file, unsent=unsent)
        slot.connection = 0

    def _response(self, number: int, data: bytes) -> tuple[Response | None, bool]:
        """Return the response to what has come, and whether it had been kept."""
        slot = self._slot
        try:
            request = self._speaker.read(data, self._snapshot) if data else None
        except Exception:  # whatever it is, the store meets it again, and knows how to tell
            return None, False
        if request is None:
            return None, False
        if isinstance(request, tuple):
            return request, True
        sorts = "ORDER" in glance(request.query.text).upper
        if sorts and len(data) > LONGEST_REQUEST:
            return None, False
        body = _Body()
        began = time.perf_counter()
        # Where the engine falls over sorting, the store has it sort otherwise.
        slot.begin(number, request.called, data if sorts else b"")
        try:
            media_type = self._evaluate(request.query, body)
        except Exception:  # the store meets it again, and knows how to tell
            slot.end()
            return None, False
        # What is no Exception ends this process in the middle of the evaluation, which the store tells.
        slot.end()
        try:
            whole = body.whole()
            head = self._speaker.head(request, media_type, whole, time.perf_counter() - began)
        except MemoryError:
            return None, False
        return (head, whole), False

    def _send(self, connection: socket.socket, response: Response) -> bytes | None:
        """Send a response; return what the client does not take now, ``None`` where it is gone."""
        head, body = response
        waiting = [memoryview(head), memoryview(body)] if len(body) > _SHORT else [memoryview(head + body)]
        patience = _PATIENCE_ALTOGETHER
        while waiting:
            try:
                sent = connection.sendmsg(waiting)
            except BlockingIOError:
                before = time.monotonic()
                if patience <= 0 or not _takes_more(connection):
                    return b"".join(waiting)
                patience -= time.monotonic() - before
                continue
            except OSError:
                return None
            while waiting and sent >= len(waiting[0]):
                sent -= len(waiting.pop(0))
            if sent:
                waiting[0] = waiting[0][sent:]
        return b""

    def _give_back(self, file: int, unread: bytes = b"", unsent: bytes = b"") -> None:
        """Give a connection back to the store.

        :param unread: what has come on it and is not answered.
        :param unsent: what is still to be sent on it.
        """
        lent = self._lent.pop(file)
        with suppress(OSError):
            self._poll.unregister(file)
        lent.socket.close()
        body = RETURNED.pack(lent.number, len(unsent)) + unsent + unread
        self._channel.sendall(frames.pack(frames.BACK, body))

    def _leave(self) -> None:
        """Let go of all connections: the store has them."""
        for lent in self._lent.values():
            lent.socket.close()
        self._lent.clear()


def _takes_more(connection: socket.socket) -> bool:
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLOUT)
    return bool(waiting.poll(1000 * _PATIENCE))


def borrow(
    channel: socket.socket,
    slot: Path,
    speaker: Speaker,
    snapshot: str,
    evaluate: Callable[[Query, Any], str],
    follow: Callable[[bytes], None],
) -> bool:
    """Serve lent connections until they are called home; see :class:`Borrower`.

    :param slot: the file of the slot.
    :return: whether the store is still there.
    """
    shared = Slot(slot)
    shared.forget()
    try:
        return Borrower(channel, shared, speaker, snapshot, evaluate, follow).run()
    finally:
        shared.close()
