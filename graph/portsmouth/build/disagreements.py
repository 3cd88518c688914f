"""Where passages fill one slot differently. Nothing is merged and no winner is chosen.

Compared are, subject by subject, the slots that a shape gives one value (``sh:maxCount 1``) and those that
it puts into the group of values compared as sets; besides, dates that one passage prints in two calendars,
and figures. Only passages rival: what an editor adds does not.

A passage that prints a date of a subject but states no span for it takes part with the span that its own
date means (:mod:`portsmouth.build.datings`).

A paraphrase of a treaty's provision has an IRI of its own; where an editor matches it with the provision
(``skos:closeMatch``), what it says of the provision is compared with what the treaty says, state by state: it
may name a state where the treaty names its government, its ruler or its subjects.

Tellings of one event under IRIs of their own, which editors match (``skos:closeMatch``), are compared too,
telling by telling, in the slots with one value. An editor matches what is close, which may still be two acts:
where both say who acted on whom and no state is on both sides of the comparison, nothing is compared. Nor are
demands and tenures: one demand is first refused and granted later, and another office is another tenure.

The kinds, from the strongest: of several in one slot the strongest is told.

``incompatible``  the values cannot both hold
``overlapping``   they share a part, and each has a part that the other lacks
``internal``      one passage alone gives both values, or prints days of two calendars that do not meet
``calendar``      one value read as Old Style is the other read as New Style
``narrower``      one passage names only some of the values that the other names
``refinement``    one value lies inside the other: a day in a month, a town in a region

A figure is an entity of its own, so that amounts never mix; figures of one thing, side, measure and unit
rival when different passages give different amounts. Their disagreement names the figures as its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from itertools import combinations
from math import inf
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad

from portsmouth import iris
from portsmouth.build.datings import Datings, printed_dates
from portsmouth.build.derive import DERIVED_GRAPH
from portsmouth.build.terms import (
    DATE_AS_STATED,
    DERIVED_FROM,
    KIND,
    LANGUAGES,
    PREF_LABEL,
    RDF_TYPE,
    WHEN,
    string,
)
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.dates import (
    Bounds,
    Printed,
    agree,
    gregorian_from_julian,
    read_span,
)
from portsmouth.errors import DateError

Value = NamedNode | Literal
#: What each passage says: its values for one slot.
Accounts = Mapping[NamedNode, frozenset[Value]]

_PART_OF: Final = iris.DCTERMS + "isPartOf"
_CLOSE_MATCH: Final = iris.SKOS + "closeMatch"
_PROVISION: Final = iris.PT + "Provision"
_STATE: Final = iris.PT + "State"
_AMOUNT: Final = NamedNode(iris.PT + "amount")
_SIDE: Final = NamedNode(iris.PT + "side")
_EVENT: Final = iris.PT + "Event"
#: Who did it, and to whom: what tells one act from another.
_ACTORS: Final = tuple(NamedNode(name) for name in (iris.SCHEMA + "agent", iris.PT + "from", iris.PT + "to"))


class Kind(IntEnum):
    """How the values stand to each other, from the weakest to the strongest."""

    REFINEMENT = 1
    NARROWER = 2
    CALENDAR = 3
    INTERNAL = 4
    OVERLAPPING = 5
    INCOMPATIBLE = 6

    @property
    def concept(self) -> NamedNode:
        """The concept of the kind."""
        return NamedNode(iris.CONCEPT + self.name.lower())


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One slot that passages fill differently.

    :param name: what makes its IRI, after the subject's own name.
    :param accounts: what each passage says.
    :param tellings: what else tells of the subject under an IRI of its own and gives a value.
    """

    subject: NamedNode
    slot: NamedNode
    name: str
    kind: Kind
    accounts: Accounts
    tellings: frozenset[NamedNode] = frozenset()

    @property
    def values(self) -> frozenset[Value]:
        """The rival values."""
        return frozenset().union(*self.accounts.values())

    @property
    def iri(self) -> str:
        """The IRI, minted from the slot."""
        subject = re.split("[/#]", self.subject.value)[-1]
        return f"{iris.ID}disagreement-{subject}-{self.name}"


class _Figure(NamedTuple):
    """The slot of a figure: what is counted, on whose side, by what measure and unit."""

    of: str
    side: str
    measure: str
    unit: str


def find_disagreements(
    quads: Collection[Quad], vocabulary: Vocabulary, datings: Datings | None = None
) -> list[Disagreement]:
    """Compare the passages.

    :param quads: the facts: what the passages state, and what editors match with what.
    :param vocabulary: the slots and the class hierarchy.
    :param datings: the spans of passages that date a thing without stating its span.
    :return: the disagreements, sorted by their IRIs.

    >>> from dataclasses import replace
    >>> from portsmouth.build.trig import read_text
    >>> from portsmouth.build.vocabulary import Slot
    >>> quads = read_text('''@prefix p: <https://w3id.org/portsmouth1905/passage/> .
    ... @prefix d: <https://w3id.org/portsmouth1905/id/> .
    ... @prefix pt: <https://w3id.org/portsmouth1905/ns#> .
    ... @prefix t: <https://w3id.org/portsmouth1905/time/> .
    ... p:s5-229 { d:signing pt:when t:1905-08-23--1905-09-05 }
    ... p:s3-201 { d:signing pt:when t:1905-09-05 }''')
    >>> slots = replace(Vocabulary.from_quads([]), single=frozenset({Slot(None, iris.PT + "when")}))
    >>> [(found.iri, found.kind.name) for found in find_disagreements(quads, slots)]
    [('https://w3id.org/portsmouth1905/id/disagreement-signing-when', 'REFINEMENT')]
    """
    comparison = _Comparison(quads, datings or {}, vocabulary)
    found = [*comparison.slots(), *comparison.printed_dates(), *comparison.figures()]
    return sorted(found, key=lambda disagreement: disagreement.iri)


def describe(found: Iterable[Disagreement], labels: Mapping[tuple[str, str], str]) -> Iterator[Quad]:
    """Write disagreements down as quads of g:derived.

    :param found: the disagreements.
    :param labels: labels of subjects and properties by IRI and language.
    """
    for disagreement in found:
        node = NamedNode(disagreement.iri)
        pairs: list[tuple[NamedNode, Value]] = [
            (RDF_TYPE, NamedNode(iris.PT + "Disagreement")),
            (KIND, disagreement.kind.concept),
            (NamedNode(iris.PT + "disputedSubject"), disagreement.subject),
            (NamedNode(iris.PT + "disputedProperty"), disagreement.slot),
        ]
        pairs += [(NamedNode(iris.PT + "disputedValue"), value) for value in disagreement.values]
        pairs += [(NamedNode(iris.PT + "rivalTelling"), telling) for telling in disagreement.tellings]
        pairs += [(DERIVED_FROM, passage) for passage in disagreement.accounts]
        for language in LANGUAGES:
            subject, slot = (
                labels.get((term.value, language), iris.shorten(term.value))
                for term in (disagreement.subject, disagreement.slot)
            )
            pairs.append(
                (
                    PREF_LABEL,
                    string(DISAGREEMENT_LABELS[language].format(subject=subject, slot=slot), language),
                )
            )
        for predicate, value in pairs:
            yield Quad(node, predicate, value, DERIVED_GRAPH)


#: How a disagreement is called, by language.
DISAGREEMENT_LABELS: Final = {
    "en": "Disagreement: {slot} ({subject})",
    "th": "ข้อขัดแย้ง: {slot} ({subject})",
}


class _Comparison:
    def __init__(self, quads: Collection[Quad], datings: Datings, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        stated = [quad for quad in quads if _graph(quad).startswith(iris.PASSAGE)]
        self._classes = vocabulary.classes_of(stated)
        self._accounts: dict[tuple[NamedNode, NamedNode], dict[NamedNode, set[Value]]] = {}
        within: dict[str, set[str]] = {name: set(above) for name, above in vocabulary.broader.items()}
        watched = {slot.property for slot in vocabulary.single | vocabulary.compared} | _ALWAYS
        for quad in stated:
            subject, predicate, value, graph = quad.subject, quad.predicate, quad.object, quad.graph_name
            if not (
                isinstance(subject, NamedNode)
                and isinstance(value, NamedNode | Literal)
                and isinstance(graph, NamedNode)
            ):
                continue
            name = predicate.value
            if name == _PART_OF:
                within.setdefault(subject.value, set()).add(value.value)
            if name in watched:
                self._accounts.setdefault((subject, predicate), {}).setdefault(graph, set()).add(value)
        self._within = within
        matches = self._matches(quads)
        self._paraphrases = self._paraphrases_of_provisions(matches)
        self._supplied = {subject: frozenset(passages) for subject, passages in datings.items()}
        for subject, passages in datings.items():
            for passage, spans in passages.items():
                self._accounts.setdefault((subject, WHEN), {}).setdefault(passage, set()).update(spans)
        self._tellings = self._tellings_of_events(matches)

    def slots(self) -> Iterator[Disagreement]:
        """Compare slot by slot."""
        for (subject, predicate), accounts in self._accounts.items():
            given: Accounts = {passage: frozenset(values) for passage, values in accounts.items()}
            tellings: Mapping[NamedNode, Accounts] = {}
            kind = None
            if self._has(subject, predicate, self._vocabulary.single):
                tellings = self._told(self._tellings.get(subject, ()), predicate)
                own = self._single(given, self._printed_alone(subject, predicate))
                kinds = [own, *(self._rival(given, told) for told in tellings.values())]
                kind = max((kind for kind in kinds if kind), default=None)
                given = _together(given, *tellings.values())
            elif self._has(subject, predicate, self._vocabulary.compared):
                tellings = self._told(self._paraphrases.get(subject, ()), predicate)
                given = self._by_state(given, tellings.values()) if tellings else given
                kind = self._compared(given)
            if kind:
                yield _disagreement(subject, predicate, kind, given, frozenset(tellings))

    def _told(self, tellings: Iterable[NamedNode], predicate: NamedNode) -> dict[NamedNode, Accounts]:
        """Return what other tellings say, those left out that do not fill the slot."""
        return {
            telling: {passage: frozenset(values) for passage, values in accounts.items()}
            for telling in tellings
            if (accounts := self._accounts.get((telling, predicate)))
        }

    def _printed_alone(self, subject: NamedNode, predicate: NamedNode) -> Collection[NamedNode]:
        return self._supplied.get(subject, frozenset()) if predicate == WHEN else frozenset()

    def _rival(self, accounts: Accounts, told: Accounts) -> Kind | None:
        """Compare the values of a slot that has one between two tellings."""
        ones, others = (frozenset().union(*given.values()) for given in (accounts, told))
        return max((self._relate(a, b) for a in ones for b in others if a != b), default=None)

    def _matches(self, quads: Iterable[Quad]) -> list[tuple[NamedNode, NamedNode]]:
        """Return what editors match with what."""
        return [
            (quad.subject, quad.object)
            for quad in quads
            if quad.predicate.value == _CLOSE_MATCH
            and _graph(quad) == iris.EDITORIAL
            and isinstance(quad.subject, NamedNode)
            and isinstance(quad.object, NamedNode)
        ]

    def _paraphrases_of_provisions(
        self, matches: Iterable[tuple[NamedNode, NamedNode]]
    ) -> dict[NamedNode, list[NamedNode]]:
        paraphrases: dict[NamedNode, list[NamedNode]] = {}
        for paraphrase, provision in matches:
            if all(_PROVISION in self._classes.get(one.value, ()) for one in (paraphrase, provision)):
                paraphrases.setdefault(provision, []).append(paraphrase)
        return paraphrases

    def _tellings_of_events(
        self, matches: Iterable[tuple[NamedNode, NamedNode]]
    ) -> dict[NamedNode, list[NamedNode]]:
        """Put every matched pair under the one of the two that has more matches, so that rivals meet.

        Pairs only: what is close to a thing may be far from another that is close to it.
        """
        pairs = {
            (one, other) if one.value < other.value else (other, one)
            for one, other in matches
            if all(_EVENT in self._classes.get(event.value, ()) for event in (one, other))
            and self._may_be_one_act(one, other)
        }
        matched: dict[NamedNode, int] = {}
        for pair in pairs:
            for event in pair:
                matched[event] = matched.get(event, 0) + 1
        tellings: dict[NamedNode, list[NamedNode]] = {}
        for pair in sorted(pairs, key=str):
            subject, telling = sorted(pair, key=lambda event: (-matched[event], event.value))
            tellings.setdefault(subject, []).append(telling)
        return tellings

    def _may_be_one_act(self, one: NamedNode, other: NamedNode) -> bool:
        """Say whether two events name common actors, or no actors, in each part."""
        for part in _ACTORS:
            actors = [
                {value for values in self._accounts.get((event, part), {}).values() for value in values}
                for event in (one, other)
            ]
            if all(actors):
                ones, others = (
                    {state for actor in named for state in (self._states(actor) or {actor})}
                    for named in actors
                )
                if not ones & others:
                    return False
        return True

    def _by_state(self, accounts: Accounts, told: Iterable[Accounts]) -> Accounts:
        """Put what a provision and its paraphrases say together, by the states that they speak of."""
        states: dict[NamedNode, set[Value]] = {}
        for passage, given in ((p, g) for one in (accounts, *told) for p, g in one.items()):
            for value in given:
                # On the side of no state: nothing tells how the other text would name the same actors.
                for state in self._states(value):
                    states.setdefault(passage, set()).add(state)
        return {passage: frozenset(values) for passage, values in states.items()}

    def _states(self, actor: Value) -> set[Value]:
        """Return the states on whose side an actor is, itself if it is one."""
        found: set[Value] = set()
        seen, waiting = {actor}, [actor]
        while waiting:
            one = waiting.pop()
            if _STATE in self._classes.get(one.value, ()):
                found.add(one)
            elif isinstance(one, NamedNode):
                sides = self._accounts.get((one, _SIDE), {}).values()
                above = {value for values in sides for value in values} - seen
                waiting += above
                seen |= above
        return found

    def printed_dates(self) -> Iterator[Disagreement]:
        """Check dates that one passage prints in several calendars against each other."""
        for (subject, predicate), accounts in self._accounts.items():
            if predicate != DATE_AS_STATED:
                continue
            off = {
                passage: frozenset(values)
                for passage, values in accounts.items()
                if _calendars_differ(printed_dates(values))
            }
            if off:
                yield _disagreement(subject, predicate, Kind.INTERNAL, off)

    def figures(self) -> Iterator[Disagreement]:
        """Compare figures of one thing, side, measure and unit."""
        figures: dict[_Figure, dict[NamedNode, frozenset[NamedNode]]] = {}
        for (subject, predicate), accounts in self._accounts.items():
            if predicate == _AMOUNT and (slot := self._figure(subject)):
                figures.setdefault(slot, {})[subject] = frozenset(accounts)
        for slot, quantities in figures.items():
            rivals: dict[NamedNode, Kind] = {}
            for one, other in combinations(sorted(quantities, key=str), 2):
                # One passage that gives two figures counts two things: only different passages rival.
                kind = None if quantities[one] & quantities[other] else self._figures_relate(one, other)
                for quantity in (one, other) if kind else ():
                    rivals[quantity] = max(rivals.get(quantity, Kind.REFINEMENT), kind or Kind.REFINEMENT)
            if rivals:
                yield Disagreement(
                    subject=NamedNode(slot.of),
                    slot=_AMOUNT,
                    name="-".join(_kebab(part) for part in (slot.side, slot.measure, slot.unit) if part),
                    kind=max(rivals.values()),
                    accounts=_by_passage({quantity: quantities[quantity] for quantity in rivals}),
                )

    def _has(
        self, subject: NamedNode, predicate: NamedNode, slots: frozenset[tuple[str | None, str]]
    ) -> bool:
        classes: Iterable[str | None] = (None, *self._classes.get(subject.value, ()))
        return any((name, predicate.value) in slots for name in classes)

    def _single(self, accounts: Accounts, supplied: Collection[NamedNode]) -> Kind | None:
        """Compare the values of a slot that has one: pair by pair, whoever gives them.

        :param supplied: passages whose own values are not set against each other: whether the dates that
            a passage prints meet is another question.
        """
        givers: dict[Value, set[NamedNode]] = {}
        for passage, values in accounts.items():
            for value in values:
                givers.setdefault(value, set()).add(passage)
        kinds = []
        for one, other in combinations(givers, 2):
            kind = self._relate(one, other)
            alone = givers[one] == givers[other] and len(givers[one]) == 1
            if alone and givers[one].issubset(supplied):
                continue
            kinds.append(Kind.INTERNAL if alone and kind >= Kind.OVERLAPPING else kind)
        return max(kinds, default=None)

    def _compared(self, accounts: Accounts) -> Kind | None:
        """Compare the sets that the passages give."""
        sets = set(accounts.values())
        return max((self._relate_sets(one, other) for one, other in combinations(sets, 2)), default=None)

    def _relate_sets(self, one: frozenset[Value], other: frozenset[Value]) -> Kind:
        if one < other or other < one:
            return Kind.NARROWER
        if one & other:
            return Kind.OVERLAPPING
        inside = self._all_inside(one, other) or self._all_inside(other, one)
        return Kind.REFINEMENT if inside else Kind.INCOMPATIBLE

    def _all_inside(self, inner: frozenset[Value], outer: frozenset[Value]) -> bool:
        return all(any(self._inside(value, around) for around in outer) for value in inner)

    def _relate(self, one: Value, other: Value) -> Kind:
        spans = read_span(one.value), read_span(other.value)
        if spans[0] and spans[1]:
            return relate_spans(spans[0], spans[1])
        if self._inside(one, other) or self._inside(other, one):
            return Kind.REFINEMENT
        return Kind.INCOMPATIBLE

    def _inside(self, inner: Value, outer: Value) -> bool:
        """Tell whether a place lies in a place, or a concept below a concept."""
        seen, waiting = {inner.value}, [inner.value]
        while waiting:
            for around in self._within.get(waiting.pop(), ()):
                if around == outer.value:
                    return True
                if around not in seen:
                    seen.add(around)
                    waiting.append(around)
        return False

    def _first(self, subject: NamedNode, name: str) -> str:
        accounts = self._accounts.get((subject, NamedNode(iris.PT + name)), {})
        values = {value.value for given in accounts.values() for value in given}
        return min(values, default="")

    def _figure(self, quantity: NamedNode) -> _Figure | None:
        slot = _Figure(*(self._first(quantity, name) for name in _Figure._fields))
        countable = _NUMBER.fullmatch(self._first(quantity, "amount"))
        return slot if slot.of and slot.measure and countable else None

    def _figures_relate(self, one: NamedNode, other: NamedNode) -> Kind | None:
        return relate_amounts(
            *(Amount(Fraction(self._first(q, "amount")), self._bound(q)) for q in (one, other))
        )

    def _bound(self, quantity: NamedNode) -> str:
        return self._first(quantity, "bound").removeprefix(iris.CONCEPT) or "exactly"


_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ALWAYS: Final = {
    DATE_AS_STATED.value,
    WHEN.value,
    *(iris.PT + name for name in (*_Figure._fields, "amount", "bound")),
    *(actors.value for actors in _ACTORS),
}


class Amount(NamedTuple):
    """A number and how exactly it is meant, by the name of the concept."""

    number: Fraction
    bound: str


def relate_spans(one: Bounds, other: Bounds) -> Kind:
    """Tell how two different time spans stand to each other.

    >>> from datetime import date
    >>> month = Bounds(date(1905, 8, 1), date(1905, 8, 31))
    >>> relate_spans(month, Bounds(date(1905, 8, 23), date(1905, 8, 23))).name
    'REFINEMENT'
    """
    if one.contains(other) or other.contains(one):
        return Kind.REFINEMENT
    if _calendars_part(one, other) or _calendars_part(other, one):
        return Kind.CALENDAR
    return Kind.OVERLAPPING if one.meet(other) else Kind.INCOMPATIBLE


def _calendars_part(old: Bounds, new: Bounds) -> bool:
    """Tell whether one span read as Old Style is the other read as New Style.

    Either may hold both readings, as the span of a date without a calendar does: its later reading
    ends with it, its earlier one begins with it.
    """
    try:
        shifted = _from_old_style(old)
        readings = [shifted]
        if shifted.earliest <= old.latest:
            readings.append(Bounds(shifted.earliest, old.latest))
        both = [Bounds(reading.earliest, _from_old_style(reading).latest) for reading in readings]
        return new in readings or new in both
    except DateError:  # a Gregorian day that the Julian calendar has not
        return False


def _from_old_style(span: Bounds) -> Bounds:
    return Bounds(*(gregorian_from_julian(day.year, day.month, day.day) for day in span))


def relate_amounts(one: Amount, other: Amount) -> Kind | None:
    """Tell how two figures stand to each other; ``None`` where they say the same.

    >>> relate_amounts(Amount(Fraction(70), "moreThan"), Amount(Fraction(75), "exactly")).name
    'REFINEMENT'
    """
    if one == other:
        return None
    ranges = [_RANGES[amount.bound](amount.number) for amount in (one, other) if amount.bound in _RANGES]
    if len(ranges) < 2:
        # How far 'about' reaches is nobody's to say: figures that differ may share a part.
        return Kind.REFINEMENT if one.number == other.number else Kind.OVERLAPPING
    low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
    if low > high:
        return Kind.INCOMPATIBLE
    return Kind.REFINEMENT if (low, high) in ranges else Kind.OVERLAPPING


# Ends of a range of amounts: the number, and whether the end itself is out (1 just above it, -1 just below).
_End = tuple[Fraction | float, int]
_RANGES: Final[Mapping[str, Callable[[Fraction], tuple[_End, _End]]]] = {
    "exactly": lambda number: ((number, 0), (number, 0)),
    "atLeast": lambda number: ((number, 0), (inf, 0)),
    "moreThan": lambda number: ((number, 1), (inf, 0)),
    "upTo": lambda number: ((-inf, 0), (number, 0)),
    "lessThan": lambda number: ((-inf, 0), (number, -1)),
}


def _disagreement(
    subject: NamedNode,
    predicate: NamedNode,
    kind: Kind,
    accounts: Accounts,
    tellings: frozenset[NamedNode] = frozenset(),
) -> Disagreement:
    return Disagreement(subject, predicate, _kebab(predicate.value), kind, accounts, tellings)


def _together(*several: Accounts) -> Accounts:
    together: dict[NamedNode, frozenset[Value]] = {}
    for accounts in several:
        for passage, values in accounts.items():
            together[passage] = together.get(passage, frozenset()) | values
    return together


def _by_passage(givers: Mapping[NamedNode, Iterable[NamedNode]]) -> Accounts:
    accounts: dict[NamedNode, set[Value]] = {}
    for value, passages in givers.items():
        for passage in passages:
            accounts.setdefault(passage, set()).add(value)
    return {passage: frozenset(values) for passage, values in accounts.items()}


def _graph(quad: Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""


def _calendars_differ(printed: Collection[Printed]) -> bool:
    """Tell whether a date agrees with none of those printed beside it in other calendars."""
    for value in printed:
        others = [other for other in printed if other.calendar != value.calendar]
        if others and not any(agree(value, other) for other in others):
            return True
    return False


def _kebab(iri: str) -> str:
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "-", re.split("[/#]", iri)[-1]).lower()
