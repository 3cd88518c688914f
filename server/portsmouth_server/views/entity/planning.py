"""Choosing, before anything is named, which neighbours stand on a page and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portsmouth.iris import PT, SCHEMA
from portsmouth_server.views.dating import span
from portsmouth_server.views.entity.sections import ELSEWHERE, HOLDING, Section, place, rank
from portsmouth_server.views.facts import Facts

#: Neighbours of one section that are shown before the reader asks for all of them.
MOST_CARDS: Final = 12
#: The same on a page of many sections, such as a state's, which would weigh too much for a first view.
MANY_SECTIONS: Final = 15
MOST_CARDS_OF_MANY: Final = 8


@dataclass(frozen=True, slots=True)
class Planned:
    """A section with the neighbours that stand in it.

    :param section: the heading.
    :param cards: the neighbours that are shown, each with the properties that join it.
    :param total: how many there are.
    """

    section: Section
    cards: tuple[tuple[str, tuple[str, ...]], ...]
    total: int


def plan(facts: Facts, iri: str, opened: str = "") -> tuple[Planned, ...]:
    """Sort a thing's neighbours into sections: by their place in an order, by time, by name.

    :param facts: the statements around the thing.
    :param iri: the thing.
    :param opened: the key of the section that is shown whole.

    >>> plan(Facts([]), "http://e/x")
    ()
    """
    sections: dict[Section, list[tuple[str, tuple[str, ...]]]] = {}
    for other, properties in _joined(facts, iri).items():
        kind = facts.kind(other)
        if kind == "Tenure" and facts.of(other, PT + "holds"):
            kind = HOLDING
        if other != iri and kind != "Disagreement":
            section = min((place(p, kind) for p in properties), key=lambda found: rank(found, ""))
            sections.setdefault(section, []).append((other, tuple(properties)))
    own = facts.kind(iri)
    planned = []
    most = MOST_CARDS if len(sections) < MANY_SECTIONS else MOST_CARDS_OF_MANY
    for section in sorted(sections, key=lambda found: rank(found, own)):
        ordered = sorted(sections[section], key=lambda card: _order(facts, card[0]))
        shown = ordered if opened == section.key else ordered[:most]
        planned.append(Planned(section, tuple(shown), len(ordered)))
    return tuple(planned)


def _joined(facts: Facts, iri: str) -> dict[str, list[str]]:
    """Return the neighbours, each with the properties by which it is joined, ``^`` before those from here."""
    joined: dict[str, list[str]] = {}
    for subject, property_ in facts.pointing(iri):
        # A node without a name, such as a part of a shape, has no page to lead to.
        if not subject.startswith("_:"):
            joined.setdefault(subject, []).append(property_)
    for property_ in facts.properties(iri):
        for other in facts.iris(iri, property_):
            if place("^" + property_, facts.kind(other)) is not ELSEWHERE:
                joined.setdefault(other, []).append("^" + property_)
    return joined


def _order(facts: Facts, other: str) -> tuple[bool, int, str, str]:
    position = facts.text(other, SCHEMA + "position")
    days = [bounds for iri in facts.iris(other, PT + "when") if (bounds := span(iri))]
    first = min(days).earliest.isoformat() if days else "9999"
    return not position.isdigit(), int(position) if position.isdigit() else 0, first, other
