"""The guarantee on every named query and every competency question, over the graph as it is built."""

import asyncio
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from receipts.local import LocalStore

from portsmouth import queries
from portsmouth.build import build
from portsmouth.receipts import PAGE, explain, read_answers, replay
from portsmouth.receipts import syntax as s
from portsmouth.receipts.algebra import write
from portsmouth.receipts.parsing import parse
from portsmouth.receipts.support import ONE_EXAMPLE, ONE_PATH
from portsmouth.store.protocol import GRAPH_FORMATS, Formats, Query

QUESTIONS = sorted((Path(__file__).parents[1] / "questions").glob("*/*.rq"))
TEXTS = {query.name: query.text for query in queries.catalogue()}
TEXTS |= {path.stem: path.read_text(encoding="utf-8") for path in QUESTIONS}
each_query = pytest.mark.parametrize("name", TEXTS)


@cache
def whole():
    return LocalStore(build().nquads)


async def explained(text):
    query = Query(text, formats=Formats(graphs=GRAPH_FORMATS["nt"]))
    answer = await whole().query(query)
    rows = read_answers(answer.kind, answer.body).rows[:PAGE]
    return query, rows, await explain(whole(), query, rows)


@each_query
def test_the_serialiser_changes_nothing(name):
    def rows(text):
        results = whole().store.query(text)
        return sorted(map(str, results)) if not isinstance(results, ox.QueryBoolean) else bool(results)

    tree = parse(TEXTS[name])
    assert parse(write(tree)) == tree
    assert rows(write(tree)) == rows(TEXTS[name])


@each_query
def test_the_cited_facts_of_one_derivation_give_the_row(name):
    async def check():
        query, rows, receipts = await explained(TEXTS[name])
        assert not receipts.truncated
        assert all(fact.graphs for fact in receipts.facts)
        for row, receipt in zip(rows, receipts.rows, strict=True):
            assert receipt.derivations
            for derivation in receipt.derivations[:2]:
                alone = LocalStore(replay.dataset_for(query, receipts.facts_of(derivation)))
                assert await replay.gives(alone, query, row)

    asyncio.run(check())


def is_monotone(text):
    """A group without some members is another group, and an absence needs no fact."""
    select = parse(text).select
    return not select.aggregated and s.monotone(select.where)


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if is_monotone(text)])
def test_without_the_facts_of_every_derivation_the_row_is_gone(name):

    async def check():
        query, rows, receipts = await explained(TEXTS[name])
        store = whole().store
        for row, receipt in list(zip(rows, receipts.rows, strict=True))[:5]:
            notes = {note for derivation in receipt.derivations for note in derivation.notes}
            if receipt.truncated or notes & {ONE_PATH, ONE_EXAMPLE}:
                continue
            cited = {f.cited[:3] for d in receipt.derivations for f in receipts.facts_of(d)}
            quads = [quad for triple in cited for quad in store.quads_for_pattern(*triple)]
            for quad in quads:
                store.remove(quad)
            try:
                assert not await replay.gives(whole(), query, row)
            finally:
                store.extend(quads)

    asyncio.run(check())
