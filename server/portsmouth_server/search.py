"""``/search``: finding things by name, for people and for programs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import ParameterError, PortsmouthError
from portsmouth.folding import spans
from portsmouth.iris import PT, passage_key, shorten
from portsmouth.search import MOST_HITS, USUAL_HITS, Hit, Index, expand
from portsmouth_server import urls
from portsmouth_server.answering import json_response, page
from portsmouth_server.errors import Problem
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import wants_page
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import parameters
from portsmouth_server.settings import Settings
from portsmouth_server.translation import gettext
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

_NAMES: Final = ("q", "limit", "kind", "format")


def search_router(kept: Kept[Index], settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the search.

    :param kept: the index of the names.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    """
    router = APIRouter()
    here = Urls(settings.root_path)

    @router.api_route(urls.SEARCH, methods=READ)
    async def search(request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"])
        if wants_page(accept_of(request.scope), asked.form):
            return await _page(await kept.get(), asked, pages, here)
        if asked.text is None:
            raise ParameterError(found="no q", expected="the text to search for in the parameter q")
        index = await kept.get()
        hits = await _find(index, asked)
        told: dict[str, object] = {"q": asked.text, "hits": [describe(hit, here, index) for hit in hits]}
        if not hits:
            told["near"] = [
                {"iri": iri, "label": label, "href": href}
                for iri, label, href in await _near(index, asked, here)
            ]
        return json_response(request, told)

    return router


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request searches.

    :param text: the text, ``None`` where none is given.
    :param limit: the most hits.
    :param kinds: classes, in full or with a known prefix; of any where there is none.
    :param form: the format that the request names.
    """

    text: str | None = None
    limit: int = USUAL_HITS
    kinds: tuple[str, ...] = ()
    form: str | None = None

    @classmethod
    def from_address(cls, query_string: bytes) -> Self:
        """Read the parameters of an address.

        :param query_string: what follows the question mark, still percent-encoded.
        :raises ParameterError: a parameter is unknown, given twice or of another type.
        :raises RequestError: the address cannot be read.

        >>> Asked.from_address(b"q=Komura&kind=pt:Person&limit=5")
        Asked(text='Komura', limit=5, kinds=('pt:Person',), form=None)
        """
        values: dict[str, list[str]] = {}
        for name, value in parameters(query_string):
            if name not in _NAMES:
                raise ParameterError(
                    found=f"the parameter {name[:100]}", expected=f"one of {', '.join(_NAMES)}"
                )
            values.setdefault(name, []).append(value)
            if name != "kind" and len(values[name]) > 1:
                raise ParameterError(found=f"the parameter {name} more than once", expected="one value")
        # The form sends its list of kinds unchosen as an empty value.
        kinds = tuple(kind for kind in values.get("kind", ()) if kind)
        (text,), (form,) = values.get("q", [None]), values.get("format", [None])
        return cls(text, _limit(values.get("limit", [str(USUAL_HITS)])[0]), kinds, form)


def describe(hit: Hit, here: Urls, index: Index) -> dict[str, object]:
    """Return what programs are told of a hit.

    :param hit: the hit.
    :param here: where the server is seen.
    :param index: for the names of its class.
    """
    kind = dict(index.labels(hit.types[0])) if hit.types else {}
    return {**hit.as_json(), "kind": kind, "href": here.thing(hit.iri) or here.description(hit.iri)}


async def _find(index: Index, asked: Asked) -> list[Hit]:
    # In a thread, so that a costly question holds up nobody else.
    return await asyncio.to_thread(index.search, asked.text or "", limit=asked.limit, kinds=asked.kinds)


async def _near(index: Index, asked: Asked, here: Urls) -> list[tuple[str, str, str]]:
    """Return what is called nearly so: its IRI, its name and its address."""
    found = await asyncio.to_thread(index.near, asked.text or "", kinds=asked.kinds)
    return [
        (iri, _called(index, iri), here.thing(iri) or here.description(iri))
        for iri in (expand(short) for short, _ in found)
    ]


async def _page(index: Index, asked: Asked, pages: HtmlPages, here: Urls) -> Response:
    hits: list[Hit] = []
    near: list[tuple[str, str, str]] = []
    problem = None
    try:
        hits = await _find(index, asked)
        near = [] if hits else await _near(index, asked, here)
    except PortsmouthError as error:
        problem = Problem.from_error(error)
    kinds = [(shorten(kind), _called(index, kind)) for kind in index.kinds if kind.startswith(PT)]
    body = pages.render(
        "search.html",
        asked=asked,
        hits=[_Shown.from_hit(hit, asked.text or "", index, here) for hit in hits],
        near=near,
        more=len(hits) == asked.limit,
        further=_further(asked, here),
        most=MOST_HITS,
        kinds=sorted(kinds, key=lambda kind: kind[1].lower()),
        problem=problem,
    )
    return page(body, problem.status if problem else 200)


def _further(asked: Asked, here: Urls) -> str:
    """Return where as many hits stand as there can be; nothing where they stand already."""
    if asked.limit == MOST_HITS:
        return ""
    pairs = [("q", asked.text or ""), *(("kind", kind) for kind in asked.kinds), ("limit", str(MOST_HITS))]
    return f"{here.search}?{urlencode(pairs)}"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A hit as the page shows it.

    :param hit: the hit.
    :param href: where it leads.
    :param kind: what it is, in words.
    :param parts: the text that fits, in pieces, each with whether it is what was searched.
    """

    hit: Hit
    href: str
    kind: str
    parts: tuple[tuple[str, bool], ...]

    @property
    def name(self) -> str:
        """The label to show to this reader; a passage has none, but a place."""
        if key := passage_key(self.hit.iri):
            return gettext("Part %(part)s, line %(line)s") % {
                "part": key.part.removeprefix("s"),
                "line": key.line,
            }
        return viewer().name(self.hit.labels, self.hit.name)

    @classmethod
    def from_hit(cls, hit: Hit, text: str, index: Index, here: Urls) -> Self:
        """Make a hit ready to be shown.

        :param hit: the hit.
        :param text: what was searched.
        :param index: for the name of its class.
        :param here: for addresses.
        """
        kind = _called(index, hit.types[0]) if hit.types else ""
        href = here.thing(hit.iri) or here.description(hit.iri)
        return cls(hit, href, kind, tuple(_parts(hit.text, spans(hit.text, text))))


def _called(index: Index, iri: str) -> str:
    return viewer().name(index.labels(iri), index.name(iri))


def _parts(text: str, marked: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Cut a text at its marks.

    >>> _parts("Komura Jutarō", [(7, 13)])
    [('Komura ', False), ('Jutarō', True)]
    """
    parts: list[tuple[str, bool]] = []
    end = 0
    for start, stop in marked:
        parts += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    return [part for part in (*parts, (text[end:], False)) if part[0]]


def _limit(text: str) -> int:
    try:
        limit = int(text)
    except ValueError:
        limit = 0
    if not 1 <= limit <= MOST_HITS:
        raise ParameterError(found=f"limit={text[:100]!r}", expected=f"a whole number from 1 to {MOST_HITS}")
    return limit
