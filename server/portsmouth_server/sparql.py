"""``/sparql``: the query operation of the SPARQL 1.1 Protocol, and the query page for browsers.

A bare ASGI callable, since routing and dependency injection would cost a small
query several times its own time. Answers are sent as the engine writes them; a
client that leaves ends its query; a query that fails after its head was sent
has its connection closed, so that half an answer is never taken for a whole.
"""

from __future__ import annotations

import asyncio
import logging
import re
from hashlib import blake2b
from typing import Final, Protocol

from portsmouth.errors import MethodError, PortsmouthError, RequestError
from portsmouth.store.lexer import VOLATILE
from portsmouth.store.protocol import Answer, Query, Store
from portsmouth_server import protocol
from portsmouth_server.errors import Problem
from portsmouth_server.http import (
    DATA_HEADERS,
    PAGE_HEADERS,
    ClientGoneError,
    ClientWatch,
    Header,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    respond,
)
from portsmouth_server.negotiation import LONGEST_HEADER, choose, prefers_page
from portsmouth_server.protocol import SparqlRequest
from portsmouth_server.settings import Settings

ALLOW: Final = b"GET, HEAD, POST, OPTIONS"
#: A query may give another answer each time; a word inside a string costs it only its ETag.
_CHANGING: Final = re.compile(rf"\b(?:{'|'.join(sorted(VOLATILE))}|SERVICE)\b", re.IGNORECASE)

log = logging.getLogger("portsmouth_server")


class Pages(Protocol):
    """What shows answers and problems to people."""

    async def answer(self, request: SparqlRequest) -> tuple[int, bytes]:
        """Return the status and the HTML of the query page, with the answer if there is a query."""

    def problem(self, problem: Problem) -> bytes:
        """Return the HTML of a problem."""


class SparqlEndpoint:
    """The endpoint as an ASGI application for the one path.

    :param store: what answers.
    :param settings: limits and the origin that scripts may come from.
    :param pages: what browsers see.
    """

    def __init__(self, store: Store, settings: Settings, pages: Pages) -> None:
        self._store = store
        self._settings = settings
        self._pages = pages
        self._cors = cors_headers(settings.cors_origin)
        self._always: tuple[Header, ...] = ((b"vary", b"Accept"), *DATA_HEADERS, *self._cors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            await self._answer(scope, receive, send)
        except ClientGoneError:
            log.info("a client left before its answer was complete")
        except PortsmouthError as error:
            allow = ((b"allow", ALLOW),) if isinstance(error, MethodError) else ()
            await self._refuse(scope, send, Problem.from_error(error, allow))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "GET" | "HEAD":
                request = protocol.from_address(scope["query_string"])
            case "POST":
                request = await self._posted(scope, receive)
            case "OPTIONS":
                return await respond(send, 204, [(b"allow", ALLOW), *self._cors, *_preflight(self._cors)])
            case method:
                raise MethodError(found=method, expected=ALLOW.decode())
        accept = header(scope["headers"], b"accept")
        choice = choose(accept and accept[:LONGEST_HEADER], request.form)
        if choice.page:
            return await self._show(scope, receive, send, request)
        if not request.text or not request.text.strip():
            raise RequestError(found="no query", expected="a SPARQL query in the query parameter")
        query = Query(request.text, request.dataset, choice.formats)
        tag = self._tag(scope, query)
        if tag and _holds(header(scope["headers"], b"if-none-match"), tag):
            return await respond(send, 304, [*self._always, *_caching(tag)])
        await self._ask(scope, receive, send, query, [*self._always, *_caching(tag)])
        return None

    async def _posted(self, scope: Scope, receive: Receive) -> SparqlRequest:
        body = await read_body(
            scope, receive, limit=self._settings.max_request_bytes, seconds=self._settings.client_seconds
        )
        headers = scope["headers"]
        return protocol.from_body(
            header(headers, b"content-type"),
            header(headers, b"content-encoding"),
            scope["query_string"],
            body,
        )

    async def _ask(
        self, scope: Scope, receive: Receive, send: Send, query: Query, headers: list[Header]
    ) -> None:
        with ClientWatch(receive):
            answer = await self._store.query(query)
            try:
                headers.append((b"content-type", _content_type(answer.media_type)))
                if answer.complete or (scope["http_version"] == "1.0" and scope["method"] != "HEAD"):
                    # RFC 9112, section 6.1: HTTP/1.0 knows no chunks, so the length must be told.
                    body = b"".join([chunk async for chunk in answer])
                    await respond(send, 200, headers, body, head_only=scope["method"] == "HEAD")
                elif scope["method"] == "HEAD":
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await send({"type": "http.response.body"})
                else:
                    await self._stream(send, answer, headers)
            finally:
                await answer.aclose()

    async def _stream(self, send: Send, answer: Answer, headers: list[Header]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async for chunk in answer:
                # A client that stops reading must not hold a worker for ever.
                async with asyncio.timeout(self._settings.client_seconds):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (PortsmouthError, TimeoutError) as error:
            # Returning before the end makes the HTTP server close the connection, which the client can tell
            # from a complete answer (RFC 9112, section 8).
            log.warning("an answer was cut off after its head had been sent: %s", error)
            return
        await send({"type": "http.response.body"})

    async def _show(self, scope: Scope, receive: Receive, send: Send, request: SparqlRequest) -> None:
        with ClientWatch(receive):
            status, body = await self._pages.answer(request)
            headers = [*page_headers(), (b"vary", b"Accept"), (b"cache-control", b"no-cache")]
            await respond(send, status, headers, body, head_only=scope["method"] == "HEAD")

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        headers = [(b"vary", b"Accept"), *self._cors]
        head_only = scope["method"] == "HEAD"
        if prefers_page((header(scope["headers"], b"accept") or "")[:LONGEST_HEADER]):
            body = self._pages.problem(problem)
            headers += [*problem.all_headers("text/html; charset=utf-8"), *PAGE_HEADERS]
        else:
            body = problem.body()
            headers += problem.data_headers()
        await respond(send, problem.status, headers, body, head_only=head_only)

    def _tag(self, scope: Scope, query: Query) -> bytes | None:
        """Return the ETag of an answer, ``None`` where the next answer may differ or nobody may keep it."""
        if scope["method"] == "POST" or _CHANGING.search(query.text):
            return None
        key = repr((self._store.snapshot, query.text, query.dataset, query.formats))
        # Weak: rows without ORDER BY may come in another order, and blank nodes be named anew.
        return b'W/"' + blake2b(key.encode(), digest_size=16).hexdigest().encode() + b'"'


def page_headers() -> list[Header]:
    """Return the headers of every page."""
    return [(b"content-type", b"text/html; charset=utf-8"), *PAGE_HEADERS]


def cors_headers(origin: str) -> tuple[Header, ...]:
    """Return the headers that let scripts of other origins read an answer (Fetch standard, section 3.2).

    >>> cors_headers("")
    ()
    """
    if not origin:
        return ()
    return (
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-expose-headers", b"Allow, ETag, Link, Retry-After"),
    )


def _preflight(cors: tuple[Header, ...]) -> tuple[Header, ...]:
    if not cors:
        return ()
    return (
        (b"access-control-allow-methods", ALLOW),
        (b"access-control-allow-headers", b"Accept, Content-Type, If-None-Match, X-Requested-With"),
        (b"access-control-max-age", b"86400"),
    )


def _caching(tag: bytes | None) -> tuple[Header, ...]:
    # An answer may be kept, but the snapshot may change with the next start: ask again each time.
    if tag is None:
        return ((b"cache-control", b"no-store"),)
    return ((b"cache-control", b"no-cache"), (b"etag", tag))


def _holds(if_none_match: str | None, tag: bytes) -> bool:
    """Compare tags weakly (RFC 9110, section 13.1.2); whether ``*`` holds only an evaluation could tell."""
    if if_none_match is None:
        return False
    return tag.decode().removeprefix("W/") in re.findall(r'"[^"]*"', if_none_match)


def _content_type(media_type: str) -> bytes:
    # CSV and TSV have no other way to say that they are UTF-8 (RFC 7111 leaves the default open).
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return (media_type + charset).encode()
