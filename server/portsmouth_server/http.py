"""The little that the SPARQL path needs of HTTP: headers, a bounded body, one response, a client that leaves.

Routing, dependency injection and validation cost several times what a small
query does, so this path speaks ASGI itself; every other route is FastAPI's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from portsmouth.errors import RequestTimeoutError, TooLargeError
from portsmouth.lazily import lazily

if TYPE_CHECKING:
    import asyncio
else:
    # Workers, which name headers as is done here, have no event loop.
    asyncio = lazily("asyncio")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Header = tuple[bytes, bytes]

#: Seconds after which somebody looks whether the client is still there; short queries never pay for it.
_WATCH_AFTER: Final = 0.05

#: The methods of what is only read.
READ: Final = ["GET", "HEAD"]

#: The header that names a request, in requests and in responses.
REQUEST_ID: Final = b"x-request-id"
#: What a client or proxy may call a request: nothing that could be mistaken for more than a name.
REQUEST_ID_VALUE: Final = re.compile(rb"[A-Za-z0-9._~+/=:-]{1,100}")

#: Said with every answer: browsers must not guess another type, nor run anything that stands in data.
DATA_HEADERS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
)
#: Said with every page: nothing but what the server itself has, and no script or style inside the page. An
#: image that a script has drawn (``blob:``) may be shown, so that it can be exported.
PAGE_HEADERS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"same-origin"),
)
#: What the page of an address depends on beside it.
PAGE_VARY: Final = "Accept, Accept-Language, Cookie"


def status_line(status: int) -> bytes:
    """Return the first line of a response (RFC 9112, section 4), the same wherever it is written.

    :param status: the HTTP status.

    >>> status_line(404)
    b'HTTP/1.1 404 Not Found\\r\\n'
    """
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


class Receive(Protocol):
    """ASGI's way to wait for the client."""

    async def __call__(self) -> Message:
        """Return the next message."""


class Send(Protocol):
    """ASGI's way to answer the client."""

    async def __call__(self, message: Message, /) -> None:
        """Send a message."""


class ClientGoneError(Exception):
    """The client left before it had an answer: there is nobody to tell."""


def header(headers: Iterable[Header], name: bytes) -> str | None:
    """Return a header's value, the lines of a repeated one joined (RFC 9110, section 5.3).

    :param headers: names in lower case, with values.
    :param name: the name, in lower case.

    >>> header([(b"accept", b"a/b"), (b"accept", b"c/d")], b"accept")
    'a/b, c/d'
    """
    values = [value for key, value in headers if key == name]
    return b", ".join(values).decode("latin-1") if values else None


async def read_body(scope: Scope, receive: Receive, *, limit: int, seconds: float) -> bytes:
    """Read a request's body, whether its length is announced or it comes in chunks.

    :param limit: the most bytes that are read.
    :param seconds: how long the body may take to arrive, and each further MiB of it.
    :raises TooLargeError: the body is longer than the limit.
    :raises RequestTimeoutError: the body did not arrive in time.
    :raises ClientGoneError: the client left half-way.
    """
    announced = header(scope["headers"], b"content-length")
    if announced and announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds) as patience:
            began = asyncio.get_running_loop().time()
            async for part in _parts(receive):
                body += part
                if len(body) > limit:
                    raise _too_large(limit)
                patience.reschedule(began + seconds * (1 + (len(body) >> 20)))
    except TimeoutError:
        raise RequestTimeoutError(
            found=f"{len(body)} bytes of the body after {seconds:g} seconds",
            expected="the whole body by then",
        ) from None
    return bytes(body)


async def _parts(receive: Receive) -> Any:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(found="a longer body", expected=f"at most {limit} bytes")


async def respond(
    send: Send, status: int, headers: Iterable[Header], body: bytes = b"", *, head_only: bool = False
) -> None:
    """Send a response in one piece.

    :param status: the HTTP status.
    :param body: the body.
    :param headers: headers without Content-Length.
    :param head_only: whether the request was HEAD, which is told the length and sent nothing.
    """
    length = [] if status in (204, 304) else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": b"" if head_only else body})


class ClientWatch:
    """A block that is left as soon as the client has: what it waits for is cancelled.

    The watch begins only after a moment, since a task for every small query
    would cost as much as the query.

    :param receive: the connection's channel, whose body has been read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watching: asyncio.Task[None] | None = None
        self._gone = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # only a coroutine can wait for a client
        self._watched = task
        self._timer = asyncio.get_running_loop().call_later(_WATCH_AFTER, self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watching:
            self._watching.cancel()
        if self._gone:
            self._watched.uncancel()
            if kind is asyncio.CancelledError:
                raise ClientGoneError

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._watched.cancel()
