"""Dates in words: as printed, with the calendar, and as the Gregorian days that they mean."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import pyoxigraph as ox
from babel.dates import get_month_names

from portsmouth.dates import Bounds, Calendar, read_span

__all__ = ["calendar_of", "days", "julian", "printed", "span"]

_POINT: Final = re.compile(r"(?P<year>[0-9X]{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?(?P<about>~)?")
_DASH: Final = "–"


def calendar_of(term: Any) -> Calendar | None:
    """Return the calendar of a printed date, ``None`` where the term is none.

    >>> calendar_of(ox.Literal("1905", datatype=ox.NamedNode(Calendar.JULIAN.datatype)))
    <Calendar.JULIAN: 'edtfJulian'>
    """
    return Calendar.from_datatype(term.datatype.value) if isinstance(term, ox.Literal) else None


def span(iri: str) -> Bounds | None:
    """Return the days that a time span's IRI names."""
    return read_span(iri)


def days(bounds: Bounds, language: str = "en") -> str:
    """Write an interval of Gregorian days as short as it can be said.

    :param bounds: the first and the last day.
    :param language: of the months' names.

    >>> days(Bounds(date(1905, 5, 27), date(1905, 5, 28)))
    '27–28 May 1905'
    >>> days(Bounds(date(1905, 5, 14), date(1905, 6, 10)))
    '14 May – 10 June 1905'
    >>> days(Bounds(date(1905, 1, 1), date(1905, 12, 31))), days(Bounds(date(1904, 1, 1), date(1905, 12, 31)))
    ('1905', '1904–1905')
    >>> days(Bounds(date(1905, 3, 1), date(1905, 3, 31)))
    'March 1905'
    """
    first, last = bounds
    if first == last:
        return _day(first, language)
    whole_years = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    if whole_years:
        return f"{first.year}" if first.year == last.year else f"{first.year}{_DASH}{last.year}"
    whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1
    if first.year != last.year:
        return f"{_day(first, language)} {_DASH} {_day(last, language)}"
    if whole_months:
        months = _month(first.month, language)
        if first.month != last.month:
            months += f" {_DASH} {_month(last.month, language)}"
        return f"{months} {first.year}"
    if first.month == last.month:
        return f"{first.day}{_DASH}{_day(last, language)}"
    return f"{first.day} {_month(first.month, language)} {_DASH} {_day(last, language)}"


def julian(day: date) -> tuple[int, int, int]:
    """Return a Gregorian day as year, month and day of the Julian calendar (Old Style).

    The offset is that of E. G. Richards, *Explanatory Supplement to the Astronomical Almanac*, 3rd ed.,
    section 15.11: 12 days from March 1800, 13 from March 1900 (both in the Julian calendar), counted here
    for any century.

    >>> julian(date(1905, 9, 5)), julian(date(1900, 3, 13)), julian(date(1900, 3, 14))
    ((1905, 8, 23), (1900, 2, 29), (1900, 3, 1))
    """
    # The Julian Day Number of the Gregorian day, read back by the Julian rule.
    number = day.toordinal() + 1721425
    c = number + 32082
    d = (4 * c + 3) // 1461
    e = c - 1461 * d // 4
    m = (5 * e + 2) // 153
    return d - 4800 + m // 10, m + 3 - 12 * (m // 10), e - (153 * m + 2) // 5 + 1


def printed(lexical: str, language: str = "en") -> str:
    """Write an EDTF date as a reader says it, in its own calendar.

    :param lexical: EDTF, as in ``pt:dateAsStated``.
    :param language: of the months' names.

    >>> printed("1905-05-14/1905-05-15"), printed("XXXX-04-05"), printed("1905-22")
    ('14–15 May 1905', '5 April', 'summer 1905')
    >>> printed("18XX"), printed("186X"), printed("XXXX-05-21~/XXXX-05-31~")
    ('1800s', '1860s', 'about 21–31 May')
    >>> printed("0038-09-05"), printed("not a date")
    ('5 September 38', 'not a date')
    """
    first, _, last = lexical.partition("/")
    begin, end = _POINT.fullmatch(first), _POINT.fullmatch(last)
    if begin is None or (last and end is None):
        return lexical
    about = "≈ " if language != "en" else "about "
    mark = about if begin["about"] else ""
    if end is None:
        return mark + _point(begin, language)
    if begin["day"] and begin["month"] == end["month"] and begin["year"] == end["year"]:
        return f"{mark}{int(begin['day'])}{_DASH}{_point(end, language)}"
    if not begin["month"]:
        return f"{mark}{_year(begin['year'])}{_DASH}{_year(end['year'])}"
    return f"{mark}{_point(begin, language)} {_DASH} {_point(end, language)}"


def _point(match: re.Match[str], language: str) -> str:
    year = _year(match["year"])
    if not match["month"]:
        return year
    number = int(match["month"])
    words = _seasons(language)[number] if number > 12 else _month(number, language)
    if match["day"]:
        words = f"{int(match['day'])} {words}"
    return f"{words} {year}".strip()


def _year(text: str) -> str:
    """Write a year: nothing where it is not printed, without the zeros that EDTF puts before."""
    if text == "XXXX":
        return ""
    if "X" in text:
        return text.replace("X", "0") + "s"
    return str(int(text))


@lru_cache(maxsize=64)
def _seasons(language: str) -> dict[int, str]:
    names = {
        "th": ("ฤดูใบไม้ผลิ", "ฤดูร้อน", "ฤดูใบไม้ร่วง", "ฤดูหนาว"),
    }.get(language, ("spring", "summer", "autumn", "winter"))
    return dict(zip(range(21, 25), names, strict=True))


@lru_cache(maxsize=256)
def _month(number: int, language: str) -> str:
    if not 1 <= number <= 12:
        return f"{number:02d}"
    return str(get_month_names("wide", locale=language)[number]) or calendar.month_name[number]


def _day(day: date, language: str) -> str:
    return f"{day.day} {_month(day.month, language)} {day.year}"
