"""What is answered about chains of influence: values, without any search."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portsmouth.iris import shorten


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


class Order:
    """What the source says of the order of events, ready to be asked of many chains.

    :param order: for pairs of events, the earlier first, the property that says so.

    >>> Order({("a", "x"): "after", ("x", "b"): "ledTo"}).stated(["b", "a"])
    (StatedOrder(earlier='a', later='b', properties=('after', 'ledTo'), confirms=False),)
    """

    def __init__(self, order: Mapping[tuple[str, str], str]) -> None:
        self._following: dict[str, list[tuple[str, str]]] = {}
        for (before, after), name in order.items():
            self._following.setdefault(before, []).append((after, name))

    def stated(self, events: Sequence[str]) -> tuple[StatedOrder, ...]:
        """Return what the source says of the order in which some events come.

        :param events: events in the order of a chain.
        :return: each pair of the events of which a run of such statements puts one before the other.
        """
        places: dict[str, int] = {}
        for place, event in enumerate(events):
            places.setdefault(event, place)
        found = []
        for event, place in places.items():
            seen: dict[str, tuple[str, ...]] = {event: ()}
            waiting = deque([event])
            while waiting:
                here = waiting.popleft()
                for after, name in self._following.get(here, ()):
                    if after not in seen:
                        seen[after] = (*seen[here], name)
                        waiting.append(after)
            found += [
                StatedOrder(event, later, names, place < places[later])
                for later, names in seen.items()
                if later in places and later != event
            ]
        return tuple(found)
