"""Named queries over HTTP: the catalogue, the answers, what is refused, and their description in OpenAPI."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from fastapi.openapi.models import OpenAPI

from portsmouth import resources
from portsmouth.errors import DeadlineError, QueriesError
from portsmouth.queries import NamedQuery, Parameter, catalogue
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS
from portsmouth_server import Settings, create_app
from portsmouth_server.openapi import document
from portsmouth_server.protocol import gives_graph
from portsmouth_server.translation import messages
from portsmouth_server.viewing import LANGUAGES

from .test_pages import BROWSER, Page, see

CATALOGUE = catalogue()
WITH_NUMBER = "provisions-of-article"
#: Each would end the query and begin another, or widen it, if it ever became text.
INJECTIONS = [
    "9 } UNION { ?s ?p ?o",
    '9" } DROP ALL #',
    "9; DELETE WHERE { ?s ?p ?o }",
    "?number",
    "$number",
    "9)//",
    "d:article-7> } #",
    "<http://e/>",
    "d:article-7 . ?s ?p ?o",
    "http://e/a> ?p ?o } #",
    "http://e/\\u003E",
    "http://e/a b",
    "\x00",
    "%3E",
]


def get(server: Any, name: str, accept: str | None = None, **values: str) -> Any:
    path = f"/queries/{name}" + (f"?{urlencode(values)}" if values else "")
    return server.fetch(path, headers={"Accept": accept} if accept else {})


def small(text: str, *parameters: Parameter) -> NamedQuery:
    return NamedQuery("small", "Small <b>", "A & b", parameters, "table", text)


def exchange(
    store: Any, queries: list[NamedQuery], path: str, leaves: bool = False, **headers: str
) -> list[Any]:
    """Send one request to an application with queries of the test's own, and perhaps leave at once."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if leaves:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    path, _, query_string = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query_string.encode(), "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(create_app(store, Settings(), queries)(scope, receive, send))
    return sent


# --- The catalogue


def test_programs_get_the_catalogue_as_json(shipped: Any) -> None:
    reply = shipped.fetch("/queries")
    assert (reply.status, reply.type) == (200, "application/json")
    assert reply.headers["vary"].startswith("Accept,")
    told = json.loads(reply.body)
    assert [query["name"] for query in told["queries"]] == [query.name for query in CATALOGUE]
    (query,) = [query for query in told["queries"] if query["name"] == WITH_NUMBER]
    assert query["href"] == f"/queries/{WITH_NUMBER}"
    assert [(p["name"], p["type"]) for p in query["parameters"]] == [("number", "integer")]
    assert shipped.fetch("/queries", headers={"If-None-Match": reply.headers["etag"]}).status == 304


def test_people_get_a_form_a_query(shipped: Any) -> None:
    page = see(shipped, "/queries")
    for query in CATALOGUE:
        assert query.title in page.text
        assert {"action": f"/queries/{query.name}", "method": "get"} in page.all("form")
    labelled = {label["for"] for label in page.all("label")}
    for query in CATALOGUE:
        for parameter in query.parameters:
            (field,) = [i for i in page.all("input") if i.get("id") == f"{query.name}-{parameter.name}"]
            assert (field["name"], field["value"]) == (parameter.name, parameter.default)
            assert field["id"] in labelled


def test_other_formats_of_the_catalogue_are_refused(shipped: Any) -> None:
    for path, headers in [("/queries", {"Accept": "text/turtle"}), ("/queries?format=csv", {})]:
        assert shipped.fetch(path, headers=headers).problem["status"] == 406
    assert shipped.fetch("/queries?format=json", headers=BROWSER).type == "application/json"
    assert shipped.fetch("/queries?format=html").type == "text/html"
    assert shipped.fetch("/queries", headers={"Accept": "text/html;q=0.1"}).type == "text/html"


def test_the_first_page_leads_to_them(shipped: Any) -> None:
    assert "/queries" in {a.get("href") for a in see(shipped, "/").all("a")}
    listed = {a.get("href") for a in see(shipped, "/queries").all("a")}
    assert {f"/queries/{query.name}" for query in CATALOGUE} <= listed


# --- Answers


@pytest.mark.parametrize("query", CATALOGUE, ids=lambda query: query.name)
def test_every_query_answers_as_sparql_does(shipped: Any, query: NamedQuery) -> None:
    reply = get(shipped, query.name)
    asked = shipped.ask(query.text)
    assert reply.status == asked.status == 200
    assert reply.type == asked.type
    assert sorted(reply.body.splitlines()) == sorted(asked.body.splitlines())
    assert reply.headers["etag"] == asked.headers["etag"]
    page = see(shipped, f"/queries/{query.name}")
    assert query.title in page.text
    assert query.description in page.text


@pytest.mark.parametrize(("name", "media_type"), RESULT_FORMATS.items())
def test_results_in_every_format_by_name_and_by_accept(shipped: Any, name: str, media_type: str) -> None:
    by_name = get(shipped, "articles", format=name)
    by_accept = get(shipped, "articles", media_type)
    assert by_name.type == by_accept.type == media_type
    assert by_name.body == by_accept.body != b""


@pytest.mark.parametrize(("name", "media_type"), GRAPH_FORMATS.items())
def test_graphs_in_every_format(shipped: Any, name: str, media_type: str) -> None:
    reply = get(shipped, "article-as-graph", format=name)
    assert (reply.status, reply.type) == (200, media_type)
    assert list(ox.parse(reply.body, format=ox.RdfFormat.from_media_type(media_type)))


def test_a_format_that_cannot_hold_the_answer_is_refused(shipped: Any) -> None:
    assert get(shipped, "articles", "text/turtle").problem["status"] == 406
    assert get(shipped, "articles", format="nonsense").problem["status"] == 406


def test_parameters_choose(shipped: Any) -> None:
    def rows(**values: str) -> list[list[str]]:
        reply = get(shipped, WITH_NUMBER, "text/csv", **values)
        assert reply.status == 200, reply.body
        return list(csv.reader(io.StringIO(reply.body.decode())))

    assert rows() == rows(number="9"), "a parameter that is missing takes its default"
    assert rows(number="9") != rows(number="8")
    assert len(rows(number="4000")) == 1, "only the header"


def test_a_prefixed_name_and_the_iri_are_the_same_value(shipped: Any) -> None:
    short = get(shipped, "article-as-graph", article="d:article-9", format="nt")
    full = get(
        shipped, "article-as-graph", article="https://w3id.org/portsmouth1905/id/article-9", format="nt"
    )
    assert sorted(short.body.splitlines()) == sorted(full.body.splitlines()) != []
    assert short.headers["etag"] == full.headers["etag"]


def test_what_a_client_has_is_not_sent_again(shipped: Any) -> None:
    tag = get(shipped, "articles").headers["etag"]
    again = shipped.fetch("/queries/articles", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert get(shipped, WITH_NUMBER, number="8").headers["etag"] != get(shipped, WITH_NUMBER).headers["etag"]


@pytest.mark.parametrize("path", ["/queries", "/queries/articles", "/queries/articles?format=html"])
def test_head_tells_what_get_would(shipped: Any, path: str) -> None:
    got, head = shipped.fetch(path), shipped.fetch(path, "HEAD")
    assert (head.status, head.type, head.body) == (200, got.type, b"")
    assert head.headers.get("etag") == got.headers.get("etag")


def test_scripts_of_other_pages_may_read_answers_and_errors(shipped: Any) -> None:
    for path in ("/queries", "/queries/articles", "/queries/nothing", f"/queries/{WITH_NUMBER}?number=x"):
        assert shipped.fetch(path).headers["access-control-allow-origin"] == "*"
    preflight = shipped.fetch("/queries/articles", "OPTIONS", {"Origin": "https://example.org"})
    assert preflight.status == 204
    assert b"GET" in preflight.headers["access-control-allow-methods"].encode()


# --- What is refused


def test_an_unknown_query_is_told_with_near_names(shipped: Any) -> None:
    reply = get(shipped, "signatorys")
    assert (reply.status, reply.problem["type"].rpartition("/")[2]) == (404, "not-found")
    assert "signatories" in reply.problem["detail"]
    assert get(shipped, quote("x" * 5000)).problem["status"] == 404
    assert get(shipped, "..%2Farticles").problem["status"] == 404


def test_an_unknown_parameter_is_told_with_the_known_ones(shipped: Any) -> None:
    problem = get(shipped, WITH_NUMBER, nummer="9").problem
    assert (problem["status"], problem["type"].rpartition("/")[2]) == (400, "parameter")
    assert "nummer" in problem["detail"]
    assert "one of number" in problem["detail"]
    assert "none" in get(shipped, "articles", x="1").problem["detail"]


@pytest.mark.parametrize("value", ["nine", "", "9.5", "1e3", "9 9", "ix", "0x9", "9" * 5000])
def test_a_value_of_another_type_is_told_with_what_was_expected(shipped: Any, value: str) -> None:
    problem = get(shipped, WITH_NUMBER, number=value).problem
    assert problem["status"] == 400
    assert "number=" in problem["detail"]
    assert "expected a whole number, such as 9" in problem["detail"]


def test_a_value_given_twice_is_refused(shipped: Any) -> None:
    problem = shipped.fetch(f"/queries/{WITH_NUMBER}?number=9&number=8").problem
    assert (problem["status"], "number more than once" in problem["detail"]) == (400, True)


def test_an_address_that_is_not_utf8_is_refused(shipped: Any) -> None:
    assert shipped.fetch(f"/queries/{WITH_NUMBER}?number=%ff").problem["status"] == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_allowed(shipped: Any, method: str) -> None:
    reply = shipped.fetch("/queries/articles", method)
    assert reply.problem["status"] == 405
    assert "GET" in reply.headers["allow"]


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize("query", [query for query in CATALOGUE if query.parameters], ids=lambda q: q.name)
def test_no_value_becomes_syntax(shipped: Any, query: NamedQuery, value: str) -> None:
    parameter = query.parameters[0]
    before = shipped.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").body
    reply = get(shipped, query.name, **{parameter.name: value})
    if parameter.type == "string":
        assert reply.status == 200
        assert json.loads(reply.body)["results"]["bindings"] == []
    else:
        assert reply.problem["status"] == 400
        assert parameter.name in reply.problem["detail"]
    assert shipped.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").body == before


@pytest.mark.parametrize(
    "value", [*INJECTIONS, "'''", '"""', "\\", '\\"', "\n", "\r\n}", "é\u202e😀", "'@en"]
)
def test_text_comes_back_as_it_was_sent(value: str) -> None:
    from portsmouth.store.embedded import EmbeddedStore

    query = small("SELECT ?x { VALUES ?x { $text } }", Parameter("text", "string", "-", "Some text."))

    async def ask() -> list[Any]:
        async with EmbeddedStore.from_nquads(b"") as store:
            from portsmouth.store.protocol import Query

            answer = await store.query(Query(query.bind({"text": value})))
            data = b"".join([chunk async for chunk in answer])
            return json.loads(data)["results"]["bindings"]  # type: ignore[no-any-return]

    assert asyncio.run(ask()) == [{"x": {"type": "literal", "value": value}}]


@pytest.mark.parametrize("value", ["1e999999999", "0e-999999999", "1e-999999999", "NaN", "Infinity", "1e101"])
def test_a_short_number_that_would_fill_all_memory_is_refused(
    scripted_store: Any, answer: Any, value: str
) -> None:
    query = small("ASK { ?s ?p $x }", Parameter("x", "decimal", "1.5", "A number."))
    sent = exchange(scripted_store(answer(b"{}")), [query], f"/queries/small?x={value}")
    assert sent[0]["status"] == 400


def test_no_parameter_is_called_format(tmp_path: Path) -> None:
    (tmp_path / "a.rq").write_text(
        "# title: T\n# description: D\n# parameter: format integer 1 A number.\nASK { ?s ?p $format }"
    )
    with pytest.raises(QueriesError, match="format"):
        catalogue(tmp_path)


# --- Pages


def test_what_was_typed_stands_in_the_form_with_what_is_wrong(shipped: Any) -> None:
    page = see(shipped, f"/queries/{WITH_NUMBER}?number={quote('<b>x')}", 400)
    assert "expected a whole number, such as 9" in page.text
    assert [i["value"] for i in page.all("input") if i.get("name") == "number"] == ["<b>x"]
    assert not page.all("table")


def test_a_page_links_to_its_downloads(shipped: Any) -> None:
    page = see(shipped, f"/queries/{WITH_NUMBER}?number=8")
    links = [str(a["href"]) for a in page.all("a")]
    address = f"/queries/{WITH_NUMBER}?number=8&format=csv"
    assert address in links
    assert shipped.fetch(address).type == "text/csv"
    graph = see(shipped, "/queries/article-as-graph")
    assert "/queries/article-as-graph?format=jsonld" in [a["href"] for a in graph.all("a")]


def test_titles_are_text(scripted_store: Any, answer: Any) -> None:
    store = scripted_store(answer(b'{"head":{},"boolean":true}', kind="boolean"))
    for path in ("/queries", "/queries/small"):
        sent = exchange(store, [small("ASK {}")], path, accept=BROWSER["Accept"])
        page = Page(b"".join(message.get("body", b"") for message in sent))
        assert "Small <b>" in page.text
        assert not page.all("b")


def test_a_store_that_fails_is_told_as_everywhere(scripted_store: Any, answer: Any) -> None:
    queries = [small("ASK {}")]
    assert exchange(scripted_store(DeadlineError(1)), queries, "/queries/small")[0]["status"] == 504
    cut = scripted_store(answer(b"{", DeadlineError(1)))
    sent = exchange(cut, queries, "/queries/small")
    assert sent[0]["status"] == 200
    assert sent[-1]["more_body"], "half an answer is never brought to a proper end"


def test_an_answer_is_streamed_as_it_comes(scripted_store: Any, answer: Any) -> None:
    chunks = answer(b"a", b"b", b"c")
    sent = exchange(scripted_store(chunks), [small("ASK {}")], "/queries/small")
    assert [message.get("body", b"") for message in sent[1:]] == [b"a", b"b", b"c", b""]
    assert chunks.closed


@pytest.mark.parametrize("accept", ["*/*", BROWSER["Accept"]])
def test_a_query_ends_when_its_client_leaves(scripted_store: Any, accept: str) -> None:
    class Endless:
        kind, media_type, complete, closed = "solutions", RESULT_FORMATS["json"], False, False

        async def __aiter__(self) -> Any:
            await asyncio.sleep(60)
            yield b""

        async def aclose(self) -> None:
            self.closed = True

    endless = Endless()
    began = time.monotonic()
    exchange(scripted_store(endless), [small("ASK {}")], "/queries/small", leaves=True, accept=accept)
    assert endless.closed
    assert time.monotonic() - began < 10


# --- OpenAPI


def test_every_query_is_an_operation_with_typed_parameters(shipped: Any) -> None:
    reply = shipped.fetch("/openapi.json")
    assert (reply.status, reply.type) == (200, "application/json")
    told = json.loads(reply.body)
    OpenAPI.model_validate(told)
    for query in CATALOGUE:
        operation = told["paths"][f"/queries/{query.name}"]["get"]
        assert operation["summary"] == query.title
        given = {p["name"]: p for p in operation["parameters"]}
        assert list(given) == [*(p.name for p in query.parameters), "parts", "receipts", "rows", "format"]
        for parameter in query.parameters:
            schema = given[parameter.name]["schema"]
            assert str(schema["default"]) == parameter.default
            assert parameter.description in given[parameter.name]["description"]
        assert {"200", "400", "406", "504"} <= set(operation["responses"])
        answered = get(shipped, query.name)
        assert answered.type in operation["responses"]["200"]["content"]


def test_the_description_holds_together() -> None:
    """What a validator checks beyond the shape: names used once, references that lead somewhere."""
    types = ("iri", "string", "integer", "decimal", "date")
    defaults = {"iri": "d:x", "string": "-", "integer": "1", "decimal": "1.5", "date": "1905-09-05"}
    parameters = [Parameter(f"p{kind}", kind, defaults[kind], "What.") for kind in types]  # type: ignore[arg-type]
    told = document([*CATALOGUE, small("ASK {}", *parameters)], "https://example.org/portsmouth")
    OpenAPI.model_validate(told)
    operations = [operation for path in told["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in told["tags"]}
    for operation in operations:
        assert set(operation["tags"]) <= tags
        names = [parameter["name"] for parameter in operation.get("parameters", [])]
        assert len(names) == len(set(names))
    schemas = told["components"]["schemas"]
    used = {part.partition('"')[0] for part in json.dumps(told).split("#/components/schemas/")[1:]}
    assert used == set(schemas)
    by_name = {p["name"]: p["schema"] for p in told["paths"]["/queries/small"]["get"]["parameters"]}
    assert [by_name[f"p{kind}"]["type"] for kind in types] == [
        "string",
        "string",
        "integer",
        "number",
        "string",
    ]


@pytest.mark.parametrize(
    ("text", "graph"),
    [
        ("select * {}", False),
        ("DESCRIBE <http://e/SELECT>", True),
        ("# CONSTRUCT\nASK {}", False),
        ("# SELECT\nconstruct where { ?s ?p 'ASK' }", True),
        ("PREFIX construct: <http://e/> SELECT * { ?s construct:DESCRIBE ?o }", False),
        ("", False),
    ],
)
def test_what_a_query_gives_is_read_from_its_form(text: str, graph: bool) -> None:
    assert gives_graph(text) is graph


def test_documentation_that_would_load_scripts_is_off(shipped: Any) -> None:
    for path in ("/docs", "/redoc"):
        assert shipped.fetch(path).status == 404


# --- In the reader's language


def test_a_page_tells_labels_and_columns_in_the_readers_language_and_the_data_stay(shipped: Any) -> None:
    thai, english = (
        shipped.fetch(f"/queries/demands?lang={code}", headers={"Accept": "text/html"}).body.decode()
        for code in ("th", "en")
    )
    assert "ข้อเรียกร้อง" in thai.partition("<thead>")[2].partition("</thead>")[0]
    cells = thai.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "@en" not in re.sub(r'title="[^"]*"', "", cells)
    assert "partly accepted" in re.sub(r'title="[^"]*"', "", english)
    data = [get(shipped, "demands", lang=code, format="csv").body for code in ("th", "en")]
    assert data[0] == data[1]
    assert b"partly accepted" in data[0]


def test_every_column_of_a_named_query_has_a_name_in_every_language() -> None:
    columns = {
        column.lstrip("?")
        for file in resources.queries_folder().glob("*.tsv")
        for column in file.read_text(encoding="utf-8").partition("\n")[0].split("\t")
    }
    assert len(columns) > 50
    for language in LANGUAGES.keys() - {"en"}:
        assert {column for column in columns if f"?{column}" not in messages(language)} == set()


def test_a_table_for_people_is_a_file_with_a_name_and_for_spreadsheets_with_a_mark(shipped: Any) -> None:
    plain = shipped.fetch("/queries/signatories?format=csv")
    assert plain.headers["content-disposition"] == 'attachment; filename="signatories.csv"'
    marked = shipped.fetch("/queries/signatories?format=csv&bom=1")
    assert marked.body == b"\xef\xbb\xbf" + plain.body
    page = shipped.fetch("/queries/signatories", headers={"Accept": "text/html"}).body.decode()
    assert "/queries/signatories?format=csv&amp;bom=1" in page
    assert shipped.fetch("/queries/signatories?format=json&bom=1").status == 400
    asked = shipped.fetch("/sparql?query=ASK%7B%7D&format=csv")
    assert "content-disposition" not in asked.headers
