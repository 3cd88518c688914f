"""Which passages repeat each other, and how the build keeps it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.build import build, echoes_csv, find_echoes
from portsmouth.build.assemble import documents
from portsmouth.build.echoes import CONTAINED, ECHOES, LEAST, SHINGLE, read_echoes, shingles
from portsmouth.cli import run
from portsmouth.errors import FactsError, ParameterError
from portsmouth.iris import CATALOGUE, PASSAGE, PT
from portsmouth.resources import facts_folder, ontology_folder

PAGE = Path(__file__).parents[3] / "shared" / "source" / "portsmouth-th.txt"
SAID = "จากนี้ไปจะมีไมตรีต่อกันระหว่างผู้ปกครองทั้งสองและราษฎรของทั้งคู่ตราบนานเท่านาน"
PHRASES = st.sampled_from(
    ["กขคงจฉชซฌญฎฏฐ", "ab cd, ef gh-ij kl", "สองสามสี่ห้าหกเจ็ดแปด", "mnopqrstuvwxyz", "ก็ ได้"]
)
TEXTS = st.lists(
    st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.lists(PHRASES, max_size=8).map(" ".join)), max_size=6
)


@given(TEXTS)
def test_echoes_are_those_of_comparing_every_pair(texts: list[tuple[str, str]]) -> None:
    lines = dict(enumerate(texts, start=1))
    expected = []
    for one, other in combinations(lines, 2):
        a, b = shingles(lines[one][1]), shingles(lines[other][1])
        shared = len(a & b)
        if lines[one][0] != lines[other][0] and shared >= LEAST and shared >= CONTAINED * min(len(a), len(b)):
            expected.append((one, other, shared, round(shared / min(len(a), len(b)), 3)))
    assert [tuple(echo) for echo in find_echoes(lines)] == expected


@pytest.mark.parametrize(
    "other",
    [f"ข้อ 1 อ่านว่า: “{SAID}” - และอื่น ๆ", SAID.replace("ไมตรี", "ไมตรี, "), f"  {SAID[:40]} {SAID[40:]}!"],
)
def test_spaces_punctuation_and_what_stands_around_do_not_hide_an_echo(other: str) -> None:
    assert len(find_echoes({1: ("s1", SAID), 2: ("s2", other)})) == 1


def test_the_lines_of_one_part_are_not_compared() -> None:
    assert find_echoes({1: ("s1", SAID), 2: ("s1", SAID)}) == []


def test_a_name_in_common_is_no_echo() -> None:
    names = {1: ("s1", "Treaty of Portsmouth"), 2: ("s2", "The Treaty of Portsmouth (1905)")}
    assert len(shingles(names[1][1])) < LEAST
    assert find_echoes(names) == []


@given(st.text(max_size=30))
def test_shingles_are_runs_of_letters(text: str) -> None:
    assert all(len(shingle) == SHINGLE for shingle in shingles(text))
    assert shingles(text) == shingles(f"« {text} »")


def with_echoes(sample: Any, *rows: str) -> None:
    text = "\n".join(("line,echoed,shared,containment", *rows, ""))
    (sample.document / ECHOES).write_text(text, encoding="utf-8")


def test_the_build_says_in_the_catalogue_which_passages_echo_each_other(sample: Any) -> None:
    with_echoes(sample, "3,6,30,0.750")
    quads = set(ox.parse(build(sample.facts, sample.ontology).nquads, format=ox.RdfFormat.N_QUADS))
    one, other, echoes = (
        ox.NamedNode(iri) for iri in (PASSAGE + "s1-003", PASSAGE + "s2-006", PT + "echoes")
    )
    assert {quad for quad in quads if quad.predicate == echoes} == {
        ox.Quad(a, echoes, b, graph)
        for a, b in ((one, other), (other, one))
        for graph in (ox.NamedNode(CATALOGUE), ox.DefaultGraph())
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("3,x,30,0.75", "three numbers and a part from 0 to 1"),
        ("3,6,30", "three numbers and a part from 0 to 1"),
        ("3,4,30,0.75", "lines of two different parts"),
        ("3,99,30,0.75", "lines of two different parts"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_finding(sample: Any, row: str, expected: str) -> None:
    with_echoes(sample, row)
    with pytest.raises(FactsError, match=f"echoes.csv:2: found {row}; expected {expected}"):
        build(sample.facts, sample.ontology)


def test_a_table_with_another_header_is_a_finding(sample: Any) -> None:
    (sample.document / ECHOES).write_text("a,b\n", encoding="utf-8")
    with pytest.raises(FactsError, match=r"echoes\.csv:1: found a,b; expected line,echoed"):
        build(sample.facts, sample.ontology)


def test_the_command_writes_the_table_of_a_known_page(sample: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["echoes", str(sample.page), "--facts", str(sample.facts)]) == 0
    assert capfd.readouterr().out == "line,echoed,shared,containment\n"
    sample.page.write_text("another page", encoding="utf-8")
    assert run(["echoes", str(sample.page), "--facts", str(sample.facts)]) == 2
    assert "expected one that document.ttl describes" in capfd.readouterr().err


def test_a_page_that_nobody_described_is_refused(sample: Any) -> None:
    with pytest.raises(ParameterError):
        echoes_csv([], sample.page)


@pytest.mark.reference
def test_the_kept_table_is_what_the_page_shows() -> None:
    (facts,) = documents(facts_folder(), ontology_folder())
    assert facts.document
    table = facts_folder() / facts.name / ECHOES
    assert echoes_csv([facts.document], PAGE) == table.read_text(encoding="utf-8")
    echoes, findings = read_echoes(table, ECHOES, facts.document)
    assert (list(echoes), findings) == (list(facts.echoes), [])
    assert echoes
