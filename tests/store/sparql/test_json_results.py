"""Tables of solutions that are written as JSON from the engine's TSV."""

from __future__ import annotations

import io
import json

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.store.protocol import Query
from portsmouth.store.sparql import engine, json_results
from portsmouth.store.sparql.json_results import JsonTable, pays

XSD = "http://www.w3.org/2001/XMLSchema#"
JSON, TSV = ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.TSV

strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(
    st.sampled_from('\t\n\r\b\f"\\\x00\x1f\x7f<>@^_:,{}[] é😀aue0'), max_size=8
)
iris = st.sampled_from(["http://e/a", "urn:é", "http://e/%22", "urn:x:(b)", "http://e/a?b=c,d"]).map(
    ox.NamedNode
)
languages = st.sampled_from(["en", "th", "zh-Hant-TW"])
directions = st.sampled_from([ox.BaseDirection.LTR, ox.BaseDirection.RTL])
forms = st.sampled_from(["1", "-1", "+1", "01", "1.5", ".5", "1.", "1e5", "INF", "true", "0", "NaN"])
datatypes = st.sampled_from(
    ["integer", "decimal", "double", "float", "boolean", "date", "int", "string", "thing"]
)
literals = st.one_of(
    strings.map(ox.Literal),
    st.builds(lambda text, language: ox.Literal(text, language=language), strings, languages),
    st.builds(lambda text, way: ox.Literal(text, language="ar", direction=way), strings, directions),
    st.builds(
        lambda text, name: ox.Literal(text, datatype=ox.NamedNode(XSD + name)), strings | forms, datatypes
    ),
)
simple = iris | literals | st.sampled_from([ox.BlankNode("b0"), ox.BlankNode("c1")])
terms = st.recursive(
    simple,
    lambda inner: st.tuples(iris | st.just(ox.BlankNode("b0")), iris, inner).map(lambda v: ox.Triple(*v)),
    max_leaves=3,
)
rows = st.lists(st.lists(st.none() | terms, min_size=3, max_size=3), max_size=6)


def table(rows):
    """Return a store and a query whose answer has these rows, in their order."""
    store = ox.Store()
    for place, row in enumerate(rows):
        subject = ox.NamedNode(f"urn:row:{place}")
        store.add(ox.Quad(subject, ox.NamedNode("urn:place"), ox.Literal(place)))
        for name, value in zip("abc", row, strict=True):
            if value is not None:
                store.add(ox.Quad(subject, ox.NamedNode(f"urn:{name}"), value))
    optional = " ".join(f"OPTIONAL {{ ?s <urn:{name}> ?{name} }}" for name in "abc")
    return store, f"SELECT ?a ?b ?c {{ ?s <urn:place> ?place {optional} }} ORDER BY ?place"


def translated(store, query, piece=None):
    output = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        if piece:
            patch.setattr(json_results, "_PIECE", piece)
        writer = JsonTable(output)
        store.query(query).serialize(writer, TSV)
        writer.finish()
    return output.getvalue()


@given(rows)
def test_a_table_is_written_as_the_engine_writes_it(rows):
    store, query = table(rows)
    assert translated(store, query) == store.query(query).serialize(format=JSON)


@given(st.lists(st.lists(simple, min_size=3, max_size=3), min_size=1, max_size=6), st.integers(1, 60))
def test_it_does_not_matter_in_which_pieces_it_comes(rows, piece):
    store, query = table(rows)
    whole = store.query(query).serialize(format=TSV)
    output = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_results, "_PIECE", 40)
        writer = JsonTable(output)
        for begin in range(0, len(whole), piece):
            writer.write(whole[begin : begin + piece])
        writer.finish()
    assert output.getvalue() == store.query(query).serialize(format=JSON)


@pytest.mark.parametrize(
    "query",
    ["SELECT * {}", "SELECT ?x {}", "SELECT ?x { FILTER(false) }", "SELECT * { FILTER(false) }",
     "SELECT * { { } UNION { } }", "SELECT ?é ?b { VALUES ?é { 1 2 } }",
     "SELECT ?x { VALUES ?x { UNDEF 1 UNDEF } }"],
)  # fmt: skip
def test_tables_without_columns_rows_or_values(query):
    store = ox.Store()
    assert translated(store, query) == store.query(query).serialize(format=JSON)


def test_more_terms_than_are_remembered(monkeypatch):
    monkeypatch.setattr(json_results, "_MOST_TERMS", 7)
    monkeypatch.setattr(json_results, "_TERMS", json_results._Terms())
    numbers = " ".join(map(str, range(100)))
    query = f"SELECT ?x ?y {{ VALUES ?x {{ {numbers} }} BIND(?x + 1 AS ?y) }}"
    store = ox.Store()
    assert translated(store, query, piece=50) == store.query(query).serialize(format=JSON)
    assert len(json_results._TERMS) <= 7


def test_what_is_asked_of_everything_is_answered_so_and_what_is_asked_of_one_thing_is_not(monkeypatch):
    store = ox.Store()
    store.update("INSERT DATA { <http://e/a> <http://e/p> 1, 2 }")
    made = []
    monkeypatch.setattr(json_results, "JsonTable", lambda output: made.append(1) or JsonTable(output))

    def answer(text, **kwargs):
        output = io.BytesIO()
        engine.evaluate(store, Query(text, **kwargs)).write(output)
        return json.loads(output.getvalue())

    assert len(answer("SELECT * { ?s ?p ?o }")["results"]["bindings"]) == 2
    assert len(made) == 1
    assert len(answer("SELECT * { <http://e/a> ?p ?o }")["results"]["bindings"]) == 2
    assert answer("ASK { ?s ?p ?o }")["boolean"]
    assert len(made) == 1
    assert not pays("SELECT * { ?s ?p ?o } LIMIT 10")
