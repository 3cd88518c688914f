"""Which network is asked for, and of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from portsmouth.iris import CONCEPT
from portsmouth.networks.hierarchy import Level
from portsmouth.stance import Stance

Kind = Literal["influence", "signing", "command", "negotiation", "offices"]
#: The networks that can be asked for.
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

#: Outcomes of attempts that moved nobody.
FAILURES: Final = frozenset(CONCEPT + name for name in ("refused", "ignored", "none"))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which network to make, and of what.

    :param kind: one of :data:`KINDS`. ``signing`` joins those who signed one thing, but no delegation with
        its own members; ``negotiation`` those who met at one conference or session for different states: both
        in either direction. ``command`` goes from the head to the body, ``offices`` from the holder to the
        state that he serves or is accredited to.
    :param effects: leave out what was refused, ignored or without effect; an act of which one passage says so
        and another does not stays.
    :param modes: only acts in one of these modes, as IRIs, ``c:funded`` or ``funded``.
    :param outcomes: only acts with one of these outcomes, written likewise.
    :param stances: only acts with one of these stances, written likewise.
    :param since: only acts that may lie on this day or later.
    :param until: only acts that may lie on this day or earlier. Either day leaves undated acts out.
    :param parts: only what these parts of the page say (``s5``), and what editors add to it.
    :param stance: the passages that there are at all: dates, disputes, mentions and who stands for whom are
        what these alone make of them, where ``parts`` only picks acts out of what the whole page tells.
    :param roll_up: whether, and how far, persons stand for their delegations, these for their governments,
        these for their states. One actor that several would stand for stays as it is.

    >>> Selection(modes=("funded",)).modes
    ('funded',)
    """

    kind: Kind = "influence"
    effects: bool = False
    modes: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    stances: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    parts: tuple[str, ...] = ()
    roll_up: Level | None = None
    stance: Stance | None = None

    def as_json(self) -> dict[str, object]:
        """Return what was selected, as JSON has it.

        >>> Selection(modes=("c:funded",), since=date(1905, 8, 1)).as_json()["modes"]
        ['funded']
        """
        return {
            "kind": self.kind,
            "effects": self.effects,
            "modes": [_short(name) for name in self.modes],
            "outcomes": [_short(name) for name in self.outcomes],
            "stances": [_short(name) for name in self.stances],
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "parts": list(self.parts),
            "roll_up": self.roll_up,
            "stance": str(self.stance) if self.stance else None,
        }


def concept(name: str) -> str:
    """Return the IRI of a concept.

    :param name: its IRI, or ``c:funded``, or ``funded``.

    >>> concept("funded") == concept("c:funded") == concept(CONCEPT + "funded")
    True
    """
    return name if "://" in name else CONCEPT + name.removeprefix("c:")


def _short(name: str) -> str:
    return concept(name).removeprefix(CONCEPT)
