"""Small cases whose answer is known on paper."""

# A case reads better in one line.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from portsmouth import iris, resources
from portsmouth.build import build
from portsmouth.build.datings import describe_datings, find_datings
from portsmouth.build.disagreements import (
    Amount,
    Disagreement,
    Kind,
    describe,
    find_disagreements,
    relate_amounts,
    relate_spans,
)
from portsmouth.build.trig import read_text
from portsmouth.build.vocabulary import Vocabulary
from portsmouth.dates import Bounds, Calendar, bounds

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
        ["x-date-as-stated internal"],
    ),
    (
        "and rivals others with both days, itself with neither",
        'p:s1-061 { d:x pt:dateAsStated "1905-07-26"^^pt:edtfJulian , "1905-08-09"^^pt:edtfGregorian } '
        'p:s6-284 { d:x pt:dateAsStated "XXXX-07-27"^^pt:edtfJulian , "XXXX-08-09"^^pt:edtfGregorian } '
        "g:editorial { d:x pt:when t:1905-08-09 }",
        ["x-date-as-stated internal", "x-when incompatible"],
    ),
    (
        "an exact day, and the unmarked day that is it in Old Style",
        "p:s3-201 { d:x pt:when t:1905-09-05 } p:s5-229 { d:x pt:when t:1905-08-23--1905-09-05 }",
        ["x-when refinement"],
    ),
    (
        "unmarked days that are one in the two styles",
        "p:s5-233 { d:x pt:when t:1905-05-14--1905-05-28 } p:s7-326 { d:x pt:when t:1905-05-27--1905-06-10 }",
        ["x-when calendar"],
    ),
    (
        "unmarked days that share days, but are one in no style",
        "p:s5-233 { d:x pt:when t:1905-05-14--1905-05-28 } p:s7-326 { d:x pt:when t:1905-05-26--1905-06-09 }",
        ["x-when overlapping"],
    ),
    (
        "years from an editor, each passage by its own day",
        'p:s2-121 { d:x pt:dateAsStated "XXXX-07-25"^^pt:edtfJulian , "XXXX-08-07"^^pt:edtfGregorian } '
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } '
        "g:editorial { d:x pt:when t:1905-08-07 , t:1905-08-09--1905-08-22 }",
        ["x-when incompatible"],
    ),
    (
        "one editor's year for two passages",
        'p:s2-121 { d:x pt:dateAsStated "XXXX-08-07"^^pt:edtfGregorian } '
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } '
        "g:editorial { d:x pt:when t:1905-01-01--1905-12-31 }",
        ["x-when incompatible"],
    ),
    (
        "an editor's envelope of one passage's day",
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } '
        "g:editorial { d:x pt:when t:1905-08-09--1905-08-22 }",
        [],
    ),
    (
        "an editor's choice of a calendar",
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } g:editorial { d:x pt:when t:1905-08-22 }',
        [],
    ),
    (
        "an editor's date of what the passages state themselves",
        "p:s1-003 { d:x pt:when t:1905-08-23 } g:editorial { d:x pt:when t:1905-09-05 }",
        [],
    ),
    (
        "a day that two passages print with the year open",
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } '
        'p:s7-328 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } '
        "g:editorial { d:x pt:when t:1905-08-09--1905-08-22 }",
        [],
    ),
    (
        "the year open, and nobody to supply it",
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } p:s1-003 { d:x pt:when t:1905-08-07 }',
        [],
    ),
    (
        "an editor's span that the day cannot mean",
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } p:s1-003 { d:x pt:when t:1905-07-07 } '
        "g:editorial { d:x pt:when t:1905-07-07 }",
        [],
    ),
    (
        "two years that an editor leaves open",
        'p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked } p:s1-003 { d:x pt:when t:1905-07-07 } '
        "g:editorial { d:x pt:when t:1904-07-01--1905-08-31 }",
        [],
    ),
    (
        "a year printed beside the day",
        'p:s1-091 { d:x pt:dateAsStated "XXXX-09-05"^^pt:edtfGregorian , "2448"^^pt:edtfBuddhist } '
        "p:s5-229 { d:x pt:when t:1905-08-23--1905-09-05 }",
        ["x-when refinement"],
    ),
    (
        "a span stated beside the open year",
        'p:s1-003 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked , "1905"^^pt:edtfUnmarked ; '
        "pt:when t:1905-01-01--1905-12-31 } p:s1-004 { d:x pt:when t:1905-09-05 } "
        "g:editorial { d:x pt:when t:1905-08-09 }",
        ["x-when refinement"],
    ),
    (
        "the last days of December are January in the other calendar",
        'p:s1-003 { d:x pt:dateAsStated "XXXX-12-20"^^pt:edtfJulian , "XXXX-01-02"^^pt:edtfGregorian } '
        "p:s1-004 { d:x pt:when t:1905-01-01--1905-01-31 } g:editorial { d:x pt:when t:1905-01-02 }",
        ["x-when refinement"],
    ),
    (
        "Tsushima as four passages date it",
        'p:s1-037 { d:x pt:dateAsStated "XXXX-05"^^pt:edtfUnmarked } '
        'p:s2-119 { d:x pt:dateAsStated "XXXX-05-14/XXXX-05-15"^^pt:edtfJulian , "XXXX-05-27/XXXX-05-28"^^pt:edtfGregorian } '
        "p:s5-233 { d:x pt:when t:1905-05-14--1905-05-28 } "
        'p:s7-326 { d:x pt:dateAsStated "XXXX-05-27/XXXX-05-28"^^pt:edtfUnmarked } '
        "g:editorial { d:x pt:when t:1905-05-01--1905-06-13 , t:1905-05-27--1905-05-28 , t:1905-05-27--1905-06-10 }",
        ["x-when calendar"],
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


def find(facts: list[Quad], vocabulary: Vocabulary) -> list[Disagreement]:
    """Compare passages as the build does."""
    return find_disagreements(facts, vocabulary, find_datings(facts))


@pytest.mark.parametrize(("name", "text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_case(name: str, text: str, expected: list[str], quads: Read, vocabulary: Vocabulary) -> None:
    found = find(quads(text), vocabulary)
    assert [
        f"{one.iri.removeprefix(iris.ID + 'disagreement-')} {one.kind.name.lower()}" for one in found
    ] == expected


def test_each_passage_keeps_its_own_value(quads: Read, vocabulary: Vocabulary) -> None:
    text = """
    p:s1-003 { d:x pt:when t:1905-08-01--1905-08-31 }
    p:s2-121 { d:x pt:dateAsStated "XXXX-07-25"^^pt:edtfJulian , "XXXX-08-07"^^pt:edtfGregorian }
    p:s5-245 { d:x pt:dateAsStated "XXXX-08-09"^^pt:edtfUnmarked }
    g:editorial { d:x pt:when t:1905-08-07 , t:1905-08-09--1905-08-22 }"""
    (found,) = find(quads(text), vocabulary)
    assert {iris.shorten(passage.value): _shorten(values) for passage, values in found.accounts.items()} == {
        "p:s1-003": {"t:1905-08-01--1905-08-31"},
        "p:s2-121": {"t:1905-08-07"},
        "p:s5-245": {"t:1905-08-09--1905-08-22"},
    }
    # No passage states these spans, so the graph says which passage each stands for.
    assert set(describe_datings(find_datings(quads(text)))) == set(
        quads(
            """@prefix prov: <http://www.w3.org/ns/prov#> . g:derived {
            t:1905-08-07 prov:wasDerivedFrom p:s2-121 . t:1905-08-09--1905-08-22 prov:wasDerivedFrom p:s5-245 }"""
        )
    )


def _shorten(terms: Iterable[NamedNode | Literal]) -> set[str]:
    return {iris.shorten(term.value) for term in terms}


def test_spans_that_nobody_states_are_in_the_calendar(sample: Any) -> None:
    sample.replace(
        "2-second.trig",
        "t:1904-01-01--1904-12-31",
        't:1904-01-01--1904-12-31 .\n  d:talk pt:dateAsStated "XXXX-04-05"^^pt:edtfUnmarked',
    )
    sample.replace(
        "1-first.trig", "pt:to d:komura", 'pt:dateAsStated "XXXX-04-13"^^pt:edtfUnmarked ; pt:to d:komura'
    )
    sample.replace(
        "1-first.labels.trig",
        "d:talk ",
        'd:talk pt:when t:1905-04-01--1905-04-30 ; skos:editorialNote "The year."@en ; ',
    )
    nquads = build(sample.facts, sample.ontology).nquads.decode()
    for span in ("1905-04-05--1905-04-18", "1905-04-13--1905-04-26"):
        first, last = span.split("--")
        for slot, day in (("earliest", first), ("latest", last)):
            assert (
                f'<{iris.TIME}{span}> <{iris.PT}{slot}> "{day}"^^<{iris.XSD}date> <{iris.CALENDAR}> .'
                in nquads
            )


@pytest.fixture(scope="module")
def ontology() -> Vocabulary:
    """What the project's own ontology declares."""
    return Vocabulary.from_quads(
        quad
        for file in resources.ontology_folder().glob("*.ttl")
        for quad in read_text(file.read_text("utf-8"))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # s2 and s5 name different admirals
            "p:s2-119 { d:squadron a pt:Force ; pt:commandedBy d:nebogatov } "
            "p:s5-233 { d:squadron pt:commandedBy d:rozhestvensky }",
            ["squadron-commanded-by incompatible"],
        ),
        (  # s1-043 puts the envoy beside the minister
            "p:s1-043 { d:delegation a pt:Delegation ; pt:headedBy d:komura , d:takahira } "
            "p:s6-284 { d:delegation pt:headedBy d:komura }",
            ["delegation-headed-by narrower"],
        ),
        (
            "p:s1-003 { d:government pt:headedBy d:witte , d:lamsdorf } "
            "p:s1-004 { d:government pt:headedBy d:witte , d:rosen }",
            ["government-headed-by overlapping"],
        ),
        (
            "p:s5-235 { d:refusal a pt:Event ; schema:agent d:japan } p:s8-360 { d:refusal schema:agent d:russia }",
            ["refusal-agent incompatible"],
        ),
    ],
)
def test_slots_of_the_ontology(text: str, expected: list[str], quads: Read, ontology: Vocabulary) -> None:
    found = find(quads(text), ontology)
    assert [
        f"{one.iri.removeprefix(iris.ID + 'disagreement-')} {one.kind.name.lower()}" for one in found
    ] == expected


PROVISION = """
p:s3-175 { d:fortifications a pt:Provision ; pt:binds d:government-of-russia , d:japan .
  d:government-of-russia pt:side d:russia . d:russia a pt:State . d:japan a pt:State . }
"""


TELLINGS = [
    (
        "another telling of one act",
        "p:s5-235 { d:hint a pt:Event ; pt:from d:japan ; pt:when t:1904-07-01--1904-07-31 } "
        "p:s8-358 { d:attempt a pt:Event ; pt:from d:envoy ; pt:when t:1905-01-01 . d:envoy pt:side d:japan . d:japan a pt:State } ",
        "d:attempt skos:closeMatch d:hint",
        ["attempt-when incompatible"],
    ),
    (
        "the one with more matches is the subject",
        "p:s5-235 { d:hint a pt:Event ; pt:when t:1904-07-01 } p:s8-358 { d:a a pt:Event ; pt:when t:1904-07-02 } "
        "p:s8-359 { d:b a pt:Event ; pt:when t:1904-07-03 }",
        "d:a skos:closeMatch d:hint . d:hint skos:closeMatch d:b",
        ["hint-when incompatible"],
    ),
    (
        "what is close to a thing may be far from what else is close to it",
        "p:s5-235 { d:hint a pt:Event ; pt:when t:1904-07-01--1904-07-31 } "
        "p:s8-358 { d:a a pt:Event ; pt:when t:1904-07-02 } p:s8-359 { d:b a pt:Event ; pt:when t:1904-07-03 }",
        "d:a skos:closeMatch d:hint . d:b skos:closeMatch d:hint",
        ["hint-when refinement"],
    ),
    (
        "no editor matches them",
        "p:s5-235 { d:hint a pt:Event ; pt:when t:1904-07-01 } p:s8-358 { d:a a pt:Event ; pt:when t:1904-08-02 }",
        "",
        [],
    ),
    (
        "to another recipient, so another act",
        "p:s1-033 { d:ask a pt:Influence ; pt:from d:japan ; pt:to d:roosevelt ; pt:when t:1905-04-01 . "
        "d:roosevelt pt:side d:united-states . d:japan a pt:State . d:united-states a pt:State } "
        "p:s2-121 { d:invite a pt:Influence ; pt:from d:japan ; pt:to d:russia ; pt:when t:1905-05-21 . "
        "d:russia a pt:State }",
        "d:invite skos:closeMatch d:ask",
        [],
    ),
    (
        "a demand is refused first and granted later",
        "p:s5-262 { d:one a pt:Demand ; pt:outcome c:accepted } p:s8-366 { d:other a pt:Demand ; pt:outcome c:refused }",
        "d:other skos:closeMatch d:one",
        [],
    ),
    (
        "another office is another tenure",
        "p:s1-037 { d:one a pt:Tenure ; pt:office c:envoy } p:s3-133 { d:other a pt:Tenure ; pt:office c:consul }",
        "d:other skos:closeMatch d:one",
        [],
    ),
    (
        "tellings that say the same",
        "p:s5-235 { d:hint a pt:Event ; pt:outcome c:refused } p:s8-358 { d:a a pt:Event ; pt:outcome c:refused }",
        "d:a skos:closeMatch d:hint",
        [],
    ),
]


@pytest.mark.parametrize(
    ("name", "text", "matches", "expected"), TELLINGS, ids=[case[0] for case in TELLINGS]
)
def test_tellings_that_editors_match_are_compared(
    name: str, text: str, matches: str, expected: list[str], quads: Read, ontology: Vocabulary
) -> None:
    found = find_disagreements(quads(text + " g:editorial { " + matches + " }"), ontology)
    assert [f"{one.iri.partition('disagreement-')[2]} {one.kind.name.lower()}" for one in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p:s8-370 { d:paraphrase a pt:Provision ; pt:binds d:japan }", [["d:japan", "d:russia"]]),
        ("p:s6-302 { d:paraphrase a pt:Provision ; pt:binds d:japan , d:russia }", []),
        ("p:s6-302 { d:paraphrase a pt:Provision ; pt:binds d:powers }", []),
        ("p:s6-302 { d:paraphrase a pt:Event ; pt:binds d:japan }", []),
        ("p:s6-302 { d:paraphrase a pt:Provision ; pt:about d:japan }", []),
    ],
)
def test_a_paraphrase_is_compared_with_its_provision(
    text: str, expected: list[list[str]], quads: Read, ontology: Vocabulary
) -> None:
    matched = "g:editorial { d:paraphrase skos:closeMatch d:fortifications }"
    found = find(quads(PROVISION + text + matched), ontology)
    assert [sorted(_shorten(one.values)) for one in found] == expected
    assert all(one.kind is Kind.NARROWER for one in found)
    assert find(quads(PROVISION + text), ontology) == []


def test_what_is_written_down(quads: Read, vocabulary: Vocabulary) -> None:
    text = "p:s1-003 { d:x pt:when t:1905-08-23 } p:s1-004 { d:x pt:when t:1905-09-05 }"
    found = find(quads(text), vocabulary)
    labels = {**vocabulary.labels, (iris.ID + "x", "en"): "the signing", (iris.ID + "x", "th"): "การลงนาม"}
    assert set(describe(found, labels)) == set(
        quads(
            """g:derived { d:disagreement-x-when a pt:Disagreement ; dcterms:type c:calendar ;
            pt:disputedSubject d:x ; pt:disputedProperty pt:when ; pt:disputedValue t:1905-08-23 , t:1905-09-05 ;
            <http://www.w3.org/ns/prov#wasDerivedFrom> p:s1-003 , p:s1-004 ;
            skos:prefLabel "Disagreement: when (the signing)"@en , "ข้อขัดแย้ง: เมื่อ (การลงนาม)"@th }"""
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
    if days(one) <= days(other) or days(other) <= days(one):
        assert kind is Kind.REFINEMENT
    elif kind is Kind.CALENDAR:
        assert abs(one.earliest - other.earliest) in (timedelta(0), timedelta(13))
    else:
        assert kind is (Kind.OVERLAPPING if days(one) & days(other) else Kind.INCOMPATIBLE)


@given(DAYS, st.integers(0, 20), st.booleans(), st.booleans())
def test_old_against_new_style(first: date, length: int, old_unmarked: bool, new_unmarked: bool) -> None:
    days = (first, first + timedelta(length))
    old = bounds("/".join(map(str, days)), Calendar.UNMARKED if old_unmarked else Calendar.GREGORIAN)
    days = (days[0] + timedelta(13), days[1] + timedelta(13))
    new = bounds("/".join(map(str, days)), Calendar.UNMARKED if new_unmarked else Calendar.GREGORIAN)
    assert old
    assert new
    # An unmarked date that can be read as the other, marked one does not differ from it.
    expected = Kind.REFINEMENT if old_unmarked and not new_unmarked else Kind.CALENDAR
    assert relate_spans(old, new) is relate_spans(new, old) is expected


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
    found: list[Disagreement] = find(quads(text), vocabulary)
    assert [one.subject.value[-1] for one in found] == ["a", "b", "c"]


def test_an_editors_decision_on_the_calendar_is_the_passages_dating(quads: Read) -> None:
    text = """
    p:s5-266 { d:x pt:dateAsStated "XXXX-08-23"^^pt:edtfUnmarked }
    p:s6-290 { d:x pt:dateAsStated "XXXX-09-05"^^pt:edtfUnmarked }
    g:editorial { d:x pt:when t:1905-08-23--1905-09-05 , t:1905-09-05 }"""
    ((_, passages),) = find_datings(quads(text)).items()
    assert {iris.shorten(passage.value): _shorten(spans) for passage, spans in passages.items()} == {
        "p:s5-266": {"t:1905-08-23--1905-09-05"},
        "p:s6-290": {"t:1905-09-05"},
    }
