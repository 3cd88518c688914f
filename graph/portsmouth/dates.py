"""Printed dates, typed by their calendar, and the Gregorian days between which they lie.

A printed date is kept as EDTF (ISO 8601-2, levels 1 and 2): ``1905-05-14``, ``1905-05``, ``1905-22``
(a season), ``190X`` (a decade), ``18XX`` (a century), ``XXXX-04-05`` (no year printed), and intervals
of these. ``~`` on both ends of an interval of days marks a part of a month.

The grammar is our own few lines: of the libraries for EDTF, ``edtf`` 5.0 knows one calendar only, takes
an interval that runs backwards, and does not take an open year beside ``~``, so every rule that matters
here would stand around it rather than in it.

The rules of the bounds:

- Julian days become Gregorian by way of the Julian Day Number (E. G. Richards, *Explanatory Supplement
  to the Astronomical Almanac*, 3rd ed., section 15.11.3): 12 days later from March 1800, 13 from March 1900.
- A day, a range of days, a part of a month or a month without a calendar keeps both readings: it
  begins as if Gregorian and ends as if Julian.
- Seasons, years, decades and centuries are Gregorian whatever the calendar. Winter begins in the
  December of the year it is named after.
- A Buddhist year is the Common Era + 543, with January as its first month; its days are as uncertain as
  days without a calendar. A Meiji year n is 1867 + n, from year 6 on, when Japan took the Gregorian days.
- Where the year is not printed there are no bounds: an editor has to supply it.
"""

from __future__ import annotations

import calendar as gregorian
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from portsmouth import iris
from portsmouth.errors import DateError


class Calendar(StrEnum):
    """The calendar in which a date is printed; the value is the local name of its datatype."""

    JULIAN = "edtfJulian"
    GREGORIAN = "edtfGregorian"
    BUDDHIST = "edtfBuddhist"
    MEIJI = "edtfMeiji"
    UNMARKED = "edtfUnmarked"

    @property
    def datatype(self) -> str:
        """The IRI of the datatype.

        >>> Calendar.JULIAN.datatype
        'https://w3id.org/portsmouth1905/ns#edtfJulian'
        """
        return iris.PT + self.value

    @classmethod
    def from_datatype(cls, iri: str) -> Calendar | None:
        """Read the calendar from a datatype's IRI; ``None`` where it names none.

        >>> Calendar.from_datatype("https://w3id.org/portsmouth1905/ns#edtfMeiji")
        <Calendar.MEIJI: 'edtfMeiji'>
        """
        return _BY_DATATYPE.get(iri)


_BY_DATATYPE: Final = {calendar.datatype: calendar for calendar in Calendar}


class Bounds(NamedTuple):
    """The first and the last Gregorian day, both included."""

    earliest: date
    latest: date

    @property
    def iri(self) -> str:
        """The IRI of the time span.

        >>> Bounds(date(1905, 9, 5), date(1905, 9, 5)).iri
        'https://w3id.org/portsmouth1905/time/1905-09-05'
        """
        return iris.time_span(self.earliest.isoformat(), self.latest.isoformat())

    @classmethod
    def from_iri(cls, iri: str) -> Bounds:
        """Read the bounds back from a time span's IRI.

        :raises DateError: the name is not one or two days in order.

        >>> Bounds.from_iri("https://w3id.org/portsmouth1905/time/1905-04-05--1905-04-18").latest
        datetime.date(1905, 4, 18)
        """
        name = iri.removeprefix(iris.TIME)
        match = _SPAN_NAME.fullmatch(name)
        try:
            bounds = (
                cls(date.fromisoformat(match[1]), date.fromisoformat(match[2] or match[1])) if match else None
            )
        except ValueError:
            bounds = None
        if bounds is None:
            raise DateError(f"the time span t:{name}", "t: with one Gregorian day, or two joined by '--'")
        if bounds.earliest > bounds.latest:
            raise DateError(f"the time span t:{name}, which ends before it begins", "the earlier day first")
        if bounds.iri != iri:
            raise DateError(f"the time span t:{name}", iris.shorten(bounds.iri))
        return bounds

    def contains(self, other: Bounds) -> bool:
        """Tell whether the other span lies inside this one.

        >>> year = Bounds(date(1905, 1, 1), date(1905, 12, 31))
        >>> year.contains(Bounds(date(1905, 9, 5), date(1905, 9, 5)))
        True
        """
        return self.earliest <= other.earliest and other.latest <= self.latest

    def meet(self, other: Bounds) -> Bounds | None:
        """Return the days that both spans have, or ``None``.

        >>> day = Bounds(date(1905, 9, 5), date(1905, 9, 5))
        >>> day.meet(Bounds(date(1905, 9, 6), date(1905, 9, 7))) is None
        True
        """
        earliest, latest = max(self.earliest, other.earliest), min(self.latest, other.latest)
        return Bounds(earliest, latest) if earliest <= latest else None


def read_span(iri: str) -> Bounds | None:
    """Return the bounds that a time span's IRI names, or ``None`` where it names none.

    >>> read_span("https://w3id.org/portsmouth1905/time/1905-02-30") is None
    True
    """
    try:
        return Bounds.from_iri(iri)
    except DateError:
        return None


class Printed(NamedTuple):
    """A date as printed: its EDTF form and its calendar."""

    lexical: str
    calendar: Calendar


_SPAN_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:--(\d{4}-\d\d-\d\d))?")
_POINT = re.compile(
    r"(?P<year>XXXX|\d\dXX|\d{3}X|\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?(?P<approximate>~)?", re.ASCII
)
_OPEN: Final = "XXXX"
#: First month of each season by its EDTF code (ISO 8601-2, 4.8): spring, summer, autumn, winter.
_SEASONS: Final = {21: 3, 22: 6, 23: 9, 24: 12}
_FORMS: Final = (
    "EDTF: a day 1905-05-14, a month 1905-05, a season 1905-22, a year 1905, a decade 190X, a century 18XX, "
    "an open year XXXX-05-14, a range 1905-05-14/1905-05-15, a part of a month 1905-05-21~/1905-05-31~"
)
#: Years from one era to the Common Era.
_ERA: Final = {Calendar.BUDDHIST: -543, Calendar.MEIJI: 1867}
_MEIJI_YEARS: Final = range(6, 46)
_BOTH_READINGS: Final = frozenset({Calendar.UNMARKED, Calendar.BUDDHIST})


class _Point(NamedTuple):
    """One end of a printed date, its year already in the Common Era; ``None`` where it is open."""

    year: int | None
    unknown_digits: int
    month: int | None
    day: int | None
    approximate: bool


def gregorian_from_julian(year: int, month: int, day: int) -> date:
    """Convert a day of the Julian calendar by its Julian Day Number.

    :raises DateError: the Julian calendar has no such day, or it lies outside the years 1 to 9999.

    >>> gregorian_from_julian(1905, 5, 14)
    datetime.date(1905, 5, 27)
    """
    if not (1 <= month <= 12 and 1 <= day <= _julian_month_length(year, month)):
        raise DateError(f"the Julian day {year:04}-{month:02}-{day:02}", "a day that the Julian calendar has")
    # March is the first month here, so that the leap day is the last of its year.
    before_march = (14 - month) // 12
    shifted_year, shifted_month = year + 4800 - before_march, month + 12 * before_march - 3
    julian_day = day + (153 * shifted_month + 2) // 5 + 365 * shifted_year + shifted_year // 4 - 32083
    try:
        return date.fromordinal(julian_day - _JULIAN_DAY_OF_ORDINAL_0)
    except (ValueError, OverflowError):
        raise DateError(
            f"the Julian day {year:04}-{month:02}-{day:02}", "a day of the years 1 to 9999"
        ) from None


_JULIAN_DAY_OF_ORDINAL_0: Final = 1721425


def _julian_month_length(year: int, month: int) -> int:
    return 29 if month == 2 and year % 4 == 0 else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def is_edtf(lexical: str, calendar: Calendar) -> bool:
    """Tell whether a printed date is one that :func:`bounds` accepts.

    >>> is_edtf("1905-02-30", Calendar.GREGORIAN)
    False
    """
    try:
        bounds(lexical, calendar)
    except DateError:
        return False
    return True


@lru_cache(maxsize=4096)
def bounds(lexical: str, calendar: Calendar) -> Bounds | None:
    """Return the Gregorian days between which a printed date lies.

    :param lexical: the date in EDTF, in the calendar's own years.
    :param calendar: the calendar in which it is printed.
    :return: the bounds, or ``None`` where the year is not printed.
    :raises DateError: the value is none of the forms, or its calendar has no such day.

    >>> bounds("1905-05-14", Calendar.JULIAN).iri
    'https://w3id.org/portsmouth1905/time/1905-05-27'
    >>> bounds("2447-07", Calendar.BUDDHIST).iri
    'https://w3id.org/portsmouth1905/time/1904-07-01--1904-08-13'
    >>> bounds("XXXX-04-05", Calendar.UNMARKED) is None
    True
    """
    points = [_parse(text, lexical, calendar) for text in lexical.split("/")]
    if len(points) > 2:
        raise _not_edtf(lexical, calendar)
    first, last = points[0], points[-1]
    _check_approximation(points, lexical, calendar)
    if (first.year is None) != (last.year is None):
        raise DateError(_quote(lexical, calendar), "the year on both ends of a range, or on neither")
    if first.year is None:
        for point in points:
            _check_open(point, lexical, calendar)
        return None
    try:
        earliest, latest = _span(first, calendar).earliest, _span(last, calendar).latest
    except (ValueError, OverflowError, DateError):
        raise DateError(_quote(lexical, calendar), "a day, month and year that this calendar has") from None
    if earliest > latest or _order(first) > _order(last):
        raise DateError(f"{_quote(lexical, calendar)}, which ends before it begins", "the earlier end first")
    return Bounds(earliest, latest)


# The calendars stand to each other in every year of the two centuries as in one of these: with and without a
# leap day, and in the years in which their distance grows.
_TELLING_YEARS: Final = (1800, 1803, 1804, 1899, 1900, 1903, 1904)


def agree(first: Printed, second: Printed) -> bool:
    """Tell whether two printed dates can mean the same days.

    Where one year is open it is taken from the other; where both are, any year of the 19th
    or 20th century will do.

    >>> agree(Printed("1905-08-23", Calendar.JULIAN), Printed("1905-09-05", Calendar.GREGORIAN))
    True
    >>> agree(Printed("XXXX-07-26", Calendar.JULIAN), Printed("XXXX-08-09", Calendar.GREGORIAN))
    False
    """
    for one, other in ((first, second), (second, first)):
        if span := bounds(*one):
            return agree_with(other, span)
    # Days of one winter may stand in two years, one by each calendar.
    return any(
        a.meet(b)
        for year in _TELLING_YEARS
        for a in _readings(first, [year])
        for b in _readings(second, [year - 1, year, year + 1])
    )


def agree_with(printed: Printed, span: Bounds) -> bool:
    """Tell whether a printed date can mean days of a span; an open year is taken from the span.

    >>> agree_with(Printed("XXXX-04-05", Calendar.UNMARKED), Bounds(date(1905, 4, 18), date(1905, 4, 18)))
    True
    """
    return any(reading.meet(span) for reading in _readings(printed, _years_of([span])))


def supply_year(printed: Printed, spans: Collection[Bounds]) -> Printed | None:
    """Return a printed date with its open year taken from the spans that it can mean.

    A span that the date equals decides before one that it lies in or around, and that before one
    that it only meets.

    :param printed: a date that :func:`bounds` accepts; one whose year is printed is returned as it is.
    :param spans: where the year may come from.
    :return: the date, or ``None`` where the spans give no year or leave more than one.

    >>> opening = Bounds(date(1905, 8, 9), date(1905, 8, 9))
    >>> supply_year(Printed("XXXX-08-09", Calendar.UNMARKED), [opening]).lexical
    '1905-08-09'
    """
    if _OPEN not in printed.lexical:
        return printed
    closed = list(_with_years(printed, _years_of(spans))) if spans else []
    for fits in (Bounds.__eq__, _inside_or_around, Bounds.meet):
        found = [
            value
            for value in closed
            if (reading := bounds(*value)) and any(fits(reading, span) for span in spans)
        ]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _inside_or_around(one: Bounds, other: Bounds) -> bool:
    return one.contains(other) or other.contains(one)


def _years_of(spans: Collection[Bounds]) -> range:
    # A day late in December of one calendar may be a day of the next year in the other.
    return range(min(span.earliest.year for span in spans) - 1, max(span.latest.year for span in spans) + 2)


def implied(printed: Iterable[Printed]) -> frozenset[Bounds]:
    """Return the spans that follow by rule from the dates that one passage prints of one thing.

    Dates in different calendars that meet say one date together: what they share follows. Any other
    date stands for itself.

    :param printed: dates that :func:`bounds` accepts.

    >>> both = [Printed("1905-08-23", Calendar.JULIAN), Printed("1905-09", Calendar.UNMARKED)]
    >>> [span.iri for span in implied(both)]
    ['https://w3id.org/portsmouth1905/time/1905-09-05']
    """
    spans = {value: span for value in printed if (span := bounds(*value))}
    shared: set[Bounds] = set()
    for value, span in spans.items():
        meetings = {
            meeting
            for other, other_span in spans.items()
            if other.calendar != value.calendar and (meeting := span.meet(other_span))
        }
        shared |= meetings or {span}
    return frozenset(shared)


def _readings(value: Printed, years: Iterable[int]) -> list[Bounds]:
    return [span for closed in _with_years(value, years) if (span := bounds(*closed))]


def _with_years(value: Printed, years: Iterable[int]) -> Iterator[Printed]:
    """Write every year for an open one; a date whose year is printed stays as it is."""
    if _OPEN not in value.lexical:
        yield value
        return
    for year in years:
        closed = value.lexical.replace(_OPEN, f"{year - _ERA.get(value.calendar, 0):04}")
        if is_edtf(closed, value.calendar):  # 29 February is not in every year
            yield Printed(closed, value.calendar)


def _quote(lexical: str, calendar: Calendar) -> str:
    return f'"{lexical}"^^pt:{calendar.value}'


def _not_edtf(lexical: str, calendar: Calendar) -> DateError:
    return DateError(_quote(lexical, calendar), _FORMS)


def _parse(text: str, lexical: str, calendar: Calendar) -> _Point:
    match = _POINT.fullmatch(text)
    if not match:
        raise _not_edtf(lexical, calendar)
    month, day = (int(match[name]) if match[name] else None for name in ("month", "day"))
    unknown = match["year"].count("X")
    is_open = match["year"] == _OPEN
    if (is_open and month is None) or (0 < unknown < 4 and month is not None):
        raise _not_edtf(lexical, calendar)
    if month is not None and not (1 <= month <= 12 or (month in _SEASONS and day is None)):
        raise DateError(_quote(lexical, calendar), "a month 01 to 12, or a season 21 to 24 without a day")
    if is_open:
        return _Point(None, 0, month, day, bool(match["approximate"]))
    printed_year = int(match["year"].replace("X", "0"))
    if calendar is Calendar.MEIJI and (unknown or printed_year not in _MEIJI_YEARS):
        raise DateError(
            _quote(lexical, calendar), "a Meiji year from 0006, the first with Gregorian days, to 0045"
        )
    if calendar in _ERA and unknown:
        raise DateError(
            _quote(lexical, calendar), "a whole year: a decade of this era is none of the Common Era"
        )
    year = printed_year + _ERA.get(calendar, 0)
    if year < 1:
        raise DateError(_quote(lexical, calendar), "a year of the Common Era" + _era_hint(calendar))
    return _Point(year, unknown, month, day, bool(match["approximate"]))


def _era_hint(calendar: Calendar) -> str:
    return ": Buddhist years are 544 and later" if calendar is Calendar.BUDDHIST else ", 0001 or later"


def _check_approximation(points: list[_Point], lexical: str, calendar: Calendar) -> None:
    if not any(point.approximate for point in points):
        return
    first, last = points[0], points[-1]
    whole = len(points) == 2 and all(point.approximate and point.day for point in points)
    if not whole or (first.year, first.month) != (last.year, last.month):
        raise DateError(
            _quote(lexical, calendar),
            "'~' on both days of a part of one month, as in 1905-05-21~/1905-05-31~",
        )


def _check_open(point: _Point, lexical: str, calendar: Calendar) -> None:
    # 2000 is a leap year in both calendars.
    if point.day is not None and not 1 <= point.day <= _julian_month_length(2000, point.month or 1):
        raise DateError(_quote(lexical, calendar), "a day that its month has")


def _order(point: _Point) -> tuple[int, int, int]:
    month = point.month or 0
    return (point.year or 0, _SEASONS.get(month, month), point.day or 0)


def _span(point: _Point, calendar: Calendar) -> Bounds:
    """Return the bounds of one end whose year is known; ``ValueError`` where there is no such day."""
    year = point.year or 0
    if point.month is None:
        return Bounds(date(year, 1, 1), date(year + 10**point.unknown_digits - 1, 12, 31))
    if point.month in _SEASONS:
        start = date(year, _SEASONS[point.month], 1)
        after = date(year + (start.month == 12), (start.month + 2) % 12 + 1, 1)
        return Bounds(start, after - timedelta(days=1))
    if calendar is Calendar.JULIAN:
        return _julian_span(year, point.month, point.day)
    if calendar not in _BOTH_READINGS:
        return _gregorian_span(year, point.month, point.day)
    readings = [span for read in _READINGS if (span := _try(read, year, point.month, point.day))]
    if not readings:
        raise ValueError
    return Bounds(min(span.earliest for span in readings), max(span.latest for span in readings))


def _gregorian_span(year: int, month: int, day: int | None) -> Bounds:
    last = gregorian.monthrange(year, month)[1]
    return Bounds(
        date(year, month, 1 if day is None else day), date(year, month, last if day is None else day)
    )


def _julian_span(year: int, month: int, day: int | None) -> Bounds:
    return Bounds(
        gregorian_from_julian(year, month, 1 if day is None else day),
        gregorian_from_julian(year, month, _julian_month_length(year, month) if day is None else day),
    )


_READINGS: Final[tuple[Callable[[int, int, int | None], Bounds], ...]] = (_gregorian_span, _julian_span)


def _try(
    read: Callable[[int, int, int | None], Bounds], year: int, month: int, day: int | None
) -> Bounds | None:
    """Read a day; 29 February 1900 is a day of the Julian calendar only."""
    try:
        return read(year, month, day)
    except (ValueError, DateError):
        return None
