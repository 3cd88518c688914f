"""One plain query and its answer, or one page that is kept: what uvicorn's cycle is for other requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from portsmouth.errors import PortsmouthError
from portsmouth.store.protocol import Query
from portsmouth_server.answering import Answering
from portsmouth_server.answers import KeptAnswer, header_lines
from portsmouth_server.errors import Problem
from portsmouth_server.http import REQUEST_ID, Header, status_line
from portsmouth_server.operating.logs import request_id
from portsmouth_server.operating.observing import Observer
from portsmouth_server.viewing import reading

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from portsmouth.store.processes.answer import EmbeddedAnswer

#: An answer of which so much waits is sent before its end has come.
_STREAM_FROM: Final = 64 << 10

log = logging.getLogger("portsmouth_server")


@dataclass(frozen=True, slots=True)
class Shared:
    """What all exchanges of one server share.

    :param answering: what names the headers of answers and keeps them.
    :param observer: what counts requests.
    :param seconds: how long a client may take for a part of its answer.
    :param refusal: headers of a refusal beside the problem's own.
    """

    answering: Answering
    observer: Observer
    seconds: float
    refusal: Sequence[Header]


class _Never:
    """Stands where uvicorn keeps the event that wakes a task; here no task sleeps."""

    def set(self) -> None:
        """Wake nobody."""


class Exchange:
    """One request and its answer; to uvicorn it looks like its own cycle of request and response.

    :param shared: what it shares with others.
    :param connection: where it came.
    :param begun: when the request was taken up, by the performance counter.
    :param plainly: whether it is a plain query.
    """

    message_event: Final = _Never()

    def __init__(
        self, shared: Shared, connection: HttpToolsProtocol, begun: float, *, plainly: bool = True
    ) -> None:
        self._shared = shared
        self._connection: Any = connection
        self._begun = begun
        self._name_of_request = shared.observer.name(connection.headers)
        # They are the next request's as soon as that begins.
        self._headers_of_request, self._url = connection.headers, connection.url
        self._status = 0
        self._answer: EmbeddedAnswer | None = None
        self._streaming: asyncio.Task[None] | None = None
        self.response_started = self.response_complete = False
        self.keep_alive = True
        self.body = b""
        self.more_body = False
        self._disconnected = False
        self._plain = plainly
        connection.cycle = self  # type: ignore[assignment]

    @property
    def disconnected(self) -> bool:
        """Whether the client has gone."""
        return self._disconnected

    @disconnected.setter
    def disconnected(self, gone: bool) -> None:
        self._disconnected = gone
        answer = self._answer
        if not gone or answer is None:
            return
        self._answer = None
        self._count()
        if self._streaming is not None:
            self._streaming.cancel()
        # Its query is of no use to anybody. A task that had not begun would not have ended it.
        self._shared.answering.start(answer.aclose())

    def wait_for(self, answer: EmbeddedAnswer, query: Query, name: object, address: bytes) -> None:
        """Send an answer when it comes.

        :param answer: the answer.
        :param query: what it answers.
        :param name: the name of the request, under which the answer is kept.
        :param address: the parameters of the request, still percent-encoded.
        """
        self._answer, self._query, self._name = answer, query, name
        self._link = self._shared.answering.link(address, query)
        answer.on_change = self._changed
        if answer.begun:
            self._changed()

    def send_whole(self, kept: KeptAnswer, link: bytes = b"") -> None:
        """Send an answer that is all there.

        :param kept: the answer.
        :param link: its Link header.
        """
        head = self._begin() + (b"link: %b\r\n" % link if link else b"") + kept.head
        transport = self._connection.transport
        if len(kept.body) < _STREAM_FROM:
            transport.write(head + kept.body)
        else:
            transport.write(head)
            transport.write(kept.body)
        self._complete()

    def _changed(self) -> None:
        answer = self._answer
        if answer is None:
            # The client has gone.
            return
        if answer.complete:
            headers, body = self._headers(answer), answer.take_all()
            self.send_whole(self._keep(headers, body), self._link)
        elif answer.ended or answer.waiting >= _STREAM_FROM:
            answer.on_change = lambda: None
            self._streaming = self._shared.answering.start(self._stream(answer))

    async def _stream(self, answer: EmbeddedAnswer) -> None:
        """Send an answer part by part, or the error that it ends in."""
        request_id.set(self._name_of_request.decode())
        parts: list[bytes] | None = []
        length = 0
        try:
            await answer.head()
            transport, flow = self._connection.transport, self._connection.flow
            headers = self._headers(answer)
            transport.write(
                self._begin()
                + header_lines([*headers, (b"link", self._link), (b"transfer-encoding", b"chunked")])
            )
            self.response_started = True
            async for chunk in answer:
                if flow.write_paused:
                    async with asyncio.timeout(self._shared.seconds):
                        await flow.drain()
                transport.writelines([b"%x\r\n" % len(chunk), chunk, b"\r\n"])
                if parts is not None:
                    parts.append(chunk)
                    length += len(chunk)
                    if not self._shared.answering.kept.room_for(length):
                        parts = None
        except Exception as error:
            self._fail(error)
            return
        finally:
            await answer.aclose()
        transport.write(b"0\r\n\r\n")
        if parts is not None:
            self._keep(headers, b"".join(parts))
        self._complete()

    def _fail(self, error: Exception) -> None:
        """Tell the client that there is no answer, or that it is not whole."""
        foreseen = isinstance(error, (PortsmouthError, TimeoutError))
        if self.response_started:
            # Half an answer must not look like a whole one (RFC 9112, section 8).
            told = "an answer was cut off after its head had been sent: %s"
            log.warning(told, error, exc_info=not foreseen)
            self._answer = None
            self._connection.transport.close()
            self._count()
        elif isinstance(error, PortsmouthError):
            self._refuse(Problem.from_error(error))
        else:
            self._refuse(Problem.from_accident(error))

    def _headers(self, answer: EmbeddedAnswer) -> tuple[Header, ...]:
        # A query that had to wait may be answered from a later snapshot than the one it came to.
        self._snapshot = answer.snapshot
        return self._shared.answering.headers(self._query, self._snapshot, answer.media_type)

    def _keep(self, headers: tuple[Header, ...], body: bytes) -> KeptAnswer:
        answering = self._shared.answering
        if not answering.kept.worth(self._name, perf_counter() - self._begun, len(body)):
            return KeptAnswer(headers, body)
        return answering.keep(self._query, self._snapshot, headers, body, self._name, self._link)

    def _refuse(self, problem: Problem) -> None:
        with reading(self._headers_of_request):
            body = problem.body()
            length = (b"content-length", str(len(body)).encode())
            headers = [*self._shared.refusal, *problem.data_headers(), length]
        self._connection.transport.write(self._begin(problem.status) + header_lines(headers) + body)
        self._complete()

    def _begin(self, status: int = 200) -> bytes:
        """Return how a response begins: the status and what is said of every response."""
        self._status = status
        lines = [status_line(status)]
        for name, value in self._connection.server_state.default_headers:
            lines += [name, b": ", value, b"\r\n"]
        lines += [REQUEST_ID, b": ", self._name_of_request, b"\r\n"]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        return b"".join(lines)

    def _complete(self) -> None:
        self.response_started = self.response_complete = True
        self._answer = None
        self._count()
        if not self.keep_alive:
            self._connection.transport.close()
        self._connection.on_response_complete()
        if self._plain:
            self._connection.plain_answered()

    def _count(self) -> None:
        seconds = perf_counter() - self._begun
        peer = (self._connection.client or ("",))[0]
        path = self._url.partition(b"?")[0].decode()
        self._shared.observer.ended(
            self._name_of_request, "GET", path, self._status, seconds, peer, self._headers_of_request
        )
