"""Writing whole graphs: the change is exact, whether it is found line by line or quad by quad."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.store.processes.worker import default_graph_of
from portsmouth.store.protocol import GraphWrite
from portsmouth.store.updates.changes import Change
from portsmouth.store.updates.effects import Rules
from portsmouth.store.updates.graph_writes import evaluate_graph_write

DEFAULT = ox.DefaultGraph()
XSD = "http://www.w3.org/2001/XMLSchema#"

nodes = st.sampled_from([ox.NamedNode(f"http://e/{name}") for name in ("a", "b", "c#_")])
literals = st.sampled_from(
    [
        ox.Literal("1", datatype=ox.NamedNode(XSD + "integer")),
        # The engine keeps numbers by value.
        ox.Literal("01", datatype=ox.NamedNode(XSD + "integer")),
        ox.Literal(' <http://e/g> .\r\n\t"\\ \x01\x85\u2028'),
        ox.Literal("ไทย", language="th"),
        ox.Triple(ox.NamedNode("http://e/a"), ox.NamedNode("http://e/b"), ox.Literal("x")),
    ]
)
triples = st.lists(st.builds(ox.Triple, nodes, nodes, nodes | literals), max_size=6)
#: What the store cannot compare by line.
with_blank_node = st.just(
    ox.Triple(ox.NamedNode("http://e/a"), ox.NamedNode("http://e/b"), ox.BlankNode("x"))
)
writes = st.tuples(
    st.sampled_from(["g", "h"]),
    st.sampled_from(["replace", "merge", "merge", "delete"]),
    triples | st.tuples(triples, with_blank_node).map(lambda pair: [*pair[0], pair[1]]),
)


def as_stored(found: set[ox.Triple]) -> set[ox.Triple]:
    store = ox.Store()
    store.extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in found)
    return {quad.triple for quad in store}


def canonical(quads: object) -> set[ox.Quad]:
    found = ox.Dataset(quads)  # type: ignore[arg-type]
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(found)


@settings(max_examples=150, deadline=None)
@given(st.lists(writes, max_size=6), st.booleans())
def test_any_sequence_of_graph_writes_leaves_what_a_set_of_triples_would_hold(sequence, merged) -> None:
    store, expected, blank = ox.Store(), {}, 0
    alone = default_graph_of(store)
    for name, action, found in sequence:
        if action == "delete" and name not in expected:
            continue
        data = ox.serialize(found, format=ox.RdfFormat.N_TRIPLES) or b""
        write = GraphWrite(f"http://e/{name}", action, b"" if action == "delete" else data)
        change = evaluate_graph_write(store, write, Rules(merged=merged))
        assert all(quad in store for quad in change.removed)
        assert not any(quad in store for quad in change.added)
        before = {quad for quad in store if quad.graph_name != DEFAULT}
        for _ in range(2):
            carried = Change.from_bytes(change.to_bytes())
            assert carried.graphs() == change.graphs()
            carried.apply(store)
            carried.of_default_graph().apply(alone)
        now = {quad for quad in store if quad.graph_name != DEFAULT}
        assert change.counts(derived=True) == (len(now - before), len(before - now))
        if action == "delete":
            del expected[name]
            continue
        blank += 1
        # Each document has blank nodes of its own.
        own = {
            ox.Triple(t.subject, t.predicate, ox.BlankNode(f"b{blank}")) if "_:" in str(t.object) else t
            for t in found
        }
        expected[name] = as_stored(own | (expected.get(name, set()) if action == "merge" else set()))
    named = {
        ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(f"http://e/{name}"))
        for name, content in expected.items()
        for t in content
    }
    derived = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in named} if merged else set()
    assert canonical(store) == canonical(named | derived)
    assert {graph.value for graph in store.named_graphs()} == {f"http://e/{name}" for name in expected}
    assert set(alone) == {quad for quad in store if quad.graph_name == DEFAULT}
