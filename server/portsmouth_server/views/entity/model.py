"""What the page of a thing shows, as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass

from portsmouth_server.views.entity.ego import Ego
from portsmouth_server.views.words import Source, Value


@dataclass(frozen=True, slots=True)
class Fact:
    """The values of one property.

    :param property: its name, with a link to its definition.
    :param values: the values, each with its sources.
    :param dispute: where its rival values are set side by side, empty where passages agree.
    """

    property: Value
    values: tuple[Value, ...]
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A neighbour, with what is said of it.

    :param value: its name and link.
    :param kind: its class, in words.
    :param roles: by which properties it is joined to the thing of the page.
    :param when: its days, in words.
    :param facts: what is said of it.
    :param sources: who says so.
    """

    value: Value
    kind: str
    roles: tuple[str, ...] = ()
    when: str = ""
    facts: tuple[Fact, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbours under a heading.

    :param key: the anchor.
    :param title: the heading; for the translators.
    :param cards: as many as are shown.
    :param total: how many there are.
    """

    key: str
    title: str
    cards: tuple[Card, ...]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.cards)


@dataclass(frozen=True, slots=True)
class Dating:
    """A date as printed, and the days that it means.

    :param printed: the date in its own calendar.
    :param calendar: the calendar's key, such as ``edtfJulian``; empty where only the days are known.
    :param days: the Gregorian days.
    :param span: the address of the span.
    :param sources: who prints or supplies it.
    """

    printed: str
    calendar: str
    days: str
    span: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A slot that passages fill differently.

    :param value: the disagreement.
    :param href: where the rival values are set side by side.
    :param kind: in which way they differ.
    :param subject: of what they speak.
    :param property: the slot.
    :param values: the rival values, each with its sources.
    """

    value: Value
    href: str
    kind: str
    subject: Value
    property: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """All that the page of a thing shows.

    :param iri: the thing.
    :param kind: its class or sort, in words.
    :param name: what it is called in the reader's language.
    :param classes: its classes.
    :param labels: its names in all languages.
    :param spellings: the names as passages print them.
    :param texts: definitions and glosses by heading.
    :param notes: what the editors decided.
    :param disputes: where passages disagree about it.
    :param facts: what is said of it.
    :param matches: what other data sets call it.
    :param dates: when it was, as printed and in Gregorian days.
    :param groups: its neighbours.
    :param statements: of a passage or graph: what it states, by subject.
    :param cut: whether there is more than is shown.
    :param previous: the passage before.
    :param next: the passage after.
    :param ego: who is around it.
    :param point: longitude and latitude, where authority files have them, and what stands there.
    :param sources: every passage that says something of it or with it.
    """

    iri: str
    kind: str
    name: str
    classes: tuple[Value, ...]
    labels: tuple[Value, ...]
    spellings: tuple[Value, ...]
    texts: tuple[tuple[str, tuple[Value, ...]], ...]
    notes: tuple[Value, ...]
    disputes: tuple[Dispute, ...]
    facts: tuple[Fact, ...]
    matches: tuple[Value, ...]
    dates: tuple[Dating, ...]
    groups: tuple[Group, ...]
    statements: tuple[Card, ...]
    cut: bool
    previous: Value | None
    next: Value | None
    ego: Ego | None
    sources: tuple[Source, ...]
