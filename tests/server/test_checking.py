"""What the editor asks beside answers: whether a query can be parsed, and which names there are."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from server.conftest import Reply

FORM = "application/x-www-form-urlencoded"


def check(server: Any, query: str) -> Any:
    reply = server.fetch("/sparql/check?" + urlencode({"query": query}))
    assert reply.status == 200
    return json.loads(reply.body)


def test_a_query_that_can_be_parsed_is_valid_and_is_not_run(shipped: Any) -> None:
    assert check(shipped, "SELECT * { ?s ?p ?o }") == {"valid": True}
    # Run, it would take for ever; and no host is called.
    assert check(shipped, "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a = 1) }") == {"valid": True}
    assert check(shipped, "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }") == {"valid": True}


def test_where_a_query_cannot_be_parsed_is_told_as_running_it_tells(shipped: Any) -> None:
    for query in ("ASK {\n  ?s ?p\n}", "SELECT ?x {\n?x a pt:Treaty }", "SELEC * {}"):
        told = check(shipped, query)
        reply = shipped.fetch("/sparql?" + urlencode({"query": query}))
        problem = json.loads(reply.body)
        assert reply.status == 400
        assert not told["valid"]
        assert (told["line"], told["column"], told["title"]) == (
            problem["line"],
            problem["column"],
            problem["title"],
        )
        assert told["found"] in problem["detail"]


def test_where_a_query_cannot_be_parsed_is_told_in_the_readers_language(shipped: Any) -> None:
    query = "SELECT ?s, ?p { ?s ?p ?o }"
    replies = {
        language: shipped.fetch(
            "/sparql/check?" + urlencode({"query": query}), headers={"Accept-Language": language}
        )
        for language in ("en", "th")
    }
    english, thai = (json.loads(reply.body) for reply in replies.values())
    assert english["expected"] == "spaces alone between variables"
    assert thai["expected"] == "เพียงช่องว่างระหว่างตัวแปร"
    assert (thai["line"], thai["column"]) == (english["line"], english["column"])
    assert "ไม่ใช่ SPARQL" in thai["title"]
    assert "Accept-Language" in replies["th"].headers["vary"]


def test_what_would_overrun_the_parser_is_refused(shipped: Any) -> None:
    told = check(shipped, "ASK " + "{" * 3000 + "}" * 3000)
    assert told["title"] == "The query is nested too deeply"


def test_a_check_without_a_query_or_of_an_update_is_an_error(shipped: Any) -> None:
    assert shipped.fetch("/sparql/check").status == 400
    body = urlencode({"update": "DROP ALL"}).encode()
    reply = shipped.fetch("/sparql/check", method="POST", body=body, headers={"Content-Type": FORM})
    assert reply.status in (400, 403)


def terms(server: Any, **headers: str) -> tuple[Reply, dict[str, list[str]]]:
    reply = server.fetch("/terms.json", headers=headers)
    return reply, {term[0]: term[1:] for term in json.loads(reply.body)["terms"]}


def test_the_names_are_those_of_the_graph_in_the_readers_language(shipped: Any) -> None:
    reply, english = terms(shipped)
    assert english["pt:Treaty"][:2] == ["class", "Treaty"]
    assert english["pt:from"][0] == "property"
    assert english["d:witte"][1] == "Sergei Witte"
    assert english["d:witte"][0] == "pt:Person"
    assert len(english["pt:Treaty"][2]) > 10
    assert any(kind == "concept" for kind, *_ in english.values())
    _, thai = terms(shipped, **{"Accept-Language": "th"})
    assert thai.keys() == english.keys()
    assert thai["d:witte"][1] != english["d:witte"][1]
    again = shipped.fetch("/terms.json", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status == 304
    assert "Accept-Language" in reply.headers["vary"]


def test_a_named_query_opens_on_the_query_page_with_its_values_bound(shipped: Any) -> None:
    reply = shipped.fetch("/queries/provisions-of-article/edit?number=11&parts=s3")
    assert reply.status == 303
    asked = parse_qs(urlsplit(reply.headers["location"]).query)
    assert '"11"^^' in asked["query"][0]
    assert asked["parts"] == ["s3"]
    assert shipped.fetch("/queries/provisions-of-article/edit?number=eleven").status == 400
    assert shipped.fetch("/queries/nothing/edit").status == 404
