"""Stances over HTTP: the same query over chosen parts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from .test_pages import see

PREFIXES = "PREFIX pt: <https://w3id.org/portsmouth1905/ns#> PREFIX d: <https://w3id.org/portsmouth1905/id/> "
SIGNED = PREFIXES + "SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who . ?who a pt:Person } ORDER BY ?who"


def names(body: bytes) -> list[str]:
    return [line.rpartition("/")[2] for line in body.decode().split()[1:]]


@pytest.mark.parametrize(
    ("parts", "signatories"),
    [
        ("s3", ["komura", "takahira", "witte"]),
        ("treaty-text", ["komura", "takahira", "witte"]),
        ("s3,s5", ["komura", "rosen", "takahira", "witte"]),
        ("-s5", ["komura", "takahira", "witte"]),
        ("s4", []),
        ("", ["komura", "rosen", "takahira", "witte"]),
    ],
)
def test_the_same_query_from_several_stances(shipped: Any, parts: str, signatories: list[str]) -> None:
    assert names(shipped.ask(SIGNED, "text/csv", parts=parts).body) == signatories


def test_by_post_and_by_repeated_parameters(shipped: Any) -> None:
    form = urlencode([("query", SIGNED), ("parts", "s3"), ("parts", "s5")]).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/csv"}
    reply = shipped.fetch("/sparql", "POST", headers, form)
    assert names(reply.body) == ["komura", "rosen", "takahira", "witte"]
    headers["Content-Type"] = "application/sparql-query"
    reply = shipped.fetch("/sparql?parts=s3", "POST", headers, SIGNED.encode())
    assert names(reply.body) == ["komura", "takahira", "witte"]


def test_an_answer_from_a_stance_is_another_answer(shipped: Any) -> None:
    tags = {shipped.ask(SIGNED, parts=parts).headers["etag"] for parts in ("", "s3", "-s4")}
    assert len(tags) == 3
    assert shipped.ask(SIGNED, parts="s3").headers["etag"] == shipped.ask(SIGNED, parts="s3").headers["etag"]


def test_receipts_of_a_stance(shipped: Any) -> None:
    link = shipped.ask(SIGNED, parts="-s3").headers["link"]
    assert "parts=-s3" in link
    reply = shipped.fetch("/receipts?" + urlencode({"query": SIGNED, "parts": "-s3"}))
    passages = {one for fact in json.loads(reply.body)["facts"] for one in fact["in"]}
    assert any(one.startswith("s5-") for one in passages)
    assert not any(one.startswith("s3-") for one in passages)


@pytest.mark.parametrize("parts", ["s9", "5", "s3,-s4", "treaty", "s3;drop"])
@pytest.mark.parametrize(
    "path", ["/sparql?query=ASK%7B%7D&", "/queries/signatories?", "/receipts?query=ASK%7B%7D&"]
)
def test_what_is_no_stance_is_refused(shipped: Any, path: str, parts: str) -> None:
    reply = shipped.fetch(path + urlencode({"parts": parts}))
    assert reply.status == 400
    assert "part" in reply.problem["detail"]


def test_a_named_query_from_a_stance(shipped: Any) -> None:
    reply = shipped.fetch("/queries/signatories?parts=s3&format=csv")
    passages = {line.rpartition("/")[2] for line in reply.body.decode().split()[1:] if "passage" in line}
    assert passages
    assert all(passage.startswith("s3-") for passage in passages)


@pytest.mark.parametrize("path", ["/sparql?" + urlencode({"query": SIGNED}), "/queries/signatories?"])
def test_pages_have_a_switch_that_shows_the_present_stance(shipped: Any, path: str) -> None:
    page = see(shipped, path + "&parts=-s4")
    (switch,) = [element for element in page.all("select") if element["name"] == "parts"]
    assert switch["id"] == "parts"
    chosen = [element["value"] for element in page.all("option") if "selected" in element]
    assert "-s4" in chosen
    assert "without the memoir" in page.text
    downloads = [element["href"] for element in page.all("a") if "format=csv" in element.get("href", "")]
    assert downloads
    assert all("parts=-s4" in address for address in downloads)


def test_the_switch_keeps_a_stance_of_ones_own(shipped: Any) -> None:
    page = see(shipped, "/queries/signatories?parts=s3,s5")
    assert "s3,s5" in [element["value"] for element in page.all("option") if "selected" in element]
    assert "parts 3, 5 alone" in page.text


def test_openapi_knows_stances(shipped: Any) -> None:
    paths = json.loads(shipped.fetch("/openapi.json").body)["paths"]
    for path in ("/sparql", "/receipts", "/queries/signatories"):
        assert "parts" in {parameter["name"] for parameter in paths[path]["get"]["parameters"]}


# --- Two stances


def differ(server: Any, **more: str) -> dict[str, Any]:
    reply = server.fetch("/stances?" + urlencode({"query": SIGNED, **more}))
    assert (reply.status, reply.type) == (200, "application/json"), reply.body
    return json.loads(reply.body)  # type: ignore[no-any-return]


def test_the_difference_of_two_stances(shipped: Any) -> None:
    told = differ(shipped, a="s3", b="s5")
    assert told["columns"] == ["who"]
    assert told["onlyA"] == []
    assert told["onlyB"] == [["<https://w3id.org/portsmouth1905/id/rosen>"]]
    assert len(told["both"]) == 3
    table = shipped.fetch("/stances?" + urlencode({"query": SIGNED, "a": "s3", "b": "s5", "format": "csv"}))
    assert table.body.decode().splitlines()[:2] == ["in,who", "b,https://w3id.org/portsmouth1905/id/rosen"]


def test_the_difference_as_a_page(shipped: Any) -> None:
    page = see(shipped, "/stances?" + urlencode({"query": SIGNED, "a": "s3", "b": "s5"}))
    assert "Only with “the text of the treaty alone”: 0" in page.text
    assert "Only with “part 5 alone”: 1" in page.text
    assert "Both: 3" in page.text
    chosen = [element["value"] for element in page.all("option") if "selected" in element]
    assert chosen == ["s3", "s5"]
    links = [e.get("href", "") for e in see(shipped, "/queries/signatories?parts=s3").all("a")]
    assert any(link.startswith("/stances?") and "a=s3" in link for link in links)
    start = see(shipped, "/stances")
    assert start.all("textarea")
    offered = [e.get("href", "") for e in start.all("a") if e.get("href", "").startswith("/stances?query=")]
    assert len(offered) > 30
    assert "Only with “part 5 alone”: 1" in see(shipped, offered[0]).text
    assert "Roman Rosen" in see(shipped, offered[0]).text


@pytest.mark.parametrize(
    "asked", ["", "query=SELECT", "query=ASK%7B%7D&a=s9", "query=ASK%7B%7D&a=x", "who=x"]
)
def test_a_difference_that_cannot_be_told(shipped: Any, asked: str) -> None:
    assert shipped.fetch("/stances?" + asked).problem["status"] == 400


def test_openapi_describes_the_difference(shipped: Any) -> None:
    operation = json.loads(shipped.fetch("/openapi.json").body)["paths"]["/stances"]["get"]
    assert {one["name"] for one in operation["parameters"]} == {"query", "a", "b", "format"}
