"""Networks that were asked for lately, kept as long as their snapshot stands and there is room."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from portsmouth.networks import Annotations, Selection, Timeline, annotate, project
from portsmouth.networks.document import counts
from portsmouth.search import Index
from portsmouth.store.protocol import Store
from portsmouth_server.kept import Kept as KeptValue
from portsmouth_server.names import Names

MOST_NETWORKS: Final = 32
MOST_ARCS: Final = 400_000


@dataclass(frozen=True)
class Kept:
    """A network, and what is asked of it again and again.

    :param network: as :func:`~portsmouth.networks.project` returns it.
    :param told: what is told beside it.
    :param timeline: it, ready to be followed in time.
    """

    network: Any
    told: Annotations
    timeline: Timeline

    @cached_property
    def counts(self) -> dict[str, Any]:
        """What the network holds and what it leaves out."""
        return counts(self.network)


class KeptNetworks:
    """The networks and names of a store's present snapshot.

    Two who ask for one network at once wait for one projection. Those not asked for longest go first.

    :param store: of which they are made.
    :param names: the names of the snapshot, where others keep them too.
    """

    def __init__(self, store: Store, names: KeptValue[Index] | None = None) -> None:
        self._store = store
        self._made: OrderedDict[Selection, asyncio.Task[Kept]] = OrderedDict()
        self._names = names or Names(store)
        self._snapshot = ""

    async def network(self, selection: Selection) -> Kept:
        """Return a network, made if it is not kept.

        :param selection: of what.
        :raises ParameterError: the selection names what nothing in the store has.
        :raises StoreError: the store cannot answer.
        """
        self._forget_former_snapshot()
        making = self._made.get(selection)
        if making is None:
            making = self._made[selection] = asyncio.create_task(self._make(selection))
            making.add_done_callback(lambda task: self._settle(selection, task))
        self._made.move_to_end(selection)
        # One client that leaves must not end what others wait for.
        return await asyncio.shield(making)

    async def index(self) -> Index:
        """Return the names of the snapshot.

        :raises StoreError: the store cannot answer.
        """
        return await self._names.get()

    async def _make(self, selection: Selection) -> Kept:
        network = await project(self._store, selection)
        told = await annotate(self._store, network)
        return Kept(network, told, await asyncio.to_thread(Timeline, network))

    def _forget_former_snapshot(self) -> None:
        if self._snapshot != self._store.snapshot:
            self._snapshot = self._store.snapshot
            self._made.clear()

    def _settle(self, selection: Selection, task: asyncio.Task[Kept]) -> None:
        if task.cancelled() or task.exception():
            if self._made.get(selection) is task:
                del self._made[selection]
            return
        arcs = {
            one: made.result().network.number_of_edges()
            for one, made in self._made.items()
            if made.done() and not made.cancelled() and not made.exception()
        }
        total = sum(arcs.values())
        for one, number in arcs.items():
            if one == selection or (len(self._made) <= MOST_NETWORKS and total <= MOST_ARCS):
                continue
            del self._made[one]
            total -= number
