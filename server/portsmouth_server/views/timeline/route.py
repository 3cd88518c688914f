"""The route of the timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import ParameterError
from portsmouth.iris import ID, PT, part
from portsmouth.parts import check_part, read_parts
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.asking import check_thing
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.lately import Lately
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.views.entity.ego import SIDES
from portsmouth_server.views.facts import CLASSES
from portsmouth_server.views.sending import send_page
from portsmouth_server.views.timeline.asked import LANES, Asked
from portsmouth_server.views.timeline.events import Happening, read_happenings
from portsmouth_server.views.timeline.page import build, busiest, parts_of, shown_of
from portsmouth_server.views.words import LANGUAGES, N_, Words, read_words

#: Stretches of time that readers go to, with what they are called.
PRESETS: Final = (
    ("1904", "1905", N_("the war")),
    ("1905-05", "1905-09", N_("mediation and talks")),
    ("1905-08", "1905-09", N_("the conference")),
)
#: Dated things from which on their names are read as they are shown, rather than all of them once.
_MANY: Final = 5_000
_LANE_NAMES: Final = {"text": N_("by text"), "actor": N_("by actor"), "kind": N_("by kind")}


def timeline_router(store: Store, settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the timeline.

    :param store: what answers.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    """
    router = APIRouter()
    rendered = Lately[bytes](4 << 20)
    here = Urls(settings.root_path)
    kept = Kept(store, lambda: read_happenings(store))

    async def name(language: str) -> Words:
        return await read_words(store, here, language, named(await kept.get()))

    every_word = {language: Kept(store, partial(name, language)) for language in LANGUAGES}

    async def name_choices(language: str) -> Words:
        every = await kept.get()
        parts = {part(key) for one in every for key in parts_of(one)}
        return await read_words(store, here, language, busiest(every) | parts)

    choices = {language: Kept(store, partial(name_choices, language)) for language in LANGUAGES}
    known = Kept(store, lambda: read_parts(store))

    async def check(asked: Asked) -> None:
        """Refuse to show nothing where something is chosen that there is not."""
        if asked.part:
            check_part(asked.part, await known.get())
        if asked.kind:
            kinds = {one.kind for one in await kept.get() if one.kind}
            if asked.kind not in kinds:
                listed = ", ".join(sorted(kinds)) or "none, for nothing has a date"
                raise ParameterError(found=f"kind={asked.kind[:100]!r}", expected=f"one of {listed}")
        if asked.actor:
            found = f"actor={asked.actor[:100]!r}"
            await check_thing(store, ID + asked.actor, found, "the end of the IRI of somebody, such as witte")

    async def words(every: tuple[Happening, ...], asked: Asked, language: str) -> Words:
        """Return what is needed to name what is shown, which is all that is dated where that is not much."""
        if len(every) < _MANY:
            return await every_word[language].get()
        usual = await choices[language].get()
        shown = await read_words(store, here, language, named(shown_of(every, asked)))
        return replace(shown, names=usual.names | shown.names)

    @router.api_route(urls.TIMELINE, methods=READ)
    async def timeline(request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"])
        await check(asked)

        async def context() -> dict[str, Any]:
            every = await kept.get()
            named_ = await words(every, asked, pages.language)
            shown = build(every, asked, named_)
            length = (asked.window.latest - asked.window.earliest).days
            moves = {
                "earlier": asked.moved(-length // 2),
                "later": asked.moved(length // 2),
                "nearer": asked.zoomed(0.5),
                "farther": asked.zoomed(2),
            }
            return {
                "view": asked,
                "timeline": shown,
                "lanes": [(key, _LANE_NAMES[key]) for key in LANES],
                "presets": PRESETS,
                "address": asked.address(),
                "sides": [
                    {"key": side, "name": named_.name(ID + side)}
                    for side in SIDES
                    if any(mark.item.side == side for lane in shown.drawing.lanes for mark in lane.marks)
                ],
                "moves": {key: here.timeline(**view.address()) for key, view in moves.items()},
            }

        return await send_page(request, store, pages, "timeline.html", context, asked, rendered=rendered)

    return router


def named(every: Iterable[Happening]) -> set[str]:
    """Return the IRIs of all that a timeline names.

    :param every: what it shows.
    """
    found = {ID + side for side in SIDES} | {PT + name for name in CLASSES}
    for one in every:
        found |= {one.iri, *one.doers, *one.others, *(part(key) for key in parts_of(one))}
        found |= {graph for date in one.dates for graph in date.graphs}
    return found
