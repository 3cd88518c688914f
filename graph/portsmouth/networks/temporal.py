"""Chains of influence that time allows.

An arc lies on some day of its interval; an undated arc on any. A chain of arcs is

*possible*
    where days can be chosen, one in each interval, that never go back: with
    ``arrival = max(arrival, earliest)`` at each hop, ``arrival <= latest``. Undated arcs are always possible.
*certain*
    where no choice of days goes back: each hop's ``earliest`` is not before the previous hop's ``latest``.
    Undated arcs are never certain. The legs of one act (principal, actor, intermediary, addressee) follow
    each other by what an intermediary is, so between two of them no days are compared.

Each arc counts as a contact of its own: two legs of one act may lie on different days of its interval.

In both senses a chain may only leave an actor once it has arrived there, arriving earlier never hurts, and no
hop arrives before it leaves. Earliest arrival is therefore found exactly by setting labels in the order of
arrival, as Dijkstra's algorithm does, in O(E log E).

The order in which the source puts two events (``pt:after``, ``pt:ledTo``) is told beside each chain where it
confirms or contradicts it. It takes no part in the search: it excludes pairs of arcs from one chain, and to
find a path that avoids pairs is NP-complete in general, so that no labels can do it exactly; with dates alone
they can.

Sources: H. Wu et al., Path Problems in Temporal Graphs, PVLDB 7(9), 2014, 721-732 (earliest-arrival paths);
H. N. Gabow, S. N. Maheshwari, L. J. Osterweil, IEEE Trans. Software Eng. SE-2(3), 1976, 227-231 (forbidden
pairs).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from portsmouth.errors import NotFoundError
from portsmouth.iris import shorten
from portsmouth.networks.chains import Chain, Chains, Forbidden, Hop, Order
from portsmouth.networks.minimal import minimal_chains
from portsmouth.networks.moves import AFTER_ALL, BEFORE_ALL, NEVER, Move, Moves
from portsmouth.networks.spreading import Contacts

_LEGS: Final = {"mandate": 0, "dispatch": 1, "direct": 1, "delivery": 2}


class Timeline:
    """A network made ready for following it in time.

    :param network: a directed multigraph whose arcs have ``earliest`` and ``latest`` (dates or ``None``).
    :param undated: whether arcs without a date may be used at all.

    >>> import networkx as nx
    >>> network = nx.MultiDiGraph()
    >>> def act(source, target, earliest, latest):
    ...     days = date.fromisoformat(earliest), date.fromisoformat(latest)
    ...     _ = network.add_edge(source, target, event=source + target, earliest=days[0], latest=days[1])
    >>> act("a", "b", "1905-08-01", "1905-08-20")
    >>> act("b", "c", "1905-08-10", "1905-08-30")
    >>> timeline = Timeline(network)
    >>> timeline.earliest("a", "c").arrival.isoformat()
    '1905-08-10'
    >>> timeline.earliest("a", "c", certain=True) is None
    True
    >>> timeline.forbidden("a", "c", certain=True).reason
    '<bc> may lie as early as 1905-08-10, before <ab>, which may lie as late as 1905-08-20'
    """

    def __init__(self, network: Any, *, undated: bool = True) -> None:
        self.network = network
        self.actors: list[str] = list(network)
        self._numbers = {actor: number for number, actor in enumerate(self.actors)}
        self._arcs: list[tuple[str, str, Any, dict[str, Any]]] = []
        moves: list[Move] = []
        for source, target, key, data in network.edges(keys=True, data=True):
            earliest, latest = data.get("earliest"), data.get("latest")
            if undated or earliest or latest:
                first = earliest.toordinal() if earliest else BEFORE_ALL
                last = latest.toordinal() if latest else AFTER_ALL
                ends = self._numbers[source], self._numbers[target]
                moves.append(Move(*ends, first, last, (len(self._arcs),), ()))
                self._arcs.append((source, target, key, data))
        self._possible = Moves(moves, len(self.actors))
        self._certain_moves: Moves | None = None
        self._by_days: dict[bool, Contacts] = {}

    # --- questions

    def arrivals(self, source: str, *, certain: bool = False) -> dict[str, date | None]:
        """Return whom one actor reaches, and when.

        :param source: an actor of the network.
        :param certain: whether chains must be certain.
        :return: for every actor reached but the first, the earliest arrival; ``None`` where undated events
            alone lead there.
        :raises NotFoundError: the network has no such actor.
        """
        start = self._number(source)
        labels = self._moves(certain).tree(start, certain).labels
        return {
            self.actors[number]: _day(label)
            for number, label in enumerate(labels)
            if label < NEVER and number != start
        }

    def earliest(self, source: str, target: str, *, certain: bool = False) -> Chain | None:
        """Return one chain that arrives as early as any.

        :param source: the actor at the beginning.
        :param target: the actor at the end.
        :param certain: whether it must be certain.
        :return: the chain, or ``None`` where there is none.
        :raises NotFoundError: the network has no such actor.
        """
        start, end = self._number(source), self._number(target)
        moves = self._moves(certain)
        tree = moves.tree(start, certain)
        if start == end or tree.labels[end] >= NEVER:
            return None
        parts = [part for move in moves.path(tree, end) for part in moves.all[move].parts]
        return self._chain(parts, certain)

    def minimal(self, source: str, target: str, *, certain: bool = False, limit: int = 100) -> Chains:
        """Return all minimal chains.

        A chain is minimal where no other is as early, as short and as well dated, and better in one of these:
        arrival, number of hops, and whether it does without undated events. So a chain through undated
        events, whose arrival nobody knows, does not hide a dated one, nor the other way round.

        Chains of exactly k hops are found for growing k by dynamic programming over arcs, in O(kE), then
        written out backwards along arcs that are known to be reached in time, so that no step is in vain.

        :param source: the actor at the beginning.
        :param target: the actor at the end.
        :param certain: whether chains must be certain.
        :param limit: the most chains.
        :return: the chains: those that the source does not contradict first, of these the dated ones, then by
            arrival and length.
        :raises NotFoundError: the network has no such actor.
        """
        start, end = self._number(source), self._number(target)
        if start == end:
            return Chains((), truncated=False)
        moves = self._moves(certain)
        dated = minimal_chains(moves.dated, start, end, certain, limit=limit + 1)
        found = [chain for chains in dated.values() for chain in chains]
        if not certain:
            for point, chains in minimal_chains(moves, start, end, certain, limit=limit + 1).items():
                if point not in dated:
                    found += chains
        written = [self._chain(parts, certain) for parts in found[: limit + 1]]
        written.sort(
            key=lambda chain: (
                chain.contradicted,
                chain.undated > 0,
                chain.arrival or date.min,
                len(chain.hops),
                [hop.key for hop in chain.hops],
            )
        )
        return Chains(tuple(written[:limit]), truncated=len(written) > limit)

    def forbidden(self, source: str, target: str, *, certain: bool = False) -> Forbidden | None:
        """Explain why time forbids what the arcs allow.

        :param source: the actor at the beginning.
        :param target: the actor at the end.
        :param certain: whether a certain chain was looked for.
        :return: the shortest chain of arcs with the hop that comes too late; ``None`` where time allows a
            chain, or where not even the arcs do.
        :raises NotFoundError: the network has no such actor.
        """
        start, end = self._number(source), self._number(target)
        if start == end or self._moves(certain).tree(start, certain).labels[end] < NEVER:
            return None
        actors = self._shortest(start, end)
        return self._explained(actors, certain) if actors else None

    def reach(self, *, certain: bool = False) -> dict[str, int]:
        """Count whom each actor reaches in time.

        :param certain: whether chains must be certain.
        :return: the number of other actors reached, by actor.
        """
        return dict(zip(self.actors, self._contacts(certain).reached(), strict=True))

    def lost_without(self, sources: Sequence[str] | None = None, *, certain: bool = False) -> dict[str, int]:
        """Count the pairs of actors whom only chains through an actor join.

        :param sources: the actors at whom chains begin; all if not given.
        :param certain: whether chains must be certain.
        :return: for each actor the number of pairs (beginning, end), neither of them himself, that a chain
            joins and none joins without him.
        :raises NotFoundError: the network has no such actor.
        """
        beginnings = range(len(self.actors)) if sources is None else [*map(self._number, sources)]
        return dict(zip(self.actors, self._contacts(certain).needed(beginnings), strict=True))

    # --- parts

    def _number(self, actor: str) -> int:
        if actor not in self._numbers:
            raise NotFoundError(
                found=f"{shorten(actor)} in no arc of the network",
                expected=f"one of its {len(self.actors)} actors; other filters may let more through",
            )
        return self._numbers[actor]

    def _moves(self, certain: bool) -> Moves:
        if not certain:
            return self._possible
        if self._certain_moves is None:
            self._certain_moves = Moves(self._with_whole_acts(), len(self.actors))
        return self._certain_moves

    @cached_property
    def _order(self) -> Order:
        return Order(self.network.graph.get("order", {}))

    def _contacts(self, certain: bool) -> Contacts:
        if certain not in self._by_days:
            self._by_days[certain] = Contacts(self._moves(certain).all, len(self.actors), certain=certain)
        return self._by_days[certain]

    def _with_whole_acts(self) -> list[Move]:
        """Return the moves of certain chains: dated arcs, and the legs of one act taken together."""
        single = [
            move for move in self._possible.all if move.earliest > BEFORE_ALL and move.latest < AFTER_ALL
        ]
        many = {
            arc["event"] for *_, arc in self._arcs if arc.get("leg", "direct") != "direct" and "event" in arc
        }
        legs: dict[str, list[Move]] = {}
        for move in single:
            event = self._arcs[move.parts[0]][3].get("event")
            if event is not None and event in many:
                legs.setdefault(event, []).append(move)
        whole = []
        for together in legs.values():
            growing = list(together)
            while growing:
                first = growing.pop()
                for move in together:
                    if move.source == first.target and self._follows(first, move):
                        longer = Move(
                            first.source,
                            move.target,
                            first.earliest,
                            first.latest,
                            first.parts + move.parts,
                            (*first.inside, move.source),
                        )
                        if longer.source != longer.target and move.target not in longer.inside:
                            whole.append(longer)
                        growing.append(longer)
        return single + whole

    def _follows(self, first: Move, second: Move) -> bool:
        """Tell whether one leg of an act comes after another: the chain is mandate, dispatch, delivery."""
        before, after = (
            self._arcs[part][3].get("leg", "direct") for part in (first.parts[-1], second.parts[0])
        )
        return _LEGS[before] < _LEGS[after]

    def _chain(self, parts: Sequence[int], certain: bool) -> Chain:
        hops = self._hops(parts, certain)
        events = [hop.event for hop in hops]
        sure = certain or self._is_certain(parts)
        return Chain(hops, sure, hops[-1].arrival, self._order.stated(events))

    def _hops(self, parts: Sequence[int], certain: bool) -> tuple[Hop, ...]:
        hops = []
        arrival = BEFORE_ALL
        for part in parts:
            source, target, key, data = self._arcs[part]
            earliest, latest = data.get("earliest"), data.get("latest")
            if certain:
                arrival = latest.toordinal() if latest else arrival
            elif earliest:
                arrival = max(arrival, earliest.toordinal())
            hops.append(
                Hop(
                    source,
                    target,
                    str(data.get("event", key)),
                    str(key),
                    data.get("leg", "direct"),
                    tuple(data.get("modes", ())),
                    tuple(data.get("outcomes", ())),
                    earliest,
                    latest,
                    tuple(data.get("passages", ())),
                    bool(data.get("disputed")),
                    bool(data.get("reported")),
                    _day(arrival),
                )
            )
        return tuple(hops)

    def _is_certain(self, parts: Sequence[int]) -> bool:
        data = [self._arcs[part][3] for part in parts]
        if any(not (arc.get("earliest") and arc.get("latest")) for arc in data):
            return False
        return all(
            before["latest"] <= after["earliest"] or _one_act(before, after)
            for before, after in pairwise(data)
        )

    def _shortest(self, start: int, end: int) -> list[int] | None:
        """Return the shortest chain of actors, whatever the days."""
        came: dict[int, int] = {start: start}
        waiting = deque([start])
        while waiting and end not in came:
            actor = waiting.popleft()
            for move in self._possible.out[actor]:
                target = self._possible.all[move].target
                if target not in came:
                    came[target] = actor
                    waiting.append(target)
        if end not in came:
            return None
        actors = [end]
        while actors[-1] != start:
            actors.append(came[actors[-1]])
        return actors[::-1]

    def _explained(self, actors: Sequence[int], certain: bool) -> Forbidden:
        """Go along a chain of actors as far as time allows, and tell where it stops."""
        parallel = [
            [
                self._possible.all[move]
                for move in self._possible.out[source]
                if self._possible.all[move].target == target
            ]
            for source, target in pairwise(actors)
        ]
        # The arcs of each hop that time lets be reached: when, and after which arc of the hop before.
        reached: list[dict[int, tuple[int, int]]] = []
        for arcs in parallel:
            here: dict[int, tuple[int, int]] = {}
            for number, arc in enumerate(arcs):
                if certain and not (arc.earliest > BEFORE_ALL and arc.latest < AFTER_ALL):
                    continue
                ways = reached[-1].items() if reached else [(-1, (BEFORE_ALL, -1))]
                arrivals = [
                    (max(label, arc.latest if certain else arc.earliest), way)
                    for way, (label, _) in ways
                    if label <= (arc.earliest if certain else arc.latest)
                    or (certain and self._one_act(parallel[len(reached) - 1][way], arc))
                ]
                if arrivals:
                    here[number] = min(arrivals)
            if not here:
                break
            reached.append(here)
        late = len(reached)
        chosen: list[Move] = []
        way = min(reached[-1], key=lambda number: reached[-1][number]) if reached else -1
        for arcs, here in zip(parallel[late - 1 :: -1] if reached else [], reversed(reached), strict=False):
            chosen.insert(0, arcs[way])
            way = here[way][1]
        dated = [arc for arc in parallel[late] if arc.earliest > BEFORE_ALL and arc.latest < AFTER_ALL]
        after: int | None
        if certain:
            chosen.append(max(dated or parallel[late], key=lambda arc: arc.earliest))
            after = late - 1 if dated else None
        else:
            chosen.append(max(parallel[late], key=lambda arc: arc.latest))
            after = max(range(late), key=lambda hop: chosen[hop].earliest)
        chosen += [arcs[0] for arcs in parallel[late + 1 :]]
        parts = [part for move in chosen for part in move.parts]
        return Forbidden(self._hops(parts, certain), late, after, certain)

    def _one_act(self, before: Move, after: Move) -> bool:
        return _one_act(self._arcs[before.parts[0]][3], self._arcs[after.parts[0]][3])


def _one_act(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two arcs are legs of one act, in the order in which it goes."""
    same = before.get("event") is not None and before.get("event") == after.get("event")
    return same and _LEGS[before.get("leg", "direct")] < _LEGS[after.get("leg", "direct")]


def _day(label: int) -> date | None:
    return date.fromordinal(label) if BEFORE_ALL < label < AFTER_ALL else None
