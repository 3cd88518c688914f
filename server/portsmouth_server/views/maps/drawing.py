"""The geometry of the map: land, what is drawn by hand, marks, and names that do not collide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from portsmouth_server.views.maps.coast import coast
from portsmouth_server.views.maps.projection import Conic, Frame, Place, Point, along_parallel, clip
from portsmouth_server.views.maps.schematic import (
    CEDED,
    LEASE,
    MANCHURIA,
    PARALLEL,
    PARALLEL_AT,
    RAILWAYS,
    SAKHALIN,
)
from portsmouth_server.views.timeline.drawing import width_of

#: The theatre of the war.
MAIN: Final = Frame.around(
    Conic(33, 52, 131, 42), [(117, 32.5), (147.5, 32.5), (147.5, 54), (117, 54), (131, 32.5)], 1100, 800
)
#: Where the page goes beyond it: the capital in Europe, and the eastern United States.
INSETS: Final = (
    Frame.around(Conic(56, 63, 29, 60), [(21, 56.5), (37, 56.5), (37, 63), (21, 63)], 360, 220),
    Frame.around(
        Conic(38, 45, -73.5, 41), [(-80, 37.6), (-66.5, 37.6), (-66.5, 45.2), (-80, 45.2)], 360, 220
    ),
)
#: The same small, coarse enough to be light, for the pages of things.
SMALL: Final = (
    Frame.around(
        Conic(33, 52, 131, 42), [(117, 32.5), (147.5, 32.5), (147.5, 54), (117, 54), (131, 32.5)], 360, 262, 0
    ),
    Frame.around(Conic(56, 63, 29, 60), [(21, 56.5), (37, 56.5), (37, 63), (21, 63)], 360, 220, 0),
    Frame.around(
        Conic(38, 45, -73.5, 41), [(-80, 37.6), (-66.5, 37.6), (-66.5, 45.2), (-80, 45.2)], 360, 220, 0
    ),
)
_LETTER_HEIGHT: Final = 18.0
_OFFSETS: Final = (
    (12, 4.5, "start"), (-12, 4.5, "end"), (10, -8, "start"), (10, 16, "start"), (-10, -8, "end"),
    (-10, 16, "end"), (0, -14, "middle"), (0, 24, "middle"),
)  # fmt: skip

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """Something to mark at a place.

    :param key: the place's IRI.
    :param place: longitude and latitude.
    :param name: what is written.
    :param href: where it leads.
    :param title: what a pointer or a screen reader is told.
    :param style: ``battles``, ``posts``, ``events``, ``area`` or ``waters``.
    """

    key: str
    place: Place
    name: str
    href: str
    title: str
    style: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot as drawn.

    :param spot: the spot.
    :param x: across.
    :param y: down.
    :param label_x: where its name stands; the name is left out where there is no room.
    :param label_y: the name's baseline.
    :param anchor: ``start``, ``middle``, ``end``, or nothing where the name is left out.
    """

    spot: Spot
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A line or an area as drawn.

    :param path: its path.
    :param style: how it is drawn.
    :param href: where it leads, empty where nowhere.
    :param name: what it is called.
    :param label: where its name is written, if it is.
    """

    path: str
    style: str
    href: str = ""
    name: str = ""
    label: Point | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map as drawn.

    :param width: of the picture.
    :param height: of the picture.
    :param land: path of the land, empty where there is no coastline.
    :param graticule: path of meridians and parallels.
    :param shapes: what is drawn by hand, and what changed hands.
    :param marks: the spots.
    """

    width: float
    height: float
    land: str
    graticule: str
    shapes: tuple[Shape, ...]
    marks: tuple[Mark, ...]


def draw(
    frame: Frame,
    spots: Iterable[Spot],
    name: Callable[[str], str],
    href: Callable[[str], str],
    shown: Callable[[str, str], bool],
) -> Drawing:
    """Draw a map.

    :param frame: what part of the earth.
    :param spots: what is marked, the most important first.
    :param name: what a thing is called.
    :param href: where its page is.
    :param shown: whether something drawn by hand is wanted, by its style and its IRI.
    """
    shapes = tuple(_shapes(frame, name, href, shown)) if frame is MAIN else ()
    return Drawing(
        frame.width,
        frame.height,
        _land(frame),
        _graticule(frame),
        shapes,
        place_names(frame, [spot for spot in spots if frame.shows(spot.place)]),
    )


@lru_cache(maxsize=8)
def _land(frame: Frame) -> str:
    return "".join(frame.area(ring) for ring in coast() if _near(frame, ring))


def _near(frame: Frame, ring: Sequence[Place]) -> bool:
    """Leave out land on the other side of the earth, which the projection would fold into the picture."""
    longitude = ring[0][0] - frame.projection.longitude
    return abs((longitude + 180) % 360 - 180) < 60


def _shapes(
    frame: Frame, name: Callable[[str], str], href: Callable[[str], str], shown: Callable[[str, str], bool]
) -> Iterable[Shape]:
    if shown("region", MANCHURIA.iri):
        yield Shape(
            frame.path(MANCHURIA.places, closed=True), "region", href(MANCHURIA.iri), name(MANCHURIA.iri)
        )
    if shown("changes", LEASE.iri):
        yield Shape(frame.path(LEASE.places, closed=True), "lease", href(LEASE.iri), name(LEASE.iri))
    if shown("changes", CEDED) and (ceded := "".join(frame.area(ring) for ring in ceded_land(coast()))):
        yield Shape(ceded, "ceded", href(CEDED), name(CEDED))
    if shown("changes", PARALLEL):
        line_end = frame((PARALLEL_AT[2] + 0.2, PARALLEL_AT[0]))
        path = frame.path(along_parallel(*PARALLEL_AT))
        yield Shape(path, "parallel", href(PARALLEL), name(PARALLEL), line_end)
    for line in RAILWAYS:
        if shown("railways", line.iri):
            yield Shape(frame.path(line.places), line.style, href(line.iri), name(line.iri))


def ceded_land(rings: Iterable[Sequence[Place]]) -> list[list[Place]]:
    """Return the land of Sakhalin south of the parallel.

    :param rings: the coastline.

    >>> ceded_land([[(142, 49), (143, 49), (143, 51), (142, 51)]])
    [[(142.0, 50.0), (142, 49), (143, 49), (143.0, 50.0)]]
    """
    west, south, east, north = SAKHALIN
    own = [ring for ring in rings if all(west <= x <= east and south <= y <= north for x, y in ring)]
    cut = [clip(ring, 1, PARALLEL_AT[0], keeps_greater=False) for ring in own]
    return [ring for ring in cut if len(ring) > 2]


@lru_cache(maxsize=8)
def _graticule(frame: Frame) -> str:
    centre = frame.projection.longitude
    west, east = int(centre - 60) // 5 * 5, int(centre + 60)
    meridians: list[list[Place]] = [[(x, y / 2) for y in range(40, 160)] for x in range(west, east, 5)]
    parallels: list[list[Place]] = [[(x, y) for x in range(west, east)] for y in range(20, 80, 5)]
    paths = []
    for line in [*meridians, *parallels]:
        seen = [place for place in line if _inside(frame, frame(place))]
        paths.append(frame.path(seen))
    return "".join(paths)


def _inside(frame: Frame, point: Point) -> bool:
    return -40 <= point[0] <= frame.width + 40 and -40 <= point[1] <= frame.height + 40


def place_names(frame: Frame, spots: Sequence[Spot]) -> tuple[Mark, ...]:
    """Give each spot's name a place where it meets neither another name nor another mark.

    :param frame: the picture.
    :param spots: the spots, the most important first.
    :return: the marks; a name for which there is no room is left out, its title stays.
    """
    points = [frame(spot.place) for spot in spots]
    dots: list[Box] = [
        (x - 9, y - 9, x + 9, y + 9)
        for spot, (x, y) in zip(spots, points, strict=True)
        if spot.style not in ("area", "waters")
    ]
    taken: list[Box] = []
    marks = []
    for spot, (x, y) in zip(spots, points, strict=True):
        area = spot.style in ("area", "waters")
        wide = width_of(spot.name) * (1.6 if area else 1.22)
        offsets = ((0.0, 5.0, "middle"), (0.0, 26.0, "middle"), (0.0, -18.0, "middle")) if area else _OFFSETS
        own = (x - 9, y - 9, x + 9, y + 9)
        chosen = (x, y, "")
        for dx, dy, anchor in offsets:
            begin = x + dx - (wide if anchor == "end" else wide / 2 if anchor == "middle" else 0)
            box = (begin, y + dy - _LETTER_HEIGHT + 3, begin + wide, y + dy + 3)
            others = [dot for dot in dots if dot != own or area]
            free = not any(_meet(box, other) for other in (*taken, *others))
            if free and box[0] >= 2 and box[2] <= frame.width - 2 and box[1] >= 0 and box[3] <= frame.height:
                taken.append(box)
                chosen = (round(x + dx, 1), round(y + dy, 1), anchor)
                break
        marks.append(Mark(spot, x, y, *chosen))
    return tuple(marks)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
