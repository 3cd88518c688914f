"""What a receipt is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import pyoxigraph as ox

from portsmouth.iris import (
    AUTHORITIES,
    CALENDAR,
    CATALOGUE,
    DERIVED,
    EDITORIAL,
    ONTOLOGY_GRAPH,
    passage_key,
)
from portsmouth.receipts.syntax import Ground

#: A row of a table of solutions; a variable that it leaves unbound is not there.
Row: TypeAlias = Mapping[str, Ground]

GraphKind = Literal[
    "passage", "editorial", "catalogue", "calendar", "derived", "authorities", "ontology", "other"
]

_KINDS: Mapping[str, GraphKind] = {
    EDITORIAL: "editorial",
    CATALOGUE: "catalogue",
    CALENDAR: "calendar",
    DERIVED: "derived",
    AUTHORITIES: "authorities",
    ONTOLOGY_GRAPH: "ontology",
}
_ORDER: tuple[GraphKind, ...] = ("passage", *_KINDS.values(), "other")


def kind_of_graph(iri: str) -> GraphKind:
    """Say what kind of graph a name stands for.

    >>> kind_of_graph("https://w3id.org/portsmouth1905/passage/s1-039")
    'passage'
    >>> kind_of_graph("https://w3id.org/portsmouth1905/graph/editorial")
    'editorial'
    """
    return "passage" if passage_key(iri) else _KINDS.get(iri, "other")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a receipt may cost.

    :param derivations: the most derivations a row.
    :param members: the most members of a group that are cited.
    :param solutions: the most solutions that one query of the receipt may give.
    :param nodes: the most nodes that the search for a path may visit.
    :param seconds: for the whole receipt; ``None`` for no limit but the store's own on each query.
    """

    derivations: int = 16
    members: int = 500
    solutions: int = 5_000
    nodes: int = 20_000
    seconds: float | None = None


class Cited(NamedTuple):
    """A triple that a derivation rests on, and where the query looked for it.

    :param graph: the graph that ``GRAPH`` named; ``None`` for the default graph.
    """

    subject: Ground
    predicate: ox.NamedNode
    object: Ground
    graph: ox.NamedNode | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A cited triple with everything that is said about it.

    :param cited: the triple.
    :param graphs: IRIs of all graphs that state it, passages first.
    :param disputed: whether passages disagree about this property of this subject, and this is one value.
    :param texts: how many independent texts state it; see :mod:`portsmouth.receipts.independence`.
    """

    cited: Cited
    graphs: tuple[str, ...]
    disputed: bool = False
    texts: int = 0

    @property
    def passages(self) -> tuple[str, ...]:
        """The passages that state it, in the order of the page."""
        return tuple(graph for graph in self.graphs if passage_key(graph))

    @property
    def kind(self) -> GraphKind:
        """What kind of graph states it: a passage where any does."""
        kinds = {kind_of_graph(graph) for graph in self.graphs}
        return next((kind for kind in _ORDER if kind in kinds), "other")

    def as_json(self) -> dict[str, object]:
        """Write the fact as the protocol does, terms as in N-Triples."""
        told: dict[str, object] = {
            "s": str(self.cited.subject),
            "p": str(self.cited.predicate),
            "o": str(self.cited.object),
            "in": [_short(graph) for graph in self.graphs],
            "kind": self.kind,
            "disputed": self.disputed,
            "texts": self.texts,
        }
        if self.cited.graph is not None:
            told["graph"] = _short(self.cited.graph.value)
        return told


def _short(graph: str) -> str:
    """Name a graph of the project by its local name, any other by its IRI."""
    return graph.rpartition("/")[2] if kind_of_graph(graph) != "other" else graph


@dataclass(frozen=True, slots=True)
class Derivation:
    """One way in which a row follows from facts.

    :param facts: positions in :attr:`Receipts.facts`.
    :param absent: patterns that were not found in the sources, and had not to be.
    :param notes: in which way the derivation is less than exact.
    """

    facts: tuple[int, ...]
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Write the derivation as the protocol does."""
        return {"facts": list(self.facts), "absent": list(self.absent), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Why one row of an answer holds.

    :param derivations: the ways in which it follows, the shortest first.
    :param truncated: whether there are more ways than are given.
    """

    derivations: tuple[Derivation, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Receipts:
    """Why the rows of an answer hold.

    :param facts: every fact that a derivation cites, once.
    :param rows: one receipt a row, in the order of the rows.
    :param notes: what holds for every row.
    :param truncated: whether a budget ended the search somewhere.
    :param echoes: by cited passage, the passages that repeat it nearly word for word.
    """

    facts: tuple[Fact, ...] = ()
    rows: tuple[Receipt, ...] = ()
    notes: tuple[str, ...] = ()
    truncated: bool = False
    echoes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def facts_of(self, derivation: Derivation) -> tuple[Fact, ...]:
        """Return the facts that a derivation cites."""
        return tuple(self.facts[number] for number in derivation.facts)

    def as_json(self) -> dict[str, object]:
        """Write the receipts as the protocol does."""
        return {
            "facts": [fact.as_json() for fact in self.facts],
            "rows": [[derivation.as_json() for derivation in row.derivations] for row in self.rows],
            "cut": [number for number, row in enumerate(self.rows) if row.truncated],
            "notes": list(self.notes),
            "truncated": self.truncated,
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """A derivation under way: the triples, before it is known which passages state them.

    :param nodes: nodes that a path of no steps needs some triple to mention, with the graph to look in.
    :param present: graphs of which ``GRAPH`` needs only that they are there.
    """

    facts: frozenset[Cited] = frozenset()
    absent: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    nodes: frozenset[tuple[Ground, ox.NamedNode | None]] = frozenset()
    present: frozenset[ox.NamedNode] = frozenset()

    def __or__(self, other: Trace) -> Trace:
        return Trace(
            self.facts | other.facts,
            self.absent | other.absent,
            self.notes | other.notes,
            self.nodes | other.nodes,
            self.present | other.present,
        )

    @property
    def rank(self) -> tuple[int, int, list[str]]:
        """The place of the trace among others: few facts before many, then by what they say."""
        said = sorted(" ".join(str(term) for term in cited) for cited in self.facts)
        return len(self.facts), len(self.absent) + len(self.notes), said
