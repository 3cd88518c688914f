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

from time import perf_counter
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from portsmouth.errors import PortsmouthError
from portsmouth.store.processes.lending import Speaking
from portsmouth.store.protocol import Query, Store
from portsmouth_server import plain, urls
from portsmouth_server.answering import Answering
from portsmouth_server.exchange import Exchange, Shared
from portsmouth_server.http import Header
from portsmouth_server.operating.door import Door
from portsmouth_server.operating.observing import Observer
from portsmouth_server.recording import response_name
from portsmouth_server.refusals import refusal_headers
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from portsmouth.store.processes.answer import EmbeddedAnswer
    from portsmouth.store.processes.lending import Lanes


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
        self._heads = tuple(f"{path}{urls.SPARQL}?" for path in sorted({"", settings.root_path}))
        self._heads_on_the_wire = tuple(head.encode() for head in self._heads)
        #: Headers of a refusal beside the problem's own.
        self.refusal = refusal_headers(answering.cors)
        self._shared = Shared(answering, observer, settings.client_seconds, self.refusal)
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
        begun = perf_counter()
        if not url.startswith(self._heads_on_the_wire):
            known = self.answering.kept.find(self.store.snapshot, response_name(url, connection.headers))
            if known is None:
                return False
            Exchange(self._shared, connection, begun, plainly=False).send_whole(known)
            return True
        accept = None
        for key, value in connection.headers:
            if key == b"accept":
                if accept is not None:
                    return False
                accept = value
        name = (url, accept)
        if kept := self.answering.kept.named(self.store.snapshot, name):
            Exchange(self._shared, connection, begun).send_whole(*kept)
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
        Exchange(self._shared, connection, begun).wait_for(answer, query, name, address)
        return True
