"""All chains that no other betters: dynamic programming over hops, then writing out from the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from portsmouth.networks.budget import check
from portsmouth.networks.moves import BEFORE_ALL, NEVER, Moves


def minimal_chains(
    moves: Moves, start: int, end: int, certain: bool, *, limit: int
) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    """Return the chains for which no other is as early and as short, and one of these better.

    Only moves are followed that go on from where as many hops lead, and that arrive earlier than the shorter
    chains that are known, since no hop arrives before the one in front of it.

    :return: by arrival and number of hops, the chains as numbers of arcs.
    """
    found: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    goal = moves.tree(start, certain).labels[end]
    if goal >= NEVER:
        return found
    # at[k] holds the earliest arrival at each actor after exactly k hops; by_move[k] that by each move.
    at: list[dict[int, int]] = [{start: BEFORE_ALL}]
    by_move: list[dict[int, int]] = [{}]
    best, written = NEVER, 0
    while best > goal:
        check()
        hops = len(at)
        here: dict[int, int] = {}
        arrived: dict[int, int] = {}
        for parts in range(1, min(moves.most_parts, hops) + 1):
            for source, label in at[hops - parts].items():
                if source == end:
                    continue
                for number in moves.out[source]:
                    _, target, earliest, latest, arcs, _ = moves.all[number]
                    if certain:
                        if label > earliest:
                            continue
                        arrival = latest
                    else:
                        if label > latest:
                            continue
                        arrival = label if label > earliest else earliest
                    if arrival < best and target != start and len(arcs) == parts:
                        arrived[number] = arrival
                        if arrival < here.get(target, NEVER):
                            here[target] = arrival
        at.append(here)
        by_move.append(arrived)
        if here.get(end, NEVER) < best:
            best = here[end]
            chains = set()
            for way in _backwards(moves, by_move, end, hops, best, certain):
                chains.add(way)
                if written + len(chains) >= limit:
                    break
            written += len(chains)
            found[best, hops] = sorted(chains)
            if written >= limit:
                break
    return found


def _backwards(
    moves: Moves, by_move: Sequence[Mapping[int, int]], end: int, hops: int, bound: int, certain: bool
) -> Iterator[tuple[int, ...]]:
    """Write out all chains of some hops that arrive by a bound, from their ends.

    Every move that is taken up is known to be reached in as many hops as are left and by its bound, so each
    leads to at least one chain.
    """
    into: list[dict[int, list[int]]] = []
    for arrived in by_move:
        by_target: dict[int, list[int]] = {}
        for number in arrived:
            by_target.setdefault(moves.all[number].target, []).append(number)
        into.append(by_target)
    waiting: list[tuple[int, int, int, tuple[int, ...]]] = [(end, hops, bound, ())]
    while waiting:
        check()
        actor, left, latest, parts = waiting.pop()
        if not left:
            yield parts
            continue
        for number in into[left].get(actor, ()):
            if by_move[left][number] <= latest:
                move = moves.all[number]
                before = move.earliest if certain else min(latest, move.latest)
                waiting.append((move.source, left - len(move.parts), before, move.parts + parts))
