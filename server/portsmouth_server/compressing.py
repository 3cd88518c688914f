"""Sending pages and JSON in gzip to those who take it.

Only what goes out in one piece is compressed: streams are for programs, and the dumps bring their own gzip.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Any, Final

from portsmouth_server.http import Header, Message, Receive, Scope, Send, header
from portsmouth_server.negotiation import takes_gzip

_TYPES: Final = (b"text/html", b"application/json", b"image/svg+xml")
_LEAST: Final = 1024
_LEVEL: Final = 5
#: Pages are read over slow lines, too: a tenth less is worth some milliseconds.
_LEVEL_OF_PAGES: Final = 6
#: From here on compressing takes so long that other requests should not wait for it; then it may be thorough.
_LONG: Final = 256 << 10
_LEVEL_OF_LONG_PAGES: Final = 9


async def compress(scope: Scope, headers: list[Header], body: bytes) -> tuple[list[Header], bytes]:
    """Return a response in gzip where that is worth its while and the caller takes it.

    :param scope: the request.
    :param headers: the response's headers, names in lower case.
    :param body: its body.
    """
    if header(headers, b"content-encoding") or not _worthwhile(headers, body):
        return headers, body
    headers = _varied(headers)
    if scope["method"] == "HEAD" or not takes_gzip(header(scope["headers"], b"accept-encoding")):
        return headers, body
    html = (header(headers, b"content-type") or "").startswith("text/html")
    level = _LEVEL_OF_PAGES if html else _LEVEL
    if len(body) < _LONG:
        small = gzip.compress(body, level, mtime=0)
    else:
        level = _LEVEL_OF_LONG_PAGES if html else level
        small = await asyncio.to_thread(gzip.compress, body, level, mtime=0)
    kept = [_weak(pair) for pair in headers if pair[0] != b"content-length"]
    return [*kept, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(small))], small


class Compressed:
    """An application whose whole answers are compressed.

    :param app: the ASGI application.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def pass_on(message: Message, /) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            if held:
                start = held.pop()
                if start["status"] == 304:
                    # As the whole answer would vary (RFC 9110, section 15.4.5); it may be one in gzip.
                    start = {**start, "headers": _varied(list(start["headers"]))}
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    headers, body = await compress(scope, list(start["headers"]), message.get("body", b""))
                    start, message = {**start, "headers": headers}, {**message, "body": body}
                await send(start)
            await send(message)

        await self._app(scope, receive, pass_on)


def _worthwhile(headers: list[Header], body: bytes) -> bool:
    kind = (header(headers, b"content-type") or "").encode("latin-1")
    # An answer to HEAD has no body, and the length of that of GET.
    length = len(body) or int(header(headers, b"content-length") or 0)
    return length >= _LEAST and kind.startswith(_TYPES)


def _varied(headers: list[Header]) -> list[Header]:
    vary = header(headers, b"vary")
    if vary and "accept-encoding" in vary.lower():
        return headers
    others = [pair for pair in headers if pair[0] != b"vary"]
    return [*others, (b"vary", f"{vary}, Accept-Encoding".encode() if vary else b"Accept-Encoding")]


def _weak(pair: Header) -> Header:
    # The same content in another coding is another sequence of bytes (RFC 9110, section 8.8.1).
    name, value = pair
    return (name, b"W/" + value) if name == b"etag" and not value.startswith(b"W/") else pair
