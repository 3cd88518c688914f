"""What a reader is told beside a network: names in every language, glosses of passages, dates as printed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from portsmouth.iris import PASSAGE, PT
from portsmouth.networks.arcs import anchor
from portsmouth.networks.reading import mentions as count_mentions
from portsmouth.networks.selection import Selection
from portsmouth.store.protocol import Store
from portsmouth.store.stances import seen_from
from portsmouth.store.tables import rows, text

Network = Any  # nx.MultiDiGraph, which has no type parameters

#: Texts by language: names or glosses of one thing.
Texts = Mapping[str, str]

_ACTORS: Final = "SELECT ?thing ?text { ?thing a pt:Actor ; skos:prefLabel ?text }"
_CONCEPTS: Final = "SELECT ?thing ?text { ?thing skos:inScheme ?scheme ; skos:prefLabel ?text }"
_GLOSSES: Final = "SELECT ?thing ?text { ?thing a pt:Passage ; rdfs:comment ?text }"
_EVENTS: Final = "SELECT ?thing ?text {{ {anchor} ?event skos:prefLabel ?text BIND(?event AS ?thing) }}"
_PRINTED: Final = """\
SELECT ?event ?date ?graph {{ {anchor} GRAPH ?graph {{ ?event pt:dateAsStated ?date }} }}"""
_LED: Final = "SELECT DISTINCT ?cause ?effect { GRAPH ?graph { ?cause pt:ledTo ?effect } }"


class PrintedDate(NamedTuple):
    """A date as a passage prints it.

    :param date: in EDTF.
    :param calendar: the calendar, as the name of the literal's type: ``edtfJulian``.
    :param passage: the passage's IRI.
    """

    date: str
    calendar: str
    passage: str


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is told beside the arcs and actors of a network.

    :param actors: names of actors, and of the states on whose side they stand, by IRI.
    :param events: names of events by IRI.
    :param concepts: names of modes, outcomes and stances by IRI.
    :param glosses: by passage, what it says, in our words.
    :param printed: by event, its dates as passages print them.
    :param mentions: by actor, how many passages speak of it.
    :param led: pairs of events of which any text, of whatever stance, says that the first led to the second.
    """

    actors: Mapping[str, Texts]
    events: Mapping[str, Texts]
    concepts: Mapping[str, Texts]
    glosses: Mapping[str, Texts]
    printed: Mapping[str, tuple[PrintedDate, ...]]
    mentions: Mapping[str, int]
    led: frozenset[tuple[str, str]] = frozenset()


async def annotate(store: Store, network: Network) -> Annotations:
    """Ask what is told beside a network.

    :param store: the store of which the network was made.
    :param network: as :func:`~portsmouth.networks.projection.project` returns it.
    :return: what concerns its actors, events and passages, as seen from the network's stance.
    :raises StoreError: the store cannot answer.
    """
    every_text = store
    store = seen_from(store, network.graph.get("selection", Selection()).stance)
    arcs = [data for _, _, data in network.edges(data=True)]
    actors = {*network, *(data["side"] for _, data in network.nodes(data=True))}
    events = {data["event"] for data in arcs}
    passages = {passage for data in arcs for passage in data["passages"]}
    concepts = {iri for data in arcs for name in ("modes", "outcomes", "stances") for iri in data[name]}
    of_events = anchor(network.graph["kind"])
    printed: dict[str, list[PrintedDate]] = defaultdict(list)
    for event, date, graph in await rows(store, _PRINTED.format(anchor=of_events)):
        if event[1:-1] in events and graph[1:-1].startswith(PASSAGE):
            calendar = date.rpartition("^^")[2].strip("<>").removeprefix(PT)
            printed[event[1:-1]].append(PrintedDate(text(date), calendar, graph[1:-1]))
    mentions = await count_mentions(store)
    led = frozenset(
        (cause[1:-1], effect[1:-1])
        for cause, effect in await rows(every_text, _LED)
        if cause[1:-1] in events and effect[1:-1] in events
    )
    return Annotations(
        await _texts(store, _ACTORS, actors),
        await _texts(store, _EVENTS.format(anchor=of_events), events),
        await _texts(store, _CONCEPTS, concepts),
        await _texts(store, _GLOSSES, passages),
        {event: tuple(sorted(dates, key=lambda one: one[::-1])) for event, dates in printed.items()},
        {actor: mentions.get(actor, 0) for actor in network},
        led,
    )


async def _texts(store: Store, query: str, wanted: Collection[str]) -> dict[str, dict[str, str]]:
    # In a thread, so that a server goes on serving.
    return await asyncio.to_thread(_by_language, await rows(store, query), wanted)


def _by_language(told: Iterable[list[str]], wanted: Collection[str]) -> dict[str, dict[str, str]]:
    """Put texts together by thing and language, of two in one language the first by letter."""
    texts: dict[str, dict[str, str]] = {}
    for thing, literal in sorted(row for row in told if row[0][1:-1] in wanted):
        language = literal[literal.rindex('"') + 1 :].removeprefix("@").lower()
        texts.setdefault(thing[1:-1], {}).setdefault(language, text(literal))
    return texts
