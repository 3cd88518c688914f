"""How strongly passages carry a row, against trying every set of them."""

from __future__ import annotations

from itertools import chain, combinations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.iris import EDITORIAL, passage, passage_key
from portsmouth.receipts import Cited, Derivation, Fact, Receipt, Receipts
from portsmouth.receipts.independence import independent_texts
from portsmouth.receipts.support import ONE_EXAMPLE, support_of

PASSAGES = [passage(f"s{part}", line) for part, line in ((1, 1), (1, 2), (2, 10), (2, 11), (3, 20), (4, 30))]
IRI = ox.NamedNode("http://e/a")


def fact(number: int, graphs: frozenset[str], editorial: bool) -> Fact:
    """A fact of its own, which editors may state beside passages."""
    cited = Cited(IRI, IRI, ox.Literal(number))
    return Fact(cited, (*sorted(graphs), *([EDITORIAL] if editorial else ())))


graphs = st.frozensets(st.sampled_from(PASSAGES), min_size=1, max_size=4)
facts = st.lists(st.tuples(graphs, st.integers(0, 5).map(lambda n: n == 0)), min_size=1, max_size=7).map(
    lambda given: tuple(fact(number, *one) for number, one in enumerate(given))
)


@st.composite
def explained(draw: st.DrawFn) -> Receipts:
    """Receipts of one row with some derivations."""
    cited = draw(facts)
    numbers = st.frozensets(st.integers(0, len(cited) - 1), max_size=5)
    derivations = draw(st.lists(numbers, min_size=1, max_size=4))
    row = Receipt(tuple(Derivation(tuple(sorted(one))) for one in derivations))
    return Receipts(cited, (row,))


def carried(receipts: Receipts, by: frozenset[str]) -> bool:
    """Whether a row still follows if these passages alone are believed, and editors."""
    return any(
        all(EDITORIAL in fact.graphs or by & set(fact.passages) for fact in receipts.facts_of(derivation))
        for derivation in receipts.rows[0].derivations
    )


def sets_of(passages: list[str]) -> list[frozenset[str]]:
    sizes = range(len(passages) + 1)
    return [frozenset(one) for one in chain.from_iterable(combinations(passages, size) for size in sizes)]


@given(explained())
def test_the_smallest_sets_are_those_that_carry_the_row_and_could_do_with_no_less(receipts: Receipts) -> None:
    carrying = [one for one in sets_of(PASSAGES) if carried(receipts, one)]
    least = {one for one in carrying if not any(other < one for other in carrying)}
    support = support_of(receipts, receipts.rows[0])
    assert set(support.smallest) == least
    assert len(support.smallest) == len(least)
    assert [len(one) for one in support.smallest] == sorted(len(one) for one in least)
    assert support.complete


@given(explained())
def test_an_indispensable_passage_is_one_without_which_all_others_do_not_carry_the_row(
    receipts: Receipts,
) -> None:
    everything = frozenset(PASSAGES)
    expected = {one for one in PASSAGES if not carried(receipts, everything - {one})}
    assert support_of(receipts, receipts.rows[0]).indispensable == expected


@given(explained())
def test_where_other_ways_may_exist_nothing_is_called_indispensable(receipts: Receipts) -> None:
    row = receipts.rows[0]
    for unsure in (
        Receipt(row.derivations, truncated=True),
        Receipt(()),
        Receipt((Derivation(row.derivations[0].facts, notes=(ONE_EXAMPLE,)),)),
    ):
        support = support_of(Receipts(receipts.facts, (unsure,)), unsure)
        assert support.indispensable is None
        assert not support.complete


def test_a_row_with_very_many_ways_says_that_there_are_more_sets() -> None:
    pairs = [frozenset({passage("s1", 2 * n), passage("s2", 2 * n + 1)}) for n in range(1, 21)]
    cited = tuple(fact(number, pair, editorial=False) for number, pair in enumerate(pairs))
    row = Receipt((Derivation(tuple(range(len(cited)))),))
    support = support_of(Receipts(cited, (row,)), row)
    assert not support.complete
    assert support.smallest
    assert all(carried(Receipts(cited, (row,)), one) and len(one) == 20 for one in support.smallest)


echoing = st.frozensets(
    st.tuples(st.sampled_from(PASSAGES), st.sampled_from(PASSAGES)).filter(
        lambda pair: passage_key(pair[0]).part != passage_key(pair[1]).part
    ),
    max_size=6,
)


@given(st.frozensets(st.sampled_from(PASSAGES)), echoing)
def test_independent_texts_are_the_most_passages_of_different_parts_that_do_not_echo_each_other(
    given_passages: frozenset[str], pairs: frozenset[tuple[str, str]]
) -> None:
    both = pairs | {(other, one) for one, other in pairs}
    echoes = {one: frozenset(b for a, b in both if a == one) for one, _ in both}

    def apart(one: str, other: str) -> bool:
        return passage_key(one).part != passage_key(other).part and (one, other) not in both

    most = max(
        len(chosen)
        for chosen in sets_of(sorted(given_passages))
        if all(apart(one, other) for one, other in combinations(chosen, 2))
    )
    assert independent_texts(given_passages, echoes) == most
