"""How the bare ASGI endpoints tell what went wrong: problem details, or a page for browsers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from portsmouth.errors import MethodError, PortsmouthError, TokenError
from portsmouth_server.access import CHALLENGE
from portsmouth_server.errors import Problem
from portsmouth_server.http import (
    PAGE_HEADERS,
    PAGE_VARY,
    ClientGoneError,
    Header,
    Receive,
    Scope,
    Send,
    respond,
)
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import prefers_page

_ASKED_BEFOREHAND: Final = b"Accept, Content-Type, If-None-Match, X-Requested-With"
_ASKED_BY_WRITERS: Final = b"Accept, Authorization, Content-Type, If-Match, If-None-Match, X-Requested-With"

log = logging.getLogger("portsmouth_server")


class ProblemPages(Protocol):
    """What shows problems to people."""

    def problem(self, problem: Problem) -> bytes:
        """Return the HTML of a problem.

        :param problem: the problem.
        """


class Endpoint:
    """What the endpoints for queries, updates and graphs have in common.

    :param allow: the methods that the endpoint answers.
    :param pages: what browsers see of a problem.
    :param cors: the headers that let scripts of other origins read an answer.
    """

    def __init__(self, allow: str, pages: ProblemPages, cors: tuple[Header, ...]) -> None:
        self.allow = allow
        self._pages = pages
        self._cors = cors

    async def run(
        self,
        answer: Callable[[Scope, Receive, Send], Awaitable[None]],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Answer one HTTP request, and tell what is wrong where there is no answer.

        :param answer: answers it, or raises before anything has been sent.
        """
        try:
            await answer(scope, receive, send)
        except ClientGoneError:
            log.info("a client left before its answer was complete")
        except PortsmouthError as error:
            await self._refuse(scope, send, Problem.from_error(error, self._headers_for(error)))

    async def preflight(self, send: Send, *, readers: str) -> None:
        """Tell a browser what scripts of other origins may do (Fetch standard, section 3.2.2).

        :param readers: the methods that change nothing, which scripts of any allowed origin may use. One
            origin that the operator has named may use all.
        """
        headers: list[Header] = [(b"allow", self.allow.encode()), *self._cors]
        if self._cors:
            anybody = (b"access-control-allow-origin", b"*") in self._cors
            headers += [
                (b"access-control-allow-methods", (readers if anybody else self.allow).encode()),
                (b"access-control-allow-headers", _ASKED_BEFOREHAND if anybody else _ASKED_BY_WRITERS),
                (b"access-control-max-age", b"86400"),
            ]
        await respond(send, 204, headers)

    def _headers_for(self, error: PortsmouthError) -> tuple[Header, ...]:
        if isinstance(error, MethodError):
            return ((b"allow", self.allow.encode()),)
        return CHALLENGE if isinstance(error, TokenError) else ()

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        headers = refusal_headers(self._cors)
        if prefers_page(accept_of(scope)):
            body = self._pages.problem(problem)
            headers += [*problem.all_headers("text/html; charset=utf-8"), *PAGE_HEADERS]
        else:
            body = problem.body()
            headers += problem.data_headers()
        await respond(send, problem.status, headers, body, head_only=scope["method"] == "HEAD")


def refusal_headers(cors: tuple[Header, ...]) -> list[Header]:
    """Return what every refusal says before it tells the problem.

    :param cors: the headers that let scripts of other origins read it.
    """
    return [(b"vary", PAGE_VARY.encode()), *cors]
