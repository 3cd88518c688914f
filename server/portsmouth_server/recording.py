"""Remembering the responses of pages and data that follow from the snapshot, so that they are made once.

A response that says ``Cache-Control: no-cache`` may be kept by anybody who asks
each time whether it still holds (RFC 9111, section 5.2.2.4). The server knows
that without asking: it holds as long as the store shows the same snapshot, and
for no longer than a day, since citations name the day.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Final

from portsmouth_server.answers import KeptAnswer
from portsmouth_server.http import Header, Message, Scope, Send

#: Everything in a request by which one response may differ from another.
_VARYING: Final = frozenset(
    {b"accept", b"accept-encoding", b"accept-language", b"cookie", b"host", b"origin"}
)
_DAY: Final = 86400


def response_name(url: bytes, headers: Iterable[Header]) -> Hashable:
    """Name what a GET asks for: equal names, equal responses.

    :param url: the path with the parameters, as they came.
    :param headers: the request's headers, names in lower case.

    >>> plain = [(b"accept", b"*/*")]
    >>> response_name(b"/", plain) == response_name(b"/", [*plain, (b"dnt", b"1")])
    True
    """
    return (url, int(time.time() // _DAY), *sorted(pair for pair in headers if pair[0] in _VARYING))


def name_of(scope: Scope) -> Hashable:
    """Name what a request asks for, as :func:`response_name` does."""
    parameters: bytes = scope["query_string"]
    url = scope["raw_path"] + (b"?" + parameters if parameters else b"")
    return response_name(url, scope["headers"])


class Recorder:
    """A way to answer one request that remembers the answer.

    :param send: the way to answer.
    :param has_room: says whether a body of so many bytes would be kept.
    """

    def __init__(self, send: Send, has_room: Callable[[int], bool]) -> None:
        self._send = send
        self._has_room = has_room
        self._headers: tuple[Header, ...] = ()
        self._body = bytearray()
        self._worth_keeping = False
        self._complete = False

    async def __call__(self, message: Message, /) -> None:
        """Send a message, and remember it if the response may be kept."""
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            kept_by_others = [value for name, value in headers if name == b"cache-control"] == [b"no-cache"]
            personal = any(name == b"set-cookie" for name, _ in headers)
            self._worth_keeping = message["status"] == 200 and kept_by_others and not personal
            self._headers = tuple(pair for pair in headers if pair[0] != b"content-length")
        elif self._worth_keeping:
            self._body += message.get("body", b"")
            self._worth_keeping = self._has_room(len(self._body))
            self._complete = not message.get("more_body", False)
        await self._send(message)

    @property
    def answer(self) -> KeptAnswer | None:
        """The response, ``None`` where it must not, or cannot, be kept."""
        if not (self._worth_keeping and self._complete):
            return None
        return KeptAnswer(self._headers, bytes(self._body))
