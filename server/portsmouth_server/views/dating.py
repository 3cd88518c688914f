"""Dates in words: as printed, with the calendar, and as the Gregorian days that they mean."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.dates import Bounds, Calendar, read_span
from portsmouth.dating import as_printed, month, printed

__all__ = ["as_printed", "calendar_of", "days", "julian", "printed", "span"]

_DASH: Final = "–"
#: How years of the Common Era are written where years of another era are as usual; none is turned into the
#: other's: until 1940 a Thai year began in April, and the page itself prints both.
_ERA: Final = {"th": "ค.ศ.\N{NO-BREAK SPACE}"}


def calendar_of(term: Any) -> Calendar | None:
    """Return the calendar of a printed date, ``None`` where the term is none.

    :param term: an RDF term.

    >>> calendar_of(ox.Literal("1905", datatype=ox.NamedNode(Calendar.JULIAN.datatype)))
    <Calendar.JULIAN: 'edtfJulian'>
    """
    return Calendar.from_datatype(term.datatype.value) if isinstance(term, ox.Literal) else None


def span(iri: str) -> Bounds | None:
    """Return the days that a time span's IRI names.

    :param iri: the IRI.
    """
    return read_span(iri)


def days(bounds: Bounds, language: str = "en") -> str:
    r"""Write an interval of Gregorian days as short as it can be said.

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
    >>> days(Bounds(date(1905, 5, 27), date(1905, 5, 28)), "th")
    '27–28 พฤษภาคม ค.ศ.\xa01905'
    """
    first, last = bounds
    if first == last:
        return _day(first, language)
    era = _ERA.get(language, "")
    whole_years = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    if whole_years:
        return era + (f"{first.year}" if first.year == last.year else f"{first.year}{_DASH}{last.year}")
    whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1
    if first.year != last.year:
        return f"{_day(first, language)} {_DASH} {_day(last, language)}"
    if whole_months:
        months = month(first.month, language)
        if first.month != last.month:
            months += f" {_DASH} {month(last.month, language)}"
        return f"{months} {era}{first.year}"
    if first.month == last.month:
        return f"{first.day}{_DASH}{_day(last, language)}"
    return f"{first.day} {month(first.month, language)} {_DASH} {_day(last, language)}"


def julian(day: date) -> tuple[int, int, int]:
    """Return a Gregorian day as year, month and day of the Julian calendar (Old Style).

    The offset is that of E. G. Richards, *Explanatory Supplement to the Astronomical Almanac*, 3rd ed.,
    section 15.11: 12 days from March 1800, 13 from March 1900 (both in the Julian calendar), counted here
    for any century.

    :param day: the Gregorian day.

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


def _day(day: date, language: str) -> str:
    return f"{day.day} {month(day.month, language)} {_ERA.get(language, '')}{day.year}"
