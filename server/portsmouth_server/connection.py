"""A connection whose plain queries take the short way, and that is lent to a worker where they come in a row.

What a client may do on it at all is bounded by :mod:`portsmouth_server.guarded`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from portsmouth.errors import PortsmouthError
from portsmouth_server.errors import Problem
from portsmouth_server.express import Express
from portsmouth_server.guarded import Allowance, Guarded, Present
from portsmouth_server.http import Header
from portsmouth_server.viewing import reading

#: Plain queries in a row after which a connection is lent to a worker; where that was not worth it, four
#: times as many the next time, up to a bound.
_FIRST_PLAIN: Final = 2
_MOST_PLAIN: Final = 2048


def connection_class(allowance: Allowance, express: Express | None = None) -> type[Guarded]:
    """Return the class of one server's connections, for uvicorn.

    :param allowance: what clients may do.
    :param express: the short way for plain queries.
    """
    members = {"allowance": allowance, "present": Present(allowance.seconds)}
    if express is None:
        return type("Connection", (Guarded,), members)
    return type("Connection", (Connection,), {**members, "express": express})


class Connection(Guarded):
    """One connection of a client; see :class:`portsmouth.store.processes.lending.Connection`."""

    express: ClassVar[Express]

    #: Whether the request that is being read may take the short way.
    _plain = False
    #: Whether a worker has the connection, how many plain queries it has asked in a row, and how many of
    #: them show that more will come.
    _lent = False
    _plain_queries = 0
    _enough = _FIRST_PLAIN
    #: Whether it is to be closed as soon as it comes back.
    _leaving = False

    def on_headers_complete(self) -> None:
        """See whether the request may take the short way, and let it take the usual one if not."""
        if not self.takes_head():
            return
        self._plain = (
            self.express.fits(self.url, self.headers)
            and len(self.url) <= self.allowance.head
            and self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            # The usual way waits until its answer can be taken.
            and not self.flow.write_paused
        )
        if not self._plain:
            self.begin()

    def on_message_complete(self) -> None:
        """Answer a plain query, or pass on that a request has been read."""
        if self._plain:
            self._plain = self.receiving = False
            if self.express.take(self, self.url):
                return
            self.begin()
        super().on_message_complete()

    def name_of(self, headers: Sequence[Header]) -> bytes:
        """Return the id of a request, as every other is named."""
        return self.express.observer.name(headers)

    def shutdown(self) -> None:
        """Close the connection as soon as what was asked on it is answered."""
        if self._lent and self.express.lanes:
            self._leaving = True
            self.express.lanes.call_home()
        else:
            super().shutdown()

    # --- lending

    def plain_answered(self) -> None:
        """Be told that a plain query has been answered here."""
        self._plain_queries += 1
        if self._plain_queries >= self._enough and self.express.lanes:
            # What has come together with this request is read first.
            self.loop.call_soon(self._lend)

    def _lend(self) -> None:
        """Let a worker have the connection, if nothing is under way on it."""
        cycle = self.cycle
        if cycle is None or not cycle.response_complete or not cycle.keep_alive:
            return
        if self._lent or self.receiving or self.pipeline or self.transport.is_closing():
            return
        lanes = self.express.lanes
        # What is still to be sent goes out first.
        if self.transport.get_write_buffer_size() or lanes is None:
            return
        if lanes.lend(self):
            self._lent = True
            self._unset_keepalive_if_required()
            self.flow.pause_reading()

    def fileno(self) -> int:
        """Return the file descriptor of the connection."""
        number: int = self.transport.get_extra_info("socket").fileno()
        return number

    def returned(self, unread: bytes, unsent: bytes, *, again: bool) -> None:
        """Take the connection back; see :class:`portsmouth.store.processes.lending.Connection`."""
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
        """Tell what became of a query; see :class:`~portsmouth.store.processes.lending.Connection`."""
        self._lent = False
        if error is None:
            self.transport.abort()
            return
        problem = Problem.from_error(error)
        name = self.express.count_failure(self, called, problem.status, seconds)
        # What was asked last before the connection was lent came from the same reader.
        with reading(self.headers):
            self.transport.write(self.on_the_wire(problem, name, self.express.refusal))
        self.transport.close()
