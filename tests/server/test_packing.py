"""Long documents are packed once and sent in either coding, byte for byte what a whole one would be."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from portsmouth.build import build
from portsmouth.networks import Selection, annotate, document, project
from portsmouth.networks.document import document_json
from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server import networks
from portsmouth_server.app import create_app

from .asgi import fetch


@pytest.fixture(scope="module")
def nquads() -> bytes:
    return build().nquads


def run(nquads: bytes, work: Callable[[EmbeddedStore], Awaitable[Any]]) -> Any:
    async def within() -> Any:
        async with EmbeddedStore.from_nquads(nquads) as store:
            return await work(store)

    return asyncio.run(within())


def test_a_network_is_written_in_pieces_as_it_is_whole(nquads: bytes) -> None:
    async def work(store: EmbeddedStore) -> None:
        for selection in (Selection(), Selection(modes=("funded",)), Selection(kind="signing")):
            network = await project(store, selection)
            told = await annotate(store, network)
            pieces = list(document_json(network, told, selection, str.upper))
            whole = document(network, told, selection, str.upper)
            assert json.loads(b"".join(pieces)) == whole
            assert b"".join(pieces).decode() == json.dumps(whole, ensure_ascii=False, separators=(",", ":"))

    run(nquads, work)


@pytest.mark.parametrize("path", ["/network.json", "/network.csv", "/network.gexf"])
def test_a_packed_network_is_the_whole_one_in_every_coding(
    nquads: bytes, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def work(store: EmbeddedStore) -> None:
        _, _, whole = await fetch(create_app(store), path)
        monkeypatch.setattr(networks, "MANY_ARCS", 1)
        app = create_app(store)
        for _ in range(3):
            status, headers, body = await fetch(app, path)
            assert (status, body) == (200, whole)
            assert int(headers["content-length"]) == len(whole)
            assert "Accept-Encoding" in headers["vary"]
            status, packed, body = await fetch(app, path, accept_encoding="gzip")
            assert (status, gzip.decompress(body)) == (200, whole)
            assert packed["content-encoding"] == "gzip"
            assert packed["etag"] == headers["etag"]
            assert packed["content-type"] == headers["content-type"]
        status, headers, body = await fetch(app, path, "HEAD")
        assert (status, body, int(headers["content-length"])) == (200, b"", len(whole))
        status, _, body = await fetch(app, path, if_none_match=headers["etag"])
        assert (status, body) == (304, b"")

    run(nquads, work)
