"""Citable answers: one hash for one result however it came, and citations that reference managers read."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import subprocess
import sys
from datetime import date

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.canonical import canonical
from portsmouth.citing import (
    Citation,
    CitedPart,
    bibtex,
    cite,
    csl_item,
    csl_json,
    digest,
    digest_of,
    footnote,
)
from portsmouth.errors import AnswerLimitError
from portsmouth.receipts import Answers
from portsmouth.stance import Stance
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Dataset, Formats, Query, Update
from portsmouth.store.sparql.engine import evaluate
from portsmouth.store.writable import WritableStore

IRIS = st.integers(0, 3).map(lambda n: ox.NamedNode(f"http://e/{n}"))
LITERALS = st.sampled_from([ox.Literal("a"), ox.Literal("a", language="en"), ox.Literal(1), ox.Literal("1")])
BLANKS = st.integers(0, 3).map(lambda n: ox.BlankNode(f"b{n}"))
ROWS = st.lists(st.dictionaries(st.sampled_from("xyz"), st.one_of(IRIS, LITERALS, BLANKS)), max_size=6)
TRIPLES = st.lists(
    st.builds(ox.Triple, st.one_of(IRIS, BLANKS), IRIS, st.one_of(IRIS, LITERALS, BLANKS)), max_size=6
)


def renamed(rows, seed):
    """The same rows in another order, their blank nodes under other names."""
    rng = random.Random(seed)
    names = rng.sample(range(100), 4)
    new = {ox.BlankNode(f"b{n}"): ox.BlankNode(f"c{names[n]}") for n in range(4)}
    told = [{name: new.get(term, term) for name, term in row.items()} for row in rows]
    rng.shuffle(told)
    return told


def table(rows, names="xyz"):
    return digest("solutions", Answers(tuple(names), tuple(rows)))


@given(ROWS, st.integers())
def test_neither_order_nor_the_names_of_blank_nodes_change_the_hash(rows, seed):
    assert table(rows) == table(renamed(rows, seed), "zxy")


@given(TRIPLES, st.integers())
def test_a_graph_has_one_hash_however_it_is_written(triples, seed):
    rows = [{"s": t.subject, "p": t.predicate, "o": t.object} for t in triples]
    again = [ox.Triple(row["s"], row["p"], row["o"]) for row in renamed(rows, seed)]
    one, other = (digest("graph", Answers((), tuple(some))) for some in (triples, again))
    assert one == other


@given(ROWS, ROWS)
def test_other_results_have_other_hashes(one, other):
    def told(rows):
        return sorted(sorted((name, str(term)) for name, term in row.items()) for row in rows)

    ground = [
        [row for row in rows if not any(isinstance(t, ox.BlankNode) for t in row.values())]
        for rows in (one, other)
    ]
    assert (table(ground[0]) == table(ground[1])) is (told(ground[0]) == told(ground[1]))


def test_what_must_not_be_confused():
    b, c, a = ox.BlankNode("b"), ox.BlankNode("c"), ox.NamedNode("http://e/a")
    assert table([{"x": b, "y": b}]) != table([{"x": b, "y": c}])
    assert table([{"x": b}, {"x": b}]) != table([{"x": b}, {"x": c}]) != table([{"x": b}])
    assert table([{"x": a}]) != table([{"x": a}, {"x": a}])
    assert table([{"x": a}]) != table([{"y": a}]) != table([])
    assert table([{"x": ox.Literal("1")}]) != table([{"x": ox.Literal(1)}])
    assert table([{"x": b, "y": a}, {"x": c, "y": a}]) != table([{"x": b, "y": a}, {"x": b, "y": a}])


def test_many_blank_nodes_are_no_burden():
    rows = [{"x": ox.BlankNode(f"n{number}")} for number in range(2000)]
    assert table(rows) == table(list(reversed(rows)))


DATA = """
<http://e/a> <http://e/p> 1, 1.5, "x"@en, "tab\\there", "line\\nbreak", "1905"^^<http://e/date> .
<http://e/b> <http://e/q> [ <http://e/p> <http://e/a> ], [ <http://e/p> <http://e/a> ] .
"""


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o OPTIONAL { ?o ?q ?r } }",
        "SELECT ?o { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?x { ?x <http://e/none> ?y }",
        "ASK { ?s ?p 1 }",
        "ASK { ?s ?p 2 }",
        "CONSTRUCT { ?o ?p ?s } { ?s ?p ?o FILTER(!isLiteral(?o)) }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
    ],
)
def test_every_format_of_an_answer_has_the_same_hash(text):
    store = ox.Store()
    store.load(DATA.encode(), format=ox.RdfFormat.TURTLE)
    graph = text.startswith("CONSTRUCT")
    found = set()
    for name, media_type in (GRAPH_FORMATS if graph else RESULT_FORMATS).items():
        # CSV does not say what a term is, and yes or no has no TSV that can be read back.
        if name == "csv" or (name == "tsv" and text.startswith("ASK")):
            continue
        out = io.BytesIO()
        evaluate(store, Query(text, formats=Formats(media_type, media_type))).write(out)
        found.add(digest_of(out.getvalue(), media_type))
    assert len(found) == 1


# --- The forms

CITED = Citation(
    query="# title: Who signed 50% of {it} & why_not\nSELECT * { ?s ?p ?o }",
    dataset=Dataset(stance=Stance(("s3",))),
    snapshot="8b0bcbf9538f87cc967138f469c95f0cb5dc8535b2e980cb904247e5e5e0cb95",
    kind="solutions",
    rows=7,
    digest="ab" * 32,
    parts=(
        CitedPart("s3", "Part 3: text of the treaty, shortened", (205, 207)),
        CitedPart("s5", "Part 5: essay", (229,)),
    ),
    whole=True,
    link="https://example.org/cite?query=SELECT+%2A&version=8b0b",
    accessed=date(2026, 11, 22),
)
#: What an item may hold beside id and type (CSL 1.0.2, appendix IV), as far as it could be of use here.
CSL_STANDARD = {
    "abstract", "annote", "archive", "archive_location", "author", "collection-title", "container-title",
    "dimensions", "DOI", "genre", "keyword", "language", "license", "medium", "note", "number", "publisher",
    "references", "section", "source", "status", "title", "title-short", "URL", "version",
}  # fmt: skip
CSL_DATES = {"accessed", "available-date", "issued", "submitted"}


def test_a_footnote_names_question_version_stance_passages_hash_day_and_link():
    assert footnote(CITED) == (
        "“Who signed 50% of {it} & why_not,” Portsmouth 1905: A Knowledge Graph of the Treaty of Portsmouth, "
        "version 8b0bcbf9538f, the text of the treaty alone, 7 rows, from "
        f"part 3 (text of the treaty, shortened), lines 205, 207; part 5 (essay), line 229, "
        f"SHA-256 {'ab' * 32}, accessed November 22, 2026, "
        "<https://example.org/cite?query=SELECT+%2A&version=8b0b>."
    )


def test_bibtex_is_balanced_and_escaped():
    entry = bibtex(CITED)
    depth = 0
    for character in re.sub(r"\\.", "", entry):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert entry.startswith("@misc{portsmouth1905-abababababab,\n")
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", entry, re.MULTILINE))
    assert set(fields) == {"title", "howpublished", "note", "url", "urldate"}
    assert fields["title"] == r"{Who signed 50\% of \{it\} \& why\_not}"
    assert fields["url"] == CITED.link
    assert "lines 205, 207" in fields["note"]
    assert CITED.digest in fields["note"]


def test_csl_json_has_the_fields_of_csl():
    (item,) = json.loads(csl_json(CITED))
    assert item == csl_item(CITED)
    assert item["type"] == "dataset"
    for name, value in item.items():
        if name in CSL_DATES:
            assert value == {"date-parts": [[2026, 11, 22]]}
        else:
            assert name in CSL_STANDARD | {"id", "type"}
            assert isinstance(value, str)
    assert item["version"] == CITED.snapshot
    assert CITED.digest in item["note"]


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "portsmouth", "query", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_cites():
    code, out, _ = command("--name", "signatories", "--parts", "s3", "--cite", "footnote")
    assert code == 0
    assert out.startswith("“Who signed the treaty,” Portsmouth 1905")
    assert "lines 131, 133, 135, 199, 205, 207, 209" in out
    assert "parts=s3&version=" in out
    _, told, _ = command("ASK { d:witte a pt:Person }", "--cite", "csl-json")
    assert json.loads(told)[0]["note"].startswith("Answer yes.")


def test_the_command_refuses_another_form():
    code, out, error = command("ASK {}", "--cite", "apa")
    assert (code, out) == (2, "")
    assert "footnote" in error


def clique(size):
    nodes, knows = [ox.BlankNode(f"n{n}") for n in range(size)], ox.NamedNode("http://e/knows")
    return [ox.Triple(one, knows, other) for one in nodes for other in nodes if one != other]


def test_what_is_made_to_take_for_ever_is_refused_and_nothing_else():
    assert digest("graph", Answers((), tuple(clique(7))))
    with pytest.raises(AnswerLimitError, match="too much alike"):
        digest("graph", Answers((), tuple(clique(12))))
    rows = [{"a": triple.subject, "b": triple.object} for triple in clique(12)]
    with pytest.raises(AnswerLimitError, match="too much alike"):
        table(rows, "ab")
    # Many nodes of which nothing is said but where they stand.
    assert table([{"a": ox.BlankNode(), "b": ox.BlankNode()} for _ in range(3000)], "ab")


@given(TRIPLES)
def test_labels_are_those_of_the_algorithm(triples):
    quads = [ox.Quad(t.subject, t.predicate, t.object) for t in triples]
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert sorted(canonical(quads)) == sorted(map(str, dataset))


class WrittenMeanwhile:
    """A store that somebody else writes while it is asked for the first time."""

    def __init__(self, store):
        self.store = store
        self.asked = 0

    @property
    def snapshot(self):
        return self.store.snapshot

    async def query(self, query):
        self.asked += 1
        if self.asked == 1:
            text = "INSERT DATA { GRAPH <http://e/g> { <http://e/s> <http://e/p> 1 } }"
            await self.store.update(Update(text))
        return await self.store.query(query)


def test_an_answer_is_cited_with_the_version_that_gave_it():
    async def cited():
        async with WritableStore.in_memory(b"") as store:
            citation = await cite(WrittenMeanwhile(store), Query("SELECT * { ?s ?p ?o }"))
            assert citation.snapshot == store.snapshot
            assert citation.rows == 1

    asyncio.run(cited())
