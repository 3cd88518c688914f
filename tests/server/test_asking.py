"""What pages ask of a store comes back term by term as it stands there, however it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pyoxigraph as ox
import pytest

from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server import asking
from portsmouth_server.asking import rows, statements, table

E = "http://e/"
VALUES = [
    ox.NamedNode(E + "o"),
    ox.Literal("plain"),
    ox.Literal(""),
    ox.Literal('a tab\t, a line\n, a return\r, "quotes", a \\ and ทองคำ'),
    ox.Literal("war", language="en"),
    ox.Literal("สงคราม", language="th"),
    ox.Literal("7", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("1.5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
    ox.Literal("true", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#boolean")),
    ox.Literal("1905-09-05", datatype=ox.NamedNode("https://w3id.org/portsmouth1905/ns#edtfGregorian")),
    ox.Literal("<http://e/no-iri>"),
    ox.Literal("_:b0"),
]
DATA = [
    ox.Quad(ox.NamedNode(f"{E}s{number % 3}"), ox.NamedNode(E + "p"), value, graph)
    for number, value in enumerate(VALUES)
    for graph in (ox.DefaultGraph(), ox.NamedNode(E + "g1"), ox.NamedNode(E + "g2"))
] + [ox.Quad(ox.BlankNode("b0"), ox.NamedNode(E + "p"), ox.BlankNode("b1"), ox.NamedNode(E + "g1"))]
QUERY = """
SELECT ?g ?s ?p ?o { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?h { ?s ?p ?o } } }
                     UNION { ?s ?p ?o } }"""


def run(work: Callable[[EmbeddedStore], Awaitable[Any]]) -> Any:
    async def within() -> Any:
        data = ox.serialize(DATA, format=ox.RdfFormat.N_QUADS)
        async with EmbeddedStore.from_nquads(data or b"") as store:
            return await work(store)

    return asyncio.run(within())


@pytest.mark.parametrize("long", [0, 1 << 30])
def test_a_table_has_the_terms_of_every_row(monkeypatch: pytest.MonkeyPatch, long: int) -> None:
    monkeypatch.setattr(asking, "_LONG", long)

    async def both(store: EmbeddedStore) -> Any:
        return await rows(store, QUERY), await table(store, QUERY)

    wanted, found = run(both)
    assert [tuple(row[name] for name in "gspo") for row in wanted] == found
    assert {row[3] for row in found} >= set(VALUES)
    assert any(row[0] is None for row in found)


def test_statements_name_graph_subject_and_property(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(store: EmbeddedStore) -> Any:
        return await table(store, QUERY), await statements(store, QUERY)

    wanted, found = run(both)
    assert len(wanted) == len(found)
    for (graph, subject, property_, value), one in zip(wanted, found, strict=True):
        assert one.graph == (graph.value if graph else "")
        assert one.subject == (subject.value if isinstance(subject, ox.NamedNode) else str(subject))
        assert (one.property, one.value) == (property_.value, value)


def test_nothing_found_is_an_empty_table() -> None:
    async def ask(store: EmbeddedStore) -> Any:
        nothing = "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o . ?s <http://e/none> ?o } }"
        one = "SELECT ?x { BIND(1/0 AS ?x) }"
        return await table(store, nothing), await statements(store, nothing), await table(store, one)

    assert run(ask) == ([], [], [(None,)])
