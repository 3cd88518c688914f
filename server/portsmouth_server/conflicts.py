"""``/conflicts``: where passages disagree, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import pyoxigraph as ox
from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.conflicts import COLUMNS, KINDS, Account, Conflict, Rival, read_conflicts, select, table
from portsmouth.errors import AmbiguousNameError, ParameterError, PortsmouthError
from portsmouth.search import Index
from portsmouth.store.protocol import Store
from portsmouth.store.rows import Term
from portsmouth_server import urls
from portsmouth_server.answering import json_response, page
from portsmouth_server.errors import Problem
from portsmouth_server.kept import Kept
from portsmouth_server.negotiation import LONGEST_HEADER, choose_table
from portsmouth_server.pages import HtmlPages
from portsmouth_server.protocol import parameters
from portsmouth_server.settings import Settings
from portsmouth_server.tables import csv_response
from portsmouth_server.translation import gettext
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import LANGUAGES, viewer
from portsmouth_server.views.dating import as_printed, calendar_of, days, span

_READ: Final = ["GET", "HEAD"]


def conflicts_router(store: Store, names: Kept[Index], settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the conflict desk.

    :param store: what answers.
    :param names: the index by which names are resolved.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    """
    router = APIRouter()
    here = Urls(settings.root_path)
    kept = {
        language: Kept(store, partial(read_conflicts, store, language=language)) for language in LANGUAGES
    }

    @router.api_route(urls.CONFLICTS, methods=_READ)
    async def conflicts(request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"])
        accept = request.headers.get("accept")
        form = choose_table(accept and accept[:LONGEST_HEADER], asked.form or None)
        # Programs get the names that no reader's settings change.
        every = await kept[viewer().language if form == "html" else "en"].get()
        if form == "html":
            return await _page(every, asked, names, pages, here)
        about = (await names.get()).resolve(asked.entity) if asked.entity else ""
        chosen = select(every, entity=about, part=asked.part, kind=asked.kind)
        if form == "csv":
            return csv_response(COLUMNS, table(chosen))
        told = [{**one.as_json(), "href": here.conflict(one.name)} for one in chosen]
        return json_response(request, {"count": len(told), "conflicts": told})

    return router


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the desk is asked for.

    :param entity: a name or an IRI; of anything where empty.
    :param part: the key of a part.
    :param kind: a kind of disagreement.
    :param form: the format that the request names.
    """

    entity: str = ""
    part: str = ""
    kind: str = ""
    form: str = ""

    @classmethod
    def from_address(cls, query_string: bytes) -> Self:
        """Read the parameters of an address; the form of the page sends what is not chosen as empty values.

        :param query_string: what follows the question mark, still percent-encoded.
        :raises ParameterError: a parameter is unknown or given twice.

        >>> Asked.from_address(b"part=s5&kind=")
        Asked(entity='', part='s5', kind='', form='')
        """
        values: dict[str, str] = {}
        for name, value in parameters(query_string):
            if name not in ("entity", "part", "kind", "format"):
                raise ParameterError(
                    found=f"the parameter {name[:100]}", expected="one of entity, part, kind, format"
                )
            if name in values:
                raise ParameterError(found=f"the parameter {name} more than once", expected="one value")
            values[name] = value.strip()
        return cls(*(values.get(name, "") for name in ("entity", "part", "kind", "format")))


async def _page(
    every: tuple[Conflict, ...], asked: Asked, names: Kept[Index], pages: HtmlPages, here: Urls
) -> Response:
    context: dict[str, Any] = {"conflicts": (), "problem": None, "candidates": (), "about": ""}
    status = 200
    try:
        about = ""
        if asked.entity:
            index = await names.get()
            about = index.resolve(asked.entity)
            context["about"] = index.name(about)
        context["conflicts"] = select(every, entity=about, part=asked.part, kind=asked.kind)
    except PortsmouthError as error:
        context["problem"] = Problem.from_error(error)
        status = error.status
        if isinstance(error, AmbiguousNameError):
            context["candidates"] = [
                (here.conflicts(iri, asked.part, asked.kind), label) for iri, label in error.candidates
            ]
    body = pages.render(
        "conflicts.html",
        asked=_Form(asked.entity, asked.part, asked.kind),
        kinds=_kinds(every),
        parts=sorted({part for one in every for part in one.parts}),
        total=len(every),
        value_of=_value,
        put=_put,
        **context,
    )
    return page(body, status)


@dataclass(frozen=True, slots=True)
class _Form:
    """What the form of the page holds; ``text`` is what the search field of every page shows."""

    entity: str
    part: str
    kind: str
    text: str = ""


def _kinds(every: tuple[Conflict, ...]) -> Mapping[str, tuple[str, str, int]]:
    """Return name, explanation and number of each kind that occurs, from the strongest."""
    found: dict[str, tuple[str, str, int]] = {}
    for kind in KINDS:
        ones = [one for one in every if one.kind == kind]
        if ones:
            found[kind] = (ones[0].kind_label, gettext(ones[0].explanation), len(ones))
    return found


def _value(rival: Rival) -> str:
    """Say a rival value in the reader's language: days as days, and not as the name of a span."""
    if isinstance(rival.term, ox.NamedNode):
        bounds = span(rival.term.value)
        return days(bounds, viewer().language) if bounds else rival.label
    return _term(rival.term) if calendar_of(rival.term) else rival.label


def _put(account: Account) -> str:
    """Say how a passage puts the value."""
    said = [_term(term) for term in account.terms]
    return "; ".join(said) if all(said) else account.put


def _term(term: Term) -> str:
    calendar = calendar_of(term)
    if calendar is None or not isinstance(term, ox.Literal):
        return term.value if isinstance(term, ox.Literal) else ""
    return as_printed(term.value, calendar, viewer().language)
