"""Small cases whose answer is known on paper."""

# A case reads better in one line.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Quad

from portsmouth import iris
from portsmouth.build.disagreements import (
    Amount,
    Disagreement,
    Kind,
    describe,
    find_disagreements,
    relate_amounts,
    relate_spans,
)
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.dates import Bounds

Read = Callable[[str], list[Quad]]

CASES = [
    ("one passage", "p:s5-235 { d:x a pt:Event ; schema:agent d:japan }", []),
    ("the same twice", "p:s5-235 { d:x pt:outcome c:refused } p:s8-360 { d:x pt:outcome c:refused }", []),
    (
        "two passages name different refusers",
        "p:s5-235 { d:refusal a pt:Event ; schema:agent d:japan } p:s8-360 { d:refusal schema:agent d:russia }",
        ["refusal-agent incompatible"],
    ),
    (
        "a provision binds Japan, or both",
        "p:s3-165 { d:x a pt:Event ; pt:binds d:japan , d:russia } p:s1-095 { d:x pt:binds d:japan }",
        ["x-binds narrower"],
    ),
    (
        "sets that share a member",
        "p:s3-165 { d:x a pt:Event ; pt:binds d:japan , d:russia } p:s1-095 { d:x pt:binds d:japan , d:china }",
        ["x-binds overlapping"],
    ),
    (
        "several values of a set in one passage",
        "p:s3-165 { d:x a pt:Event ; pt:binds d:japan , d:russia }",
        [],
    ),
    (
        "a set of a class that no shape is about",
        "p:s3-165 { d:x a pt:State ; pt:binds d:japan } p:s1-095 { d:x pt:binds d:russia }",
        [],
    ),
    (
        "the class below inherits the slot",
        "p:s3-165 { d:x a pt:Influence ; schema:agent d:japan } p:s1-095 { d:x schema:agent d:russia }",
        ["x-agent incompatible"],
    ),
    (
        "a slot that takes several values",
        "p:s1-003 { d:x a pt:Event ; pt:from d:japan } p:s1-004 { d:x pt:from d:russia }",
        [],
    ),
    (
        "a day inside a month",
        "p:s1-003 { d:x pt:when t:1905-08-01--1905-08-31 } p:s1-004 { d:x pt:when t:1905-08-23 }",
        ["x-when refinement"],
    ),
    (
        "Old Style beside New Style",
        "p:s1-003 { d:x pt:when t:1905-08-23 } p:s1-004 { d:x pt:when t:1905-09-05 }",
        ["x-when calendar"],
    ),
    (
        "fourteen days are no difference of calendars",
        "p:s1-003 { d:x pt:when t:1905-07-26 } p:s1-004 { d:x pt:when t:1905-08-09 }",
        ["x-when incompatible"],
    ),
    (
        "spans that overlap",
        "p:s1-003 { d:x pt:when t:1905-08-01--1905-08-20 } p:s1-004 { d:x pt:when t:1905-08-10--1905-08-31 }",
        ["x-when overlapping"],
    ),
    (
        "one passage against itself",
        "p:s1-003 { d:x pt:when t:1905-07-26 , t:1905-08-09 }",
        ["x-when internal"],
    ),
    (
        "one passage prints two calendars that do not meet",
        'p:s1-061 { d:x pt:dateAsStated "XXXX-07-26"^^pt:edtfJulian , "XXXX-08-09"^^pt:edtfGregorian }',
        ["x-date-as-stated calendar"],
    ),
    (
        "one passage prints two calendars that meet",
        'p:s6-284 { d:x pt:dateAsStated "XXXX-07-27"^^pt:edtfJulian , "XXXX-08-09"^^pt:edtfGregorian }',
        [],
    ),
    (
        "two days of two calendars each",
        'p:s1-003 { d:x pt:dateAsStated "1905-07-27"^^pt:edtfJulian , "1905-08-09"^^pt:edtfGregorian , '
        '"1905-08-23"^^pt:edtfJulian , "1905-09-05"^^pt:edtfGregorian }',
        [],
    ),
    (
        "a date that is no date rivals nothing",
        'p:s1-003 { d:x pt:dateAsStated "1905-07-99"^^pt:edtfJulian , "1905-08-09"^^pt:edtfGregorian }',
        [],
    ),
    (
        "a town inside a region",
        "p:s1-003 { d:x a pt:Event ; schema:location d:town . d:town dcterms:isPartOf d:county } "
        "p:s1-004 { d:x schema:location d:region . d:county dcterms:isPartOf d:region }",
        ["x-location refinement"],
    ),
    (
        "a concept below a concept",
        "p:s1-003 { d:x pt:outcome c:accepted } p:s1-004 { d:x pt:outcome c:partlyAccepted }",
        ["x-outcome refinement"],
    ),
    (
        "the strongest of several kinds is told",
        "p:s1-003 { d:x pt:outcome c:accepted } p:s1-004 { d:x pt:outcome c:partlyAccepted } "
        "p:s2-006 { d:x pt:outcome c:refused }",
        ["x-outcome incompatible"],
    ),
    (
        "figures of one thing, side and measure",
        "p:s7-324 { d:a a pt:Quantity ; pt:of d:mukden ; pt:side d:russia ; pt:measure c:dead ; pt:amount 59000 } "
        "p:s8-352 { d:b a pt:Quantity ; pt:of d:mukden ; pt:side d:russia ; pt:measure c:dead ; pt:amount 8000 }",
        ["mukden-russia-dead incompatible"],
    ),
    (
        "figures of different sides",
        "p:s7-324 { d:a pt:of d:mukden ; pt:side d:russia ; pt:measure c:dead ; pt:amount 59000 } "
        "p:s8-352 { d:b pt:of d:mukden ; pt:side d:japan ; pt:measure c:dead ; pt:amount 8000 }",
        [],
    ),
    (
        "two figures in one passage",
        "p:s7-324 { d:a pt:of d:war ; pt:measure c:ships ; pt:amount 5 . "
        "d:b pt:of d:war ; pt:measure c:ships ; pt:amount 6 }",
        [],
    ),
    (
        "more than seventy, and seventy-five",
        "p:s1-015 { d:a pt:of d:war ; pt:measure c:ships ; pt:bound c:moreThan ; pt:amount 70 } "
        "p:s7-324 { d:b pt:of d:war ; pt:measure c:ships ; pt:amount 75 }",
        ["war-ships refinement"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_case(name: str, text: str, expected: list[str], quads: Read, vocabulary: Vocabulary) -> None:
    found = find_disagreements(quads(text), vocabulary)
    assert [
        f"{one.iri.removeprefix(iris.ID + 'disagreement-')} {one.kind.name.lower()}" for one in found
    ] == expected


def test_what_is_written_down(quads: Read, vocabulary: Vocabulary) -> None:
    text = "p:s1-003 { d:x pt:when t:1905-08-23 } p:s1-004 { d:x pt:when t:1905-09-05 }"
    found = find_disagreements(quads(text), vocabulary)
    labels = {**vocabulary.labels, (iris.ID + "x", "en"): "the signing", (iris.ID + "x", "th"): "การลงนาม"}
    assert set(describe(found, labels)) == set(
        quads(
            """g:derived { d:disagreement-x-when a pt:Disagreement ; dcterms:type c:calendar ;
            pt:disputedSubject d:x ; pt:disputedProperty pt:when ; pt:disputedValue t:1905-08-23 , t:1905-09-05 ;
            <http://www.w3.org/ns/prov#wasDerivedFrom> p:s1-003 , p:s1-004 ;
            skos:prefLabel "Disagreement: when (the signing)"@en , "ความไม่ตรงกัน: เมื่อ (การลงนาม)"@th }"""
        )
    )


def test_every_kind_has_its_concept() -> None:
    assert {kind.concept.value.removeprefix(iris.CONCEPT) for kind in Kind} == {
        "incompatible",
        "overlapping",
        "internal",
        "calendar",
        "narrower",
        "refinement",
    }


DAYS = st.integers(0, 60).map(lambda days: date(1905, 7, 1) + timedelta(days))
SPANS = st.tuples(DAYS, DAYS).map(lambda days: Bounds(min(days), max(days)))


@given(SPANS, SPANS)
def test_spans_relate_as_their_days_do(one: Bounds, other: Bounds) -> None:
    def days(span: Bounds) -> set[date]:
        return {span.earliest + timedelta(n) for n in range((span.latest - span.earliest).days + 1)}

    kind = relate_spans(one, other)
    assert kind is relate_spans(other, one)
    if kind is Kind.CALENDAR:
        assert abs(one.earliest - other.earliest) == abs(one.latest - other.latest) == timedelta(13)
    elif days(one) <= days(other) or days(other) <= days(one):
        assert kind is Kind.REFINEMENT
    else:
        assert kind is (Kind.OVERLAPPING if days(one) & days(other) else Kind.INCOMPATIBLE)


AMOUNTS = st.builds(
    Amount,
    st.integers(0, 6).map(Fraction),
    st.sampled_from(["exactly", "atLeast", "moreThan", "upTo", "lessThan"]),
)
HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "exactly": lambda value, number: value == number,
    "atLeast": lambda value, number: value >= number,
    "moreThan": lambda value, number: value > number,
    "upTo": lambda value, number: value <= number,
    "lessThan": lambda value, number: value < number,
}


@given(AMOUNTS, AMOUNTS)
def test_amounts_relate_as_the_numbers_they_allow(one: Amount, other: Amount) -> None:
    def allowed(amount: Amount) -> set[Fraction]:
        # Halves tell an open end from a closed one.
        return {Fraction(n, 2) for n in range(-2, 16) if HOLDS[amount.bound](Fraction(n, 2), amount.number)}

    kind, left, right = relate_amounts(one, other), allowed(one), allowed(other)
    assert kind is relate_amounts(other, one)
    if one == other:
        assert kind is None
    elif not left & right:
        assert kind is Kind.INCOMPATIBLE
    else:
        assert kind is (Kind.REFINEMENT if left <= right or right <= left else Kind.OVERLAPPING)


@pytest.mark.parametrize(
    ("number", "bound", "kind"), [(100, "exactly", Kind.REFINEMENT), (120, "exactly", Kind.OVERLAPPING)]
)
def test_about_has_no_edges(number: int, bound: str, kind: Kind) -> None:
    assert relate_amounts(Amount(Fraction(100), "about"), Amount(Fraction(number), bound)) is kind


def test_disagreements_come_in_order_of_their_iris(quads: Read, vocabulary: Vocabulary) -> None:
    text = " ".join(
        f"p:s1-00{n} {{ d:{name} pt:when t:1905-0{n}-01 }}" for n in (3, 4) for name in ("b", "c", "a")
    )
    found: list[Disagreement] = find_disagreements(quads(text), vocabulary)
    assert [one.subject.value[-1] for one in found] == ["a", "b", "c"]
