"""Speaking to another SPARQL service over HTTP, on a pool of connections.

Requests go to the one address that was given: redirects are not followed, and
neither proxies nor credentials are taken from elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlencode, urlsplit

import portsmouth
from portsmouth.errors import DeadlineError, ParameterError, StoreBusyError
from portsmouth.lazily import lazily
from portsmouth.store.service.credentials import Credentials, middlewares
from portsmouth.store.service.refusals import raise_refusal, unreachable

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = lazily("aiohttp")

#: Seconds until a connection must stand.
_CONNECT_SECONDS: Final = 10.0
#: Headers that an answer may have.
_MOST_HEADERS: Final = 1 << 15
_FORM: Final = "application/x-www-form-urlencoded"


def checked_address(url: str) -> str:
    """Return the address of a service.

    :param url: what is given for it.
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
        self,
        url: str,
        fields: Sequence[tuple[str, str]],
        accept: str,
        seconds: float,
        *,
        repeatable: bool = False,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a form; see :meth:`send`.

        :param url: the address.
        :param fields: names and values of the form's fields.
        :param accept: the media types that the answer may have.
        :param seconds: until the head must have come.
        :param repeatable: as for :meth:`send`.
        """
        body = urlencode(fields).encode()
        return self.send("POST", url, body, _FORM, accept, seconds, repeatable=repeatable)

    @asynccontextmanager
    async def send(
        self,
        method: str,
        url: str,
        body: bytes,
        content_type: str,
        accept: str,
        seconds: float,
        *,
        repeatable: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request, and give the response when its head has come. Leaving early closes the connection.

        :param method: the HTTP method.
        :param url: the address.
        :param body: what is sent.
        :param content_type: the media type of the body.
        :param accept: the media types that the answer may have.
        :param seconds: until the head must have come.
        :param repeatable: whether it may be sent once more where the connection turns out to be closed.
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
                    response = await self._head(method, url, body, headers, repeatable=repeatable)
            except TimeoutError:
                raise DeadlineError(seconds) from None
            except (aiohttp.ClientError, OSError) as error:
                raise unreachable(url, error) from None
            try:
                if response.status >= 300:
                    await raise_refusal(response, url)
                yield response
            finally:
                # Closes the connection unless the body has been read to its end.
                response.close()
        finally:
            self._places.release()

    async def read(self, response: aiohttp.ClientResponse, seconds: float) -> bytes:
        """Read a body to its end.

        :param response: what :meth:`send` has given.
        :param seconds: until the end must have come.
        :raises RemoteError: it has not come.
        """
        try:
            async with asyncio.timeout(seconds):
                return await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unreachable(str(response.url), error) from None

    async def _head(
        self, method: str, url: str, body: bytes, headers: dict[str, str], *, repeatable: bool
    ) -> aiohttp.ClientResponse:
        session = self._opened()
        while True:
            try:
                return await session.request(
                    method, url, data=body or None, headers=headers, allow_redirects=False
                )
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # That a service has closed a connection which rested is often found out by using it.
                if not repeatable:
                    raise
                repeatable = False

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
                middlewares=middlewares(self._credentials),
                # Virtuoso repeats every graph that a request names in a header of its own.
                max_headers=_MOST_HEADERS,
                trust_env=False,
            )
        return self._session
