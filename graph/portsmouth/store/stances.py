"""The dataset of a stance: what the build would make of the kept passages, had there been no others.

* Passages of the kept parts, and every graph that is no passage, stay as they are.
* ``g:derived`` is derived anew from what is kept, by the rules of the build: superclasses follow from classes
  that a kept passage states, disagreements stand only between kept passages, of the kind that these make.
* The default graph is the set of the triples of all of these.

It is made in the process that answers, when the stance is first asked for, and kept: the next query of the
stance costs what any query costs.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

import pyoxigraph as ox

from portsmouth import iris
from portsmouth.build.datings import describe_datings, find_datings
from portsmouth.build.derive import derive
from portsmouth.build.disagreements import describe, find_disagreements
from portsmouth.build.terms import PREF_LABEL, RDF_TYPE
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.errors import ParameterError, ReadOnlyError
from portsmouth.stance import Stance
from portsmouth.store.protocol import Answer, GraphWrite, Query, Store, Update, Written

_DERIVED: Final = ox.NamedNode(iris.DERIVED)
_CATALOGUE: Final = ox.NamedNode(iris.CATALOGUE)
_PASSAGE: Final = ox.NamedNode(iris.PT + "Passage")
#: Graphs that say nothing from which a rule infers anything.
_PREMISES_NOWHERE: Final = {iris.ONTOLOGY_GRAPH, iris.CALENDAR}


class Stances:
    """The datasets of the stances that were asked for last.

    :param most: how many are kept.
    """

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[int, Stance], tuple[ox.Store, ox.Store]] = OrderedDict()

    def forget(self) -> None:
        """Forget them all, since the dataset has changed."""
        self._kept.clear()

    def of(self, store: ox.Store, stance: Stance) -> ox.Store:
        """Return the dataset of a stance.

        :param store: the whole dataset, which does not change unless they are forgotten.
        :param stance: the stance.
        :raises ParameterError: the stance names a part of which the dataset has no passage.
        """
        key = (id(store), stance)
        # The whole store is kept beside what was made of it, so that no other can take its number.
        if key not in self._kept:
            self._kept[key] = (store, materialise(store, stance))
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key][1]


def materialise(store: ox.Store, stance: Stance) -> ox.Store:
    """Make the dataset of a stance.

    :param store: the whole dataset.
    :param stance: the stance.
    :return: a store in memory.
    :raises ParameterError: the stance names a part of which the dataset has no passage.
    """
    _check(store, stance)
    # Everything made here lives on, and the collector would walk over it again and again.
    collected = gc.isenabled()
    gc.disable()
    try:
        return _made(store, stance)
    finally:
        if collected:
            gc.enable()


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
    parts = {key.part for key in keys if key}
    for part in stance.parts:
        if part not in parts:
            there = ", ".join(sorted(parts, key=lambda one: int(one[1:])))
            raise ParameterError(
                found=f"part {part}, of which there is no passage", expected=f"parts among {there or 'none'}"
            )


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


class StancedStore:
    """A store seen from a stance: whatever asks it, receipts, networks or the conflict desk, follows it.

    :param store: the whole store, which stays with its owner: closing this one closes nothing.
    :param stance: the stance.
    """

    def __init__(self, store: Store, stance: Stance) -> None:
        self._store = store
        self._stance = stance

    @property
    def snapshot(self) -> str:
        """The id of the snapshot and the stance."""
        return f"{self._store.snapshot} {self._stance}"

    @property
    def writable(self) -> bool:
        """Whether anything can be changed: not from a stance."""
        return False

    async def query(self, query: Query) -> Answer:
        """Answer a query from the stance; a stance that the query brings along wins."""
        stance = query.dataset.stance or self._stance
        return await self._store.query(replace(query, dataset=replace(query.dataset, stance=stance)))

    async def update(self, update: Update) -> Written:
        """Refuse an update.

        :raises ReadOnlyError: always.
        """
        raise ReadOnlyError(found="an update of a stance", expected="an update of the whole store")

    async def write_graph(self, write: GraphWrite) -> Written:
        """Refuse to change a graph.

        :raises ReadOnlyError: always.
        """
        raise ReadOnlyError(found="a write to a stance", expected="a write to the whole store")

    async def graph_version(self, graph: str | None) -> str | None:
        """Return the version of a graph, ``None`` where the stance does not keep it."""
        if graph is not None and not self._stance.keeps(graph):
            return None
        return await self._store.graph_version(graph)

    async def aclose(self) -> None:
        """Leave the whole store open, since it belongs to somebody else."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def seen_from(store: Store, stance: Stance | None) -> Store:
    """Return a store as it is seen from a stance, itself where there is none.

    :param store: the whole store.
    :param stance: the stance.
    """
    return StancedStore(store, stance) if stance else store
