"""Speaking to another SPARQL service over HTTP: a pool of connections, credentials, and what refusals mean.

Requests go to the one address that was given: redirects are not followed, and
neither proxies nor credentials are taken from elsewhere. Credentials are sent
where the service asks for them, by the scheme that it names, and appear in no
message.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlencode, urlsplit

import portsmouth
from portsmouth.errors import (
    DeadlineError,
    ParameterError,
    RemoteError,
    ServiceRequestError,
    StoreBusyError,
)
from portsmouth.lazily import lazily

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = lazily("aiohttp")

#: Seconds until a connection must stand.
_CONNECT_SECONDS: Final = 10.0
_MOST_HEADERS: Final = 1 << 15
_MOST_OF_A_REASON: Final = 300
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a service wants to be shown: a user's name and password, or a bearer token.

    :param user: the name; empty with a token.
    :param secret: the password or the token.

    >>> Credentials.from_text("reader:swordfish")
    Credentials(user='reader')
    >>> Credentials.from_text("Bearer abc").user
    ''
    """

    user: str
    secret: str = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``user:password`` or ``Bearer TOKEN``.

        :raises ParameterError: it is neither.
        """
        text = text.strip()
        if text.lower().startswith("bearer ") and text[7:].strip():
            return cls("", text[7:].strip())
        user, colon, secret = text.partition(":")
        if not colon or not user or any(ord(char) < 32 for char in text):
            raise ParameterError("credentials in another form", "user:password or Bearer TOKEN, on one line")
        return cls(user, secret)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read credentials from a file.

        :raises ParameterError: there is no such file, or something else in it.
        """
        try:
            return cls.from_text(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise ParameterError(
                f"no credentials in the file {path} ({reason})", "a file that holds user:password"
            ) from None


def checked_address(url: str) -> str:
    """Return the address of a service.

    :raises ParameterError: it is none, or it holds credentials, which would appear in listings and logs.

    >>> checked_address("http://localhost:7878/query")
    'http://localhost:7878/query'
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ParameterError(f"the address {url!r}", "one such as http://localhost:7878/query") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or port == 0:
        raise ParameterError(f"the address {url!r}", "one such as http://localhost:7878/query")
    if parts.username is not None or parts.password is not None:
        raise ParameterError(
            "an address with a user's name or password in it",
            "credentials in PORTSMOUTH_ENDPOINT_CREDENTIALS or in a file",
        )
    return url


class Service:
    """A SPARQL service that is reached over HTTP.

    :param credentials: what it may be shown.
    :param connections: how many requests may be under way at once.
    :param queue_seconds: seconds that a request waits for one of them to end.
    """

    def __init__(
        self, credentials: Credentials | None = None, *, connections: int = 16, queue_seconds: float = 10.0
    ) -> None:
        self._credentials = credentials
        self._connections = connections
        self._queue_seconds = queue_seconds
        self._places = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def form(
        self, url: str, fields: Sequence[tuple[str, str]], accept: str, seconds: float
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a form; see :meth:`send`."""
        return self.send("POST", url, urlencode(fields).encode(), _FORM, accept, seconds)

    @asynccontextmanager
    async def send(
        self, method: str, url: str, body: bytes, content_type: str, accept: str, seconds: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request, and give the response when its head has come. Leaving early closes the connection.

        :param method: the HTTP method.
        :param url: the address.
        :param body: what is sent.
        :param content_type: the media type of the body.
        :param accept: the media types that the answer may have.
        :param seconds: until the head must have come.
        :raises StoreError: there is no answer, or it tells of trouble.
        :raises ServiceRequestError: the service says that the request is wrong.
        """
        await self._take_a_place()
        try:
            headers = {"Accept": accept}
            if body:
                headers["Content-Type"] = content_type
            try:
                async with asyncio.timeout(seconds):
                    response = await self._opened().request(
                        method, url, data=body or None, headers=headers, allow_redirects=False
                    )
            except TimeoutError:
                raise DeadlineError(seconds) from None
            except (aiohttp.ClientError, OSError) as error:
                raise unreachable(url, error) from None
            try:
                if response.status >= 300:
                    await _refuse(response, url)
                yield response
            finally:
                # Closes the connection unless the body has been read to its end.
                response.close()
        finally:
            self._places.release()

    async def _take_a_place(self) -> None:
        try:
            async with asyncio.timeout(self._queue_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise StoreBusyError(
                f"found {self._connections} requests to the service under way and none ending within "
                f"{self._queue_seconds:g} seconds; expected a free place: try again later"
            ) from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                headers={"User-Agent": f"portsmouth/{portsmouth.__version__}"},
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=_middlewares(self._credentials),
                # Virtuoso repeats every graph that a request names in a header of its own.
                max_headers=_MOST_HEADERS,
                trust_env=False,
            )
        return self._session


def _middlewares(credentials: Credentials | None) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    if credentials is None:
        return ()
    if not credentials.user:
        return (_bearer(credentials.secret),)
    digest = aiohttp.DigestAuthMiddleware(credentials.user, credentials.secret)
    return (_basic(credentials), digest)


def _bearer(token: str) -> aiohttp.ClientMiddlewareType:
    async def show(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.headers["Authorization"] = f"Bearer {token}"
        return await handler(request)

    return show


def _basic(credentials: Credentials) -> aiohttp.ClientMiddlewareType:
    """Show name and password to a service that asks for them so (RFC 7617), and to no other.

    The password itself is sent, so it is not sent before it is asked for: the service may know Digest.
    """
    pair = f"{credentials.user}:{credentials.secret}".encode()
    header = "Basic " + base64.b64encode(pair).decode()
    asked = False

    async def show(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        nonlocal asked
        if asked:
            request.headers["Authorization"] = header
            return await handler(request)
        response = await handler(request)
        schemes = [text.partition(" ")[0].lower() for text in response.headers.getall("WWW-Authenticate", ())]
        if response.status != 401 or "basic" not in schemes or "digest" in schemes:
            return response
        response.close()
        asked = True
        request.headers["Authorization"] = header
        return await handler(request)

    return show


def unreachable(url: str, error: BaseException) -> RemoteError:
    """Word that a service could not be reached, or ended the connection.

    :param url: its address.
    :param error: what happened.

    >>> str(unreachable("http://db.example/sparql?key=1", ConnectionResetError()))
    'found no answer from http://db.example/sparql (ConnectionResetError); expected a SPARQL service there'
    """
    reason = getattr(error, "strerror", None) or type(error).__name__
    return RemoteError(f"found no answer from {_place(url)} ({reason}); expected a SPARQL service there")


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


async def _refuse(response: aiohttp.ClientResponse, url: str) -> None:
    """Raise what a response that is no success means."""
    status = response.status
    place = _place(url)
    if status < 400:
        where = response.headers.get("Location", "nowhere")[:_MOST_OF_A_REASON]
        raise RemoteError(
            f"found that {place} redirects to {where!r}; expected the service itself: give its own address"
        )
    if status in (401, 403):
        raise RemoteError(
            f"found that {place} does not let this server in ({status}); expected credentials that it knows"
        )
    if status in (408, 504):
        raise RemoteError(
            f"found that {place} gave up ({status}); expected an answer: narrow the pattern, or add a LIMIT"
        )
    if status in (429, 503):
        raise StoreBusyError(f"found {place} busy ({status}); expected a free place: try again later")
    if status == 400:
        said = await _reason(response)
        raise ServiceRequestError(
            f"a request that the service behind this server refuses{f' ({said})' if said else ''}",
            "a SPARQL 1.1 query, within what that service understands",
        )
    raise RemoteError(f"found the status {status} from {place}; expected an answer to a SPARQL request")


async def _reason(response: aiohttp.ClientResponse) -> str:
    """Return the first line of what a service says, in so far as it is text."""
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            said = await response.content.read(4 * _MOST_OF_A_REASON)
    except (TimeoutError, aiohttp.ClientError, OSError):
        return ""
    text = said.decode("utf-8", "replace").strip()
    if text.startswith(("<", "{")):
        return ""
    first = re.sub(r"[^\w\s.,:;!?'\"()<>{}\[\]^|@#$%&*+=/-]", "", text.partition("\n")[0])
    return " ".join(first.split())[:_MOST_OF_A_REASON]
