"""The update operation: how an update is sent, which graphs it asks, what it does, and what is refused."""

from __future__ import annotations

from conformance.model import (
    FORM,
    QUERY,
    REFUSED,
    UPDATE,
    Case,
    ask,
    case,
    is_empty,
    is_problem,
    mentions,
    select,
    step,
    update,
)
from conformance.querying import IN, IN_G, THREE, E

A, B, C, R = (f"{E}{name}" for name in "abcr")
COPY = f"INSERT {{ GRAPH <{R}> {{ ?s <{E}seen> ?x }} }} WHERE {{ ?s <{E}in> ?x }}"
COPY_NAMED = f"INSERT {{ GRAPH <{R}> {{ ?s <{E}seen> ?g }} }} WHERE {{ GRAPH ?g {{ ?s <{E}in> ?x }} }}"
SEEN = f"SELECT ?x {{ GRAPH <{R}> {{ ?s <{E}seen> ?x }} }}"
INSERT = f"INSERT DATA {{ <{E}s> <{E}p> 1 }}"
INSERTED = f"ASK {{ <{E}s> <{E}p> 1 }}"


def sent() -> list[Case]:
    """The two ways in which an update is sent, and the two addresses."""
    return [
        *[
            case(f"update-{via}-{path[1:].replace('/', '-slash')}", update(INSERT, 204, via=via, path=path), ask(INSERTED))
            for via in ("direct", "form")
            for path in ("/update", "/sparql", "/update/")
        ],
        case("update-charset", step("POST", "/update", 204, body=INSERT, Content_Type=UPDATE + "; charset=UTF-8"), ask(INSERTED)),
        case("update-form-charset", step("POST", "/update", 204, body="update=CLEAR+ALL", Content_Type=FORM + ";charset=utf-8"), ask("ASK { ?s ?p ?o }", False), **THREE),
        case("update-no-body-in-answer", step("POST", "/update", 204, is_empty, body=INSERT, Content_Type=UPDATE)),
        case("update-unicode", update(f"INSERT DATA {{ <{E}s> <{E}p> 'ü โคมูระ' }}"), select(f"SELECT ?o {{ ?s <{E}p> ?o }}", ("ü โคมูระ",))),
        case("update-base", update("INSERT DATA { GRAPH <http://example.org/r> { <http://s> <http://p> <x> } }"),
             select("SELECT ?o { GRAPH <http://example.org/r> { ?s ?p ?o } }", ("ORIGIN/x",))),
        case("update-own-base", update(f"BASE <http://b/> INSERT DATA {{ <{E}s> <{E}p> <x> }}"), ask("ASK { ?s ?p <http://b/x> }")),
        case("update-sequence", update(f"{INSERT} ; DELETE WHERE {{ <{E}s> ?p ?o }} ; INSERT DATA {{ <{E}t> <{E}p> 2 }}"), select("SELECT ?o { ?s ?p ?o }", ("2",))),
        case("update-empty-request", update("", 204), update("# nothing", 204)),
        case("update-only-prologue", update(f"PREFIX e: <{E}>", 204)),
        case("update-empty-form", step("POST", "/update", 204, body="update=", Content_Type=FORM)),
        case("update-options", step("OPTIONS", "/update", 204, mentions("allow", "POST"))),
    ]  # fmt: skip


def datasets() -> list[Case]:
    """Graphs that the request names (section 2.2.3)."""
    cases = []
    for via in ("direct", "form"):
        cases += [
            case(f"using-one-{via}", update(COPY, via=via, using_graph_uri=A), select(SEEN, ("a",)), **THREE),
            case(f"using-two-{via}", update(COPY, via=via, using_graph_uri=[A, B]), select(SEEN, ("a",), ("b",)), **THREE),
            case(f"using-named-{via}", update(COPY_NAMED, via=via, using_named_graph_uri=[A, B]), select(SEEN, (A,), (B,)), **THREE),
            case(f"using-both-{via}", update(
                f"INSERT {{ GRAPH <{R}> {{ ?s <{E}seen> ?x }} }} WHERE {{ {{ ?s <{E}in> ?x }} UNION {{ GRAPH ?x {{ ?s <{E}in> ?y }} }} }}",
                via=via, using_graph_uri=A, using_named_graph_uri=B), select(SEEN, ("a",), (B,)), **THREE),
        ]  # fmt: skip
    return [
        *cases,
        case("using-of-form-in-address", step("POST", f"/update?using-graph-uri={A}", 204, body=f"update={_quoted(COPY)}", Content_Type=FORM), select(SEEN, ("a",)), **THREE),
        case("using-hides-default", update(COPY, using_named_graph_uri=A), select(SEEN), **THREE),
        case("using-hides-named", update(COPY_NAMED, using_graph_uri=A), select(SEEN), **THREE),
        case("using-missing-graph", update(COPY, using_graph_uri=E + "nowhere"), select(SEEN), **THREE),
        case("using-is-a-set", update(f"INSERT {{ GRAPH <{R}> {{ <{E}r> <{E}seen> ?n }} }} WHERE {{ SELECT (COUNT(*) AS ?n) {{ ?s <{E}in> ?x }} }}",
             using_graph_uri=[A, B]), select(SEEN, ("1",)), a=f"<{E}x> <{E}in> 1 .", b=f"<{E}x> <{E}in> 1 ."),
        case("using-in-each-operation", update(f"{COPY} ; {COPY_NAMED}", using_graph_uri=A, using_named_graph_uri=B), select(SEEN, ("a",), (B,)), **THREE),
        case("using-after-data-in-one-request", update(
            f"DROP ALL ; INSERT DATA {{ GRAPH <{A}> {{ <{A}> <{E}in> 'new' }} GRAPH <{B}> {{ <{B}> <{E}in> 'other' }} }} ; {COPY}",
            using_graph_uri=A), select(SEEN, ("new",)), **THREE),
        case("using-does-not-limit-writes", update(f"DELETE {{ GRAPH <{B}> {{ ?s ?p 'b' }} }} WHERE {{ <{A}> <{E}in> 'a' . BIND(<{B}> AS ?s) BIND(<{E}in> AS ?p) }}",
             using_graph_uri=A), ask(f"ASK {{ GRAPH <{B}> {{ ?s ?p ?o }} }}", False), **THREE),
        case("using-in-text", update(f"INSERT {{ GRAPH <{R}> {{ ?s <{E}seen> ?x }} }} USING <{A}> USING <{B}> WHERE {{ ?s <{E}in> ?x }}"), select(SEEN, ("a",), ("b",)), **THREE),
        case("with-in-text", update(f"WITH <{A}> DELETE {{ ?s ?p ?o }} INSERT {{ ?s <{E}seen> ?o }} WHERE {{ ?s ?p ?o }}"), select(IN_G, (B, "b"), (C, "c")), **THREE),
        *[
            case(f"conflict-{name}", update(text, 400, using_graph_uri=A), **THREE)
            for name, text in {
                "using": f"INSERT {{ <{E}s> <{E}p> 1 }} USING <{B}> WHERE {{ ?s ?p ?o }}",
                "using-named": f"INSERT {{ <{E}s> <{E}p> 1 }} USING NAMED <{B}> WHERE {{ ?s ?p ?o }}",
                "with": f"WITH <{B}> INSERT {{ <{E}s> <{E}p> 1 }} WHERE {{ ?s ?p ?o }}",
                "later": f"{INSERT} ; with <{B}> INSERT {{ <{E}s> <{E}p> 1 }} WHERE {{ ?s ?p ?o }}",
            }.items()
        ],
        case("conflict-named-parameter", update(f"INSERT {{ <{E}s> <{E}p> 1 }} USING <{B}> WHERE {{}}", 400, via="form", using_named_graph_uri=A)),
        case("conflict-leaves-nothing", update(f"{INSERT} ; WITH <{B}> INSERT {{ ?s ?p 1 }} WHERE {{ ?s ?p ?o }}", 400, using_graph_uri=A), ask(INSERTED, False)),
        case("no-conflict-in-a-string", update(f"INSERT {{ GRAPH <{R}> {{ ?s <{E}seen> 'USING WITH' }} }} WHERE {{ ?s <{E}in> ?x }} # WITH", using_graph_uri=A), select(SEEN, ("USING WITH",)), **THREE),
        case("using-relative", update(COPY, 400, using_graph_uri="a")),
        case("default-graph-uri-with-update", update(COPY, 400, default_graph_uri=A)),
        case("named-graph-uri-with-update", update(COPY, 400, via="form", named_graph_uri=A)),
    ]  # fmt: skip


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def effects() -> list[Case]:
    """Each operation of SPARQL Update, seen by the next query."""
    nowhere = f"<{E}nowhere>"
    return [
        case("insert-data", update(INSERT), ask(INSERTED)),
        case("insert-data-named", update(f"INSERT DATA {{ GRAPH <{R}> {{ <{E}s> <{E}seen> 1 }} }}"), select(SEEN, ("1",))),
        case("delete-data", update(f"DELETE DATA {{ GRAPH <{A}> {{ <{A}> <{E}in> 'a' }} }}"), select(IN_G, (B, "b"), (C, "c")), **THREE),
        case("delete-where", update("DELETE WHERE { GRAPH ?g { ?s ?p ?o } }"), select(IN_G), select(IN, ("default",)), **THREE),
        case("modify", update(f"DELETE {{ ?s <{E}in> ?x }} INSERT {{ ?s <{E}in> 'other' }} WHERE {{ ?s <{E}in> ?x }}"), select(IN, ("other",)), **THREE),
        case("clear-graph", update(f"CLEAR GRAPH <{A}>"), select(IN_G, (B, "b"), (C, "c")), **THREE),
        case("clear-default", update("CLEAR DEFAULT"), select(IN), select(IN_G, (A, "a"), (B, "b"), (C, "c")), **THREE),
        case("clear-named", update("CLEAR NAMED"), select(IN, ("default",)), select(IN_G), **THREE),
        case("clear-all", update("CLEAR ALL"), select(IN), select(IN_G), **THREE),
        case("drop-graph", update(f"DROP GRAPH <{A}>"), select(IN_G, (B, "b"), (C, "c")), **THREE),
        case("drop-all", update("DROP ALL"), select(IN), select(IN_G), **THREE),
        case("drop-missing", update(f"DROP GRAPH {nowhere}", 404)),
        case("drop-missing-silent", update(f"DROP SILENT GRAPH {nowhere}")),
        case("clear-missing-silent", update(f"CLEAR SILENT GRAPH {nowhere}")),
        case("create", update(f"CREATE GRAPH <{R}>"), update(f"CREATE GRAPH <{R}>", 409, path="/update"), update(f"CREATE SILENT GRAPH <{R}>")),
        case("copy", update(f"COPY <{A}> TO <{R}>"), ask(f"ASK {{ GRAPH <{R}> {{ <{A}> <{E}in> 'a' }} GRAPH <{A}> {{ ?s ?p ?o }} }}"), **THREE),
        case("move", update(f"MOVE <{A}> TO <{R}>"), ask(f"ASK {{ GRAPH <{R}> {{ <{A}> ?p ?o }} FILTER NOT EXISTS {{ GRAPH <{A}> {{ ?s ?p ?o }} }} }}"), **THREE),
        case("add", update(f"ADD <{A}> TO <{B}>"), select(f"SELECT ?x {{ GRAPH <{B}> {{ ?s <{E}in> ?x }} }}", ("a",), ("b",)), **THREE),
        case("copy-from-default", update(f"COPY DEFAULT TO <{R}>"), ask(f"ASK {{ GRAPH <{R}> {{ ?s <{E}in> 'default' }} }}"), **THREE),
        case("unknown-function-in-update", update(f"INSERT {{ GRAPH <{R}> {{ ?s <{E}seen> ?y }} }} WHERE {{ ?s <{E}in> ?x BIND(COALESCE(<{E}f>(?x), 'none') AS ?y) }}"), select(SEEN, ("none",)), **THREE),
        case("failing-update-changes-nothing", update(f"{INSERT} ; DROP GRAPH {nowhere}", 404), ask(INSERTED, False)),
        case("load-is-refused", update(f"LOAD <{E}doc>", 403), update(f"LOAD SILENT <{E}doc>", frozenset({204, 403}))),
        case("service-in-update-is-refused", update("INSERT { ?s ?p ?o } WHERE { SERVICE <http://a.example/> { ?s ?p ?o } }", 403)),
        case("blank-nodes-new-each-time", update(f"INSERT DATA {{ _:x <{E}p> 1 }}"), update(f"INSERT DATA {{ _:x <{E}p> 1 }}"), select(f"SELECT (COUNT(*) AS ?n) {{ ?s <{E}p> 1 }}", ("2",))),
    ]  # fmt: skip


def refusals() -> list[Case]:
    """What is no update request."""
    return [
        case("bad-update-get", step("GET", "/update?update=CLEAR%20ALL", 405, mentions("allow", "POST")), select(IN, ("default",)), **THREE),
        case("bad-update-get-sparql", step("GET", "/sparql?update=CLEAR%20ALL", 400), select(IN, ("default",)), **THREE),
        case("bad-update-put", step("PUT", "/update", 405, body=INSERT, Content_Type=UPDATE)),
        case("bad-update-head", step("HEAD", "/update", 405, is_empty)),
        case("bad-two-updates", step("POST", "/update", 400, body="update=CLEAR+NAMED&update=CLEAR+DEFAULT", Content_Type=FORM), select(IN, ("default",)), **THREE),
        case("bad-two-updates-address-and-body", step("POST", "/update?update=CLEAR+ALL", 400, body="CLEAR ALL", Content_Type=UPDATE)),
        case("bad-query-and-update", step("POST", "/sparql", 400, body="query=ASK+%7B%7D&update=CLEAR+ALL", Content_Type=FORM)),
        case("bad-update-wrong-type", step("POST", "/update", 415, is_problem("media-type"), body="CLEAR NAMED", Content_Type="text/plain")),
        case("bad-update-query-type", step("POST", "/update", 415, body="ASK {}", Content_Type=QUERY)),
        case("bad-update-no-type-form", step("POST", "/update", REFUSED, body="update=CLEAR%20NAMED")),
        case("bad-update-no-type-direct", step("POST", "/update", REFUSED, body="CLEAR NAMED")),
        case("bad-update-utf16", step("POST", "/update", REFUSED, body=INSERT.encode("utf-16"), Content_Type=UPDATE + "; charset=UTF-16")),
        case("bad-update-not-utf8", step("POST", "/update", 400, body=b"INSERT DATA { <urn:s> <urn:p> '\xe9' }", Content_Type=UPDATE)),
        case("bad-update-not-utf8-form", step("POST", "/update", 400, body="update=INSERT+DATA+%7B+%3Curn%3As%3E+%3Curn%3Ap%3E+%27%E9%27+%7D", Content_Type=FORM)),
        case("bad-update-syntax", step("POST", "/update", 400, is_problem("update-syntax"), body="CLEAR XYZ", Content_Type=UPDATE)),
        case("bad-update-is-query", step("POST", "/update", 400, body="ASK {}", Content_Type=UPDATE)),
        case("bad-update-form-has-query", step("POST", "/update", 400, body="query=ASK+%7B%7D", Content_Type=FORM)),
        case("bad-update-gzip", step("POST", "/update", 415, body=b"\x1f\x8b", Content_Type=UPDATE, Content_Encoding="gzip")),
    ]  # fmt: skip


CASES = [*sent(), *datasets(), *effects(), *refusals()]
