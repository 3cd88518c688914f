"""From what was read to what the page of a thing shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.iris import (
    BASE,
    CONCEPT,
    DCTERMS,
    GRAPH,
    ID,
    OA,
    PASSAGE,
    PROV,
    PT,
    RDFS,
    SCHEMA,
    SKOS,
    SPDX,
    TIME,
)
from portsmouth_server.views.dating import calendar_of, days, printed, span
from portsmouth_server.views.entity.ego import lay_out
from portsmouth_server.views.entity.model import Card, Dating, Dispute, Fact, Group, Thing
from portsmouth_server.views.entity.reading import Read
from portsmouth_server.views.entity.sections import ELSEWHERE, Section
from portsmouth_server.views.facts import TYPE, Facts, Stated, iri_of
from portsmouth_server.views.words import N_, Source, Value, local, passages_of

#: Values of one property that a neighbour's card shows.
_MOST_VALUES: Final = 12
_LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")
_SPELLINGS: Final = (SCHEMA + "alternateName", SKOS + "altLabel")
_TEXTS: Final = {
    SKOS + "definition": N_("Definition"),
    RDFS + "comment": N_("Gloss"),
    SKOS + "scopeNote": N_("Scope"),
    SKOS + "example": N_("Example"),
}
_NOTE: Final = SKOS + "editorialNote"
_WHEN: Final = PT + "when"
_STATED: Final = PT + "dateAsStated"
_DERIVED_FROM: Final = PROV + "wasDerivedFrom"
#: The same thing, or one close to it, elsewhere on the web.
_MATCHES: Final = (SKOS + "exactMatch", SKOS + "closeMatch")
#: Properties that say no more than the heading under which they lead.
_PLAIN: Final = frozenset({SCHEMA + "agent", DCTERMS + "isPartOf", PT + "about"})
#: What has a place of its own on the page and is no row of a table of facts.
_APART: Final = frozenset(
    {*_LABELS, *_SPELLINGS, *_TEXTS, *_MATCHES, _NOTE, TYPE, _WHEN, _STATED, _DERIVED_FROM}
)
#: What a neighbour's card leaves to the neighbour's own page.
_OFF_CARDS: Final = _APART | {
    PT + "line", OA + "start", OA + "end",
    SPDX + "checksumValue",
}  # fmt: skip
#: In this order, the others after them by name.
_ORDER: Final = tuple(
    expanded
    for name in (
        "from", "onBehalfOf", "initiatedBy", "via", "to", "schema:agent", "schema:participant", "victor",
        "defeated", "side", "binds", "benefits", "office", "mode", "medium", "stance", "of", "measure",
        "bound", "amount", "unit", "about", "transfers", "limit", "condition", "exception", "aim",
        "inReplyTo", "outcome", "settledBy", "ledTo", "schema:location", "dcterms:type", "manner",
        "certainty",
    )
    for expanded in [
        SCHEMA + name[7:] if name.startswith("schema:") else DCTERMS + name[8:] if ":" in name else PT + name
    ]
)  # fmt: skip
_PLACE: Final = {property_: number for number, property_ in enumerate(_ORDER)}
_KINDS: Final = {
    ID: N_("Thing"), PASSAGE: N_("Passage"), CONCEPT: N_("Concept"), GRAPH: N_("Graph"),
    TIME: N_("Time span"),
}  # fmt: skip


def build(read: Read) -> Thing:
    """Put together the page of a thing.

    :param read: what was read of it.
    """
    page = _Page(read)
    iri, facts, words = read.iri, read.facts, read.words
    classes = [iri_ for iri_ in facts.classes(iri) if iri_.startswith((PT, SKOS))]
    kind = next((kind for base, kind in _KINDS.items() if iri.startswith(base)), N_("Thing"))
    texts = [(heading, page.texts(iri, property_)) for property_, heading in _TEXTS.items()]
    return Thing(
        iri=iri,
        kind=words.name(classes[0]) if classes else kind,
        name=words.name(iri),
        classes=tuple(words.link(class_) for class_ in classes),
        labels=tuple(page.labels()),
        spellings=page.values(iri, *_SPELLINGS),
        texts=tuple((heading, found) for heading, found in texts if found),
        notes=page.notes(iri),
        disputes=tuple(page.disputes()),
        facts=tuple(page.facts(iri, _APART if facts.kind(iri) != "TimeSpan" else _APART - {_DERIVED_FROM})),
        matches=tuple(page.matches()),
        dates=tuple(page.dates()),
        groups=page.groups(),
        statements=tuple(page.statements()),
        cut=read.cut,
        previous=words.link(read.previous) if read.previous else None,
        next=words.link(read.next) if read.next else None,
        ego=lay_out(
            _Both(read.ends, facts), iri, read.arcs, words.name, lambda other: words.link(other).href
        ),
        sources=page.every_source(),
    )


class _Both(Facts):
    """The statements of two readings, the first before the second."""

    def __init__(self, first: Facts, second: Facts) -> None:
        super().__init__()
        self._both = (first, second)

    def of(self, subject: str, *properties: str) -> list[Stated]:
        return next((found for facts in self._both if (found := facts.of(subject, *properties))), [])


class _Page:
    """Turns statements into the parts of one page.

    :param read: what was read.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._facts = read.facts
        self._words = read.words
        self._iri = read.iri

    def values(self, subject: str, *properties: str) -> tuple[Value, ...]:
        """Return the values of some properties, each with its sources."""
        return tuple(self._value(stated) for stated in self._facts.of(subject, *properties))

    def texts(self, subject: str, property_: str) -> tuple[Value, ...]:
        """Return the texts of a property, those in the reader's language first."""
        return tuple(
            sorted(self.values(subject, property_), key=lambda value: (bool(value.lang), value.lang))
        )

    def notes(self, subject: str) -> tuple[Value, ...]:
        """Return what the editors decided, in the reader's language where it is told in that."""
        told = self.texts(subject, _NOTE)
        return tuple(value for value in told if not value.lang) or told

    def _value(self, stated: Stated) -> Value:
        return self._words.value(stated.value, self._words.sources(stated.graphs))

    def labels(self) -> list[Value]:
        """Return the thing's names, one a language, the language always told."""
        found = []
        for stated in self._facts.of(self._iri, *_LABELS):
            if isinstance(stated.value, ox.Literal):
                found.append(Value(stated.value.value, lang=stated.value.language or ""))
        order = ("en", "th", "ru", "ja")
        return sorted(
            found, key=lambda value: (order.index(value.lang) if value.lang in order else 9, value.text)
        )

    def matches(self) -> list[Value]:
        """Return what other data sets call the thing."""
        found = [stated for property_ in _MATCHES for stated in self._facts.of(self._iri, property_)]
        return [self._words.value(one.value) for one in found if one.iri and not one.iri.startswith(BASE)]

    def facts(self, subject: str, but: Iterable[str], facts: Facts | None = None) -> list[Fact]:
        """Return what is said of a thing, a property at a time."""
        facts = facts or self._facts
        left_out = set(but)
        rows = [
            self._fact(subject, property_, facts.of(subject, property_))
            for property_ in sorted(facts.properties(subject), key=self._place)
            if property_ not in left_out
        ]
        return [fact for fact in rows if fact.values]

    def _fact(self, subject: str, property_: str, stated: list[Stated]) -> Fact:
        return Fact(
            self._words.link(property_),
            tuple(self._value(one) for one in stated),
            self._conflict(self._read.disputed.get((subject, property_), "")),
        )

    def _place(self, property_: str) -> tuple[int, str]:
        return _PLACE.get(property_, len(_PLACE)), self._words.name(property_)

    def _conflict(self, disagreement: str) -> str:
        return (
            self._words.urls.conflict(local(disagreement).removeprefix("disagreement-"))
            if disagreement
            else ""
        )

    def dates(self) -> list[Dating]:
        """Return each printed date with the days that its own line means, then the spans of no line."""
        spans = self._facts.of(self._iri, _WHEN)
        used: set[str] = set()
        found = []
        for stated in self._facts.of(self._iri, _STATED):
            fitting = [one.iri for one in spans if self._dates(one, stated)]
            used.update(fitting)
            calendar = calendar_of(stated.value)
            for iri in fitting or [""]:
                found.append(self._dating(stated, calendar.value if calendar else "", iri, stated.graphs))
        found += [self._dating(None, "", one.iri, one.graphs) for one in spans if one.iri not in used]
        return found

    def _dates(self, span_: Stated, date: Stated) -> bool:
        """Say whether a span is what a printed date means: a line gives both, or the span follows from it."""
        said_by = set(span_.graphs) | set(self._facts.iris(span_.iri, _DERIVED_FROM))
        return bool(said_by & set(date.graphs))

    def _dating(self, stated: Stated | None, calendar: str, iri: str, graphs: tuple[str, ...]) -> Dating:
        language = self._words.language
        bounds = span(iri) if iri else None
        return Dating(
            printed(stated.value.value, language) if stated else "",
            calendar,
            days(bounds, language) if bounds else "",
            self._words.link(iri).href if iri else "",
            self._words.sources(graphs),
        )

    def when(self, subject: str) -> str:
        """Return a thing's days in words, nothing where none is known."""
        bounds = {found for iri in self._facts.iris(subject, _WHEN) if (found := span(iri)) is not None}
        words = [days(one, self._words.language) for one in sorted(bounds)]
        return " / ".join(words[:4]) + (" …" if len(words) > 4 else "")

    def groups(self) -> tuple[Group, ...]:
        """Return the neighbours by the heading under which they stand."""
        return tuple(
            Group(
                planned.section.key,
                planned.section.title,
                tuple(self._card(other, properties, planned.section) for other, properties in planned.cards),
                planned.total,
            )
            for planned in self._read.plan
        )

    def _card(self, other: str, properties: tuple[str, ...], section: Section) -> Card:
        kind = self._facts.kind(other)
        wanted = [p for p in self._facts.properties(other) if p not in _OFF_CARDS]
        shown = []
        for property_ in sorted(wanted, key=self._place):
            stated = [one for one in self._facts.of(other, property_) if one.iri != self._iri]
            if stated:
                shown.append(self._told(other, property_, stated[:_MOST_VALUES]))
        roles = [self._words.name(p.lstrip("^")) for p in properties if _tells(section, p)]
        return Card(
            self._words.link(other),
            self._words.name(PT + kind) if kind else "",
            tuple(dict.fromkeys(roles)),
            self.when(other),
            tuple(shown),
            self._card_sources(other, properties),
        )

    def _told(self, other: str, property_: str, stated: list[Stated]) -> Fact:
        """Return a fact of a card, whose sources are cited once below it."""
        return Fact(
            self._words.link(property_),
            tuple(self._words.value(one.value) for one in stated),
            self._conflict(self._read.disputed.get((other, property_), "")),
        )

    def _card_sources(self, other: str, properties: tuple[str, ...]) -> tuple[Source, ...]:
        """Cite the lines that tell of the neighbour, each with what it says."""
        states: dict[str, list[str]] = {}
        own = [p for p in self._facts.properties(other) if p not in _OFF_CARDS or p == _STATED]
        told = [(p, one) for p in sorted(own, key=self._place) for one in self._facts.of(other, p)]
        for property_, one in told:
            words = f"{self._words.name(property_)}: {self._words.value(one.value).text}"
            for graph in one.graphs:
                states.setdefault(graph, []).append(words)
        for property_ in properties:
            if property_.startswith("^"):
                named = ox.NamedNode(other)
                for graph in self._facts.graphs(self._iri, property_[1:], named):
                    states.setdefault(graph, []).append(self._words.name(property_[1:]))
        return self._words.sources(states, states)

    def disputes(self) -> list[Dispute]:
        """Return where passages disagree about the thing, or where this passage disagrees with others."""
        facts, found = self._read.disputes, []
        for subject in facts.subjects():
            if facts.kind(subject) != "Disagreement":
                continue
            about, slot = (
                facts.iris(subject, PT + "disputedSubject"),
                facts.iris(subject, PT + "disputedProperty"),
            )
            kinds = facts.iris(subject, DCTERMS + "type")
            if about and slot:
                found.append(
                    Dispute(
                        self._words.link(subject),
                        self._conflict(subject),
                        self._words.name(kinds[0]) if kinds else "",
                        self._words.link(about[0]),
                        self._words.link(slot[0]),
                        tuple(
                            self._rival(about[0], slot[0], one.value)
                            for one in facts.of(subject, PT + "disputedValue")
                        ),
                    )
                )
        return found

    def _rival(self, subject: str, property_: str, value: Any) -> Value:
        graphs = self._read.disputes.graphs(subject, property_, value)
        if iri_of(value).startswith(TIME):
            # The span is the editors', the date is the passages'.
            own = self._facts.iris(iri_of(value), _DERIVED_FROM)
            graphs = tuple(dict.fromkeys([*own, *graphs]))
        return self._words.value(value, self._words.sources(graphs))

    def statements(self) -> list[Card]:
        """Return what a passage or graph states, a subject at a time."""
        content = self._read.content
        cards = []
        for subject in content.subjects():
            kind = content.kind(subject) or self._facts.kind(subject)
            cards.append(
                Card(
                    self._words.link(subject),
                    self._words.name(PT + kind) if kind else "",
                    facts=tuple(self.facts(subject, {TYPE}, content)),
                )
            )
        return cards

    def every_source(self) -> tuple[Source, ...]:
        """Cite every passage that says something of the thing or with it."""
        own = passages_of(
            one for p in self._facts.properties(self._iri) for one in self._facts.of(self._iri, p)
        )
        node = ox.NamedNode(self._iri)
        into = [
            graph
            for subject, property_ in self._facts.pointing(self._iri)
            for graph in self._facts.graphs(subject, property_, node)
        ]
        return tuple(source for source in self._words.sources([*own, *into]) if source.part)


def _tells(section: Section, property_: str) -> bool:
    """Say whether the heading leaves open how a thing is joined to the page's."""
    return section is ELSEWHERE or (len(section.properties) > 1 and property_ not in (*_PLAIN, section.plain))
