"""All chains that no other betters: dynamic programming over hops, then writing out from the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from portsmouth.networks.budget import check
from portsmouth.networks.moves import AFTER_ALL, BEFORE_ALL, NEVER, Moves, arrival_of


def minimal_chains(
    moves: Moves, start: int, end: int, certain: bool, *, undated: bool, limit: int
) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    """Return the chains for which no other is as early and as short, and one of these better.

    :return: by arrival and number of hops, the chains as numbers of arcs.
    """
    usable = [
        number
        for number, move in enumerate(moves.all)
        if move.target != start
        and move.source != end
        and (undated or move.earliest > BEFORE_ALL or move.latest < AFTER_ALL)
    ]
    goal = _earliest(moves, usable, start, end, certain)
    found: dict[tuple[int, int], list[tuple[int, ...]]] = {}
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
        for number in usable:
            move = moves.all[number]
            if len(move.parts) > hops:
                continue
            label = at[hops - len(move.parts)].get(move.source, NEVER)
            arrival = arrival_of(label, move, certain) if label < NEVER else NEVER
            if arrival < NEVER:
                arrived[number] = arrival
                if arrival < here.get(move.target, NEVER):
                    here[move.target] = arrival
        at.append(here)
        by_move.append(arrived)
        if here.get(end, NEVER) < best:
            best = here[end]
            chains = set()
            for parts in _backwards(moves, by_move, end, hops, best, certain):
                chains.add(parts)
                if written + len(chains) >= limit:
                    break
            written += len(chains)
            found[best, hops] = sorted(chains)
            if written >= limit:
                break
    return found


def _earliest(moves: Moves, usable: Sequence[int], start: int, end: int, certain: bool) -> int:
    """Return the earliest arrival by some of the moves."""
    if len(usable) == len(moves.all):
        return moves.tree(start, certain).labels[end]
    return Moves([moves.all[number] for number in usable], len(moves.out)).tree(start, certain).labels[end]


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
