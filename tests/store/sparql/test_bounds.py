"""Rows are counted as they are, whatever stands in them and however the bytes come."""

import io

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.errors import AnswerLimitError
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Formats, Query
from portsmouth.store.sparql import engine
from portsmouth.store.sparql.bounds import Bounded, row_counter

TRICKY = st.sampled_from(
    ['"', "\\", "{", "}", ",", "[", "]", ":", "\r\n", "\n", "\t", "<result>", "é", "ก", "x"]
)
LITERALS = st.builds(lambda parts: ox.Literal("".join(parts)), st.lists(TRICKY, max_size=8))
IRIS = st.sampled_from([ox.NamedNode("http://e/a"), ox.NamedNode("http://e/,:(%7B")])
TRIPLES = st.builds(ox.Triple, IRIS, IRIS, LITERALS)
ROWS = st.lists(st.tuples(*[st.one_of(st.just("UNDEF"), LITERALS, TRIPLES)] * 2), max_size=6)


def table(rows, media_type):
    """Serialise rows that a VALUES clause gives."""
    terms = "\n".join(f"({' '.join(map(written, row))})" for row in rows)
    out = io.BytesIO()
    query = Query(f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {terms} }} }}", formats=Formats(media_type))
    engine.evaluate(ox.Store(), query).write(out)
    return out.getvalue()


def written(term):
    if isinstance(term, ox.Triple):
        return f"<<( {term.subject} {term.predicate} {written(term.object)} )>>"
    return str(term)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(list(RESULT_FORMATS.values())), st.integers(1, 7))
def test_every_row_is_counted_once(rows, media_type, step):
    data = table(rows, media_type)
    counter = row_counter(media_type)
    for start in range(0, len(data), step):
        counter.feed(data[start : start + step])
    assert counter.count == len(rows)


def numbers(count):
    quads = [
        ox.Quad(ox.NamedNode(f"http://e/{n}"), ox.NamedNode("http://e/n"), ox.Literal(n))
        for n in range(count)
    ]
    store = ox.Store()
    store.extend(quads)
    return store


@pytest.mark.parametrize("name", RESULT_FORMATS)
@pytest.mark.parametrize("rows", [99, 100, 101])
def test_a_table_may_have_as_many_rows_as_allowed_and_no_more(name, rows):
    query = Query("SELECT * { ?s ?p ?o }", formats=Formats(RESULT_FORMATS[name]), max_rows=100)
    evaluation = engine.evaluate(numbers(rows), query)
    if rows <= 100:
        evaluation.write(io.BytesIO())
    else:
        with pytest.raises(AnswerLimitError, match="more than 100 rows"):
            evaluation.write(io.BytesIO())


@pytest.mark.parametrize("name", GRAPH_FORMATS)
@pytest.mark.parametrize("triples", [100, 101])
def test_a_graph_may_have_as_many_triples_as_allowed_and_no_more(name, triples):
    query = Query("CONSTRUCT WHERE { ?s ?p ?o }", formats=Formats(graphs=GRAPH_FORMATS[name]), max_rows=100)
    evaluation = engine.evaluate(numbers(triples), query)
    if triples <= 100:
        out = io.BytesIO()
        evaluation.write(out)
        assert len(list(ox.parse(out.getvalue(), format=engine._GRAPHS[GRAPH_FORMATS[name]]))) == triples
    else:
        with pytest.raises(AnswerLimitError, match="more than 100 triples"):
            evaluation.write(io.BytesIO())


def test_a_yes_or_no_has_no_rows():
    out = io.BytesIO()
    engine.evaluate(ox.Store(), Query("ASK {}", max_rows=1, max_bytes=100)).write(out)
    assert b"true" in out.getvalue()


def test_bytes_are_counted():
    out = io.BytesIO()
    bounded = Bounded(out, 4)
    assert bounded.write(b"abcd") == 4
    with pytest.raises(AnswerLimitError, match="more than 4 bytes"):
        bounded.write(b"e")
    assert out.getvalue() == b"abcd"
