"""The geometry of a timeline: a scale of days, two axes, lanes, and marks whose names do not collide."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from portsmouth.dates import Bounds
from portsmouth_server.views.dating import julian

WIDTH: Final = 1200
#: Where the days begin and end; the lanes' names stand before.
LEFT: Final = 150
RIGHT: Final = 1190
ROW: Final = 22
_TOP: Final = 30
_PAD: Final = 9
_GAP: Final = 6
_DOT: Final = 8.0
_LEAST_TICK: Final = 56
_LETTER: Final = 6.5
_THAI: Final = 7.4
_WIDE: Final = 13.0
TITLE_ROW: Final = 16
#: What the letters of a lane's name take of its column, and how much wider they are than others.
_TITLE_MARGIN: Final = 12
_TITLE_WIDER: Final = 1.08
_LONGEST_NAME: Final = 52


@dataclass(frozen=True, slots=True)
class Item:
    """Something to draw in a lane.

    :param name: what is read.
    :param href: where it leads.
    :param title: what a pointer or a screen reader is told.
    :param side: the key of its colour.
    :param spans: first and last day, and whether it fills them.
    :param dispute: where its rival dates are set side by side.
    """

    name: str
    href: str
    title: str
    side: str
    spans: tuple[tuple[Bounds, bool], ...]
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days.

    :param x: where it begins.
    :param width: how long it is.
    :param style: ``day``, ``extent`` or ``between``.
    """

    x: float
    width: float
    style: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An item as drawn.

    :param item: the item.
    :param bars: its spans.
    :param y: the middle of its row.
    :param name: its name, cut to fit.
    :param label_x: where the name stands.
    :param anchor: ``start`` or ``end``.
    :param over: whether the name stands over its bars, since there is no room beside them.
    """

    item: Item
    bars: tuple[Bar, ...]
    y: float
    name: str
    label_x: float
    anchor: str
    over: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as drawn.

    :param key: its key.
    :param title: its name.
    :param side: the key of its colour, empty where it has none.
    :param y: its upper edge.
    :param height: how high it is.
    :param marks: what lies in it.
    """

    key: str
    title: str
    side: str
    y: float
    height: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on an axis.

    :param x: where it stands.
    :param words: what is written there.
    :param major: whether a year begins there.
    """

    x: float
    words: str
    major: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A timeline as drawn.

    :param width: of the picture.
    :param height: of the picture.
    :param left: where the days begin.
    :param lanes: its lanes.
    :param new_style: ticks of the Gregorian axis, at the top.
    :param old_style: ticks of the Julian axis, at the bottom.
    :param bottom: where the lanes end.
    """

    width: float
    height: float
    left: float
    lanes: tuple[Lane, ...]
    new_style: tuple[Tick, ...]
    old_style: tuple[Tick, ...]
    bottom: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Days across the picture.

    :param window: the first and the last day.
    :param left: where the days begin.
    :param right: where they end.
    """

    window: Bounds
    left: float = LEFT
    right: float = RIGHT

    def x(self, day: date, *, end: bool = False) -> float:
        """Return where a day begins, or ends; days beyond the window stand at its edge.

        >>> Scale(Bounds(date(1905, 1, 1), date(1905, 12, 31))).x(date(1904, 1, 1)) == LEFT
        True
        """
        first, last = (day_.toordinal() for day_ in self.window)
        place = min(max(day.toordinal() + end, first), last + 1)
        return round(self.left + (self.right - self.left) * (place - first) / (last + 1 - first), 1)

    @property
    def per_day(self) -> float:
        """Return how wide a day is."""
        return (self.right - self.left) / (
            self.window.latest.toordinal() + 1 - self.window.earliest.toordinal()
        )


def draw(
    lanes: Iterable[tuple[str, str, str, Sequence[Item]]],
    window: Bounds,
    months: Sequence[str],
    width: float = WIDTH,
    left: float = LEFT,
) -> Drawing:
    """Draw a timeline.

    :param lanes: key, name, colour and items of each.
    :param window: the days that are shown.
    :param months: short names of the twelve months.
    :param width: of the picture.
    :param left: where the days begin; the lanes' names stand before.
    """
    scale, y, drawn = Scale(window, left, width - 10), float(_TOP), []
    for key, title, side, items in lanes:
        marks, rows = _pack(items, scale, y + _PAD)
        height = 2 * _PAD + max(ROW * max(rows, 1), TITLE_ROW * title_rows(title, left))
        drawn.append(Lane(key, title, side, y, height, marks))
        y += height + _GAP
    return Drawing(
        width,
        y + _TOP,
        left,
        tuple(drawn),
        tuple(_new_style(scale, months)),
        tuple(_old_style(scale, months)),
        y,
    )


def title_rows(title: str, column: float) -> int:
    """Return how many rows a lane's name takes, which is broken between words; Thai has no spaces there.

    :param title: the name.
    :param column: how wide the column of the names is.

    >>> title_rows("Part 1: newspaper-style article", 150), title_rows("", 150)
    (3, 0)
    """
    room, rows, used = column - _TITLE_MARGIN, 0, 0.0
    for word in title.split():
        wide = _TITLE_WIDER * width_of(word)
        if rows and used + _LETTER + wide <= room:
            used += _LETTER + wide
            continue
        # Where a long word is broken, no row is filled to its end.
        rows += 1 if wide <= room else math.ceil(wide / (0.8 * room))
        used = wide if wide <= room else room
    return rows


def _pack(items: Sequence[Item], scale: Scale, top: float) -> tuple[tuple[Mark, ...], int]:
    """Give each item the first row in which neither its bars nor its name meet another's."""
    taken: list[list[tuple[float, float]]] = []
    marks = []
    for item in sorted(items, key=lambda one: min(one.spans)):
        bars = tuple(_bar(bounds, lasting, scale) for bounds, lasting in item.spans)
        name = item.name if len(item.name) <= _LONGEST_NAME else item.name[: _LONGEST_NAME - 1] + "…"
        begin, end = min(bar.x for bar in bars), max(bar.x + bar.width for bar in bars)
        room = width_of(name) + (18 if item.dispute else 0)
        fits = end + 7 + room <= scale.right + 10
        before = not fits and begin - 7 - room >= scale.left
        # A name that fits neither after nor before its bar is written over it, from where the bar begins.
        x, anchor = (end + 7, "start") if fits else (begin - 7, "end") if before else (begin + 2, "start")
        extent = (begin - 7 - room, end) if before else (begin, max(end, x + room))
        row = next(
            (
                n
                for n, spans in enumerate(taken)
                if all(extent[1] + 10 < a or b + 10 < extent[0] for a, b in spans)
            ),
            len(taken),
        )
        if row == len(taken):
            taken.append([])
        taken[row].append(extent)
        marks.append(Mark(item, bars, top + ROW * row + ROW / 2, name, x, anchor, not (fits or before)))
    return tuple(marks), len(taken)


def _bar(bounds: Bounds, lasting: bool, scale: Scale) -> Bar:
    x, end = scale.x(bounds.earliest), scale.x(bounds.latest, end=True)
    if bounds.earliest == bounds.latest:
        # A day is a point, however narrow the scale.
        middle = (x + end) / 2
        return Bar(round(middle - _DOT / 2, 1), _DOT, "day")
    width = max(end - x, _DOT)
    return Bar(x, round(width, 1), "extent" if lasting else "between")


def width_of(text: str) -> float:
    """Return about how wide a text is in the labels' size; marks above and below letters take no room.

    >>> width_of("ที่") == width_of("ท") > width_of("a")
    True
    """
    letters = [c for c in text if unicodedata.category(c) not in ("Mn", "Me")]
    # Thai letters are wider than Latin ones, and those of Japanese as wide as they are high.
    return sum(_LETTER if c < "\u0e00" else _THAI if c < "\u0e80" else _WIDE for c in letters)


def _steps(scale: Scale) -> tuple[str, int]:
    """Choose how far apart ticks are, so that their words have room."""
    for unit, days, count in (
        ("day", 1, 1), ("day", 7, 7), ("month", 30, 1), ("month", 91, 3), ("year", 365, 1), ("year", 1826, 5),
        ("year", 3652, 10), ("year", 9131, 25), ("year", 18262, 50),
    ):  # fmt: skip
        if days * scale.per_day >= _LEAST_TICK:
            return unit, count
    return "year", 100


def _new_style(scale: Scale, months: Sequence[str]) -> Iterable[Tick]:
    unit, count = _steps(scale)
    for day in _days(scale.window, unit, count):
        yield Tick(scale.x(day), _words(day.year, day.month, day.day, unit, months), _begins_year(day, unit))


def _begins_year(day: date, unit: str) -> bool:
    return unit != "year" and day.month == 1 and (day.day == 1 or (unit == "day" and day.day <= 7))


def _days(window: Bounds, unit: str, count: int) -> Iterable[date]:
    first, last = window
    if unit == "day":
        for number in range(first.toordinal(), last.toordinal() + 1, count):
            yield date.fromordinal(number)
    elif unit == "month":
        number = first.year * 12 + first.month - 1
        number += -number % count
        while number // 12 <= last.year and (day := date(number // 12, number % 12 + 1, 1)) <= last:
            if day >= first:
                yield day
            number += count
    else:
        for year in range(first.year - first.year % count, last.year + 1, count):
            if year > 0 and first <= (day := date(year, 1, 1)) <= last:
                yield day


def _old_style(scale: Scale, months: Sequence[str]) -> Iterable[Tick]:
    """Yield the days on which the same ticks fall in the Julian calendar."""
    unit, count = _steps(scale)
    if unit == "day":
        for day in _days(scale.window, unit, count):
            year, month, number = julian(day)
            yield Tick(scale.x(day), _words(year, month, number, unit, months), False)
        return
    for day in _days(scale.window, unit, count):
        # The tick is where this day of the Julian calendar lies: days later in the Gregorian one.
        shifted = day
        while julian(shifted) < (day.year, day.month, day.day) and shifted < scale.window.latest:
            shifted += timedelta(days=1)
        if julian(shifted) == (day.year, day.month, day.day):
            yield Tick(
                scale.x(shifted), _words(day.year, day.month, day.day, unit, months), _begins_year(day, unit)
            )


def _words(year: int, month: int, day: int, unit: str, months: Sequence[str]) -> str:
    if unit == "year":
        return str(year)
    name = months[month - 1]
    if unit == "day":
        return f"{day} {name}"
    return str(year) if month == 1 else name
