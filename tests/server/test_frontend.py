"""The files of the front end: which a page links, how they are sent, and pages where none was built."""

from __future__ import annotations

import asyncio
import gzip
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server import create_app
from portsmouth_server.frontend import Bundle, static_folder
from portsmouth_server.urls import Urls

from .conftest import dataset

BROWSER = {"Accept": "text/html"}
LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@pytest.fixture(scope="module")
def built() -> Bundle:
    bundle = Bundle.from_folder(Urls(), static_folder())
    if not bundle:
        pytest.skip("found no front end; expected what `python server/web/build.py` makes")
    return bundle


def test_every_file_that_a_page_links_is_there_and_kept_for_good(built: Bundle, server: Any) -> None:
    links = LINKED.findall(server.fetch("/", headers=BROWSER).body.decode())
    assert [link for link in links if link.endswith(".css")]
    assert [link for link in links if link.endswith(".js")]
    for link in links:
        reply = server.fetch(link)
        assert reply.status == 200, link
        assert reply.headers["x-content-type-options"] == "nosniff"
        if "/built/assets/" in link:
            assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("gzip;q=1, br;q=0", "gzip"), ("identity", None), ("", None)],
)
def test_files_are_sent_as_the_build_compressed_them(
    built: Bundle, server: Any, accepted: str, coding: str | None
) -> None:
    sheet = next(link for link in LINKED.findall(str(built.head())) if link.endswith(".css"))
    whole = server.fetch(sheet)
    reply = server.fetch(sheet, headers={"Accept-Encoding": accepted})
    assert reply.headers.get("content-encoding") == coding
    assert reply.type == "text/css"
    assert reply.headers["vary"] == "Accept-Encoding"
    if coding == "gzip":
        assert gzip.decompress(reply.body) == whole.body
    assert (len(reply.body) < len(whole.body)) is bool(coding)
    again = server.fetch(sheet, headers={"Accept-Encoding": accepted, "If-None-Match": reply.headers["etag"]})
    assert again.status == 304


def test_the_two_codings_of_a_file_have_two_tags(built: Bundle, server: Any) -> None:
    sheet = next(link for link in LINKED.findall(str(built.head())) if link.endswith(".css"))
    tags = {server.fetch(sheet, headers={"Accept-Encoding": coding}).headers["etag"] for coding in ("br", "")}
    assert len(tags) == 2


def test_fonts_are_the_servers_own(built: Bundle, server: Any) -> None:
    sheet = next(link for link in LINKED.findall(str(built.head())) if link.endswith(".css"))
    fonts = re.findall(r"url\(([^)]+)\)", server.fetch(sheet).body.decode())
    assert fonts
    for font in fonts:
        name = font.strip("\"'").removeprefix("./")
        assert "/" not in name
        reply = server.fetch(f"{sheet.rpartition('/')[0]}/{name}")
        assert (reply.status, reply.type) == (200, "font/woff2")


def test_without_a_bundle_pages_link_the_style_sheet_as_written(tmp_path: Path) -> None:
    shutil.copytree(static_folder() / "styles", tmp_path / "styles")
    bundle = Bundle.from_folder(Urls("/p"), tmp_path)
    assert not bundle
    assert re.fullmatch(
        r'<link rel="stylesheet" href="/p/static/styles/site\.css\?v=[0-9a-f]{12}">', str(bundle.head())
    )
    assert bundle.island("network") == ""
    (tmp_path / "styles" / "site.css").write_text("/* another */")
    assert Bundle.from_folder(Urls("/p"), tmp_path).edition != bundle.edition


def test_without_a_bundle_the_network_is_shown_as_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portsmouth_server.frontend._MANIFEST", "nothing/manifest.json")
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    async def fetch() -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": "/network", "raw_path": b"/network", "query_string": b"",
            "root_path": "", "headers": [(b"accept", b"text/html")], "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }  # fmt: skip
        async with EmbeddedStore.from_nquads(dataset()) as store:
            await create_app(store)(scope, receive, send)

    asyncio.run(fetch())
    body = b"".join(message.get("body", b"") for message in messages).decode()
    assert messages[0]["status"] == 200
    assert '<img src="/network.svg' in body
    # Browsers that run scripts leave out what stands there, and nothing else would draw it.
    assert "<noscript" not in body


def test_the_style_sheet_as_written_loads_only_its_own_parts(server: Any) -> None:
    sheet = server.fetch("/static/styles/site.css").body.decode()
    for part in re.findall(r'@import url\("([^"]+)"\)', sheet):
        assert server.fetch(f"/static/styles/{part.removeprefix('./')}").type == "text/css"
    assert "http" not in re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)


def test_an_island_that_was_not_built_is_a_fault_of_the_template(built: Bundle) -> None:
    with pytest.raises(LookupError, match=r"src/entries/nothing\.ts"):
        built.island("nothing")
