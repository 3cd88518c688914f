"""Recall and precision of the disagreements, on conflicts that a seeded generator puts into the real facts.

Into passages of the page, about things of the page, go sixty conflicts of every kind and sixty pairs of every
sort that only look like one. Every conflict must be found, as what it is; no compatible pair may be called
incompatible; and nothing else may come up that was not there before.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from portsmouth import iris, resources
from portsmouth.build.assemble import documents
from portsmouth.build.datings import find_datings
from portsmouth.build.disagreements import Disagreement, Kind, find_disagreements
from portsmouth.build.facts import Facts
from portsmouth.build.terms import DATE_AS_STATED, RDF_TYPE, WHEN, integer

MANY = 60
EDITORIAL = NamedNode(iris.EDITORIAL)
CLOSE = NamedNode(iris.SKOS + "closeMatch")
Span = tuple[date, date]


def pt(name: str) -> NamedNode:
    return NamedNode(iris.PT + name)


def c(name: str) -> NamedNode:
    return NamedNode(iris.CONCEPT + name)


def d(name: str) -> NamedNode:
    return NamedNode(iris.ID + name)


def t(span: Span) -> NamedNode:
    return NamedNode(iris.time_span(*(day.isoformat() for day in span)))


@cache
def page() -> Facts:
    (facts,) = documents(resources.facts_folder(), resources.ontology_folder())
    return facts


def find(quads: list[Quad]) -> dict[str, Disagreement]:
    found = find_disagreements(quads, page().vocabulary, find_datings(quads))
    return {one.iri: one for one in found}


@dataclass
class World:
    """The facts, and what is put into them."""

    seed: int
    quads: list[Quad] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        facts = page()
        self.passages = [NamedNode(name) for name in sorted(facts.modelled)]
        classes = facts.vocabulary.classes_of(facts.stated)
        # Things of which nobody says when or with what outcome, and which nobody matches with another.
        busy = {
            term.value
            for quad in facts.quads
            if quad.predicate in (WHEN, DATE_AS_STATED, CLOSE, pt("outcome"), pt("commandedBy"))
            for term in (quad.subject, quad.object)
            if isinstance(term, NamedNode)
        }
        free = sorted(name for name in classes if name.startswith(iris.ID) and name not in busy)
        self.random.shuffle(free)
        self.things = iter([NamedNode(name) for name in free])
        actors = {NamedNode(iris.SCHEMA + "agent"), pt("from"), pt("to")}
        self._with_actors = {quad.subject for quad in facts.stated if quad.predicate in actors}

    def act(self) -> NamedNode:
        """Return a thing of which the page names no actors."""
        return next(thing for thing in self.things if thing not in self._with_actors)

    def two(self) -> tuple[NamedNode, NamedNode]:
        one, other = self.random.sample(self.passages, 2)
        return one, other

    def say(
        self, passage: NamedNode, subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal
    ) -> None:
        self.quads.append(Quad(subject, predicate, value, passage))

    def day(self) -> date:
        return date(1904, 2, 1) + timedelta(days=self.random.randrange(500))

    def span(self, least: int, most: int) -> Span:
        first = self.day()
        return first, first + timedelta(days=self.random.randint(least, most))

    def pair(self, predicate: NamedNode, one: NamedNode, other: NamedNode) -> NamedNode:
        """Let two passages give a thing two values."""
        subject = next(self.things)
        for passage, value in zip(self.two(), self.random.sample([one, other], 2), strict=True):
            self.say(passage, subject, predicate, value)
        return subject

    def whens(self, one: Span, other: Span) -> NamedNode:
        return self.pair(WHEN, t(one), t(other))

    def figures(self, *amounts: tuple[int, str]) -> NamedNode:
        """Let passages give figures of one thing."""
        subject = next(self.things)
        number = self.random.randrange(10**9)
        for passage, (amount, bound) in zip(self.two(), amounts, strict=True):
            quantity = d(f"qty-{number}-{amount}-{bound}")
            for name, value in (
                ("of", subject), ("side", d("russia")), ("measure", c("dead")), ("unit", c("person")),
                ("bound", c(bound)), ("amount", integer(amount)),
            ):  # fmt: skip
                self.say(passage, quantity, pt(name), value)
        return subject


# --- Conflicts: each puts one into the world and says of which thing.


def days_apart(world: World) -> NamedNode:
    first = world.span(0, 3)
    # Twelve and thirteen days are a difference of calendars.
    later = first[1] + timedelta(days=world.random.randint(20, 400))
    return world.whens(first, (later, later))


def outcomes(world: World) -> NamedNode:
    return world.pair(pt("outcome"), *map(c, world.random.sample(["accepted", "refused", "ignored"], 2)))


def amounts_apart(world: World) -> NamedNode:
    number = world.random.randint(1000, 90000)
    return world.figures((number, "exactly"), (number + world.random.randint(1, 999), "exactly"))


def below_a_bound(world: World) -> NamedNode:
    number = world.random.randint(1000, 90000)
    return world.figures((number, "moreThan"), (number - world.random.randint(0, 999), "exactly"))


def overlapping_spans(world: World) -> NamedNode:
    first = world.span(20, 40)
    # Shifted by a week, which no calendar does.
    return world.whens(first, (first[0] + timedelta(days=7), first[1] + timedelta(days=7)))


def overlapping_sets(world: World) -> NamedNode:
    subject, (one, other) = next(world.things), world.two()
    for passage, man in ((one, "togo"), (one, "oyama"), (other, "togo"), (other, "kuroki")):
        world.say(passage, subject, pt("commandedBy"), d(man))
    return subject


def narrower_sets(world: World) -> NamedNode:
    subject, (one, other) = next(world.things), world.two()
    for passage, man in ((one, "togo"), (one, "oyama"), (other, "togo")):
        world.say(passage, subject, pt("commandedBy"), d(man))
    return subject


def two_days_in_one_passage(world: World) -> NamedNode:
    subject, passage, day = next(world.things), world.random.choice(world.passages), world.day()
    for value in (day, day + timedelta(days=world.random.randint(20, 90))):
        world.say(passage, subject, WHEN, t((value, value)))
    return subject


def two_calendars_in_one_passage(world: World) -> NamedNode:
    subject, passage, day = next(world.things), world.random.choice(world.passages), world.day()
    other = day + timedelta(days=world.random.choice([11, 14, 15, 20]))
    for value, calendar in ((day, "edtfJulian"), (other, "edtfGregorian")):
        world.say(passage, subject, DATE_AS_STATED, Literal(value.isoformat(), datatype=pt(calendar)))
    return subject


def old_beside_new_style(world: World) -> NamedNode:
    day = world.day()
    new = day + timedelta(days=13)
    return world.whens((day, day), (new, new))


def day_in_a_month(world: World) -> NamedNode:
    span = world.span(20, 60)
    day = span[0] + timedelta(days=world.random.randint(1, 19))
    return world.whens(span, (day, day))


def rank_below_a_rank(world: World) -> NamedNode:
    return world.pair(pt("office"), c("envoy"), c("ambassador"))


def rival_tellings(world: World) -> NamedNode:
    one, other = sorted((world.act(), world.act()), key=str)
    for event in (one, other):
        world.say(world.random.choice(world.passages), event, RDF_TYPE, pt("Event"))
    day, (here, there) = world.day(), world.two()
    later = day + timedelta(days=world.random.randint(20, 400))
    world.say(here, one, WHEN, t((day, day)))
    world.say(there, other, WHEN, t((later, later)))
    world.quads.append(Quad(one, CLOSE, other, EDITORIAL))
    return one


CONFLICTS: dict[Kind, list[Callable[[World], NamedNode]]] = {
    Kind.INCOMPATIBLE: [days_apart, outcomes, amounts_apart, below_a_bound, rival_tellings],
    Kind.OVERLAPPING: [overlapping_spans, overlapping_sets],
    Kind.INTERNAL: [two_days_in_one_passage, two_calendars_in_one_passage],
    Kind.CALENDAR: [old_beside_new_style],
    Kind.NARROWER: [narrower_sets],
    Kind.REFINEMENT: [day_in_a_month, rank_below_a_rank],
}


def injected(world: World, makers: list[Callable[[World], NamedNode]]) -> Iterator[NamedNode]:
    for number in range(MANY):
        yield makers[number % len(makers)](world)


@pytest.mark.parametrize("seed", [1905, 1907])
def test_every_injected_conflict_is_found_as_what_it_is(seed: int) -> None:
    before = find(list(page().quads))
    missed, wrong, counts = [], [], Counter[str]()
    for kind, makers in CONFLICTS.items():
        world = World(seed + kind)
        subjects = list(injected(world, makers))
        after = find([*page().quads, *world.quads])
        new = {one.subject: one for name, one in after.items() if name not in before}
        for subject in subjects:
            if subject not in new:
                missed.append((kind.name, subject.value))
            elif new[subject].kind is not kind:
                wrong.append((kind.name, new[subject].kind.name, subject.value))
            else:
                counts[kind.name] += 1
        assert set(new) == set(subjects), "something came up that nobody put there"
        assert all(after[name].kind is one.kind for name, one in before.items())
    print(dict(counts))
    assert (missed, wrong) == ([], [])
    assert counts == {kind.name: MANY for kind in Kind}


# --- Pairs that only look like conflicts.


def same_day_in_two_styles(world: World) -> NamedNode:
    subject, day = next(world.things), world.day()
    old = day - timedelta(days=13)
    printed = ((old, "edtfJulian"), (day, "edtfGregorian"))
    for passage, (value, calendar) in zip(world.two(), printed, strict=True):
        world.say(passage, subject, DATE_AS_STATED, Literal(value.isoformat(), datatype=pt(calendar)))
        world.say(passage, subject, WHEN, t((day, day)))
    return subject


def same_day_in_two_styles_by_an_editors_year(world: World) -> NamedNode:
    subject, day = next(world.things), date(1905, 7, 1) + timedelta(days=world.random.randrange(90))
    old = day - timedelta(days=13)
    for passage, (value, calendar) in zip(
        world.two(), ((old, "edtfJulian"), (day, "edtfGregorian")), strict=True
    ):
        text = f"XXXX-{value.month:02d}-{value.day:02d}"
        world.say(passage, subject, DATE_AS_STATED, Literal(text, datatype=pt(calendar)))
    world.quads.append(Quad(subject, WHEN, t((day, day)), EDITORIAL))
    return subject


def unmarked_day_beside_a_marked_one(world: World) -> NamedNode:
    day = world.day()
    return world.whens((day, day + timedelta(days=13)), (day + timedelta(days=13),) * 2)


def nested_spans(world: World) -> NamedNode:
    outer = world.span(10, 300)
    return world.whens(outer, (outer[0] + timedelta(days=2), outer[1] - timedelta(days=1)))


def rounded_figures(world: World) -> NamedNode:
    number = world.random.randint(2, 99) * 1000
    return world.figures((number, "about"), (number + world.random.randint(-499, 499), "exactly"))


def figures_within_a_bound(world: World) -> NamedNode:
    number = world.random.randint(1000, 90000)
    return world.figures((number, "moreThan"), (number + world.random.randint(1, 999), "exactly"))


def same_value_twice(world: World) -> NamedNode:
    span = world.span(0, 30)
    return world.whens(span, span)


def close_but_to_another_recipient(world: World) -> NamedNode:
    one, other, day = world.act(), world.act(), world.day()
    for event, recipient, passage, number in zip(
        (one, other), ("japan", "russia"), world.two(), (0, 40), strict=True
    ):
        world.say(passage, event, RDF_TYPE, pt("Event"))
        world.say(passage, event, pt("to"), d(recipient))
        value = day + timedelta(days=number)
        world.say(passage, event, WHEN, t((value, value)))
    world.quads.append(Quad(one, CLOSE, other, EDITORIAL))
    return one


#: Each sort with the kinds that may be told of it.
COMPATIBLE: list[tuple[Callable[[World], NamedNode], set[Kind]]] = [
    (same_day_in_two_styles, set()),
    (same_day_in_two_styles_by_an_editors_year, set()),
    (unmarked_day_beside_a_marked_one, {Kind.REFINEMENT}),
    (nested_spans, {Kind.REFINEMENT}),
    (rounded_figures, {Kind.OVERLAPPING, Kind.REFINEMENT}),
    (figures_within_a_bound, {Kind.REFINEMENT}),
    (same_value_twice, set()),
]


@pytest.mark.parametrize(("maker", "may"), COMPATIBLE, ids=[maker.__name__ for maker, _ in COMPATIBLE])
def test_no_compatible_pair_is_called_incompatible(
    maker: Callable[[World], NamedNode], may: set[Kind]
) -> None:
    before, world = find(list(page().quads)), World(1905)
    subjects = set(injected(world, [maker]))
    after = find([*page().quads, *world.quads])
    new = [one for name, one in after.items() if name not in before]
    assert len(subjects) == MANY
    assert {one.kind for one in new} <= may
    assert {one.subject for one in new} <= subjects


def test_what_is_close_may_be_another_act() -> None:
    before, world = find(list(page().quads)), World(1905)
    list(injected(world, [close_but_to_another_recipient]))
    assert set(find([*page().quads, *world.quads])) == set(before)
