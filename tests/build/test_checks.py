"""Every promise of the data model, broken once: where the finding points and what it says."""

# A row of the table is one case; wrapped it would not read as one.

from __future__ import annotations

from typing import Any

import pytest

from portsmouth.build import build
from portsmouth.build.checks import CHECKS, check
from portsmouth.build.facts import Facts
from portsmouth.errors import FactsError

FIRST, LABELS, SECOND = "1-first.trig", "1-first.labels.trig", "2-second.trig"
KOMURA = "  d:komura a pt:Person ."

# file, what is replaced, by what, and the finding: file, line, found, expected
BROKEN = [
    # Graphs
    (FIRST, "p:s1-004 {", "d:war a pt:Event .\np:s1-004 {", FIRST, 9, "a triple outside", "p:s1-LLL { … }"),
    (
        LABELS,
        "g:editorial {",
        "d:war a pt:Event .\ng:editorial {",
        LABELS,
        2,
        "a triple outside",
        "g:editorial",
    ),
    (FIRST, "p:s1-004 {", "p:s2-006 {", FIRST, 9, "the graph p:s2-006", "the passage graphs of part s1"),
    (
        FIRST,
        "p:s1-004 {",
        "g:editorial {",
        FIRST,
        9,
        "the graph g:editorial",
        "the passage graphs of part s1",
    ),
    (FIRST, "p:s1-004 {", "p:s1-007 {", FIRST, 9, "the graph p:s1-007", "a line of s1, 1 to 4"),
    (FIRST, "p:s1-004 {", "p:s1-002 {", FIRST, 9, "the graph p:s1-002", "a line that is not blank"),
    (FIRST, "p:s1-004 {", "p:s1-0004 {", FIRST, 9, "the graph p:s1-0004", "p:s1-004"),
    (FIRST, "p:s1-004 {", "p:s1-003 {", FIRST, 9, "p:s1-003 a second time", "1-first.trig:2"),
    (FIRST, "p:s1-004 {", "p:s1-001 {}\np:s1-004 {", FIRST, 9, "p:s1-001 with nothing", "pt:silence"),
    (LABELS, "g:editorial {", "p:s1-003 {", LABELS, 2, "the graph p:s1-003", "g:editorial"),
    ("document.ttl", "p:s1 a", "g:x { d:war a pt:Event }\np:s1 a", "document.ttl", 3, "", "Turtle"),
    (FIRST, KOMURA, "  d:komura a pt:Person . [] a pt:Event .", FIRST, 7, "a blank node", "an IRI"),
    (FIRST, KOMURA, "  _:komura a pt:Person .", FIRST, 7, "a blank node", "an IRI"),
    (
        FIRST,
        KOMURA,
        "  d:komura a pt:Person ; pt:of <<( d:a d:b d:c )>> .",
        FIRST,
        7,
        "a triple as a term",
        "an IRI",
    ),
    # Terms
    (FIRST, KOMURA, "  d:komura a pt:Persn .", FIRST, 7, "pt:Persn", "did you mean pt:Person?"),
    (FIRST, "a pt:Influence", "a schema:Action", FIRST, 5, "schema:Action", "a declared class"),
    (FIRST, "pt:to d:komura", "pt:too d:komura", FIRST, 6, "pt:too", "did you mean pt:to?"),
    (FIRST, "pt:to d:komura", "pt:Person d:komura", FIRST, 6, "pt:Person", "a declared property"),
    (FIRST, "c:persuaded", "c:persuade", FIRST, 6, "c:persuade", "did you mean c:persuaded?"),
    (FIRST, "^^pt:edtfGregorian", "^^pt:edtfGregorain", FIRST, 3, "pt:edtfGregorain", "a declared datatype"),
    (FIRST, "pt:to d:komura", "pt:to d:Komura", FIRST, 6, "d:Komura", "lower-case ASCII"),
    # Entities
    (FIRST, "pt:from d:witte", "pt:from d:wite", FIRST, 5, "d:wite, which nothing", "did you mean d:witte?"),
    (
        LABELS,
        'skos:prefLabel "Komura"@en , ',
        "skos:prefLabel ",
        LABELS,
        8,
        "d:komura without an English",
        "@en",
    ),
    (LABELS, ' , "โคมูระ"@th', "", LABELS, 8, "d:komura without a Thai label", "@th"),
    (FIRST, KOMURA, "", LABELS, 8, "d:komura without a class", "in a passage"),
    (
        LABELS,
        "d:witte skos",
        'd:war skos:prefLabel "this war"@en .\nd:witte skos',
        LABELS,
        7,
        "this war",
        "the war",
    ),
    (
        FIRST,
        KOMURA,
        '  d:komura a pt:Person ; skos:prefLabel "K"@en .',
        FIRST,
        7,
        "skos:prefLabel",
        "g:editorial",
    ),
    (
        FIRST,
        KOMURA,
        "  d:komura a pt:Person ; skos:closeMatch d:witte .",
        FIRST,
        7,
        "skos:closeM",
        "g:editorial",
    ),
    (
        FIRST,
        KOMURA,
        '  d:komura a pt:Person ; rdfs:comment "K"@en .',
        FIRST,
        7,
        "rdfs:comment",
        "g:editorial",
    ),
    (
        FIRST,
        KOMURA,
        KOMURA + " d:komurra-jutaro a pt:Person .",
        FIRST,
        7,
        "d:komurra-jutaro without",
        '"…"@en',
    ),
    (FIRST, KOMURA, KOMURA + " d:ships-07 a pt:Person .", FIRST, 7, "d:ships-07 without", "in g:editorial"),
    # Passages
    (LABELS, "p:s1-003 rdfs", "p:s1-033 rdfs", LABELS, 4, "p:s1-033", "did you mean p:s1-003?"),
    (
        LABELS,
        "p:s1-004 rdfs",
        'p:s2-007 rdfs:comment "?"@en .\np:s1-004 rdfs',
        LABELS,
        5,
        "a gloss",
        "its graph",
    ),
    (LABELS, "p:s1-001 pt", "p:s1-003 pt", LABELS, 3, "pt:silence of p:s1-003", "not both"),
    (LABELS, '"The war."@en , ', "", FIRST, 2, "p:s1-003 without an English gloss", "rdfs:comment"),
    (LABELS, ' , "เรือ"@th', "", FIRST, 9, "p:s1-004 without a Thai gloss", "rdfs:comment"),
    (LABELS, '"A heading."@en , ', "", LABELS, 3, "p:s1-001 without an English gloss", "rdfs:comment"),
    # Dates
    (FIRST, '"1904-02"^^pt:edtfG', '"1904-2"^^pt:edtfG', FIRST, 3, '"1904-2"^^pt:edtfGregorian', "EDTF"),
    (FIRST, '"1904-02"^^pt:edtfG', '"1904-02-30"^^pt:edtfG', FIRST, 3, '"1904-02-30"', "this calendar has"),
    (FIRST, '"1904-02"^^pt:edtfGregorian', '"1904-02"', FIRST, 3, '"1904-02"', "pt:edtfJulian"),
    (
        SECOND,
        'pt:dateAsStated "1904"^^pt:edtfUnmarked ; ',
        "",
        SECOND,
        3,
        "pt:when t:1904",
        "as pt:dateAsStated",
    ),
    (
        SECOND,
        '"1904"^^',
        '"1905"^^',
        SECOND,
        3,
        "t:1904-01-01--1904-12-31",
        "t:1905-01-01--1905-12-31, which",
    ),
    (SECOND, '"1904"^^', '"XXXX-02"^^', SECOND, 3, "t:1904-01-01", "no year is printed"),
    (SECOND, "t:1904-01-01--1904-12-31", "t:1904", SECOND, 3, "the time span t:1904", "one Gregorian day"),
    (
        SECOND,
        "t:1904-01-01--1904-12-31",
        "t:1904-12-31--1904-01-01",
        SECOND,
        3,
        "ends before",
        "the earlier day",
    ),
    (SECOND, "t:1904-01-01--1904-12-31", "t:1904-02-30", SECOND, 3, "t:1904-02-30", "one Gregorian day"),
    (SECOND, "t:1904-01-01--1904-12-31", "d:war", SECOND, 3, "pt:when d:war", "a time span t:…"),
    (
        LABELS,
        "d:war skos",
        "d:talk pt:when t:1905-08-09 .\nd:war skos",
        LABELS,
        6,
        "an editor's date",
        "Note",
    ),
    (
        LABELS,
        "d:war skos",
        'd:war pt:when t:1906-08-09 ; skos:editorialNote "So."@en .\nd:war skos',
        LABELS,
        6,
        "an editor's date t:1906-08-09",
        '"1904"^^pt:edtfUnmarked or "1904-02"^^pt:edtfGregorian',
    ),
    # Literals
    (FIRST, "pt:amount 70", "pt:amount 070", FIRST, 9, '"070"^^xsd:integer', '"70"'),
    (FIRST, "pt:amount 70", "pt:amount 70.50", FIRST, 9, '"70.50"^^xsd:decimal', '"70.5"'),
    (FIRST, "pt:amount 70", 'pt:amount "many"^^xsd:integer', FIRST, 9, '"many"^^xsd:integer', "xsd:integer"),
    (FIRST, "pt:amount 70", 'pt:amount "1905-02-30"^^xsd:date', FIRST, 9, '"1905-02-30"', "xsd:date"),
    # Syntax
    (FIRST, "pt:of d:war ;", "pt:of d:war", FIRST, 9, "'pt:measure'", "can be read"),
    (FIRST, '"Witte" .', '"Witte .', FIRST, 4, '"Witte', "a string with an end"),
    (FIRST, "pt:mode c:persuaded", "pt:mode x:persuaded", FIRST, 6, "prefix x:", "can be read"),
    (FIRST, "  d:komura a pt:Person .\n}", "  d:komura a pt:Person .", FIRST, 8, "'{' inside", "'}' before"),
    (FIRST, "pt:amount 70 . }", "pt:amount 70 .", FIRST, 9, "without an end", "'}' at the end"),
    # The document and its lines
    ("document.ttl", "pt:lastLine 7", "pt:lastLine 70", "document.ttl", 4, "p:s2", "lines between 5 and 7"),
    ("document.ttl", " ; pt:lastLine 7", "", "document.ttl", 4, "p:s2 without lines", "pt:lastLine"),
    (
        "document.ttl",
        "pt:firstLine 6",
        "pt:firstLine 7",
        "document.ttl",
        0,
        "line 6",
        "a part for every line",
    ),
    (
        "document.ttl",
        "spdx:checksumValue",
        "schema:alternateName",
        "document.ttl",
        0,
        "0 documents",
        "SHA-256",
    ),
    ("locators.csv", "line,start", "row,start", "locators.csv", 1, "row,start", "line,start,end,sha256"),
    ("locators.csv", "\n2,8,8", "\n2,9,9", "locators.csv", 3, "2,9,9", "line 2 from code point 8"),
    ("locators.csv", "\n2,8,8", "\n2,x,8", "locators.csv", 3, "2,x,8", "three numbers"),
]


def findings(sample: Any) -> list[Any]:
    return check(Facts.from_folders(sample.document, sample.ontology))


def test_the_sample_is_sound(sample: Any) -> None:
    assert findings(sample) == []


@pytest.mark.parametrize(("name", "old", "new", "file", "line", "found", "expected"), BROKEN)
def test_a_broken_promise(
    sample: Any, name: str, old: str, new: str, file: str, line: int, found: str, expected: str
) -> None:
    sample.replace(name, old, new)
    assert any(
        (finding.file, finding.line) == (f"page/{file}", line)
        and found in finding.found
        and expected in finding.expected
        for finding in findings(sample)
    ), "\n".join(map(str, findings(sample)))


def test_every_check_is_broken_by_some_case(sample: Any) -> None:
    """Take each check away in turn: some case must then go unseen."""
    originals = {name: (sample.document / name).read_text(encoding="utf-8") for name, *_ in BROKEN}
    seen = set()
    for name, old, new, *_ in BROKEN:
        sample.replace(name, old, new)
        facts = Facts.from_folders(sample.document, sample.ontology)
        seen |= {one for one in CHECKS if any(one(facts))}
        (sample.document / name).write_text(originals[name], encoding="utf-8")
    assert [one.__name__ for one in CHECKS if one not in seen] == []


def test_all_errors_of_all_files_at_once(sample: Any) -> None:
    sample.replace(FIRST, "a pt:Influence", "a pt:Influenc")
    sample.replace(FIRST, '"Witte" .', '"Witte .')
    sample.replace(FIRST, "pt:amount 70", "pt:amount 007")
    sample.replace(SECOND, '"1904"^^', '"1905"^^')
    sample.replace(LABELS, ' , "โคมูระ"@th', "")
    sample.replace("document.ttl", "a pt:Text ; spdx", "a pt:Texd ; spdx")
    with pytest.raises(FactsError) as caught:
        build(sample.facts, sample.ontology)
    assert [(finding.file.removeprefix("page/"), finding.line) for finding in caught.value.findings] == [
        (LABELS, 8),
        (FIRST, 4),
        (FIRST, 5),
        (FIRST, 9),
        (SECOND, 3),
        ("document.ttl", 2),
    ]
    assert str(caught.value).count("\n") == len(caught.value.findings) - 1


def test_a_slip_does_not_make_sound_statements_look_wrong(sample: Any) -> None:
    """One unreadable triple of a statement costs that triple and no other."""
    sample.replace(FIRST, 'schema:alternateName "Witte" .', 'schema:alternateName "Wit\\te\\q" .')
    assert [(finding.line, finding.expected) for finding in findings(sample)] == [
        (4, "Turtle that can be read")
    ]


def test_files_of_unknown_name_and_coding(sample: Any) -> None:
    sample.write("notes.trig", "")
    (sample.document / "2-second.labels.trig").write_bytes(b"\xff")
    found = {(finding.file, finding.found) for finding in findings(sample)}
    assert ("page/notes.trig", "a file of unknown name") in found
    assert ("page/2-second.labels.trig", "byte 0 that is not UTF-8") in found


@pytest.mark.parametrize("name", ["document.ttl", "locators.csv"])
def test_a_missing_file(sample: Any, name: str) -> None:
    (sample.document / name).unlink()
    assert [(finding.file, finding.found) for finding in findings(sample)] == [
        (f"page/{name}", "no such file")
    ]


def test_an_error_in_the_ontology_names_its_file(sample: Any) -> None:
    (sample.ontology / "more.ttl").write_text("\n<http://example.org/a> a .", encoding="utf-8")
    assert [(finding.file, finding.line) for finding in findings(sample)] == [("ontology/more.ttl", 2)]


def test_dates_that_do_not_meet_are_no_error(sample: Any) -> None:
    sample.replace(
        SECOND,
        '"1904"^^pt:edtfUnmarked ; pt:when t:1904-01-01--1904-12-31',
        '"1905-07-26"^^pt:edtfJulian , "1905-08-09"^^pt:edtfGregorian ; pt:when t:1905-08-08',
    )
    assert findings(sample) == []
