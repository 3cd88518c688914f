"""A thing in time and in space: the small timeline and the small map of its page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from portsmouth.dates import Bounds
from portsmouth.errors import PortsmouthError
from portsmouth.iris import CONCEPT, ID, shorten
from portsmouth.store.protocol import Store
from portsmouth_server.kept import Kept
from portsmouth_server.views.entity.reading import Read
from portsmouth_server.views.facts import ACTORS
from portsmouth_server.views.maps.drawing import SMALL, Spot
from portsmouth_server.views.maps.drawing import Drawing as MapDrawing
from portsmouth_server.views.maps.drawing import draw as draw_map
from portsmouth_server.views.maps.reading import Points, read_points
from portsmouth_server.views.timeline.asked import USUAL
from portsmouth_server.views.timeline.drawing import Drawing, draw
from portsmouth_server.views.timeline.events import (
    Happening,
    has_few,
    read_happenings,
    read_happenings_of,
)
from portsmouth_server.views.timeline.page import item, short_months
from portsmouth_server.views.words import local, read_words

log = logging.getLogger("portsmouth_server")

#: Dated things that a small timeline can show.
MOST: Final = 16
_WIDTH: Final = 820
_LEFT: Final = 70


@dataclass(frozen=True, slots=True)
class Around:
    """The pictures of a thing's page.

    :param timeline: what is dated around it, ``None`` where that is next to nothing.
    :param left_out: dated things for which there was no room.
    :param address: where all of them are.
    :param maps: where it is; nothing where no place is known.
    :param network: where an actor stands in the network of influence; empty where he is in none.
    """

    timeline: Drawing | None = None
    left_out: int = 0
    address: str = ""
    maps: tuple[MapDrawing, ...] = ()
    network: str = ""


class Surroundings:
    """What is dated and located in the present snapshot, read once; much that is dated, as far as it matters.

    :param store: what answers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._happenings = Kept(store, lambda: read_happenings(store))
        self._few = Kept(store, lambda: has_few(store))
        self._located = Kept(store, lambda: read_points(store))

    async def around(self, read: Read) -> Around:
        """Return the pictures of a thing.

        :param read: what was read of it.
        """
        if not read.iri.startswith(ID):
            return Around()
        try:
            near, located = await self._near(read), await self._located.get()
            chosen, window = _chosen(read, near)
            names = {one.iri for one in chosen} | set(_places(read.iri, located))
            words = await read_words(self._store, read.words.urls, read.words.language, names)
        except PortsmouthError as error:
            # The page is worth having without its pictures.
            log.warning("a page goes without its pictures: %s", error)
            return Around()
        read.words.names.update(words.names)
        timeline = _timeline(read, chosen, window) if window else None
        actor = read.facts.kind(read.iri) in ACTORS
        address = read.words.urls.timeline(**({"actor": local(read.iri)} if actor else {}))
        moved = actor and any(arc.label.startswith(CONCEPT) for arc in read.arcs)
        network = read.words.urls.network(values=[("actor", shorten(read.iri))]) if moved else ""
        left_out = len(near) - len(chosen) if timeline else 0
        return Around(timeline, left_out, address, _maps(read, located), network)

    async def _near(self, read: Read) -> list[Happening]:
        around = _next_to(read)
        if await self._few.get():
            return [one for one in await self._happenings.get() if one.iri in around]
        return list(await read_happenings_of(self._store, around))


def _next_to(read: Read) -> set[str]:
    around = {subject for subject, _ in read.facts.pointing(read.iri)} | {read.iri}
    for property_ in read.facts.properties(read.iri):
        around.update(read.facts.iris(read.iri, property_))
    return around


def _chosen(read: Read, near: Sequence[Happening]) -> tuple[list[Happening], Bounds | None]:
    """Choose what is drawn, and the days that are; nothing where there is too little."""
    window = _window([date_.bounds for one in near for date_ in one.dates])
    if window is None or len(near) < 2:
        return [], None
    seen = [one for one in near if any(date_.bounds.meet(window) for date_ in one.dates)]
    # The thing itself first, then what is most exactly dated.
    return sorted(seen, key=lambda one: (one.iri != read.iri, _length(one)))[:MOST], window


def _timeline(read: Read, shown: Sequence[Happening], window: Bounds) -> Drawing:
    items = [
        item(one, [(d.bounds, d.lasting) for d in one.dates if d.bounds.meet(window)], read.words)
        for one in shown
    ]
    lanes = [("around", "", "", items)]
    return draw(lanes, window, short_months(read.words.language), _WIDTH, _LEFT)


def _length(one: Happening) -> timedelta:
    return min(date_.bounds.latest - date_.bounds.earliest for date_ in one.dates)


def _window(spans: Sequence[Bounds]) -> Bounds | None:
    """Return the days to show: those of the war where anything lies in it, with a little room around."""
    if not spans:
        return None
    inside = [met for bounds in spans if (met := bounds.meet(USUAL))]
    chosen = inside or list(spans)
    first, last = min(b.earliest for b in chosen), max(b.latest for b in chosen)
    room = max((last - first).days // 20, 3)
    return Bounds(
        date.fromordinal(max(1, first.toordinal() - room)),
        date.fromordinal(min(date.max.toordinal(), last.toordinal() + room)),
    )


def _places(iri: str, located: Points) -> tuple[str, ...]:
    """Return the places whose points stand for a thing: its own, or those of where it happened."""
    if iri in located.points:
        return (iri,)
    return tuple(dict.fromkeys(located.at.get(iri, {}).values()))


def _maps(read: Read, located: Points) -> tuple[MapDrawing, ...]:
    words = read.words
    spots = [
        Spot(
            place,
            located.points[place],
            words.name(place),
            words.link(place).href,
            words.name(place),
            "battles",
        )
        for place in _places(read.iri, located)
    ]
    drawn = [
        draw_map(frame, spots, words.name, lambda iri: words.link(iri).href, lambda *_: False)
        for frame in SMALL
        if any(frame.shows(spot.place) for spot in spots)
    ]
    return tuple(drawn)
