"""Time networks of synthetic diplomacy at growing sizes; print, never judge.

Run it from the checkout: ``python tests/networks/bench_networks.py [events ...]``. The corpus is seeded:
passages, actors, acts with spans of a day to six weeks, a fifth of them undated, a tenth through an
intermediary.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from math import log
from typing import Any

from portsmouth.iris import CATALOGUE, CONCEPT, ID, PT, RDF, SKOS, XSD, passage, time_span
from portsmouth.networks import Selection, Timeline, export, measures, project
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Query

SIZES = (1_000, 10_000, 100_000)
EVENTS_AN_ACTOR = 20
SOURCES = 20
MODES = ("persuaded", "funded", "advised", "pressed")


def corpus(events: int, seed: int = 1905) -> Iterator[str]:
    """Yield the statements of a corpus as N-Quads, those of the default graph too."""
    draw = random.Random(seed)
    actors = [f"{ID}actor-{number}" for number in range(max(20, events // EVENTS_AN_ACTOR))]
    spans = set()

    def state(subject: str, name: str, value: str, graph: str) -> Iterator[str]:
        yield f"<{subject}> <{name}> <{value}> ."
        yield f"<{subject}> <{name}> <{value}> <{graph}> ."

    for number, actor in enumerate(actors):
        for kind in ("Actor", "Person"):
            yield f"<{actor}> <{RDF}type> <{PT}{kind}> ."
        yield f'<{actor}> <{SKOS}prefLabel> "Actor {number}"@en .'
    for number in range(events):
        event, graph = f"{ID}inf-{number}", passage("s1", number // 3 + 1)
        yield from state(graph, RDF + "type", PT + "Passage", CATALOGUE)
        source, target, between = draw.sample(actors, 3)
        told = [("from", source), ("to", target), ("mode", CONCEPT + draw.choice(MODES))]
        if draw.random() < 0.1:
            told.append(("via", between))
        if draw.random() < 0.3:
            told.append(("outcome", CONCEPT + draw.choice(("accepted", "refused"))))
        if draw.random() < 0.8:
            first = date(1904, 1, 1) + timedelta(draw.randrange(700))
            last = first + timedelta(draw.choice((0, 0, 13, 44)))
            span = time_span(first.isoformat(), last.isoformat())
            spans.add((span, first, last))
            told.append(("when", span))
        yield from state(event, RDF + "type", PT + "Influence", graph)
        for name, value in told:
            yield from state(event, PT + name, value, graph)
    for span, first, last in sorted(spans):
        yield f'<{span}> <{PT}earliest> "{first}"^^<{XSD}date> .'
        yield f'<{span}> <{PT}latest> "{last}"^^<{XSD}date> .'


async def network_of(events: int) -> tuple[Any, list[float]]:
    """Project a corpus three times from the embedded store."""
    data = "\n".join(corpus(events)).encode()
    times = []
    network = None
    async with EmbeddedStore.from_nquads(data, snapshot=f"{events}", limits=Limits(deadline=120.0)) as store:
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
    print(f"\n{events:,} events: {network.number_of_nodes():,} actors, {network.number_of_edges():,} arcs")
    print("  projection, three times: " + ", ".join(f"{one:.2f} s" for one in times))
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
    found["betweenness, 20 beginnings"] = timed(lambda: measures.betweenness(network, sources=20))
    found["communities"] = timed(lambda: measures.communities(network))
    for form in ("csv", "gexf", "graphml"):
        found[f"export as {form}"] = timed(lambda form=form: export.write(network, form))  # type: ignore[misc]
    for name, took in found.items():
        print(f"  {took * 1e3:10,.1f} ms  {name}")
    shares = ", ".join(f"{hops} hops {impossible(network, hops):.0%}" for hops in (2, 3, 4))
    print(f"  static chains that time forbids: {shares}")
    return found


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
