"""Watching requests: each gets an id, is counted when it ends, and is logged where that is wanted."""

from __future__ import annotations

import itertools
import logging
import secrets
from collections.abc import Iterable
from time import perf_counter
from typing import Final

from portsmouth_server.http import REQUEST_ID, REQUEST_ID_VALUE, Header, Message, Scope, Send
from portsmouth_server.operating.door import Door
from portsmouth_server.operating.logs import ACCESS, request_id
from portsmouth_server.operating.metrics import Metrics

#: The longest path that is logged.
_LONGEST_PATH: Final = 200

access = logging.getLogger(ACCESS)


class Observer:
    """Watches the requests of one server.

    :param metrics: what counts them.
    :param door: what knows clients.
    :param root: what a proxy puts before every path.
    """

    def __init__(self, metrics: Metrics, door: Door, root: str = "") -> None:
        self._metrics = metrics
        self._door = door
        self._root = root
        # Unlike any of another start or another server.
        self._prefix = secrets.token_hex(6).encode() + b"-"
        self._numbers = itertools.count(1)

    def name(self, headers: Iterable[Header]) -> bytes:
        """Return the id of a request: the one that it came with, if that is a name, or a new one.

        :param headers: the request's headers.
        """
        for key, value in headers:
            if key == REQUEST_ID and REQUEST_ID_VALUE.fullmatch(value):
                return value
        return self._prefix + b"%x" % next(self._numbers)

    def watch(self, scope: Scope, send: Send) -> Watched:
        """Begin to watch a request.

        :param scope: the request.
        :param send: the way to answer it.
        """
        return Watched(self, scope, send)

    def ended(
        self,
        name: bytes,
        method: str,
        path: str,
        status: int,
        seconds: float,
        peer: str,
        headers: Iterable[Header],
    ) -> None:
        """Count a request that has ended, and log it where that is wanted.

        :param name: its id.
        :param method: its method.
        :param path: its path, without what it asks.
        :param status: the status of the response; 0 where there was none.
        :param seconds: how long it took.
        :param peer: the address at the other end of the connection.
        :param headers: the request's headers.
        """
        self._metrics.count(method, path.removeprefix(self._root) or "/", status, seconds)
        if access.isEnabledFor(logging.INFO):
            fields = {
                "method": method,
                "path": path[:_LONGEST_PATH],
                "status": status or None,
                "milliseconds": round(seconds * 1000, 2),
                "client": self._door.client(peer, headers),
            }
            token = request_id.set(name.decode())
            access.info("request", extra={"fields": fields})
            request_id.reset(token)


class Watched:
    """A way to answer one request that remembers how far the answer has come."""

    __slots__ = ("_begun", "_name", "_observer", "_scope", "_send", "complete", "status")

    def __init__(self, observer: Observer, scope: Scope, send: Send) -> None:
        self._begun = perf_counter()
        self._observer = observer
        self._scope = scope
        self._send = send
        self._name = observer.name(scope["headers"])
        request_id.set(self._name.decode())
        #: The status of the response, 0 before there is one.
        self.status = 0
        self.complete = False

    async def __call__(self, message: Message, /) -> None:
        """Send a message; the first of an answer carries the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], (REQUEST_ID, self._name)]}
        await self._send(message)
        self.complete = message["type"] == "http.response.body" and not message.get("more_body", False)

    def end(self) -> None:
        """Count the request."""
        scope = self._scope
        seconds = perf_counter() - self._begun
        peer = (scope.get("client") or ("",))[0]
        headers = scope["headers"]
        self._observer.ended(self._name, scope["method"], scope["path"], self.status, seconds, peer, headers)
