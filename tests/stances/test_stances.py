"""A stance answers as the graph would, had the page none but the kept parts."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth import iris, networks, resources
from portsmouth.build import build
from portsmouth.build.assemble import assemble, documents
from portsmouth.conflicts import read_conflicts
from portsmouth.differences import compare
from portsmouth.errors import ParameterError, ReadOnlyError
from portsmouth.queries import catalogue
from portsmouth.receipts import explain, read_answers
from portsmouth.receipts.replay import dataset_for, gives
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.materialising import materialise
from portsmouth.store.protocol import Dataset, Formats, Query, Update
from portsmouth.store.sparql.engine import evaluate
from portsmouth.store.stances import Stances, seen_from

build = cache(build)
PARTS = tuple(f"s{number}" for number in range(1, 9))
TREATY = Stance(("s3",))


@cache
def whole():
    store = ox.Store()
    store.bulk_load(build().nquads, format=ox.RdfFormat.N_QUADS)
    return store


def part_of(graph):
    key = iris.passage_key(graph.value)
    return key.part if key else None


class Local:
    """A store that answers in this process: a process an example would take too long."""

    snapshot = "s1"

    def __init__(self, store):
        self._store = store

    async def query(self, query):
        return LocalAnswer(evaluate(self._store, query))


class LocalAnswer:
    """What the engine has evaluated."""

    def __init__(self, evaluation):
        self.kind, self.media_type, self.complete = evaluation.kind, evaluation.media_type, True
        out = io.BytesIO()
        evaluation.write(out)
        self._body = out.getvalue()

    async def __aiter__(self):
        yield self._body

    async def aclose(self):
        pass


def ask(stance, text, **more):
    """Ask the whole graph from a stance."""
    query = Query(text, Dataset(stance=stance, **more), known_prefixes=True)
    out = io.BytesIO()
    evaluation = evaluate(whole(), replace(query, formats=Formats(graphs="application/n-triples")))
    evaluation.write(out)
    return read_answers(evaluation.kind, out.getvalue())


# --- The value


@given(st.sets(st.integers(1, 9), min_size=1), st.booleans())
def test_a_stance_reads_as_it_is_written(numbers, without):
    stance = Stance.of((f"s{number}" for number in numbers), without=without)
    assert Stance.parse(str(stance)) == stance
    for part in PARTS:
        assert stance.keeps(iris.passage(part, 1)) is ((int(part[1:]) in numbers) is not without)


@pytest.mark.parametrize("text", ["s3,-s4", "3", "s0", "p:s3", "treaty", "s3;s4", "-", "s3 DROP", "s99999"])
def test_what_is_no_stance_is_refused(text):
    with pytest.raises(ParameterError, match="expected parts such as s3"):
        Stance.parse(text)


# --- The dataset


def test_the_stance_of_every_part_is_the_dataset_itself():
    assert set(materialise(whole(), Stance(PARTS))) == set(whole())


@pytest.mark.parametrize("stance", ["s3", "-s4", "s1,s5", "s8", "-s1,-s2"])
def test_a_stance_is_what_the_build_makes_of_its_passages_alone(tmp_path, stance):
    stance = Stance.parse(stance)
    folder = tmp_path / "portsmouth-th"
    shutil.copytree(resources.facts_folder() / "portsmouth-th", folder)
    for path in folder.glob("[1-8]-*.trig"):
        if not path.name.endswith(".labels.trig") and not stance.keeps(iris.passage(f"s{path.name[0]}", 1)):
            path.unlink()
    (facts,) = documents(tmp_path, resources.ontology_folder())
    alone = set(assemble(facts))
    made = materialise(whole(), stance)
    named = {quad for quad in made if quad.graph_name != ox.DefaultGraph()}

    def of(quads, name):
        return {quad for quad in quads if quad.graph_name == ox.NamedNode(name)}

    assert of(named, iris.DERIVED) == of(alone, iris.DERIVED)
    passages = {quad for quad in alone if part_of(quad.graph_name)}
    assert {quad for quad in named if part_of(quad.graph_name)} == passages
    for graph in (iris.EDITORIAL, iris.CATALOGUE, iris.CALENDAR, iris.AUTHORITIES, iris.ONTOLOGY_GRAPH):
        assert of(named, graph) == of(whole(), graph)
    default = [quad for quad in made if quad.graph_name == ox.DefaultGraph()]
    assert len(default) == len(set(default))
    assert {quad.triple for quad in default} == {quad.triple for quad in named}


def test_a_stance_names_parts_that_there_are():
    with pytest.raises(ParameterError, match=r"part s9.*expected parts among s1, s2"):
        materialise(whole(), Stance(("s1", "s9")))


def test_only_the_last_stances_are_kept():
    kept, small = Stances(most=2), ox.Store()
    for part in ("s1", "s2", "s3"):
        small.add(ox.Quad(*[ox.NamedNode("http://e/x")] * 3, ox.NamedNode(iris.passage(part, 1))))
    first = kept.of(small, Stance(("s1",)))
    assert kept.of(small, Stance(("s1",))) is first
    for part in ("s2", "s3"):
        kept.of(small, Stance((part,)))
    assert kept.of(small, Stance(("s1",))) is not first


# --- Queries


def test_a_fact_that_two_parts_state_is_there_once():
    rows = ask(
        Stance(("s3", "s5")), "SELECT (COUNT(*) AS ?n) { d:treaty-of-portsmouth pt:signedBy d:witte }"
    ).rows
    assert [row["n"].value for row in rows] == ["1"]


def test_graph_sees_the_kept_passages_alone():
    rows = ask(TREATY, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").rows
    assert {part_of(row["g"]) for row in rows} == {None, "s3"}


def test_from_chooses_among_what_is_kept():
    text = "SELECT ?who FROM p:s3-205 FROM p:s5-229 { ?t pt:signedBy ?who }"
    assert [row["who"].value for row in ask(TREATY, text).rows] == [iris.ID + "komura"]
    assert len(ask(None, text).rows) == 4
    graphs = (iris.passage("s3", 205), iris.passage("s5", 229))
    rows = ask(TREATY, "SELECT ?who { ?t pt:signedBy ?who }", default=graphs).rows
    assert [row["who"].value for row in rows] == [iris.ID + "komura"]


def test_superclasses_follow_only_from_kept_passages():
    text = "ASK { d:battle-of-tsushima a pt:Event }"
    assert ask(Stance(("s7",)), text).rows
    assert not ask(TREATY, text).rows


def test_a_disagreement_needs_both_sides():
    async def kinds(stance):
        found = await read_conflicts(seen_from(Local(whole()), stance))
        return {one.name: one.kind for one in found}

    name = "refusal-of-french-mediation-agent"
    assert asyncio.run(kinds(Stance(("s5", "s8"))))[name] == "incompatible"
    assert name not in asyncio.run(kinds(Stance(("s5",))))
    # Of the four days of the opening the two that are left differ only in how closely they are told.
    opening = "opening-of-portsmouth-peace-conference-when"
    assert asyncio.run(kinds(Stance(("s5", "s6"))))[opening] == "refinement"


def test_receipts_follow_the_stance():
    stance, named = Stance(("s4",), without=True), {query.name: query for query in catalogue()}

    async def check(name):
        store, query = Local(whole()), Query(named[name].text, Dataset(stance=stance))
        answer = await store.query(query)
        rows = read_answers(answer.kind, b"".join([chunk async for chunk in answer])).rows[:10]
        receipts = await explain(store, query, rows)
        cited = {passage for fact in receipts.facts for passage in fact.passages}
        assert cited
        assert all(stance.keeps(passage) for passage in cited)
        for row, receipt in zip(rows, receipts.rows, strict=True):
            alone = ox.Store()
            facts = receipts.facts_of(receipt.derivations[0])
            alone.load(dataset_for(query, facts), format=ox.RdfFormat.N_QUADS)
            assert await gives(Local(alone), query, row)

    for name in ("signatories", "losses", "boundaries"):
        asyncio.run(check(name))


def test_a_worker_keeps_what_it_has_made_of_a_stance():
    async def check():
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            for text in ("s3", "", "s3"):
                query = Query("SELECT DISTINCT ?g { GRAPH ?g {} }", Dataset(stance=Stance.parse(text)))
                answer = await store.query(query)
                rows = read_answers(answer.kind, b"".join([chunk async for chunk in answer])).rows
                kept = {part_of(row["g"]) for row in rows} - {None}
                assert kept == ({"s3"} if text else set(PARTS))
                worker = store._idle[-1]
            assert worker.stances == {None, Stance(("s3",))}

    asyncio.run(check())


def test_networks_follow_the_stance():
    async def influence(stance):
        return await networks.project(seen_from(Local(whole()), stance))

    one, everything = asyncio.run(influence(Stance(("s5",)))), asyncio.run(influence(None))
    passages = {passage for *_, arc in one.edges(data=True) for passage in arc["passages"]}
    assert {iris.passage_key(passage).part for passage in passages} == {"s5"}
    assert 0 < one.number_of_edges() < everything.number_of_edges()


def test_nothing_is_written_from_a_stance():
    async def write():
        async with EmbeddedStore.from_nquads(b"") as store:
            await seen_from(store, TREATY).update(Update("CLEAR ALL"))

    with pytest.raises(ReadOnlyError):
        asyncio.run(write())


# --- The difference


def test_a_difference_parts_the_rows():
    text = "SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who . ?who a pt:Person } ORDER BY ?who"

    async def check():
        return await compare(
            Local(whole()), Query(text, known_prefixes=True), Stance(("s3",)), Stance(("s5",))
        )

    found = asyncio.run(check())
    assert found.columns == ("who",)
    assert [iris.shorten(row[0].value) for row in found.only_b] == ["d:rosen"]
    assert [iris.shorten(row[0].value) for row in found.both] == ["d:komura", "d:takahira", "d:witte"]
    assert not found.only_a
    assert not found.same


def test_passages_are_not_compared_unless_nothing_else_is_asked():
    stances = Stance(("s3",)), Stance(("s5",))

    def check(columns):
        text = (
            f"SELECT {columns} {{ GRAPH ?p {{ d:treaty-of-portsmouth pt:signedBy ?who }} ?who a pt:Person }}"
        )
        return asyncio.run(compare(Local(whole()), Query(text, known_prefixes=True), *stances))

    found = check("?who ?p")
    assert (found.columns, found.left_out) == (("who",), ("p",))
    assert [iris.shorten(row[0].value) for row in found.only_b] == ["d:rosen"]
    assert not found.only_a
    assert len(found.both) == 3
    alone = check("?p")
    assert (alone.columns, alone.left_out, alone.both) == (("p",), (), ())


ROWS = st.lists(st.integers(0, 3), max_size=8)


@given(ROWS, ROWS)
def test_a_difference_counts_rows(one, other):
    def data(part, numbers):
        # One graph a row, so that equal rows stay apart.
        return "".join(
            f"<http://e/{n}> <http://e/p> <http://e/o> <{iris.passage(part, line)}> .\n"
            for line, n in enumerate(numbers, 1)
        )

    store = ox.Store()
    padding = "<http://e/x> <http://e/q> <http://e/o> <{}> .\n"
    pads = "".join(padding.format(iris.passage(part, 99)) for part in ("s1", "s2"))
    store.load((data("s1", one) + data("s2", other) + pads).encode(), format=ox.RdfFormat.N_QUADS)
    query = Query("SELECT ?s { GRAPH ?g { ?s <http://e/p> ?o } }")
    found = asyncio.run(compare(Local(store), query, Stance(("s1",)), Stance(("s2",))))
    names = {
        where: Counter(int(row[0].value[-1]) for row in rows)
        for where, rows in (("a", found.only_a), ("b", found.only_b), ("both", found.both))
    }
    left, right = Counter(one), Counter(other)
    assert names == {"a": left - right, "b": right - left, "both": left & right}


# --- The commands


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "portsmouth", *arguments], capture_output=True, text=True, encoding="utf-8"
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_asks_from_a_stance():
    code, out, _ = command("query", "--name", "signatories", "--parts", "treaty-text", "--format", "csv")
    assert code == 0
    passages = [line.rpartition("/")[2] for line in out.splitlines()[1:]]
    assert passages
    assert all(passage.startswith("s3-") for passage in passages)


@pytest.mark.parametrize("parts", ["s9", "3"])
def test_the_command_refuses_parts_that_there_are_not(parts):
    code, out, error = command("query", "ASK {}", "--parts", parts)
    assert (code, out, len(error.splitlines())) == (2, "", 1)
    assert "expected parts" in error


def test_the_command_tells_two_stances_apart():
    code, out, _ = command("stances", "--name", "signatories", "--a", "s3", "--b", "s5", "--format", "csv")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("in,name,")
    given = [line.split(",")[:2] for line in lines[1:]]
    assert [name for where, name in given if where == "b"] == ["Roman Rosen"]
    assert {where for where, _ in given} == {"a", "b", "both"}
    _, told, _ = command("stances", "ASK { d:rosen ^pt:signedBy ?t }", "--a", "s3", "--format", "json")
    assert json.loads(told) == {
        "kind": "boolean",
        "columns": [],
        "leftOut": [],
        "onlyA": [],
        "onlyB": [[]],
        "both": [],
    }
