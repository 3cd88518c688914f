"""The routes beside ``/sparql``: pages and health."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from portsmouth.errors import AccessRefusedError, NotFoundError, PortsmouthError, StoreBusyError
from portsmouth.store.protocol import Query, Store
from portsmouth_server import urls
from portsmouth_server.answering import page
from portsmouth_server.http import DATA_HEADERS, READ
from portsmouth_server.media import RECEIPTS_PROFILE, accept_of
from portsmouth_server.operating.door import Door
from portsmouth_server.operating.metrics import Metrics
from portsmouth_server.pages import HtmlPages
from portsmouth_server.setting_values import Network

_HEALTH_SECONDS: Final = 5.0
_FRESH: Final = {"cache-control": "no-store"}


def page_router(pages: HtmlPages) -> APIRouter:
    """Route the pages.

    :param pages: what renders them.
    """
    router = APIRouter()

    @router.api_route(urls.HOME, methods=READ)
    async def home() -> Response:
        return page(await pages.home())

    @router.api_route(urls.PROBLEM + "/{kind}", methods=READ)
    async def problem_type(request: Request) -> Response:
        kind: str = request.path_params["kind"]
        body = pages.problem_type(kind)
        if body is None:
            raise NotFoundError(found=f"problem type {kind[:100]!r}", expected="one that this server uses")
        return page(body)

    @router.api_route(urls.PROFILE, methods=READ)
    async def profile() -> Response:
        return page(pages.render("profile.html", iri=RECEIPTS_PROFILE))

    return router


def health_router(store: Store) -> APIRouter:
    """Route the questions whether the server is alive, and whether it can answer.

    :param store: what must be able to answer.
    """
    router = APIRouter()

    @router.api_route(urls.HEALTH_LIVE, methods=READ)
    async def live() -> Response:
        return JSONResponse({"live": True}, headers=_FRESH)

    @router.api_route(urls.HEALTH, methods=READ)
    @router.api_route(urls.HEALTH_READY, methods=READ)
    async def ready() -> Response:
        try:
            answer = await store.query(Query("ASK {}", deadline=_HEALTH_SECONDS))
            async for _ in answer:
                pass
        except PortsmouthError as error:
            raise StoreBusyError(f"found the server alive but its store unable to answer: {error}") from error
        return JSONResponse({"live": True, "ready": True, "snapshot": store.snapshot}, headers=_FRESH)

    return router


def metrics_router(metrics: Metrics, door: Door, readers: tuple[Network, ...]) -> APIRouter:
    """Route the numbers for Prometheus.

    :param metrics: what counts.
    :param door: what knows where a request comes from.
    :param readers: the networks whose clients may read them.
    """
    router = APIRouter()

    @router.api_route(urls.METRICS, methods=READ)
    async def numbers(request: Request) -> Response:
        if not door.is_within(request.scope, readers):
            raise AccessRefusedError(
                found="a client whose address the setting metrics_from does not have",
                expected="one that may read metrics",
            )
        body, media_type = metrics.write(accept_of(request.scope) or "")
        response = Response(body)
        length = (b"content-length", str(len(body)).encode())
        kept = (b"cache-control", b"no-store")
        response.raw_headers = [(b"content-type", media_type.encode()), length, kept, *DATA_HEADERS]
        return response

    return router
