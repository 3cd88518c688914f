"""An order of all values, for sorting where the engine's own comes to grief.

The engine compares numbers, dates and durations by value, and what it cannot compare so by its text: 2 < 10
by value, 10 < "10a" < 2 by text. Whoever sorts such values goes in a circle; the engine notices, if it does,
and ends its process. So each value is given a *rank*, a string, and the ranks are sorted in its place.

SPARQL 1.1 Query, section 15.1, says that what ``<`` compares is sorted by it, and that unbound comes before
blank nodes, those before IRIs, and those before literals. All else is left open. Here numbers come first,
then truth values, dates and times of each kind, durations, and last all texts, with a language, a datatype or
none.
"""

from __future__ import annotations

import math
import re
import struct
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.iris import XSD

_Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

#: The name of :func:`rank` in a query.
RANK: Final = "urn:x-portsmouth:rank"

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_REAL: Final = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|INF)|NaN")
_DATE: Final = r"(?P<year>-?[0-9]{4,})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME: Final = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}(?:\.[0-9]+)?)"
_ZONE: Final = r"(?:(?P<utc>Z)|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))?"
_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?=[0-9T])(?:(?P<year>[0-9]+)Y)?(?:(?P<month>[0-9]+)M)?(?:(?P<day>[0-9]+)D)?"
    r"(?:T(?=[0-9])(?:(?P<hour>[0-9]+)H)?(?:(?P<minute>[0-9]+)M)?(?:(?P<second>[0-9]+(?:\.[0-9]+)?)S)?)?"
)
#: Characters of a value that is worth computing with; longer ones are texts, to the engine too.
_LONGEST: Final = 350
#: Months from whose beginning durations are counted (XML Schema 1.1 part 2, section 3.3.6.2).
_REFERENCES: Final = ((1696, 9), (1697, 2), (1903, 3), (1903, 7))
_NOT_A_NUMBER: Final = "f" * 48


def rank(term: _Term) -> _Term:
    """Return what stands for a value where values are sorted.

    :param term: a value.
    :return: an IRI or a blank node as it is; for anything else a string, which sorts by its characters.

    >>> terms = [ox.Literal("10a"), ox.Literal(10), ox.Literal(2), ox.Literal(2.5), ox.Literal("10")]
    >>> [term.value for term in sorted(terms, key=lambda term: rank(term).value)]
    ['2', '2.5', '10', '10', '10a']
    """
    return term if isinstance(term, ox.NamedNode | ox.BlankNode) else ox.Literal(order(term))


def order(term: _Term) -> str:
    """Return a string for a value, so that strings sort as the values do, blank nodes and IRIs among them.

    :param term: a value.

    >>> order(ox.NamedNode("http://e/z")) < order(ox.Literal(2)) < order(ox.Literal(10))
    True
    """
    match term:
        case ox.BlankNode():
            return "0" + term.value
        case ox.NamedNode():
            return "1" + term.value
        case ox.Literal():
            return _of_literal(term)
        case _:
            # No character of a term is below the one between them.
            return "Z" + "\0".join(order(part) for part in (term.subject, term.predicate, term.object))


def are_mixed(kinds: Iterable[str]) -> bool:
    """Say whether values of some datatypes are compared in more ways than one, which may go in a circle.

    :param kinds: IRIs of datatypes; whatever else is passed over.

    >>> are_mixed([XSD + "integer", XSD + "double"]), are_mixed([XSD + "integer", XSD + "string"])
    (False, True)
    """
    return len({_READERS[kind][0] if kind in _READERS else "Y" for kind in kinds if ":" in kind}) > 1


def _of_literal(literal: ox.Literal) -> str:
    value, datatype = literal.value, literal.datatype.value
    if datatype in _READERS and len(value) < _LONGEST:
        place, read = _READERS[datatype]
        # What is too large even for a double is too large for the engine, which compares its text.
        with suppress(OverflowError):
            number = read(value)
            if number is not None:
                return place + number
    language, direction = literal.language, literal.direction
    if language is not None:
        return f"Y{value}\0@{language}{f'--{direction}' if direction else ''}"
    return f"Y{value}" if datatype == _STRING else f"Y{value}\0^{datatype}"


def _sortable(number: Fraction | int | float) -> str:
    """Write a number so that texts sort as the numbers do.

    It is written as the nearest double and, in the same way and twice, what that is away from the number.
    """
    if isinstance(number, float) or (-_EXACT < number < _EXACT and isinstance(number, int)):
        return _bits(float(number)) + _NOTHING_MORE
    parts = []
    for _ in range(3):
        near = float(number)
        parts.append(_bits(near))
        number = number - Fraction(near)
    return "".join(parts)


def _bits(number: float) -> str:
    """Write the bits of a double, changed so that they sort as numbers do (IEEE 754-2008, section 3.4)."""
    # There is no zero below zero.
    (bits,) = _WORD.unpack(_DOUBLE.pack(number + 0.0))
    return f"{bits ^ 0xFFFFFFFFFFFFFFFF if bits >> 63 else bits | 1 << 63:016x}"


_WORD: Final = struct.Struct(">Q")
_DOUBLE: Final = struct.Struct(">d")
#: Below this every whole number is a double.
_EXACT: Final = 1 << 53
_NOTHING_MORE: Final = 2 * _bits(0.0)


def _whole(value: str) -> str | None:
    return _sortable(int(value)) if _WHOLE.fullmatch(value) else None


def _decimal(value: str) -> str | None:
    return _sortable(Fraction(value)) if _DECIMAL.fullmatch(value) else None


def _double(value: str) -> str | None:
    if not _REAL.fullmatch(value):
        return None
    return _NOT_A_NUMBER if value == "NaN" else _sortable(float(value))


def _float(value: str) -> str | None:
    if not _REAL.fullmatch(value):
        return None
    if value == "NaN":
        return _NOT_A_NUMBER
    try:
        return _sortable(struct.unpack("f", struct.pack("f", float(value)))[0])
    except OverflowError:
        return _sortable(math.copysign(math.inf, float(value)))


def _truth(value: str) -> str | None:
    return {"false": "0", "0": "0", "true": "1", "1": "1"}.get(value)


def _moments(pattern: str) -> Callable[[str], str | None]:
    """Return what reads dates and times of one form; those that name no zone count as of UTC."""
    form = re.compile(pattern + _ZONE)

    def read(value: str) -> str | None:
        found = form.fullmatch(value)
        if not found:
            return None
        part = {"year": "1972", "month": "12", "day": "1", "hour": "0", "minute": "0", "second": "0"}
        part |= {name: text for name, text in found.groupdict().items() if text is not None}
        year, month, day = int(part["year"]), int(part["month"]), int(part["day"])
        hour, minute = int(part["hour"]), int(part["minute"])
        second = Fraction(part["second"]) if "." in part["second"] else int(part["second"])
        # The calendar repeats itself every 400 years.
        if not 1 <= month <= 12 or not 1 <= day <= monthrange(2000 + year % 400, month)[1]:
            return None
        if minute > 59 or second >= 60 or not (hour < 24 or (hour == 24 and not minute and not second)):
            return None
        moment = (_day(year, month) + day - 1) * 86400 + hour * 3600 + minute * 60 + second
        if "sign" in part:
            away = int(part["zone_hour"]) * 3600 + int(part["zone_minute"]) * 60
            moment += -away if part["sign"] == "+" else away
        return _sortable(moment)

    return read


def _day(year: int, month: int) -> int:
    """Return the number of the first day of a month, of whatever year of the Gregorian calendar.

    The year is let begin in March, so that the day that some years have more is its last.
    """
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5


def _duration(value: str) -> str | None:
    """Rank a duration by what it comes to from the four moments by which durations are compared."""
    found = _DURATION.fullmatch(value)
    if not found:
        return None
    part = {name: Fraction(text or 0) for name, text in found.groupdict().items() if name != "sign"}
    sign = -1 if found["sign"] else 1
    months = sign * int(12 * part["year"] + part["month"])
    seconds = part["day"] * 86400 + part["hour"] * 3600 + part["minute"] * 60 + part["second"]
    days = 0
    for year, month in _REFERENCES:
        later = year * 12 + month - 1 + months
        days += _day(later // 12, later % 12 + 1) - _day(year, month)
    return _sortable(days * 86400 + 4 * sign * seconds)


_STRING: Final = XSD + "string"
_WHOLE_TYPES: Final = (
    "integer", "nonPositiveInteger", "negativeInteger", "nonNegativeInteger", "positiveInteger", "long",
    "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
)  # fmt: skip
#: What reads the values of a datatype, and the character that tells them from values with which ``<`` does
#: not compare them. What is not read is a text.
_READERS: Final[Mapping[str, tuple[str, Callable[[str], str | None]]]] = {
    **{XSD + name: ("A", _whole) for name in _WHOLE_TYPES},
    XSD + "decimal": ("A", _decimal),
    XSD + "double": ("A", _double),
    XSD + "float": ("A", _float),
    XSD + "boolean": ("B", _truth),
    XSD + "dateTime": ("C", _moments(f"{_DATE}T{_TIME}")),
    XSD + "dateTimeStamp": ("C", _moments(f"{_DATE}T{_TIME}")),
    XSD + "date": ("D", _moments(_DATE)),
    XSD + "gYear": ("E", _moments(r"(?P<year>-?[0-9]{4,})")),
    XSD + "gYearMonth": ("F", _moments(r"(?P<year>-?[0-9]{4,})-(?P<month>[0-9]{2})")),
    XSD + "gMonth": ("G", _moments(r"--(?P<month>[0-9]{2})")),
    XSD + "gMonthDay": ("H", _moments(r"--(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")),
    XSD + "gDay": ("I", _moments(r"---(?P<day>[0-9]{2})")),
    XSD + "time": ("J", _moments(_TIME)),
    **{XSD + name: ("K", _duration) for name in ("duration", "yearMonthDuration", "dayTimeDuration")},
}
