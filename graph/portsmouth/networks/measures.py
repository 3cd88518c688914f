"""Who stands out in a network, and how much that owes to the page.

Static measures ignore time, and most of the longer chains that they count time forbids: in the synthetic
corpus of the benchmark 47 % of random chains of two hops, 81 % of those of three and 95 % of those of four.
So read them beside :func:`reach` and :func:`brokers`.

PageRank, betweenness and communities are igraph's, which takes a twentieth to a fortieth of the time of
networkx; rustworkx is faster at one of them, slower at another and has no third
(``tests/networks/bench_networks.py`` prints what each takes). Where a backend of networkx is configured, in
``networkx.config.backend_priority.algos`` or ``NETWORKX_BACKEND_PRIORITY_ALGOS``, or named with ``backend``,
they are networkx' own instead, through its dispatcher: so a cluster or a graphics card can take over by
configuration alone.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from threading import Lock
from typing import Any, Final

from portsmouth.errors import ParameterError
from portsmouth.lazily import lazily
from portsmouth.networks.temporal import Timeline
from portsmouth.networks.witness import Witness, compare

igraph = lazily("igraph")
nx = lazily("networkx")

Network = Any  # nx.MultiDiGraph, which has no type parameters

_SEEDING: Final = Lock()

#: Arcs that :func:`brokers` follows before it begins at a sample of the actors, counted anew for each at whom
#: chains begin, and the fewest actors of a sample.
MOST_FOLLOWED: Final = 40_000_000
LEAST_SOURCES: Final = 100
#: Actors above which :func:`betweenness` begins at a sample of them.
MOST_STARTS: Final = 5000
#: Random groups of a sample, by whose differences its error is told.
_GROUPS: Final = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """The actors at whom chains begin, where these are not all.

    :param beginnings: how many.
    :param actors: of how many.
    :param errors: the standard error of each actor's score, estimated from the differences between random
        groups of the sample (K. M. Wolter, Introduction to Variance Estimation, 2007, chapter 2); 0 means
        that no group found anything, not that there is nothing.
    """

    beginnings: int
    actors: int
    errors: Mapping[str, float]

    def as_json(self) -> dict[str, object]:
        """Return it as JSON has it; the errors of single actors stand beside their scores."""
        return {
            "beginnings": self.beginnings,
            "actors": self.actors,
            "standard_error": max(self.errors.values(), default=0.0),
        }

    def __str__(self) -> str:
        most = max(self.errors.values(), default=0.0)
        told = (
            f"standard error at most {most:.3g}" if most else "none of which tells anything else than another"
        )
        return f"estimated from chains that begin at {self.beginnings} of {self.actors} actors, {told}"


class Scores(dict[str, float]):
    """Scores by actor.

    :param scores: the scores.
    :param sample: what they are estimated from; ``None`` where they are exact.
    """

    def __init__(self, scores: Mapping[str, float], sample: Sample | None = None) -> None:
        super().__init__(scores)
        self.sample = sample


@dataclass(frozen=True, slots=True)
class Ranking:
    """Actors by score, the highest first; equal scores by name.

    :param measure: the measure's name.
    :param scores: the score of each actor.
    :param witness: how the ranking goes together with mentions, where these were given.
    :param sample: what the scores are estimated from; ``None`` where they are exact.
    """

    measure: str
    scores: Mapping[str, float]
    witness: Witness | None
    sample: Sample | None = None

    def as_json(self) -> dict[str, object]:
        """Return the ranking as JSON has it."""
        return {
            "measure": self.measure,
            "scores": [{"actor": actor, "score": score} for actor, score in self.scores.items()],
            "mentions": self.witness.as_json() if self.witness else None,
            "sample": self.sample.as_json() if self.sample else None,
        }


def rank(
    network: Network, measure: str, *, mentions: Mapping[str, int] | None = None, certain: bool = False
) -> Ranking:
    """Rank the actors of a network.

    :param network: as :func:`~portsmouth.networks.projection.project` returns it.
    :param measure: one of :data:`MEASURES`.
    :param mentions: in how many passages each actor is named; with these the ranking comes with its witness.
    :param certain: for ``reach`` and ``brokers``: whether chains must be certain.
    :return: the ranking.
    :raises ParameterError: there is no such measure.

    >>> network = nx.MultiDiGraph([("a", "b"), ("a", "c")])
    >>> dict(rank(network, "out-degree").scores)
    {'a': 2, 'b': 0, 'c': 0}
    """
    if measure not in MEASURES:
        raise ParameterError(found=f"the measure {measure!r}", expected=f"one of {', '.join(MEASURES)}")
    scores = MEASURES[measure](network, certain)
    ordered = dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))
    witness = None if mentions is None else compare(scores, mentions)
    return Ranking(measure, ordered, witness, scores.sample if isinstance(scores, Scores) else None)


def degrees_by_mode(network: Network) -> dict[str, dict[str, tuple[int, int]]]:
    """Count in which modes each actor acts and is acted on.

    Formula: the number of distinct events, not of arcs: an act on two states counts once. An act in two modes
    counts in each. Limits: an act that the page tells twice under two names counts twice.

    :param network: the network.
    :return: for each actor and mode (IRI, ``""`` for none) the events in which it acts and in which it is
        acted on.

    >>> network = nx.MultiDiGraph()
    >>> _ = network.add_edge("a", "b", event="e", modes=("funded",))
    >>> degrees_by_mode(network)
    {'a': {'funded': (1, 0)}, 'b': {'funded': (0, 1)}}
    """
    events: dict[str, dict[str, tuple[set[str], set[str]]]] = {actor: {} for actor in network}
    for source, target, key, data in network.edges(keys=True, data=True):
        for mode in data.get("modes") or ("",):
            for place, actor in enumerate((source, target)):
                events[actor].setdefault(mode, (set(), set()))[place].add(data.get("event", key))
    return {
        actor: {mode: (len(acts), len(suffers)) for mode, (acts, suffers) in sorted(modes.items())}
        for actor, modes in events.items()
    }


def degree(network: Network, certain: bool = False) -> dict[str, float]:
    """Count the distinct events in which an actor stands.

    Reference: L. C. Freeman, Centrality in Social Networks, Social Networks 1, 1978/79. Limits: see
    :func:`degrees_by_mode`.

    >>> degree(nx.MultiDiGraph([("a", "b"), ("c", "b")]))
    {'a': 1, 'b': 2, 'c': 1}
    """
    return _events(network, (0, 1))


def out_degree(network: Network, certain: bool = False) -> dict[str, float]:
    """Count the distinct events in which an actor acts on another."""
    return _events(network, (0,))


def in_degree(network: Network, certain: bool = False) -> dict[str, float]:
    """Count the distinct events in which an actor is acted on."""
    return _events(network, (1,))


def pagerank(
    network: Network, certain: bool = False, *, damping: float = 0.85, backend: str | None = None
) -> dict[str, float]:
    """Return how often a walk along arcs, from one who is acted on by chance, is found at an actor.

    Formula: ``r(v) = (1 - d) / n + d * (sum over u of r(u) w(u, v) / w(u) + sum of r over those without arcs
    / n)``, ``w`` the number of arcs. High is who is acted on by many who are themselves acted on. Reference:
    S. Brin, L. Page, Computer Networks 30, 1998. Limits: static; the damping factor is a convention; on small
    networks neighbouring ranks mean little.

    :param network: the network.
    :param certain: of no effect.
    :param damping: the share of steps along arcs.
    :param backend: a backend of networkx that computes it.
    :return: for each actor a share; they sum to 1.

    >>> shares = pagerank(nx.MultiDiGraph([("a", "b"), ("b", "a")]))
    >>> round(shares["a"], 6), round(shares["b"], 6)
    (0.5, 0.5)
    """
    weights = Counter(network.edges())
    if _dispatched(backend):
        simple = nx.DiGraph()
        simple.add_nodes_from(network)
        simple.add_weighted_edges_from((*arc, weight) for arc, weight in weights.items())
        return dict(nx.pagerank(simple, alpha=damping, tol=1e-10, max_iter=1000, **_by(backend)))
    actors, graph = _igraph(network, weights, directed=True)
    if not actors:
        return {}
    return dict(zip(actors, graph.pagerank(damping=damping, weights=list(weights.values())), strict=True))


def betweenness(
    network: Network, certain: bool = False, *, sources: int = MOST_STARTS, backend: str | None = None
) -> dict[str, float]:
    """Return how many of the shortest static chains between others lead through an actor.

    Formula: the sum over pairs of the share of shortest directed chains through the actor, divided by
    (n - 1)(n - 2); parallel arcs count as one. Reference: L. C. Freeman 1977; U. Brandes, Journal of
    Mathematical Sociology 25, 2001. Limits: static, and shortest only: most of these chains time forbids, and
    influence need not take the shortest; :func:`brokers` asks what time allows. Above ``sources`` actors
    chains begin at a fixed sample of them and the sums are scaled up, an unbiased estimate.

    :param network: the network.
    :param certain: of no effect.
    :param sources: the most actors at whom chains begin.
    :param backend: a backend of networkx that computes it.
    :return: the scores, with their errors where they are estimated; a backend tells none.

    >>> betweenness(nx.MultiDiGraph([("a", "b"), ("b", "c")]))["b"]
    0.5
    """
    arcs = dict.fromkeys((source, target) for source, target in network.edges() if source != target)
    if _dispatched(backend):
        simple = nx.DiGraph()
        simple.add_nodes_from(network)
        simple.add_edges_from(arcs)
        sample = sources if len(simple) > sources else None
        return dict(nx.betweenness_centrality(simple, k=sample, seed=1905, **_by(backend)))
    actors, graph = _igraph(network, arcs, directed=True)
    if len(actors) < 3:
        return dict.fromkeys(actors, 0.0)
    scale = 1 / ((len(actors) - 1) * (len(actors) - 2))

    def sums(chosen: Sequence[int] | None = None) -> dict[str, float]:
        found = graph.betweenness(sources=chosen)
        return {actor: value * scale for actor, value in zip(actors, found, strict=True)}

    return _estimated(sums, range(len(actors)), sources) if len(actors) > sources else Scores(sums())


def reach(network: Network, certain: bool = False) -> dict[str, float]:
    """Count the actors whom an actor's influence can have reached by chains that time allows.

    Formula: the number of others v with a chain from the actor to v whose arrivals never come after a hop's
    latest day (possible), or whose hops keep their order on whatever days they lie (certain). Reference: P.
    Holme, Network reachability of real-world contact sequences, Physical Review E 71, 2005; Wu et al. 2014
    for the search. Limits: that it can have reached somebody is not that it did; undated events let more seem
    possible.

    >>> reach(nx.MultiDiGraph([("a", "b"), ("b", "c")]))
    {'a': 2, 'b': 1, 'c': 0}
    """
    return dict(Timeline(network).reach(certain=certain))


def brokers(network: Network, certain: bool = False, *, sources: int | None = None) -> dict[str, float]:
    """Count the pairs whom nothing joins in time without an actor.

    Formula: the number of pairs (s, t), both other than the actor, with a chain from s to t in time and none
    once the actor is taken out. Reference: for static graphs, S. P. Borgatti, Identifying Sets of Key
    Players, 2006; here over chains in time, as :mod:`portsmouth.networks.spreading` finds them. Limits: a
    pair joined by two actors in parallel counts for neither. Above ``sources`` actors the count begins at a
    fixed sample of them and is scaled up, an unbiased estimate.

    :param network: the network.
    :param certain: whether chains must be certain.
    :param sources: the most actors at whom chains begin; if not given, as many as together follow
        :data:`MOST_FOLLOWED` arcs, which is all of them in networks of 27,000 arcs between a thousand actors.
    :return: the scores, with their errors where they are estimated.

    >>> brokers(nx.MultiDiGraph([("a", "b"), ("b", "c")]))
    {'a': 0, 'b': 1, 'c': 0}
    """
    timeline = Timeline(network)
    actors = sorted(network)
    if sources is None:
        sources = max(LEAST_SOURCES, MOST_FOLLOWED // max(1, network.number_of_edges()))
    if len(actors) <= sources:
        return Scores(timeline.lost_without(certain=certain))
    return _estimated(lambda chosen: timeline.lost_without(chosen, certain=certain), actors, sources)


def _estimated(
    sums: Callable[[Sequence[Any]], Mapping[str, float]], actors: Sequence[Any], sources: int
) -> Scores:
    """Scale sums over a sample of actors up to what they are over all, and tell how much that may be off."""
    chosen = Random(1905).sample(actors, sources)  # noqa: S311  # statistics, not secrets
    groups = [group for place in range(_GROUPS) if (group := chosen[place::_GROUPS])]
    found = [sums(group) for group in groups]
    scores, errors = {}, {}
    rest = 1 - sources / len(actors)
    for actor in found[0]:
        scores[actor] = sum(one[actor] for one in found) * len(actors) / sources
        means = [one[actor] * len(actors) / len(group) for one, group in zip(found, groups, strict=True)]
        spread = sum((mean - scores[actor]) ** 2 for mean in means)
        errors[actor] = sqrt(rest * spread / (len(groups) * max(1, len(groups) - 1)))
    return Scores(scores, Sample(sources, len(actors), errors))


def communities(network: Network, *, seed: int = 1905, backend: str | None = None) -> list[set[str]]:
    """Part actors into groups with more arcs within than chance would put there.

    Formula: modularity of the undirected network weighted by the number of arcs, raised by moving actors
    between groups. Reference: V. D. Blondel et al., Fast unfolding of communities in large networks, 2008
    (Louvain); M. E. J. Newman 2006 for modularity. Limits: static and undirected; groups below a size that
    depends on the whole network are not found (S. Fortunato, M. Barthélemy, PNAS 104, 2007); another seed may
    part ties differently.

    :param network: the network.
    :param seed: the same seed, the same groups.
    :param backend: a backend of networkx that computes them.
    :return: the groups, the largest first.

    >>> pairs = nx.MultiDiGraph([("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")])
    >>> sorted(map(sorted, communities(pairs)))
    [['a', 'b'], ['c', 'd']]
    """
    weights = dict(sorted(Counter(map(_pair, network.edges())).items()))
    if not weights:
        return [{actor} for actor in sorted(network)]
    if _dispatched(backend):
        simple = nx.Graph()
        simple.add_nodes_from(sorted(network))
        simple.add_weighted_edges_from((*arc, weight) for arc, weight in weights.items())
        groups = nx.community.louvain_communities(simple, weight="weight", seed=seed, **_by(backend))
        return sorted(map(set, groups), key=lambda group: (-len(group), min(group)))
    actors, graph = _igraph(network, weights, directed=False)
    with _SEEDING:
        # igraph draws from one generator for the whole process.
        igraph.set_random_number_generator(Random(seed))  # noqa: S311  # statistics, not secrets
        try:
            found = graph.community_multilevel(weights=list(weights.values()))
        finally:
            igraph.set_random_number_generator(random)
    return sorted(
        ({actors[one] for one in group} for group in found), key=lambda group: (-len(group), min(group))
    )


def _dispatched(backend: str | None) -> bool:
    """Tell whether a backend of networkx is named or configured."""
    return bool(backend or nx.config.backend_priority.algos)


def _by(backend: str | None) -> dict[str, str]:
    return {"backend": backend} if backend else {}


def _igraph(network: Network, arcs: Collection[tuple[str, str]], *, directed: bool) -> tuple[list[str], Any]:
    """Return the actors, and the graph of their numbers."""
    actors = sorted(network)
    numbers = {actor: number for number, actor in enumerate(actors)}
    pairs = [(numbers[source], numbers[target]) for source, target in arcs]
    return actors, igraph.Graph(n=len(actors), edges=pairs, directed=directed)


def _pair(arc: Sequence[str]) -> tuple[str, str]:
    return (arc[0], arc[1]) if arc[0] <= arc[1] else (arc[1], arc[0])


def _events(network: Network, places: Sequence[int]) -> dict[str, float]:
    events: dict[str, set[object]] = {actor: set() for actor in network}
    for arc in network.edges(keys=True, data=True):
        event = arc[3].get("event", arc[:3])
        for place in places:
            events[arc[place]].add(event)
    return {actor: len(found) for actor, found in events.items()}


#: The measures by name: each takes a network and whether chains must be certain.
MEASURES: Final[Mapping[str, Callable[[Network, bool], dict[str, float]]]] = {
    "degree": degree,
    "in-degree": in_degree,
    "out-degree": out_degree,
    "pagerank": pagerank,
    "betweenness": betweenness,
    "reach": reach,
    "brokers": brokers,
}
