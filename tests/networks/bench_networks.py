"""Networks of an invented corpus at growing sizes; print, never judge.

Run it from the checkout: ``python tests/networks/bench_networks.py [events ...]``. The corpus is that of
``portsmouth synthesize``, seeded. Where igraph and rustworkx are installed, what they take for the measures
that all have is printed beside networkx.
"""

from __future__ import annotations

import asyncio
import importlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import networkx as nx

from portsmouth.networks import Selection, Timeline, export, measures, project
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Query
from portsmouth.synthetic import Corpus

SIZES = (1_000, 10_000, 100_000)
SOURCES = 20


async def network_of(events: int) -> tuple[Any, list[float]]:
    """Project a corpus three times from the embedded store."""
    times = []
    network = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.nq"
        corpus = Corpus(events=events)
        start = time.perf_counter()
        with path.open("wb") as sink:
            sink.writelines(corpus)
        took = time.perf_counter() - start
        rate = corpus.counts.quads / took
        print(f"\n{events:,} events: {corpus.counts.quads:,} quads in {took:.1f} s, {rate:,.0f} a second")
        limits = Limits(deadline=300.0, memory_mib=8192)
        async with EmbeddedStore(path, snapshot=f"{events}", limits=limits) as store:
            [chunk async for chunk in await store.query(Query("ASK {}"))]
            for _ in range(3):
                network = None
                start = time.perf_counter()
                network = await project(store, Selection())
                times.append(time.perf_counter() - start)
    return network, times


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def impossible(network: Any, hops: int, seed: int = 1905) -> float:
    """Return the share of random static chains of some hops, all dated, that time forbids."""
    draw = random.Random(seed)
    actors, forbidden, walked = sorted(network), 0, 0
    for _ in range(20_000):
        here, arrival, late = draw.choice(actors), date.min, False
        for _ in range(hops):
            arcs = [arc for arc in network.out_edges(here, data=True) if arc[2]["earliest"]]
            if not arcs:
                break
            _, here, data = draw.choice(arcs)
            arrival = max(arrival, data["earliest"])
            late = late or arrival > data["latest"]
        else:
            walked += 1
            forbidden += late
    return forbidden / walked if walked else 0.0


def measured(events: int) -> dict[str, float]:
    """Time everything once at one size; arcs without dates are left out of the second kind of search."""
    network, times = asyncio.run(network_of(events))
    actors = sorted(network)
    print(f"  {network.number_of_nodes():,} actors, {network.number_of_edges():,} arcs")
    print("  projection, three times: " + ", ".join(f"{one:.2f} s" for one in times))
    print(f"  for every 100,000 arcs: {min(times) * 100_000 / network.number_of_edges():.2f} s")
    timeline: list[Timeline] = []
    found = {"projection": min(times)}
    found["ready for time"] = timed(lambda: timeline.append(Timeline(network)))
    (ready,) = timeline
    ready.arrivals(actors[0], certain=True)  # its moves are made once
    chosen = actors[:: max(1, len(actors) // SOURCES)][:SOURCES]
    for name, certain in (("possible", False), ("certain", True)):
        took = timed(lambda certain=certain: [ready.arrivals(actor, certain=certain) for actor in chosen])  # type: ignore[misc]
        found[f"{name} paths from one actor"] = took / len(chosen)
        took = timed(lambda certain=certain: ready.lost_without(chosen, certain=certain))  # type: ignore[misc]
        found[f"brokers, {name}, a beginning"] = took / len(chosen)
    found["all minimal chains of a pair"] = timed(lambda: ready.minimal(actors[0], actors[1]))
    found["PageRank"] = timed(lambda: measures.pagerank(network))
    found["betweenness"] = timed(lambda: measures.betweenness(network))
    found["communities"] = timed(lambda: measures.communities(network))
    for form in ("csv", "gexf", "graphml"):
        found[f"export as {form}"] = timed(lambda form=form: export.write(network, form))  # type: ignore[misc]
    for name, took in found.items():
        print(f"  {took * 1e3:10,.1f} ms  {name}")
    shares = ", ".join(f"{hops} hops {impossible(network, hops):.0%}" for hops in (2, 3, 4))
    compare(network)
    print(f"  static chains that time forbids: {shares}")
    return found


def libraries(network: Any) -> dict[str, dict[str, Callable[[], object]]]:
    """Return what each library at hand has for the measures that all of them have."""
    simple = nx.DiGraph(network.edges())
    undirected = simple.to_undirected()
    numbers = {actor: number for number, actor in enumerate(simple)}
    pairs = [(numbers[one], numbers[other]) for one, other in simple.edges()]
    found: dict[str, dict[str, Callable[[], object]]] = {
        "betweenness, all": {"networkx": lambda: nx.betweenness_centrality(simple)},
        "PageRank": {"own": lambda: measures.pagerank(network)},
        "communities": {"networkx": lambda: nx.community.louvain_communities(undirected, seed=1)},
    }
    if igraph := _at_hand("igraph"):
        graph = igraph.Graph(n=len(numbers), edges=pairs, directed=True)
        plain = graph.as_undirected()
        found["betweenness, all"]["igraph"] = graph.betweenness
        found["PageRank"]["igraph"] = graph.pagerank
        found["communities"]["igraph"] = plain.community_multilevel
    if rustworkx := _at_hand("rustworkx"):
        other = rustworkx.PyDiGraph()
        other.add_nodes_from(list(numbers))
        other.add_edges_from_no_data(pairs)
        found["betweenness, all"]["rustworkx"] = lambda: rustworkx.betweenness_centrality(other)
        found["PageRank"]["rustworkx"] = lambda: rustworkx.pagerank(other)
    return found


def _at_hand(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def compare(network: Any) -> None:
    """Print what each library takes; networkx only where it is done within a minute or so."""
    for measure, ways in libraries(network).items():
        told = []
        for library, work in ways.items():
            slow = library == "networkx" and measure.startswith("betweenness") and len(network) > 1000
            told.append(f"{library} " + ("not tried" if slow else f"{timed(work) * 1e3:,.1f} ms"))
        print(f"  by library: {measure}: {', '.join(told)}")


def main(sizes: tuple[int, ...]) -> None:
    """Measure at each size and print how times grow from each to the next."""
    found = [measured(size) for size in sizes]
    print("\ngrowth: the exponent of the number of events that fits each step")
    for name in found[0]:
        steps = [
            log(after[name] / before[name]) / log(larger / smaller)
            for before, after, smaller, larger in zip(found, found[1:], sizes, sizes[1:], strict=False)
        ]
        print("  " + ", ".join(f"{step:5.2f}" for step in steps) + f"  {name}")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
