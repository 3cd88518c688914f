"""The interface for programs in OpenAPI 3.1: every named query an operation with its own typed parameters.

Written from the catalogue rather than from the routes, which know of one
pattern where people know of many questions. Each module describes one concern,
its addresses as ``paths()`` and what they answer as ``SCHEMAS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

import portsmouth
from portsmouth.queries import NamedQuery
from portsmouth_server import urls
from portsmouth_server.answering import json_response
from portsmouth_server.http import READ
from portsmouth_server.openapi import (
    asking,
    catalogue,
    editor,
    networks,
    receipts,
    searching,
    witnesses,
    writing,
)
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    INTEGER,
    IRI,
    STRING,
    JsonObject,
    described,
    json_content,
    operation,
    record,
)
from portsmouth_server.settings import Settings

__all__ = ["document", "openapi_router"]

_PROBLEM: Final = described(
    record(
        type=IRI,
        title=STRING,
        status=INTEGER,
        detail=described(STRING, "What was found and what was expected."),
    ),
    "Problem details (RFC 9457).",
)


def openapi_router(named: Sequence[NamedQuery], settings: Settings) -> APIRouter:
    """Route the description of the interface.

    :param named: the named queries.
    :param settings: where the server is seen.
    """
    router = APIRouter()
    whole = document(named, settings.public_url or settings.root_path or "/")

    @router.api_route(urls.OPENAPI, methods=READ)
    async def openapi(request: Request) -> Response:
        return json_response(request, whole)

    return router


def document(named: Iterable[NamedQuery], server: str) -> JsonObject:
    """Describe the interface.

    :param named: the named queries.
    :param server: the address below which it is.
    :return: an OpenAPI document.

    >>> sorted(document([], "/")["paths"])[:3]
    ['/cite', '/conflicts', '/graphs']
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portsmouth 1905",
            "version": portsmouth.__version__,
            "summary": "A knowledge graph of the Treaty of Portsmouth (1905), passage by passage.",
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "servers": [{"url": server}],
        "tags": [
            {
                "name": "queries",
                "description": "Questions with a name, whose parameters are bound as values.",
            },
            {"name": "graph", "description": "The whole graph, by name or in SPARQL."},
            {"name": "networks", "description": "Who acted on whom, exact in time, passage by passage."},
            writing.TAG,
        ],
        "paths": {
            **catalogue.paths(named),
            **searching.paths(),
            **networks.paths(),
            **witnesses.paths(),
            **asking.paths(),
            **editor.paths(),
            **receipts.paths(),
            **writing.paths(),
            urls.HEALTH: {"get": _health()},
        },
        "components": {
            "schemas": {
                "Problem": _PROBLEM,
                **catalogue.SCHEMAS,
                **searching.SCHEMAS,
                **witnesses.SCHEMAS,
                **asking.SCHEMAS,
                **receipts.SCHEMAS,
                **networks.SCHEMAS,
                **writing.SCHEMAS,
            },
            "securitySchemes": writing.SECURITY_SCHEMES,
        },
    }


def _health() -> JsonObject:
    every = {"live": BOOLEAN, "ready": BOOLEAN, "snapshot": STRING}
    content = json_content({"type": "object", "properties": every})
    return operation("health", "Whether the server can answer", "graph", [], content, failures=(503,))
