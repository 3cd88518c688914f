"""The route of the map."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.iris import PASSAGE, passage_key
from portsmouth.parts import check_part, read_parts
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.lately import Lately
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.views.maps import schematic
from portsmouth_server.views.maps.asked import KINDS, Asked
from portsmouth_server.views.maps.page import build
from portsmouth_server.views.maps.reading import read_located
from portsmouth_server.views.sending import send_page
from portsmouth_server.views.words import LANGUAGES, Words, iris_in, read_words


def map_router(store: Store, settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the map.

    :param store: what answers.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    """
    router = APIRouter()
    rendered = Lately[bytes](4 << 20)
    here = Urls(settings.root_path)
    kept = Kept(store, lambda: read_located(store))

    async def name(language: str) -> Words:
        located = await kept.get()
        drawn = {one.iri for one in (schematic.MANCHURIA, schematic.LEASE, *schematic.RAILWAYS)}
        wanted = iris_in(located.facts) | set(located.points) | drawn | {schematic.CEDED, schematic.PARALLEL}
        parts = {PASSAGE + key.part for iri in wanted if (key := passage_key(iri))}
        return await read_words(store, here, language, wanted | parts)

    words = {language: Kept(store, partial(name, language)) for language in LANGUAGES}
    known = Kept(store, lambda: read_parts(store))

    @router.api_route(urls.MAP, methods=READ)
    async def show(request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"])
        if asked.part:
            check_part(asked.part, await known.get())

        async def context() -> dict[str, Any]:
            located, named = await kept.get(), await words[pages.language].get()
            parts = sorted({PASSAGE + key.part for iri in named.glosses if (key := passage_key(iri))})
            return {"view": asked, "map": build(located, asked, named, parts), "kinds": KINDS}

        return await send_page(request, store, pages, "map.html", context, asked, rendered=rendered)

    return router
