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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, Final, NamedTuple

from portsmouth.errors import NotFoundError
from portsmouth.iris import shorten
from portsmouth.networks.budget import check

#: Before and after every day; a day is its proleptic Gregorian ordinal, which begins at 1.
_BEFORE_ALL: Final = 0
_AFTER_ALL: Final = 10**9
_NEVER: Final = 2 * 10**9

_LEGS: Final = {"mandate": 0, "dispatch": 1, "direct": 1, "delivery": 2}


@dataclass(frozen=True, slots=True)
class Hop:
    """One arc of a chain, with what it rests on.

    :param source: the actor from whom it goes.
    :param target: the actor whom it reaches.
    :param event: the act.
    :param key: the arc's key in the network.
    :param leg: which piece of the act.
    :param modes: how.
    :param outcomes: with what outcome.
    :param earliest: the first day on which it may lie.
    :param latest: the last.
    :param passages: what says so.
    :param disputed: whether passages say different things of the act.
    :param reported: whether the page only passes it on.
    :param arrival: the chain's arrival after this hop: the first possible day, or in a certain chain the
        last.
    """

    source: str
    target: str
    event: str
    key: str
    leg: str
    modes: tuple[str, ...]
    outcomes: tuple[str, ...]
    earliest: date | None
    latest: date | None
    passages: tuple[str, ...]
    disputed: bool
    reported: bool
    arrival: date | None

    def as_json(self) -> dict[str, object]:
        """Return the hop as JSON has it."""
        return {
            "from": self.source,
            "to": self.target,
            "event": self.event,
            "leg": self.leg,
            "modes": list(self.modes),
            "outcomes": list(self.outcomes),
            "earliest": self.earliest.isoformat() if self.earliest else None,
            "latest": self.latest.isoformat() if self.latest else None,
            "passages": list(self.passages),
            "disputed": self.disputed,
            "reported": self.reported,
            "arrival": self.arrival.isoformat() if self.arrival else None,
        }


class StatedOrder(NamedTuple):
    """What the source itself says of the order of two events of a chain.

    :param earlier: the event that the source puts first.
    :param later: the event that it puts second.
    :param properties: the statements that say so, one after the other: ``pt:after`` or ``pt:ledTo``.
    :param confirms: whether the chain has them in this order.
    """

    earlier: str
    later: str
    properties: tuple[str, ...]
    confirms: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain from one actor to another.

    :param hops: its arcs.
    :param certain: whether it holds on whatever days of their intervals its events lie.
    :param arrival: its arrival in the sense in which it was looked for: the first possible day, or where
        a certain chain was asked for, the day by which it has arrived; ``None`` where it rests on undated
        events alone.
    :param stated: what the source says of the order of its events.
    """

    hops: tuple[Hop, ...]
    certain: bool
    arrival: date | None
    stated: tuple[StatedOrder, ...] = ()

    @property
    def actors(self) -> tuple[str, ...]:
        """The actors from the first to the last."""
        return (self.hops[0].source, *(hop.target for hop in self.hops))

    @property
    def first(self) -> date | None:
        """The first day on which it can have arrived; ``None`` where nothing says."""
        return max((hop.earliest for hop in self.hops if hop.earliest), default=None)

    @property
    def last(self) -> date | None:
        """The day by which a certain chain has arrived; ``None`` where it is not certain."""
        return self.hops[-1].latest if self.certain else None

    @property
    def contradicted(self) -> bool:
        """Whether the source puts two of its events in the other order."""
        return any(not order.confirms for order in self.stated)

    @property
    def undated(self) -> int:
        """How many of its hops have no date."""
        return sum(hop.earliest is None and hop.latest is None for hop in self.hops)

    def as_json(self) -> dict[str, object]:
        """Return the chain as JSON has it."""
        return {
            "actors": list(self.actors),
            "certain": self.certain,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "undated": self.undated,
            "hops": [hop.as_json() for hop in self.hops],
            "stated_order": [
                {
                    "earlier": order.earlier,
                    "later": order.later,
                    "properties": list(order.properties),
                    "confirms": order.confirms,
                }
                for order in self.stated
            ],
        }


@dataclass(frozen=True, slots=True)
class Chains:
    """All minimal chains, the earliest first.

    :param chains: the chains.
    :param truncated: whether there are more than were asked for.
    """

    chains: tuple[Chain, ...]
    truncated: bool

    def __iter__(self) -> Iterator[Chain]:
        return iter(self.chains)

    def __len__(self) -> int:
        return len(self.chains)


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A chain that the arcs allow and time does not.

    :param hops: the shortest chain of arcs; of parallel arcs those that come furthest.
    :param late: the hop, counted from 0, at which time forbids it.
    :param after: the hop after which it would have to come; ``None`` where the hop itself has no date.
    :param certain: whether a certain chain was asked for.
    """

    hops: tuple[Hop, ...]
    late: int
    after: int | None
    certain: bool

    @property
    def reason(self) -> str:
        """Why, in words, with the short forms of the IRIs."""
        late = self.hops[self.late]
        if self.after is None:
            return f"{shorten(late.event)} has no date, so nothing that needs it is certain"
        before = self.hops[self.after]
        if not self.certain:
            return (
                f"{shorten(late.event)} lies on {late.latest} at the latest, too late to come after "
                f"{shorten(before.event)}, which lies on {before.earliest} at the earliest"
            )
        return (
            f"{shorten(late.event)} may lie as early as {late.earliest}, "
            f"before {shorten(before.event)}, which may lie as late as {before.latest}"
        )

    def as_json(self) -> dict[str, object]:
        """Return the chain and the reason as JSON has them."""
        return {
            "hops": [hop.as_json() for hop in self.hops],
            "late": self.late,
            "after": self.after,
            "reason": self.reason,
        }


class _Move(NamedTuple):
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


class _Tree(NamedTuple):
    """Earliest arrivals from one actor.

    :param labels: the arrival at each actor, :data:`_NEVER` where there is none.
    :param moves: the last move to each actor, -1 where there is none.
    """

    labels: list[int]
    moves: list[int]


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
        moves: list[_Move] = []
        for source, target, key, data in network.edges(keys=True, data=True):
            earliest, latest = data.get("earliest"), data.get("latest")
            if undated or earliest or latest:
                first = earliest.toordinal() if earliest else _BEFORE_ALL
                last = latest.toordinal() if latest else _AFTER_ALL
                ends = self._numbers[source], self._numbers[target]
                moves.append(_Move(*ends, first, last, (len(self._arcs),), ()))
                self._arcs.append((source, target, key, data))
        self._possible = _Moves(moves, len(self.actors))
        self._certain_moves: _Moves | None = None

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
            if label < _NEVER and number != start
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
        if start == end or tree.labels[end] >= _NEVER:
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
        dated = _frontier(moves, start, end, certain, undated=False, limit=limit + 1)
        found = [chain for chains in dated.values() for chain in chains]
        if not certain:
            for point, chains in _frontier(moves, start, end, certain, undated=True, limit=limit + 1).items():
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
        if start == end or self._moves(certain).tree(start, certain).labels[end] < _NEVER:
            return None
        actors = self._shortest(start, end)
        return self._explained(actors, certain) if actors else None

    def reach(self, *, certain: bool = False) -> dict[str, int]:
        """Count whom each actor reaches in time.

        :param certain: whether chains must be certain.
        :return: the number of other actors reached, by actor. O(V E log E).
        """
        moves = self._moves(certain)
        reached = {}
        for number, actor in enumerate(self.actors):
            check()
            reached[actor] = sum(label < _NEVER for label in moves.tree(number, certain).labels) - 1
        return reached

    def lost_without(self, sources: Sequence[str] | None = None, *, certain: bool = False) -> dict[str, int]:
        """Count the pairs of actors whom only chains through an actor join.

        For each beginning the tree of earliest arrivals is found once. Without an actor only those can be
        lost whom the tree reaches through him; only for these are arrivals found anew, from the others, whose
        arrivals stand.

        :param sources: the actors at whom chains begin; all if not given.
        :param certain: whether chains must be certain.
        :return: for each actor the number of pairs (beginning, end), neither of them himself, that a chain
            joins and none joins without him.
        :raises NotFoundError: the network has no such actor.
        """
        moves = self._moves(certain)
        lost = dict.fromkeys(range(len(self.actors)), 0)
        for source in self.actors if sources is None else sources:
            check()
            tree = moves.tree(self._number(source), certain)
            for actor, beyond in moves.beyond(tree).items():
                lost[actor] += len(beyond) - moves.still_reached(tree, actor, beyond, certain)
        return {self.actors[number]: count for number, count in lost.items()}

    # --- parts

    def _number(self, actor: str) -> int:
        if actor not in self._numbers:
            raise NotFoundError(
                found=f"{shorten(actor)} in no arc of the network",
                expected=f"one of its {len(self.actors)} actors; other filters may let more through",
            )
        return self._numbers[actor]

    def _moves(self, certain: bool) -> _Moves:
        if not certain:
            return self._possible
        if self._certain_moves is None:
            self._certain_moves = _Moves(self._with_whole_acts(), len(self.actors))
        return self._certain_moves

    def _with_whole_acts(self) -> list[_Move]:
        """Return the moves of certain chains: dated arcs, and the legs of one act taken together."""
        single = [
            move for move in self._possible.all if move.earliest > _BEFORE_ALL and move.latest < _AFTER_ALL
        ]
        many = {
            arc["event"] for *_, arc in self._arcs if arc.get("leg", "direct") != "direct" and "event" in arc
        }
        legs: dict[str, list[_Move]] = {}
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
                        longer = _Move(
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

    def _follows(self, first: _Move, second: _Move) -> bool:
        """Tell whether one leg of an act comes after another: the chain is mandate, dispatch, delivery."""
        before, after = (
            self._arcs[part][3].get("leg", "direct") for part in (first.parts[-1], second.parts[0])
        )
        return _LEGS[before] < _LEGS[after]

    def _chain(self, parts: Sequence[int], certain: bool) -> Chain:
        hops = self._hops(parts, certain)
        events = [hop.event for hop in hops]
        sure = certain or self._is_certain(parts)
        return Chain(hops, sure, hops[-1].arrival, stated_order(events, self.network.graph.get("order", {})))

    def _hops(self, parts: Sequence[int], certain: bool) -> tuple[Hop, ...]:
        hops = []
        arrival = _BEFORE_ALL
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
                if certain and not (arc.earliest > _BEFORE_ALL and arc.latest < _AFTER_ALL):
                    continue
                ways = reached[-1].items() if reached else [(-1, (_BEFORE_ALL, -1))]
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
        chosen: list[_Move] = []
        way = min(reached[-1], key=lambda number: reached[-1][number]) if reached else -1
        for arcs, here in zip(parallel[late - 1 :: -1] if reached else [], reversed(reached), strict=False):
            chosen.insert(0, arcs[way])
            way = here[way][1]
        dated = [arc for arc in parallel[late] if arc.earliest > _BEFORE_ALL and arc.latest < _AFTER_ALL]
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

    def _one_act(self, before: _Move, after: _Move) -> bool:
        return _one_act(self._arcs[before.parts[0]][3], self._arcs[after.parts[0]][3])


class _Moves:
    """The moves of a search, by where they begin and where they end."""

    def __init__(self, moves: list[_Move], actors: int) -> None:
        self.all = moves
        self.out: list[list[int]] = [[] for _ in range(actors)]
        self.into: list[list[int]] = [[] for _ in range(actors)]
        for number, move in enumerate(moves):
            self.out[move.source].append(number)
            self.into[move.target].append(number)

    def tree(self, start: int, certain: bool) -> _Tree:
        """Set the labels of all actors in the order of arrival, of equals the one in fewer hops first.

        Without the second, a chain could come back to an actor whom it has passed on the same day.
        """
        labels = [_NEVER] * len(self.out)
        hops = [_NEVER] * len(self.out)
        came = [-1] * len(self.out)
        settled = bytearray(len(self.out))
        labels[start], hops[start] = _BEFORE_ALL, 0
        heap = [(_BEFORE_ALL, 0, start)]
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
        return _Tree(labels, came)

    def path(self, tree: _Tree, end: int) -> list[int]:
        """Return the moves that lead to an actor in a tree."""
        found = []
        while (move := tree.moves[end]) >= 0:
            found.append(move)
            end = self.all[move].source
        return found[::-1]

    def beyond(self, tree: _Tree) -> dict[int, set[int]]:
        """Return for each actor between others whom the tree reaches through him."""
        beyond: dict[int, set[int]] = {}
        for end, move in enumerate(tree.moves):
            here = end
            while move >= 0:
                _, _, _, _, _, inside = self.all[move]
                for actor in inside:
                    beyond.setdefault(actor, set()).add(end)
                here = self.all[move].source
                move = tree.moves[here]
                if move >= 0:
                    beyond.setdefault(here, set()).add(end)
        return beyond

    def still_reached(self, tree: _Tree, without: int, among: set[int], certain: bool) -> int:
        """Count whom of some actors chains reach that avoid one actor; arrivals at all others stand."""
        labels: dict[int, int] = {}
        heap: list[tuple[int, int]] = []
        for actor in among:
            best = _NEVER
            for number in self.into[actor]:
                move = self.all[number]
                if move.source != without and move.source not in among and without not in move.inside:
                    best = min(best, _arrival(tree.labels[move.source], move, certain))
            if best < _NEVER:
                labels[actor] = best
                heappush(heap, (best, actor))
        settled = set()
        while heap:
            label, actor = heappop(heap)
            if actor in settled:
                continue
            settled.add(actor)
            for number in self.out[actor]:
                move = self.all[number]
                if move.target in among and without not in move.inside:
                    arrival = _arrival(label, move, certain)
                    if arrival < labels.get(move.target, _NEVER):
                        labels[move.target] = arrival
                        heappush(heap, (arrival, move.target))
        return len(settled)


def _arrival(label: int, move: _Move, certain: bool) -> int:
    """Return when a move arrives that leaves an actor at a label, :data:`_NEVER` where it comes too late."""
    if certain:
        return move.latest if label <= move.earliest else _NEVER
    return max(label, move.earliest) if label <= move.latest else _NEVER


def _frontier(
    moves: _Moves, start: int, end: int, certain: bool, *, undated: bool, limit: int
) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    """Return the chains for which no other is as early and as short, and one of these better.

    :return: by arrival and number of hops, the chains as numbers of arcs.
    """
    usable = [
        number
        for number, move in enumerate(moves.all)
        if move.target != start
        and move.source != end
        and (undated or move.earliest > _BEFORE_ALL or move.latest < _AFTER_ALL)
    ]
    goal = _earliest(moves, usable, start, end, certain)
    found: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    if goal >= _NEVER:
        return found
    # at[k] holds the earliest arrival at each actor after exactly k hops; by_move[k] that by each move.
    at: list[dict[int, int]] = [{start: _BEFORE_ALL}]
    by_move: list[dict[int, int]] = [{}]
    best, written = _NEVER, 0
    while best > goal:
        check()
        hops = len(at)
        here: dict[int, int] = {}
        arrived: dict[int, int] = {}
        for number in usable:
            move = moves.all[number]
            if len(move.parts) > hops:
                continue
            label = at[hops - len(move.parts)].get(move.source, _NEVER)
            arrival = _arrival(label, move, certain) if label < _NEVER else _NEVER
            if arrival < _NEVER:
                arrived[number] = arrival
                if arrival < here.get(move.target, _NEVER):
                    here[move.target] = arrival
        at.append(here)
        by_move.append(arrived)
        if here.get(end, _NEVER) < best:
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


def _earliest(moves: _Moves, usable: Sequence[int], start: int, end: int, certain: bool) -> int:
    """Return the earliest arrival by some of the moves."""
    if len(usable) == len(moves.all):
        return moves.tree(start, certain).labels[end]
    return _Moves([moves.all[number] for number in usable], len(moves.out)).tree(start, certain).labels[end]


def _backwards(
    moves: _Moves, by_move: Sequence[Mapping[int, int]], end: int, hops: int, bound: int, certain: bool
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


def _one_act(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two arcs are legs of one act, in the order in which it goes."""
    same = before.get("event") is not None and before.get("event") == after.get("event")
    return same and _LEGS[before.get("leg", "direct")] < _LEGS[after.get("leg", "direct")]


def _day(label: int) -> date | None:
    return date.fromordinal(label) if _BEFORE_ALL < label < _AFTER_ALL else None


def stated_order(events: Sequence[str], order: Mapping[tuple[str, str], str]) -> tuple[StatedOrder, ...]:
    """Return what the source says of the order in which some events come.

    :param events: events in the order of a chain.
    :param order: for pairs of events, the earlier first, the property that says so.
    :return: each pair of the events of which a run of such statements puts one before the other.

    >>> stated_order(["b", "a"], {("a", "x"): "after", ("x", "b"): "ledTo"})
    (StatedOrder(earlier='a', later='b', properties=('after', 'ledTo'), confirms=False),)
    """
    if not order:
        return ()
    following: dict[str, list[tuple[str, str]]] = {}
    for (before, after), name in order.items():
        following.setdefault(before, []).append((after, name))
    places: dict[str, int] = {}
    for place, event in enumerate(events):
        places.setdefault(event, place)
    found = []
    for event, place in places.items():
        seen: dict[str, tuple[str, ...]] = {event: ()}
        waiting = deque([event])
        while waiting:
            here = waiting.popleft()
            for after, name in following.get(here, ()):
                if after not in seen:
                    seen[after] = (*seen[here], name)
                    waiting.append(after)
        found += [
            StatedOrder(event, later, names, place < places[later])
            for later, names in seen.items()
            if later in places and later != event
        ]
    return tuple(found)
