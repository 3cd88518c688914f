"""The projection of the map: conic, equal-area, on a sphere, and its fit into a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Longitude and latitude in degrees, east and north positive.
Place = tuple[float, float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Conic:
    """Albers' equal-area conic projection of the unit sphere.

    J. P. Snyder, *Map Projections: A Working Manual* (USGS Professional Paper 1395, 1987), equations 14-1 to
    14-6.

    :param south: the southern standard parallel, in degrees.
    :param north: the northern standard parallel.
    :param longitude: the central meridian.
    :param latitude: the latitude of the origin.
    """

    south: float
    north: float
    longitude: float
    latitude: float

    def __call__(self, place: Place) -> Point:
        """Return where a place lies: across to the east, up to the north, in radii of the sphere.

        >>> x, y = Conic(29.5, 45.5, -96, 23)((-75, 35))
        >>> round(x, 7), round(y, 7)
        (0.295272, 0.2416774)
        """
        phi1, phi2, phi0 = (math.radians(angle) for angle in (self.south, self.north, self.latitude))
        n = (math.sin(phi1) + math.sin(phi2)) / 2
        c = math.cos(phi1) ** 2 + 2 * n * math.sin(phi1)
        rho = math.sqrt(c - 2 * n * math.sin(math.radians(place[1]))) / n
        rho0 = math.sqrt(c - 2 * n * math.sin(phi0)) / n
        theta = n * math.radians(place[0] - self.longitude)
        return rho * math.sin(theta), rho0 - rho * math.cos(theta)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a part of the earth.

    :param projection: how places lie.
    :param scale: units of the picture to a radius of the sphere.
    :param left: what is added to every place across.
    :param top: what is added to every place downwards.
    :param width: of the picture.
    :param height: of the picture.
    :param digits: digits after the point of every number in it.
    """

    projection: Conic
    scale: float
    left: float
    top: float
    width: float
    height: float
    digits: int = 1

    @classmethod
    def around(
        cls, projection: Conic, corners: Iterable[Place], width: float, height: float, digits: int = 1
    ) -> Frame:
        """Return the frame in which some places just fit, in the middle.

        :param projection: how places lie.
        :param corners: the places.
        :param width: of the picture.
        :param height: of the picture.
        :param digits: digits after the point of every number in it.
        """
        points = [projection(place) for place in corners]
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        scale = min(width / (east - west), height / (north - south))
        left = width / 2 - scale * (west + east) / 2
        top = height / 2 + scale * (south + north) / 2
        return cls(projection, scale, left, top, width, height, digits)

    def __call__(self, place: Place) -> Point:
        """Return where a place lies in the picture, across and down."""
        x, y = self.projection(place)
        return round(self.left + self.scale * x, self.digits), round(self.top - self.scale * y, self.digits)

    def shows(self, place: Place) -> bool:
        """Say whether a place lies within the picture.

        :param place: degrees of longitude and latitude.
        """
        x, y = self(place)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def path(self, places: Sequence[Place], *, closed: bool = False) -> str:
        """Return the path of a line or an area, points that coincide once.

        :param places: its corners.
        :param closed: whether it is an area.
        """
        points = list(dict.fromkeys(self(place) for place in places))
        if len(points) < 2:
            return ""
        words = " ".join(f"{x:g} {y:g}" for x, y in points)
        return f"M{words}{'Z' if closed else ''}"

    def area(self, places: Sequence[Place]) -> str:
        """Return the path of an area, cut to what is little more than the picture."""
        points = [self(place) for place in places]
        for axis, limit, keeps_greater in (
            (0, -20.0, True), (0, self.width + 20, False), (1, -20.0, True), (1, self.height + 20, False),
        ):  # fmt: skip
            points = clip(points, axis, limit, keeps_greater=keeps_greater)
        kept = list(dict.fromkeys(points))
        if len(kept) < 3:
            return ""
        return "M" + " ".join(f"{x:g} {y:g}" for x, y in kept) + "Z"


def clip(ring: Sequence[Point], axis: int, limit: float, *, keeps_greater: bool) -> list[Point]:
    """Cut a ring along a line (I. Sutherland and G. Hodgman, *Reentrant Polygon Clipping*, CACM 17, 1974).

    :param ring: its corners.
    :param axis: 0 to cut across, 1 to cut down.
    :param limit: where the line is.
    :param keeps_greater: which side is kept.

    >>> clip([(0, 0), (2, 0), (2, 2), (0, 2)], 0, 1, keeps_greater=True)
    [(1.0, 0.0), (2, 0), (2, 2), (1.0, 2.0)]
    """

    def inside(point: Point) -> bool:
        return point[axis] >= limit if keeps_greater else point[axis] <= limit

    found: list[Point] = []
    for before, point in zip([ring[-1], *ring[:-1]] if ring else [], ring, strict=True):
        if inside(before) != inside(point):
            share = (limit - before[axis]) / (point[axis] - before[axis])
            x, y = (before[i] + share * (point[i] - before[i]) for i in (0, 1))
            found.append((round(x, 2), round(y, 2)))
        if inside(point):
            found.append(point)
    return found


def along_parallel(latitude: float, west: float, east: float, step: float = 0.1) -> list[Place]:
    """Return places along a parallel, so close together that its curve shows.

    >>> along_parallel(50, 142, 142.2)
    [(142.0, 50), (142.1, 50), (142.2, 50)]
    """
    count = round((east - west) / step)
    return [(round(west + number * step, 4), latitude) for number in range(count + 1)]
