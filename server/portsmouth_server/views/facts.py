"""Statements with the graphs that make them, as every page of the graph reads them.

A page reads a handful of statements about many things at once; this keeps them so
that each value stands once, with all the graphs that state it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.iris import DERIVED, PT, RDF
from portsmouth_server.asking import Statement

TYPE: Final = RDF + "type"

#: Classes from the narrowest to the widest: where several are stated, the first is what the thing is called.
CLASSES: Final = (
    "Person", "State", "Government", "Delegation", "Press", "Force", "Group", "Treaty", "Article",
    "Provision", "Demand", "Proposal", "Battle", "Influence", "Statement", "Situation", "Event",
    "Settlement", "Waters", "Railway", "Boundary", "Territory", "Tenure", "Quantity", "Aim",
    "Condition", "Asset", "Text", "Passage",
    "TimeSpan", "Disagreement", "Collective", "Actor",
)  # fmt: skip
_RANK: Final = {PT + name: rank for rank, name in enumerate(CLASSES)}
#: Which side those stand on who stand on one.
SIDES_QUERY: Final = "SELECT ?g ?s ?p ?o WHERE { GRAPH ?g { ?s pt:side ?o } BIND(pt:side AS ?p) }"
#: Those who act.
ACTORS: Final = frozenset(
    {"Person", "State", "Government", "Delegation", "Press", "Force", "Group", "Collective", "Actor"}
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A value and who states it.

    :param value: an RDF term.
    :param graphs: IRIs of the graphs, in the order read; empty where only the default graph has it.
    """

    value: Any
    graphs: tuple[str, ...]

    @property
    def iri(self) -> str:
        """The value's IRI, empty where it is a literal."""
        return iri_of(self.value)


class Facts:
    """Statements by subject and by value.

    :param statements: what is stated, those that differ in their graph alone best in a row.

    >>> Facts([]).of("http://e/x", "http://e/p")
    []
    """

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        self._out: dict[str, dict[str, dict[Any, dict[str, None]]]] = {}
        self._in: dict[str, dict[tuple[str, str], None]] = {}
        last: tuple[Any, Any, Any] = None, None, None
        graphs: dict[str, None] = {}
        for graph, subject, property_, value in statements:
            # The same objects again: the same triple, as another graph states it.
            if value is not last[2] or property_ is not last[1] or subject is not last[0]:
                last = subject, property_, value
                graphs = self._out.setdefault(subject, {}).setdefault(property_, {}).setdefault(value, {})
                if isinstance(value, ox.NamedNode):
                    self._in.setdefault(value.value, {})[subject, property_] = None
            if graph:
                graphs[graph] = None

    def __contains__(self, subject: object) -> bool:
        return subject in self._out

    def subjects(self) -> Iterator[str]:
        """Yield the IRIs of which something is stated."""
        return iter(self._out)

    def properties(self, subject: str) -> tuple[str, ...]:
        """Return the properties of a thing, in the order read.

        :param subject: the thing's IRI.
        """
        return tuple(self._out.get(subject, ()))

    def of(self, subject: str, *properties: str) -> list[Stated]:
        """Return the values of a thing's properties, each once.

        :param subject: the thing's IRI.
        :param properties: IRIs of properties.
        """
        merged: dict[Any, dict[str, None]] = {}
        for property_ in properties:
            for value, graphs in self._out.get(subject, {}).get(property_, {}).items():
                merged.setdefault(value, {}).update(graphs)
        return [Stated(value, tuple(graphs)) for value, graphs in merged.items()]

    def iris(self, subject: str, *properties: str) -> list[str]:
        """Return the IRIs among the values of a thing's properties.

        :param subject: the thing's IRI.
        :param properties: IRIs of properties.
        """
        return [stated.iri for stated in self.of(subject, *properties) if stated.iri]

    def text(self, subject: str, property_: str) -> str:
        """Return the first literal value of a property as text, empty where there is none.

        :param subject: the thing's IRI.
        :param property_: the property's IRI.
        """
        for stated in self.of(subject, property_):
            if isinstance(stated.value, ox.Literal):
                return stated.value.value
        return ""

    def around(self, subject: str) -> set[str]:
        """Return every IRI in the statements about a thing: properties, values and graphs.

        :param subject: the thing's IRI.
        """
        found: set[str] = set()
        for property_, values in self._out.get(subject, {}).items():
            found.add(property_)
            for value, graphs in values.items():
                found.update(graphs)
                if isinstance(value, ox.NamedNode):
                    found.add(value.value)
        return found

    def graphs(self, subject: str, property_: str, value: Any) -> tuple[str, ...]:
        """Return the graphs that state one triple.

        :param subject: the IRI of the subject.
        :param property_: the IRI of the property.
        :param value: the value, as an RDF term.
        """
        return tuple(self._out.get(subject, {}).get(property_, {}).get(value, ()))

    def pointing(self, iri: str) -> list[tuple[str, str]]:
        """Return who points to a thing, and by which property.

        :param iri: the thing's IRI.
        """
        return list(self._in.get(iri, ()))

    def classes(self, subject: str) -> list[str]:
        """Return the IRIs of a thing's classes, the stated before the inferred, the narrowest first.

        :param subject: the thing's IRI.
        """
        found = self.of(subject, TYPE)
        return [
            stated.iri
            for stated in sorted(found, key=lambda s: (_inferred(s), _RANK.get(s.iri, len(_RANK)), s.iri))
            if stated.iri
        ]

    def kind(self, subject: str) -> str:
        """Return the local name of the narrowest class of the project, empty where there is none.

        :param subject: the thing's IRI.

        >>> Facts([]).kind("http://e/x")
        ''
        """
        for iri in self.classes(subject):
            if iri.startswith(PT):
                return iri.removeprefix(PT)
        return ""


def _inferred(stated: Stated) -> bool:
    """Say whether only a rule says so: what passages state comes first."""
    return stated.graphs == (DERIVED,)


def iri_of(term: Any) -> str:
    """Return a term's IRI, empty where it is none.

    :param term: an RDF term.

    >>> iri_of(ox.Literal("x")), iri_of(ox.NamedNode("http://e/x"))
    ('', 'http://e/x')
    """
    return term.value if isinstance(term, ox.NamedNode) else ""
