"""The graph's IRIs on the web, as people and programs follow them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import rdflib

from portsmouth_server.linked_data import requested_iri
from portsmouth_server.urls import THINGS

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
BASE = "https://w3id.org/portsmouth1905/"
PT = rdflib.Namespace(BASE + "ns#")
WITTE = rdflib.URIRef(BASE + "id/witte")
TYPES = {
    "ttl": "text/turtle; charset=utf-8",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "jsonld": "application/ld+json",
    "json": "application/json",
    "rdf": "application/rdf+xml",
    "html": "text/html; charset=utf-8",
}
PARSERS = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "json": "json-ld", "rdf": "xml"}


@pytest.mark.parametrize(
    ("accept", "extension"),
    [
        (BROWSER["Accept"], "html"),
        ("text/html", "html"),
        ("*/*", "ttl"),
        (None, "ttl"),
        ("", "ttl"),
        ("text/turtle", "ttl"),
        ("application/ld+json, application/json;q=0.9", "jsonld"),
        ("application/json", "json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ("text/html;q=0.5, application/ld+json;profile=http%3A%2F%2Fe%2F;q=0.9", "jsonld"),
        ("application/rdf+xml, text/html;q=0.5", "rdf"),
        ("text/turtle;q=0.4, application/n-triples;q=0.6", "nt"),
        ("text/plain", "nt"),
        ("application/trig", "trig"),
        ("application/xml", "rdf"),
        ("image/png, */*;q=0.1", "ttl"),
        ("nonsense", "ttl"),
    ],
)
def test_a_thing_leads_to_what_is_accepted(server: Any, accept: str | None, extension: str) -> None:
    reply = server.fetch("/id/witte", headers={} if accept is None else {"Accept": accept})
    assert (reply.status, reply.headers["location"]) == (303, f"/id/witte.{extension}")
    assert reply.headers["vary"] == "Accept"
    assert '</id/witte.ttl>; rel="alternate"; type="text/turtle"' in reply.headers["link"]


def test_what_nobody_here_writes_is_refused_with_help(server: Any) -> None:
    problem = server.fetch("/id/witte", headers={"Accept": "image/png, text/html;q=0"}).problem
    assert problem["status"] == 406
    assert "text/turtle" in problem["detail"]
    assert ".jsonld" in problem["detail"]


@pytest.mark.parametrize("extension", TYPES)
def test_documents_by_extension(server: Any, extension: str) -> None:
    reply = server.fetch(f"/id/witte.{extension}", headers={"Accept": "image/png"})
    assert (reply.status, reply.headers["content-type"]) == (200, TYPES[extension])
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert f'<{WITTE}>; rel="describes"' in reply.headers["link"]
    assert f"/id/witte.{extension}>" not in reply.headers["link"]
    assert ("vary" in reply.headers) is (extension == "html")
    head = server.fetch(f"/id/witte.{extension}", "HEAD")
    assert (head.status, head.headers["content-type"], head.body) == (200, TYPES[extension], b"")
    assert head.headers["etag"] == reply.headers["etag"]


@pytest.mark.parametrize("extension", PARSERS)
def test_a_description_says_what_is_said_of_a_thing_and_with_it(server: Any, extension: str) -> None:
    data = server.fetch(f"/id/witte.{extension}").body
    graph = rdflib.Graph().parse(data=data, format=PARSERS[extension])
    assert (WITTE, rdflib.RDF.type, PT.Person) in graph
    assert (WITTE, rdflib.SKOS.prefLabel, rdflib.Literal("Сергей Витте", lang="ru")) in graph
    assert (rdflib.URIRef(BASE + "id/treaty"), PT.signedBy, WITTE) in graph


@pytest.mark.parametrize(("extension", "parser"), [("trig", "trig"), ("nq", "nquads")])
def test_formats_with_graphs_keep_the_passages(server: Any, extension: str, parser: str) -> None:
    dataset = rdflib.Dataset()
    dataset.parse(data=server.fetch(f"/id/witte.{extension}").body, format=parser)
    stated = {str(g) for *_, g in dataset.quads((None, PT.signedBy, WITTE, None))}
    assert stated == {BASE + "passage/s1-001", BASE + "passage/s1-002"}


def test_a_passage_is_described_with_what_it_states(server: Any) -> None:
    graph = rdflib.Graph().parse(data=server.fetch("/passage/s1-001.nt").body, format="nt")
    assert (rdflib.URIRef(BASE + "id/treaty"), PT.signedBy, WITTE) in graph


def test_what_only_names_a_graph_is_known(server: Any) -> None:
    assert server.fetch("/graph/editorial.ttl").status == 200
    assert "What it states" in server.fetch("/graph/editorial.html").body.decode()


def test_rdflib_reads_the_addresses(server: Any) -> None:
    graph = rdflib.Graph().parse(f"{server.url}/id/witte")
    assert (WITTE, rdflib.RDF.type, PT.Person) in graph
    for extension, parser in PARSERS.items():
        assert len(rdflib.Graph().parse(f"{server.url}/id/witte.{extension}", format=parser)) == len(graph)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_follows(server: Any) -> None:
    def curl(*arguments: str) -> str:
        command = ["curl", "-sS", "-L", "--fail", *arguments, server.url + "/id/witte"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "pt:Person" in curl()
    assert json.loads(curl("-H", "Accept: application/ld+json"))
    assert "<h1>Sergei Witte</h1>" in curl("-H", "Accept: text/html")


@pytest.mark.parametrize("extension", ["html", "ttl", "trig"])
def test_a_copy_that_is_still_good_is_not_sent_again(server: Any, extension: str) -> None:
    path = f"/id/witte.{extension}"
    tag = server.fetch(path).headers["etag"]
    for held in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        reply = server.fetch(path, headers={"If-None-Match": held})
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)
    assert server.fetch(path, headers={"If-None-Match": '"other"'}).status == 200
    assert server.fetch("/id/komura." + extension, headers={"If-None-Match": tag}).status == 200


def test_a_name_that_is_nearly_right_is_suggested(server: Any) -> None:
    problem = server.fetch("/id/wite").problem
    assert problem["status"] == 404
    assert "/id/witte" in problem["detail"]
    assert "/id/witte" in server.fetch("/id/Witte.ttl").problem["detail"]
    assert "/id/witte" in server.fetch("/passage/witte").problem["detail"]
    page = server.fetch("/id/wite", headers=BROWSER)
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        ".ttl",
        "..",
        "%2e%2e",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd.html",
        "....//....//x",
        "witte/",
        "witte/../komura",
        "witte%00",
        "witte%0d%0aSet-Cookie:%20a=b",
        "witte%3E%20%7D%20UNION%20%7B%20?s%20?p%20?o",
        "witte>.ttl",
        "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "%ff%fe",
        "%",
        "%zz",
        "%25",
        "小村",
        "%e5%b0%8f%e6%9d%91.ttl",
        "ω" * 200,
        "a" * 3000,
        "a" * 3000 + ".html",
        "%41" * 900,
        "witte.exe",
        "witte.ttl.ttl",
        "witte.html/",
        "{iri}",
        "{}",
        "$(id)",
        "witte\\..\\x",
        "'; DROP ALL; #",
    ],
)
@pytest.mark.parametrize("kind", ["id", "time"])
def test_hostile_names_are_no_names(server: Any, kind: str, name: str) -> None:
    raw = f"GET /{kind}/{name} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode()
    head, _, body = server.raw(raw).partition(b"\r\n\r\n")
    status = head.split()[1]
    assert status in (b"404", b"400"), head
    assert b"set-cookie" not in head.lower()
    assert json.loads(body)["status"] == int(status)
    raw = raw.replace(b"*/*", b"text/html")
    head, _, body = server.raw(raw).partition(b"\r\n\r\n")
    assert b"<script>" not in body
    assert b"root:" not in body


def test_escapes_are_read_once() -> None:
    def read(path: bytes) -> str:
        return requested_iri({"raw_path": path}).removeprefix(BASE)

    assert read(b"/id/%77itte") == "id/witte"
    assert read(b"/id/%E5%b0%8F") == "id/小"
    assert read(b"/id/a%2fb%3fc%23d") == "id/a%2Fb%3Fc%23d"
    assert read(b"/id/%2577") == "id/%2577"
    assert read(b"/id/%ff") == "id/%FF"
    assert read(b"/id/a?b=c") == "id/a"


def test_labels_cannot_become_markup(server: Any) -> None:
    reply = server.fetch("/id/hostile.html")
    page = reply.body.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for forbidden in ("<script>", "<img", "<b>", 'href="javascript:'):
        assert forbidden not in page
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_the_page_of_a_thing(server: Any) -> None:
    page = server.fetch("/id/witte.html").body.decode()
    for said in ("Sergei Witte", 'lang="ru">Сергей Витте', 'lang="th">เซียร์เกย์ วิตเต', "/ns#Person"):
        assert said in page
    # The treaty names him, and both passages that say so are a click away.
    named = page.partition(">Treaties")[2]
    assert 'href="/id/treaty"' in named
    assert 'href="/passage/s1-001"' in named
    assert 'href="/passage/s1-002"' in named


def test_the_query_page_leads_to_the_pages_of_things(server: Any) -> None:
    page = server.fetch("/sparql?query=SELECT+%2A+%7B+%3Fs+a+%3Fclass+%7D&format=html").body.decode()
    assert 'href="/id/witte"' in page
    assert 'href="/ns#Person"' in page


@pytest.mark.parametrize("path", ["/id/witte", "/id/witte.ttl", "/id/nobody", "/health", "/dumps/SHA256SUMS"])
def test_scripts_of_other_origins_may_read(server: Any, path: str) -> None:
    reply = server.fetch(path, headers={"Origin": "https://a.example"})
    assert reply.headers["access-control-allow-origin"] == "*"
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    reply = server.fetch(path, "OPTIONS", asked)
    assert reply.status == 204
    assert "GET" in reply.headers["access-control-allow-methods"]


def test_an_operator_may_keep_scripts_out(start_server: Any) -> None:
    server = start_server(cors_origin="")
    assert "access-control-allow-origin" not in server.fetch("/id/witte").headers


def test_behind_a_proxy_under_a_path(start_server: Any) -> None:
    server = start_server(public_url="https://example.org/kg")
    for path in ("/kg/id/witte", "/id/witte"):
        assert server.fetch(path).headers["location"] == "/kg/id/witte.ttl"
    assert 'href="/kg/id/treaty"' in server.fetch("/kg/id/witte.html").body.decode()


def test_every_method_but_reading_is_refused(server: Any) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        reply = server.fetch("/id/witte", method, body=b"")
        assert reply.problem["status"] == 405
        assert "GET" in reply.headers["allow"]


def test_a_store_that_fails_is_no_missing_thing(call: Any) -> None:
    from portsmouth.errors import StoreBusyError

    reply = call(StoreBusyError("found none; expected one"), path="/id/witte", query_string="").reply
    assert reply.problem["status"] == 503


def _every_iri(nquads: bytes) -> Iterator[str]:
    import pyoxigraph as ox

    for quad in ox.parse(nquads, format=ox.RdfFormat.N_QUADS):
        for node in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(node, ox.NamedNode) and node.value.startswith(BASE):
                yield node.value


def test_every_iri_of_the_graph_dereferences(get_all: Any) -> None:
    """Every IRI of ours that stands anywhere in the built graph has a page and data."""
    from portsmouth.build import build

    built = build()
    iris = sorted(set(_every_iri(built.nquads)))
    assert {iri.removeprefix(BASE).partition("/")[0] for iri in iris} <= {*THINGS, "ns", ""} | {
        iri.removeprefix(BASE) for iri in iris if iri.startswith(PT)
    }
    paths = sorted({iri.removeprefix(BASE).partition("#")[0] for iri in iris} - {""})
    for accept, kind in (("text/html", "text/html"), ("text/turtle", "text/turtle")):
        found = get_all(built, ["/" + path for path in paths], accept)
        wrong = {path: reply for path, reply in found.items() if reply != (200, kind)}
        assert not wrong, dict(list(wrong.items())[:10])
    assert len(paths) > 1000


@pytest.fixture
def get_all() -> Any:
    """Follow many addresses through one application over a store of its own, redirects included."""
    import asyncio

    from portsmouth.store.embedded import EmbeddedStore
    from portsmouth_server import create_app

    async def get(app: Any, path: str, accept: str) -> tuple[int, dict[str, str], bytes]:
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": [(b"accept", accept.encode())], "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        return messages[0]["status"], headers, b"".join(m.get("body", b"") for m in messages[1:])

    async def follow(app: Any, path: str, accept: str) -> tuple[int, str]:
        for _ in range(3):
            status, headers, body = await get(app, path.partition("#")[0], accept)
            if status != 303:
                assert body
                return status, headers.get("content-type", "").partition(";")[0]
            path = headers["location"]
        return 310, ""

    def run(built: Any, paths: list[str], accept: str) -> dict[str, tuple[int, str]]:
        async def all_of_them() -> dict[str, tuple[int, str]]:
            async with EmbeddedStore.from_nquads(built.nquads, snapshot=built.snapshot) as store:
                app = create_app(store)
                found = {}
                for some in (paths[n : n + 8] for n in range(0, len(paths), 8)):
                    replies = await asyncio.gather(*(follow(app, path, accept) for path in some))
                    found |= dict(zip(some, replies, strict=True))
                return found

        return asyncio.run(all_of_them())

    return run


def test_a_format_that_there_is_not_is_told_with_those_that_there_are(shipped: Any) -> None:
    reply = shipped.fetch("/id/witte.csv")
    assert reply.status == 404
    detail = json.loads(reply.body)["detail"]
    assert all(form in detail for form in ("'csv'", "html", "ttl", "trig", "jsonld", "rdf"))
