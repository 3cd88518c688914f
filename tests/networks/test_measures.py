"""Measures on graphs whose answer is known on paper."""

from math import isclose

import networkx as nx
import pytest

from portsmouth.errors import ParameterError
from portsmouth.networks import MEASURES, communities, degrees_by_mode, measures, rank
from portsmouth.networks.witness import compare, spearman

STAR = nx.MultiDiGraph([("a", "m"), ("b", "m"), ("m", "c"), ("m", "d")])


def test_degrees_count_events_and_not_arcs():
    network = nx.MultiDiGraph()
    for target in "bc":
        network.add_edge("a", target, event="one", modes=("funded",))
    network.add_edge("a", "b", event="two", modes=("funded", "advised"))
    network.add_edge("b", "a", event="three")
    assert degrees_by_mode(network)["a"] == {"": (0, 1), "advised": (1, 0), "funded": (2, 0)}
    assert dict(rank(network, "out-degree").scores) == {"a": 2, "b": 1, "c": 0}
    assert dict(rank(network, "in-degree").scores) == {"b": 2, "a": 1, "c": 1}
    assert dict(rank(network, "degree").scores) == {"a": 3, "b": 3, "c": 1}


def test_pagerank_of_two_who_feed_a_third():
    # a and b send all to c, c to nobody: r(a) = r(b) = x, r(c) = x + 0.85 * 2x, their sum 1.
    shares = measures.pagerank(nx.MultiDiGraph([("a", "c"), ("b", "c")]))
    assert isclose(shares["a"], 1 / 4.7, abs_tol=1e-9)
    assert isclose(shares["c"], 2.7 / 4.7, abs_tol=1e-9)
    assert isclose(sum(shares.values()), 1, abs_tol=1e-9)


def test_pagerank_follows_parallel_arcs_by_their_number():
    # a sends two of its three arcs to b: b gets twice what c gets from a.
    shares = measures.pagerank(nx.MultiDiGraph([("a", "b"), ("a", "b"), ("a", "c")]))
    base = (0.15 + 0.85 * (shares["b"] + shares["c"])) / 3
    assert isclose(shares["b"] - base, 2 * (shares["c"] - base), abs_tol=1e-9)


def test_the_middle_of_a_star_lies_between_all_pairs():
    # Four of the twelve ordered pairs of the others are joined, all through m.
    assert measures.betweenness(STAR) == pytest.approx({"m": 4 / 12, "a": 0, "b": 0, "c": 0, "d": 0})
    assert measures.brokers(STAR)["m"] == 4
    assert measures.reach(STAR) == {"a": 3, "b": 3, "m": 2, "c": 0, "d": 0}


def test_two_ways_round_leave_no_broker():
    square = nx.MultiDiGraph([("a", "b"), ("b", "d"), ("a", "c"), ("c", "d")])
    assert set(measures.brokers(square).values()) == {0}


def test_a_sample_of_beginnings_estimates_the_whole():
    chain = nx.MultiDiGraph((number, number + 1) for number in range(60))
    whole = measures.brokers(chain)
    sampled = measures.brokers(chain, sources=30)
    assert isclose(sum(sampled.values()), sum(whole.values()), rel_tol=0.5)


def test_two_triangles_with_one_arc_between_are_two_communities():
    network = nx.MultiDiGraph(
        [("a", "b"), ("b", "c"), ("c", "a"), ("x", "y"), ("y", "z"), ("z", "x"), ("c", "x")]
    )
    assert communities(network) == [{"a", "b", "c"}, {"x", "y", "z"}]


def test_nobody_in_a_network_is_no_error():
    for name in MEASURES:
        assert dict(rank(nx.MultiDiGraph(), name, mentions={}).scores) == {}
    assert communities(nx.MultiDiGraph()) == []


def test_a_ranking_stands_beside_what_it_owes_to_mentions():
    ranking = rank(STAR, "degree", mentions={"m": 9, "a": 1, "b": 1, "c": 1})
    assert next(iter(ranking.scores)) == "m"
    # d, whom no passage names, ties with a, b and c in degree.
    assert ranking.witness.correlation == pytest.approx(spearman([1, 1, 1, 1, 4], [1, 1, 1, 0, 9]))
    assert ranking.witness.low <= ranking.witness.correlation <= ranking.witness.high
    assert ranking.as_json()["mentions"]["actors"] == 5
    assert "rank correlation with mentions" in str(ranking.witness)


def test_spearman_with_ties_by_hand():
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, spreads 4.5 and 5.
    assert spearman([1, 2, 2, 3], [10, 20, 30, 40]) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)


def test_the_interval_is_the_same_for_the_same_seed_and_missing_for_few():
    scores = {str(number): number % 7 for number in range(30)}
    mentions = {str(number): number for number in range(30)}
    assert compare(scores, mentions) == compare(scores, mentions)
    assert compare({"a": 1, "b": 2}, {"a": 1, "b": 2}).low is None
    assert compare({"a": 1, "b": 1}, {"a": 1, "b": 2}).correlation is None


def test_a_measure_that_there_is_not():
    with pytest.raises(ParameterError, match="expected one of degree"):
        rank(STAR, "fame")


def test_every_measure_tells_its_formula_or_source_and_its_limits():
    for measure in (measures.pagerank, measures.betweenness, measures.reach, measures.brokers, communities):
        assert "Formula" in measure.__doc__ and "Reference" in measure.__doc__ and "Limits" in measure.__doc__
