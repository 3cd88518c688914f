"""Competency questions: what a historian or a teacher asks, the answer, and the passages that carry it.

Each question is a ``.rq`` file in a folder a part, with its answer beside it as ``.tsv``. Comments at its top
say the question, its kind, and the passages that the answer rests on. Three things must hold: the graph gives
the answer; the named passages alone give it; and without them it is another. A question whose right answer is
silence names no passage, and its answer is a header alone.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox
import pytest

from portsmouth.build import build
from portsmouth.iris import PASSAGE, passage_key

FOLDER = Path(__file__).parent
KINDS = {
    "persons",
    "treaties",
    "articles",
    "territories",
    "battles",
    "demands",
    "influence",
    "statements",
    "conflicts",
    "dates",
    "figures",
    "counts",
    "causes",
    "silence",
}


class Question(NamedTuple):
    """A question, as its file states it."""

    name: str
    text: str
    kind: str
    passages: frozenset[str]
    query: str
    answer: list[str]


def read(path):
    source = path.read_text(encoding="utf-8")
    header = dict(re.findall(r"^# (question|kind|passages):[ \t]*(.*)$", source, re.MULTILINE))
    return Question(
        name=path.stem,
        text=header["question"],
        kind=header["kind"],
        passages=frozenset(PASSAGE + key for key in header.get("passages", "").split()),
        query=source,
        answer=path.with_suffix(".tsv").read_text(encoding="utf-8").splitlines(),
    )


QUESTIONS = [read(path) for path in sorted(FOLDER.glob("*/*.rq"))]
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


@cache
def named_quads():
    """The quads of every named graph, by graph."""
    graphs = {}
    for quad in ox.parse(build().nquads, format=ox.RdfFormat.N_QUADS):
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs.setdefault(quad.graph_name.value, []).append(quad)
    return graphs


def store_of(graphs):
    """A store of some of the named graphs, the default graph derived from them as the build derives it."""
    store = ox.Store()
    for graph in graphs:
        quads = named_quads()[graph]
        store.extend(quads)
        store.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    return store


@cache
def whole():
    return store_of(named_quads())


def answer(store, query):
    serialised = store.query(query).serialize(format=ox.QueryResultsFormat.TSV)
    return serialised.decode().splitlines()


def other_graphs():
    """The graphs that are no passages: labels, calendar, catalogue and the like."""
    return {graph for graph in named_quads() if passage_key(graph) is None}


@each_question
def test_the_graph_gives_the_answer(question):
    assert answer(whole(), question.query) == question.answer


@each_question
def test_the_named_passages_alone_give_the_answer(question):
    assert question.passages <= set(named_quads())
    assert answer(store_of(other_graphs() | question.passages), question.query) == question.answer


@each_question
def test_without_the_named_passages_the_answer_is_another(question):
    if question.kind == "silence":
        assert question.passages == frozenset()
        assert len(question.answer) <= 1 or question.answer == ["false"]
    else:
        assert question.passages
        assert answer(store_of(set(named_quads()) - question.passages), question.query) != question.answer


def test_there_are_questions_of_every_kind():
    kinds = Counter(question.kind for question in QUESTIONS)
    assert set(kinds) == KINDS
    assert kinds["silence"] >= 10
    assert len(QUESTIONS) >= 100


def test_every_question_is_asked_in_words_and_once():
    texts = [question.text for question in QUESTIONS]
    assert all(text.endswith("?") for text in texts)
    assert len(set(texts)) == len(texts)
