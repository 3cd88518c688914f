"""Filling another service: what it holds afterwards, after a change, after an interruption, after a slip."""

import asyncio
import json
import urllib.parse
import urllib.request

import pyoxigraph as ox
import pytest
from engines.engines import built, run

from portsmouth import iris
from portsmouth.errors import RemoteError
from portsmouth.loading import GraphStoreWriter, Loader, UpdateWriter, prepare, read_dataset
from portsmouth.store.service.client import Service

SMALL = b"""
<http://e/s> <http://e/p> "a\\"\\n\\u0E01" <http://e/g1> .
<http://e/s> <http://e/p> "x"@en <http://e/g1> .
<http://e/s> <http://e/p> "x"@en <http://e/g2> .
_:b <http://e/p> _:c <http://e/g2> .
_:c <http://e/q> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e/g3> .
"""


def ask(engine, query):
    body = urllib.parse.urlencode({"query": query}).encode()
    request = urllib.request.Request(
        engine.query, body, headers={"Accept": "application/sparql-results+json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        rows = json.load(response)["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in rows]


def count(engine, graph):
    (row,) = ask(engine, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
    return int(row["n"])


def test_an_engine_holds_every_graph_and_their_union(engine):
    store = ox.Store()
    store.bulk_load(built().nquads, format=ox.RdfFormat.N_QUADS)
    graphs = {name.value for name in store.named_graphs()}
    for graph in (iris.EDITORIAL, iris.CATALOGUE, iris.ONTOLOGY_GRAPH, iris.passage("s5", 235)):
        quads = store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
        assert count(engine, graph) == sum(1 for _ in quads)
    assert count(engine, iris.MERGED) == len({quad.triple for quad in store})
    # Virtuoso 7.2.5 never answers SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }.
    listed = ask(engine, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    found = {row["g"] for row in listed}
    assert graphs <= found


def test_what_is_there_is_not_sent_again(engine):
    again = engine.load()
    assert again.returncode == 0
    assert again.stdout.strip() == built().snapshot
    assert "all there already" in again.stderr


@pytest.mark.parametrize("by_graph_store", [False, True], ids=["update", "graph store"])
def test_only_what_has_changed_is_sent(empty, tmp_path, by_graph_store):
    file = tmp_path / "data.nq"
    file.write_bytes(SMALL)
    first = empty.load(str(file), "--batch", "2", by_graph_store=by_graph_store)
    assert first.returncode == 0, first.stderr
    assert "3 graphs, 9 triples with g:merged, 9 of them sent now" in first.stderr
    assert [count(empty, f"http://e/g{n}") for n in (1, 2, 3)] == [2, 2, 1]
    # One blank node in two graphs is one thing still.
    assert ask(empty, "SELECT ?n { GRAPH <http://e/g2> { ?s ?p ?b } GRAPH <http://e/g3> { ?b ?q ?n } }")
    file.write_bytes(SMALL.replace(b"<http://e/g3>", b"<http://e/g4>"))
    second = empty.load(str(file), "--batch", "2", by_graph_store=by_graph_store)
    assert second.returncode == 0, second.stderr
    assert "1 of them sent now; 1 former graphs dropped" in second.stderr
    assert (count(empty, "http://e/g3"), count(empty, "http://e/g4")) == (0, 1)
    assert first.stdout != second.stdout


class Breaking(UpdateWriter):
    """A way to write that breaks off after some requests."""

    left = 0

    async def _update(self, text):
        if self.left == 0:
            raise RemoteError("broken off")
        self.left -= 1
        await super()._update(text)


def test_a_blank_node_within_a_triple_is_named_like_one_beside_it():
    data = b"_:b <http://e/p> <<( _:b <http://e/q> <<( <http://e/s> <http://e/q> _:c )>> )>> ."
    (quad,) = read_dataset(data, ox.Store())
    genid = f"{iris.BASE}.well-known/genid"
    assert str(quad) == (
        f"<{genid}/b> <http://e/p> "
        f"<<( <{genid}/b> <http://e/q> <<( <http://e/s> <http://e/q> <{genid}/c> )>> )>>"
    )


@pytest.mark.parametrize("requests", [1, 3, 4, 5, 8, 9, 11])
def test_loading_goes_on_where_it_was_broken_off(empty, requests):
    content = prepare(read_dataset(SMALL, ox.Store()))

    async def load(most):
        async with Service() as service:
            writer = Breaking(service, empty.update)
            writer.left = most
            return await Loader(content, service, empty.query, writer, batch=2).load()

    with pytest.raises(RemoteError, match="broken off"):
        asyncio.run(load(requests))
    sent = asyncio.run(load(-1)).sent
    assert sent < 9 or requests < 3
    for graph, (_, triples) in content.graphs.items():
        assert count(empty, graph) == triples
    (row,) = ask(empty, f"SELECT ?v {{ GRAPH <{iris.LOADED}> {{ ?s <{iris.DCTERMS}hasVersion> ?v }} }}")
    assert row["v"] == content.version


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "neither --endpoint nor --store"),
        (("--endpoint", "ftp://e/"), 2, "the address 'ftp://e/'"),
        (("--endpoint", "http://u:secret@127.0.0.1:9/"), 2, "an address with a user's name or password"),
        (("--endpoint", "http://127.0.0.1:9/q"), 4, "no answer from http://127.0.0.1:9/q"),
    ],
)
def test_a_slip_is_told_in_one_line(arguments, code, said, tmp_path):
    file = tmp_path / "data.nq"
    file.write_bytes(SMALL)
    ended = run("load", str(file), *arguments)
    assert ended.returncode == code
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "secret" not in ended.stderr


def test_a_broken_file_is_told_before_anything_is_sent(tmp_path):
    file = tmp_path / "data.nq"
    file.write_text("<http://e/s> nonsense")
    ended = run("load", str(file), "--endpoint", "http://127.0.0.1:9/q")
    assert ended.returncode == 2
    assert "data.nq" in ended.stderr
    assert "expected a dataset in N-Quads" in ended.stderr


@pytest.mark.parametrize("engine", ["virtuoso"], indirect=True, scope="session")
def test_wrong_credentials_are_told_and_not_shown(engine, tmp_path):
    file = tmp_path / "data.nq"
    file.write_bytes(SMALL)
    ended = run("load", str(file), "--endpoint", engine.update, credentials="dba:swordfish")
    assert ended.returncode == 4
    assert "does not let this server in (401)" in ended.stderr
    assert "swordfish" not in ended.stderr


@pytest.mark.parametrize("writer", [UpdateWriter, GraphStoreWriter])
def test_a_service_that_ends_half_way_through_its_reply_is_told_in_one_line(writer):
    async def reply(reader, answer):
        await reader.readuntil(b"\r\n\r\n")
        answer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await answer.drain()
        answer.close()

    async def drop():
        server = await asyncio.start_server(reply, "127.0.0.1", 0)
        async with server, Service() as service:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/update"
            with pytest.raises(RemoteError, match="found no answer from"):
                await writer(service, url).drop(["http://e/g"])

    asyncio.run(drop())
