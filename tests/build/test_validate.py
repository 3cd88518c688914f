"""The shapes in two tiers, and the page against its locators."""

# A case reads better in one line.

from __future__ import annotations

from typing import Any

import pytest

from portsmouth.build.validate import Validation, validate

FIRST, SECOND = "1-first.trig", "2-second.trig"


def run(sample: Any, *, source: bool = False) -> Validation:
    return validate(sample.facts, sample.ontology, source=sample.page if source else None)


def test_the_sample_is_sound_and_its_dates_are_a_candidate(sample: Any) -> None:
    found = run(sample, source=True)
    assert found.ok
    assert found.cautions == ()
    # Two passages, two time spans: no error, but a candidate.
    assert [(one.file, one.line, one.expected) for one in found.candidates] == [
        ("page/1-first.trig", 3, "One time span.")
    ]
    assert [iri.rpartition("/")[2] for iri in found.unread] == ["s2-007"]


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "found", "expected"),
    [
        (FIRST, "pt:from d:witte", "pt:from d:war", 5, "pt:from d:war of d:talk in p:s1-003", "an actor"),
        (
            FIRST,
            "pt:amount 70",
            "pt:amount 70.5",
            9,
            'pt:amount "70.5" of d:ships-70 in p:s1-004',
            "whole number",
        ),
        (
            SECOND,
            '"1904"^^pt:edtfUnmarked ; pt:when t:1904-01-01--1904-12-31',
            '"1904"^^pt:edtfUnmarked , "1905"^^pt:edtfUnmarked ;\n'
            "  pt:when t:1904-01-01--1904-12-31 , t:1905-01-01--1905-12-31",
            4,
            "pt:when of d:war in p:s2-006",
            "One time span.",
        ),
    ],
)
def test_an_authoring_error_names_its_line(
    sample: Any, name: str, old: str, new: str, line: int, found: str, expected: str
) -> None:
    sample.replace(name, old, new)
    findings = run(sample).findings
    assert [(one.file, one.line, one.found) for one in findings] == [(f"page/{name}", line, found)]
    assert expected in findings[0].expected


def test_a_class_that_another_passage_states_is_context(sample: Any) -> None:
    """d:witte is typed in p:s1-003 only, and may act in p:s2-006."""
    sample.replace(SECOND, "d:war a pt:Event ;", "d:talk pt:from d:witte .\n  d:war a pt:Event ;")
    assert run(sample).ok


def test_a_long_name_is_a_caution(sample: Any) -> None:
    sample.replace(FIRST, '"Witte"', '"Sergei Yulievich Witte, the count"')
    found = run(sample)
    assert found.ok
    assert [(one.line, one.expected) for one in found.cautions] == [(4, "A name is short.")]


def test_findings_of_the_build_are_among_it(sample: Any) -> None:
    sample.replace(FIRST, "pt:amount 70", "pt:amount 070")
    sample.replace(SECOND, "t:1904-01-01--1904-12-31", "t:1904-02-30")
    assert {(one.file, one.line) for one in run(sample).findings} >= {
        ("page/" + FIRST, 9),
        ("page/" + SECOND, 3),
    }


def test_what_only_document_states_is_no_candidate(sample: Any) -> None:
    sample.replace("document.ttl", "d:page a pt:Text", "d:page a pt:Text ; pt:from d:page")
    assert [(one.file, one.line) for one in run(sample).findings] == [("page/document.ttl", 2)]


def test_a_triple_as_a_term_keeps_the_shapes_away(sample: Any) -> None:
    sample.replace(FIRST, "pt:from d:witte", "pt:from <<( d:war d:war d:war )>>")
    assert [(one.file, one.line) for one in run(sample).findings] == [("page/" + FIRST, 5)]


def test_a_file_that_cannot_be_read_keeps_the_shapes_away(sample: Any) -> None:
    sample.replace(FIRST, '"Witte" .', '"Witte .')
    assert [(one.file, one.line) for one in run(sample).findings] == [("page/" + FIRST, 4)]


def test_another_page_is_seen_line_by_line(sample: Any) -> None:
    sample.page.write_text(
        sample.page.read_text(encoding="utf-8").replace("Seventy", "Eighty"), encoding="utf-8"
    )
    found = run(sample, source=True).findings
    # The changed line and, as it is shorter, the places of those after it.
    assert [(one.file, one.line) for one in found] == [
        ("page/document.ttl", 0),
        ("page/locators.csv", 5),
        ("page/locators.csv", 6),
        ("page/locators.csv", 7),
        ("page/locators.csv", 8),
    ]


def test_a_longer_page(sample: Any) -> None:
    with sample.page.open("a", encoding="utf-8") as page:
        page.write("One more line.\n")
    found = run(sample, source=True).findings
    assert [(one.file, one.found) for one in found if one.file.endswith("csv")] == [
        ("page/locators.csv", "7 lines")
    ]


def test_the_real_facts() -> None:
    found = validate()
    assert found.findings == ()
