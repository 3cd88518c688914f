"""The version of a graph: what changes exactly when its content does."""

from __future__ import annotations

import hashlib

import pyoxigraph as ox


def version(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> str | None:
    """Return a hash of a graph's triples, whatever their order; blank nodes count by the store's names.

    :param store: the dataset.
    :param graph: the graph.
    :return: the version, in hexadecimal; ``None`` where there is no such graph.

    >>> version(ox.Store(), ox.NamedNode("http://example.org/none")) is None
    True
    """
    if isinstance(graph, ox.NamedNode) and not store.contains_named_graph(graph):
        return None
    triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, graph))
    written = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    return hashlib.sha256(b"".join(sorted(written.splitlines(keepends=True)))).hexdigest()[:32]
