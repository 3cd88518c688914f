"""Measures on graphs whose answer is known on paper."""

import os
import subprocess
import sys
from math import isclose
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.errors import ParameterError
from portsmouth.networks import MEASURES, communities, degrees_by_mode, measured, measures, rank
from portsmouth.networks.witness import compare, spearman

ROOT = Path(__file__).parents[2]
PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=40)
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


def test_a_sample_tells_how_far_it_may_be_off():
    network = nx.MultiDiGraph(nx.gnp_random_graph(150, 0.015, seed=5, directed=True))
    network = nx.relabel_nodes(network, {number: f"a{number:03d}" for number in network})
    for measure in (measures.brokers, measures.betweenness):
        whole, sampled = measure(network), measure(network, sources=75)
        assert whole.sample is None
        assert (sampled.sample.beginnings, sampled.sample.actors) == (75, 150)
        # One actor's error says little; over all actors they are as large as is told.
        off = sum((sampled[actor] - whole[actor]) ** 2 for actor in network)
        told = sum(error**2 for error in sampled.sample.errors.values())
        assert 0.5 < (off / told) ** 0.5 < 2
        assert "75 of 150" in str(sampled.sample)


def test_a_sample_is_told_beside_the_ranking(monkeypatch):
    monkeypatch.setattr(measures, "MOST_FOLLOWED", 0)
    monkeypatch.setattr(measures, "LEAST_SOURCES", 3)
    told = rank(STAR, "brokers").as_json()
    assert (told["sample"]["beginnings"], told["sample"]["actors"]) == (3, 5)
    assert told["sample"]["standard_error"] > 0
    assert rank(STAR, "reach").as_json()["sample"] is None


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_reach_and_brokers_of_undated_arcs_are_those_of_networkx(pairs):
    network = nx.MultiDiGraph([(f"a{one}", f"a{other}") for one, other in pairs])
    simple = nx.DiGraph(network)
    below = {actor: nx.descendants(simple, actor) for actor in simple}
    assert measures.reach(network) == {actor: len(found) for actor, found in below.items()}
    lost = dict.fromkeys(simple, 0)
    for actor in simple:
        without = simple.subgraph(set(simple) - {actor})
        lost[actor] = sum(len(below[one] - {actor}) - len(nx.descendants(without, one)) for one in without)
    assert measures.brokers(network) == lost


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


# --- libraries


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_betweenness_is_that_of_networkx(pairs):
    network = nx.MultiDiGraph([(f"a{one}", f"a{other}") for one, other in pairs])
    simple = nx.DiGraph(network)
    assert measures.betweenness(network) == pytest.approx(nx.betweenness_centrality(simple), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_pagerank_is_where_its_formula_stands_still(pairs):
    network = nx.MultiDiGraph([(f"a{one}", f"a{other}") for one, other in pairs])
    shares = measures.pagerank(network)
    assert sum(shares.values()) == pytest.approx(1)
    ends = sum(shares[actor] for actor in network if not network.out_degree(actor))
    for actor in network:
        sources = [source for source, _ in network.in_edges(actor)]
        led = sum(shares[source] / network.out_degree(source) for source in sources)
        assert shares[actor] == pytest.approx((0.15 + 0.85 * ends) / len(network) + 0.85 * led, abs=1e-6)


def test_a_sample_of_beginnings_estimates_betweenness():
    network = nx.MultiDiGraph(nx.gnp_random_graph(120, 0.05, seed=3, directed=True))
    network = nx.relabel_nodes(network, {number: f"a{number:03d}" for number in network})
    whole, sampled = measures.betweenness(network), measures.betweenness(network, sources=60)
    assert sum(sampled.values()) == pytest.approx(sum(whole.values()), rel=0.25)
    assert sampled == measures.betweenness(network, sources=60)


BACKEND = """
class Backend:
    @staticmethod
    def convert_from_nx(graph, **options):
        return graph
    @staticmethod
    def convert_to_nx(result, **options):
        return result
    @staticmethod
    def betweenness_centrality(graph, *given, **options):
        return {actor: 42.0 for actor in graph}
    @staticmethod
    def pagerank(graph, *given, **options):
        return {actor: 43.0 for actor in graph}
    @staticmethod
    def louvain_communities(graph, *given, **options):
        return [set(graph)]
def info():
    return {}
"""
ASKED = """
import networkx as nx
from portsmouth.networks import measures
network = nx.MultiDiGraph([("a", "b"), ("c", "d")])
given = {}
print(measures.betweenness(network, **given)["a"], measures.pagerank(network, **given)["a"],
      len(measures.communities(network, **given)))
"""


@pytest.mark.parametrize("way", ["configuration", "argument", "neither"])
def test_a_backend_of_networkx_takes_over(tmp_path, way):
    (tmp_path / "far_away.py").write_text(BACKEND)
    about = tmp_path / "far_away-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: far-away\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[networkx.backends]\nfar = far_away:Backend\n[networkx.backend_info]\nfar = far_away:info\n"
    )
    paths = [str(tmp_path), str(ROOT / "graph")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    if way == "configuration":
        environment["NETWORKX_BACKEND_PRIORITY_ALGOS"] = "far"
    asked = ASKED.replace("given = {}", "given = {'backend': 'far'}") if way == "argument" else ASKED
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (done.stdout == "42.0 43.0 1\n") == (way != "neither")


def test_rows_say_what_the_measures_say_and_name_each_value(monkeypatch):
    network = nx.MultiDiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "f"), ("f", "d")])
    mentions = dict.fromkeys("abcdef", 1)
    grouped = measured(network, "communities", mentions)
    assert grouped.names == ("group",)
    assert [(row.iri, *row.values) for row in grouped.rows] == [
        (actor, number) for number, group in enumerate(communities(network), 1) for actor in sorted(group)
    ]
    ranked = measured(network, "betweenness", mentions)
    assert (ranked.names, ranked.sample) == (("score",), None)
    assert {row.iri: row.values[0] for row in ranked.rows} == rank(network, "betweenness").scores
    assert ranked.witness == rank(network, "betweenness", mentions=mentions).witness
    monkeypatch.setattr(measures, "MOST_FOLLOWED", 0)
    monkeypatch.setattr(measures, "LEAST_SOURCES", 3)
    estimated = measured(STAR, "brokers", {})
    assert estimated.names == ("score", "standard_error")
    assert estimated.sample is not None
    assert all(row.values[1] == estimated.sample.errors[row.iri] for row in estimated.rows)
