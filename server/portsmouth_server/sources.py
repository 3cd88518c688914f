"""``/sources``: the texts of the page, passage by passage, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import ParameterError
from portsmouth.parts import check_part
from portsmouth.sources import COLUMNS, SourcePart, read_sources, table
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.answering import json_response, page
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import choose_table
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import read_values
from portsmouth_server.tables import csv_response
from portsmouth_server.viewing import LANGUAGES, viewer

#: Lines that the page of several texts shows; texts for which there is no room stand on pages of their own.
MOST_LINES: Final = 2_000
#: What a passage alone states, as a query that anybody may change.
_ALONE: Final = """\
SELECT ?s ?p ?o {{
  GRAPH <{0}> {{ ?s ?p ?o }}
  FILTER NOT EXISTS {{
    GRAPH ?other {{ ?s ?p ?o }}
    ?other a <https://w3id.org/portsmouth1905/ns#Passage>
    FILTER(?other != <{0}>)
  }}
}} ORDER BY ?s ?p ?o"""


def sources_router(store: Store, pages: HtmlPages) -> APIRouter:
    """Route the view of the sources.

    :param store: what answers.
    :param pages: what renders the page.
    """
    router = APIRouter()
    kept = {
        language: Kept(store, lambda language=language: read_sources(store, language))  # type: ignore[misc]
        for language in LANGUAGES
    }

    @router.api_route(urls.SOURCES, methods=READ)
    async def sources(request: Request) -> Response:
        values, named = read_values(request.scope["query_string"])
        part = values.pop("part", "")
        for name in values:
            raise ParameterError(found=f"the parameter {name[:100]}", expected="one of part, format")
        form = choose_table(accept_of(request.scope), named)
        language = viewer().language if form == "html" else "en"
        every: tuple[SourcePart, ...] = await kept[language].get()
        if part:
            check_part(part, [one.key for one in every])
        chosen = tuple(one for one in every if not part or one.key == part)
        if form == "csv":
            return csv_response(COLUMNS, table(chosen))
        if form == "json":
            return json_response(request, {"parts": [one.as_json() for one in chosen]})
        body = pages.render(
            "sources.html",
            parts=chosen,
            part=part,
            opened={one.key for one in chosen} if part else opened(chosen),
            alone=_ALONE.format,
            original=pages.has_original,
        )
        return page(body)

    return router


def opened(parts: Iterable[SourcePart]) -> set[str]:
    """Return the keys of the texts that are shown line by line on one page: as many as there is room for.

    :param parts: the texts, in their order.

    >>> opened([])
    set()
    """
    lengths = [(one.key, len(one.passages)) for one in parts]
    ends = accumulate(length for _, length in lengths)
    return {key for (key, _), end in zip(lengths, ends, strict=True) if end <= MOST_LINES}
