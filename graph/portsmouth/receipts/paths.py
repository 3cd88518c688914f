"""One shortest witness for a path of any length."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyoxigraph as ox

from portsmouth.receipts import syntax as s
from portsmouth.receipts.marking import Walk
from portsmouth.receipts.model import Trace
from portsmouth.receipts.support import ONE_PATH

if TYPE_CHECKING:
    from portsmouth.receipts.lineage import Lineage
    from portsmouth.receipts.restricting import Key


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
        found: dict[Key, list[Trace]] = {}
        for pair in pairs:
            start, end = reversed(pair) if backwards else pair
            if start is None or end is None:
                found[pair] = []
            elif start == end and self._walk.repeat.times != "+":
                # A path of no steps joins any node of the graph with itself. By the letter, a node that the
                # query names need not be in the graph; engines differ.
                found[pair] = [Trace(nodes=frozenset({(start, self._graph)}))]
            elif self._walk.repeat.times == "?":
                await self._expand([start], backwards)
                step = self._steps[start].get(end)
                found[pair] = [step] if step else []
            else:
                trace = await self._search(start, end, backwards)
                found[pair] = [trace | Trace(notes=frozenset({ONE_PATH}))] if trace else []
        return found

    async def _search(self, start: s.Ground, end: s.Ground, backwards: bool) -> Trace | None:
        parents: dict[s.Ground, s.Ground] = {}
        level: deque[s.Ground] = deque([start])
        while level:
            await self._expand(level, backwards)
            following: deque[s.Ground] = deque()
            for node in level:
                for neighbour in self._steps.get(node, ()):
                    if neighbour not in parents:
                        parents[neighbour] = node
                        following.append(neighbour)
                    if neighbour == end:
                        return self._retraced(start, end, parents)
            level = following
        return None

    def _retraced(self, start: s.Ground, end: s.Ground, parents: dict[s.Ground, s.Ground]) -> Trace:
        trace = Trace()
        node = end
        while True:
            before = parents[node]
            trace |= self._steps[before][node]
            if before == start:
                return trace
            node = before

    async def _expand(self, nodes: Sequence[s.Ground] | deque[s.Ground], backwards: bool) -> None:
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
