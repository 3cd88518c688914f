"""Letting scripts of other origins read what the server answers (Fetch standard, section 3.2).

Everything outside ``/sparql``, which does the same for itself, is wrapped once:
an answer may be read, an error too, and a browser that asks beforehand is told so.
"""

from __future__ import annotations

from typing import Any, Final

from portsmouth_server.answering import cors_headers
from portsmouth_server.http import Header, Message, Receive, Scope, Send, respond

_METHODS: Final = b"GET, HEAD, OPTIONS"


class Shared:
    """An application whose answers scripts of other origins may read.

    :param app: the ASGI application.
    :param origin: the origin whose scripts may; ``*`` for any, empty for none.
    """

    def __init__(self, app: Any, origin: str) -> None:
        self._app = app
        self._headers = cors_headers(origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if not self._headers:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await respond(send, 204, [(b"allow", _METHODS), *self._headers, *_PREFLIGHT])
            return

        async def share(message: Message, /) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [header for header in self._headers if header[0] not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, share)


_PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Content-Type, If-None-Match, X-Requested-With"),
    (b"access-control-max-age", b"86400"),
)
