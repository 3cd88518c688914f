"""The routes beside ``/sparql``: pages and health."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from portsmouth.errors import NotFoundError, PortsmouthError, StoreBusyError
from portsmouth.store.protocol import Query, Store
from portsmouth_server import urls
from portsmouth_server.answering import page
from portsmouth_server.pages import HtmlPages

_READ: Final = ["GET", "HEAD"]
_HEALTH_SECONDS: Final = 5.0


def page_router(pages: HtmlPages) -> APIRouter:
    """Route the pages.

    :param pages: what renders them.
    """
    router = APIRouter()

    @router.api_route(urls.HOME, methods=_READ)
    async def home() -> Response:
        return page(await pages.home())

    @router.api_route(urls.PROBLEM + "/{kind}", methods=_READ)
    async def problem_type(kind: str) -> Response:
        body = pages.problem_type(kind)
        if body is None:
            raise NotFoundError(found=f"problem type {kind[:100]!r}", expected="one that this server uses")
        return page(body)

    return router


def health_router(store: Store) -> APIRouter:
    """Route the question whether the server is well.

    :param store: what must be able to answer.
    """
    router = APIRouter()

    @router.api_route(urls.HEALTH, methods=_READ)
    async def health(response: Response) -> dict[str, Any]:
        response.headers["cache-control"] = "no-store"
        try:
            answer = await store.query(Query("ASK {}", deadline=_HEALTH_SECONDS))
            async for _ in answer:
                pass
        except PortsmouthError as error:
            raise StoreBusyError(f"found the server alive but its store unable to answer: {error}") from error
        return {"live": True, "ready": True, "snapshot": store.snapshot}

    return router
