"""The Graph Store Protocol, and the description of the service."""

from __future__ import annotations

from conformance.model import (
    TURTLE,
    Case,
    Check,
    Reply,
    ask,
    case,
    graph,
    has,
    is_empty,
    is_graph,
    is_problem,
    is_type,
    mentions,
    post,
    put,
    read,
    select,
    step,
    update,
)
from conformance.querying import GRAPH_TYPES, GRAPHS, THREE, A, E

G = f"/graphs?graph={E}g"
G_A = f"/graphs?graph={E}a"
DIRECT = "/graphs/person/1.ttl"
ONE = f"<{E}s> <{E}p> 1 ."
TWO = f"<{E}s> <{E}p> 2 . [] <{E}q> [ <{E}r> 'x'@en ] ."
FORMATS = {
    "turtle": (TURTLE, f"@prefix e: <{E}> . e:s e:p 1 ."),
    "ntriples": (
        "application/n-triples",
        f'<{E}s> <{E}p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n',
    ),
    "rdfxml": (
        "application/rdf+xml",
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="{E}"><rdf:Description '
        f'rdf:about="{E}s"><e:p rdf:datatype="http://www.w3.org/2001/XMLSchema#integer">1</e:p>'
        "</rdf:Description></rdf:RDF>",
    ),
    "jsonld": ("application/ld+json", f'{{"@context": {{"e": "{E}"}}, "@id": "e:s", "e:p": 1}}'),
}
EMPTY = {
    "turtle": "",
    "ntriples": "\n",
    "rdfxml": FORMATS["rdfxml"][1].partition("<rdf:Desc")[0] + "</rdf:RDF>",
    "jsonld": "[]",
}
PARTS = {
    f"<{E}s> <{E}p> 1 .": TURTLE,
    f"<{E}s> <{E}p> 2 .": "application/n-triples",
    f'[{{"@id": "{E}s", "{E}p": 3}}]': "application/ld+json",
}
PARTS = {k.replace(" 2 .", ' "2" .'): v for k, v in PARTS.items()}


def multipart(parts: dict[str, str], newline: str = "\r\n", names: bool = True) -> tuple[str, str]:
    """Write a body of several documents, with its Content-Type."""
    body = ""
    for number, (document, media_type) in enumerate(parts.items()):
        lines = ["--b0undary", f'Content-Disposition: form-data; name="f{number}"; filename="f{number}.ttl"']
        lines += [f"Content-Type: {media_type}"] if names else []
        body += newline.join([*lines, "", document, ""])
    return body + "--b0undary--" + newline, "multipart/form-data; boundary=b0undary"


def parts(path: str, status: int, *checks: Check, given: dict[str, str] = PARTS, **options: object):  # type: ignore[no-untyped-def]  # a step
    """Send several documents at once."""
    body, content_type = multipart(given, **options)  # type: ignore[arg-type]
    return step("POST", path, status, *checks, body=body, Content_Type=content_type)


def naming() -> list[Case]:
    """Sections 4.1 and 4.2: directly, indirectly, the default graph."""
    thai = f"/graphs?graph={E}%E0%B9%82%E0%B8%84"
    return [
        case("indirect", put(G, ONE), read(G, ONE), ask(f"ASK {{ GRAPH <{E}g> {{ ?s ?p 1 }} }}")),
        case("indirect-encoded", put("/graphs?graph=http%3A%2F%2Fexample.org%2Fg", ONE), read(G, ONE)),
        case("indirect-decoded-once", put("/graphs?graph=http://example.org/a%2520b", ONE), ask(f"ASK {{ GRAPH <{E}a%20b> {{ ?s ?p ?o }} }}")),
        case("indirect-unicode", put(thai, ONE), read(thai, ONE), ask(f"ASK {{ GRAPH <{E}โค> {{ ?s ?p ?o }} }}")),
        case("indirect-urn", put("/graphs?graph=urn:x:g", ONE), read("/graphs?graph=urn:x:g", ONE)),
        case("indirect-fragment", put(f"/graphs?graph={E}g%23x", ONE), ask(f"ASK {{ GRAPH <{E}g#x> {{ ?s ?p ?o }} }}")),
        case("indirect-relative", put("/graphs?graph=/graphs/person/1.ttl", ONE), read(DIRECT, ONE)),
        case("direct", put(DIRECT, ONE), read(DIRECT, ONE), select("SELECT ?g { GRAPH ?g {} }", (f"ORIGIN{DIRECT}",))),
        case("direct-read-indirectly", put(DIRECT, ONE), read(f"/graphs?graph={DIRECT}", ONE), read("/graphs?graph=ORIGIN/graphs/person/1.ttl", ONE)),
        case("direct-escapes-stay", put("/graphs/a%20b", ONE), select("SELECT ?g { GRAPH ?g {} }", ("ORIGIN/graphs/a%20b",))),
        case("direct-query-is-part-of-the-name", put("/graphs/a?v=1", ONE), step("GET", "/graphs/a", 404), read("/graphs/a?v=1", ONE)),
        case("direct-relative-iris", put(DIRECT, f"<#me> <{E}p> <2> , <> ."), read(DIRECT, f"<ORIGIN{DIRECT}#me> <{E}p> <ORIGIN/graphs/person/2> , <ORIGIN{DIRECT}> .")),
        case("indirect-relative-iris", put(f"/graphs?graph={E}x/g", f"<s> <{E}p> <#o> ."), read(f"/graphs?graph={E}x/g", f"<{E}x/s> <{E}p> <{E}x/g#o> .")),
        case("default-graph", put("/graphs?default", ONE, frozenset({201, 204})), read("/graphs?default", ONE), ask("ASK { ?s ?p 1 }")),
        case("default-graph-old", put("/graphs?default", ONE, 204), read("/graphs?default", ONE), **THREE),
        case("default-graph-with-value", read("/graphs?default=", THREE["default"]), **THREE),
        case("default-graph-empty", read("/graphs?default", "")),
        case("default-and-named", step("GET", "/graphs?default&graph=urn:g", 400)),
        case("two-graphs", step("GET", "/graphs?graph=urn:g&graph=urn:h", 400)),
        case("direct-and-indirect", step("GET", "/graphs/x?graph=urn:g", 400)),
        case("graph-without-iri", step("GET", "/graphs?graph=", 400)),
        case("graph-no-iri", step("GET", "/graphs?graph=http://a%20b", 400)),
        case("graph-brackets", step("GET", "/graphs?graph=urn:%3Cx%3E", 400)),
        case("graph-not-utf8", step("GET", "/graphs?graph=urn:%FF", 400)),
    ]  # fmt: skip


def writing() -> list[Case]:
    """Sections 5.3 to 5.5: PUT, DELETE, POST."""
    return [
        case("put-new", put(G, ONE, 201, mentions("location", "/graphs?graph=")), read(G, ONE)),
        case("put-old", put(G_A, TWO, 204, is_empty), read(G_A, TWO), **THREE),
        case("put-twice", put(DIRECT, ONE, 201), put(DIRECT, TWO, 204), read(DIRECT, TWO)),
        case("put-empty", put(G, "", 201), read(G, "")),
        case("put-empty-over-old", put(G_A, "", 204), read(G_A, ""), step("HEAD", G_A, 200), **THREE),
        case("put-leaves-others", put(G_A, ONE, 204), select(f"SELECT ?x {{ GRAPH ?g {{ ?s <{E}in> ?x }} }}", ("b",), ("c",)), **THREE),
        *[case(f"put-{name}", step("PUT", G, 201, body=body, Content_Type=media_type), read(G, ONE)) for name, (media_type, body) in FORMATS.items()],
        *[case(f"put-empty-{name}", step("PUT", G, 201, body=body, Content_Type=FORMATS[name][0]), read(G, "")) for name, body in EMPTY.items()],
        case("put-charset", put(G, ONE, 201, Content_Type=TURTLE + "; charset=utf-8"), read(G, ONE)),
        case("put-xml-by-its-plain-name", step("PUT", G, 201, body=FORMATS["rdfxml"][1], Content_Type="application/xml"), read(G, ONE)),
        case("put-no-type-is-rdfxml", step("PUT", G, 201, body=FORMATS["rdfxml"][1]), read(G, ONE)),
        case("put-no-type-turtle", step("PUT", G, 400, body=ONE)),
        case("put-byte-order-mark", put(G, "\ufeff" + ONE, 201), read(G, ONE)),
        case("put-the-store", put("/graphs", ONE, 400)),
        case("post-new-by-name", post(G, ONE, 201), read(G, ONE)),
        case("post-old", post(G_A, ONE, 200), read(G_A, A + ONE), **THREE),
        case("post-same-again", post(G_A, A, 200), read(G_A, A), **THREE),
        case("post-empty-to-old", post(G_A, "", 200), read(G_A, A), **THREE),
        case("post-direct", put(DIRECT, ONE), post(DIRECT, TWO, 200), read(DIRECT, ONE + TWO)),
        case("post-default", post("/graphs?default", ONE, 200), read("/graphs?default", ONE + THREE["default"]), **THREE),
        case("post-blank-nodes-stay-apart", post(G, f"_:b <{E}p> 1 .", 201), post(G, f"_:b <{E}p> 1 .", 200), read(G, f"[] <{E}p> 1 . [] <{E}p> 1 .")),
        case("post-multipart", put(DIRECT, A), parts(DIRECT, 200), read(DIRECT, A + f"<{E}s> <{E}p> 1 , '2' , 3 .")),
        case("post-multipart-new", parts(G, 201), read(G, f"<{E}s> <{E}p> 1 , '2' , 3 .")),
        case("post-multipart-line-feeds", parts(G, 201, newline="\n"), read(G, f"<{E}s> <{E}p> 1 , '2' , 3 .")),
        case("post-multipart-type-by-name", parts(G, 201, given={ONE: ""}, names=False), read(G, ONE)),
        case("post-multipart-wrong-part", parts(G, 415, given={ONE: TURTLE, "x": "image/png"}), step("GET", G, 404)),
        case("post-multipart-bad-part", parts(G, 400, given={ONE: TURTLE, "<x": "application/n-triples"}), step("GET", G, 404)),
        case("post-multipart-cut", step("POST", G, 400, body=multipart(PARTS)[0][:-30], Content_Type=multipart(PARTS)[1])),
        case("post-multipart-no-boundary", step("POST", G, 400, body=multipart(PARTS)[0], Content_Type="multipart/form-data")),
        case("post-multipart-none", step("POST", G, 400, body="--b0undary--\r\n", Content_Type=multipart({})[1])),
        case("delete", step("DELETE", G_A, 200), step("GET", G_A, 404), step("HEAD", G_A, 404, is_empty), step("DELETE", G_A, 404), **THREE),
        case("delete-direct", put(DIRECT, ONE), step("DELETE", DIRECT, 200), step("GET", DIRECT, 404)),
        case("delete-missing", step("DELETE", G, 404, is_problem("not-found"))),
        case("delete-leaves-others", step("DELETE", G_A, 200), select(f"SELECT ?x {{ GRAPH ?g {{ ?s <{E}in> ?x }} }}", ("b",), ("c",)), **THREE),
        case("delete-default", step("DELETE", "/graphs?default", 200), read("/graphs?default", ""), **THREE),
        case("delete-the-store", step("DELETE", "/graphs", 400), ask("ASK { ?s ?p ?o }"), **THREE),
        case("patch", step("PATCH", G_A, 405, mentions("allow", "PUT"), body="", Content_Type=TURTLE), **THREE),
        case("options", step("OPTIONS", G, 204, mentions("allow", "DELETE"))),
        case("seen-by-queries", put(G, ONE), ask(f"ASK {{ GRAPH <{E}g> {{ ?s ?p 1 }} }}"), put(G, TWO, 204), ask(f"ASK {{ GRAPH <{E}g> {{ ?s ?p 1 }} }}", False)),
        case("created-by-update-is-there", update(f"CREATE GRAPH <{E}g>"), read(G, ""), put(G, ONE, 204)),
        case("dropped-by-update-is-gone", put(G, ONE), update(f"DROP GRAPH <{E}g>"), step("GET", G, 404)),
    ]  # fmt: skip


def payloads() -> list[Case]:
    """What is no graph, or costs too much to be one."""
    named = f"<{E}g> {{ {ONE} }}"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = "<!DOCTYPE x [{}]>" + FORMATS["rdfxml"][1].replace(">1<", ">&l9;<")
    outside = '<!ENTITY l9 SYSTEM "file:///etc/hostname">'
    return [
        case("mismatch-turtle-as-xml", put(G, ONE, 400, Content_Type="application/rdf+xml"), step("GET", G, 404)),
        case("mismatch-xml-as-turtle", put("/graphs?default", FORMATS["rdfxml"][1], 400), read("/graphs?default", THREE["default"]), **THREE),
        case("mismatch-turtle-as-jsonld", put(G, ONE, 400, Content_Type="application/ld+json")),
        case("mismatch-turtle-as-ntriples", put(G, "@prefix e: <urn:> . e:s e:p 1 .", 400, Content_Type="application/n-triples")),
        case("syntax-is-told-with-its-place", put(G, "<urn:s> <urn:p> .", 400, is_problem("document"))),
        case("half-a-graph-is-none", put(G_A, ONE + "\n<x", 400), read(G_A, A), **THREE),
        *[case(f"unsupported-{t.replace('/', '-')}", put(G, ONE, 415, Content_Type=t), post(G, ONE, 415, Content_Type=t), step("GET", G, 404))
          for t in ("text/plain", "image/png", "application/octet-stream", "application/x-www-form-urlencoded", "application/sparql-update", "nonsense")],
        case("unsupported-trig", put(G, named, 415, Content_Type="application/trig")),
        case("unsupported-nquads", put(G, f"<{E}s> <{E}p> <{E}o> <{E}g> .", 415, Content_Type="application/n-quads")),
        case("unsupported-charset", put(G, ONE, 415, Content_Type=TURTLE + "; charset=latin-1")),
        case("unsupported-encoding", put(G, ONE, 415, Content_Encoding="gzip")),
        case("jsonld-with-named-graph", put(G, f'{{"@id": "{E}x", "@graph": [{{"@id": "{E}s", "{E}p": 1}}]}}', 400, Content_Type="application/ld+json")),
        case("jsonld-remote-context", put(G, f'{{"@context": "http://127.0.0.1:9/c", "@id": "{E}s", "name": 1}}', 400, is_problem("document"), Content_Type="application/ld+json")),
        case("jsonld-imported-context", put(G, '{"@context": {"@import": "http://127.0.0.1:9/c"}}', 400, Content_Type="application/ld+json")),
        case("not-utf8", step("PUT", G, 400, body=b"<urn:s> <urn:p> '\xe9' .", Content_Type=TURTLE)),
        case("xml-entities-of-entities", put(G, xml.format('<!ENTITY l0 "lol">' + laughs), 400, Content_Type="application/rdf+xml")),
        case("xml-long-entity-often", put(G, xml.format(f'<!ENTITY l9 "{"x" * 10_000}">').replace("&l9;", "&l9;" * 5000), 400, Content_Type="application/rdf+xml")),
        case("xml-external-entity", put(G, xml.format(outside), 400, Content_Type="application/rdf+xml"), step("GET", G, 404)),
        case("xml-external-subset", put(G, xml.format('<!ENTITY % l9 SYSTEM "http://127.0.0.1:9/x"> %l9;'), 400, Content_Type="application/rdf+xml")),
        case("xml-plain-entity", put(G, xml.format('<!ENTITY l9 "1">'), 201, Content_Type="application/rdf+xml"), read(G, ONE)),
        case("deep-triple-terms", put(G, "<urn:s> <urn:p> " + "<<( <urn:s> <urn:p> #>>\n" * 60_000 + "1" + " )>>" * 60_000 + " .", 400), ask("ASK {}")),
    ]  # fmt: skip


def reading() -> list[Case]:
    """Section 5.2 and HEAD: formats, tags."""
    return [
        *[case(f"get-{name}", step("GET", G_A, 200, is_type(media_type), is_graph(A), Accept=media_type), **THREE) for name, media_type in GRAPHS.items()],
        *[case(f"get-format-{name}", step("GET", f"{G_A}&format={name}", 200, is_type(media_type), is_graph(A)), **THREE)
          for name, media_type in {"ttl": TURTLE, "nt": "application/n-triples", "rdf": "application/rdf+xml", "jsonld": "application/ld+json"}.items()],
        case("get-no-accept", step("GET", G_A, 200, is_type(TURTLE, "application/rdf+xml", "application/n-triples"), is_graph(A)), **THREE),
        case("get-anything", step("GET", G_A, 200, is_type(TURTLE), mentions("vary", "Accept"), Accept="*/*"), **THREE),
        case("get-browser", step("GET", G_A, 200, is_type(*GRAPH_TYPES), Accept="text/html,*/*;q=0.8"), **THREE),
        case("get-unacceptable", step("GET", G_A, 406, Accept="image/png"), **THREE),
        case("get-missing", step("GET", G, 404, is_problem("not-found"), Accept=TURTLE)),
        case("get-other-origin", step("GET", G_A, 200, has("access-control-allow-origin", "*"), Origin="https://a.example"), **THREE),
        case("head", step("HEAD", G_A, 200, is_empty, is_type(TURTLE), Accept=TURTLE), **THREE),
        case("head-direct", put(DIRECT, ONE), step("HEAD", DIRECT, 200, is_empty, is_type(TURTLE))),
        case("head-missing", step("HEAD", "/graphs/person/4.ttl", 404, is_empty)),
        case("get-with-content-type", put(DIRECT, ONE), step("GET", DIRECT, 200, is_graph(ONE), Content_Type=TURTLE, Accept=TURTLE)),
        case("store-describes-itself", step("GET", "/graphs", 200, is_type(TURTLE), describes), **THREE),
        case("store-with-slash", step("GET", "/graphs/", 200, is_type(TURTLE), describes), **THREE),
    ]  # fmt: skip


SD = "http://www.w3.org/ns/sparql-service-description#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def describes(reply: Reply, origin: str) -> None:
    """Expect the description of the service that is asked."""
    triples = {(str(t.subject), t.predicate.value, str(t.object)) for t in graph(reply)}
    services = {s for s, p, o in triples if p == RDF_TYPE and o == f"<{SD}Service>"}
    assert len(services) == 1
    (service,) = services
    assert {o for s, p, o in triples if p == f"{SD}endpoint" and s == service} == {f"<{origin}/sparql>"}
    of_service = {
        p.removeprefix(SD): {o for s, q, o in triples if q == p and s == service}
        for p in {p for _, p, _ in triples}
    }
    assert f"<{SD}SPARQL11Query>" in of_service["supportedLanguage"]
    assert f"<{SD}SPARQL11Update>" in of_service["supportedLanguage"]
    assert "<http://www.w3.org/ns/formats/SPARQL_Results_JSON>" in of_service["resultFormat"]
    (dataset,) = of_service["defaultDataset"]
    typed = {(s, o) for s, p, o in triples if p == RDF_TYPE}
    assert (dataset, f"<{SD}Dataset>") in typed
    for node in {o for s, p, o in triples if p == f"{SD}defaultGraph"}:
        assert (node, f"<{SD}Graph>") in typed
    for node in {o for s, p, o in triples if p == f"{SD}namedGraph"}:
        assert (node, f"<{SD}NamedGraph>") in typed


def description() -> list[Case]:
    """The service description, which whoever asks no query is given."""
    return [
        *[case(f"description-{name}", step("GET", "/sparql", 200, is_type(t), describes, Accept=t), **THREE) for name, t in GRAPHS.items()],
        case("description-no-accept", step("GET", "/sparql", 200, is_type(*GRAPH_TYPES), describes), **THREE),
        case("description-anything", step("GET", "/sparql", 200, is_type(TURTLE), describes, Accept="*/*")),
        case("description-slash", step("GET", "/sparql/", 200, describes)),
        case("description-head", step("HEAD", "/sparql", 200, is_empty, is_type(TURTLE))),
        case("description-browser", step("GET", "/sparql", 200, is_type("text/html"), Accept="text/html,application/xhtml+xml,*/*;q=0.8")),
        case("description-follows-writes", update(f"INSERT DATA {{ GRAPH <{E}new> {{ {ONE} }} }}"), step("GET", "/sparql", 200, names(f"{E}new"))),
    ]  # fmt: skip


def names(iri: str) -> Check:
    """Expect a description that names a graph."""

    def check(reply: Reply, origin: str) -> None:
        assert any(t.predicate.value == f"{SD}name" and str(t.object) == f"<{iri}>" for t in graph(reply))

    return check


CASES = [*naming(), *writing(), *payloads(), *reading(), *description()]
