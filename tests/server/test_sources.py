"""The texts over HTTP, and the original where the server has it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portsmouth.build import build
from portsmouth.build.catalogue import locate
from portsmouth.iris import passage
from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server import sources
from portsmouth_server.app import create_app

from .asgi import fetch
from .conftest import RunningServer
from .test_pages import see

PAGE = "หัวเรื่อง\n\nสงครามเริ่ม <b>\nเรือจมเจ็ดสิบลำ\n"


def catalogue() -> str:
    """A catalogue of a page of our own, and what one line of it states."""
    lines = ["<https://w3id.org/portsmouth1905/passage/s1> a pt:Text ; pt:firstLine 1 ; pt:lastLine 4 ."]
    for one in locate(PAGE):
        if not one.blank:
            iri = passage("s1", one.line)
            lines.append(
                f"<{iri}> a pt:Passage ; dcterms:isPartOf <https://w3id.org/portsmouth1905/passage/s1> ; "
                f"pt:line {one.line} ; oa:start {one.start} ; oa:end {one.end} ; "
                f'spdx:checksumValue "{one.sha256}" ; rdfs:comment "Gloss {one.line}."@en .'
            )
    return "\n".join(lines)


def dataset() -> bytes:
    import pyoxigraph as ox

    from portsmouth.iris import PREFIXES

    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    text = f"{prefixes} g:catalogue {{ {catalogue()} }} p:s1-003 {{ d:war a pt:Event . }}"
    quads = list(ox.parse(text.encode(), format=ox.RdfFormat.TRIG))
    quads += {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads}
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RunningServer]]:
    running: dict[str, RunningServer] = {}

    def of(text: str) -> RunningServer:
        if text not in running:
            folder: Path = tmp_path_factory.mktemp("source")
            (folder / "data.nq").write_bytes(dataset())
            (folder / "page.txt").write_text(text, encoding="utf-8", newline="")
            command = ("portsmouth_server", str(folder / "data.nq"))
            running[text] = RunningServer(folder, command, source=folder / "page.txt")
        return running[text]

    yield of
    for server in running.values():
        server.stop()


def test_a_passage_is_shown_in_the_original_with_its_line_marked(start: Any) -> None:
    server = start(PAGE)
    page = see(server, "/passage/s1-003.html")
    assert "In the original" in page.text
    assert "สงครามเริ่ม <b>" in page.text
    assert [element.get("lang") for element in page.all("p") if element.get("id") == "line"] == ["th"]
    assert len(page.all("mark")) == 1
    for line in ("หัวเรื่อง", "เรือจมเจ็ดสิบลำ"):
        assert line in page.text


def test_a_file_that_is_another_is_not_shown(start: Any) -> None:
    server = start(PAGE.replace("เจ็ด", "แปด"))
    page = see(server, "/passage/s1-003.html")
    assert "In the original" not in page.text
    assert "line 4 of" in server.log.read_text()


def test_the_page_of_a_server_without_the_source(shipped: Any) -> None:
    page = see(shipped, "/passage/s3-205.html")
    assert "In the original" not in page.text
    assert "Who has it may start the server with it" in see(shipped, "/sources").text


def test_every_text_and_passage_is_listed(shipped: Any) -> None:
    told = json.loads(shipped.fetch("/sources").body)["parts"]
    page = see(shipped, "/sources")
    ids = {element["id"] for element in page.all("tr") if "id" in element}
    assert ids == {one["iri"].rpartition("/")[2] for part in told for one in part["passages"]}
    assert [element["id"] for element in page.all("section") if element.get("class") == "source"] == [
        part["part"] for part in told
    ]
    assert "States no fact: heading." in page.text


def test_one_text_as_page_json_and_csv(shipped: Any) -> None:
    (part,) = json.loads(shipped.fetch("/sources?part=s4").body)["parts"]
    rows = list(csv.DictReader(io.StringIO(shipped.fetch("/sources?part=s4&format=csv").body.decode())))
    assert [row["passage"] for row in rows] == [one["iri"] for one in part["passages"]]
    assert [int(row["alone"]) for row in rows] == [one["alone"] for one in part["passages"]]
    page = see(shipped, "/sources?part=s4")
    assert len(page.all("h2")) == 1


def test_what_a_passage_alone_says_is_a_query_with_as_many_rows(shipped: Any) -> None:
    page = see(shipped, "/sources?part=s4")
    link = next(
        e["href"] for e in page.all("a") if e.get("href", "").startswith("/sparql") and "s4-213" in e["href"]
    )
    (part,) = json.loads(shipped.fetch("/sources?part=s4").body)["parts"]
    alone = next(one["alone"] for one in part["passages"] if one["line"] == 213)
    rows = json.loads(shipped.fetch(link + "&format=json").body)["results"]["bindings"]
    assert len(rows) == alone > 0


def test_disputed_lines_lead_to_their_disagreement(shipped: Any) -> None:
    page = see(shipped, "/sources?part=s8")
    assert "/conflicts?at=refusal-of-french-mediation-agent#refusal-of-french-mediation-agent" in {
        e.get("href") for e in page.all("a")
    }


@pytest.mark.parametrize(("asked", "status"), [("part=s9", 400), ("who=x", 400), ("format=ttl", 406)])
def test_what_cannot_be_shown_is_refused(shipped: Any, asked: str, status: int) -> None:
    assert shipped.fetch("/sources?" + asked).problem["status"] == status


def test_openapi_describes_sources(shipped: Any) -> None:
    described = json.loads(shipped.fetch("/openapi.json").body)["paths"]["/sources"]["get"]
    assert {one["name"] for one in described["parameters"]} == {"part", "format"}


def test_lines_for_which_a_page_has_no_room_stand_on_pages_of_their_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work() -> None:
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            app = create_app(store)
            whole = lines_of(await page_of(app, "/sources"))
            assert len(whole) > 100
            monkeypatch.setattr(sources, "MOST_LINES", 100)
            shown = await page_of(app, "/sources?part=")
            assert 0 < len(lines_of(shown)) <= 100
            rest = re.findall(r'href="(/sources\?part=s\d+)">(\d+) lines on', shown)
            found = set(lines_of(shown))
            for address, number in rest:
                own = lines_of(await page_of(app, address))
                assert len(own) == int(number)
                found |= own
            assert found == whole

    asyncio.run(work())


async def page_of(app: Any, path: str) -> str:
    status, _, body = await fetch(app, path, accept="text/html")
    assert status == 200
    return body.decode()


def lines_of(page: str) -> set[str]:
    return set(re.findall(r'<tr id="([^"]+)">', page))
