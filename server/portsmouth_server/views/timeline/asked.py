"""What a request wants of the timeline, read from its address, so that the address restores the view."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self

from portsmouth.dates import Bounds
from portsmouth.errors import ParameterError
from portsmouth_server.parameters import known_parameters

LANES: Final = ("text", "actor", "kind")
_NAMES: Final = ("lanes", "since", "until", "kind", "part", "actor")
_DAY: Final = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
#: The years of the war: what is shown where nothing is chosen.
USUAL: Final = Bounds(date(1904, 1, 1), date(1905, 12, 31))
_FORM: Final = "a year, month or day such as 1905, 1905-05 or 1905-05-27"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is shown.

    :param window: the days.
    :param lanes: what makes a lane, one of :data:`LANES`.
    :param kind: only things of this class, by its local name.
    :param part: only what this part dates.
    :param actor: only what concerns this actor, by the last part of its IRI.
    """

    window: Bounds = USUAL
    lanes: str = "text"
    kind: str = ""
    part: str = ""
    actor: str = ""

    @classmethod
    def from_address(cls, query_string: bytes) -> Self:
        """Read the parameters of an address.

        :param query_string: what follows the question mark, still percent-encoded.
        :raises ParameterError: a parameter is unknown, given twice or malformed.

        >>> Asked.from_address(b"since=1905-05&until=1905-09").window.latest
        datetime.date(1905, 9, 30)
        """
        values = known_parameters(query_string, _NAMES)
        lanes = values.get("lanes") or "text"
        if lanes not in LANES:
            raise ParameterError(found=f"lanes={lanes[:100]!r}", expected=f"one of {', '.join(LANES)}")
        first = read_days(values.get("since", ""), "since") or USUAL
        last = read_days(values.get("until", ""), "until") or (
            USUAL if first.earliest <= USUAL.latest else Bounds(first.latest, first.latest)
        )
        if first.earliest > last.latest:
            raise ParameterError(
                found=f"since={first.earliest} after until={last.latest}", expected="the earlier one first"
            )
        window = Bounds(first.earliest, last.latest)
        return cls(window, lanes, values.get("kind", ""), values.get("part", ""), values.get("actor", ""))

    def address(self) -> dict[str, str]:
        """Return the parameters that restore this view.

        >>> Asked(lanes="actor").address()
        {'lanes': 'actor'}
        """
        chosen = {"kind": self.kind, "part": self.part, "actor": self.actor}
        if self.lanes != "text":
            chosen["lanes"] = self.lanes
        if self.window != USUAL:
            chosen |= {"since": _short(self.window.earliest, 1), "until": _short(self.window.latest, 31)}
        return {name: value for name, value in chosen.items() if value}

    def moved(self, days: int) -> Self:
        """Return the view moved in time.

        :param days: how many days later; earlier where negative.
        """
        return replace(self, window=_bounded(self.window.earliest, self.window.latest, days, days))

    def zoomed(self, factor: float) -> Self:
        """Return the view of a stretch as many times as long, about the same middle.

        :param factor: how many times as long.

        >>> Asked().zoomed(0.5).window.earliest
        datetime.date(1904, 7, 1)
        """
        length = (self.window.latest - self.window.earliest).days
        change = round(length * (factor - 1) / 2)
        if length + 2 * change < 7:
            return self
        return replace(self, window=_bounded(self.window.earliest, self.window.latest, -change, change))


def _bounded(first: date, last: date, earlier: int, later: int) -> Bounds:
    least, most = date(1, 1, 1).toordinal(), date(9999, 12, 31).toordinal()
    return Bounds(
        date.fromordinal(max(least, first.toordinal() + earlier)),
        date.fromordinal(min(most, last.toordinal() + later)),
    )


def read_days(text: str, name: str) -> Bounds | None:
    """Read a year, a month or a day as the days that it has, ``None`` where there is no text.

    :param text: such as ``1905``, ``1905-05`` or ``1905-05-27``.
    :param name: of the parameter.
    :raises ParameterError: the text is none of these.

    >>> read_days("1905-02", "since").latest
    datetime.date(1905, 2, 28)
    """
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day = int(match["year"]), match["month"], match["day"]
        first = date(year, int(month or 1), int(day or 1))
        if day:
            return Bounds(first, first)
        last_month = int(month or 12)
        return Bounds(first, date(year, last_month, monthrange(year, last_month)[1]))
    except (ValueError, OverflowError):
        raise ParameterError(found=f"{name}={text[:100]!r}", expected=_FORM) from None


def _short(day: date, edge: int) -> str:
    """Write a day as short as it can be read back.

    >>> _short(date(1905, 1, 1), 1), _short(date(1905, 12, 31), 31), _short(date(1905, 9, 5), 31)
    ('1905', '1905', '1905-09-05')
    """
    if (day.month, day.day) == ((1, 1) if edge == 1 else (12, 31)):
        return f"{day.year:04d}"
    whole = day.day == (1 if edge == 1 else monthrange(day.year, day.month)[1])
    if whole:
        return f"{day.year:04d}-{day.month:02d}"
    return day.isoformat()
