"""The classes of questions are what their names say, on the graph that the program ships with."""

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from bench.workload import CLASSES, LARGE, PREFIXES, SCAN, SMALL, text
from portsmouth.build import build


@pytest.fixture(scope="module")
def shipped() -> ox.Store:
    store = ox.Store()
    store.load(build().nquads, format=ox.RdfFormat.N_QUADS)
    return store


def patterns(query: str) -> Iterator[str]:
    """Yield the triple patterns of a query, those of named graphs with their GRAPH."""

    def walk(node: Any, graph: str | None) -> Iterator[str]:
        if getattr(node, "name", None) == "Graph":
            graph = node.term.n3()
        for triple in getattr(node, "triples", None) or ():
            pattern = " ".join(term.n3() for term in triple)
            yield f"GRAPH {graph} {{ {pattern} }}" if graph else pattern
        # Not every entry is an operator: some are the variables of one.
        for key in ("p", "p1", "p2"):
            if key in getattr(node, "keys", tuple)():
                yield from walk(node[key], graph)

    yield from walk(translateQuery(parseQuery(query)).algebra, None)


def count(store: ox.Store, pattern: str) -> int:
    (row,) = store.query(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")  # type: ignore[union-attr]
    return int(row[0].value)


def rows(store: ox.Store, query: str) -> int:
    return sum(1 for _ in store.query(query))  # type: ignore[union-attr]


@pytest.mark.parametrize("template", SCAN)
def test_a_scan_reads_a_tenth_of_the_graph_and_answers_little(shipped: ox.Store, template: str) -> None:
    query = text(template, "http://e", 7)
    triples = len(list(shipped.quads_for_pattern(None, None, None, ox.DefaultGraph())))
    found = list(patterns(query))
    assert found
    assert max(count(shipped, pattern) for pattern in found) >= triples / 10
    assert 0 < rows(shipped, query) <= 50


@pytest.mark.parametrize("template", LARGE)
def test_a_large_answer_has_thousands_of_rows(shipped: ox.Store, template: str) -> None:
    assert rows(shipped, text(template, "http://e", 7)) >= 2000


@pytest.mark.parametrize("template", SMALL)
def test_small_questions_are_about_one_thing_and_have_answers(shipped: ox.Store, template: str) -> None:
    assert "<{entity}>" in template
    entity = "https://w3id.org/portsmouth1905/id/roosevelt"
    assert 0 < rows(shipped, text(template, entity, 7)) < 200


def test_no_two_requests_of_a_template_are_alike() -> None:
    for templates in CLASSES.values():
        for template in templates:
            assert text(template, "http://e", 7) != text(template, "http://e", 8)
            assert text(template, "http://e", 7).startswith(PREFIXES)
