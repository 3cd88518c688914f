"""What another service is shown so that it lets this program in, and by which scheme.

A token is sent with every request. A name and a password are sent where the service asks for them, by the
scheme that it names (RFC 7617, RFC 7616). Neither appears in any message.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from portsmouth.errors import ParameterError
from portsmouth.lazily import lazily

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = lazily("aiohttp")


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


def middlewares(credentials: Credentials | None) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    """Return what shows credentials in each request of an HTTP client.

    :param credentials: what may be shown, if anything.

    >>> middlewares(None)
    ()
    """
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
