"""Search over HTTP, for programs and for people."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from portsmouth.errors import StoreBusyError

from .test_pages import see

KOMURA = "https://w3id.org/portsmouth1905/id/komura"
HOSTILE = [
    '"', "'", "komura OR 1", "NEAR(a b)", "*", "^a", "{x}:y", "\0", "😀", "x" * 10_000, "a " * 5_000,
    "'; DROP TABLE text; --", "<script>alert(1)</script>", "%", "_", "\u202e", "-", "()", "\\", "\ufffd",
]  # fmt: skip


def find(server: Any, text: str, **parameters: Any) -> list[dict[str, Any]]:
    reply = server.fetch("/search?" + urlencode({"q": text, **parameters}, doseq=True))
    assert (reply.status, reply.type) == (200, "application/json"), reply.body
    told = json.loads(reply.body)
    assert told["q"] == text
    return told["hits"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "text", ["Komura", "Kōmura", "โคมูระ", "小村", "Комура", "Jutaro Komura", "Dzyutara", "omura jut"]
)
def test_one_man_is_found_in_every_script(shipped: Any, text: str) -> None:
    first = find(shipped, text)[0]
    assert first["iri"] == KOMURA
    assert {"en", "th", "ja"} <= set(first["labels"])
    assert first["types"][0].endswith("#Person")
    assert first["href"]
    assert 0 < first["score"] <= 1


def test_a_hit_leads_to_what_describes_it(shipped: Any) -> None:
    assert shipped.fetch(find(shipped, "Komura")[0]["href"]).status in (200, 303)


def test_limit_and_kind(shipped: Any) -> None:
    assert len(find(shipped, "a", limit=3)) == 3
    persons = find(shipped, "o", kind="pt:Person", limit=200)
    assert persons
    assert all(hit["types"][0].endswith("#Person") for hit in persons)
    both = find(shipped, "o", kind=["pt:Person", "pt:Treaty"], limit=200)
    assert len(both) > len(persons)


def test_other_data_are_searched_as_they_are(server: Any) -> None:
    assert [hit["iri"] for hit in find(server, "小村")] == [KOMURA]
    assert find(server, "script")[0]["text"] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("query", "found", "expected"),
    [
        ("", "no q", "the parameter q"),
        ("q=a&limit=x", "limit='x'", "a whole number from 1 to"),
        ("q=a&limit=0", "limit='0'", "a whole number from 1 to"),
        ("q=a&limit=100000", "limit='100000'", "a whole number from 1 to"),
        ("q=a&q=b", "q more than once", "one value"),
        ("q=a&kind=pt:Nobody", "kind=pt:Nobody", "pt:Person"),
        ("q=a&offset=3", "offset", "one of q, limit, kind, format"),
        ("q=%ff", "not UTF-8", "UTF-8"),
    ],
)
def test_what_does_not_fit_is_told(shipped: Any, query: str, found: str, expected: str) -> None:
    problem = shipped.fetch("/search?" + query).problem
    assert problem["status"] == 400
    assert found in problem["detail"]
    assert expected in problem["detail"]


def test_formats(shipped: Any) -> None:
    for form in ("json", "html"):
        assert shipped.fetch(f"/search?q=a&format={form}").headers["vary"].startswith("Accept")
    assert shipped.fetch("/search?q=a", headers={"Accept": "text/turtle"}).problem["status"] == 406
    assert shipped.fetch("/search?q=a&format=csv").problem["status"] == 406
    assert shipped.fetch("/search?q=a&format=html").type == "text/html"
    assert shipped.fetch("/search", "POST").problem["status"] == 405


def test_head_and_what_a_client_has(shipped: Any) -> None:
    got = shipped.fetch("/search?q=Komura")
    head = shipped.fetch("/search?q=Komura", "HEAD")
    assert (head.status, head.type, head.body) == (200, got.type, b"")
    assert head.headers["etag"] == got.headers["etag"]
    again = shipped.fetch("/search?q=Komura", headers={"If-None-Match": got.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_questions(shipped: Any, server: Any, text: str) -> None:
    find(shipped, text)
    page = see(server, "/search?" + urlencode({"q": text}))
    if text.isprintable():
        assert text in [i.get("value") for i in page.all("input")]
    assert find(shipped, "Dzyutara")[0]["iri"] == KOMURA


def test_people_see_hits_and_where_they_fit(shipped: Any) -> None:
    page = see(shipped, "/search?" + urlencode({"q": "โคมูระ"}))
    assert "Komura Jutarō" in page.text
    assert len(page.all("mark")) > 0
    assert "th" in [p.get("lang") for p in page.all("p")]
    assert find(shipped, "โคมูระ")[0]["href"] in [a["href"] for a in page.all("a")]
    assert "โคมูระ" in [i.get("value") for i in page.all("input")]


def test_who_is_shown_the_best_is_led_to_the_rest(shipped: Any) -> None:
    page = see(shipped, "/search?q=indemnity")
    assert len([item for item in page.all("p") if item.get("class") == "hit"]) == 20
    (further,) = [a["href"] for a in page.all("a") if "limit=" in a["href"]]
    assert further == "/search?q=indemnity&limit=200"
    every = see(shipped, further)
    assert len([item for item in every.all("p") if item.get("class") == "hit"]) > 30
    assert "Show up to" not in every.text
    chosen = see(shipped, "/search?q=treaty&kind=pt:Provision&limit=1")
    assert "/search?q=treaty&kind=pt%3AProvision&limit=200" in [a["href"] for a in chosen.all("a")]


def test_people_see_the_form_and_that_there_is_nothing(shipped: Any) -> None:
    assert not see(shipped, "/search").all("mark")
    assert "Nothing is named so" in see(shipped, "/search?q=zzzzz").text
    assert "pt:Nobody" in see(shipped, "/search?q=a&kind=pt:Nobody", 400).text
    chosen = see(shipped, "/search?q=a&kind=pt:Person").all("option")
    assert [option["value"] for option in chosen if "selected" in option] == ["pt:Person"]


def test_hostile_labels_stay_text(server: Any) -> None:
    page = see(server, "/search?q=alert")
    assert "<script>alert(1)</script>" in page.text
    assert not page.all("img")


@pytest.mark.parametrize("path", ["/", "/sparql", "/queries", "/search", "/nothing"])
def test_every_page_has_the_search_in_its_bar(shipped: Any, path: str) -> None:
    page = see(shipped, path, 404 if path == "/nothing" else 200)
    forms = [form for form in page.all("form") if form.get("role") == "search"]
    assert {form["action"] for form in forms} == {"/search"}


def test_a_store_that_cannot_be_read_is_told_and_asked_again(scripted_store: Any, call: Any) -> None:
    store = scripted_store(StoreBusyError("found none; expected one"))
    for _ in range(2):
        assert call(store, path="/search", query_string="q=a").reply.problem["status"] == 503


def test_behind_a_proxy(start_server: Any) -> None:
    behind = start_server(public_url="https://example.org/portsmouth")
    assert find(behind, "komura")[0]["href"].startswith("/portsmouth/")
    assert b'action="/portsmouth/search"' in behind.fetch("/search?format=html").body
    assert json.loads(behind.fetch("/openapi.json").body)["servers"] == [
        {"url": "https://example.org/portsmouth"}
    ]


def test_a_slip_is_answered_with_near_names(server: Any) -> None:
    told = json.loads(server.fetch("/search?q=Vitte").body)
    assert told["hits"] == []
    assert told["near"][0]["label"] == "Sergei Witte"
    assert told["near"][0]["href"].endswith("/id/witte")
    shown = server.fetch("/search?q=Vitte", headers={"Accept": "text/html"}).body.decode()
    assert "Did you mean:" in shown
    assert "/id/witte" in shown
    assert "near" not in json.loads(server.fetch("/search?q=Witte").body)
