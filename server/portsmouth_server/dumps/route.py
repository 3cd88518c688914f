"""``/dumps``: the whole dataset as files, compressed for those who take gzip, with checksums."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import NotFoundError
from portsmouth.store.protocol import GRAPH_FORMATS, Store
from portsmouth_server import urls
from portsmouth_server.documents import Streamed, headers_for, holds, nothing, unchanged
from portsmouth_server.dumps.writing import Dump, Dumps
from portsmouth_server.http import READ
from portsmouth_server.negotiation import takes_gzip
from portsmouth_server.settings import Settings


def dump_router(store: Store, settings: Settings) -> APIRouter:
    """Route the dumps and their checksums.

    :param store: what is dumped.
    :param settings: how long a client may take.
    """
    router = APIRouter()
    dumps = Dumps(store)

    @router.api_route(f"{urls.DUMPS}/{urls.CHECKSUMS}", methods=READ)
    async def checksums(request: Request) -> Response:
        tag = f'"{store.snapshot}"'
        headers = {**headers_for("nt", tag), "content-type": "text/plain; charset=utf-8"}
        if holds(request, tag):
            return unchanged(headers)
        lines = []
        for extension in GRAPH_FORMATS:
            _, dump = await dumps.get(extension)
            lines.append(f"{dump.sha256}  {urls.DUMP_NAME}.{extension}\n")
        return Response("".join(lines), headers=headers)

    @router.api_route(urls.DUMPS + "/{name:path}", methods=READ)
    async def dump(request: Request) -> Response:
        name: str = request.path_params["name"]
        stem, _, extension = name.rpartition(".")
        if stem != urls.DUMP_NAME or extension not in GRAPH_FORMATS:
            every = ", ".join(f"{urls.DUMP_NAME}.{known}" for known in GRAPH_FORMATS)
            raise NotFoundError(
                found=f"no dump named {name[:100]!r}", expected=f"{every} or {urls.CHECKSUMS}"
            )
        compressed = takes_gzip(request.headers.get("accept-encoding"))
        headers = _headers(extension, store.snapshot, compressed)
        if holds(request, headers["etag"]):
            return unchanged(headers)
        snapshot, written = await dumps.get(extension)
        headers = _headers(extension, snapshot, compressed)
        headers["content-length"] = str(written.compressed_size if compressed else written.size)
        body = nothing() if request.method == "HEAD" else _body(written, compressed)
        return Streamed(body, headers, settings.client_seconds)

    return router


def _headers(extension: str, snapshot: str, compressed: bool) -> dict[str, str]:
    # The two encodings are two sequences of bytes, so they have two strong tags (RFC 9110, section 8.8.3.3).
    headers = headers_for(extension, f'"{snapshot}{"-gzip" if compressed else ""}"')
    headers["vary"] = "Accept-Encoding"
    headers["content-disposition"] = f'attachment; filename="{urls.DUMP_NAME}.{extension}"'
    if compressed:
        headers["content-encoding"] = "gzip"
    return headers


async def _body(dump: Dump, compressed: bool) -> AsyncGenerator[bytes, None]:
    for chunk in dump.compressed if compressed else dump.plain():
        yield chunk
