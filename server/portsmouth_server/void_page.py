"""The description of the dataset for people: what it holds, how much of each, and where to have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import BASE, PREFIXES, RDFS, SKOS, shorten
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, values
from portsmouth_server.inventory import Inventory
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

#: What else may be in a store is listed so far.
_MOST_GRAPHS: Final = 200
_LABELS: Final = f"""
SELECT ?s ?label {{{{
  VALUES ?s {{{{ {{iris}} }}}} VALUES ?p {{{{ <{RDFS}label> <{SKOS}prefLabel> }}}} ?s ?p ?label
}}}}"""
_THINGS: Final = f"""\
SELECT ?thing ?label WHERE {{{{
  ?thing a <{{}}> .
  OPTIONAL {{{{ ?thing <{SKOS}prefLabel> ?label }}}}
}}}}
LIMIT 100"""
_STATEMENTS: Final = "SELECT ?subject ?object WHERE {{\n  ?subject <{}> ?object\n}}\nLIMIT 100"
_IN_GRAPH: Final = "SELECT * WHERE {{\n  GRAPH <{}> {{ ?subject ?predicate ?object }}\n}}\nLIMIT 100"


@dataclass(frozen=True, slots=True)
class Part:
    """A class, a property, a graph or an example.

    :param name: its name in the reader's language.
    :param short: its IRI with a prefix.
    :param iri: its IRI.
    :param href: where it is described, empty where that is nowhere here.
    :param number: how much of it there is.
    :param some: a query for some of it.
    """

    name: str
    short: str
    iri: str
    href: str
    number: int = 0
    some: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the page lists.

    :param classes: classes of things, those with most first.
    :param properties: properties, those most used first.
    :param graphs: named graphs that are no passages.
    :param more: how many of these are not listed.
    :param examples: things worth a look.
    :param vocabularies: namespaces with their prefixes, as far as they have any.
    """

    classes: list[Part]
    properties: list[Part]
    graphs: list[Part]
    more: int
    examples: list[Part]
    vocabularies: list[tuple[str, str, str]]


async def contents(store: Store, inventory: Inventory, urls: Urls) -> Contents:
    """Read what the page of a dataset lists.

    :param store: what knows the labels.
    :param inventory: what counts.
    :param urls: for links.
    :raises StoreError: the store could not answer.
    """
    passages = inventory.passages
    graphs = {iri: number for iri, number in inventory.graphs.items() if iri not in passages}
    listed = dict(list(graphs.items())[:_MOST_GRAPHS])
    every = {*inventory.classes, *inventory.properties, *listed, *inventory.examples}
    labels = await _labels(store, every)

    def part(iri: str, number: int = 0, some: str = "") -> Part:
        short = shorten(iri).strip("<>")
        name = viewer().name(labels.get(iri, {}), short)
        return Part(name, short, iri, urls.thing(iri), number, some and urls.query(some.format(iri)))

    def parts(counted: Mapping[str, int], some: str) -> list[Part]:
        most = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        return [part(iri, number, some) for iri, number in most]

    prefixes = {namespace: prefix for prefix, namespace in PREFIXES.items()}
    return Contents(
        classes=parts(inventory.classes, _THINGS),
        properties=parts(inventory.properties, _STATEMENTS),
        graphs=parts(listed, _IN_GRAPH),
        more=len(graphs) - len(listed),
        examples=[part(iri) for iri in inventory.examples],
        vocabularies=[
            (iri, prefixes.get(iri, ""), urls.thing(iri.rstrip("#")) if iri.startswith(BASE) else iri)
            for iri in inventory.vocabularies
            if iri.startswith(("http://", "https://"))
        ],
    )


async def _labels(store: Store, iris: set[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if iris:
        for row in await rows(store, _LABELS.format(iris=values(sorted(iris)))):
            found.setdefault(row["s"].value, {})[row["label"].language or ""] = row["label"].value
    return found
