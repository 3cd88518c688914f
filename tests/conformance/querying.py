"""The query operation: how a query is sent, which graphs it asks, and what is refused."""

from __future__ import annotations

from conformance.model import (
    FORM,
    QUERY,
    REFUSED,
    TURTLE,
    Case,
    ask,
    case,
    has,
    has_rows,
    is_boolean,
    is_empty,
    is_graph,
    is_json,
    is_problem,
    is_type,
    is_xml,
    mentions,
    says,
    select,
    step,
)

E = "http://example.org/"
A, B, C = (f"<{E}{name}> <{E}in> '{name}' ." for name in "abc")
IN = f"SELECT ?x {{ ?s <{E}in> ?x }}"
IN_G = f"SELECT ?g ?x {{ GRAPH ?g {{ ?s <{E}in> ?x }} }}"
THREE = {"a": A, "b": B, "c": C, "default": f"<{E}d> <{E}in> 'default' ."}
JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
YES, SOME = "query=ASK%20%7B%7D", "query=SELECT%20%28%27a%27%20AS%20%3Fx%29%20%7B%7D"
MAKE = "query=CONSTRUCT%20%7B%20%3Curn%3As%3E%20%3Curn%3Ap%3E%201%20%7D%20%7B%7D"
DESCRIBE = "query=DESCRIBE%20%3Chttp%3A%2F%2Fexample.org%2Fa%3E"
MADE = "<urn:s> <urn:p> 1 ."
GRAPHS = {
    "turtle": TURTLE, "ntriples": "application/n-triples", "nquads": "application/n-quads",
    "trig": "application/trig", "jsonld": "application/ld+json", "rdfxml": "application/rdf+xml",
}  # fmt: skip
GRAPH_TYPES = tuple(GRAPHS.values())


def sent() -> list[Case]:
    """The three ways in which a query is sent."""
    ways = ("get", "form", "direct")
    return [
        *[case(f"query-{way}", ask("ASK {}", via=way)) for way in ways],
        *[case(f"query-unicode-{way}", select("SELECT ('ü โคมูระ 小村' AS ?x) {}", ("ü โคมูระ 小村",), via=way)) for way in ways],
        *[case(f"query-percent-{way}", select("SELECT ('100%25 a+b' AS ?x) {}", ("100%25 a+b",), via=way)) for way in ways],
        case("query-trailing-slash", step("GET", f"/sparql/?{YES}", 200, is_boolean(True))),
        case("query-form-charset", step("POST", "/sparql", 200, is_boolean(True), body=YES, Content_Type=FORM + "; charset=utf-8")),
        case("query-direct-charset", step("POST", "/sparql", 200, is_boolean(True), body="ASK {}", Content_Type=QUERY + ";charset=UTF-8")),
        case("query-type-case", step("POST", "/sparql", 200, is_boolean(True), body="ASK {}", Content_Type="Application/SPARQL-Query")),
        case("query-unknown-parameter", step("GET", f"/sparql?{YES}&timeout=3", 200, is_boolean(True))),
        case("query-comment-only-tail", ask("ASK {} # the end")),
        case("query-relative-iri", select("SELECT (<x> AS ?x) {}", ("ORIGIN/x",))),
        case("query-own-base", select("BASE <http://b/> SELECT (<x> AS ?x) {}", ("http://b/x",))),
        case("query-unknown-function", select(f"SELECT (<{E}f>(1) AS ?x) {{}}", (None,))),
        case("query-unknown-function-filter", select(f"SELECT ?x {{ BIND(1 AS ?x) FILTER(<{E}f>(?x)) }}")),
        case("query-unknown-function-coalesce", select(f"SELECT (COALESCE(<{E}f>(1), 2) AS ?x) {{}}", ("2",))),
        case("query-head", step("HEAD", f"/sparql?{SOME}", 200, is_empty, is_type(JSON))),
        case("query-head-refused", step("HEAD", "/sparql?query=ASK%20%7B", 400, is_empty)),
        case("query-options", step("OPTIONS", "/sparql", 204, is_empty, mentions("allow", "POST"))),
    ]  # fmt: skip


def datasets() -> list[Case]:
    """Graphs that the request names (section 2.1.4)."""
    a, b, c = E + "a", E + "b", E + "c"
    cases = []
    for way in ("get", "form", "direct"):
        cases += [
            case(f"dataset-default-{way}", select(IN, ("a",), via=way, default_graph_uri=a), **THREE),
            case(f"dataset-defaults-{way}", select(IN, ("a",), ("b",), via=way, default_graph_uri=[a, b]), **THREE),
            case(f"dataset-named-{way}", select(IN_G, (a, "a"), via=way, named_graph_uri=a), **THREE),
            case(f"dataset-nameds-{way}", select(IN_G, (a, "a"), (b, "b"), via=way, named_graph_uri=[a, b]), **THREE),
            case(
                f"dataset-full-{way}",
                select(f"SELECT ?d ?g {{ ?s <{E}in> ?d GRAPH ?g {{ ?t <{E}in> ?n }} }}", ("c", a), ("c", b), via=way,
                       default_graph_uri=c, named_graph_uri=[a, b]),
                **THREE,
            ),
        ]  # fmt: skip
    return [
        *cases,
        case("dataset-overrides-from", select(f"SELECT ?x FROM <{b}> {{ ?s <{E}in> ?x }}", ("a",), default_graph_uri=a), **THREE),
        case("dataset-overrides-from-named", select(f"SELECT ?g FROM NAMED <{b}> {{ GRAPH ?g {{}} }}", (a,), named_graph_uri=a), **THREE),
        case("dataset-named-empties-default", select(IN, named_graph_uri=a), **THREE),
        case("dataset-default-leaves-no-named", select(IN_G, default_graph_uri=a), **THREE),
        case("dataset-missing-graph-is-empty", select(IN, default_graph_uri=E + "nowhere"), **THREE),
        case("dataset-is-a-set", select(f"SELECT (COUNT(*) AS ?n) {{ ?s <{E}in> ?x }}", ("1",), default_graph_uri=[a, b]), a=A, b=A),
        case("dataset-same-graph-twice", select(IN, ("a",), default_graph_uri=[a, a]), **THREE),
        case("dataset-address-of-form", step("POST", f"/sparql?default-graph-uri={a}", 200, has_rows(("a",)),
             body=f"query=SELECT%20%3Fx%20%7B%3Fs%20%3C{E}in%3E%20%3Fx%7D", Content_Type=FORM), **THREE),
        case("dataset-from", select(f"SELECT ?x FROM <{a}> FROM <{b}> {{ ?s <{E}in> ?x }}", ("a",), ("b",)), **THREE),
        case("dataset-from-named", select(f"SELECT ?g FROM NAMED <{b}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", (b,)), **THREE),
        case("dataset-relative", step("GET", f"/sparql?{YES}&default-graph-uri=a", 400)),
        case("dataset-using-with-query", step("GET", f"/sparql?{YES}&using-graph-uri={a}", 400)),
        case("dataset-using-named-with-query", step("GET", f"/sparql?{YES}&using-named-graph-uri={a}", 400)),
    ]  # fmt: skip


def refusals() -> list[Case]:
    """What is no query request."""
    return [
        case("bad-query-method-put", step("PUT", f"/sparql?{YES}", 405, mentions("allow", "GET"), body="", Content_Type=FORM)),
        case("bad-query-method-delete", step("DELETE", f"/sparql?{YES}", 405)),
        case("bad-query-method-patch", step("PATCH", f"/sparql?{YES}", 405)),
        case("bad-two-queries-get", step("GET", "/sparql?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", 400, is_problem("request"))),
        case("bad-two-queries-form", step("POST", "/sparql", 400, body=f"{YES}&{YES}", Content_Type=FORM)),
        case("bad-two-queries-address-and-body", step("POST", f"/sparql?{YES}", 400, body="ASK {}", Content_Type=QUERY)),
        case("bad-query-wrong-type", step("POST", "/sparql", 415, is_problem("media-type"), body="ASK {}", Content_Type="text/plain")),
        case("bad-query-no-type-form", step("POST", "/sparql", REFUSED, body=YES)),
        case("bad-query-no-type-direct", step("POST", "/sparql", REFUSED, body="ASK {}")),
        case("bad-query-utf16", step("POST", "/sparql", REFUSED, body="ASK {}".encode("utf-16"), Content_Type=QUERY + "; charset=UTF-16")),
        case("bad-query-not-utf8", step("POST", "/sparql", 400, body=b"ASK { BIND('\xe9' AS ?x) }", Content_Type=QUERY)),
        case("bad-query-not-utf8-form", step("POST", "/sparql", 400, body="query=ASK+%7B%7D%23%E9", Content_Type=FORM)),
        case("bad-query-not-utf8-get", step("GET", "/sparql?query=ASK+%7B%7D%23%E9", 400)),
        case("bad-query-syntax", step("GET", "/sparql?query=ASK%20%7B", 400, is_problem("query-syntax"))),
        case("bad-query-is-update", step("POST", "/sparql", 400, body="CLEAR ALL", Content_Type=QUERY)),
        case("bad-query-empty", step("POST", "/sparql", 400, body="", Content_Type=QUERY)),
        case("bad-query-none", step("POST", "/sparql", 400, body="", Content_Type=FORM)),
        case("bad-query-service-is-no-syntax-error", step("POST", "/sparql", 403, is_problem("service-refused"),
             body="SELECT * { SERVICE <http://a.example/> { ?s ?p ?o } }", Content_Type=QUERY)),
        case("bad-query-gzip", step("POST", "/sparql", 415, body=b"\x1f\x8b", Content_Type=QUERY, Content_Encoding="gzip")),
    ]  # fmt: skip


def negotiation() -> list[Case]:
    """Each kind of result in each of its formats."""
    cases = []
    for name, media_type in {"json": JSON, "xml": XML, "csv": CSV, "tsv": TSV}.items():
        cases += [
            case(
                f"select-{name}", step("GET", f"/sparql?{SOME}", 200, is_type(media_type), Accept=media_type)
            ),
            case(
                f"select-format-{name}",
                step("GET", f"/sparql?{SOME}&format={name}", 200, is_type(media_type)),
            ),
            case(f"ask-{name}", step("GET", f"/sparql?{YES}", 200, is_type(media_type), Accept=media_type)),
        ]
    for name, media_type in GRAPHS.items():
        cases += [
            case(f"construct-{name}", step("GET", f"/sparql?{MAKE}", 200, is_type(media_type), is_graph(MADE), Accept=media_type)),
            case(f"describe-{name}", step("GET", f"/sparql?{DESCRIBE}", 200, is_type(media_type), is_graph(A), Accept=media_type), a=A, default=A),
        ]  # fmt: skip
    return [
        *cases,
        case("select-none-named", step("GET", f"/sparql?{SOME}", 200, is_type(JSON, XML, CSV, TSV))),
        case("ask-none-named", step("GET", f"/sparql?{YES}", 200, is_type(JSON, XML))),
        case("construct-none-named", step("GET", f"/sparql?{MAKE}", 200, is_type(*GRAPH_TYPES))),
        case("describe-none-named", step("GET", f"/sparql?{DESCRIBE}", 200, is_type(*GRAPH_TYPES))),
        case("select-json-shape", step("GET", f"/sparql?{SOME}", 200, is_json, Accept=JSON)),
        case("select-xml-shape", step("GET", f"/sparql?{SOME}", 200, is_xml, Accept=XML)),
        case("ask-xml-shape", step("GET", f"/sparql?{YES}", 200, is_xml, is_boolean(True), Accept=XML)),
        case("select-csv-text", step("GET", f"/sparql?{SOME}", 200, says("x\r\na\r\n"), Accept=CSV)),
        case("select-tsv-text", step("GET", f"/sparql?{SOME}", 200, says('?x\n"a"\n'), Accept=TSV)),
        case("select-quality", step("GET", f"/sparql?{SOME}", 200, is_type(TSV), Accept=f"{CSV};q=0.4, {TSV};q=0.8, */*;q=0.1")),
        case("select-specific-range", step("GET", f"/sparql?{SOME}", 200, is_type(JSON), Accept="text/*;q=0.9, text/csv;q=0.1, */*")),
        case("select-plain-xml", step("GET", f"/sparql?{SOME}", 200, is_type(XML), Accept="application/xml")),
        case("select-plain-json", step("GET", f"/sparql?{SOME}", 200, is_type(JSON), Accept="application/json")),
        case("select-refused-range", step("GET", f"/sparql?{SOME}", 406, is_problem("not-acceptable"), Accept="image/png")),
        case("select-only-rdf", step("GET", f"/sparql?{SOME}", 406, Accept="application/n-triples")),
        case("construct-only-results", step("GET", f"/sparql?{MAKE}", 406, Accept=CSV)),
        case("answers-vary", step("GET", f"/sparql?{SOME}", 200, mentions("vary", "Accept"))),
        case("answers-cross-origin", step("GET", f"/sparql?{SOME}", 200, has("access-control-allow-origin", "*"), Origin="https://a.example")),
    ]  # fmt: skip


def results() -> list[Case]:
    """Terms that results must carry unchanged."""
    terms = {
        "iri": "<http://example.org/a%20b?c=d&e#f>",
        "plain": "'a'",
        "language": "'a'@en-GB",
        "typed": "'P1D'^^<http://www.w3.org/2001/XMLSchema#duration>",
        "unicode": "'โคมูระ 𝄞 小村'",
        "quotes": r"'a \"b\" \'c\' <d> & e, f; g'",
        "lines": r"'a\nb\r\nc\td'",
        "empty": "''",
        "integer": "7",
        "decimal": "7.50",
        "double": "7e1",
        "boolean": "true",
        "date": "'1905-09-05'^^<http://www.w3.org/2001/XMLSchema#date>",
    }
    cases = []
    for name, term in terms.items():
        query = f"SELECT ?x {{ VALUES ?x {{ {term} }} }}"
        wanted = step(
            "POST",
            "/sparql",
            200,
            *(same(media_type, query) for media_type in (JSON,)),
            body=query,
            Content_Type=QUERY,
        )
        others = [
            step(
                "POST",
                "/sparql",
                200,
                same(media_type, query),
                body=query,
                Content_Type=QUERY,
                Accept=media_type,
            )
            for media_type in (XML, TSV)
        ]
        cases.append(case(f"term-{name}", wanted, *others))
    unbound = "SELECT ?x ?y { VALUES (?x ?y) { (UNDEF 'b') ('a' UNDEF) } }"
    return [
        *cases,
        *[
            case(f"unbound-{name}", step("POST", "/sparql", 200, has_rows((None, "b"), ("a", None)),
                 body=unbound, Content_Type=QUERY, Accept=media_type))
            for name, media_type in {"json": JSON, "xml": XML, "tsv": TSV}.items()
        ],
        case("unbound-csv", step("POST", "/sparql", 200, says("x,y\r\n,b\r\na,\r\n"), body=unbound, Content_Type=QUERY, Accept=CSV)),
        case("no-rows", select("SELECT ?x { VALUES ?x {} }")),
        case("no-variables", step("POST", "/sparql", 200, has_rows(()), body="SELECT * {}", Content_Type=QUERY)),
        case("blank-nodes-shared", ask(f"ASK {{ _:x <{E}p> ?o . _:x <{E}q> ?o }}"), default=f"_:b <{E}p> 1 ; <{E}q> 1 ."),
    ]  # fmt: skip


def same(media_type: str, query: str):  # type: ignore[no-untyped-def]  # a check
    """Expect what the engine itself answers to a query, term by term."""
    import pyoxigraph as ox

    def check(reply, origin):  # type: ignore[no-untyped-def]
        found = ox.parse_query_results(reply.body, format=ox.QueryResultsFormat.from_media_type(media_type))
        wanted = ox.Store().query(query)
        assert [[row["x"]] for row in found] == [[row["x"]] for row in wanted]

    return check


CASES = [*sent(), *datasets(), *refusals(), *negotiation(), *results()]
