"""Citations over HTTP: links that last, and a version that is never passed off for another."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from portsmouth.citing import digest_of
from portsmouth.store.protocol import RESULT_FORMATS

from .test_pages import see

QUERY = """PREFIX pt: <https://w3id.org/portsmouth1905/ns#> PREFIX d: <https://w3id.org/portsmouth1905/id/>
SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who . ?who a pt:Person }"""


def address(**more: str) -> str:
    return "/cite?" + urlencode({"query": QUERY, **more})


def cited(server: Any, **more: str) -> dict[str, Any]:
    reply = server.fetch(address(**more))
    assert (reply.status, reply.type) == (200, "application/json"), reply.body
    return json.loads(reply.body)  # type: ignore[no-any-return]


def version(server: Any) -> str:
    return str(json.loads(server.fetch("/health").body)["snapshot"])


def test_a_link_carries_query_stance_and_version_and_leads_back(shipped: Any) -> None:
    told = cited(shipped, parts="s3")
    assert told["link"].startswith("https://w3id.org/portsmouth1905/cite?")
    assert all(told["link"] in told[form] for form in ("footnote", "bibtex"))
    assert told["csl"]["URL"] == told["link"]
    link = urlsplit(told["here"])
    assert link.query == urlsplit(told["link"]).query
    assert parse_qs(link.query) == {"query": [QUERY], "parts": ["s3"], "version": [version(shipped)]}
    again = json.loads(shipped.fetch(f"{link.path}?{link.query}").body)
    assert again == told


def test_the_hash_is_that_of_the_answer_in_every_format(shipped: Any) -> None:
    told = cited(shipped)
    for name, media_type in RESULT_FORMATS.items():
        if name != "csv":
            answer = shipped.fetch("/sparql?" + urlencode({"query": QUERY, "format": name}))
            assert digest_of(answer.body, media_type) == told["sha256"]
    assert cited(shipped, parts="s3")["sha256"] != told["sha256"]


def test_the_passages_are_those_of_the_receipts(shipped: Any) -> None:
    told = cited(shipped, parts="s3")
    reply = shipped.fetch("/receipts?" + urlencode({"query": QUERY, "parts": "s3"}))
    receipts = {one for fact in json.loads(reply.body)["facts"] for one in fact["in"] if one.startswith("s")}
    named = {f"{part['part']}-{line:03d}" for part in told["passages"] for line in part["lines"]}
    assert named == receipts
    assert told["allPassages"]


@pytest.mark.parametrize(
    ("form", "media_type", "begin"),
    [
        ("footnote", "text/plain", "“SPARQL query: SELECT ?who {"),
        ("bibtex", "application/x-bibtex", "@misc{portsmouth1905-"),
        ("csl-json", "application/vnd.citationstyles.csl+json", "["),
    ],
)
def test_the_forms_by_name_and_by_accept(shipped: Any, form: str, media_type: str, begin: str) -> None:
    by_name = shipped.fetch(address(format=form))
    assert (by_name.status, by_name.type) == (200, media_type)
    assert by_name.body.decode().startswith(begin)
    assert shipped.fetch(address(), headers={"Accept": media_type}).body == by_name.body


@pytest.mark.parametrize("asked", ["0" * 64, "deadbeef", "1", "latest"])
def test_another_version_is_never_passed_off_for_the_one_served(shipped: Any, asked: str) -> None:
    reply = shipped.fetch(address(version=asked))
    assert reply.status == 404
    assert reply.problem["type"].endswith("/problem/version")
    assert (reply.problem["asked"], reply.problem["served"]) == (asked, version(shipped))
    page = see(shipped, address(version=asked), status=404)
    assert "Another version is served here" in page.text
    assert "SHA-256 of the result" not in page.text
    links = [element.get("href", "") for element in page.all("a")]
    assert address() in links


def test_a_result_that_would_take_for_ever_to_hash_is_refused_at_once(shipped: Any) -> None:
    clique = " . ".join(f"_:n{one} <http://e/p> _:n{other}" for one in range(12) for other in range(12))
    reply = shipped.fetch("/cite?" + urlencode({"query": f"CONSTRUCT {{ {clique} }} WHERE {{}}"}))
    assert reply.status == 422
    assert "too much alike" in reply.problem["detail"]


def test_a_version_may_be_cut_short(shipped: Any) -> None:
    assert cited(shipped, version=version(shipped)[:12]) == cited(shipped)


def test_the_page_shows_every_form_and_the_passages(shipped: Any) -> None:
    page = see(shipped, address(parts="-s4"))
    told = cited(shipped, parts="-s4")
    for text in (told["footnote"], told["sha256"], told["version"], "@misc{", "without the memoir"):
        assert text in page.text
    links = {element.get("href", "") for element in page.all("a")}
    assert told["link"] in links
    assert "/passage/s3-205" in links


def test_a_citation_leads_to_an_answer_though_its_query_declares_no_prefix(shipped: Any) -> None:
    query = "SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who }"
    for more in ({}, {"version": "0" * 64}):
        page = see(
            shipped, "/cite?" + urlencode({"query": query, "parts": "s3", **more}), 404 if more else 200
        )
        (leading,) = [a["href"] for a in page.all("a") if a["href"].startswith("/sparql?query=")]
        reply = shipped.fetch(leading, headers={"Accept": "text/csv"})
        assert (reply.status, reply.body.count(b"https://")) == (200, 5)
    broken = see(shipped, "/cite?" + urlencode({"query": "SELECT { 'x"}), 400)
    assert broken.all("h2")


@pytest.mark.parametrize(
    "path", ["/queries/signatories?parts=s3", "/sparql?" + urlencode({"query": QUERY, "parts": "s3"})]
)
def test_answers_lead_to_their_citation(shipped: Any, path: str) -> None:
    links = [e.get("href", "") for e in see(shipped, path).all("a") if e.get("href", "").startswith("/cite?")]
    assert len(links) == 1
    assert parse_qs(urlsplit(links[0]).query)["parts"] == ["s3"]
    assert shipped.fetch(links[0]).status == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [("", 400), ("query=", 400), ("query=SELECT", 400), ("query=ASK%7B%7D&format=apa", 406),
     ("query=ASK%7B%7D&parts=s9", 400), ("query=ASK%7B%7D&version=a&version=b", 400)],
)  # fmt: skip
def test_what_cannot_be_cited_is_refused(shipped: Any, asked: str, status: int) -> None:
    assert shipped.fetch("/cite?" + asked).problem["status"] == status


def test_openapi_describes_citations(shipped: Any) -> None:
    described = json.loads(shipped.fetch("/openapi.json").body)
    names = {one["name"] for one in described["paths"]["/cite"]["get"]["parameters"]}
    assert {"query", "parts", "version", "format"} <= names
    assert set(described["components"]["schemas"]["Citation"]["required"]) == set(cited(shipped))


def test_a_reader_of_thai_cites_in_thai_and_programs_in_english(shipped: Any) -> None:
    thai = {"Accept": "text/html", "Accept-Language": "th"}
    asked = urlencode({"query": "# title: Who signed the treaty\n" + QUERY})
    page = shipped.fetch(f"/cite?{asked}", headers=thai).body.decode()
    title = page.partition('class="lead">')[2].partition("<")[0]
    assert title and not re.search("[A-Za-z]", title)
    assert f"“{title}”, Portsmouth 1905: กราฟความรู้สนธิสัญญาพอร์ตสมัธ" in page
    assert re.search(rf"เข้าถึงเมื่อ \d+ [ก-๛]+ พ\.ศ\. {datetime.now(UTC).year + 543}", page)
    assert re.search(r"<li>ส่วนที่ 1[^<]*: <a ", page)
    assert (
        "Who signed the treaty" in shipped.fetch(f"/cite?{asked}&format=footnote", headers=thai).body.decode()
    )
