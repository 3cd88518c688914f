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
from portsmouth.errors import AmbiguousNameError, NotFoundError, ParameterError, PortsmouthError
from portsmouth.parts import check_part, read_parts
from portsmouth.search import Index
from portsmouth.store.protocol import Store
from portsmouth.store.rows import Term
from portsmouth_server import urls
from portsmouth_server.answering import json_response, page
from portsmouth_server.errors import Problem
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import choose_table
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import known_parameters
from portsmouth_server.settings import Settings
from portsmouth_server.tables import csv_response
from portsmouth_server.translation import gettext
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import LANGUAGES, viewer
from portsmouth_server.views.dating import as_printed, calendar_of, days, span

_NAMES: Final = ("entity", "part", "kind", "format", "page", "at")
#: Disagreements of one page.
MOST_CONFLICTS: Final = 100


def conflicts_router(store: Store, names: Kept[Index], settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the conflict desk.

    :param store: what answers.
    :param names: the index by which names are resolved.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    """
    router = APIRouter()
    here = Urls(settings.root_path)
    parts = Kept(store, lambda: read_parts(store))
    kept = {
        language: Kept(store, partial(read_conflicts, store, language=language)) for language in LANGUAGES
    }

    @router.api_route(urls.CONFLICTS, methods=READ)
    async def conflicts(request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"])
        form = choose_table(accept_of(request.scope), asked.form or None)
        # Programs get the names that no reader's settings change.
        every = await kept[viewer().language if form == "html" else "en"].get()
        if form == "html":
            return await _page(every, asked, names, parts, pages, here)
        about = (await names.get()).resolve(asked.entity) if asked.entity else ""
        chosen = await _chosen(every, about, asked, parts)
        shown = Shown.of(chosen, asked, here)
        if form == "csv":
            # A table is for a spreadsheet, which wants it whole.
            return csv_response(COLUMNS, table(shown.conflicts if asked.page or asked.at else chosen))
        told = {
            "count": len(chosen),
            "previous": shown.previous,
            "next": shown.next,
            "conflicts": [{**one.as_json(), "href": here.conflict(one.name)} for one in shown.conflicts],
        }
        return shown.linked(json_response(request, told))

    return router


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the desk is asked for.

    :param entity: a name or an IRI; of anything where empty.
    :param part: the key of a part.
    :param kind: a kind of disagreement.
    :param form: the format that the request names.
    :param page: which page of the list.
    :param at: the name of a disagreement: the page on which it stands.
    """

    entity: str = ""
    part: str = ""
    kind: str = ""
    form: str = ""
    page: str = ""
    at: str = ""

    @classmethod
    def from_address(cls, query_string: bytes) -> Self:
        """Read the parameters of an address; the form of the page sends what is not chosen as empty values.

        :param query_string: what follows the question mark, still percent-encoded.
        :raises ParameterError: a parameter is unknown or given twice.

        >>> Asked.from_address(b"part=s5&kind=")
        Asked(entity='', part='s5', kind='', form='', page='', at='')
        """
        values = known_parameters(query_string, _NAMES)
        if values.get("page") and values.get("at"):
            raise ParameterError(found="both page and at", expected="one of them: either leads to a page")
        return cls(*(values.get(name, "") for name in _NAMES))


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the disagreements that are chosen.

    :param conflicts: those of this page.
    :param number: which page it is, counted from 1.
    :param pages: how many there are.
    :param previous: the address of the page before, as the request named its format.
    :param next: the address of the page after.
    """

    conflicts: tuple[Conflict, ...]
    number: int
    pages: int
    previous: str | None
    next: str | None

    @classmethod
    def of(cls, chosen: tuple[Conflict, ...], asked: Asked, here: Urls) -> Self:
        """Return the page that is asked for.

        :param chosen: all disagreements that are chosen.
        :param asked: which page, and what its neighbours' addresses must say.
        :param here: for addresses.
        :raises ParameterError: the page is no number.
        :raises NotFoundError: there is no such page, or no such disagreement among those chosen.
        """
        pages = max(1, -(-len(chosen) // MOST_CONFLICTS))
        number = _number(asked, chosen)
        if number > pages:
            expected = f"a page from 1 to {pages}" if pages > 1 else "page 1, the only one"
            raise NotFoundError(found=f"page={number}", expected=expected)

        def address(of: int) -> str | None:
            return (
                here.conflicts(asked.entity, asked.part, asked.kind, asked.form, of)
                if 1 <= of <= pages
                else None
            )

        start = (number - 1) * MOST_CONFLICTS
        shown = chosen[start : start + MOST_CONFLICTS]
        return cls(shown, number, pages, address(number - 1), address(number + 1))

    def linked(self, response: Response) -> Response:
        """Name the neighbours of the page in the headers of a response (RFC 8288).

        :param response: what shows the page.
        """
        neighbours = (("prev", self.previous), ("next", self.next))
        if links := ", ".join(f'<{address}>; rel="{name}"' for name, address in neighbours if address):
            response.headers["link"] = links
        return response


def _number(asked: Asked, chosen: tuple[Conflict, ...]) -> int:
    """Return which page is asked for."""
    if asked.at:
        for place, one in enumerate(chosen):
            if one.name == asked.at:
                return 1 + place // MOST_CONFLICTS
        raise NotFoundError(
            found=f"no disagreement {asked.at[:100]!r} among {len(chosen)}",
            expected="the name of one of them",
        )
    if not asked.page:
        return 1
    # What is longer than this is no page of any list.
    if not (asked.page.isascii() and asked.page.isdigit() and len(asked.page) < 10) or not int(asked.page):
        raise ParameterError(found=f"page={asked.page[:100]!r}", expected="a whole number from 1 on")
    return int(asked.page)


async def _chosen(
    every: tuple[Conflict, ...], about: str, asked: Asked, parts: Kept[tuple[str, ...]]
) -> tuple[Conflict, ...]:
    if asked.part:
        check_part(asked.part, await parts.get())
    return select(every, entity=about, part=asked.part, kind=asked.kind)


async def _page(
    every: tuple[Conflict, ...],
    asked: Asked,
    names: Kept[Index],
    parts: Kept[tuple[str, ...]],
    pages: HtmlPages,
    here: Urls,
) -> Response:
    context: dict[str, Any] = {"found": 0, "problem": None, "candidates": (), "about": ""}
    status, shown = 200, Shown((), 1, 1, None, None)
    try:
        about = ""
        if asked.entity:
            index = await names.get()
            about = index.resolve(asked.entity)
            context["about"] = index.name(about)
        chosen = await _chosen(every, about, asked, parts)
        context["found"] = len(chosen)
        shown = Shown.of(chosen, asked, here)
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
        shown=shown,
        **context,
    )
    return shown.linked(page(body, status))


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
