"""The search for earliest arrivals: labels set in the order of arrival, over moves between numbered actors.

What a label and a move mean is told in :mod:`portsmouth.networks.temporal`.
"""

from __future__ import annotations

from functools import cached_property
from heapq import heappop, heappush
from typing import Final, NamedTuple

#: Before and after every day; a day is its proleptic Gregorian ordinal, which begins at 1.
BEFORE_ALL: Final = 0
AFTER_ALL: Final = 10**9
NEVER: Final = 2 * 10**9


class Move(NamedTuple):
    """A step of the search: one arc, or in certain chains several legs of one act at once.

    :param parts: the arcs, by number.
    :param inside: the actors between its ends, by number.
    """

    source: int
    target: int
    earliest: int
    latest: int
    parts: tuple[int, ...]
    inside: tuple[int, ...]


class Tree(NamedTuple):
    """Earliest arrivals from one actor.

    :param labels: the arrival at each actor, :data:`NEVER` where there is none.
    :param moves: the last move to each actor, -1 where there is none.
    """

    labels: list[int]
    moves: list[int]


class Moves:
    """The moves of a search, by where they begin."""

    def __init__(self, moves: list[Move], actors: int) -> None:
        self.all = moves
        self.out: list[list[int]] = [[] for _ in range(actors)]
        for number, move in enumerate(moves):
            self.out[move.source].append(number)

    @cached_property
    def dated(self) -> Moves:
        """Those that have a date, on either side."""
        dated = [move for move in self.all if move.earliest > BEFORE_ALL or move.latest < AFTER_ALL]
        return self if len(dated) == len(self.all) else Moves(dated, len(self.out))

    @cached_property
    def most_parts(self) -> int:
        """The most arcs that a move takes at once."""
        return max((len(move.parts) for move in self.all), default=0)

    def tree(self, start: int, certain: bool) -> Tree:
        """Set the labels of all actors in the order of arrival, of equals the one in fewer hops first.

        Without the second, a chain could come back to an actor whom it has passed on the same day.
        """
        labels = [NEVER] * len(self.out)
        hops = [NEVER] * len(self.out)
        came = [-1] * len(self.out)
        settled = bytearray(len(self.out))
        labels[start], hops[start] = BEFORE_ALL, 0
        heap = [(BEFORE_ALL, 0, start)]
        moves, out = self.all, self.out
        while heap:
            label, taken, actor = heappop(heap)
            if settled[actor]:
                continue
            settled[actor] = 1
            for number in out[actor]:
                _, target, earliest, latest, parts, _ = moves[number]
                if certain:
                    if label > earliest:
                        continue
                    arrival = latest
                else:
                    if label > latest:
                        continue
                    arrival = label if label > earliest else earliest
                if arrival > labels[target]:
                    continue
                longer = taken + len(parts)
                if arrival < labels[target] or longer < hops[target]:
                    labels[target], hops[target] = arrival, longer
                    came[target] = number
                    heappush(heap, (arrival, longer, target))
        return Tree(labels, came)

    def path(self, tree: Tree, end: int) -> list[int]:
        """Return the moves that lead to an actor in a tree."""
        found = []
        while (move := tree.moves[end]) >= 0:
            found.append(move)
            end = self.all[move].source
        return found[::-1]
