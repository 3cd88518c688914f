"""The store before other engines: the same answers, its limits, and what goes wrong on the other side."""

import asyncio
import contextlib
import csv
import io
import json
import time
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from engines.engines import built, run

import portsmouth.store.remote as remote
from portsmouth import iris
from portsmouth.errors import (
    AnswerLimitError,
    DeadlineError,
    ParameterError,
    QueryNestingError,
    QuerySyntaxError,
    ReadOnlyError,
    RemoteError,
    ServiceRefusedError,
    ServiceRequestError,
    StoreBusyError,
    StoreError,
)
from portsmouth.loading import Loader, UpdateWriter, prepare, read_dataset
from portsmouth.networks import KINDS, Selection, project
from portsmouth.queries import catalogue
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Dataset, Formats, Query, Update
from portsmouth.store.remote import RemoteStore
from portsmouth.store.service.client import Service
from portsmouth.store.service.credentials import Credentials

#: What an engine cannot answer as the others do, with the reason. Keep it short.
KNOWN = {
    ("virtuoso", "map-of-places"): "keeps well-known text as a geometry, rounded, of a datatype of its own",
    ("virtuoso", "dates-as-printed"): "loses a pattern that follows a UNION with NOT EXISTS in an OPTIONAL",
}
LISTED = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
ALL = "SELECT * { ?s ?p ?o }"


def test_a_query_that_the_parser_cannot_bear_costs_itself_alone():
    slow = "ASK { " + "?s ?p ?o . " * 1_000_000 + "}"
    deep = "ASK { FILTER(" + "!" * 100_000 + "true) }"

    async def use():
        store = RemoteStore("http://127.0.0.1:9/")
        try:
            with pytest.raises(QueryNestingError):
                await store.query(Query(deep))
            with pytest.raises(DeadlineError):
                await store.query(Query(slow, deadline=0.05))
            # What the service is asked is understood as its own text says, and the project's prefixes hold.
            for text in ("ASK { <a> ?p ?o }", "ASK { ?s a skos:Concept }"):
                with pytest.raises(RemoteError):
                    await store.query(Query(text, base="http://e/", known_prefixes=True))
        finally:
            await store.aclose()

    asyncio.run(use())


@pytest.fixture(scope="module")
def here():
    store = ox.Store()
    store.bulk_load(built().nquads, format=ox.RdfFormat.N_QUADS)
    return store


def value(term):
    if term is None:
        return None
    # Engines may keep a number by its value and write it another way.
    if isinstance(term, ox.Literal) and term.datatype.value.endswith(("#integer", "#decimal", "#boolean")):
        return {"true": 1.0, "false": 0.0}.get(term.value) or float(term.value.replace("true", "1"))
    return str(term)


def table(results):
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    if isinstance(results, ox.QueryTriples):
        return {str(triple) for triple in results}
    names = [variable.value for variable in results.variables]
    return sorted((tuple(value(row[name]) for name in names) for row in results), key=repr)


async def body_of(store, query):
    answer = await store.query(query)
    return answer, b"".join([chunk async for chunk in answer])


async def told(store, text, **options):
    asked = Query(
        text, formats=Formats(RESULT_FORMATS["json"], GRAPH_FORMATS["nt"]), known_prefixes=True, **options
    )
    answer, body = await body_of(store, asked)
    if answer.kind == "graph":
        return {str(quad.triple) for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)}
    return table(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))


def on(engine, work, **options):
    """Do some work with a store before an engine."""

    async def done():
        async with RemoteStore(engine.query, **options) as store:
            return await work(store)

    return asyncio.run(done())


# --- The same answers


@pytest.mark.parametrize("query", catalogue(), ids=lambda query: query.name)
def test_a_named_query_gives_the_same_answer(engine, here, query):
    found = on(engine, lambda store: told(store, query.text))
    same = found == table(here.query(query.text))
    # Whoever mends the query or the engine takes it off the list.
    assert same is ((engine.name, query.name) not in KNOWN)


def test_graphs_and_default_graph_are_those_of_the_data(engine, here):
    async def ask(store):
        assert store.snapshot == built().snapshot
        return await told(store, LISTED), await told(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")

    graphs, default = on(engine, ask)
    assert graphs == table(here.query(LISTED))
    assert default == [(float(sum(1 for _ in here.quads_for_pattern(None, None, None, ox.DefaultGraph()))),)]


@pytest.mark.parametrize(
    "selection",
    [*(Selection(kind=kind) for kind in KINDS), Selection(parts=("s1", "s5"), effects=True)],
    ids=str,
)
def test_a_network_is_the_same(engine, selection):
    async def drawn(store):
        return await project(store, selection)

    async def drawn_here():
        async with EmbeddedStore.from_nquads(built().nquads, snapshot=built().snapshot) as store:
            return await project(store, selection)

    there, here = on(engine, drawn), asyncio.run(drawn_here())
    assert dict(there.nodes(data=True)) == dict(here.nodes(data=True)) != {}
    assert {arc[:3]: arc[3] for arc in there.edges(keys=True, data=True)} == {
        arc[:3]: arc[3] for arc in here.edges(keys=True, data=True)
    }
    assert there.graph == here.graph


@pytest.mark.parametrize(
    "dataset",
    [
        Dataset(default=(iris.EDITORIAL,)),
        Dataset(named=(iris.EDITORIAL, iris.CATALOGUE)),
        Dataset(default=(iris.passage("s5", 235),), named=(iris.EDITORIAL,)),
        Dataset(default=("http://example.org/none",)),
    ],
    ids=["default", "named", "both", "missing"],
)
def test_a_request_names_its_dataset(engine, here, dataset):
    def graphs(names):
        return [ox.NamedNode(name) for name in names]

    default = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

    async def ask(store):
        return await told(store, default, dataset=dataset), await told(store, LISTED, dataset=dataset)

    options = {"default_graph": graphs(dataset.default), "named_graphs": graphs(dataset.named)}
    assert on(engine, ask) == (table(here.query(default, **options)), table(here.query(LISTED, **options)))


def test_every_format_holds_the_same(engine):
    select = "SELECT ?label { d:witte skos:prefLabel ?label }"
    construct = "CONSTRUCT WHERE { d:witte skos:prefLabel ?label }"

    async def ask(store):
        labels = {row[0] for row in await told(store, select)}
        assert len(labels) > 2
        for media_type in RESULT_FORMATS.values():
            asked = Query(select, formats=Formats(media_type), known_prefixes=True)
            answer, body = await body_of(store, asked)
            assert answer.media_type == media_type
            if media_type == "text/csv":
                assert len(list(csv.reader(io.StringIO(body.decode())))) == len(labels) + 1
                continue
            results = ox.parse_query_results(body, format=ox.QueryResultsFormat.from_media_type(media_type))
            assert {value(row["label"]) for row in results} == labels
        for media_type in GRAPH_FORMATS.values():
            formats = Formats(graphs=media_type)
            answer, body = await body_of(store, Query(construct, formats=formats, known_prefixes=True))
            assert answer.media_type == media_type
            quads = ox.parse(body, format=ox.RdfFormat.from_media_type(media_type))
            assert {str(quad.object) for quad in quads} == labels
        for media_type in RESULT_FORMATS.values():
            for text, yes in (("ASK { d:witte ?p ?o }", b"true"), ("ASK { d:nobody ?p ?o }", b"false")):
                asked = Query(text, formats=Formats(media_type), known_prefixes=True)
                assert yes in (await body_of(store, asked))[1]

    on(engine, ask)


def test_a_stance_gives_what_the_embedded_store_gives(empty, tmp_path):
    from server.conftest import dataset

    file = tmp_path / "data.nq"
    file.write_bytes(dataset())
    assert empty.load(str(file)).returncode == 0
    asked = Dataset(stance=Stance.parse("-s1"))

    async def embedded():
        async with EmbeddedStore.from_nquads(dataset()) as store:
            return await told(store, LISTED, dataset=asked), await told(store, ALL, dataset=asked)

    async def ask(store):
        return await told(store, LISTED, dataset=asked), await told(store, ALL, dataset=asked)

    found = on(empty, ask)
    assert found == asyncio.run(embedded())
    assert len(found[0]) == 2
    with pytest.raises(ParameterError, match="part s9"):
        on(empty, lambda store: told(store, ALL, dataset=Dataset(stance=Stance.parse("s9"))))


# --- Limits and refusals


def test_rows_and_bytes_are_limited(engine):
    async def ask(store):
        text = "SELECT * { ?s ?p ?o } LIMIT 300"
        await told(store, text, max_rows=300)
        with pytest.raises(AnswerLimitError, match="299 rows"):
            await told(store, text, max_rows=299)
        with pytest.raises(AnswerLimitError, match="1,000 bytes"):
            await told(store, text, max_bytes=1000)
        with pytest.raises(AnswerLimitError, match="9 triples"):
            await told(store, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 300", max_rows=9)

    on(engine, ask)


def test_what_is_no_query_is_not_sent(engine):
    async def ask(store):
        with pytest.raises(QuerySyntaxError) as caught:
            await told(store, "SELECT * {\n ?s ?p }")
        assert caught.value.line == 2
        for text in ("DROP ALL", 'define get:soft "replace" SELECT * { ?s ?p ?o }', ""):
            with pytest.raises(QuerySyntaxError):
                await told(store, text)
        with pytest.raises(ServiceRefusedError):
            await told(store, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
        with pytest.raises(ReadOnlyError):
            await store.update(Update("DROP ALL"))

    on(engine, ask)


def test_a_service_that_is_not_filled_says_what_to_do(empty):
    with pytest.raises(StoreError, match="portsmouth load"):
        on(empty, lambda store: told(store, "ASK {}"))
    assert on(empty, lambda store: told(store, "ASK {}"), dataset="plain") is True
    ended = run("serve", "--endpoint", empty.query, "--port", "0")
    assert ended.returncode == 4
    assert "portsmouth load" in ended.stderr


def test_new_data_are_noticed(empty, monkeypatch):
    monkeypatch.setattr(remote, "_REFRESH", 0.0)
    data = b"<http://e/s> <http://e/p> <http://e/o1> <http://e/g> .\n"

    async def load(text):
        async with Service() as service:
            content = prepare(read_dataset(text, ox.Store()))
            writer = UpdateWriter(service, empty.update)
            return await Loader(content, service, empty.query, writer).load()

    async def follow():
        first = await load(data)
        async with RemoteStore(empty.query) as store:
            assert store.snapshot == first.version
            second = await load(data.replace(b"o1", b"o2"))
            end = time.monotonic() + 10
            while store.snapshot != second.version and time.monotonic() < end:
                assert await told(store, "ASK { ?s ?p <http://e/o2> }")
            assert store.snapshot == second.version != first.version

    asyncio.run(follow())


@pytest.mark.parametrize("wrong", ["nonsense", "", "a b"])
def test_credentials_in_another_form_are_not_repeated(wrong, tmp_path):
    file = tmp_path / "credentials"
    file.write_text(wrong)
    ended = run("load", "--endpoint", "http://127.0.0.1:9/", "--credentials-file", str(file))
    assert ended.returncode == 2
    assert "user:password" in ended.stderr
    assert not wrong or wrong not in ended.stderr


# --- What goes wrong on the other side


class Other:
    """Another side that gives the same bytes to everybody, and remembers what it was sent."""

    def __init__(self, reply, keep_open=False):
        self.reply = reply
        self.keep_open = keep_open
        self.requests = []
        self.left = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.meet, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/sparql"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def meet(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            self.requests.append(head + await reader.readexactly(length))
            writer.write(self.reply)
            await writer.drain()
            if self.keep_open:
                await reader.read()
                self.left.set()
        writer.close()


def reply(status="200 OK", body=b"", length=None, **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


JSON = {"Content_Type": RESULT_FORMATS["json"]}
BEGUN = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}'


@pytest.mark.parametrize(
    ("sent", "error", "said"),
    [
        (reply("500 Oh"), RemoteError, "status 500"),
        (reply("503 Busy"), StoreBusyError, "busy"),
        (reply("504 Late"), RemoteError, "gave up"),
        (reply("401 No"), RemoteError, "credentials"),
        (reply("400 Bad", b"SP031: too hard\nSELECT secret"), ServiceRequestError, "SP031: too hard"),
        (reply("302 Found", Location="http://10.0.0.1/"), RemoteError, "redirects"),
        (reply(body=b"<html>", Content_Type="text/html"), RemoteError, "text/html"),
        (reply(body=b"{}x", **JSON), RemoteError, "expected a whole one"),
        (reply(body=BEGUN, **JSON), RemoteError, "expected a whole one"),
        (reply(body=BEGUN, length=9999, **JSON), RemoteError, "no answer"),
        (reply(body=BEGUN + b"]}}", X_SQL_State="S1TAT", **JSON), RemoteError, "cut"),
        (b"nonsense\r\n\r\n", RemoteError, "no answer"),
    ],
)
def test_trouble_on_the_other_side_is_told(sent, error, said):
    async def ask():
        async with Other(sent) as other:
            store = RemoteStore(other.url, dataset="plain")
            with pytest.raises(error, match=said) as caught:
                await body_of(store, Query("SELECT ?x {}"))
            assert "secret" not in str(caught.value)
            assert len([request for request in other.requests if b"SELECT+%3Fx" in request]) == 1
            await store.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize("begun", [b"", reply(body=BEGUN, length=9999, **JSON)], ids=["silent", "halting"])
def test_a_service_that_takes_too_long_is_left(begun):
    async def ask():
        async with Other(begun, keep_open=True) as other:
            store = RemoteStore(other.url, dataset="plain")
            with pytest.raises(DeadlineError):
                await body_of(store, Query("SELECT ?x {}", deadline=0.3))
            await asyncio.wait_for(other.left.wait(), 5)
            await store.aclose()

    asyncio.run(ask())


def test_a_client_that_leaves_ends_the_query():
    async def ask():
        rows = b",".join([b'{"x":{"type":"literal","value":"1"}}'] * 9000)
        long = reply(
            body=BEGUN.removesuffix(b'{"x":{"type":"literal","value":"1"}}') + rows, length=1 << 30, **JSON
        )
        async with Other(long, keep_open=True) as other:
            store = RemoteStore(other.url, dataset="plain")
            answer = await store.query(Query("SELECT ?x {}"))
            assert not answer.complete
            async for chunk in answer:
                assert chunk.startswith(b'{"head"')
                break
            await answer.aclose()
            await asyncio.wait_for(other.left.wait(), 5)
            await store.aclose()

    asyncio.run(ask())


def test_a_stance_goes_on_being_asked_of_the_data_that_it_was_asked_of(monkeypatch):
    # A service without versions counts as changed now and then: here, with every question.
    monkeypatch.setattr(remote, "_REFRESH", 0.0)
    monkeypatch.setattr(remote, "_UNVERSIONED", 0.0)
    graph = {"type": "uri", "value": iris.passage("s1", 1)}
    rows = [
        {
            "s": {"type": "uri", "value": f"http://e/s{n}"},
            "p": {"type": "uri", "value": "http://e/p"},
            "o": {"type": "literal", "value": str(n)},
            "g": graph,
        }
        for n in range(300)
    ]
    table = {"head": {"vars": ["s", "p", "o", "g"]}, "results": {"bindings": rows}}
    stance = Dataset(stance=Stance.parse("s1"))
    tsv = Formats(RESULT_FORMATS["tsv"])

    async def ask():
        async with (
            Other(reply(body=json.dumps(table).encode(), **JSON)) as other,
            RemoteStore(other.url, dataset="plain") as store,
        ):
            many = "SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 1000000"
            begun = await store.query(Query(many, stance, tsv))
            chunks = aiter(begun)
            first = await anext(chunks)
            before = store.snapshot
            while store.snapshot == before:
                _, body = await body_of(store, Query("SELECT ?s { ?s ?p ?o }", stance, tsv))
                assert body.count(b"\n") == 301
            _, body = await body_of(store, Query("SELECT ?s { ?s ?p ?o }", stance, tsv))
            assert body.count(b"\n") == 301
            rest = [chunk async for chunk in chunks]
            assert (first + b"".join(rest)).count(b"\n") == 1_000_001

    asyncio.run(ask())


def test_no_more_queries_go_out_than_are_allowed():
    async def ask():
        async with Other(b"", keep_open=True) as other:
            store = RemoteStore(other.url, dataset="plain", limits=Limits(workers=1, queue_seconds=0.2))
            first = asyncio.ensure_future(store.query(Query("SELECT ?x {}", deadline=5)))
            await asyncio.sleep(0.1)
            with pytest.raises(StoreBusyError):
                await store.query(Query("SELECT ?x {}"))
            first.cancel()
            await asyncio.wait([first])
            await store.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("credentials", "challenge", "shown"),
    [
        ("reader:swordfish", 'Basic realm="x"', [None, b"Basic cmVhZGVyOnN3b3JkZmlzaA=="]),
        ("reader:swordfish", 'Digest realm="x", nonce="n", qop="auth"', [None, b'Digest username="reader"']),
        ("reader:swordfish", "Negotiate", [None]),
        ("Bearer swordfish", "Bearer", [b"Bearer swordfish"]),
    ],
)
def test_credentials_are_shown_as_the_service_asks_and_never_told(credentials, challenge, shown):
    async def ask():
        async with Other(reply("401 No", WWW_Authenticate=challenge, Connection="close")) as other:
            known = Credentials.from_text(credentials)
            assert "swordfish" not in repr(known)
            store = RemoteStore(other.url, dataset="plain", credentials=known)
            with pytest.raises(RemoteError, match="expected credentials") as caught:
                await store._service.form(other.url, [("query", "ASK {}")], "*/*", 5).__aenter__()
            assert "swordfish" not in str(caught.value)
            await store.aclose()
            for request, expected in zip(other.requests, shown, strict=True):
                if expected:
                    assert b"Authorization: " + expected in request
                else:
                    assert b"Authorization" not in request

    asyncio.run(ask())


@pytest.mark.parametrize("engine", ["virtuoso"], indirect=True, scope="session")
def test_a_service_that_asks_for_credentials_is_asked_with_them(engine):
    text = "ASK { d:witte ?p ?o }"
    known = Credentials.from_text(engine.credentials)

    async def ask(credentials):
        async with RemoteStore(engine.update, credentials=credentials) as store:
            return await told(store, text)

    assert asyncio.run(ask(known)) is True
    with pytest.raises(RemoteError, match="does not let this server in"):
        asyncio.run(ask(None))


def test_addresses_with_credentials_are_refused():
    with pytest.raises(ParameterError) as caught:
        RemoteStore("http://user:secret@127.0.0.1/")
    assert "secret" not in str(caught.value)


# --- Over HTTP


@pytest.fixture(scope="module")
def served(engine, tmp_path_factory):
    from server.conftest import RunningServer

    folder = tmp_path_factory.mktemp("remote")
    server = RunningServer(folder, ("portsmouth", "serve"), endpoint=engine.query, rate=0)
    yield server
    server.stop()


def test_pages_and_protocols_work_before_an_engine(served, engine):
    for path in ("/", "/id/witte.html", "/search?q=Komura", "/conflicts", "/network", "/sources", "/health"):
        page = served.fetch(path, headers={"Accept": "text/html"})
        assert page.status == 200, (path, page.body[-500:])
    assert json.loads(served.fetch("/network.json").body)
    found = served.fetch("/queries/signatories?format=json")
    assert found.type == RESULT_FORMATS["json"]
    again = served.fetch("/queries/signatories?format=json", headers={"If-None-Match": found.headers["etag"]})
    assert again.status == 304
    asked = next(query for query in catalogue() if query.name == "signatories").text
    receipts = served.fetch(
        f"/receipts?{urlencode({'query': asked})}", headers={"Accept": "application/json"}
    )
    assert receipts.status == 200, receipts.body[:500]
    assert b"/passage/s3-" in receipts.body
    wrong = served.fetch("/sparql?query=SELECT")
    assert (wrong.status, wrong.problem["type"].rpartition("/")[2]) == (400, "query-syntax")
