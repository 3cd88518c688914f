"""The query operation of the SPARQL 1.1 Protocol, section 2.1: what is taken and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portsmouth_server.parameters import unescaped

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
ASK = "query=ASK%20%7B%7D"
P = "https://w3id.org/portsmouth1905/passage/"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def number(reply: Any, variable: str = "n") -> int:
    assert reply.status == 200, reply.body
    return int(json.loads(reply.body)["results"]["bindings"][0][variable]["value"])


def test_get(server: Any) -> None:
    reply = server.fetch(f"/sparql?{ASK}")
    assert (reply.status, reply.type, json.loads(reply.body)["boolean"]) == (
        200,
        "application/sparql-results+json",
        True,
    )
    assert reply.headers["content-length"] == str(len(reply.body))
    assert reply.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, ASK),
        (FORM + "; charset=UTF-8", ASK),
        ("Application/X-WWW-Form-URLEncoded", ASK),
        (QUERY, "ASK {}"),
        (QUERY + ";charset=utf-8", "ASK {}"),
        (QUERY, "ASK { BIND('ü โคมูระ' AS ?x) }"),
        (FORM, "query=ASK+%7B%7D&unknown=parameter"),
    ],
)
def test_post(server: Any, content_type: str, body: str) -> None:
    reply = server.fetch("/sparql", "POST", {"Content-Type": content_type}, body.encode())
    assert (reply.status, json.loads(reply.body)["boolean"]) == (200, True)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("pars", "parts"),
        ("part", "parts"),
        ("receipt", "receipts"),
        ("fromat", "format"),
        ("row", "rows"),
        ("default-graph", "default-graph-uri"),
        ("named_graph_uri", "named-graph-uri"),
        ("Format", "format"),
    ],
)
def test_a_slip_in_the_name_of_a_parameter_is_refused_with_the_one_that_was_meant(
    server: Any, slip: str, meant: str
) -> None:
    for reply in (
        server.fetch(f"/sparql?{ASK}&{slip}=s1"),
        server.fetch("/sparql", "POST", {"Content-Type": FORM}, f"{ASK}&{slip}=s1".encode()),
        server.fetch(f"/sparql?{slip}=s1", "POST", {"Content-Type": QUERY}, b"ASK {}"),
    ):
        assert reply.status == 400
        assert f"expected '{meant}'" in json.loads(reply.body)["detail"]


@pytest.mark.parametrize("other", ["timeout", "output", "infer", "debug", "results", "limit", "action", "_"])
def test_parameters_of_other_services_are_passed_over(server: Any, other: str) -> None:
    assert server.fetch(f"/sparql?{ASK}&{other}=1").status == 200


def test_post_in_chunks(server: Any) -> None:
    head = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/sparql-query\r\n"
    )
    received = server.raw(head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b'"boolean":true}')


@pytest.mark.parametrize("method", ["get", "form", "direct"])
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"default-graph-uri": [P + "s1-001"]}, 3),
        ({"default-graph-uri": [P + "s1-001", P + "s1-002"]}, 4),
        ({"default-graph-uri": [P + "s1-001", P + "s1-001"]}, 3),
        ({"named-graph-uri": [P + "s1-001"]}, 0),
        ({"default-graph-uri": ["http://example.org/none"]}, 0),
    ],
)
def test_the_dataset_of_the_request(
    server: Any, method: str, parameters: dict[str, list[str]], expected: int
) -> None:
    dataset = urlencode(parameters, doseq=True)
    form = urlencode({"query": COUNT})
    reply = {
        "get": lambda: server.fetch(f"/sparql?{form}&{dataset}"),
        "form": lambda: server.fetch("/sparql", "POST", {"Content-Type": FORM}, f"{form}&{dataset}".encode()),
        "direct": lambda: server.fetch(f"/sparql?{dataset}", "POST", {"Content-Type": QUERY}, COUNT.encode()),
    }[method]()
    assert number(reply) == expected


def test_named_graphs_of_the_request(server: Any) -> None:
    query = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    assert number(server.ask(query, **{"named-graph-uri": [P + "s1-001", P + "s1-002"]})) == 6
    assert number(server.ask(query, **{"default-graph-uri": P + "s1-001"})) == 0


def test_the_request_overrides_from(server: Any) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{P}s1-001> {{ ?s ?p ?o }}"
    assert number(server.ask(query)) == 3
    assert number(server.ask(query, **{"default-graph-uri": "http://example.org/numbers"})) == 1500


def test_percent_is_decoded_once(server: Any) -> None:
    query = 'SELECT ("%2B%20 +" AS ?x) {}'
    expected = "%2B%20 +"
    for reply in (
        server.fetch("/sparql?query=" + quote(query, safe="")),
        server.fetch("/sparql?" + urlencode({"query": query})),
        server.fetch("/sparql", "POST", {"Content-Type": FORM}, urlencode({"query": query}).encode()),
        server.fetch("/sparql", "POST", {"Content-Type": QUERY}, query.encode()),
    ):
        assert json.loads(reply.body)["results"]["bindings"][0]["x"]["value"] == expected


@pytest.mark.parametrize(
    ("query_string", "status", "kind"),
    [
        ("query=", 400, "request"),
        ("query=%20%0A", 400, "request"),
        (f"{ASK}&{ASK}", 400, "request"),
        (f"{ASK}&format=xls", 406, "not-acceptable"),
        ("update=CLEAR%20ALL", 400, "request"),
        (f"{ASK}&update=CLEAR%20ALL", 400, "request"),
        (f"{ASK}&using-graph-uri=http://g", 400, "request"),
        (f"{ASK}&default-graph-uri=relative", 400, "request"),
        (f"{ASK}&default-graph-uri=http://a%20b", 400, "request"),
        (f"{ASK}&default-graph-uri=", 400, "request"),
        ("query=ASK%FF", 400, "request"),
        ("query=%C3%28", 400, "request"),
        ("query=ASK%20%7B", 400, "query-syntax"),
        ("query=CLEAR%20ALL", 400, "query-syntax"),
        ("&".join(["x=1"] * 3000), 400, "request"),
        ("query=ASK%7B%7D%23" + "a" * 70_000, 414, "too-large"),
    ],
)
def test_refused_by_get(server: Any, query_string: str, status: int, kind: str) -> None:
    reply = server.fetch(f"/sparql?{query_string}")
    assert (reply.status, reply.problem["type"].rpartition("/")[2]) == (status, kind)
    if status != 414:
        assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"ASK {}", 415),
        ({"Content-Type": "text/plain"}, b"ASK {}", 415),
        ({"Content-Type": "nonsense"}, b"ASK {}", 415),
        ({"Content-Type": "application/sparql-update"}, b"CLEAR ALL", 403),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ({"Content-Type": QUERY + "; charset=latin-1"}, b"ASK {}", 415),
        ({"Content-Type": FORM + "; charset=utf-16"}, ASK.encode(), 415),
        ({"Content-Type": QUERY, "Content-Encoding": "gzip"}, b"\x1f\x8b", 415),
        ({"Content-Type": FORM}, b"update=CLEAR+ALL", 403),
        ({"Content-Type": FORM}, b"query=ASK%7B%7D&update=CLEAR+ALL", 400),
        ({"Content-Type": FORM}, b"query=ASK%7B%7D&query=ASK%7B%7D", 400),
        ({"Content-Type": FORM}, b"", 400),
        ({"Content-Type": FORM}, b"query=", 400),
        ({"Content-Type": FORM}, b"query=\xff", 400),
        ({"Content-Type": FORM}, b"query=%ff", 400),
        ({"Content-Type": QUERY}, b"", 400),
        ({"Content-Type": QUERY}, b" \n", 400),
        ({"Content-Type": QUERY}, b"ASK { \xc3\x28 }", 400),
        ({"Content-Type": QUERY}, b"\xff\xfeA\x00S\x00K\x00", 400),
        ({"Content-Type": QUERY}, b"#" * (1 << 20) + b"#", 413),
        ({"Content-Type": QUERY}, b"#" * (1 << 20), 400),
    ],
)
def test_refused_by_post(server: Any, headers: dict[str, str], body: bytes, status: int) -> None:
    reply = server.fetch("/sparql", "POST", headers, body)
    assert reply.status == status, reply.body
    assert reply.problem


def test_a_query_in_the_address_and_in_the_body_are_two(server: Any) -> None:
    assert server.fetch(f"/sparql?{ASK}", "POST", {"Content-Type": QUERY}, b"ASK {}").status == 400
    assert server.fetch(f"/sparql?{ASK}", "POST", {"Content-Type": FORM}, ASK.encode()).status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods(server: Any, method: str) -> None:
    reply = server.fetch("/sparql", method)
    assert reply.problem["status"] == 405
    assert reply.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("path", ["/sparql", "/update"])
def test_an_update_is_told_how_writing_is_turned_on(server: Any, path: str) -> None:
    reply = server.fetch(path, "POST", {"Content-Type": FORM}, b"update=CLEAR+ALL")
    assert reply.problem["type"].endswith("/writing-off")


@pytest.mark.parametrize("query", ["ASK {}", "SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_head_is_get_without_the_body(server: Any, query: str) -> None:
    path = "/sparql?" + urlencode({"query": query})
    get, head = server.fetch(path), server.fetch(path, "HEAD")
    assert (head.status, head.type, head.headers["etag"], head.body) == (
        200,
        get.type,
        get.headers["etag"],
        b"",
    )
    if "content-length" in head.headers:
        assert head.headers["content-length"] == get.headers["content-length"]


def test_head_of_a_refusal_has_no_body(server: Any) -> None:
    reply = server.fetch("/sparql?query=", "HEAD")
    assert (reply.status, reply.type, reply.body) == (400, "application/problem+json", b"")


def test_preflight(server: Any) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    reply = server.fetch("/sparql", "OPTIONS", asked)
    assert (reply.status, reply.body) == (204, b"")
    assert "content-length" not in reply.headers
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "Content-Type" in reply.headers["access-control-allow-headers"]


def test_etag_saves_the_evaluation(server: Any) -> None:
    path = "/sparql?" + urlencode({"query": "SELECT * { ?s ?p ?o } LIMIT 5"})
    first = server.fetch(path)
    again = server.fetch(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["vary"] == "Accept"
    assert server.fetch(path, headers={"If-None-Match": '"other"'}).status == 200
    assert server.fetch(path + "&format=csv").headers["etag"] != first.headers["etag"]
    assert server.fetch(path + "&default-graph-uri=http://g").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()", "now ( )"])
def test_no_etag_for_what_changes(server: Any, call: str) -> None:
    reply = server.ask(f"SELECT ({call} AS ?x) {{}}")
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in reply.headers


def test_another_origin_or_none(call: Any, answer: Any) -> None:
    from portsmouth_server import Settings

    one = call(answer(b"{}"), settings=Settings(cors_origin="https://a.example")).reply
    assert one.headers["access-control-allow-origin"] == "https://a.example"
    none = call(answer(b"{}"), settings=Settings(cors_origin="")).reply
    assert not [name for name in none.headers if name.startswith("access-control")]


def test_behind_a_proxy_that_cuts_the_path_or_does_not(call: Any, answer: Any) -> None:
    from portsmouth.errors import StoreBusyError
    from portsmouth_server import Settings

    settings = Settings(public_url="https://example.org/portsmouth/")
    for path in ("/sparql", "/portsmouth/sparql"):
        assert call(answer(b"{}"), path=path, settings=settings).reply.status == 200
    busy = StoreBusyError("found none; expected one")
    page = call(busy, path="/portsmouth/", query_string="", settings=settings).reply
    assert b'href="/portsmouth/sparql"' in page.body


PIECES = [b"%", b"%2", b"%20", b"%E0", b"%zz", b"=", b"=3D", b"a", b"F", b"_", b"\n", b"\r", b" "]


@given(st.lists(st.sampled_from(PIECES)))
@example([b"%", b"\r"])
def test_escapes_are_decoded_as_the_standard_library_does(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert unescaped(data) == unquote_to_bytes(data)
