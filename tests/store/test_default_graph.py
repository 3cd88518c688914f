"""The default graph once more by itself: quicker to ask, and never another answer."""

import io
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth import queries
from portsmouth.build import build
from portsmouth.store.processes.worker import default_graph_of
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Formats, Query
from portsmouth.store.sparql.engine import evaluate
from portsmouth.store.sparql.lexer import names_graphs, tokens
from portsmouth.store.updates.changes import Change

QUESTIONS = Path(__file__).parents[1] / "questions"
LINES = Formats(RESULT_FORMATS["tsv"], GRAPH_FORMATS["nt"])


def lines(store, text, alone=None):
    out = io.BytesIO()
    evaluate(store, Query(text, formats=LINES), alone).write(out)
    return Counter(out.getvalue().splitlines())


def texts():
    yield from ((query.name, query.text) for query in queries.catalogue())
    yield from ((path.stem, path.read_text(encoding="utf-8")) for path in sorted(QUESTIONS.glob("*/*.rq")))


def test_every_query_of_the_repository_has_the_same_answer_with_and_without_it():
    store = ox.Store()
    store.bulk_load(build().nquads, ox.RdfFormat.N_QUADS)
    alone = default_graph_of(store)
    asked = list(texts())
    differing = [name for name, text in asked if lines(store, text) != lines(store, text, alone)]
    assert not differing
    # Otherwise nothing would have been asked of it.
    assert sum(not names_graphs(text) for _, text in asked) > 50


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?g { GRAPH ?g { ?s ?p ?o } }", "SELECT ?s { graph <http://e/g> { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o MINUS {GRAPH?g{?s ?p ?o}} }", "ASK { \\u0047RAPH ?g { ?s ?p ?o } }",
    ],
)  # fmt: skip
def test_a_query_of_named_graphs_is_never_asked_of_it(text):
    assert names_graphs(text)


WORDS = [
    "GRAPH",
    "graph",
    "?graph",
    ":graph",
    "<http://e/graph>",
    "{",
    "}",
    "?s",
    "'GRAPH'",
    "#",
    "\n",
    "a:b",
    "PREFIX a: <http://e/graph/>",
    "# PREFIX b: <http://b/>",
    "'PREFIX",
]


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_no_keyword_is_overlooked(text):
    keyword = any(token.kind == "word" and token.text.upper() == "GRAPH" for token in tokens(text))
    assert names_graphs(text) or not keyword


def test_it_follows_what_is_written():
    quads = [
        ox.Quad(ox.NamedNode(f"http://e/{n}"), ox.NamedNode("http://e/p"), ox.Literal(n), graph)
        for n in range(3)
        for graph in (ox.DefaultGraph(), ox.NamedNode("http://e/g"))
    ]
    store = ox.Store()
    store.extend(quads)
    alone = default_graph_of(store)
    change = Change(removed=tuple(quads[:2]), added=(ox.Quad(*list(quads[2])[:2], ox.BlankNode("b")),))
    change.apply(store)
    change.of_default_graph().apply(alone)
    assert set(alone) == {quad for quad in store if isinstance(quad.graph_name, ox.DefaultGraph)}
