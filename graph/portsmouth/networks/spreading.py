"""Influence followed forward through time from many actors at once, day by day.

Where :mod:`portsmouth.networks.moves` sets labels from one actor, a sweep goes through the days once and
keeps at each actor those from whom influence has arrived by then, as the bits of a number: one operation
stands for all of them. That is exact, since days only ever go on: what has arrived by a day stays, and an arc
passes on what is at its beginning on any day on which it may lie (possible), or what is there on its first
day, by its last (certain). Within one day arcs are followed until nothing changes.

For those whom a pair of actors needs, a sweep keeps beside each arrival the actors who stand on every chain
so far: at the end of an arc those of its beginning and the beginning itself, and of several arrivals what
they share. These are dominators, found as in data-flow analysis: union with what an arc passes through
distributes over intersection, so the greatest fixed point is the intersection over all chains.

Sources: H. Wu et al., Path Problems in Temporal Graphs, PVLDB 7(9), 2014, 721-732 (one pass over contacts in
the order of time); G. A. Kildall, A Unified Approach to Global Program Optimization, POPL 1973 (fixed
points); F. E. Allen, J. Cocke, A Program Data Flow Analysis Procedure, Communications of the ACM 19(3), 1976
(dominators).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, Protocol

from portsmouth.networks.budget import check
from portsmouth.networks.moves import Move

#: Actors followed at once where it matters who stands between, and the bits that this may take: where each
#: needs all others, every pair has a bit for every actor.
_AT_ONCE: Final = 64
_MOST_BITS: Final = 1 << 30
_Brokers = dict[int, int]


class Contact(NamedTuple):
    """A move as a sweep needs it.

    :param closes: the last day on which it passes anything on.
    :param through: who is passed on the way, as bits: its beginning, and whoever stands between its ends.
    """

    source: int
    target: int
    closes: int
    through: int


class _Day(NamedTuple):
    """What happens on one day: first flights arrive, then contacts open, at last flights leave.

    :param arriving: flights by number, each with its contact.
    :param opening: contacts that pass on from this day on.
    :param leaving: flights by number, each with where it begins.
    """

    arriving: list[tuple[int, Contact]]
    opening: list[Contact]
    leaving: list[tuple[int, int]]


class _Spread(Protocol):
    """What is followed.

    ``seen`` are by actor the beginnings, as bits, from whom something has arrived; ``done`` those of whom
    nothing that comes later can change anything.
    """

    seen: list[int]
    done: list[int]

    def held(self, actor: int) -> Any:
        """Return what is kept beside the arrivals at an actor."""

    def meet(self, fresh: int, held: Any, contact: Contact) -> int:
        """Take in what a contact brings from some beginnings; return for which of them anything changed."""


class Contacts:
    """The moves of a network in the order of time.

    Of parallel moves only those are kept that no other does without: one that may lie on more days where
    chains need be possible only, one that takes less time where they must be certain. An arc that can lie on
    no day, since it begins after it ends, is left out.

    :param moves: the moves.
    :param actors: how many actors there are.
    :param certain: whether chains must be certain.

    >>> moves = [Move(0, 1, 5, 6, (0,), ()), Move(1, 2, 1, 7, (1,), ()), Move(2, 3, 1, 2, (2,), ())]
    >>> Contacts(moves, 4, certain=False).reached()
    [2, 2, 1, 0]
    >>> Contacts(moves, 4, certain=False).needed([0])
    [0, 1, 0, 0]
    """

    def __init__(self, moves: Iterable[Move], actors: int, *, certain: bool) -> None:
        self._actors = actors
        self._certain = certain
        self._moves = list(_least(moves, certain))
        self._forward, self._flights = _days(self._moves, certain)

    def __len__(self) -> int:
        """Return how many moves are followed."""
        return len(self._moves)

    def reached(self) -> list[int]:
        """Count whom each actor reaches.

        :return: by actor the number of others.
        :raises NetworkDeadlineError: there is no time left.
        """
        # Followed backwards, what arrives at an actor is whom it reaches.
        back = [
            Move(move.target, move.source, -move.latest, -move.earliest, move.parts, move.inside)
            for move in self._moves
        ]
        spread = _Arrivals(self._actors, range(self._actors))
        _sweep(*_days(back, self._certain), self._actors, spread)
        return [seen.bit_count() - 1 for seen in spread.seen]

    def needed(self, sources: Sequence[int]) -> list[int]:
        """Count for how many pairs every chain leads through an actor.

        :param sources: the actors at whom chains begin.
        :return: by actor the number of pairs, neither of them the actor, that chains join and none without
            him.
        :raises NetworkDeadlineError: there is no time left.
        """
        counts = [0] * self._actors
        at_once = max(1, min(_AT_ONCE, _MOST_BITS // max(1, self._actors) ** 2))
        for start in range(0, len(sources), at_once):
            between = _Between(self._actors, sources[start : start + at_once])
            _sweep(self._forward, self._flights, self._actors, between)
            for place, plane in enumerate(_sums(chain.from_iterable(map(dict.values, between.brokers)))):
                for broker in _bits(plane):
                    counts[broker] += 1 << place
        return counts


class _Arrivals:
    """Who arrives where."""

    def __init__(self, actors: int, sources: Sequence[int]) -> None:
        self.seen = [0] * actors
        for place, source in enumerate(sources):
            self.seen[source] |= 1 << place
        self.done = self.seen

    def held(self, actor: int) -> None:
        return None

    def meet(self, fresh: int, held: None, contact: Contact) -> int:
        self.seen[contact.target] |= fresh
        return fresh


class _Between:
    """Who arrives where, and who stands on every chain on which it did, where there is anybody."""

    def __init__(self, actors: int, sources: Sequence[int]) -> None:
        self.seen = [0] * actors
        for place, source in enumerate(sources):
            self.seen[source] |= 1 << place
        self.done = self.seen.copy()
        #: By actor and number of the beginning, those between, as bits.
        self.brokers: list[_Brokers] = [{} for _ in range(actors)]
        self._others = [~(1 << source) for source in sources]

    def held(self, actor: int) -> _Brokers:
        return self.brokers[actor]

    def meet(self, fresh: int, held: Mapping[int, int], contact: Contact) -> int:
        _, target, _, through = contact
        here, seen = self.brokers[target], self.seen[target]
        changed = 0
        while fresh:
            bit = fresh & -fresh
            fresh ^= bit
            place = bit.bit_length()
            brokers = (held.get(place, 0) | through) & self._others[place - 1]
            if bit & seen:
                known = here[place]
                brokers &= known
                if brokers == known:
                    continue
            changed |= bit
            if brokers:
                here[place] = brokers
            else:
                self.done[target] |= bit
                here.pop(place, None)
        self.seen[target] |= changed
        return changed


def _sweep(days: Sequence[_Day], flights: int, actors: int, spread: _Spread) -> None:
    """Follow contacts through the days."""
    seen, done, held, meet = spread.seen, spread.done, spread.held, spread.meet
    carried: list[tuple[int, Any]] = [(0, None)] * flights
    active: list[list[Contact]] = [[] for _ in range(actors)]
    #: By actor the beginnings for whom something has changed that is not passed on yet.
    news = [0] * actors
    waiting: deque[int] = deque()
    for number, day in enumerate(days):
        check()
        for flight, contact in day.arriving:
            passed, beside = carried[flight]
            carried[flight] = (0, None)
            target = contact.target
            if (fresh := passed & ~done[target]) and (changed := meet(fresh, beside, contact)):
                if not news[target]:
                    waiting.append(target)
                news[target] |= changed
        for contact in day.opening:
            source, target, _, _ = contact
            active[source].append(contact)
            if (fresh := seen[source] & ~done[target]) and (changed := meet(fresh, held(source), contact)):
                if not news[target]:
                    waiting.append(target)
                news[target] |= changed
        while waiting:
            check()
            source = waiting.popleft()
            passed, news[source] = news[source], 0
            beside = held(source)
            here = active[source] = [contact for contact in active[source] if contact[2] >= number]
            for contact in here:
                target = contact[1]
                if (fresh := passed & ~done[target]) and (changed := meet(fresh, beside, contact)):
                    if not news[target]:
                        waiting.append(target)
                    news[target] |= changed
        for flight, source in day.leaving:
            if seen[source]:
                beside = held(source)
                # What is at the beginning goes on changing while the flight is on its way.
                carried[flight] = seen[source], beside.copy() if beside else beside


def _days(moves: Sequence[Move], certain: bool) -> tuple[list[_Day], int]:
    """Return the days on which anything happens, and how many flights there are.

    Days are numbered, since only their order matters. A move of several days is a flight where chains must be
    certain; otherwise it passes on at once what is there on any of its days.
    """
    numbers = {
        day: number
        for number, day in enumerate(sorted({day for move in moves for day in (move.earliest, move.latest)}))
    }
    days = [_Day([], [], []) for _ in numbers]
    flights = 0
    for move in moves:
        through = sum(1 << actor for actor in {move.source, *move.inside})
        contact = Contact(move.source, move.target, numbers[move.latest], through)
        if certain and move.earliest < move.latest:
            days[numbers[move.earliest]].leaving.append((flights, move.source))
            days[numbers[move.latest]].arriving.append((flights, contact))
            flights += 1
        else:
            days[numbers[move.earliest]].opening.append(contact)
    return days, flights


def _least(moves: Iterable[Move], certain: bool) -> Iterator[Move]:
    """Yield the moves that no parallel one does without."""
    parallel: defaultdict[tuple[int, int], list[Move]] = defaultdict(list)
    for move in moves:
        if move.source != move.target and move.earliest <= move.latest:
            parallel[move.source, move.target].append(move)
    for together in parallel.values():
        if certain:
            # Whoever waits for one that begins later and ends sooner misses nothing.
            together.sort(key=lambda move: (-move.earliest, move.latest, len(move.inside)))
            soonest: float = float("inf")
            for move in together:
                if move.latest < soonest:
                    yield move
                    # One that passes others on the way does not stand for one that passes nobody.
                    soonest = soonest if move.inside else move.latest
        else:
            together.sort(key=lambda move: (move.earliest, -move.latest))
            last: float = float("-inf")
            for move in together:
                if move.latest > last:
                    yield move
                    last = move.latest


def _sums(numbers: Iterable[int]) -> list[int]:
    """Count bits place by place: the sums of all places at once, their binary digits from the lowest.

    >>> _sums([0b101, 0b100, 0b110])
    [7, 4]
    """
    planes: list[int] = []
    for number in numbers:
        digit = 0
        while number:
            if digit == len(planes):
                planes.append(0)
            planes[digit], number = planes[digit] ^ number, planes[digit] & number
            digit += 1
    return planes


def _bits(number: int) -> Iterator[int]:
    """Yield the places of the bits of a number.

    >>> list(_bits(0b1010))
    [1, 3]
    """
    while number:
        bit = number & -number
        yield bit.bit_length() - 1
        number ^= bit
