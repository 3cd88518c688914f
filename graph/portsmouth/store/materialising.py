"""Making the dataset of a stance; see :mod:`portsmouth.store.stances`, which says what that is.

It stands apart because the rules of the build are needed here and nowhere else in a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.build.datings import describe_datings, find_datings
from portsmouth.build.derive import derive
from portsmouth.build.disagreements import describe, find_disagreements
from portsmouth.build.terms import PREF_LABEL, RDF_TYPE
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.collecting import collector_paused
from portsmouth.parts import check_stance
from portsmouth.stance import Stance

_DERIVED: Final = ox.NamedNode(iris.DERIVED)
_CATALOGUE: Final = ox.NamedNode(iris.CATALOGUE)
_PASSAGE: Final = ox.NamedNode(iris.PT + "Passage")
#: Graphs that say nothing from which a rule infers anything.
_PREMISES_NOWHERE: Final = {iris.ONTOLOGY_GRAPH, iris.CALENDAR}


def materialise(store: ox.Store, stance: Stance) -> ox.Store:
    """Make the dataset of a stance.

    :param store: the whole dataset.
    :param stance: the stance.
    :return: a store in memory.
    :raises ParameterError: the stance names a part of which the dataset has no passage.
    """
    _check(store, stance)
    # Everything made here lives on, and the collector would walk over it again and again.
    with collector_paused():
        return _made(store, stance)


def _made(store: ox.Store, stance: Stance) -> ox.Store:
    quads = list(_kept(store, stance))
    quads += _derived(store, quads)
    made = ox.Store()
    made.bulk_extend(quads)
    made.bulk_extend({ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads})
    return made


def _check(store: ox.Store, stance: Stance) -> None:
    keys = (
        iris.passage_key(graph.value) for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)
    )
    check_stance(stance, {key.part for key in keys if key})


def _kept(store: ox.Store, stance: Stance) -> Iterator[ox.Quad]:
    for graph in store.named_graphs():
        if graph != _DERIVED and isinstance(graph, ox.NamedNode) and stance.keeps(graph.value):
            yield from store.quads_for_pattern(None, None, None, graph)


def _derived(store: ox.Store, kept: list[ox.Quad]) -> Iterator[ox.Quad]:
    """Derive from what is kept, where the whole dataset has anything derived."""
    if next(iter(store.quads_for_pattern(None, None, None, _DERIVED)), None) is None:
        return
    ontology = store.quads_for_pattern(None, None, None, ox.NamedNode(iris.ONTOLOGY_GRAPH))
    vocabulary = Vocabulary.from_quads(ontology)
    facts = [quad for quad in kept if _is_fact(quad)]
    datings = find_datings(facts)
    labels = {
        (quad.subject.value, quad.object.language or ""): quad.object.value
        for quad in facts
        if quad.predicate == PREF_LABEL
        and isinstance(quad.subject, ox.NamedNode)
        and isinstance(quad.object, ox.Literal)
    }
    yield from derive(facts, vocabulary)
    yield from describe_datings(datings)
    found = find_disagreements(facts, vocabulary, datings)
    yield from describe(found, {**vocabulary.labels, **labels})


def _is_fact(quad: ox.Quad) -> bool:
    """Say whether authors wrote it: of the catalogue's entries of passages the build derives nothing."""
    if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in _PREMISES_NOWHERE:
        return False
    return not (quad.graph_name == _CATALOGUE and quad.predicate == RDF_TYPE and quad.object == _PASSAGE)
