"""The route of the treaty's page."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.iris import ID
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.lately import Lately
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.views.entity.ego import SIDES
from portsmouth_server.views.sending import send_page
from portsmouth_server.views.treaty.model import Treaty
from portsmouth_server.views.treaty.page import build
from portsmouth_server.views.treaty.reading import TREATY, read_treaty
from portsmouth_server.views.words import LANGUAGES, iris_in, read_words


def treaty_router(store: Store, settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the treaty's page.

    :param store: what answers.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    """
    router = APIRouter()
    rendered = Lately[bytes](4 << 20)
    here = Urls(settings.root_path)

    async def make(language: str) -> Treaty:
        read = await read_treaty(store)
        named = iris_in(read.facts) | {TREATY} | {ID + side for side in SIDES}
        return build(read, await read_words(store, here, language, named))

    kept = {language: Kept(store, partial(make, language)) for language in LANGUAGES}

    async def context() -> dict[str, Any]:
        return {"treaty": await kept[pages.language].get()}

    @router.api_route(urls.TREATY, methods=READ)
    async def treaty(request: Request) -> Response:
        return await send_page(request, store, pages, "treaty.html", context, rendered=rendered)

    return router
