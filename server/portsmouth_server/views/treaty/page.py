"""From the statements about the treaty to its page, clause by clause; nothing that no statement says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from portsmouth.iris import DCTERMS, EDITORIAL, ID, PASSAGE, PT, SCHEMA, SKOS, passage_key
from portsmouth_server.views.entity.ego import SIDES, side_of
from portsmouth_server.views.facts import Facts, Stated
from portsmouth_server.views.treaty.model import Article, Clause, Demand, Party, Retelling, Slot, Treaty
from portsmouth_server.views.treaty.reading import TREATY, TreatyFacts
from portsmouth_server.views.words import Source, Words, local, passages_of

_PART_OF: Final = DCTERMS + "isPartOf"
_MATCH: Final = SKOS + "closeMatch"
_NOTE: Final = SKOS + "editorialNote"
_KIND: Final = DCTERMS + "type"
_BINDS: Final = PT + "binds"
_BENEFITS: Final = PT + "benefits"
_POSITION: Final = SCHEMA + "position"
_NUMBER: Final = PT + "printedNumber"
#: The part of the page that is the treaty's text.
TEXT: Final = "s3"
#: What a clause says beside who is bound and who benefits, in this order.
SLOTS: Final = (
    PT + "transfers", PT + "from", PT + "to", PT + "limit", PT + "condition", PT + "exception", PT + "about",
    PT + "aim", PT + "via", PT + "mentions", PT + "begins", PT + "ends", PT + "manner", SCHEMA + "location",
    PT + "when", DCTERMS + "language", PT + "prevailingLanguage", PT + "ledTo",
)  # fmt: skip
#: What two tellings of a clause are compared by. What it is about and its manner are the tellers' own words.
_COMPARED: Final = (
    PT + "transfers", PT + "limit", PT + "condition", PT + "exception", PT + "via",
)  # fmt: skip
_OF_TREATY: Final = (
    PT + "party", PT + "signedBy", PT + "ends", PT + "begins", DCTERMS + "language",
    PT + "prevailingLanguage", DCTERMS + "type", PT + "ledTo",
)  # fmt: skip
_NUMERALS: Final = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI",
    "XVII", "XVIII", "XIX", "XX",
)  # fmt: skip


def build(read: TreatyFacts, words: Words, treaty: str = TREATY) -> Treaty:
    """Put together the page of the treaty.

    :param read: the statements.
    :param words: what everything is called.
    :param treaty: its IRI.
    """
    return _Builder(read, words, treaty).treaty()


def numeral(position: str) -> str:
    """Write the place of an article in Roman numerals.

    >>> numeral("9"), numeral("")
    ('IX', '')
    """
    return _NUMERALS[int(position) - 1] if position.isdigit() and 0 < int(position) <= len(_NUMERALS) else ""


class _Builder:
    def __init__(self, read: TreatyFacts, words: Words, treaty: str) -> None:
        self._facts: Facts = read.facts
        self._sides = read.sides
        self._disputed = read.disputed
        self._words = words
        self._treaty = treaty

    def treaty(self) -> Treaty:
        facts = self._facts
        own = [iri for iri in facts.subjects() if facts.kind(iri) == "Article"]
        articles = [self._article(iri) for iri in sorted(own, key=self._order)]
        return Treaty(
            self._words.link(self._treaty),
            self._slots(self._treaty, _OF_TREATY),
            tuple(articles),
            tuple(self._retelling(iri, "") for iri in sorted(self._loose(), key=self._telling_order)),
        )

    def _order(self, iri: str) -> tuple[bool, int, str]:
        position = self._facts.text(iri, _POSITION)
        return not position.isdigit(), int(position) if position.isdigit() else 0, iri

    def _own(self, iri: str) -> bool:
        """Say whether a clause is one of the treaty's own text, and not another part's telling of it."""
        return any(
            (key := passage_key(graph)) and key.part == TEXT
            for stated in self._facts.of(iri, _PART_OF)
            for graph in stated.graphs
        )

    def _clauses_of(self, whole: str) -> list[str]:
        inside = [s for s, p in self._facts.pointing(whole) if p == _PART_OF and self._own(s)]
        return [iri for iri in inside if self._facts.kind(iri) == "Provision"]

    def _first_line(self, iri: str) -> tuple[int, int, str]:
        lines = [
            key.line
            for stated in self._facts.of(iri, _PART_OF)
            for graph in stated.graphs
            if (key := passage_key(graph)) and key.part == TEXT
        ]
        position = self._facts.text(iri, _POSITION)
        return min(lines, default=0), int(position) if position.isdigit() else 0, iri

    def _article(self, iri: str) -> Article:
        clauses = list(self._nested(iri, 0))
        told = [clause for clause in self._matching(iri) if not self._matches_clause(clause, iri)]
        bound = self._states(party for clause in clauses for party in clause.binds)
        benefiting = self._states(party for clause in clauses for party in clause.benefits)
        parts = self._facts.of(iri, _PART_OF, PT + "supplements")
        clause_slots = sum(
            bool(clause.binds_dispute)
            + bool(clause.benefits_dispute)
            + sum(1 for slot in clause.slots if slot.dispute)
            for clause in clauses
        )
        own_slots = sum(1 for subject, _ in self._disputed if subject == iri)
        return Article(
            anchor=local(iri),
            value=self._words.link(iri),
            numeral=numeral(self._facts.text(iri, _POSITION)),
            printed=tuple(
                self._words.value(one.value, self._words.sources(one.graphs))
                for one in self._facts.of(iri, _NUMBER)
            ),
            clauses=tuple(clauses),
            retellings=tuple(self._retelling(clause, "") for clause in sorted(told, key=self._telling_order)),
            demands=tuple(self._demands(iri)),
            notes=tuple(self._notes(iri)),
            sources=tuple(
                source
                for source in self._words.sources(passages_of(parts))
                if source.part and source.key.startswith(TEXT)
            ),
            bound=bound,
            benefiting=benefiting,
            disputes=clause_slots + own_slots,
        )

    def _nested(self, whole: str, depth: int, seen: frozenset[str] = frozenset()) -> Iterable[Clause]:
        for iri in sorted(self._clauses_of(whole), key=self._first_line):
            # A clause may stand in the article and in another clause of it: there it is told once.
            if iri in seen or any(p != whole and p in self._clauses_of(whole) for p in self._wholes(iri)):
                continue
            yield self._clause(iri, depth)
            yield from self._nested(iri, depth + 1, seen | {iri})

    def _wholes(self, iri: str) -> list[str]:
        return self._facts.iris(iri, _PART_OF)

    def _clause(self, iri: str, depth: int) -> Clause:
        told = sorted(self._matching(iri), key=self._telling_order)
        return Clause(
            anchor=local(iri),
            value=self._words.link(iri),
            kinds=tuple(self._words.name(kind) for kind in self._facts.iris(iri, _KIND)),
            binds=self._parties(iri, _BINDS),
            benefits=self._parties(iri, _BENEFITS),
            slots=self._slots(iri, SLOTS),
            binds_dispute=self._conflict(iri, _BINDS),
            benefits_dispute=self._conflict(iri, _BENEFITS),
            retellings=tuple(self._retelling(other, iri) for other in told),
            sources=self._sources(iri),
            depth=depth,
        )

    def _matching(self, iri: str) -> list[str]:
        """Return the clauses of other parts that tell one of the treaty's own."""
        near = [s for s, p in self._facts.pointing(iri) if p == _MATCH]
        near += self._facts.iris(iri, _MATCH)
        return [
            other
            for other in dict.fromkeys(near)
            if self._facts.kind(other) == "Provision" and not self._own(other)
        ]

    def _matches_clause(self, telling: str, article: str) -> bool:
        """Say whether a telling is shown with a clause, so that the article need not show it again."""
        return any(telling in self._matching(clause) for clause in self._every_clause(article))

    def _every_clause(self, whole: str) -> list[str]:
        found = self._clauses_of(whole)
        return found + [deeper for clause in found for deeper in self._every_clause(clause)]

    def _loose(self) -> list[str]:
        """Return clauses of other parts that are near to nothing in the treaty's own text."""
        matched = {
            other
            for iri in self._facts.subjects()
            if self._facts.kind(iri) in ("Article", "Provision") and (self._own(iri) or self._is_article(iri))
            for other in self._matching(iri)
        }
        return [
            iri
            for iri in self._facts.subjects()
            if self._facts.kind(iri) == "Provision" and not self._own(iri) and iri not in matched
        ]

    def _is_article(self, iri: str) -> bool:
        return self._facts.kind(iri) == "Article"

    def _telling_order(self, iri: str) -> tuple[int, int, str]:
        sources = self._sources(iri)
        first = next((source for source in sources if source.part), None)
        return (first.part, first.line, iri) if first else (99, 0, iri)

    def _notes(self, iri: str) -> list[str]:
        """Return what the editors decided, in the reader's language where it is told in that."""
        notes = [one.value for one in self._facts.of(iri, _NOTE)]
        own = [note for note in notes if note.language == self._words.language]
        return [note.value for note in own or notes]

    def _retelling(self, iri: str, own: str) -> Retelling:
        sources = self._sources(iri)
        part = next((source.part for source in sources if source.part), 0)
        silent = [
            self._words.name(p)
            for p in (_BINDS, _BENEFITS, *_COMPARED)
            if own and self._facts.of(own, p) and not self._facts.of(iri, p)
        ]
        slots = [self._compared(slot, iri, own) for slot in self._slots(iri, SLOTS)]
        return Retelling(
            value=self._words.link(iri),
            part=part,
            binds=self._parties(iri, _BINDS),
            benefits=self._parties(iri, _BENEFITS),
            slots=tuple(slots),
            bound_differs=self._other_sides(iri, own, _BINDS),
            benefit_differs=self._other_sides(iri, own, _BENEFITS),
            silent=tuple(silent),
            sources=sources,
        )

    def _compared(self, slot: Slot, iri: str, own: str) -> Slot:
        property_ = next((p for p in _COMPARED if p.endswith("#" + slot.key)), "")
        if not (own and property_):
            return slot
        here, there = set(self._facts.iris(iri, property_)), set(self._facts.iris(own, property_))
        return Slot(slot.key, slot.name, slot.values, slot.dispute, bool(here and not here & there))

    def _other_sides(self, iri: str, own: str, property_: str) -> bool:
        """Say whether a telling names other states: a government and its state are one side."""
        if not own:
            return False
        here, there = ({self._side(x) or x for x in self._facts.iris(o, property_)} for o in (iri, own))
        return bool(here and there) and here != there

    def _parties(self, iri: str, property_: str) -> tuple[Party, ...]:
        return tuple(
            Party(self._words.link(actor), self._side(actor)) for actor in self._facts.iris(iri, property_)
        )

    def _side(self, actor: str) -> str:
        return side_of(self._sides, actor)

    def _states(self, parties: Iterable[Party]) -> tuple[Party, ...]:
        found = {party.side for party in parties if party.side}
        return tuple(Party(self._words.link(ID + side), side) for side in SIDES if side in found)

    def _slots(self, iri: str, properties: Iterable[str]) -> tuple[Slot, ...]:
        found = []
        for property_ in properties:
            stated = self._facts.of(iri, property_)
            if stated:
                found.append(
                    Slot(
                        property_.rpartition("#")[2].rpartition("/")[2],
                        self._words.name(property_),
                        tuple(
                            self._words.value(one.value, self._words.sources(one.graphs)) for one in stated
                        ),
                        self._conflict(iri, property_),
                    )
                )
        return tuple(found)

    def _conflict(self, iri: str, property_: str) -> str:
        disagreement = self._disputed.get((iri, property_), "")
        return (
            self._words.urls.conflict(local(disagreement).removeprefix("disagreement-"))
            if disagreement
            else ""
        )

    def _sources(self, iri: str) -> tuple[Source, ...]:
        """Cite who states a clause, each line with what it says of it."""
        states: dict[str, list[str]] = {}
        for property_ in (_BINDS, _BENEFITS, _KIND, *SLOTS):
            for one in self._facts.of(iri, property_):
                words = f"{self._words.name(property_)}: {self._words.value(one.value).text}"
                for graph in one.graphs:
                    states.setdefault(graph, []).append(words)
        for one in self._facts.of(iri, _PART_OF):
            for graph in one.graphs:
                states.setdefault(graph, [])
        passages = {graph: said for graph, said in states.items() if graph.startswith(PASSAGE)}
        editors = {graph: said for graph, said in states.items() if graph == EDITORIAL and said}
        return self._words.sources([*passages, *editors], states)

    def _demands(self, article: str) -> Iterable[Demand]:
        settled = {
            s
            for whole in (article, *self._every_clause(article))
            for s, p in self._facts.pointing(whole)
            if p == PT + "settledBy"
        }
        for iri in sorted(settled, key=self._demand_order):
            outcomes = self._facts.iris(iri, PT + "outcome")
            told: list[Stated] = [
                one
                for p in self._facts.properties(iri)
                if p != PT + "settledBy"
                for one in self._facts.of(iri, p)
            ]
            graphs = [graph for graph in passages_of(told) if graph.startswith(PASSAGE)]
            yield Demand(
                self._words.link(iri),
                ", ".join(self._words.name(outcome) for outcome in outcomes),
                self._words.sources(graphs),
            )

    def _demand_order(self, iri: str) -> tuple[int, str]:
        graphs = [
            g for p in self._facts.properties(iri) for one in self._facts.of(iri, p) for g in one.graphs
        ]
        parts = [int(key.part[1:]) for graph in graphs if (key := passage_key(graph))]
        return min(parts, default=99), iri
