"""What browsers see."""

from __future__ import annotations

import html.parser
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
D = "https://w3id.org/portsmouth1905/id/"
LABELS = f"SELECT ?label {{ <{D}hostile> ?property ?label }}"
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(html.parser.HTMLParser):
    """A page as its elements and text; an element left open or closed out of turn is an error."""

    def __init__(self, source: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source.decode())
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.elements if name == tag]


def see(server: Any, path: str, status: int = 200) -> Page:
    reply = server.fetch(path, headers=BROWSER)
    assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = Page(reply.body)
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "style")
        # What a page's scripts read stands in it as data; scripts themselves are files of the server's.
        assert tag != "script" or attributes["type"] == "application/json" or attributes["src"]
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        linked = tag == "link" and attributes["rel"] != "alternate"
        for loaded in (attributes.get("src"), attributes.get("href") if linked else None):
            assert loaded is None or loaded.startswith(("/static/", "/network.svg?"))
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    return page


def ask(server: Any, query: str, status: int = 200, **parameters: Any) -> Page:
    return see(server, "/sparql?" + urlencode({"query": query, **parameters}, doseq=True), status)


def test_home(server: Any) -> None:
    page = see(server, "/")
    assert "/sparql" in [a.get("href") for a in page.all("a")]
    # Two persons and a treaty; the number of statements is that of the default graph.
    counts = dict(re.findall(r"(\w+)\s*\n?(\d[\d,]*)", page.text.partition("What it holds")[2]))
    assert (counts["Person"], counts["Treaty"]) == ("1", "1")
    assert counts["triples"] == f"{1500 + 4 + 5 + 9:,}"


def test_home_without_a_store(call: Any) -> None:
    from portsmouth.errors import StoreBusyError

    reply = call(StoreBusyError("found none; expected one"), path="/", query_string="").reply
    assert (reply.status, b"What it holds" in reply.body) == (200, False)


def test_programs_are_not_given_the_page(server: Any) -> None:
    assert server.fetch("/sparql", headers={"Accept": "*/*"}).type == "text/turtle"


def test_the_empty_form(server: Any) -> None:
    page = see(server, "/sparql")
    assert {"id": "ask", "action": "/sparql", "method": "get"} in page.all("form")
    assert "SELECT ?treaty" in page.text
    labels = {label["for"] for label in page.all("label")}
    assert {page.all("textarea")[0]["id"], page.all("select")[0]["id"]} <= labels
    assert see(server, "/sparql?query=").all("textarea")


def test_a_table(server: Any) -> None:
    page = ask(server, f"SELECT * {{ <{D}witte> ?property ?value OPTIONAL {{ ?value ?nothing ?more }} }}")
    assert [th["scope"] for th in page.all("th")] == ["col"] * 4
    assert page.all("caption")
    assert "skos:prefLabel" in page.text
    assert "th" in [td.get("lang") for td in page.all("td")]
    assert "unbound" in [td.get("class") for td in page.all("td")]
    links = [a["href"] for a in page.all("a") if str(a.get("title", "")).endswith("#Person")]
    assert links[0] == "/ns#Person"


def test_the_address_restores_the_form(server: Any) -> None:
    query = "ASK { ?s ?p '</textarea><script>' }"
    page = ask(server, query, 200, **{"default-graph-uri": "http://example.org/numbers"})
    assert query in page.text
    hidden = [i["value"] for i in page.all("input") if i.get("type") == "hidden"]
    assert hidden == ["http://example.org/numbers"]
    downloads = [a["href"] for a in page.all("a") if "format=csv" in str(a["href"])]
    parameters = parse_qs(urlsplit(downloads[0]).query)
    assert parameters == {
        "query": [query],
        "format": ["csv"],
        "default-graph-uri": ["http://example.org/numbers"],
    }
    assert server.fetch(downloads[0], headers=BROWSER).headers["content-type"] == "text/csv; charset=utf-8"


def test_a_yes_and_a_no(server: Any) -> None:
    assert "Yes" in ask(server, "ASK {}").text
    assert "No" in ask(server, "ASK { <http://a> ?p ?o }").text


def test_a_graph(server: Any) -> None:
    assert "pt:signedBy" in ask(server, f"DESCRIBE <{D}treaty>").text


def test_hostile_labels_stay_text(server: Any) -> None:
    page = ask(server, LABELS)
    for label in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea><b>"):
        assert label in page.text
    assert not page.all("img")
    assert not page.all("b")


def test_hostile_iris_are_not_links(server: Any) -> None:
    page = ask(server, f"SELECT * {{ <{D}hostile> ?p ?o }}")
    assert "javascript:alert(1)" in page.text
    for a in page.all("a"):
        assert not str(a["href"]).startswith("javascript")


def test_hostile_terms_in_a_graph_and_a_variable(server: Any) -> None:
    see(server, "/sparql?" + urlencode({"query": f"DESCRIBE <{D}hostile>"}))
    ask(server, "SELECT (1 AS ?x) { BIND('<b>' AS ?b) }")


def test_an_error_shows_its_place(server: Any) -> None:
    page = ask(server, "ASK {\n  ?s ?p }", status=400)
    assert "The query is not SPARQL" in page.text
    assert len(page.all("mark")) == 1
    assert page.all("section")[0]["role"] == "alert"
    assert page.all("textarea")[0]["aria-invalid"] == "true"


def test_an_overrun_is_told_on_the_page(server: Any) -> None:
    assert (
        "ran out of time"
        in ask(server, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", status=504).text
    )


def test_a_long_answer_is_cut_and_says_so(server: Any) -> None:
    page = ask(server, "SELECT * { ?s <http://example.org/n> ?n }")
    assert len(page.all("tr")) == 501
    assert "500 rows, and there are more" in page.text
    endless = ask(server, "SELECT * { ?a ?b ?c . ?d ?e ?f }")
    assert "and there are more" in endless.text
    graph = ask(
        server,
        "CONSTRUCT { ?s ?p ?o . ?s <http://a/with> ?t } { ?s ?p ?o . ?t <http://example.org/n> ?m }",
    )
    assert "beginning of a longer graph" in graph.text


def test_many_columns_do_not_make_an_endless_page(server: Any) -> None:
    variables = " ".join(f"(?n AS ?v{i})" for i in range(1000))
    reply = server.ask(f"SELECT {variables} {{ ?s <http://example.org/n> ?n }}", format="html")
    assert reply.status == 200
    assert len(reply.body) < 2_000_000


def test_named_queries_are_listed(scripted_store: Any, answer: Any) -> None:
    import asyncio

    from portsmouth.queries import NamedQuery
    from portsmouth.store.protocol import Dataset
    from portsmouth_server.pages import HtmlPages
    from portsmouth_server.protocol import SparqlRequest
    from portsmouth_server.settings import Settings

    named = NamedQuery("who", "Who <signed>?", "Names & dates", (), "table", "SELECT * {}")
    pages = HtmlPages(scripted_store(answer(b"{}")), Settings(), [named])
    _, body = asyncio.run(pages.answer(SparqlRequest(None, Dataset(), None)))
    page = Page(body)
    assert "Who <signed>?" in page.text
    assert "/queries/who/edit" in [a.get("href") for a in page.all("a")]


@pytest.mark.parametrize("name", ["styles/site.css", "seal.svg"])
def test_files_are_kept_by_their_version(server: Any, name: str) -> None:
    reply = server.fetch(f"/static/{name}?v=1")
    assert (reply.status, reply.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    again = server.fetch(f"/static/{name}", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status == 304


def test_the_first_page_gives_figures_as_exactly_as_the_passages_and_no_side_that_they_do_not_name(
    shipped: Any,
) -> None:
    page = see(shipped, "/")
    assert "side not said: more than 100,000" in " ".join(page.text.split())
    assert "Russia: 52,000" in " ".join(page.text.split())


def test_a_gloss_stands_first_in_the_readers_language_and_each_is_marked(shipped: Any) -> None:
    for language, other in (("en", "th"), ("th", "en")):
        body = shipped.fetch(
            f"/passage/s7-328.html?lang={language}", "GET", {"Accept": "text/html"}
        ).body.decode()
        section = body.partition('<section class="text">')[2].partition("</section>")[0]
        assert section.index(f'<p lang="{language}">') < section.index(f'<p lang="{other}">')
        assert "<small>ไทย</small>" in section
