"""What it means where another service does not answer: its silence and its statuses, told as errors."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from portsmouth.errors import RemoteError, ServiceRequestError, StoreBusyError
from portsmouth.lazily import lazily

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = lazily("aiohttp")

#: Characters of what a service says that are repeated.
_MOST_OF_A_REASON: Final = 300
#: Seconds within which it must have said that.
_REASON_SECONDS: Final = 10.0


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


async def raise_refusal(response: aiohttp.ClientResponse, url: str) -> NoReturn:
    """Raise what a response that is no success means.

    :param response: the response, of whose body nothing has been read.
    :param url: the address that was asked.
    :raises ServiceRequestError: the service says that the request is wrong.
    :raises StoreError: it tells of trouble.
    """
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
        async with asyncio.timeout(_REASON_SECONDS):
            said = await response.content.read(4 * _MOST_OF_A_REASON)
    except (TimeoutError, aiohttp.ClientError, OSError):
        return ""
    text = said.decode("utf-8", "replace").strip()
    if text.startswith(("<", "{")):
        return ""
    first = re.sub(r"[^\w\s.,:;!?'\"()<>{}\[\]^|@#$%&*+=/-]", "", text.partition("\n")[0])
    return " ".join(first.split())[:_MOST_OF_A_REASON]
