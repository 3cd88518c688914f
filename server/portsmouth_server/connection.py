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
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal

from portsmouth.errors import PortsmouthError
from portsmouth_server.answers import header_lines
from portsmouth_server.errors import Problem
from portsmouth_server.express import Express
from portsmouth_server.http import REQUEST_ID, Header, status_line
from portsmouth_server.readers import MUCH, Readers

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Seconds that a client has to speak who will only be told that there is no room.
_FAREWELL = 2.0
#: Plain queries in a row after which a connection is lent to a worker; where that was not worth it, four
#: times as many the next time, up to a bound.
_FIRST_PLAIN = 2
_MOST_PLAIN = 2048
#: Requests of one client that may wait before no more is read of what it asks.
_MOST_AT_ONCE = 16
#: How many times the longest body a message may have before it is no longer even thrown away.
_PATIENCE = 4


def connection_class(
    max_head: int,
    max_body: int,
    seconds: float,
    most: int = 0,
    most_of_one: int = 0,
    express: Express | None = None,
) -> type[HttpToolsProtocol] | Literal["auto"]:
    """Return the class of connections for uvicorn, its own choice where httptools is missing.

    :param max_head: bytes of a request's head.
    :param max_body: bytes of a request's body that the application reads.
    :param seconds: how long a head may take to arrive, and a client may take nothing of an answer.
    :param most: connections that may be open at once; 0 for any number.
    :param most_of_one: connections that one address may have; 0 for any number.
    :param express: the short way for plain queries.
    """
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        return "auto"

    addresses: Counter[str] = Counter()
    readers = Readers(seconds)

    class Connection(HttpToolsProtocol):
        """One connection of a client."""

        url = b""
        _receiving = False
        _in_head = False
        #: Whether a message has begun in what came last.
        _begins = False
        _bytes = 0
        _timer: asyncio.TimerHandle | None = None
        #: What is said to a client that is one too many.
        _refusal: tuple[int, str] | None = None
        #: Whether the request that is being read may take the short way.
        _plain = False
        #: Bytes that have come at once, and whether a head among them was too long to go on with.
        _at_once = 0
        _over = False
        #: Whether a worker has the connection, how many plain queries it has asked in a row, and how many of
        #: them show that more will come.
        _lent = False
        _plain_queries = 0
        _enough = _FIRST_PLAIN
        #: Whether it is to be closed as soon as it comes back.
        _leaving = False
        #: What is said, and the end, once everything that was asked before is answered.
        _last_words = b""
        unsent = MUCH

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            #: What is being answered, or waits for that, while more has been asked.
            self._begun: list[Any] = []
            #: What takes the body that is being read.
            self._reading_for: Any = None
            readers.watch(self.connections, self.loop)  # type: ignore[arg-type]  # all are of this class
            self._address = self.client[0] if self.client else ""
            addresses[self._address] += 1
            patience = seconds
            if most and len(self.connections) > most:
                self._refusal = 503, f"found {most} connections open; expected to have room for one more"
            elif most_of_one and addresses[self._address] > most_of_one:
                self._refusal = 429, f"found {most_of_one} connections of your address; expected no more"
            if self._refusal:
                patience = min(seconds, _FAREWELL)
                if most and len(self.connections) > 2 * most:
                    # Not even worth a word.
                    transport.abort()
            self._timer = self.loop.call_later(patience, self._time_out)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
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
            self._reading_for = self.cycle = None  # type: ignore[assignment]

        def on_message_begin(self) -> None:
            super().on_message_begin()
            # It may come together with one that has just been answered.
            self._unset_keepalive_if_required()
            self._receiving = self._in_head = self._begins = True
            self._reading_for = None
            self._bytes = 0
            if self._timer is None:
                self._timer = self.loop.call_later(seconds, self._time_out)

        def on_headers_complete(self) -> None:
            self._in_head = False
            self._stop_timer()
            # What came in small pieces has been counted on its way.
            if not self._over and self._at_once > max_head and _length(self.url, self.headers) > max_head:
                self._over = True
                self._refuse_head()
            if self._over:
                return
            self._plain = (
                express is not None
                and express.fits(self.url, self.headers)
                and len(self.url) <= max_head
                and self.parser.get_method() == b"GET"
                and self.parser.get_http_version() == "1.1"
                and (self.cycle is None or self.cycle.response_complete)
                and not self.pipeline
                # The usual way waits until its answer can be taken.
                and not self.flow.write_paused
            )
            if not self._plain:
                before = self.cycle
                super().on_headers_complete()
                self._reading_for = self.cycle
                if before is not None and not before.response_complete:
                    self._begun.append(before)
                    # Were nothing read any more, nobody would learn that the client has gone.
                    if len(self.pipeline) < _MOST_AT_ONCE:
                        self.flow.resume_reading()

        def on_body(self, body: bytes) -> None:
            if not self._over:
                super().on_body(body)

        def on_message_complete(self) -> None:
            self._receiving = False
            if self._over:
                return
            if self._plain:
                self._plain = False
                if express is not None and express.take(self, self.url):
                    return
                super().on_headers_complete()
            super().on_message_complete()

        @property
        def is_full(self) -> bool:
            """Whether nothing may be added to what waits to be sent."""
            return self.flow.write_paused

        def resume_writing(self) -> None:
            self.unsent = MUCH
            super().resume_writing()

        def on_response_complete(self) -> None:
            if not self.pipeline:
                self._begun.clear()
            super().on_response_complete()
            if not self._last_words or self.transport.is_closing() or self.pipeline:
                return
            # What was next in the queue has only begun.
            if self.cycle.response_complete:
                self._say_last_words()

        def data_received(self, data: bytes) -> None:
            if self._last_words:
                return
            if self._refusal:
                # Told only now: were something unread at the close, the client would not get to see it.
                self._stop_timer()
                self._refuse(*self._refusal)
                return
            self._begins = not self._receiving
            self._at_once = len(data)
            super().data_received(data)
            # The part that began the message is left out of account; the transport bounds it.
            if self._begins or not self._receiving or self.transport.is_closing():
                return
            self._bytes += len(data)
            if self._in_head and self._bytes > max_head:
                self._refuse_head()
            elif self._bytes > max_head + _PATIENCE * max_body:
                self.transport.close()

        def shutdown(self) -> None:
            if self._lent and express is not None and express.lanes:
                self._leaving = True
                express.lanes.call_home()
            else:
                super().shutdown()

        def plain_answered(self) -> None:
            """Be told that a plain query has been answered here."""
            self._plain_queries += 1
            if self._plain_queries >= self._enough and express is not None and express.lanes:
                # What has come together with this request is read first.
                self.loop.call_soon(self._lend)

        def _lend(self) -> None:
            """Let a worker have the connection, if nothing is under way on it."""
            cycle = self.cycle
            if cycle is None or not cycle.response_complete or not cycle.keep_alive:
                return
            if self._lent or self._receiving or self.pipeline or self.transport.is_closing():
                return
            # What is still to be sent goes out first.
            if self.transport.get_write_buffer_size() or express is None or express.lanes is None:
                return
            if express.lanes.lend(self):
                self._lent = True
                self._unset_keepalive_if_required()
                self.flow.pause_reading()

        def fileno(self) -> int:
            """Return the file descriptor of the connection."""
            number: int = self.transport.get_extra_info("socket").fileno()
            return number

        def returned(self, unread: bytes, unsent: bytes, *, again: bool) -> None:
            """Take the connection back; see :class:`portsmouth.store.lending.Connection`."""
            self._lent = False
            self._plain_queries = 0
            if not again:
                self._enough = min(_MOST_PLAIN, self._enough * 4)
            if self.transport.is_closing():
                return
            if unsent:
                self.transport.write(unsent)
            if self._leaving:
                super().shutdown()
                return
            self.flow.resume_reading()
            if unread:
                self.data_received(unread)
            else:
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )

        def failed(self, error: PortsmouthError | None, called: bytes, seconds: float) -> None:
            """Tell the client what became of its query; see :class:`portsmouth.store.lending.Connection`."""
            self._lent = False
            if error is None or express is None:
                self.transport.abort()
                return
            problem = Problem.from_error(error)
            name = express.count_failure(self, called, problem.status, seconds)
            headers = [*self.server_state.default_headers, (REQUEST_ID, name), *express.refusal]
            self.transport.write(_on_the_wire(problem, headers))
            self.transport.close()

        def send_400_response(self, msg: str) -> None:
            if len(self.url) > max_head:
                self._refuse_head()
            else:
                self._refuse(400, "found bytes that are no HTTP request; expected HTTP/1.1")

        def _refuse_head(self) -> None:
            if len(self.url) > max_head:
                self._refuse(414, f"found a longer address; expected at most {max_head} bytes, or a POST")
            else:
                self._refuse(431, f"found a longer head; expected at most {max_head} bytes")

        def _time_out(self) -> None:
            self._timer = None
            if self.transport.is_closing():
                return
            if self._refusal:
                self._refuse(*self._refusal)
            else:
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
            headers = self.headers if self._receiving else ()
            name = express.observer.name(headers) if express else token_hex(8).encode()
            told = [*self.server_state.default_headers, (REQUEST_ID, name)]
            self._last_words = _on_the_wire(Problem.from_status(status, detail), told)
            if cycle is None or cycle.response_complete:
                self._say_last_words()
            elif self._receiving and self._reading_for is cycle:
                # It is about the body of the request that is being answered: in the middle of an answer there
                # is no place for another.
                if cycle.response_started:
                    self.transport.close()
                else:
                    self._say_last_words()

        def _say_last_words(self) -> None:
            self.transport.write(self._last_words)
            self.transport.close()

    return Connection


def _length(url: bytes, headers: list[Header]) -> int:
    """Return about how many bytes a head has."""
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


def _on_the_wire(problem: Problem, more: Sequence[Header] = ()) -> bytes:
    """Write a problem as a whole HTTP response.

    :param more: headers beside the problem's own.
    """
    body = problem.body()
    length = str(len(body)).encode()
    headers = [*more, *problem.data_headers(), (b"content-length", length), (b"connection", b"close")]
    return status_line(problem.status) + header_lines(headers) + body
