"""``/sparql/check``: whether a query can be parsed, and if not, where not; for editors, while one types.

Nothing is evaluated: the engine's own parser reads the text in a helper process that a short deadline ends.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import RequestError
from portsmouth.sandbox import Sandbox
from portsmouth_server import protocol, urls
from portsmouth_server.answering import json_response
from portsmouth_server.details import piece
from portsmouth_server.http import PAGE_VARY, read_body
from portsmouth_server.settings import Settings
from portsmouth_server.translation import gettext

#: Parsing takes milliseconds; a query for which it takes longer is none that anybody types.
_SECONDS: Final = 5.0


def checking_router(sandbox: Sandbox, settings: Settings) -> APIRouter:
    """Route the check.

    :param sandbox: where queries are parsed.
    :param settings: limits on requests.
    """
    router = APIRouter()

    @router.api_route(urls.CHECK, methods=["GET", "HEAD", "POST"])
    async def check(request: Request) -> Response:
        text = await _text(request, settings)
        if not text or not text.strip():
            raise RequestError(found="no query", expected="a SPARQL query in the query parameter")
        try:
            await sandbox.check_query(text, min(_SECONDS, settings.deadline))
        except RequestError as error:
            response = json_response(request, told(error))
            response.headers["vary"] = PAGE_VARY
            return response
        return json_response(request, {"valid": True})

    return router


def told(error: RequestError) -> dict[str, Any]:
    """Return what an editor is told of a query that cannot be parsed, in its reader's language.

    :param error: why not.

    >>> from portsmouth.errors import QuerySyntaxError
    >>> told(QuerySyntaxError("a dot", "a variable", 2, 4))["line"]
    2
    """
    return {
        "valid": False,
        "title": gettext(error.title),
        "found": piece(error.found),
        "expected": piece(error.expected),
        **error.extensions(),
    }


async def _text(request: Request, settings: Settings) -> str | None:
    query_string = request.scope["query_string"]
    if request.method != "POST":
        return protocol.from_address(query_string).text
    receive: Any = request.receive
    body = await read_body(
        request.scope, receive, limit=settings.max_request_bytes, seconds=settings.client_seconds
    )
    headers = request.headers
    return protocol.query_from_body(
        headers.get("content-type"), headers.get("content-encoding"), query_string, body
    ).text
