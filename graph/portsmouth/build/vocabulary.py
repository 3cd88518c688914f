"""What the ontology declares: terms, concepts, the class hierarchy, and the slots with one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from portsmouth import iris
from portsmouth.build.terms import RDF_TYPE

_CLASS_KINDS: Final = {iris.OWL + "Class", iris.RDFS + "Class"}
_PROPERTY_KINDS: Final = {
    iris.RDF + "Property",
    iris.OWL + "ObjectProperty",
    iris.OWL + "DatatypeProperty",
    iris.OWL + "AnnotationProperty",
}
_DATATYPE_KINDS: Final = {iris.RDFS + "Datatype"}
_CONCEPT_KINDS: Final = {iris.SKOS + "Concept", iris.SKOS + "ConceptScheme"}
_LABEL: Final = iris.RDFS + "label"
#: The group of shapes whose values passages state as a set: other values are no error, another set may be.
COMPARED_AS_A_SET: Final = iris.BASE + "shape/compared-as-a-set"

_Node = NamedNode | BlankNode
_Shapes = dict[_Node, dict[str, list[_Node | Literal]]]


class Slot(NamedTuple):
    """A property of the instances of a class, or of whatever has it where no class is named."""

    of: str | None
    property: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms that facts may use.

    :param superclasses: every own class with the own classes above it, itself not included.
    :param single: slots of which a shape says ``sh:maxCount 1``.
    :param compared: slots whose values a shape wants compared as sets.
    :param broader: concepts with those directly above them.
    :param labels: label of each own or outside term by language.
    """

    classes: frozenset[str]
    properties: frozenset[str]
    datatypes: frozenset[str]
    concepts: frozenset[str]
    superclasses: dict[str, frozenset[str]]
    single: frozenset[Slot]
    compared: frozenset[Slot]
    broader: dict[str, frozenset[str]]
    labels: dict[tuple[str, str], str]

    @classmethod
    def from_quads(cls, quads: Iterable[Quad]) -> Vocabulary:
        """Read the declarations out of the ontology's triples.

        >>> from portsmouth.build.trig import read_text
        >>> text = '''@prefix pt: <https://w3id.org/portsmouth1905/ns#> .
        ... @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        ... pt:Actor a rdfs:Class . pt:Person a rdfs:Class ; rdfs:subClassOf pt:Actor .'''
        >>> sorted(Vocabulary.from_quads(read_text(text)).superclasses[iris.PT + "Person"])
        ['https://w3id.org/portsmouth1905/ns#Actor']
        """
        by_kind: dict[str, set[str]] = {}
        above: dict[str, set[str]] = {}
        broader: dict[str, set[str]] = {}
        labels: dict[tuple[str, str], str] = {}
        shapes: _Shapes = {}
        for quad in quads:
            subject, predicate, value = quad.subject, quad.predicate.value, quad.object
            if not isinstance(subject, NamedNode | BlankNode) or not isinstance(
                value, NamedNode | BlankNode | Literal
            ):
                continue
            if predicate.startswith(iris.SH):
                shapes.setdefault(subject, {}).setdefault(predicate.removeprefix(iris.SH), []).append(value)
            if predicate == _LABEL and isinstance(subject, NamedNode) and isinstance(value, Literal):
                labels[subject.value, value.language or ""] = value.value
            if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode):
                continue
            if predicate == iris.RDF + "type":
                by_kind.setdefault(value.value, set()).add(subject.value)
            elif predicate == iris.RDFS + "subClassOf":
                above.setdefault(subject.value, set()).add(value.value)
            elif predicate == iris.SKOS + "broader":
                broader.setdefault(subject.value, set()).add(value.value)
        classes = _of_kind(by_kind, _CLASS_KINDS)
        single, compared = _slots(shapes, classes)
        return cls(
            classes=classes,
            properties=_of_kind(by_kind, _PROPERTY_KINDS) | {iris.RDF + "type"},
            datatypes=_of_kind(by_kind, _DATATYPE_KINDS),
            concepts=_of_kind(by_kind, _CONCEPT_KINDS),
            superclasses={name: _closure(name, above) for name in classes if name.startswith(iris.PT)},
            single=frozenset(single),
            compared=frozenset(compared),
            labels=labels,
            broader={name: frozenset(values) for name, values in broader.items()},
        )

    def classes_of(self, quads: Iterable[Quad]) -> dict[str, set[str]]:
        """Return the classes of every entity that the quads type, with the own classes above them.

        >>> Vocabulary.from_quads([]).classes_of([])
        {}
        """
        found: dict[str, set[str]] = {}
        for quad in quads:
            entity, kind = quad.subject, quad.object
            if quad.predicate == RDF_TYPE and isinstance(entity, NamedNode) and isinstance(kind, NamedNode):
                above = self.superclasses.get(kind.value, ())
                found.setdefault(entity.value, set()).update((kind.value, *above))
        return found


def _of_kind(by_kind: dict[str, set[str]], kinds: set[str]) -> frozenset[str]:
    return frozenset().union(*(by_kind.get(kind, set()) for kind in kinds))


def _closure(name: str, above: dict[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for higher in above.get(waiting.pop(), ()):
            if higher.startswith(iris.PT) and higher not in found and higher != name:
                found.add(higher)
                waiting.append(higher)
    return frozenset(found)


def _slots(shapes: _Shapes, classes: frozenset[str]) -> tuple[set[Slot], set[Slot]]:
    """Return the slots with ``sh:maxCount 1``, and those in the group of values compared as sets."""
    single: set[Slot] = set()
    compared: set[Slot] = set()
    for shape, says in shapes.items():
        targets: list[str | None] = [value.value for value in says.get("targetClass", ())]
        if isinstance(shape, NamedNode) and shape.value in classes:  # SHACL 2.1.3.3: a class that is a shape
            targets.append(shape.value)
        if "targetSubjectsOf" in says:
            targets.append(None)
        for entry in (shape, *says.get("property", ())):
            constraint = shapes.get(entry, {}) if not isinstance(entry, Literal) else {}
            slots = {
                Slot(target, path.value)
                for target in targets
                for path in constraint.get("path", ())
                if isinstance(path, NamedNode)
            }
            if any(value.value == "1" for value in constraint.get("maxCount", ())):
                single |= slots
            if any(value.value == COMPARED_AS_A_SET for value in constraint.get("group", ())):
                compared |= slots
    return single, compared
