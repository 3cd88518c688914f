"""From what is located to the map and the list beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from portsmouth.dates import Bounds
from portsmouth.iris import DCTERMS, PT, SCHEMA, passage_key
from portsmouth_server.views.dating import days, span
from portsmouth_server.views.maps.asked import KINDS, Asked
from portsmouth_server.views.maps.drawing import INSETS, MAIN, Drawing, Spot, draw
from portsmouth_server.views.maps.reading import GROUPS, LOCATION, TRANSFERS, Located
from portsmouth_server.views.words import Source, Value, Words

#: What is told of an entry beside its name, by the list in which it stands.
_TOLD: Final = {
    "battles": (PT + "victor", PT + "defeated", SCHEMA + "agent", LOCATION),
    "changes": (TRANSFERS, PT + "from", PT + "to", PT + "limit"),
    "railways": (LOCATION, DCTERMS + "isPartOf", PT + "side"),
    "posts": (PT + "office", SCHEMA + "agent", PT + "side", PT + "to", LOCATION),
    "events": (SCHEMA + "agent", LOCATION),
}
_AREAS: Final = frozenset({"Territory", "State"})
_LAND: Final = frozenset({"Territory", "Settlement", "Railway", "Waters", "State"})
_WATERS: Final = "Waters"
#: Only these transfers happened or were laid down; demands and aims are wanted, not done.
_DONE: Final = frozenset({"Article", "Event", "Battle"})
#: Entries of one list.
MOST: Final = 200
_STYLES: Final = ("battles", "posts", "events")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list.

    :param value: the thing.
    :param when: its days, empty where none are known.
    :param told: what is said of it: a property in words, and values.
    :param sources: who says so.
    :param located: whether it has a place on the map.
    """

    value: Value
    when: str
    told: tuple[tuple[str, tuple[Value, ...]], ...]
    sources: tuple[Source, ...]
    located: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A heading of the list.

    :param key: a key of :data:`~portsmouth_server.views.maps.asked.KINDS`.
    :param title: the heading; for the translators.
    :param entries: what stands under it, as much as there is room for.
    :param total: how many there are.
    """

    key: str
    title: str
    entries: tuple[Entry, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Map:
    """What the page shows.

    :param main: the theatre of the war.
    :param insets: where the page goes beyond it.
    :param lists: the same in words.
    :param parts: the parts to choose from, with their names.
    :param land: whether there is a coastline.
    """

    main: Drawing
    insets: tuple[Drawing, ...]
    lists: tuple[Listed, ...]
    parts: tuple[tuple[str, str], ...]
    land: bool


def build(located: Located, asked: Asked, words: Words, parts: Iterable[str] = ()) -> Map:
    """Put the map together.

    :param located: what is located.
    :param asked: what is shown.
    :param words: what everything is called.
    :param parts: keys of the parts to choose from.
    """
    return _Builder(located, asked, words).map(tuple(parts))


@dataclass(slots=True)
class _At:
    """What is at a point, by group."""

    things: dict[str, list[str]] = field(default_factory=dict)


class _Builder:
    def __init__(self, located: Located, asked: Asked, words: Words) -> None:
        self._located = located
        self._facts = located.facts
        self._asked = asked
        self._words = words

    def map(self, parts: tuple[str, ...]) -> Map:
        groups = self._groups()
        spots = self._spots(groups)
        wanted = self._asked.kind

        def shown(style: str, iri: str) -> bool:
            # What the data do not name is not in them.
            if iri not in self._words.names:
                return False
            return not wanted or style == wanted or (style == "region" and wanted in ("changes", "railways"))

        main, *insets = (
            draw(frame, spots, self._words.name, lambda iri: self._words.link(iri).href, shown)
            for frame in (MAIN, *INSETS)
        )
        lists = [
            Listed(key, title, tuple(self._entries(key, groups[key][:MOST])), len(groups[key]))
            for key, title in KINDS.items()
        ]
        return Map(
            main,
            tuple(inset for inset in insets if inset.marks),
            tuple(one for one in lists if one.entries),
            tuple((key.rpartition("/")[2], self._words.name(key)) for key in parts),
            bool(main.land),
        )

    def _groups(self) -> dict[str, list[str]]:
        """Return what is shown, by kind."""
        found: dict[str, list[str]] = {key: [] for key in KINDS}
        for iri in self._facts.subjects():
            kind = self._facts.kind(iri)
            group = ""
            if kind == "Railway":
                group = "railways"
            elif kind in _DONE and self._hands_over(iri):
                group = "changes"
            elif iri in self._located.at:
                group = GROUPS.get(kind, "")
            if group and (not self._asked.kind or group == self._asked.kind) and self._fits(iri):
                found[group].append(iri)
        for things in found.values():
            things.sort(key=lambda iri: (self._first(iri), self._words.name(iri)))
        return found

    def _hands_over(self, iri: str) -> bool:
        """Say whether land, or what belongs to land, changes hands: an award and a cheque do not count."""
        return any(
            self._facts.kind(thing) in _LAND or self._facts.of(thing, LOCATION, PT + "of")
            for thing in self._facts.iris(iri, TRANSFERS)
        )

    def _fits(self, iri: str) -> bool:
        if self._asked.part and not any(
            (key := passage_key(graph)) and key.part == self._asked.part for graph in self._lines(iri)
        ):
            return False
        window = self._asked.window
        return window is None or any(bounds.meet(window) for bounds in self._bounds(iri))

    def _lines(self, iri: str) -> list[str]:
        return [
            graph
            for property_ in self._facts.properties(iri)
            for stated in self._facts.of(iri, property_)
            for graph in stated.graphs
            if passage_key(graph)
        ]

    def _bounds(self, iri: str) -> list[Bounds]:
        return sorted(
            {bounds for one in self._facts.iris(iri, PT + "when") if (bounds := span(one)) is not None}
        )

    def _first(self, iri: str) -> str:
        bounds = self._bounds(iri)
        return bounds[0].earliest.isoformat() if bounds else "9999"

    def _entries(self, key: str, things: list[str]) -> Iterable[Entry]:
        for iri in things:
            told = []
            for property_ in _TOLD[key]:
                values = tuple(self._words.link(one) for one in self._facts.iris(iri, property_))
                if values:
                    told.append((self._words.name(property_), values))
            yield Entry(
                self._words.link(iri),
                " / ".join(days(bounds, self._words.language) for bounds in self._bounds(iri)[:3]),
                tuple(told),
                self._words.sources(dict.fromkeys(self._lines(iri))),
                bool(self._located.at.get(iri)),
            )

    def _best_place(self, iri: str) -> str:
        """Return the one place where a thing is marked: the one that most lines name."""
        at = self._located.at[iri]
        named = Counter({one.iri: len(one.graphs) for one in self._facts.of(iri, LOCATION) if one.iri in at})
        return at[max(named, key=lambda place: (named[place], place))] if named else next(iter(at.values()))

    def _spots(self, groups: dict[str, list[str]]) -> list[Spot]:
        """Return the marks: one a place, in the style of the most telling thing there."""
        here: dict[str, _At] = {}
        for style in _STYLES:
            for iri in groups[style]:
                place = self._best_place(iri)
                here.setdefault(place, _At()).things.setdefault(style, []).append(iri)
        spots = []
        for place, point in self._located.points.items():
            kind = self._facts.kind(place)
            things = here[place].things if place in here else {}
            style = next((style for style in _STYLES if things.get(style)), "")
            if kind == _WATERS and style != "battles":
                style = "waters"
            elif kind in _AREAS and style in ("", "events"):
                style = "area"
            if not style:
                continue
            every = [iri for found in things.values() for iri in found]
            name = self._words.name(place)
            told = "; ".join(self._words.name(iri) for iri in every[:6])
            more = f"; … ({len(every)})" if len(every) > 6 else ""
            only = every[0] if len(every) == 1 and style != "area" else place
            href = self._words.link(only).href
            spots.append(Spot(place, point, name, href, f"{name}: {told}{more}" if told else name, style))
        order = ("battles", "posts", "events", "area", "waters")
        return sorted(spots, key=lambda spot: (order.index(spot.style), spot.name))
