"""Chains in time against every chain there is, and against graphs whose answer is known on paper."""

import random
from datetime import date, timedelta
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.errors import NetworkDeadlineError, NotFoundError
from portsmouth.networks import Timeline
from portsmouth.networks.budget import within
from portsmouth.networks.chains import Order

FIRST = date(1905, 1, 1)
LEGS = {"mandate": 0, "dispatch": 1, "direct": 1, "delivery": 2}


def day(number):
    return None if number is None else FIRST + timedelta(number)


def network(*arcs):
    """Arcs as (source, target, earliest, latest), or with event and leg; days count from 1 January."""
    made = nx.MultiDiGraph()
    for number, (source, target, earliest, latest, *act) in enumerate(arcs):
        event, leg = act or (f"e{number}", "direct")
        made.add_edge(
            source, target, f"{event}#{leg}", event=event, leg=leg, earliest=day(earliest), latest=day(latest)
        )
    return made


# --- every chain there is


def simple_chains(graph, source, target):
    """All chains of arcs from one actor to another that visit nobody twice."""
    arcs = list(graph.edges(keys=True, data=True))

    def onward(chain, visited):
        here = chain[-1][1] if chain else source
        if here == target:
            yield tuple(chain)
            return
        for arc in arcs:
            if arc[0] == here and arc[1] not in visited:
                yield from onward([*chain, arc], visited | {arc[1]})

    yield from onward([], {source})


def arrival_if_possible(chain):
    arrival = date.min
    for *_, arc in chain:
        if arc["earliest"]:
            arrival = max(arrival, arc["earliest"])
        if arc["latest"] and arrival > arc["latest"]:
            return None
    return arrival


def arrival_if_certain(chain):
    for *_, arc in chain:
        if not (arc["earliest"] and arc["latest"]):
            return None
    for (*_, before), (*_, after) in pairwise(chain):
        one_act = before["event"] == after["event"] and LEGS[before["leg"]] < LEGS[after["leg"]]
        if not one_act and before["latest"] > after["earliest"]:
            return None
    return chain[-1][3]["latest"]


def by_brute_force(graph, source, target, certain):
    """All chains that time allows: arrival, hops, whether undated, and the arcs."""
    arrive = arrival_if_certain if certain else arrival_if_possible
    found = []
    for chain in simple_chains(graph, source, target):
        arrival = arrive(chain)
        if chain and arrival is not None:
            undated = any(arc["earliest"] is None and arc["latest"] is None for *_, arc in chain)
            found.append((arrival, len(chain), undated, tuple(arc[:3] for arc in chain)))
    return found


def minimal(found):
    def better(one, other):
        return all(a <= b for a, b in zip(one[:3], other[:3], strict=True)) and one[:3] != other[:3]

    return {one[3] for one in found if not any(better(other, one) for other in found)}


def random_network(draw):
    """A few actors, many ties, moments, long spans, no dates, half dates, acts of several legs."""
    actors = "abcdef"[: draw.randint(2, 6)]
    horizon = draw.choice((3, 6, 12))

    def span():
        kind = draw.random()
        if kind < 0.15:
            return None, None
        start = draw.randrange(horizon)
        if kind < 0.2:
            return start, None
        if kind < 0.25:
            return None, start
        return start, start + (0 if kind < 0.6 else draw.randrange(horizon))

    arcs = []
    for number in range(draw.randint(1, 11)):
        earliest, latest = span()
        if len(actors) > 2 and draw.random() < 0.35:
            chain = draw.sample(actors, min(len(actors), draw.choice((3, 3, 4))))
            legs = ("dispatch", "delivery") if len(chain) == 3 else ("mandate", "dispatch", "delivery")
            if len(chain) == 3 and draw.random() < 0.3:
                legs = ("mandate", "direct")
            arcs += [
                (source, target, earliest, latest, f"e{number}", leg)
                for (source, target), leg in zip(pairwise(chain), legs, strict=True)
            ]
        else:
            arcs.append((*draw.sample(actors, 2), earliest, latest, f"e{number}", "direct"))
    graph = network(*arcs)
    graph.add_nodes_from(actors)
    return graph


@pytest.mark.parametrize("certain", [False, True])
@pytest.mark.parametrize("block", range(5))
def test_every_answer_is_that_of_brute_force(block, certain):
    graphs = (random_network(random.Random(seed)) for seed in range(block * 500, block * 500 + 500))
    assert sum(chains_are_those_of_brute_force(graph, certain) for graph in graphs) > 50


@settings(max_examples=250, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_every_answer_is_that_of_brute_force_where_one_is_looked_for_that_is_not(draw, certain):
    chains_are_those_of_brute_force(random_network(draw), certain)


def chains_are_those_of_brute_force(graph, certain):
    """Compare every answer about two actors; tell whether there is a chain."""
    timeline = Timeline(graph)
    source, target, *_ = sorted(graph)
    expected = by_brute_force(graph, source, target, certain)
    chain = timeline.earliest(source, target, certain=certain)
    assert (chain is None) == (not expected)
    if chain:
        arrival = min(expected)[0]
        assert (chain.arrival or date.min) == arrival
        arcs = tuple((hop.source, hop.target, hop.key) for hop in chain.hops)
        assert (arrival, arcs) in {(one[0], one[3]) for one in expected}
    found = timeline.minimal(source, target, certain=certain)
    written = [tuple((hop.source, hop.target, hop.key) for hop in one.hops) for one in found]
    assert len(written) == len(set(written))
    assert set(written) == minimal(expected)
    assert not found.truncated
    for one in found:
        whole = [graph.edges[hop.source, hop.target, hop.key] for hop in one.hops]
        assert one.certain == (arrival_if_certain([(0, 0, 0, arc) for arc in whole]) is not None)
    static = nx.has_path(graph, source, target)
    forbidden = timeline.forbidden(source, target, certain=certain)
    assert (forbidden is not None) == (static and not expected)
    if forbidden:
        assert_the_reason_holds(forbidden, certain)
    return chain is not None


def assert_the_reason_holds(forbidden, certain):
    late = forbidden.hops[forbidden.late]
    assert forbidden.reason
    if forbidden.after is None:
        assert certain and None in (late.earliest, late.latest)
        return
    before = forbidden.hops[forbidden.after]
    assert forbidden.after < forbidden.late
    if certain:
        assert before.latest > late.earliest
    else:
        assert before.earliest > late.latest


@pytest.mark.parametrize("certain", [False, True])
def test_arrivals_and_brokers_are_those_of_brute_force(certain):
    for seed in range(10_000, 10_400):
        graph = random_network(random.Random(seed))
        timeline = Timeline(graph)
        reached = {
            (source, target): by_brute_force(graph, source, target, certain)
            for source in graph
            for target in graph
            if source != target
        }
        for source in graph:
            expected = {
                target: min(found)[0]
                for (start, target), found in reached.items()
                if start == source and found
            }
            arrivals = timeline.arrivals(source, certain=certain)
            assert {actor: at or date.min for actor, at in arrivals.items()} == expected, seed
        lost = {
            actor: sum(
                bool(found) and all(actor in {end for arc in one[3] for end in arc[:2]} for one in found)
                for pair, found in reached.items()
                if actor not in pair
            )
            for actor in graph
        }
        assert timeline.lost_without(certain=certain) == lost, seed


# --- known on paper


def test_a_chain_that_goes_back_in_time_is_forbidden_with_the_reason():
    graph = network(("a", "b", 5, 6), ("b", "c", 8, 9), ("c", "d", 1, 7))
    timeline = Timeline(graph)
    assert timeline.earliest("a", "d") is None
    forbidden = timeline.forbidden("a", "d")
    assert (forbidden.late, forbidden.after) == (2, 1)
    assert forbidden.reason == (
        "<e2> lies on 1905-01-08 at the latest, too late to come after "
        "<e1>, which lies on 1905-01-09 at the earliest"
    )


def test_the_hop_that_holds_a_chain_up_may_lie_far_back():
    graph = network(("a", "b", 8, 9), ("b", "c", 1, 20), ("c", "d", 1, 7))
    assert Timeline(graph).forbidden("a", "d").after == 0


def test_on_one_day_everything_is_still_possible_and_certain():
    graph = network(("a", "b", 3, 3), ("b", "c", 3, 3))
    assert Timeline(graph).earliest("a", "c", certain=True).arrival == day(3)


def test_overlapping_spans_are_possible_and_not_certain():
    timeline = Timeline(network(("a", "b", 0, 9), ("b", "c", 5, 20)))
    assert timeline.earliest("a", "c").arrival == day(5)
    assert not timeline.earliest("a", "c").certain
    assert timeline.earliest("a", "c", certain=True) is None


def test_undated_events_are_possible_and_never_certain():
    timeline = Timeline(network(("a", "b", None, None), ("b", "c", 5, 5)))
    assert timeline.earliest("a", "c").undated == 1
    assert timeline.earliest("a", "c", certain=True) is None
    assert timeline.forbidden("a", "c", certain=True).reason == (
        "<e0> has no date, so nothing that needs it is certain"
    )
    assert Timeline(timeline.network, undated=False).earliest("a", "c") is None


def test_the_legs_of_one_act_follow_each_other_whatever_its_span():
    graph = network(("a", "m", 0, 9, "e", "dispatch"), ("m", "b", 0, 9, "e", "delivery"), ("a", "m", 1, 2))
    chain = Timeline(graph).earliest("a", "b", certain=True)
    assert [hop.event for hop in chain.hops] == ["e", "e"]
    assert chain.arrival == day(9)


def test_a_dated_chain_is_not_hidden_by_one_whose_arrival_nobody_knows():
    graph = network(("a", "b", None, None), ("a", "b", 5, 6))
    assert [chain.undated for chain in Timeline(graph).minimal("a", "b")] == [0, 1]


def test_a_longer_chain_that_is_earlier_stands_beside_a_shorter_one():
    graph = network(("a", "c", 9, 9), ("a", "b", 1, 1), ("b", "c", 2, 2))
    assert [chain.actors for chain in Timeline(graph).minimal("a", "c")] == [("a", "b", "c"), ("a", "c")]


def test_more_chains_than_asked_for_are_said_to_be_more():
    graph = network(*(("a", "b", 1, 1) for _ in range(5)))
    found = Timeline(graph).minimal("a", "b", limit=3)
    assert len(found) == 3 and found.truncated
    assert not Timeline(graph).minimal("a", "b", limit=5).truncated


def test_nobody_reaches_himself_and_a_stranger_is_told_apart():
    timeline = Timeline(network(("a", "b", 1, 1)))
    assert timeline.earliest("a", "a") is None
    assert list(timeline.minimal("a", "a")) == []
    assert timeline.forbidden("b", "a") is None
    with pytest.raises(NotFoundError, match="no arc of the network"):
        timeline.earliest("a", "z")


def test_what_the_source_says_of_the_order_stands_beside_a_chain():
    graph = network(("a", "b", 1, 9), ("b", "c", 1, 9))
    graph.graph["order"] = {("e1", "e0"): "after"}
    (stated,) = Timeline(graph).earliest("a", "c").stated
    assert not stated.confirms
    graph.graph["order"] = {("e0", "x"): "ledTo", ("x", "e1"): "after"}
    (stated,) = Timeline(graph).earliest("a", "c").stated
    assert stated.confirms and stated.properties == ("ledTo", "after")


def test_statements_that_go_in_a_circle_end():
    assert len(Order({("a", "b"): "x", ("b", "a"): "x"}).stated(["a", "b"])) == 2


def test_chains_can_be_written_as_json():
    written = Timeline(network(("a", "b", 1, 2))).earliest("a", "b").as_json()
    assert written["actors"] == ["a", "b"]
    assert written["hops"][0]["earliest"] == "1905-01-02"


def test_a_long_chain_needs_no_deep_stack():
    graph = network(*((number, number + 1, number, number) for number in range(3000)))
    timeline = Timeline(graph)
    assert timeline.earliest(0, 3000, certain=True).arrival == day(2999)
    assert timeline.lost_without([0], certain=True)[1] == 2999


# --- time to compute


@pytest.mark.parametrize(
    "work",
    [
        lambda timeline: timeline.reach(),
        lambda timeline: timeline.lost_without(),
        lambda timeline: timeline.minimal(0, 40),
    ],
)
def test_a_search_ends_when_its_time_is_up(work):
    timeline = Timeline(network(*((number, number + 1, 1, 9) for number in range(60))))
    assert work(timeline) is not None
    with within(0.0), pytest.raises(NetworkDeadlineError, match="narrow the network"):
        work(timeline)
