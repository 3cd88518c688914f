"""The guarantee: a row follows from the cited facts of one derivation, and from nothing else.

A replay asks the query again of a store that holds these facts alone. Which store that is, is the caller's
choice: an unknown query needs the deadline of :class:`portsmouth.store.embedded.EmbeddedStore`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyoxigraph as ox

from portsmouth.iris import PREFIXES
from portsmouth.receipts import syntax as s
from portsmouth.receipts.algebra import write
from portsmouth.receipts.explaining import Answered, read_answers
from portsmouth.receipts.model import Fact
from portsmouth.receipts.parsing import parse
from portsmouth.store.protocol import GRAPH_FORMATS, Formats, Query, Store
from portsmouth.store.sparql.engine import dataset_of


def nquads(facts: Iterable[Fact], *, merged: bool = True) -> bytes:
    """Write facts as a dataset: each where the query looked for it.

    :param facts: the facts of one derivation.
    :param merged: whether the query's default graph is the store's own; a query with ``FROM`` makes it of
        named graphs, and its facts must stand there.
    :return: N-Quads.
    """
    quads: set[ox.Quad] = set()
    for fact in facts:
        one = fact.cited
        if one.graph is not None:
            quads.add(ox.Quad(one.subject, one.predicate, one.object, one.graph))  # type: ignore[arg-type]
        elif merged:
            quads.add(ox.Quad(one.subject, one.predicate, one.object))  # type: ignore[arg-type]
        else:
            for graph in fact.graphs:
                quads.add(ox.Quad(one.subject, one.predicate, one.object, ox.NamedNode(graph)))  # type: ignore[arg-type]
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def dataset_for(query: Query, facts: Iterable[Fact]) -> bytes:
    """Write the facts of one derivation as the dataset on which its query is replayed.

    :param query: the query.
    :param facts: the facts.
    :return: N-Quads.

    >>> from portsmouth.receipts.model import Cited
    >>> iri = ox.NamedNode("http://e/a")
    >>> dataset_for(Query("ASK { ?s ?p ?o }"), [Fact(Cited(iri, iri, iri), ())])
    b'<http://e/a> <http://e/a> <http://e/a> .\\n'
    """
    return nquads(facts, merged=not dataset_of(query))


def unranked(query: Query) -> Query:
    """Return the query without ``LIMIT`` and ``OFFSET``: a receipt says why a row holds, not where it stands.

    :param query: the query.
    :raises ReceiptUnsupportedError: it is beyond SPARQL 1.1.
    """
    parsed = parse(query.text, query.base, PREFIXES if query.known_prefixes else None)
    bare = replace(parsed, select=_unranked_select(parsed.select))
    # What follows from the kept passages is among the facts already.
    dataset = replace(dataset_of(query), stance=None)
    return replace(query, text=write(bare), dataset=dataset, formats=Formats(graphs=GRAPH_FORMATS["nt"]))


async def gives(store: Store, query: Query, row: Answered) -> bool:
    """Whether a store that holds the facts of one derivation gives the row.

    :param store: the store, filled from :func:`dataset_for`.
    :param query: the query.
    :param row: the row.
    :raises StoreError: the store failed.
    """
    answer = await store.query(unranked(query))
    body = b"".join([chunk async for chunk in answer])
    return row in read_answers(answer.kind, body).rows


def _unranked_select(select: s.Select) -> s.Select:
    return replace(select, where=_unranked_group(select.where), limit=None, offset=None)


def _unranked_group(group: s.Group) -> s.Group:
    return s.Group(tuple(_unranked_element(element) for element in group.elements))


def _unranked_element(element: s.Element) -> s.Element:
    match element:
        case s.Union():
            return s.Union(tuple(_unranked_group(branch) for branch in element.branches))
        case s.Optional() | s.Minus() | s.GraphPattern():
            return replace(element, group=_unranked_group(element.group))
        case s.Select():
            return _unranked_select(element)
    return element
