"""The dataset of a stance: what the build would make of the kept passages, had there been no others.

* Passages of the kept parts, and every graph that is no passage, stay as they are.
* ``g:derived`` is derived anew from what is kept, by the rules of the build: superclasses follow from classes
  that a kept passage states, disagreements stand only between kept passages, of the kind that these make.
* The default graph is the set of the triples of all of these.

It is made in the process that answers (:mod:`portsmouth.store.materialising`), when the stance is first asked
for, and kept: the next query of the stance costs what any query costs.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from portsmouth.errors import ReadOnlyError
from portsmouth.stance import Stance
from portsmouth.store.protocol import Answer, GraphWrite, Query, Store, Update, Written


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
            # The rules of the build are loaded by those who answer from a stance alone.
            from portsmouth.store.materialising import materialise

            self._kept[key] = (store, materialise(store, stance))
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key][1]


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
