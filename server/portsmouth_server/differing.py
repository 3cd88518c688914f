"""``/stances``: one question from two stances: what only one of them answers, and what both do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.differences import Difference, Line, compare
from portsmouth.errors import ParameterError, PortsmouthError
from portsmouth.parts import check_stance, read_parts
from portsmouth.queries import NamedQuery
from portsmouth.stance import Stance
from portsmouth.store.protocol import Query, Store
from portsmouth_server import urls
from portsmouth_server.answering import Answering, json_response, page
from portsmouth_server.errors import Problem
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.labelling import named, names_of
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import choose_table
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import read_values
from portsmouth_server.results import Cell, cell
from portsmouth_server.settings import Settings
from portsmouth_server.stances import offered, stance_label
from portsmouth_server.tables import csv_response
from portsmouth_server.urls import Urls

#: What the page offers to begin with: the text of the treaty and the essay name other signatories.
_EXAMPLE: Final = """PREFIX d: <https://w3id.org/portsmouth1905/id/>
PREFIX pt: <https://w3id.org/portsmouth1905/ns#>
SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who . ?who a pt:Person } ORDER BY ?who"""


def differing_router(
    store: Store, settings: Settings, pages: HtmlPages, catalogue: Sequence[NamedQuery] = ()
) -> APIRouter:
    """Route the difference between two stances.

    :param store: what answers.
    :param settings: rows of a page, and where the server is seen.
    :param pages: what renders the page.
    :param catalogue: the named queries, which the page offers.
    """
    router = APIRouter()
    here = Urls(settings.root_path)
    parts = Kept(store, lambda: read_parts(store))
    bounded = Answering(store, settings).bounded
    questions = [(query, here.stances(query.text, "s1", "s5")) for query in catalogue]

    @router.api_route(urls.STANCES, methods=READ)
    async def stances(request: Request) -> Response:
        values, named = read_values(request.scope["query_string"])
        text, *texts = (values.pop(name, "") for name in ("query", "a", "b"))
        for name in values:
            raise ParameterError(found=f"the parameter {name[:100]}", expected="one of query, a, b, format")
        form = choose_table(accept_of(request.scope), named)
        if form == "html":
            return await _page(store, pages, settings.page_rows, text, texts)
        if not text.strip():
            raise ParameterError(found="no query", expected="a SPARQL query in the query parameter")
        found = await compare(store, bounded(Query(text)), *map(Stance.parse, texts))
        if form == "csv":
            rows = [(where, *map(_plain, row)) for where, row in found.lines()]
            return csv_response(("in", *found.columns), rows)
        return json_response(request, found.as_json())

    async def _page(store: Store, pages: HtmlPages, most: int, text: str, texts: Sequence[str]) -> Response:
        context: dict[str, Any] = {"found": None, "problem": None, "sides": ()}
        chosen: list[Stance | None] = [None, None]
        status = 200
        try:
            chosen = [Stance.parse(one) for one in texts]
            for stance in filter(None, chosen):
                check_stance(stance, await parts.get())
            if text.strip():
                found = context["found"] = await compare(store, bounded(Query(text)), *chosen)
                sides = _sides(found, chosen, most, here)
                names = await names_of(store, (one for *_, table in sides for row in table for one in row))
                context["sides"] = [
                    (*side, [[named(one, names) for one in row] for row in table]) for *side, table in sides
                ]
        except PortsmouthError as error:
            context["problem"] = Problem.from_error(error)
            status = error.status
        body = pages.render(
            "stances.html",
            query=text,
            questions=questions,
            example=here.stances(_EXAMPLE, "s3", "s5"),
            a=offered(chosen[0]),
            b=offered(chosen[1]),
            texts=texts,
            **context,
        )
        return page(body, status)

    return router


def _sides(
    found: Difference, chosen: Sequence[Stance | None], most: int, here: Urls
) -> list[tuple[str, str, int, list[list[Cell]]]]:
    """Return for each side where it is, whose it is, how many rows it has, and as many as a page shows."""
    labels = [stance_label(stance) for stance in chosen]
    return [
        (where, label, len(rows), [_cells(row, here) for row in rows[:most]])
        for where, label, rows in (
            ("a", labels[0], found.only_a),
            ("b", labels[1], found.only_b),
            ("both", "", found.both),
        )
    ]


def _cells(row: Line, here: Urls) -> list[Cell]:
    return [cell(term, here) for term in row]


def _plain(term: object) -> str:
    return "" if term is None else str(getattr(term, "value", term))
