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
    "PREFIX rdfs:<http://www.w3.org/2000/01/rdf-schema#> PREFIX dcterms:<http://purl.org/dc/terms/> "
    "PREFIX xsd:<http://www.w3.org/2001/XMLSchema#> "
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
    "?b pt:to ?middle ; pt:from ?first . ?first skos:prefLabel ?name FILTER(LANG(?name) = 'en') }} LIMIT 20",
    "SELECT ?mode (COUNT(DISTINCT ?act) AS ?acts) ({n} AS ?run) {{ ?act pt:to <{entity}> ; pt:mode ?mode }} "
    "GROUP BY ?mode ORDER BY ?mode",
    "SELECT DISTINCT ?p ?name ({n} AS ?run) {{ <{entity}> ?p ?o . ?o skos:prefLabel ?name "
    "FILTER(LANG(?name) = 'en') }} ORDER BY ?p ?name",
    "SELECT DISTINCT ?act ?passage ({n} AS ?run) {{ {{ ?act pt:from <{entity}> }} UNION "
    "{{ ?act pt:to <{entity}> }} GRAPH ?passage {{ ?act pt:mode ?mode }} }} ORDER BY ?act ?passage LIMIT 50",
)
#: Questions that read at least a tenth of the default graph and answer little: what tools send to find out
#: what a dataset holds, and what a reader asks of all of it.
SCAN: Final = (
    # The classes, and how many things each has.
    "SELECT ?class (COUNT(DISTINCT ?s) AS ?things) ({n} AS ?run) {{ ?s a ?class }} "
    "GROUP BY ?class ORDER BY DESC(?things) ?class LIMIT 50",
    # The properties, and of how many things each is told: VoID's property partitions.
    "SELECT ?p (COUNT(DISTINCT ?s) AS ?things) ({n} AS ?run) {{ ?s ?p ?o }} "
    "GROUP BY ?p ORDER BY DESC(?things) ?p LIMIT 50",
    # How much the documents state. In graphs, since a union of graphs counts a fact once for each.
    "SELECT (COUNT(*) AS ?statements) (COUNT(DISTINCT ?part) AS ?parts) ({n} AS ?run) "
    "{{ GRAPH ?passage {{ ?s ?p ?o }} ?passage dcterms:isPartOf ?part }}",
    # Whatever has a word in its name.
    "SELECT DISTINCT ?thing ?label ({n} AS ?run) {{ ?thing skos:prefLabel ?label "
    'FILTER(CONTAINS(LCASE(STR(?label)), "peace")) }} ORDER BY ?label ?thing LIMIT 50',
    # Whatever is dated, by any property, year by year.
    "SELECT ?year (COUNT(DISTINCT ?thing) AS ?things) ({n} AS ?run) {{ ?thing ?property ?day "
    "FILTER(DATATYPE(?day) = xsd:date) BIND(YEAR(?day) AS ?year) }} GROUP BY ?year ORDER BY ?year",
    # What most is linked to.
    "SELECT ?o (COUNT(DISTINCT ?s) AS ?links) ({n} AS ?run) {{ ?s ?p ?o FILTER(ISIRI(?o)) }} "
    "GROUP BY ?o ORDER BY DESC(?links) ?o LIMIT 20",
)
#: Questions that answer thousands of rows: what is taken home, to be looked at elsewhere.
LARGE: Final = (
    # All names.
    "SELECT DISTINCT ?s ?label ({n} AS ?run) {{ ?s skos:prefLabel ?label }} LIMIT 10000",
    # The facts themselves, as they come.
    "SELECT DISTINCT ?s ?p ?o ({n} AS ?run) {{ ?s ?p ?o }} LIMIT 10000",
    # What each passage states, with its line.
    "SELECT ?passage ?line ?s ?p ?o ({n} AS ?run) {{ GRAPH ?passage {{ ?s ?p ?o }} ?passage pt:line ?line }} "
    "LIMIT 10000",
    # Whatever joins two things that have names, with the names: the edges of a network.
    "SELECT DISTINCT ?s ?from ?p ?o ?to ({n} AS ?run) {{ ?s ?p ?o . ?o skos:prefLabel ?to . "
    "?s skos:prefLabel ?from FILTER(LANG(?from) = 'en' && LANG(?to) = 'en') }} LIMIT 10000",
)
CLASSES: Final[Mapping[str, Sequence[str]]] = {
    "lookup": LOOKUP, "small": SMALL, "scan": SCAN, "large": LARGE,
}  # fmt: skip
#: How many questions of each class a mix has.
MIX: Final[Mapping[str, int]] = {"small": 94, "scan": len(SCAN), "large": len(LARGE)}

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

    @property
    def kind(self) -> str:
        """Return the class alone.

        >>> Workload("small, unique", (), True).kind
        'small'
        """
        return self.name.partition(",")[0]


def text(template: str, entity: str, n: int | str) -> str:
    """Fill a template.

    >>> text("ASK {{ <{entity}> ?p {n} }}", "http://e", 7).removeprefix(PREFIXES)
    'ASK { <http://e> ?p 7 }'
    """
    return PREFIXES + template.format(entity=entity, n=n)


def addresses(templates: Sequence[str], entities: Sequence[str]) -> tuple[str, ...]:
    """Return the paths of templates about entities, with ``%N%`` where a unique number goes.

    >>> addresses(["ASK {{ ?s ?p {n} }}"], ["http://e"])[0][-12:]
    '%20%N%%20%7D'
    """
    # The number is set by the load generator; it must come out of the quoting as it went in.
    return tuple(
        quote(text(template, entity, "987654321")).replace("987654321", "%N%")
        for entity in entities
        for template in templates
    )


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
        asked = list(addresses(templates, about))
        rng.shuffle(asked)
        made[name] = tuple(asked)
    mix = [address for name, share in MIX.items() for address in made[name][:share]]
    rng.shuffle(mix)
    made["mix"] = tuple(mix)
    return [Workload(f"{name}, {kind}", made[name], kind == "unique")
            for kind in ("unique", "repeated") for name in made]  # fmt: skip
