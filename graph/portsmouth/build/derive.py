"""What follows from the facts by a rule: today, the classes above the class that a passage states.

The rule is RDFS entailment pattern rdfs9, within the project's own classes only. ``?x a pt:Actor`` then
finds persons without a reasoner. Each entity of which something was derived points to the graphs that
state the premise with ``prov:wasDerivedFrom``; the graph itself points to the ontology.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import NamedNode, Quad

from portsmouth import iris
from portsmouth.build.terms import DERIVED_FROM, RDF_TYPE, string
from portsmouth.build.vocabulary import Vocabulary

DERIVED_GRAPH: Final = NamedNode(iris.DERIVED)


def derive(quads: Iterable[Quad], vocabulary: Vocabulary) -> Iterator[Quad]:
    """Derive the classes above those stated.

    :param quads: the facts, with the graphs that state them.
    :param vocabulary: the class hierarchy.
    :return: the quads of g:derived, the description of the graph first.
    """
    yield from _description()
    stated: dict[NamedNode, set[str]] = {}
    premises: dict[NamedNode, set[NamedNode]] = {}
    for quad in quads:
        if (
            quad.predicate == RDF_TYPE
            and isinstance(quad.subject, NamedNode)
            and isinstance(quad.object, NamedNode)
        ):
            stated.setdefault(quad.subject, set()).add(quad.object.value)
            if isinstance(quad.graph_name, NamedNode) and vocabulary.superclasses.get(quad.object.value):
                premises.setdefault(quad.subject, set()).add(quad.graph_name)
    for entity, classes in stated.items():
        higher = (
            frozenset().union(*(vocabulary.superclasses.get(name, frozenset()) for name in classes)) - classes
        )
        for name in higher:
            yield Quad(entity, RDF_TYPE, NamedNode(name), DERIVED_GRAPH)
        if higher:
            for graph in premises[entity]:
                yield Quad(entity, DERIVED_FROM, graph, DERIVED_GRAPH)


def _description() -> Iterator[Quad]:
    for predicate, value in (
        (NamedNode(iris.RDFS + "label"), string("Derived facts", "en")),
        (NamedNode(iris.RDFS + "label"), string("ข้อเท็จจริงที่ได้จากกฎ", "th")),
        (
            NamedNode(iris.RDFS + "comment"),
            string("What rules of the build infer: classes above the stated ones, and disagreements.", "en"),
        ),
        (
            NamedNode(iris.RDFS + "comment"),
            string("สิ่งที่กฎของการสร้างสรุปได้: คลาสที่อยู่เหนือคลาสที่ระบุไว้ และข้อขัดแย้งระหว่างบรรทัด", "th"),
        ),
        (DERIVED_FROM, NamedNode(iris.ONTOLOGY_GRAPH)),
    ):
        yield Quad(DERIVED_GRAPH, predicate, value, DERIVED_GRAPH)
