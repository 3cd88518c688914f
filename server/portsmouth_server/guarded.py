"""uvicorn's HTTP connection with five gaps closed.

What is no HTTP at all is answered with problem details like everything else,
after whatever was asked before it; a head may not grow without end; a client
that begins a request must finish its head in time, and one that reads nothing
is given up; and there may be only so many connections, of all clients and of
one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from portsmouth_server.answers import header_lines
from portsmouth_server.errors import Problem
from portsmouth_server.http import REQUEST_ID, Header, status_line
from portsmouth_server.readers import MUCH, Readers

#: Seconds that a client has to speak who will only be told that there is no room.
_FAREWELL: Final = 2.0
#: Requests of one client that may wait before no more is read of what it asks.
_MOST_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Allowance:
    """What clients may do.

    :param head: bytes of a request's head.
    :param body: bytes of a request's body that the application reads.
    :param seconds: how long a head may take to arrive, and a client may take nothing of an answer.
    :param connections: connections that may be open at once; 0 for any number.
    :param of_one: connections that one address may have; 0 for any number.
    """

    head: int
    body: int
    seconds: float
    connections: int = 0
    of_one: int = 0


class Present:
    """The clients of one server, as far as its connections must know of one another.

    :param seconds: how long a client may take nothing of an answer.
    """

    def __init__(self, seconds: float) -> None:
        #: Connections by address.
        self.addresses: Counter[str] = Counter()
        self.readers = Readers(seconds)


class _Gentle:
    """A transport whose end waits for the end of the request.

    :param connection: whose it is.
    """

    def __init__(self, connection: Guarded) -> None:
        self._transport = connection.transport
        self.write = self._transport.write
        self.is_closing = self._transport.is_closing
        self.close = connection.close_when_read


class Guarded(HttpToolsProtocol):
    """One connection of a client, who may do only so much. A server has a subclass with its own clients."""

    allowance: ClassVar[Allowance]
    present: ClassVar[Present]

    url = b""
    #: Whether a request is being read, whether its head is, and whether it began in what came last.
    receiving = False
    _in_head = False
    _begins = False
    #: Bytes that have come of it since, and the most that can have come of it in all.
    _bytes = 0
    _at_most = 0
    #: Whether its head was too long to go on with.
    _over = False
    _timer: asyncio.TimerHandle | None = None
    #: What is said to a client that is one too many.
    _refusal: tuple[int, str] | None = None
    #: What is said, and the end, once everything that was asked before is answered.
    _last_words = b""
    #: Whether nothing more is sent, and the request is only read to its end.
    _ends = False
    unsent = MUCH

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and give it some time to say something."""
        super().connection_made(transport)
        #: What is being answered, or waits for that, while more has been asked.
        self._begun: list[Any] = []
        #: What takes the body that is being read.
        self._reading_for: Any = None
        self._gentle: Any = _Gentle(self)
        present, allowance = self.present, self.allowance
        present.readers.watch(self.connections, self.loop)  # type: ignore[arg-type]  # all are of this class
        self._address = self.client[0] if self.client else ""
        present.addresses[self._address] += 1
        patience, most, of_one = allowance.seconds, allowance.connections, allowance.of_one
        if most and len(self.connections) > most:
            self._refusal = 503, f"found {most} connections open; expected to have room for one more"
        elif of_one and present.addresses[self._address] > of_one:
            self._refusal = 429, f"found {of_one} connections of your address; expected no more"
        if self._refusal:
            patience = min(patience, _FAREWELL)
            if most and len(self.connections) > 2 * most:
                # Not even worth a word.
                transport.abort()
        self._timer = self.loop.call_later(patience, self._time_out)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is being answered."""
        self._stop_timer()
        addresses = self.present.addresses
        addresses[self._address] -= 1
        if not addresses[self._address]:
            del addresses[self._address]
        super().connection_lost(exc)
        for cycle in self._begun:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        # They know the connection, which so goes at once, and not only when the collector comes by.
        self._begun.clear()
        self._reading_for = self.cycle = self._gentle = None  # type: ignore[assignment]

    # --- what the parser tells

    def on_message_begin(self) -> None:
        """Give the head some time to arrive."""
        super().on_message_begin()
        # It may come together with one that has just been answered.
        self._unset_keepalive_if_required()
        self.receiving = self._in_head = self._begins = True
        self._reading_for = None
        self._bytes = 0
        if self._timer is None:
            self._timer = self.loop.call_later(self.allowance.seconds, self._time_out)

    def on_headers_complete(self) -> None:
        """Let the application begin, unless the head is too long."""
        if self.takes_head():
            self.begin()

    def takes_head(self) -> bool:
        """Say whether to go on with a head that is complete."""
        self._in_head = False
        self._stop_timer()
        most = self.allowance.head
        # Few are worth counting.
        if not self._over and self._at_most > most and _length(self.url, self.headers) > most:
            self._over = True
            self._refuse_head()
        return not self._over

    def begin(self) -> None:
        """Let the application answer the request whose head has been read."""
        before = self.cycle
        super().on_headers_complete()
        self.cycle.transport = self._gentle
        self._reading_for = self.cycle
        if before is not None and not before.response_complete:
            self._begun.append(before)
            # Were nothing read any more, nobody would learn that the client has gone.
            if len(self.pipeline) < _MOST_AT_ONCE:
                self.flow.resume_reading()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of a body."""
        if not self._over:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Pass on that a request has been read."""
        self.receiving = False
        self._stop_timer()
        if not self._over:
            super().on_message_complete()
        if self._ends:
            self.transport.close()

    # --- reading and writing

    @property
    def is_full(self) -> bool:
        """Whether nothing may be added to what waits to be sent."""
        return self.flow.write_paused

    def resume_writing(self) -> None:
        """Be told that the client reads."""
        self.unsent = MUCH
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Go on with what was asked next, or say the last words."""
        if not self.pipeline:
            self._begun.clear()
        super().on_response_complete()
        if not self._last_words or self.transport.is_closing() or self.pipeline:
            return
        # What was next in the queue has only begun.
        if self.cycle.response_complete:
            self._say_last_words()

    def data_received(self, data: bytes) -> None:
        """Read what has come, as far as one request may go."""
        if self._last_words:
            return
        if self._refusal:
            # Told only now: were something unread at the close, the client would not get to see it.
            self._stop_timer()
            self._refuse(*self._refusal)
            return
        self._begins = not self.receiving
        # With what came before it of the same message: a head in two parts is one head.
        self._at_most = len(data) if self._begins else self._at_most + len(data)
        self._feed(data)
        # The part that began the message is left out of account; the transport bounds it.
        if self._begins or not self.receiving or self.transport.is_closing():
            return
        self._bytes += len(data)
        allowance = self.allowance
        if self._in_head and self._bytes > allowance.head:
            self._refuse_head()
        elif self._bytes > allowance.head + allowance.body:
            self._read_on()

    def _feed(self, data: bytes) -> None:
        """Let the parser read what has come, beyond requests for other protocols, too.

        None is spoken here, so what follows such a request is the next one (RFC 9110, section 7.8).
        """
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError:
                told = "Invalid HTTP request received."
                self.logger.warning(told)
                self.send_400_response(told)
                return
            else:
                return

    # --- refusals

    def name_of(self, headers: Sequence[Header]) -> bytes:
        """Return the id of a request that is refused.

        :param headers: what could be read of its headers.
        """
        return token_hex(8).encode()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; see :class:`HttpToolsProtocol`."""
        if len(self.url) > self.allowance.head:
            self._refuse_head()
        else:
            self._refuse(400, "found bytes that are no HTTP request; expected HTTP/1.1")

    def _refuse_head(self) -> None:
        most = self.allowance.head
        if len(self.url) > most:
            self._refuse(414, f"found a longer address; expected at most {most} bytes, or a POST")
        else:
            self._refuse(431, f"found a longer head; expected at most {most} bytes")

    def _time_out(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._refusal:
            self._refuse(*self._refusal)
        else:
            seconds = self.allowance.seconds
            self._refuse(408, f"found no whole head after {seconds:g} seconds; expected one by then")

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int, detail: str) -> None:
        if self._last_words:
            return
        cycle = self.cycle
        # Those of the request before, if nothing of this one could be read.
        name = self.name_of(self.headers if self.receiving else ())
        self._last_words = self.on_the_wire(Problem.from_status(status, detail), name)
        if cycle is None or cycle.response_complete:
            self._say_last_words()
        elif self.receiving and self._reading_for is cycle:
            # It is about the body of the request that is being answered: in the middle of an answer there
            # is no place for another.
            if cycle.response_started:
                self.transport.close()
            else:
                self._say_last_words()

    def _say_last_words(self) -> None:
        self.transport.write(self._last_words)
        self.transport.close()

    # --- the end

    def close_when_read(self) -> None:
        """Say that nothing more is sent, and close once the request has been read.

        Were something of it unread at the close, a client that sends all of it before it reads would not get
        to see the response (RFC 9112, section 9.6).
        """
        if self.receiving and not self.transport.is_closing():
            self._ends = True
            self.transport.write_eof()
            self._read_on()
        else:
            self.transport.close()

    def _read_on(self) -> None:
        """Throw away what comes of a request that has been refused, but not for ever."""
        if self._timer is None:
            self._timer = self.loop.call_later(self.allowance.seconds, self.transport.close)

    def on_the_wire(self, problem: Problem, name: bytes, more: Sequence[Header] = ()) -> bytes:
        """Write a problem as a whole HTTP response, after which the connection is closed.

        :param problem: the problem.
        :param name: the id of the request.
        :param more: headers beside those of every response and the problem's own.
        """
        body = problem.body()
        length = str(len(body)).encode()
        headers = [
            *self.server_state.default_headers,
            (REQUEST_ID, name),
            *more,
            *problem.data_headers(),
            (b"content-length", length),
            (b"connection", b"close"),
        ]
        return status_line(problem.status) + header_lines(headers) + body


def _length(url: bytes, headers: Sequence[Header]) -> int:
    """Return about how many bytes a head has."""
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)
