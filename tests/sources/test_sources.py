"""The texts passage by passage, and the original checked against the catalogue line by line."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.build import build
from portsmouth.build.catalogue import locate
from portsmouth.errors import SourceError
from portsmouth.iris import PASSAGE, passage, passage_key
from portsmouth.originals import Catalogued, Original
from portsmouth.sources import COLUMNS, read_sources, table
from portsmouth.store.embedded import EmbeddedStore

build = cache(build)
#: A page of our own: the source page is no part of this repository.
PAGE = "หัวเรื่อง\n\nสงครามเริ่ม\nเรือจมเจ็ดสิบลำ\n\nบทความอื่น\nบรรทัดท้าย"


def catalogued(text):
    return [
        Catalogued(passage("s1", one.line), one.line, one.start, one.sha256)
        for one in locate(text)
        if not one.blank
    ]


# --- The original


def test_a_passage_is_shown_among_its_neighbours():
    original = Original.from_text(PAGE, catalogued(PAGE))
    around = original.around(passage("s1", 4), 1)
    assert [(line.number, line.marked) for line in around] == [(3, False), (4, True), (6, False)]
    assert around[1].text == original.line(passage("s1", 4)) == "เรือจมเจ็ดสิบลำ"
    assert original.around(passage("s1", 99)) == original.around(PASSAGE + "s1") == ()
    assert len(original.around(passage("s1", 1), 2)) == 3


@given(st.data())
def test_the_first_line_that_differs_is_named(data):
    lines = PAGE.split("\n")
    changed = data.draw(st.sets(st.sampled_from([1, 3, 4, 6, 7]), min_size=1))
    text = "\n".join("x" * len(line) if number in changed else line for number, line in enumerate(lines, 1))
    with pytest.raises(
        SourceError, match=rf"found line {min(changed)} of the source with SHA-256.*first line"
    ):
        Original.from_text(text, catalogued(PAGE))


def test_what_differs_where_no_passage_stands():
    with pytest.raises(SourceError, match="line 3 of the source from code point"):
        Original.from_text(PAGE.replace("\n\n", "\n \n", 1), catalogued(PAGE))
    with pytest.raises(SourceError, match="so that line 6 is missing"):
        Original.from_text("\n".join(PAGE.split("\n")[:4]), catalogued(PAGE))
    with pytest.raises(SourceError, match="no passage in the catalogue"):
        Original.from_text(PAGE, [])
    with pytest.raises(SourceError, match="line 1 of"):
        Original.from_text(PAGE.replace("\n", "\r\n"), catalogued(PAGE))
    assert Original.from_text(PAGE + "\n", catalogued(PAGE)).line(passage("s1", 7)) == "บรรทัดท้าย"


# --- The texts


@pytest.fixture(scope="module")
def parts():
    async def read():
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            return await read_sources(store)

    return asyncio.run(read())


def test_every_passage_is_in_its_text(parts):
    assert [part.key for part in parts] == [f"s{number}" for number in range(1, 9)]
    passages = [one for part in parts for one in part.passages]
    counts = build().counts
    assert len(passages) == counts["passages"] + counts["silent"]
    assert sum(part.facts for part in parts) == counts["facts"]
    assert sum(part.silent for part in parts) == counts["silent"]
    for part in parts:
        assert [one.line for one in part.passages] == sorted(one.line for one in part.passages)
        assert all(part.first <= one.line <= part.last and one.gloss for one in part.passages)
        assert all(bool(one.silence) is (one.facts == 0) for one in part.passages)


def test_what_a_passage_alone_states_is_in_no_other(parts):
    quads = ox.parse(build().nquads, format=ox.RdfFormat.N_QUADS)
    stated = [q for q in quads if isinstance(q.graph_name, ox.NamedNode) and passage_key(q.graph_name.value)]
    told = Counter(quad.triple for quad in stated)
    expected = Counter(quad.graph_name.value for quad in stated if told[quad.triple] == 1)
    assert {one.iri: one.alone for part in parts for one in part.passages if one.alone} == expected


def test_disputes_name_the_passages_that_take_part(parts):
    by_iri = {one.iri: one for part in parts for one in part.passages}
    names = {iri.rpartition("/")[2] for iri in by_iri[passage("s8", 360)].disputed}
    assert "disagreement-refusal-of-french-mediation-agent" in names
    assert by_iri[passage("s4", 217)].disputed == ()


def test_a_table_has_a_row_a_passage(parts):
    rows = table(parts)
    assert len(rows) == sum(len(part.passages) for part in parts)
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_reasons_and_glosses_are_to_be_had_in_thai():
    async def read():
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            return await read_sources(store, "th")

    (first, *_) = asyncio.run(read())
    assert all(any("\u0e00" <= letter <= "\u0e7f" for letter in one.gloss) for one in first.passages)


# --- The commands


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "portsmouth", *arguments], capture_output=True, text=True, encoding="utf-8"
    )
    return done.returncode, done.stdout, done.stderr


def test_another_file_is_refused_before_anything_is_served(tmp_path):
    other = tmp_path / "page.txt"
    other.write_text(PAGE, encoding="utf-8")
    code, out, error = command("serve", "--port", "0", "--source", str(other))
    assert (code, out) == (2, "")
    assert (
        f"line 1 of {other} with SHA-256 {hashlib.sha256(PAGE.split(chr(10))[0].encode()).hexdigest()}"
        in error
    )
    assert "Traceback" not in error
    other.write_bytes(b"\xff\xfe")
    code, out, error = command("query", "ASK {}", "--receipts", "--source", str(other))
    assert (code, out) == (2, "")
    assert "not UTF-8 at offset 0" in error
    code, _, error = command("query", "ASK {}", "--source", str(other))
    assert code == 2
    assert "--receipts" in error


@pytest.mark.reference
def test_the_page_itself_is_shown_with_receipts():
    source = Path(__file__).parents[3] / "shared" / "source" / "portsmouth-th.txt"
    code, out, _ = command(
        "query", "--name", "signatories", "--parts", "s3", "--receipts", "--source", str(source)
    )
    line = source.read_text(encoding="utf-8").split("\n")[204]
    assert code == 0
    assert f"original: {line}" in out
