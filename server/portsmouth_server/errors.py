"""The one place where an error becomes a response: problem details (RFC 9457), at every exit.

Programs get ``application/problem+json``; browsers get the same facts as a page.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Self

from portsmouth.errors import PortsmouthError
from portsmouth_server.http import DATA_HEADERS, Header
from portsmouth_server.urls import problem_type
from portsmouth_server.viewing import viewer

MEDIA_TYPE: Final = "application/problem+json"
#: The longest that a detail may be; more is a part of the request thrown back.
_LONGEST_DETAIL: Final = 2000
#: Statuses after which the same request may succeed, and the seconds to wait (RFC 9110, section 10.2.3).
_RETRY_AFTER: Final = {503: b"2", 429: b"2"}
#: Problem types of what the web framework refuses, which raises bare statuses.
_KINDS: Final = {
    404: "not-found",
    405: "method",
    408: "request-timeout",
    413: "too-large",
    414: "too-large",
    415: "media-type",
    422: "parameter",
    429: "rate-limit",
    431: "too-large",
    503: "busy",
}

log = logging.getLogger("portsmouth_server")


@dataclass(frozen=True, slots=True)
class Problem:
    """Problem details and the headers that belong with them.

    :param kind: the last part of the problem type's IRI.
    :param title: the sort of problem, the same each time.
    :param status: the HTTP status.
    :param detail: what happened this time.
    :param extensions: further members.
    :param headers: further headers, such as Allow.
    """

    kind: str
    title: str
    status: int
    detail: str
    extensions: Mapping[str, object] = field(default_factory=dict)
    headers: tuple[Header, ...] = ()

    @classmethod
    def from_error(cls, error: PortsmouthError, headers: tuple[Header, ...] = ()) -> Self:
        """Describe an error that was raised on purpose.

        :param error: what was raised.
        :param headers: headers that go with it.

        >>> from portsmouth.errors import DeadlineError
        >>> Problem.from_error(DeadlineError(30)).status
        504
        """
        detail = str(error)
        if len(detail) > _LONGEST_DETAIL:
            detail = detail[: _LONGEST_DETAIL - 1] + "…"
        return cls(error.kind, error.title, error.status, detail, error.extensions(), headers)

    @classmethod
    def from_status(cls, status: int, detail: str = "", headers: tuple[Header, ...] = ()) -> Self:
        """Describe a refusal of which only the status is known.

        :param status: the HTTP status.
        :param detail: what was found and what was expected.
        :param headers: headers that go with it.

        >>> Problem.from_status(404).title
        'Not Found'
        """
        title = HTTPStatus(status).phrase
        kind = _KINDS.get(status, "request" if status < 500 else "internal")
        return cls(kind, title, status, detail or title, headers=headers)

    @classmethod
    def from_accident(cls, error: BaseException) -> Self:
        """Describe an error that nobody foresaw: logged with all it says, told with nothing of it.

        :param error: what was raised.
        """
        log.error("unforeseen error while answering a request", exc_info=error)
        return cls(
            PortsmouthError.kind,
            PortsmouthError.title,
            500,
            "found a fault of the server's own, which has been logged; expected an answer",
        )

    def body(self) -> bytes:
        """Return the JSON object (RFC 9457, section 3).

        >>> json.loads(Problem.from_status(404, "no such page").body())["type"]
        'https://w3id.org/portsmouth1905/problem/not-found'
        """
        title, detail = _in_words(self.title, self.detail)
        members = {
            "type": problem_type(self.kind),
            "title": title,
            "status": self.status,
            "detail": detail,
            **self.extensions,
        }
        return json.dumps(members, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")

    def all_headers(self, media_type: str = MEDIA_TYPE) -> list[Header]:
        """Return the response's headers but for Content-Length.

        :param media_type: the type in which the problem is told.
        """
        headers = [
            (b"content-type", media_type.encode()),
            (b"content-language", viewer().language.encode()),
            (b"cache-control", b"no-store"),
            *self.headers,
        ]
        if self.status in _RETRY_AFTER and not any(name == b"retry-after" for name, _ in self.headers):
            headers.append((b"retry-after", _RETRY_AFTER[self.status]))
        return headers

    def data_headers(self) -> list[Header]:
        """Return the headers of the problem told as JSON."""
        return [*self.all_headers(), *DATA_HEADERS]


def _in_words(title: str, detail: str) -> tuple[str, str]:
    """Say both in the language that was asked for, as RFC 9457 has it (section 3.1.3); the type has none.

    Programs that ask for no language are told in English, as the error was raised.
    """
    if viewer().language == "en":
        return title, detail
    from portsmouth_server.details import told
    from portsmouth_server.translation import gettext

    return gettext(title), told(detail)
