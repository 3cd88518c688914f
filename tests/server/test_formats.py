"""Every format: asked for by name and by Accept, parsed back, compared with the engine's own answer."""

from __future__ import annotations

import csv
import io
from typing import Any, cast

import pyoxigraph as ox
import pytest
import rdflib

SELECT = """
SELECT ?s ?p ?o { ?s ?p ?o FILTER(!STRSTARTS(STR(?p), "http://example.org/")) }
ORDER BY ?s ?p STR(?o) LANG(?o)
"""
CONSTRUCT = "CONSTRUCT WHERE { ?s a ?class }"
RESULTS = {
    "json": ("application/sparql-results+json", ox.QueryResultsFormat.JSON),
    "xml": ("application/sparql-results+xml", ox.QueryResultsFormat.XML),
    "tsv": ("text/tab-separated-values", ox.QueryResultsFormat.TSV),
}
GRAPHS = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "nq": ("application/n-quads", ox.RdfFormat.N_QUADS),
    "trig": ("application/trig", ox.RdfFormat.TRIG),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
}


@pytest.fixture(scope="module")
def engine(server: Any) -> ox.Store:
    store = ox.Store()
    store.load((server.log.parent / "dataset.nq").read_bytes(), format=ox.RdfFormat.N_QUADS)
    return store


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("by", ["format", "accept"])
def test_solutions(server: Any, engine: ox.Store, name: str, by: str) -> None:
    media_type, parser = RESULTS[name]
    reply = server.ask(SELECT, format=name) if by == "format" else server.ask(SELECT, accept=media_type)
    assert (reply.status, reply.type) == (200, media_type)
    parsed = ox.parse_query_results(reply.body, format=parser)
    assert isinstance(parsed, ox.QuerySolutions)
    expected = engine.query(SELECT)
    assert isinstance(expected, ox.QuerySolutions)
    rows = [tuple(map(str, row)) for row in parsed]
    assert rows == [tuple(map(str, row)) for row in expected]
    assert len(rows) > 10


def test_csv(server: Any, engine: ox.Store) -> None:
    reply = server.ask(SELECT, accept="text/csv")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(reply.body.decode(), newline="")))
    expected = [[getattr(term, "value", "") for term in row] for row in cast(Any, engine.query(SELECT))]
    assert rows == [["s", "p", "o"], *expected]


@pytest.mark.parametrize("name", ["json", "xml"])
@pytest.mark.parametrize(("query", "yes"), [("ASK {}", True), ("ASK { <http://a> ?p ?o }", False)])
def test_boolean(server: Any, name: str, query: str, yes: bool) -> None:
    parsed = ox.parse_query_results(server.ask(query, format=name).body, format=RESULTS[name][1])
    assert isinstance(parsed, ox.QueryBoolean)
    assert bool(parsed) is yes


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("by", ["format", "accept"])
@pytest.mark.parametrize("query", [CONSTRUCT, "DESCRIBE <https://w3id.org/portsmouth1905/id/komura>"])
def test_graphs(server: Any, engine: ox.Store, name: str, by: str, query: str) -> None:
    media_type, parser = GRAPHS[name]
    reply = server.ask(query, format=name) if by == "format" else server.ask(query, accept=media_type)
    assert (reply.status, reply.type) == (200, media_type)
    triples = {str(quad.triple) for quad in ox.parse(reply.body, format=parser)}
    assert triples == {str(triple) for triple in cast(Any, engine.query(query))}
    assert len(triples) > 1


@pytest.mark.parametrize(
    ("name", "rdflib_name"), [("ttl", "turtle"), ("rdf", "xml"), ("jsonld", "json-ld"), ("nt", "nt")]
)
def test_graphs_with_another_parser(server: Any, name: str, rdflib_name: str) -> None:
    graph = rdflib.Graph().parse(data=server.ask(CONSTRUCT, format=name).body, format=rdflib_name)
    assert len(graph) == 2


@pytest.mark.parametrize(("query", "name"), [("SELECT * {}", "ttl"), ("ASK {}", "nq"), (CONSTRUCT, "csv")])
def test_a_format_that_cannot_hold_the_answer(server: Any, query: str, name: str) -> None:
    problem = server.ask(query, format=name).problem
    assert problem["status"] == 406
    assert "expected one of" in problem["detail"]


def test_each_kind_of_answer_takes_its_own_format(server: Any) -> None:
    both = "text/csv, application/n-triples"
    assert server.ask("SELECT * {}", accept=both).type == "text/csv"
    assert server.ask(CONSTRUCT, accept=both).type == "application/n-triples"
    assert server.ask(CONSTRUCT, format="json").type == "application/ld+json"
    assert server.ask(CONSTRUCT, format="xml").type == "application/rdf+xml"
