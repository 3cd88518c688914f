"""The questions that every server is asked, in classes whose cost grows differently.

A template holds ``{entity}``, replaced by an IRI of the data, and ``{n}``,
replaced by a number that no other request has: two requests of a *unique*
class never are the same text, nor have the same answer.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

PREFIXES: Final = (
    "PREFIX pt:<https://w3id.org/portsmouth1905/ns#> PREFIX skos:<http://www.w3.org/2004/02/skos/core#> "
    "PREFIX rdfs:<http://www.w3.org/2000/01/rdf-schema#> "
)

#: One pattern about one thing: next to nothing but the cost of a request.
LOOKUP: Final = (
    "SELECT ?p ?o ({n} AS ?run) {{ <{entity}> ?p ?o }} LIMIT 50",
    "SELECT ?label ({n} AS ?run) {{ <{entity}> skos:prefLabel ?label FILTER(LANG(?label) = 'en') }}",
    "SELECT ?act ?to ({n} AS ?run) {{ ?act pt:from <{entity}> ; pt:to ?to }} LIMIT 20",
    "ASK {{ <{entity}> ?p ?o FILTER(?o != {n}) }}",
)
#: Questions that readers ask about one thing: a few patterns, names, dates, passages.
SMALL: Final = (
    "SELECT DISTINCT ?act ?name ?mode ?earliest ({n} AS ?run) {{ ?act pt:from <{entity}> ; pt:to ?to ; "
    "pt:mode ?mode . ?to skos:prefLabel ?name FILTER(LANG(?name) = 'en') "
    "OPTIONAL {{ ?act pt:when ?span . ?span pt:earliest ?earliest }} }} ORDER BY ?earliest ?act ?name ?mode",
    "SELECT DISTINCT ?passage ?gloss ({n} AS ?run) {{ GRAPH ?passage {{ ?s ?p <{entity}> }} "
    "?passage rdfs:comment ?gloss FILTER(LANG(?gloss) = 'en') }} ORDER BY ?passage ?gloss LIMIT 20",
    "SELECT DISTINCT ?first ?name ({n} AS ?run) {{ ?a pt:to <{entity}> ; pt:from ?middle . "
    "?b pt:to ?middle ; pt:from ?first . ?first skos:prefLabel ?name FILTER(LANG(?name) = 'en') }} "
    "ORDER BY ?name ?first LIMIT 20",
    "SELECT ?mode (COUNT(DISTINCT ?act) AS ?acts) ({n} AS ?run) {{ ?act pt:to <{entity}> ; pt:mode ?mode }} "
    "GROUP BY ?mode ORDER BY ?mode",
    "SELECT DISTINCT ?p ?name ({n} AS ?run) {{ <{entity}> ?p ?o . ?o skos:prefLabel ?name "
    "FILTER(LANG(?name) = 'en') }} ORDER BY ?p ?name",
    "SELECT DISTINCT ?act ?passage ({n} AS ?run) {{ {{ ?act pt:from <{entity}> }} UNION "
    "{{ ?act pt:to <{entity}> }} GRAPH ?passage {{ ?act pt:mode ?mode }} }} ORDER BY ?act ?passage LIMIT 50",
)
#: Questions that read much and answer little.
SCAN: Final = (
    "SELECT ?mode (COUNT(DISTINCT ?act) AS ?acts) ({n} AS ?run) {{ ?act pt:mode ?mode }} GROUP BY ?mode",
    "SELECT ?from (COUNT(DISTINCT ?to) AS ?moved) ({n} AS ?run) {{ ?act pt:from ?from ; pt:to ?to }} "
    "GROUP BY ?from ORDER BY DESC(?moved) ?from LIMIT 10",
    "SELECT DISTINCT ?type ({n} AS ?run) {{ ?s a ?type }}",
)
#: Questions that answer much.
LARGE: Final = (
    "SELECT DISTINCT ?s ?label ({n} AS ?run) {{ ?s skos:prefLabel ?label }} LIMIT 20000",
    "SELECT DISTINCT ?act ?from ?to ?mode ({n} AS ?run) {{ ?act pt:from ?from ; pt:to ?to ; pt:mode ?mode }} "
    "LIMIT 20000",
)
CLASSES: Final[Mapping[str, Sequence[str]]] = {
    "lookup": LOOKUP, "small": SMALL, "scan": SCAN, "large": LARGE,
}  # fmt: skip

#: What names the things that small questions are about.
ENTITIES: Final = "SELECT DISTINCT ?x { { ?a pt:from ?x } UNION { ?a pt:to ?x } } ORDER BY ?x LIMIT 2000"


@dataclass(frozen=True)
class Workload:
    """Requests for a load generator.

    :param name: the class and whether its requests repeat.
    :param addresses: paths with ``%N%`` where a unique number goes, if the requests are to be unique.
    :param unique: whether no two requests are alike.
    """

    name: str
    addresses: tuple[str, ...]
    unique: bool


def text(template: str, entity: str, n: int | str) -> str:
    """Fill a template.

    >>> text("ASK {{ <{entity}> ?p {n} }}", "http://e", 7).removeprefix(PREFIXES)
    'ASK { <http://e> ?p 7 }'
    """
    return PREFIXES + template.format(entity=entity, n=n)


def workloads(entities: Sequence[str], seed: int = 1905) -> list[Workload]:
    """Return every class as unique and as repeated requests, and a mix of them.

    :param entities: IRIs of things that the data tell of.
    :param seed: orders the requests, alike for every server.
    """
    rng = random.Random(seed)
    chosen = rng.sample(list(entities), min(len(entities), 200))
    made: dict[str, tuple[str, ...]] = {}
    for name, templates in CLASSES.items():
        # A scan asks the same of every entity, so one is enough.
        about = chosen if name in ("lookup", "small") else chosen[:1]
        # The number is set by the load generator; it must come out of the quoting as it went in.
        addresses = [
            quote(text(template, entity, "987654321")).replace("987654321", "%N%")
            for entity in about
            for template in templates
        ]
        rng.shuffle(addresses)
        made[name] = tuple(addresses)
    mix = [*made["small"][:94], *made["scan"], *made["large"]]
    rng.shuffle(mix)
    made["mix"] = tuple(mix)
    return [Workload(f"{name}, {kind}", made[name], kind == "unique")
            for kind in ("unique", "repeated") for name in made]  # fmt: skip
