"""The order of all values: total, and in agreement with what the engine's own ``<`` says."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portsmouth.iris import XSD
from portsmouth.store.sparql.ranks import RANK, rank
from portsmouth.store.sparql.sorting import ranked

RANKING = {ox.NamedNode(RANK): rank}
#: Values of each kind, at the edges of what they can be and of how they compare.
VALUES = {
    "integer": "0 -1 10 9 2 +2 16777216 16777217 9007199254740993 9007199254740992 9223372036854775807"
    " -9223372036854775808 99999999999999999999 abc",
    "byte": "7 300",
    "decimal": "1.5 -0.1 10.0 9.99 2"
    " 123456789012345.123456789 123456789012345.123456788 0.000000000000000001",
    "float": "1.5 1.1 16777216 NaN INF -INF -0 1E10 1E39",
    "double": "1e0 16777217 NaN INF -INF 9007199254740992 1e300 -1e300 1e-320 0.1 -0.0",
    "boolean": "true false 1 0 maybe",
    "dateTime": "2020-01-01T00:00:00Z 2020-01-01T05:00:00+10:00 2020-01-01T03:00:00 2020-01-01T23:00:00-05:00"
    " 2019-12-31T24:00:00 -0044-03-15T00:00:00 12020-01-01T00:00:00"
    " 2020-02-30T00:00:00 2020-01-01T00:00:00.5Z",
    "dateTimeStamp": "2020-01-01T00:00:00Z 2019-01-01T00:00:00+01:00",
    "date": "2020-01-01 2020-01-01Z 2020-01-01+13:00 2020-01-02-13:00 2019-12-31 -0044-03-15 0000-02-29"
    " 12020-01-01",
    "time": "00:00:00 00:00:00Z 05:00:00+10:00 03:00:00 23:00:00-05:00 24:00:00 23:59:59.999+14:00 25:00:00",
    "gYear": "2020 2020Z 2020+13:00 0900 12020 -0044 1905",
    "gYearMonth": "2020-01 2020-01Z 2020-02+13:00 12020-01 0900-12",
    "gMonth": "--01 --12Z --13",
    "gMonthDay": "--01-01 --12-31 --02-29 --05-05+13:00",
    "gDay": "---01 ---31 ---31Z ---05+13:00",
    "duration": "P1M P30D P31D P29D P28D P27D PT1S -P1M P1Y P365D P366D P12M P400Y -PT0.5S P5000M P P1YT",
    "dayTimeDuration": "P1D PT24H PT25H -P1D PT0.001S",
    "yearMonthDuration": "P1Y P12M P13M -P1M",
    "anyURI": "a b 10 9",
    "string": "a b B é 10 9 10a 2020",
}
LITERALS = [
    *(
        ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
        for kind, texts in VALUES.items()
        for text in texts.split()
    ),
    *(ox.Literal(text, language=tag) for text in ("a", "b", "10", "") for tag in ("en", "th", "en-gb")),
    *(ox.Literal(text, datatype=ox.NamedNode("http://e/kind")) for text in ("a", "10", "9")),
    ox.Literal(""),
]  # fmt: skip
TERMS = [
    *LITERALS,
    *(ox.NamedNode(f"http://e/{name}") for name in "ab"),
    ox.BlankNode("b"),
    *(ox.Triple(ox.NamedNode("http://e/a"), ox.NamedNode("http://e/p"), object_) for object_ in LITERALS[:8]),
]


def place(term):
    """Return where a term comes, as the engine sorts what :func:`rank` returns."""
    ranking = rank(term)
    kind = (ox.BlankNode, ox.NamedNode, ox.Literal).index(type(ranking))
    return kind, ranking.value


def solutions(query, functions=RANKING):
    return list(ox.Store().query(query, custom_functions=functions))


def test_what_the_engine_says_is_less_comes_first():
    values = " ".join(str(literal) for literal in LITERALS)
    compared = 0
    for less, more, verdict in solutions(
        f"SELECT ?a ?b (?a < ?b AS ?less) {{ VALUES ?a {{ {values} }} VALUES ?b {{ {values} }} }}"
    ):
        if verdict is not None and verdict.value == "true":
            compared += 1
            assert place(less) < place(more), (less, more)
    assert compared > 1000


def test_numbers_that_are_equal_leave_the_order_to_the_next_condition():
    one = [ox.Literal(1), ox.Literal("1.0", datatype=ox.NamedNode(XSD + "decimal")), ox.Literal(1.0)]
    assert len({place(literal) for literal in one}) == 1
    assert place(ox.Literal(0.0)) == place(ox.Literal(-0.0))


@given(st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)), min_size=2))
@example([2**53, 2.0**53, 2**53 + 1])
def test_numbers_come_by_their_exact_value(numbers):
    def value(number):
        return number if number in (float("inf"), float("-inf")) else Fraction(number)

    expected = sorted(numbers, key=value)
    ordered = sorted(numbers, key=lambda number: place(ox.Literal(number)))
    assert [value(number) for number in ordered] == [value(number) for number in expected]


@pytest.mark.parametrize("direction", ["", "DESC"])
def test_the_engine_sorts_all_kinds_of_values_by_their_ranks(direction):
    written = [f"<<( {term} )>>" if isinstance(term, ox.Triple) else str(term) for term in TERMS]
    values = " ".join(text for text in written if not text.startswith("_:"))
    query = f"SELECT ?v {{ VALUES ?k {{ 1 2 3 }} VALUES ?v {{ UNDEF {values} }} }} ORDER BY {direction}(?v)"
    rows = [row["v"] for row in solutions(ranked(query))]
    found = [place(term) for term in rows if term is not None]
    assert len(rows) == 3 * len(TERMS)
    assert found == sorted(found, reverse=direction == "DESC")
    # Unbound is least.
    assert rows[-3:] == [None] * 3 if direction else rows[:3] == [None] * 3


def test_iris_come_before_literals_and_those_before_triples():
    kinds = [ox.NamedNode("http://e/z"), ox.Literal(1), ox.Literal("zz"), TERMS[-1]]
    assert all(place(one) < place(other) for one, other in combinations(kinds, 2))


SAMPLE = "VALUES (?a ?b) { (2 'x') (10 'y') ('10' 'x') ('1a' 'y') ('1'@en 'x') (true 'z') (1.5 'z') }"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?a { SAMPLE } ORDER BY ?a",
        "SELECT * { SAMPLE } ORDER BY DESC(?b) asc (?a) LIMIT 3 OFFSET 1",
        "SELECT (?a AS ?x) ?b { SAMPLE } ORDER BY ?x ?b",
        "SELECT (STRLEN(STR(?a)) AS ?n) ?a { SAMPLE } ORDER BY ?n STR(?a)",
        "SELECT ?b { SAMPLE } GROUP BY ?b HAVING(COUNT(*) > 1) ORDER BY DESC(COUNT(DISTINCT ?a)) ?b",
        "SELECT (MIN(?b) AS ?m) ?a { SAMPLE } GROUP BY ?a ORDER BY ?m (GROUP_CONCAT(?b; separator=', )')) ?a",
        "SELECT ?a ?c { SAMPLE { SELECT (?a AS ?c) { SAMPLE } ORDER BY ?a LIMIT 2 } } ORDER BY ?c ?a",
        "SELECT ?a { SAMPLE } ORDER BY NOT EXISTS { FILTER(?b = 'x') } ?a",
        "SELECT ?a { SAMPLE } ORDER BY EXISTS { FILTER(?b = 'x') } IF(?b = 'x', ?a, ?b) ?a",
        "SELECT ?a { SAMPLE } ORDER BY (?a > 3 && ?b < 'z') (!bound(?c)) ?a VALUES ?b { 'x' 'y' }",
        f"SELECT ?a {{ SAMPLE }} ORDER BY <{XSD}integer>(?a) ?a VALUES (?b) {{ ('x') }}",
        f"PREFIX x: <{XSD}> SELECT ?a {{ SAMPLE }} ORDER BY DESC(x:string(?a)) ?a # ORDER BY ?b",
        "SELECT $a { SAMPLE } order\nby $a ?b",
        "CONSTRUCT { [] <http://e/p> ?a } { SAMPLE } ORDER BY ?a LIMIT 4",
    ],
)
def test_a_query_that_sorts_by_ranks_asks_for_the_same(query):
    query = query.replace("SAMPLE", SAMPLE)
    rewritten = ranked(query)
    assert rewritten is not None
    assert rewritten != query
    rows, before = solutions(rewritten), solutions(query, {})
    assert len(rows) == len(before)
    if "LIMIT" not in query:
        assert sorted(map(str, rows)) == sorted(map(str, before))


def test_a_query_that_sorts_by_ranks_keeps_the_order_of_the_conditions():
    query = ranked("SELECT ?a ?b { SAMPLE } ORDER BY DESC(?b) ?a".replace("SAMPLE", SAMPLE))
    assert [(row["b"].value, row["a"].value) for row in solutions(query)] == [
        ("z", "1.5"), ("z", "true"), ("y", "10"), ("y", "1a"), ("x", "2"), ("x", "1"), ("x", "10"),
    ]  # fmt: skip


def test_a_condition_is_evaluated_once_for_each_row():
    query = ranked("SELECT ?r { VALUES ?a { 1 2 3 4 5 6 7 8 9 } BIND(RAND() AS ?r) } ORDER BY ?r RAND()")
    assert query is not None
    numbers = [float(row["r"].value) for row in solutions(query)]
    assert all(one <= other for one, other in pairwise(numbers))
    calls = []
    counting = {ox.NamedNode(RANK): lambda term: calls.append(term) or rank(term)}
    solutions(ranked("SELECT * { VALUES ?a { 9 8 7 6 5 4 3 2 1 } } ORDER BY RAND()"), counting)
    assert len(calls) == 9


@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?o }", "ASK { ?s ?order 'ORDER BY ?s' } # ORDER BY ?s"])
def test_a_query_that_does_not_sort_is_left_alone(query):
    assert ranked(query) is None
