"""Marks, arcs, heads and hulls, as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import atan2, cos, hypot, pi, sin
from typing import Final

from portsmouth.networks.picture.style import Line

Point = tuple[float, float]

_HEAD: Final = 8.0


def mark(kind: str, at: Point, radius: float, role: str) -> str:
    """Draw an actor: a circle for a person, a square for a state, a lozenge for any other.

    :param kind: ``person``, ``state`` or ``institution``.
    :param at: where.
    :param radius: how large.
    :param role: its colour.
    """
    x, y = at
    look = f'class="f-{role} s-ground" stroke-width="1.5"'
    if kind == "person":
        return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" {look}/>'
    if kind == "state":
        side = round(radius * 1.8, 1)
        return (
            f'<rect x="{x - side / 2:.4g}" y="{y - side / 2:.4g}" width="{side:g}" height="{side:g}" '
            f'rx="2.5" {look}/>'
        )
    far = round(radius * 1.25, 1)
    corners = ((x, y - far), (x + far, y), (x, y + far), (x - far, y))
    return f'<path d="M{"L".join(map(_at, corners))}Z" {look}/>'


def arc(start: Point, end: Point, bend: float, room: tuple[float, float], line: Line, role: str) -> str:
    """Draw an act as a curve from one mark to another.

    :param start: the middle of the mark from which it goes.
    :param end: the middle of the mark to which it goes.
    :param bend: how far it bends to its left, as a share of its length.
    :param room: the radii of the two marks.
    :param line: how it is drawn.
    :param role: its colour.
    """
    across, down = end[0] - start[0], end[1] - start[1]
    middle = (
        (start[0] + end[0]) / 2 + down * bend,
        (start[1] + end[1]) / 2 - across * bend,
    )
    first = _towards(start, middle, room[0] + 2.5)
    tip = _towards(end, middle, room[1] + 3.5)
    base = _towards(tip, middle, _HEAD * 0.75) if line.head == "filled" else tip
    look = f'class="s-{role}" fill="none" stroke-width="{line.width:g}" stroke-linecap="round"'
    if line.dashes:
        look += f' stroke-dasharray="{line.dashes}"'
    if line.double:
        shifts = (-1.7, 1.7)
        length = hypot(across, down) or 1.0
        away = (down / length, -across / length)
        curves = "".join(
            _curve(_moved(first, away, shift), _moved(middle, away, shift), _moved(base, away, shift), look)
            for shift in shifts
        )
    else:
        curves = _curve(first, middle, base, look)
    return curves + head(line, tip, middle, role)


def head(line: Line, tip: Point, origin: Point, role: str) -> str:
    """Draw what stands at the end of a line.

    :param line: the line.
    :param tip: where it ends.
    :param origin: a point from which it comes.
    :param role: its colour.
    """
    angle = atan2(tip[1] - origin[1], tip[0] - origin[0])
    if line.head == "none":
        return ""
    if line.head == "bar":
        one, other = (
            (tip[0] + 6 * cos(angle + turn), tip[1] + 6 * sin(angle + turn)) for turn in (pi / 2, -pi / 2)
        )
        look = f'class="s-{role}" stroke-width="{line.width + 0.6:g}"'
        return f'<path d="M{_at(one)}L{_at(other)}" {look}/>'
    spread = 0.42 if line.head == "filled" else 0.46
    size = _HEAD + line.width
    wings = [
        (tip[0] - size * cos(angle + turn), tip[1] - size * sin(angle + turn)) for turn in (spread, -spread)
    ]
    if line.head == "filled":
        return f'<path d="M{_at(wings[0])}L{_at(tip)}L{_at(wings[1])}Z" class="f-{role}"/>'
    return (
        f'<path d="M{_at(wings[0])}L{_at(tip)}L{_at(wings[1])}" class="s-{role}" fill="none" '
        f'stroke-width="{max(1.3, line.width):g}" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def hull(points: Iterable[Point], padding: float, role: str) -> str:
    """Draw the faint ground on which those of one side stand.

    :param points: where they stand, and the corners of their names.
    :param padding: how far it reaches beyond them.
    :param role: its colour.
    """
    corners = convex_hull(list(points))
    path = "M" + "L".join(map(_at, corners)) + "Z"
    return (
        f'<path d="{path}" class="f-{role} s-{role}" stroke-width="{2 * padding:g}" '
        'stroke-linejoin="round" opacity="0.085"/>'
    )


def convex_hull(points: Sequence[Point]) -> list[Point]:
    """Return the corners of the convex hull (A. M. Andrew's monotone chain, 1979).

    :param points: points.
    :return: the corners in order.

    >>> convex_hull([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
    [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    halves: list[Point] = []
    for sequence in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for point in sequence:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        halves += chain[:-1]
    return halves


def _turn(one: Point, two: Point, three: Point) -> float:
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])


def _towards(start: Point, end: Point, much: float) -> Point:
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    share = min(much / length, 0.9)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _moved(point: Point, way: Point, much: float) -> Point:
    return point[0] + way[0] * much, point[1] + way[1] * much


def _curve(first: Point, middle: Point, last: Point, look: str) -> str:
    return f'<path d="M{_at(first)}Q{_at(middle)} {_at(last)}" {look}/>'


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
