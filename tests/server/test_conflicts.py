"""The conflict desk over HTTP, for people and for programs."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from portsmouth.build import build
from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server import conflicts
from portsmouth_server.app import create_app

from .asgi import fetch
from .test_pages import see


def ask(server: Any, **parameters: str) -> list[dict[str, Any]]:
    reply = server.fetch("/conflicts?" + urlencode(parameters))
    assert (reply.status, reply.type) == (200, "application/json"), reply.body
    told = json.loads(reply.body)
    assert told["count"] == len(told["conflicts"])
    assert told["previous"] is told["next"] is None and "link" not in reply.headers
    return told["conflicts"]  # type: ignore[no-any-return]


def test_every_disagreement_is_listed_and_has_its_place_on_the_page(shipped: Any) -> None:
    conflicts = ask(shipped)
    page = see(shipped, "/conflicts")
    anchors = {element.get("id") for element in page.all("article")}
    assert {one["href"].partition("#")[2] for one in conflicts} == anchors
    assert len(anchors) == len(conflicts) > 10
    assert f"{len(conflicts)} of {len(conflicts)} disagreements" in page.text


def test_accounts_stand_side_by_side_with_passages_glosses_and_the_kind_in_a_sentence(shipped: Any) -> None:
    page = see(shipped, "/conflicts?kind=incompatible&entity=" + quote("d:refusal-of-french-mediation"))
    (article,) = page.all("article")
    assert article["id"] == "refusal-of-french-mediation-agent"
    links = [element.get("href") for element in page.all("a")]
    assert {"/passage/s5-235", "/passage/s8-360"} <= set(links)
    assert "The values cannot both hold." in page.text
    (told,) = ask(shipped, entity="d:refusal-of-french-mediation", kind="incompatible")
    accounts = [one for value in told["values"] for one in value["accounts"]]
    assert [one["line"] for one in accounts] == [235, 360]
    assert all(one["gloss"] in page.text for one in accounts)


def test_filters_are_a_plain_form_and_each_state_an_address(shipped: Any) -> None:
    page = see(shipped, "/conflicts?entity=&part=s5&kind=refinement")
    form = next(element for element in page.all("form") if element["action"] == "/conflicts")
    assert form["method"] == "get"
    chosen = [element["value"] for element in page.all("option") if "selected" in element]
    assert chosen == ["s5", "refinement"]
    told = ask(shipped, part="s5", kind="refinement")
    assert len(page.all("article")) == len(told) > 0
    assert {one["kind"] for one in told} == {"refinement"}


def test_a_state_without_disagreements_says_so(shipped: Any) -> None:
    assert "Nothing of this kind" in see(shipped, "/conflicts?entity=d:klitin").text


def test_csv_by_name_and_by_accept(shipped: Any) -> None:
    by_name = shipped.fetch("/conflicts?kind=calendar&format=csv")
    by_accept = shipped.fetch("/conflicts?kind=calendar", headers={"Accept": "text/csv"})
    assert by_name.type == by_accept.type == "text/csv"
    assert by_name.body == by_accept.body
    rows = list(csv.DictReader(io.StringIO(by_name.body.decode())))
    assert {row["subject"] for row in rows} == {"Battle of Tsushima"}
    assert {"s1", "s2", "s5", "s7"} == {row["part"] for row in rows}


def test_an_ambiguous_name_offers_the_things_that_have_it(shipped: Any) -> None:
    reply = shipped.fetch("/conflicts?entity=Tsushima")
    assert reply.status == 400
    assert {one["iri"] for one in reply.problem["candidates"]} == {"d:tsushima", "d:battle-of-tsushima"}
    page = see(shipped, "/conflicts?entity=Tsushima&part=s5", status=400)
    links = [element.get("href") for element in page.all("a")]
    assert "/conflicts?entity=d%3Abattle-of-tsushima&part=s5" in links


@pytest.mark.parametrize(
    ("asked", "status"),
    [("kind=contrary", 400), ("part=5", 400), ("who=x", 400), ("kind=a&kind=b", 400), ("entity=Xyzzy", 404),
     ("format=ttl", 406), ("page=0", 400), ("page=-1", 400), ("page=x", 400), ("page=1.5", 400),
     ("page=%D9%A1", 400), ("page=2", 404), ("page=99999999999999999999", 400), ("at=nothing", 404),
     ("page=1&at=battle-of-tsushima-when", 400)],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused(shipped: Any, asked: str, status: int) -> None:
    reply = shipped.fetch("/conflicts?" + asked)
    assert reply.status == reply.problem["status"] == status


def test_a_long_list_has_pages_that_lead_to_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflicts, "MOST_CONFLICTS", 4)

    async def work() -> None:
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            app = create_app(store)
            _, _, table = await fetch(app, "/conflicts?part=s5&format=csv")
            address: str | None = "/conflicts?part=s5&format=json"
            found, former, pages = [], None, 0
            while address:
                _, headers, body = await fetch(app, address)
                told = json.loads(body)
                assert told["previous"] == former and 0 < len(told["conflicts"]) <= 4
                links = {
                    name: link
                    for link, name in re.findall('<([^>]*)>; rel="([a-z]+)"', headers.get("link", ""))
                }
                assert (links.get("prev"), links.get("next")) == (told["previous"], told["next"])
                status, of_page, page = await fetch(app, address.replace("json", "html"))
                names = re.findall('<article class="conflict" id="([^"]+)"', page.decode())
                assert status == 200 and names == [one["href"].partition("#")[2] for one in told["conflicts"]]
                assert ("link" in of_page) == bool(links)
                turned = re.findall('rel="(prev|next)" href="([^"]*)"', page.decode())
                assert {name: html.unescape(link).replace("html", "json") for name, link in turned} == links
                for one in told["conflicts"]:
                    _, _, there = await fetch(app, one["href"].partition("#")[0], accept="text/html")
                    assert f'id="{one["href"].partition("#")[2]}"'.encode() in there
                found += [one["iri"] for one in told["conflicts"]]
                former, address, pages = address, told["next"], pages + 1
            assert told["count"] == len(found) == len(set(found)) and pages == -(-len(found) // 4) > 1
            rows = list(csv.DictReader(io.StringIO(table.decode())))
            assert {row["disagreement"] for row in rows} == set(found)

    asyncio.run(work())


def test_hostile_text_stays_text(shipped: Any) -> None:
    page = see(shipped, "/conflicts?entity=" + quote('"><script>alert(1)</script>'), status=404)
    assert "<script>alert(1)</script>" in page.text


def test_data_without_disagreements(server: Any) -> None:
    assert ask(server) == []
    assert "0 of 0" in see(server, "/conflicts").text


def test_openapi_describes_the_desk_as_it_answers(shipped: Any) -> None:
    described = json.loads(shipped.fetch("/openapi.json").body)
    operation = described["paths"]["/conflicts"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {"entity", "part", "kind", "format", "page", "at"}
    schema = described["components"]["schemas"]["Conflict"]
    for one in ask(shipped):
        assert set(schema["required"]) == set(one)


def test_accounts_are_told_in_the_readers_language(shipped: Any) -> None:
    asked, browser = "/conflicts?kind=incompatible&lang=", {"Accept": "text/html"}
    thai, english = (shipped.fetch(asked + code, headers=browser).body.decode() for code in ("th", "en"))
    assert "7 August 1905" in english and "7 สิงหาคม ค.ศ.\N{NO-BREAK SPACE}1905" in thai
    assert "25 July (no year), Old Style; 7 August (no year), New Style" in english
    assert "<bdi>Z.P. Nebogatov</bdi>" in english
    assert "25 กรกฎาคม (ไม่ระบุปี), แบบเก่า" in thai
    assert "The values cannot both hold." in english and "ค่าทั้งหมดนี้เป็นจริงพร้อมกันไม่ได้" in thai
    glosses = re.findall(r'<p class="gloss">([^<]*)', thai)
    assert glosses and all(re.search("[ก-๙]", gloss) for gloss in glosses)
    # What programs read does not change with a reader's language.
    told = [shipped.fetch(f"/conflicts?format=json&lang={code}").body for code in ("th", "en")]
    assert told[0] == told[1]
