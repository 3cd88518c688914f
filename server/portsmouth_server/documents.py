"""Sending a document that follows from the snapshot: RDF as the engine writes it, or a page.

One place for what all of them have in common: ETag and 304 (RFC 9110, section
13.1.2), Vary, Link, and a body that is streamed where it is long.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from hashlib import blake2b
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from portsmouth.errors import PortsmouthError
from portsmouth.store.protocol import Answer, Query, Store
from portsmouth_server.http import DATA_HEADERS, PAGE_HEADERS, PAGE_VARY
from portsmouth_server.negotiation import DOCUMENTS, HTML

log = logging.getLogger("portsmouth_server")

#: The description may change with the next snapshot: keep it, but ask again each time.
_CACHING: Final = "no-cache"


def entity_tag(*parts: object) -> str:
    """Return the ETag of a document.

    :param parts: all that the document follows from, the snapshot first.
    :return: a weak tag, since triples may come in another order.

    >>> entity_tag("s1", "witte", "ttl") == entity_tag("s1", "witte", "ttl")
    True
    """
    return f'W/"{blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


def holds(request: Request, tag: str) -> bool:
    """Say whether the caller already has the document of a tag.

    :param request: the request, whose ``If-None-Match`` counts.
    :param tag: the document's present tag, which is compared weakly.
    """
    wanted = request.headers.get("if-none-match", "")
    if wanted.strip() == "*":
        return True
    return tag.removeprefix("W/") in re.findall(r'"[^"]*"', wanted)


def unchanged(headers: Mapping[str, str]) -> Response:
    """Tell the caller that its copy is good.

    :param headers: the headers that the whole document would have; those of its content are left out.
    """
    kept = {name: value for name, value in headers.items() if name != "content-type"}
    return Response(status_code=304, headers=kept)


def headers_for(
    extension: str, tag: str, links: Sequence[str] = (), *, negotiated: bool = False
) -> dict[str, str]:
    """Return the headers of a document.

    :param extension: its format, ``html`` or one of :data:`~portsmouth_server.negotiation.DOCUMENTS`.
    :param tag: its ETag.
    :param links: values of the Link header.
    :param negotiated: whether another Accept header would have got another document from this address.
    """
    page = extension == "html"
    media_type = f"{HTML}; charset=utf-8" if page else content_type(DOCUMENTS[extension])
    headers = {"content-type": media_type, "etag": tag, "cache-control": _CACHING}
    if page:
        headers["vary"] = PAGE_VARY
    elif negotiated:
        headers["vary"] = "Accept"
    if links:
        headers["link"] = ", ".join(links)
    for name, value in PAGE_HEADERS if page else DATA_HEADERS:
        headers[name.decode()] = value.decode()
    return headers


def alternates(addresses: Mapping[str, str], but: str = "") -> list[str]:
    """Return Link values that lead to the other formats (RFC 8288).

    :param addresses: addresses by extension.
    :param but: the extension of the document itself.

    >>> alternates({"html": "/id/x.html", "ttl": "/id/x.ttl"}, but="html")
    ['</id/x.ttl>; rel="alternate"; type="text/turtle"']
    """
    types = {"html": HTML, **DOCUMENTS}
    return [
        f'<{address}>; rel="alternate"; type="{types[extension]}"'
        for extension, address in addresses.items()
        if extension != but
    ]


class Streamed(StreamingResponse):
    """A body that comes in chunks, given up where the client takes none for too long.

    :param chunks: the body; it is closed with the response, however that ends.
    :param headers: the response's headers.
    :param seconds: how long the client may take over a chunk.
    :param answer: what the body is taken from; it is closed, too, even where nobody takes a chunk.
    """

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        seconds: float,
        answer: Answer | None = None,
    ) -> None:
        super().__init__(chunks, headers=headers)
        self._chunks = chunks
        self._seconds = seconds
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; a client that has gone before it begins keeps nothing open."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # What it holds, such as a worker, is needed. The sending may not even have begun.
            await self._chunks.aclose()
            if self._answer is not None:
                await self._answer.aclose()

    async def stream_response(self, send: Send) -> None:
        """Send head and body."""

        async def patiently(message: Message) -> None:
            # A client that stops reading must not hold a worker for ever.
            async with asyncio.timeout(self._seconds):
                await send(message)

        await super().stream_response(patiently)


async def send_graph(
    request: Request, store: Store, query: Query, headers: Mapping[str, str], seconds: float
) -> Response:
    """Answer with a graph as the engine writes it.

    :param request: the request; HEAD is told what GET would be.
    :param store: what answers.
    :param query: the question.
    :param headers: the response's headers.
    :param seconds: how long the client may take over a part of the answer.
    :raises StoreError: the store could not answer.
    """
    answer = await store.query(query)
    if answer.complete or request.scope["http_version"] == "1.0":
        try:
            return Response(b"".join([chunk async for chunk in answer]), headers=headers)
        finally:
            await answer.aclose()
    if request.method == "HEAD":
        await answer.aclose()
        return Streamed(nothing(), headers, seconds)
    return Streamed(_chunks(answer), headers, seconds, answer)


async def _chunks(answer: Answer) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in answer:
            yield chunk
    except PortsmouthError as error:
        log.warning("a document was cut off after its head had been sent: %s", error)
        raise


async def nothing() -> AsyncGenerator[bytes, None]:
    """Yield the body of an answer to HEAD."""
    return
    yield b""


def content_type(media_type: str) -> str:
    """Return the Content-Type of a media type that is always UTF-8.

    :param media_type: the media type, without parameters.

    >>> content_type("text/turtle")
    'text/turtle; charset=utf-8'
    """
    return media_type + ("; charset=utf-8" if media_type.startswith("text/") else "")
