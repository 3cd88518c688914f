"""One shortest witness for a path of any length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyoxigraph as ox

from portsmouth.receipts import syntax as s
from portsmouth.receipts.marking import Walk
from portsmouth.receipts.model import Trace
from portsmouth.receipts.support import ONE_PATH

if TYPE_CHECKING:
    from portsmouth.receipts.lineage import Lineage
    from portsmouth.receipts.restricting import Key


class _Search:
    """A search for one end from one start, a level further at a time."""

    __slots__ = ("end", "level", "parents", "reached", "start")

    def __init__(self, start: s.Ground, end: s.Ground) -> None:
        self.start = start
        self.end = end
        self.parents: dict[s.Ground, s.Ground] = {}
        self.level: list[s.Ground] = [start]
        self.reached = False

    @property
    def done(self) -> bool:
        return self.reached or not self.level

    def advance(self, steps: Mapping[s.Ground, Mapping[s.Ground, Trace]]) -> None:
        following: list[s.Ground] = []
        for node in self.level:
            for neighbour in steps.get(node, ()):
                if neighbour not in self.parents:
                    self.parents[neighbour] = node
                    following.append(neighbour)
                if neighbour == self.end:
                    self.reached = True
                    return
        self.level = following


class Walker:
    """Searches breadth first, level by level, for all pairs of ends at once.

    Every level is one query for the neighbours of all nodes on it, so a search costs as many queries as the
    longest of the shortest paths has steps.

    :param lineage: explains single steps, which may be paths themselves.
    :param walk: the path.
    :param graph: the graph in which it is walked.
    """

    def __init__(self, lineage: Lineage, walk: Walk, graph: ox.NamedNode | None) -> None:
        self._lineage = lineage
        self._walk = walk
        self._graph = graph
        self._steps: dict[s.Ground, dict[s.Ground, Trace]] = {}

    async def witnesses(self, pairs: Sequence[Key]) -> dict[Key, list[Trace]]:
        """Find a shortest path for every pair.

        :param pairs: first and last node of each.
        :return: one trace a pair, or none where the budget ends the search before it.
        """
        # From the side with fewer nodes; '… led to this event' has many beginnings and one end.
        backwards = len({end for _, end in pairs}) < len({start for start, _ in pairs})
        found: dict[Key, list[Trace]] = {pair: [] for pair in pairs}
        searches: dict[Key, _Search] = {}
        for pair in found:
            start, end = reversed(pair) if backwards else pair
            if start is None or end is None:
                continue
            if start == end and self._walk.repeat.times != "+":
                # A path of no steps joins any node of the graph with itself. By the letter, a node that the
                # query names need not be in the graph; engines differ.
                found[pair] = [Trace(nodes=frozenset({(start, self._graph)}))]
            else:
                searches[pair] = _Search(start, end)
        open_ = dict(searches)
        while open_:
            await self._expand(list(dict.fromkeys(n for one in open_.values() for n in one.level)), backwards)
            for pair, search in list(open_.items()):
                search.advance(self._steps)
                if search.done or self._walk.repeat.times == "?":
                    del open_[pair]
        for pair, search in searches.items():
            if search.reached:
                trace = self._retraced(search.start, search.end, search.parents)
                notes = Trace() if self._walk.repeat.times == "?" else Trace(notes=frozenset({ONE_PATH}))
                found[pair] = [trace | notes]
        return found

    def _retraced(self, start: s.Ground, end: s.Ground, parents: dict[s.Ground, s.Ground]) -> Trace:
        trace = Trace()
        node = end
        while True:
            before = parents[node]
            trace |= self._steps[before][node]
            if before == start:
                return trace
            node = before

    async def _expand(self, nodes: Sequence[s.Ground], backwards: bool) -> None:
        """Ask for the neighbours of nodes that have not been asked for."""
        new = [node for node in nodes if node not in self._steps and not isinstance(node, ox.BlankNode)]
        room = self._lineage.budget.nodes - len(self._steps)
        if len(new) > room:
            self._lineage.truncated = True
            new = new[:room]
        if not new:
            return
        neighbours = await self._lineage.neighbours(self._walk.repeat.path, self._graph, new, backwards)
        for node in new:
            self._steps[node] = neighbours.get(node, {})
