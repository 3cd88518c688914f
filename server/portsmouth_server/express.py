"""The short way from a connection to the store and back, for plain queries by GET and pages that are kept.

An ASGI server makes a scope, a task and messages of every request, which costs
several times what a small query does. A plain query is answered without them:
its bytes are read where they arrive, an answer that is kept is sent at once, and
a worker's answer is sent when it comes. Whatever is not plain (pages, forms,
conditions, receipts, refusals) takes the usual way, so nothing is decided here
that is not decided there: both read a request, name its headers and keep its
answer with the same functions.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from portsmouth.errors import PortsmouthError
from portsmouth.store.lending import Speaking
from portsmouth.store.protocol import Query, Store
from portsmouth_server import plain, urls
from portsmouth_server.answering import Answering
from portsmouth_server.answers import KeptAnswer, header_lines
from portsmouth_server.errors import Problem
from portsmouth_server.http import REQUEST_ID, Header, status_line
from portsmouth_server.operating.door import Door
from portsmouth_server.operating.logs import request_id
from portsmouth_server.operating.observing import Observer
from portsmouth_server.recording import response_name
from portsmouth_server.refusals import refusal_headers
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from portsmouth.store.answer import EmbeddedAnswer
    from portsmouth.store.lending import Lanes

#: An answer of which so much waits is sent before its end has come.
_STREAM_FROM: Final = 64 << 10

log = logging.getLogger("portsmouth_server")


@runtime_checkable
class PromptStore(Store, Protocol):
    """A store that can begin an answer without waiting for anything."""

    def begin(self, query: Query) -> EmbeddedAnswer:
        """Begin to answer; see :meth:`portsmouth.store.embedded.EmbeddedStore.begin`.

        :param query: the query.
        """

    def let_speak(self, speaking: Speaking) -> None:
        """Let workers speak; see :meth:`portsmouth.store.embedded.EmbeddedStore.let_speak`.

        :param speaking: what they need for it.
        """

    @property
    def lanes(self) -> Lanes | None:
        """What lends connections to workers."""


class Express:
    """Answers plain queries of the connections of one server.

    :param store: what answers.
    :param settings: where the server is seen, and how long a client may take for a part of its answer.
    :param answering: what names the headers of answers and keeps them.
    :param door: whoever is counted there takes the usual way.
    :param observer: what counts requests.
    """

    def __init__(
        self,
        store: PromptStore,
        settings: Settings,
        answering: Answering,
        door: Door,
        observer: Observer,
    ) -> None:
        self.store = store
        self.answering = answering
        self.observer = observer
        self._door = door
        self.seconds = settings.client_seconds
        self._heads = tuple(f"{path}{urls.SPARQL}?" for path in sorted({"", settings.root_path}))
        self._heads_on_the_wire = tuple(head.encode() for head in self._heads)
        #: Headers of a refusal beside the problem's own.
        self.refusal = refusal_headers(answering.cors)
        store.let_speak(self._speaking(settings))

    def _speaking(self, settings: Settings) -> Speaking:
        """Return what workers need to answer plain queries on connections that they are lent."""
        # What is counted or logged of each client is counted and logged in one place.
        lanes = settings.lanes if self._door.open and not settings.access_log else 0
        return Speaking(
            "portsmouth_server.speaking:Speaker",
            {
                "heads": self._heads,
                "receipts": Urls(settings.root_path).receipts(),
                "cors": [(name.decode(), value.decode()) for name, value in self.answering.cors],
                "rows": self.answering.bounds.rows,
                "size": self.answering.bounds.size,
                "cache": (settings.cache << 20) // (2 * lanes) if lanes else 0,
                "longest": settings.max_head_bytes,
            },
            lanes,
        )

    @property
    def lanes(self) -> Lanes | None:
        """What lends connections to workers."""
        return self.store.lanes

    def count_failure(
        self, connection: HttpToolsProtocol, called: bytes, status: int, seconds: float
    ) -> bytes:
        """Count a request that failed on a connection that was lent, and return its id.

        :param connection: the connection.
        :param called: what the client calls it; empty where it gave it no name.
        :param status: the status of the response.
        :param seconds: how long it took.
        """
        name = called or self.observer.name(())
        peer = (connection.client or ("",))[0]
        self.observer.ended(name, "GET", self._heads[0].removesuffix("?"), status, seconds, peer, ())
        return name

    def fits(self, url: bytes, headers: list[Header]) -> bool:
        """Say whether a GET could be plain, by its address and its headers.

        :param url: the address.
        :param headers: names in lower case, with values.
        """
        return (
            self._door.open
            and all(plain.is_usual(name, value) for name, value in headers)
            and plain.could_be(url)
        )

    def take(self, connection: HttpToolsProtocol, url: bytes) -> bool:
        """Answer the request that a connection has read, or leave it for the usual way.

        :param connection: a connection that is answering nothing else.
        :param url: the request's address.
        :return: whether the request is taken care of.
        """
        if not url.startswith(self._heads_on_the_wire):
            known = self.answering.kept.find(self.store.snapshot, response_name(url, connection.headers))
            if known is None:
                return False
            _Exchange(self, connection, plainly=False).send_whole(known)
            return True
        accept = None
        for key, value in connection.headers:
            if key == b"accept":
                if accept is not None:
                    return False
                accept = value
        name = (url, accept)
        if kept := self.answering.kept.named(self.store.snapshot, name):
            _Exchange(self, connection).send_whole(*kept)
            return True
        address = url.partition(b"?")[2]
        try:
            query = plain.read(address, accept, self.answering.bounds)
            if query is None:
                return False
            answer = self.store.begin(query)
        except PortsmouthError:
            # The usual way meets it again, and knows how to tell.
            return False
        _Exchange(self, connection).wait_for(answer, query, name, address)
        return True


class _Never:
    """Stands where uvicorn keeps the event that wakes a task; here no task sleeps."""

    def set(self) -> None:
        """Wake nobody."""


class _Exchange:
    """One request and its answer; to uvicorn it looks like its own cycle of request and response.

    :param express: whose it is.
    :param connection: where it came.
    :param plainly: whether it is a plain query.
    """

    message_event: Final = _Never()

    def __init__(self, express: Express, connection: HttpToolsProtocol, *, plainly: bool = True) -> None:
        self._express = express
        self._connection: Any = connection
        self._begun = perf_counter()
        self._name_of_request = express.observer.name(connection.headers)
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
        self._express.answering.start(answer.aclose())

    def wait_for(self, answer: EmbeddedAnswer, query: Query, name: object, address: bytes) -> None:
        """Send an answer when it comes.

        :param query: what it answers.
        :param name: the name of the request, under which the answer is kept.
        :param address: the parameters of the request, still percent-encoded.
        """
        self._answer, self._query, self._name = answer, query, name
        self._asked = perf_counter()
        self._link = self._express.answering.link(address, query)
        answer.on_change = self._changed
        if answer.begun:
            self._changed()

    def send_whole(self, kept: KeptAnswer, link: bytes = b"") -> None:
        """Send an answer that is all there."""
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
            self._streaming = self._express.answering.start(self._stream(answer))

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
                    async with asyncio.timeout(self._express.seconds):
                        await flow.drain()
                transport.writelines([b"%x\r\n" % len(chunk), chunk, b"\r\n"])
                if parts is not None:
                    parts.append(chunk)
                    length += len(chunk)
                    if not self._express.answering.kept.room_for(length):
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
        return self._express.answering.headers(self._query, self._snapshot, answer.media_type)

    def _keep(self, headers: tuple[Header, ...], body: bytes) -> KeptAnswer:
        answering = self._express.answering
        if not answering.kept.worth(self._name, perf_counter() - self._asked, len(body)):
            return KeptAnswer(headers, body)
        return answering.keep(self._query, self._snapshot, headers, body, self._name, self._link)

    def _refuse(self, problem: Problem) -> None:
        body = problem.body()
        length = (b"content-length", str(len(body)).encode())
        headers = [*self._express.refusal, *problem.data_headers(), length]
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
        self._express.observer.ended(
            self._name_of_request, "GET", path, self._status, seconds, peer, self._headers_of_request
        )
