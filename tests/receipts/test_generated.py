"""The guarantee on generated queries: what is cited carries the row, and without it the row is gone."""

import asyncio

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from receipts.generated import NEGATIVE, WITNESSED, case, cases
from receipts.local import LocalStore

from portsmouth.receipts import Budget, explain, read_answers, replay
from portsmouth.receipts.algebra import write
from portsmouth.receipts.parsing import parse
from portsmouth.store.protocol import GRAPH_FORMATS, Formats, Query

MANY = Budget(derivations=200, members=5_000, solutions=20_000)
#: Joins without a shared variable make thousands of rows, which say no more than a few.
MOST_ROWS = 6

generated = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def asked(text):
    return Query(text, formats=Formats(graphs=GRAPH_FORMATS["nt"]))


async def answers_of(store, query):
    answer = await store.query(query)
    return read_answers(answer.kind, b"".join([chunk async for chunk in answer]))


def unordered(answers):
    return sorted(
        repr(sorted(row.items(), key=str)) if isinstance(row, dict) else str(row) for row in answers.rows
    )


@given(cases)
@generated
def test_the_serialiser_changes_nothing(case):
    tree = parse(case.query)
    text = write(tree)
    assert parse(text) == tree

    async def both():
        store = LocalStore(case.nquads.encode())
        return await answers_of(store, asked(case.query)), await answers_of(store, asked(text))

    before, after = asyncio.run(both())
    if "LIMIT" in case.query:
        assert len(before.rows) == len(after.rows)
    else:
        assert unordered(before) == unordered(after)


@given(cases)
@generated
def test_the_cited_facts_of_one_derivation_give_the_row(case):
    check_rows(case)


def check_rows(case):
    async def check():
        query = asked(case.query)
        store = LocalStore(case.nquads.encode())
        rows = (await answers_of(store, query)).rows[:MOST_ROWS]
        receipts = await explain(store, query, rows, MANY)
        for row, receipt in zip(rows, receipts.rows, strict=True):
            assert receipt.derivations, (row, receipts.notes)
            for derivation in receipt.derivations[:8]:
                if any(note.startswith("approximate") for note in derivation.notes):
                    # Only what holds because something is missing may say so, and groups of groups.
                    assert case.operators & NEGATIVE or case.query.count("COUNT(") > 1, derivation
                    continue
                facts = receipts.facts_of(derivation)
                alone = LocalStore(replay.dataset_for(query, facts))
                assert await replay.gives(alone, query, row), (row, facts, derivation)

    asyncio.run(check())


#: ``EXISTS`` and ``NOT EXISTS`` that name variables which are bound, or not, outside their own group.
SEEDS = [976, 5033, 5919, 11244, 13191, 16626, 17756]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_exists_sees_from_outside_its_group_is_found_again(seed):
    assert case(seed).operators & {"EXISTS", "NOT EXISTS"}
    check_rows(case(seed))


@given(cases.filter(lambda case: not case.operators & (NEGATIVE | WITNESSED | {"GROUP"})))
@generated
def test_without_the_facts_of_every_derivation_the_row_is_gone(case):
    async def check():
        query = asked(case.query)
        store = LocalStore(case.nquads.encode())
        rows = (await answers_of(store, query)).rows[:MOST_ROWS]
        receipts = await explain(store, query, rows, MANY)
        for row, receipt in zip(rows, receipts.rows, strict=True):
            if receipt.truncated or not all(derivation.facts for derivation in receipt.derivations):
                continue
            cited = {fact.cited[:3] for d in receipt.derivations for fact in receipts.facts_of(d)}
            rest = b"".join(
                ox.serialize([quad], format=ox.RdfFormat.N_QUADS)
                for quad in store.store
                if tuple(quad)[:3] not in cited
            )
            assert not await replay.gives(LocalStore(rest), query, row), (row, cited)

    asyncio.run(check())


#: Pieces of text that tell an operator.
OPERATORS = (
    *("UNION", "OPTIONAL", "MINUS", "GRAPH ?g", "GRAPH <", "VALUES", "BIND", "FILTER(", "FILTER EXISTS"),
    *("FILTER NOT EXISTS", "|| NOT EXISTS", "COUNT(*)", "HAVING", "DISTINCT", "{ SELECT", "ORDER BY", "ASK"),
    *("CONSTRUCT", ">/<", " ^", "|^", " !<", "!(<", ">+ ", ")* ", ">?/", ")+ ", "STR(?x) AS", "?p"),
)


def test_the_generated_queries_have_rows_over_every_operator():
    met = dict.fromkeys(OPERATORS, 0)
    monotone = 0

    async def count():
        nonlocal monotone
        for seed in range(1_000):
            made = case(seed)
            if (await answers_of(LocalStore(made.nquads.encode()), asked(made.query))).rows:
                monotone += not made.operators & (NEGATIVE | WITNESSED | {"GROUP"})
                for operator in OPERATORS:
                    met[operator] += operator in made.query

    asyncio.run(count())
    assert min(met.values()) >= 10, met
    assert monotone >= 100
