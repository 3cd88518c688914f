"""Receipts over HTTP: found from every answer, page by page, within answers, replayed, and read by people."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.sparql.results.jsonresults import JSONResultParser
from server.test_pages import Page, see
from SPARQLWrapper import JSON, SPARQLWrapper

from portsmouth.receipts import explaining, lineage, support
from portsmouth_server import Settings
from portsmouth_server.translation import messages

PT = "https://w3id.org/portsmouth1905/ns#"
D = "https://w3id.org/portsmouth1905/id/"
P = "https://w3id.org/portsmouth1905/passage/"
SIGNED = f"SELECT ?who {{ <{D}treaty> <{PT}signedBy> ?who }} ORDER BY ?who"
NUMBERS = "SELECT ?s ?n { ?s <http://example.org/n> ?n } ORDER BY ?n"
PROFILE = 'application/sparql-results+json;profile="https://w3id.org/portsmouth1905/profile/receipts"'
PROVENANCE = re.compile(r'<([^>]*)>; rel="http://www.w3.org/ns/prov#has_provenance"')
#: Ends when it is ended.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def receipts(server: Any, query: str, **parameters: Any) -> dict[str, Any]:
    reply = server.fetch("/receipts?" + urlencode({"query": query, **parameters}, doseq=True))
    assert (reply.status, reply.type) == (200, "application/json"), reply.body
    told: dict[str, Any] = json.loads(reply.body)
    return told


def posted(server: Any, path: str, body: Any, media_type: str = "application/json") -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.fetch(path, "POST", {"Content-Type": media_type}, data)


@pytest.mark.parametrize(
    "parameters", [{}, {"default-graph-uri": [P + "s1-001", P + "s1-002"]}, {"parts": "s1"}]
)
def test_every_answer_leads_to_its_receipts(server: Any, parameters: dict[str, Any]) -> None:
    reply = server.ask(SIGNED, **parameters)
    found = PROVENANCE.fullmatch(reply.headers["link"])
    assert found
    told = json.loads(server.fetch(found[1]).body)
    assert [fact["in"] for fact in told["facts"]] == [["s1-002"], ["s1-001", "s1-002"]]
    assert told["answers"] == [{"who": f"<{D}komura>"}, {"who": f"<{D}witte>"}]


def test_receipts_follow_the_stance_of_the_answer(server: Any) -> None:
    assert len(json.loads(server.ask(SIGNED, parts="s1", receipts="inline").body)["receipts"]["rows"]) == 2
    assert receipts(server, SIGNED, parts="-s1")["rows"] == []
    told = receipts(server, NUMBERS, parts="s1", rows="0-1")
    assert "parts=s1" in told["next"]
    receipt = of_row(receipts(server, SIGNED, parts="s1"), SIGNED)
    assert json.loads(posted(server, "/receipts/verify", receipt | {"parts": "s1"}).body)["holds"]
    assert not json.loads(posted(server, "/receipts/verify", receipt | {"parts": "-s1"}).body)["holds"]


def test_an_answer_to_a_post_leads_to_its_receipts_too(server: Any) -> None:
    form = urlencode({"query": SIGNED, "named-graph-uri": "http://e/g?a=b&c"}).encode()
    reply = posted(server, "/sparql", form, "application/x-www-form-urlencoded")
    assert PROVENANCE.fullmatch(reply.headers["link"])
    assert "named-graph-uri=http%3A%2F%2Fe%2Fg%3Fa%3Db%26c" in reply.headers["link"]


@pytest.mark.parametrize(
    "raw", ['query=ASK{?s?p"a>b"}', "query=ASK%20%7B%7D&format=json", "query=ASK%7B%7D&x=<>"]
)
def test_the_link_is_well_formed_whatever_the_address_was(server: Any, raw: str) -> None:
    reply = server.fetch("/sparql?" + raw)
    assert reply.status == 200
    found = PROVENANCE.fullmatch(reply.headers["link"])
    assert found
    assert "format" not in found[1]
    assert not set('<>"{} ') & set(found[1])
    assert server.fetch(found[1]).type == "application/json"


def test_a_named_query_leads_to_the_receipts_of_what_it_asks(shipped: Any) -> None:
    reply = shipped.fetch("/queries/provisions-of-article?number=9&format=json")
    found = PROVENANCE.fullmatch(reply.headers["link"])
    assert found
    told = json.loads(shipped.fetch(found[1]).body)
    assert len(told["rows"]) == len(json.loads(reply.body)["results"]["bindings"])
    assert all(told["rows"])


def test_relative_iris_stand_against_the_same_address_as_in_the_answer(server: Any) -> None:
    query = f"SELECT (<x> AS ?x) {{ ?t <{PT}signedBy> <{D}komura> }}"
    answered = json.loads(server.ask(query).body)["results"]["bindings"][0]["x"]["value"]
    assert receipts(server, query)["answers"] == [{"x": f"<{answered}>"}]


def test_a_named_query_carries_receipts(shipped: Any) -> None:
    told = json.loads(shipped.fetch("/queries/signatories?receipts=inline&rows=1-2&format=json").body)
    assert list(told) == ["head", "receipts", "results"]
    assert (told["receipts"]["first"], len(told["receipts"]["rows"])) == (1, 2)
    assert shipped.fetch("/queries/signatories?receipts=below&format=json").status == 400


def test_the_link_stands_below_the_path_at_which_the_public_sees_the_server(call: Any, answer: Any) -> None:
    settings = Settings(public_url="https://example.org/portsmouth")
    reply = call(answer(b"{}", complete=True), settings=settings).reply
    assert reply.headers["link"].startswith("</portsmouth/receipts?query=")


def test_a_query_too_long_for_a_header_leads_to_where_it_is_posted(server: Any) -> None:
    reply = server.ask(SIGNED + "#" * 3000)
    assert reply.headers["link"].startswith('</receipts>; rel="http://www.w3.org/ns/prov#has_query_service"')
    by_post = posted(server, "/receipts", (SIGNED + "#" * 3000).encode(), "application/sparql-query")
    assert len(json.loads(by_post.body)["rows"]) == 2


def test_a_page_says_what_every_passage_is(shipped: Any) -> None:
    told = receipts(shipped, f"SELECT ?who {{ <{D}treaty-of-portsmouth> <{PT}signedBy> ?who }}")
    cited = {name for fact in told["facts"] for name in fact["in"]}
    assert set(told["passages"]) == cited
    assert told["passages"]["s3-207"]["line"] == 207
    assert all(note["part"] and note["gloss"] for note in told["passages"].values())


def test_pages_of_fifty_rows_lead_from_one_to_the_next(server: Any) -> None:
    path: str | None = "/receipts?" + urlencode({"query": NUMBERS + " LIMIT 120"})
    numbers, sizes = [], []
    while path:
        reply = server.fetch(path)
        told = json.loads(reply.body)
        assert told["first"] == len(numbers)
        assert len(told["rows"]) == len(told["answers"])
        assert all(derivations for derivations in told["rows"])
        numbers += [int(re.findall(r'"(\d+)"', row["n"])[0]) for row in told["answers"]]
        sizes.append(len(told["rows"]))
        path = told["next"]
        assert reply.headers.get("link") == (f'<{path}>; rel="next"' if path else None)
    assert sizes == [50, 50, 20]
    assert numbers == list(range(120))


def test_rows_are_chosen_and_further_pages_of_a_posted_query_are_posted(server: Any) -> None:
    form = urlencode({"query": NUMBERS, "rows": "3-4"}).encode()
    reply = posted(server, "/receipts", form, "application/x-www-form-urlencoded")
    told = json.loads(reply.body)
    assert ['"3"' in told["answers"][0]["n"], len(told["rows"])] == [True, 2]
    assert told["next"] == "/receipts?rows=5-54"
    following = posted(server, told["next"], form, "application/x-www-form-urlencoded")
    assert json.loads(following.body)["first"] == 5


@pytest.mark.parametrize("rows", ["", "x", "5-4", "-1", "1-", "1-2-3", "9" * 12])
def test_rows_that_are_none_are_refused(server: Any, rows: str) -> None:
    reply = server.fetch("/receipts?" + urlencode({"query": SIGNED, "rows": rows}))
    assert reply.status == 400
    assert "expected rows such as 0-49" in reply.problem["detail"]


def test_rows_beyond_the_last_are_no_rows(server: Any) -> None:
    told = receipts(server, SIGNED, rows="100-120")
    assert (told["rows"], told["next"]) == ([], None)


def test_receipts_within_an_answer_change_no_other_byte(server: Any) -> None:
    plain = server.ask(SIGNED)
    inlined = server.ask(SIGNED, receipts="inline")
    told = json.loads(inlined.body)
    assert list(told) == ["head", "receipts", "results"]
    member = json.dumps(told["receipts"], ensure_ascii=False, separators=(",", ":")).encode()
    assert inlined.body.replace(b',"receipts":' + member, b"") == plain.body
    assert len(told["receipts"]["rows"]) == len(told["results"]["bindings"])


def test_yes_and_no_carry_receipts(server: Any) -> None:
    yes = json.loads(server.ask(f"ASK {{ ?t <{PT}signedBy> <{D}komura> }}", receipts="inline").body)
    assert list(yes) == ["head", "receipts", "boolean"]
    assert yes["receipts"]["support"][0]["indispensable"] == ["s1-002"]
    no = json.loads(server.ask(f"ASK {{ ?t <{PT}signedBy> <{D}nobody> }}", receipts="inline").body)
    assert (no["boolean"], no["receipts"]["rows"]) == (False, [])
    assert no["receipts"]["notes"] == ["not found in the sources"]


def test_a_long_answer_carries_its_first_receipts_and_says_where_the_rest_are(server: Any) -> None:
    told = json.loads(server.ask(NUMBERS, receipts="inline").body)
    assert len(told["results"]["bindings"]) == 1500
    assert len(told["receipts"]["rows"]) == 50
    assert json.loads(server.fetch(told["receipts"]["next"]).body)["first"] == 50


def test_receipts_are_chosen_by_profile(server: Any) -> None:
    reply = server.ask(SIGNED, accept=PROFILE)
    assert reply.headers["content-type"] == "application/sparql-results+json"
    assert '<https://w3id.org/portsmouth1905/profile/receipts>; rel="profile"' in reply.headers["link"]
    assert "receipts" in json.loads(reply.body)
    rather_not = f"{PROFILE};q=0.5, application/sparql-results+json"
    assert "receipts" not in json.loads(server.ask(SIGNED, accept=rather_not).body)
    other = 'application/sparql-results+json;profile="http://example.org/other", */*;q=0.1'
    assert "receipts" not in json.loads(server.ask(SIGNED, accept=other).body)


def test_old_clients_read_an_answer_with_receipts(server: Any) -> None:
    body = server.ask(SIGNED, receipts="inline").body
    expected = [D + "komura", D + "witte"]
    rows: Any = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    assert [row["who"].value for row in rows] == expected
    parsed: Any = JSONResultParser().parse(io.BytesIO(body))
    assert [str(row[0]) for row in parsed] == expected
    client = SPARQLWrapper(server.sparql)
    client.addParameter("receipts", "inline")
    client.setQuery(SIGNED)
    client.setReturnFormat(JSON)
    converted: Any = client.queryAndConvert()
    assert [row["who"]["value"] for row in converted["results"]["bindings"]] == expected


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({"receipts": "inline", "format": "csv"}, 406), ({"receipts": "below"}, 400)],
)
def test_receipts_that_no_format_can_hold_are_refused(server: Any, parameters: Any, status: int) -> None:
    reply = server.ask(SIGNED, **parameters)
    assert reply.status == status
    assert "expected" in reply.problem["detail"]


def test_a_graph_with_receipts_puts_each_triple_where_its_evidence_is(server: Any) -> None:
    query = (
        f"CONSTRUCT {{ ?who <http://e/signed> ?t . ?who <http://e/name> ?name }} WHERE "
        f"{{ ?t <{PT}signedBy> ?who . ?who <http://www.w3.org/2004/02/skos/core#prefLabel> ?name "
        f'FILTER(LANG(?name) = "en") }}'
    )
    reply = server.ask(query, receipts="inline")
    assert reply.type == "application/trig"
    dataset = rdflib.Dataset()
    dataset.parse(data=reply.body.decode(), format="trig")
    plain = rdflib.Graph().parse(data=server.ask(query, format="nt").body.decode(), format="nt")
    derived = rdflib.PROV.wasDerivedFrom
    evidence: dict[Any, list[set[str]]] = {}
    for s, p, o, graph in dataset.quads((None, None, None, None)):
        if p != derived:
            sources = dataset.objects(graph, derived)
            evidence.setdefault((s, p, o), []).append({str(x).rpartition("/")[2] for x in sources})
    assert set(evidence) == set(plain)
    signed = rdflib.URIRef("http://e/signed")
    by_name = {str(s).rpartition("/")[2]: sets for (s, p, _), sets in evidence.items() if p == signed}
    assert by_name["komura"] == [{"editorial", "s1-002"}]
    assert sorted(by_name["witte"], key=sorted) == [{"editorial", "s1-001"}, {"editorial", "s1-002"}]


def test_a_triple_that_one_passage_states_stands_in_it(server: Any) -> None:
    reply = server.ask(f"CONSTRUCT WHERE {{ ?t <{PT}signedBy> <{D}komura> }}", receipts="inline")
    (quad,) = ox.parse(reply.body, format=ox.RdfFormat.TRIG)
    assert quad.graph_name == ox.NamedNode(P + "s1-002")


def of_row(told: dict[str, Any], query: str, row: int = 0, derivation: int = 0) -> dict[str, Any]:
    facts = [told["facts"][number] for number in told["rows"][row][derivation]["facts"]]
    return {"query": query, "row": told["answers"][row], "facts": facts}


@pytest.mark.parametrize(
    "query",
    [
        SIGNED,
        f"ASK {{ ?t <{PT}signedBy> <{D}witte> . <{D}witte> a ?c }}",
        f"CONSTRUCT {{ ?who <http://e/signed> ?t }} WHERE {{ ?t <{PT}signedBy> ?who }}",
        f"SELECT ?g {{ GRAPH ?g {{ ?t <{PT}signedBy> <{D}komura> }} }}",
        f"SELECT ?t (COUNT(*) AS ?n) FROM <{P}s1-002> {{ ?t <{PT}signedBy> ?who }} GROUP BY ?t",
    ],
)
def test_a_receipt_is_verified(server: Any, query: str) -> None:
    told = receipts(server, query)
    for row in range(len(told["rows"])):
        verdict = json.loads(posted(server, "/receipts/verify", of_row(told, query, row)).body)
        assert verdict["holds"], verdict
        assert verdict["words"].startswith("The receipt holds")


def test_a_receipt_that_was_tampered_with_does_not_hold(server: Any) -> None:
    receipt = of_row(receipts(server, SIGNED), SIGNED)

    def verdict(**changed: Any) -> Any:
        return json.loads(posted(server, "/receipts/verify", receipt | changed).body)

    missing = verdict(facts=[])
    assert (missing["holds"], missing["row"]) == (False, False)
    other_row = verdict(row={"who": f"<{D}witte>"})
    assert (other_row["holds"], other_row["row"], other_row["facts"]) == (False, False, [True])
    elsewhere = verdict(facts=[receipt["facts"][0] | {"in": ["s1-001"]}])
    assert (elsewhere["holds"], elsewhere["row"], elsewhere["facts"]) == (False, True, [False])
    invented = verdict(facts=[receipt["facts"][0] | {"o": f"<{D}nobody>"}], row={"who": f"<{D}nobody>"})
    assert (invented["holds"], invented["row"], invented["facts"]) == (False, True, [False])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"[", "no JSON object"),
        (b"[]", "no JSON object"),
        ({"facts": []}, "no query"),
        ({"query": SIGNED}, "no list of facts"),
        ({"query": SIGNED, "facts": [{"s": "<http://e/s>", "p": "<http://e/p>"}]}, '"s", "p" and "o"'),
        ({"query": SIGNED, "facts": [{"s": "x", "p": "y", "o": "z"}]}, "a term as in N-Triples"),
        ({"query": SIGNED, "facts": [], "row": {"who": "<a> <b> <c> . <d>"}}, "a term as in N-Triples"),
        ({"query": SIGNED, "facts": [], "row": [1]}, "a row"),
        ({"query": "DESCRIBE <http://e/a>", "facts": []}, "SELECT, ASK or CONSTRUCT"),
    ],
)
def test_what_is_no_receipt_is_refused(server: Any, body: Any, found: str) -> None:
    reply = posted(server, "/receipts/verify", body)
    assert reply.status == 400
    assert found in reply.problem["detail"]


@pytest.mark.parametrize(
    "query", [f"DESCRIBE <{D}witte>", "SELECT * { ?s ?p ?o LATERAL { ?o ?q ?r } } LIMIT 1"]
)
def test_what_has_no_receipt_is_answered_and_says_so(server: Any, query: str) -> None:
    told = receipts(server, query)
    assert told["answers"]
    assert not any(told["rows"])
    assert re.match("unsupported: no receipt can be given for '(DESCRIBE|LATERAL)'", told["notes"][0])


def test_a_query_that_cannot_be_read_or_ended_is_a_problem(server: Any) -> None:
    assert server.fetch("/receipts").problem["detail"].startswith("found no query")
    assert server.fetch("/receipts?query=SELECT").problem["type"].endswith("/query-syntax")
    for path in ("/receipts?", "/sparql?receipts=inline&"):
        reply = server.fetch(path + urlencode({"query": ENDLESS}))
        assert (reply.status, reply.problem["type"].rpartition("/")[2]) == (504, "deadline")


def test_people_see_the_passages_of_every_row(shipped: Any) -> None:
    query = f"SELECT ?who {{ <{D}treaty-of-portsmouth> <{PT}signedBy> ?who }} ORDER BY ?who"
    page = see(shipped, "/receipts?" + urlencode({"query": query, "rows": "0-3"}))
    assert "Part 3" in page.text
    assert "Signature of Komura." in page.text
    assert "Without it the row falls." in page.text
    links = [a.get("href") for a in page.all("a")]
    assert "/passage/s5-229" in links
    (following,) = [a["href"] for a in page.all("a") if a.get("rel") == "next"]
    assert "rows=4-53" in following
    assert "Receipts" in see(shipped, "/receipts").text
    assert "not SPARQL" in see(shipped, "/receipts?query=SELECT", status=400).text


def test_people_see_receipts_in_their_language(shipped: Any) -> None:
    query = f"SELECT * {{ <{D}treaty-of-portsmouth> <{PT}signedBy> ?who }} ORDER BY ?who LIMIT 1"
    path = "/receipts?" + urlencode({"query": query, "lang": "th"})
    page = Page(shipped.fetch(path, headers={"Accept": "text/html"}).body)
    assert page.all("html")[0]["lang"] == "th"
    assert "ตัวบทที่เป็นอิสระต่อกัน" in page.text
    for library_words in ("the receipt says", "independent text", "Part 3"):
        assert library_words not in page.text


@pytest.mark.parametrize("module", [explaining, lineage, support])
def test_every_note_of_a_receipt_has_words_in_every_language(module: Any) -> None:
    notes = [value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)]
    assert notes
    for note in notes:
        assert note in messages("th") or any(key.startswith(note) for key in messages("th"))


def test_an_answer_on_the_query_page_leads_to_its_receipts(server: Any) -> None:
    page = see(server, "/sparql?" + urlencode({"query": SIGNED}))
    (href,) = [a["href"] for a in page.all("a") if a.get("href", "").startswith("/receipts?")]
    assert "Rows 1 to 2" in see(server, href).text


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/sparql?query=ASK%20%7B%7D&parts=s1", True),
        ("/queries/articles", True),
        ("/sparql", False),
        ("/sparql?query=ASK", False),
        ("/queries/provisions-of-article?number=x", False),
    ],
)
def test_a_page_with_an_answer_leads_programs_to_its_receipts_too(
    shipped: Any, path: str, leads: bool
) -> None:
    link = shipped.fetch(path, headers={"Accept": "text/html"}).headers.get("link", "")
    assert ('rel="http://www.w3.org/ns/prov#has_provenance"' in link) is leads
    if leads:
        told = shipped.fetch(link[1 : link.index(">")], headers={"Accept": "application/json"})
        assert (told.status, "rows" in json.loads(told.body)) == (200, True)


def test_the_profile_that_answers_name_is_described_where_its_iri_leads(shipped: Any) -> None:
    reply = shipped.fetch("/queries/signatories?receipts=inline&format=json")
    (iri,) = re.findall(
        r'<https://w3id.org/portsmouth1905(/profile/[a-z]+)>; rel="profile"', reply.headers["link"]
    )
    described = shipped.fetch(iri, headers={"Accept": "text/html"}).body.decode()
    assert all(f"<code>{member}</code>" in described for member in ("facts", "rows", "support", "passages"))
    assert "X-Request-ID" in reply.headers["access-control-expose-headers"]
    assert reply.headers["x-request-id"]
