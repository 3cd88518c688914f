"""Draws that are the same for the same seed on every machine and under every version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple, TypeVar

from portsmouth.dates import Bounds, Calendar, Printed, implied
from portsmouth.iris import PT

Value = TypeVar("Value")

#: The first day on which something may happen, and over how many days things do.
FIRST_DAY: Final = date(1891, 1, 15)
DAYS: Final = 1800


class Dice:
    """Chance, from a seed; only ``Random.random`` promises the same numbers for ever."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random  # noqa: S311  # a corpus, not a secret

    def chance(self, share: float) -> bool:
        """Tell whether something of a share happens."""
        return self.random() < share

    def below(self, number: int) -> int:
        """Return a whole number from 0 up to, not with, another."""
        return int(self.random() * number)

    def pick(self, values: Sequence[Value]) -> Value:
        """Return one of several."""
        return values[int(self.random() * len(values))]

    def often(self, values: Sequence[Value]) -> Value:
        """Return one of several, those at the beginning far more often, as of few actors much is told."""
        return values[int(self.random() ** 2.5 * len(values))]


class Dating(NamedTuple):
    """When something happens, as one passage has it.

    :param printed: what it prints, as N-Triples.
    :param span: the days that this means.
    :param iri: the time span's IRI, as N-Triples.
    :param supplied: whether an editor supplies the year.
    """

    printed: tuple[str, ...]
    span: Bounds
    iri: str
    supplied: bool = False


def date_about(dice: Dice, when: float) -> date:
    """Return a day.

    :param when: a share of the time that a document tells of.
    """
    drift = (dice.random() + dice.random() - 1) * 90
    return FIRST_DAY + timedelta(int(when * DAYS + drift))


def dated(dice: Dice, day: date, *, year: bool = True) -> Dating:
    """Print a day in one of several calendars, more or less exactly.

    :param dice: chance.
    :param day: the Gregorian day.
    :param year: whether the year must be printed.
    """
    kind = dice.random()
    if kind < 0.30:
        return _day(day, Calendar.GREGORIAN)
    if kind < 0.50:
        return _day(day, Calendar.UNMARKED)
    if kind < 0.62:
        return _day(day, Calendar.JULIAN)
    if kind < 0.70:
        return _both(day)
    if kind < 0.76:
        return _day(day, Calendar.BUDDHIST)
    if kind < 0.80:
        return _day(day, Calendar.MEIJI)
    if kind < 0.92:
        return dated_by_month(day)
    if kind < 0.96 or year:
        return _range(day, dice.pick((2, 6, 20, 45)))
    span, iri = _day(day, Calendar.UNMARKED)[1:3]
    return Dating((_literal(f"XXXX-{day:%m-%d}", Calendar.UNMARKED),), span, iri, supplied=True)


def dated_again(dice: Dice, day: date, rival: bool) -> Dating:
    """Print a day as another passage does: the same day, or where they rival another or only the month."""
    if not rival:
        return _day(day, dice.pick((Calendar.GREGORIAN, Calendar.JULIAN)))
    if dice.chance(0.4):
        return dated_by_month(day)
    return _day(day + timedelta(dice.pick((1, 3, 12, 30))), Calendar.GREGORIAN)


@lru_cache(maxsize=512)
def dated_by_month(day: date) -> Dating:
    """Print the month of a day."""
    return _dating(Printed(f"{day:%Y-%m}", Calendar.GREGORIAN))


@lru_cache(maxsize=20_000)
def _day(day: date, calendar: Calendar) -> Dating:
    if calendar is Calendar.JULIAN:
        # From 1800 to 1900 the Julian calendar is twelve days behind.
        day -= timedelta(12)
    year = {Calendar.BUDDHIST: day.year + 543, Calendar.MEIJI: day.year - 1867}.get(calendar, day.year)
    return _dating(Printed(f"{year:04d}-{day:%m-%d}", calendar))


@lru_cache(maxsize=4096)
def _both(day: date) -> Dating:
    old = day - timedelta(12)
    return _dating(
        Printed(f"{old:%Y-%m-%d}", Calendar.JULIAN), Printed(f"{day:%Y-%m-%d}", Calendar.GREGORIAN)
    )


@lru_cache(maxsize=4096)
def _range(day: date, days: int) -> Dating:
    last = day + timedelta(days)
    return _dating(Printed(f"{day:%Y-%m-%d}/{last:%Y-%m-%d}", Calendar.UNMARKED))


def _dating(*printed: Printed) -> Dating:
    (span,) = implied(printed)
    return Dating(tuple(_literal(*value) for value in printed), span, f"<{span.iri}>")


def _literal(lexical: str, calendar: Calendar) -> str:
    return f'"{lexical}"^^<{PT}{calendar.value}>'
