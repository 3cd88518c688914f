"""Sending what the store answers to a query, however the query was come by.

Answers are sent as the engine writes them; a client that leaves ends its query;
a query that fails after its head was sent has its connection closed, so that
half an answer is never taken for a whole.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from portsmouth.errors import PortsmouthError
from portsmouth.store.protocol import Answer, Query, Store
from portsmouth_server.answers import KeptAnswer, KeptAnswers
from portsmouth_server.compressing import compress
from portsmouth_server.http import (
    DATA_HEADERS,
    PAGE_HEADERS,
    PAGE_VARY,
    ClientGoneError,
    ClientWatch,
    Header,
    Receive,
    Scope,
    Send,
    header,
    respond,
)
from portsmouth_server.plain import Bounds, caching, content_type, headings
from portsmouth_server.plain import tag as etag_of
from portsmouth_server.receipts.provenance import provenance
from portsmouth_server.settings import Settings
from portsmouth_server.urls import SPARQL, Urls

log = logging.getLogger("portsmouth_server")

#: Bytes of an answer that are kept in memory to be sent in one piece.
_LARGEST_PIECE: Final = 64 << 20


class Answering:
    """Asks one store and answers its clients.

    :param store: what answers.
    :param settings: limits, and the origin that scripts may come from.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._client_seconds = settings.client_seconds
        self._urls = Urls(settings.root_path)
        #: What an answer may have at most, as the operator has it.
        self.bounds = Bounds(settings.max_rows, settings.max_answer_bytes)
        #: The headers that let scripts of other origins read an answer.
        self.cors = cors_headers(settings.cors_origin)
        self._always: tuple[Header, ...] = ((b"vary", b"Accept"), *DATA_HEADERS, *self.cors)
        #: Answers that need not be computed again.
        self.kept = KeptAnswers(settings.cache << 20)
        self._tasks: set[asyncio.Task[None]] = set()

    def bounded(self, query: Query) -> Query:
        """Return a query with the operator's limits on its answer.

        :param query: what is asked.
        """
        return replace(query, max_rows=self.bounds.rows, max_bytes=self.bounds.size)

    def headers(self, query: Query, snapshot: str, media_type: str) -> tuple[Header, ...]:
        """Return the headers of an answer by GET, but for its length and its Link.

        :param query: what is answered.
        :param snapshot: the snapshot that was asked.
        :param media_type: the media type of the body.
        """
        return self._headers(etag_of(query, snapshot), media_type)

    def link(self, query_string: bytes, query: Query) -> bytes:
        """Return the Link header of an answer by GET.

        :param query_string: the parameters as they came, still percent-encoded.
        :param query: the query that they mean.
        """
        came = {"method": "GET", "path": SPARQL, "query_string": query_string}
        return provenance(self._urls, came, query)

    def _headers(self, tag: bytes | None, media_type: str = "") -> tuple[Header, ...]:
        return headings(tag, media_type, self.cors)

    def keep(
        self,
        query: Query,
        snapshot: str,
        headers: tuple[Header, ...],
        body: bytes,
        name: Hashable = None,
        link: bytes = b"",
    ) -> KeptAnswer:
        """Keep an answer, unless another might be given the next time, and return it.

        :param query: what is answered.
        :param headers: the headers of the answer but for its length and its Link.
        :param body: its body.
        :param snapshot: the snapshot that was asked, which may not be the present one any more.
        :param name: a name of the request.
        :param link: the Link header of answers to requests of that name.
        """
        answer = KeptAnswer(headers, body)
        if snapshot == self._store.snapshot and etag_of(query, snapshot) is not None:
            self.kept.keep(snapshot, query, answer, name, link)
        return answer

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let something be done beside what is being done.

        :param work: what is done.
        """
        task = asyncio.get_running_loop().create_task(work)
        # The loop itself keeps no task alive.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def answer(
        self, scope: Scope, receive: Receive, send: Send, query: Query, *, tag: bytes | None = None
    ) -> None:
        """Answer a request with what the store says to a query.

        :param query: the query that the request means.
        :param tag: the answer's ETag; made of the snapshot and the query unless given.
        :raises PortsmouthError: the store cannot answer; nothing has been sent.
        :raises ClientGoneError: the client left before it had an answer.
        """
        snapshot = self._store.snapshot
        asked = scope["method"] == "GET" and tag is None
        # RFC 9112, section 6.1: HTTP/1.0 knows no chunks, so the length must be told.
        whole = scope["http_version"] == "1.0" and scope["method"] != "HEAD"
        bounded = self.bounded(query)
        if whole:
            most = min(self.bounds.size or _LARGEST_PIECE, _LARGEST_PIECE)
            bounded = replace(bounded, max_bytes=most)
        leading = () if tag else ((b"link", provenance(self._urls, scope, query)),)
        if tag is None and scope["method"] != "POST":
            tag = etag_of(query, snapshot)
        if tag and _holds(header(scope["headers"], b"if-none-match"), tag):
            return await respond(send, 304, [*self._headers(tag), *leading])
        if asked and (kept := self.kept.find(snapshot, bounded)):
            return await respond(send, 200, [*kept.headers, *leading], kept.body)
        with ClientWatch(receive):
            answer = await self._store.query(bounded)
            try:
                told = self._headers(tag, answer.media_type)
                headers = [*told, *leading]
                if answer.complete or whole:
                    body = b"".join([chunk async for chunk in answer])
                    if asked:
                        self.keep(bounded, snapshot, told, body)
                    await respond(send, 200, headers, body, head_only=scope["method"] == "HEAD")
                elif scope["method"] == "HEAD":
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await send({"type": "http.response.body"})
                else:
                    await self._stream(send, answer, headers)
            finally:
                await answer.aclose()
        return None

    async def show(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        page: Awaitable[tuple[int, bytes]],
        query: Query | None = None,
    ) -> None:
        """Answer a request with a page that asks the store.

        :param page: its status and its HTML.
        :param query: the query that it answers, if any, to whose receipts it leads.
        :raises ClientGoneError: the client left before it had an answer.
        """
        with ClientWatch(receive):
            status, body = await page
            headers = [*page_headers(), (b"vary", PAGE_VARY.encode()), (b"cache-control", b"no-cache")]
            if query is not None and status == 200:
                headers.append((b"link", provenance(self._urls, scope, query)))
            headers, body = await compress(scope, headers, body)
            headers = [pair for pair in headers if pair[0] != b"content-length"]
            await respond(send, status, headers, body, head_only=scope["method"] == "HEAD")

    async def compute(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        computed: Awaitable[tuple[bytes, str, tuple[Header, ...]]],
    ) -> None:
        """Answer a request with data that are computed in one piece.

        :param computed: the body, its media type, and headers beside those of every answer.
        :raises ClientGoneError: the client left before it had an answer.
        """
        with ClientWatch(receive):
            body, media_type, more = await computed
            kept = (b"cache-control", b"no-store" if scope["method"] == "POST" else b"no-cache")
            headers = [*self._always, kept, (b"content-type", content_type(media_type)), *more]
            await respond(send, 200, headers, body, head_only=scope["method"] == "HEAD")

    async def _stream(self, send: Send, answer: Answer, headers: list[Header]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async for chunk in answer:
                # A client that stops reading must not hold a worker for ever.
                async with asyncio.timeout(self._client_seconds):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (PortsmouthError, TimeoutError) as error:
            # Returning before the end makes the HTTP server close the connection, which the client can tell
            # from a complete answer (RFC 9112, section 8).
            log.warning("an answer was cut off after its head had been sent: %s", error)
            return
        await send({"type": "http.response.body"})


class Direct(Response):
    """A response of a route that speaks to the client itself, as a stream with a watch on it must.

    :param respond: sends the response, given the connection as ASGI has it.
    """

    def __init__(self, respond: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        super().__init__()
        self._respond = respond

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the response; a client that has left gets none."""
        try:
            await self._respond(scope, receive, send)
        except ClientGoneError:
            log.info("a client left before its answer was complete")


def page(body: bytes, status: int = 200) -> Response:
    """Make a response of a page.

    :param body: the HTML.
    :param status: the HTTP status.
    """
    response = Response(body, status, media_type="text/html")
    for name, value in PAGE_HEADERS:
        response.headers[name.decode()] = value.decode()
    response.headers["cache-control"] = "no-cache"
    response.headers["vary"] = PAGE_VARY
    return response


def json_response(request: Request, content: object) -> Response:
    """Return JSON that the client may keep and ask for again, or 304 where it has it already.

    :param request: the request.
    :param content: what is told.
    """
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    tag = b'"' + blake2b(body, digest_size=16).hexdigest().encode() + b'"'
    headers = [(b"vary", b"Accept"), *DATA_HEADERS, *caching(tag)]
    if _holds(request.headers.get("if-none-match"), tag):
        response = Response(status_code=304)
        response.raw_headers = headers
    else:
        response = Response(body)
        length = (b"content-length", str(len(body)).encode())
        response.raw_headers = [(b"content-type", b"application/json"), length, *headers]
    return response


def page_headers() -> list[Header]:
    """Return the headers of every page."""
    return [(b"content-type", b"text/html; charset=utf-8"), *PAGE_HEADERS]


def cors_headers(origin: str) -> tuple[Header, ...]:
    """Return the headers that let scripts of other origins read an answer (Fetch standard, section 3.2).

    :param origin: the origin whose scripts may; ``*`` for any, empty for none.

    >>> cors_headers("")
    ()
    """
    if not origin:
        return ()
    return (
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-expose-headers", b"Allow, ETag, Link, Location, Retry-After, X-Request-ID"),
    )


def _holds(if_none_match: str | None, tag: bytes) -> bool:
    """Compare tags weakly (RFC 9110, section 13.1.2); whether ``*`` holds only an evaluation could tell."""
    if if_none_match is None:
        return False
    return tag.decode().removeprefix("W/") in re.findall(r'"[^"]*"', if_none_match)
