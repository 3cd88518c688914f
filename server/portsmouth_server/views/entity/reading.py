"""Asking the store for all that the page of a thing is made of: few queries, most of them at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from portsmouth.errors import ParameterError
from portsmouth.iris import GRAPH, ID, ONTOLOGY_GRAPH, PASSAGE, PROV, PT, RDF, TIME, passage_key
from portsmouth.store.protocol import Store
from portsmouth_server.asking import Row, Statement, rows, statements, term, values
from portsmouth_server.urls import Urls
from portsmouth_server.views.entity.ego import Arc, arcs_around
from portsmouth_server.views.entity.planning import Planned, plan
from portsmouth_server.views.facts import Facts, iri_of
from portsmouth_server.views.words import Words, iris_in, read_words

#: Statements that one page is made of.
MOST_ROWS: Final = 20_000

# What is said of the thing and with it, with the graphs that say so, and all that is said of its neighbours.
# A store without named graphs has its statements in none: these are asked for where nothing else is found.
_AROUND: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{{{
  {{{{ VALUES ?s {{{{ {{iri}} }}}} GRAPH ?g {{{{ ?s ?p ?o }}}} }}}}
  UNION {{{{ VALUES ?o {{{{ {{iri}} }}}} GRAPH ?g {{{{ ?s ?p ?o }}}} FILTER(?p != <{PROV}wasDerivedFrom>) }}}}
  UNION {{{{
    {{{{ SELECT DISTINCT ?s WHERE {{{{
      {{{{ ?s ?q {{iri}} FILTER(?q != <{PROV}wasDerivedFrom>) }}}} UNION {{{{ {{iri}} ?q ?s }}}}
      FILTER(ISIRI(?s) && (STRSTARTS(STR(?s), "{ID}") || STRSTARTS(STR(?s), "{TIME}")))
    }}}} }}}}
    GRAPH ?g {{{{ ?s ?p ?o }}}}
    FILTER(?g != <{ONTOLOGY_GRAPH}> && ?p NOT IN (skos:prefLabel, skos:editorialNote)
           && (?p != <{PROV}wasDerivedFrom> || STRSTARTS(STR(?s), "{TIME}")))
  }}}}
}}}} LIMIT {MOST_ROWS}"""
_DEFAULT: Final = """
SELECT ?g ?s ?p ?o WHERE {{
  {{ VALUES ?s {{ {iri} }} ?s ?p ?o }} UNION {{ VALUES ?o {{ {iri} }} ?s ?p ?o }}
}} LIMIT {most}"""
_CONTENT: Final = """
SELECT ?g ?s ?p ?o WHERE {{ VALUES ?g {{ {iri} }} GRAPH ?g {{ ?s ?p ?o }} }} ORDER BY ?s ?p ?o LIMIT {most}"""
# Which slots of the thing and of its neighbours are disputed.
_DISPUTED: Final = """
SELECT DISTINCT ?disagreement ?s ?p WHERE {{
  ?disagreement pt:disputedSubject ?s ; pt:disputedProperty ?p .
  {{ ?s ?q {iri} }} UNION {{ {iri} ?q ?s }} UNION {{ BIND({iri} AS ?s) }}
}}"""
_OF_DISPUTES: Final = """
SELECT ?g ?s ?p ?o WHERE {{
  {{ SELECT DISTINCT ?d WHERE {{
    ?d a pt:Disagreement .
    {{ ?d prov:wasDerivedFrom {iri} }} UNION {{ ?d pt:disputedSubject {iri} }}
    UNION {{ BIND({iri} AS ?d) }}
  }} }}
  {{ GRAPH ?g {{ ?d ?p ?o }} BIND(?d AS ?s) }}
  UNION {{ ?d pt:disputedSubject ?s ; pt:disputedProperty ?p ; pt:disputedValue ?o .
    GRAPH ?g {{ ?s ?p ?o }} }}
}} LIMIT 5000"""
# The properties in a filter: of two lists of values the engine tries every pair.
_ENDS: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{{{
  VALUES ?s {{{{ {{iris}} }}}} GRAPH ?g {{{{ ?s ?p ?o }}}} FILTER(?p IN (<{RDF}type>, pt:side))
}}}}"""
_NEIGHBOURS: Final = """
SELECT ?s WHERE {{
  {iri} pt:line ?here ; dcterms:isPartOf ?part . ?s a pt:Passage ; dcterms:isPartOf ?part ; pt:line ?line
  FILTER(?line {sign} ?here)
}} ORDER BY {order}(?line) LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for one page.

    :param iri: the thing.
    :param facts: the statements about it and its neighbours.
    :param content: where it is a graph: what it states.
    :param disputes: disagreements, their slots and who gives which value.
    :param disputed: the disagreement of a slot, by subject and property.
    :param ends: classes and sides of those in the small network.
    :param arcs: the small network.
    :param plan: the neighbours by section.
    :param words: what everything is called.
    :param previous: the passage before.
    :param next: the passage after.
    :param cut: whether there was more than was read.
    """

    iri: str
    facts: Facts
    content: Facts
    disputes: Facts
    disputed: dict[tuple[str, str], str]
    ends: Facts
    arcs: list[Arc]
    plan: tuple[Planned, ...]
    words: Words
    previous: str
    next: str
    cut: bool


async def read(store: Store, urls: Urls, iri: str, language: str, most: int, opened: str = "") -> Read:
    """Read what the page of a thing is made of.

    :param store: what answers.
    :param urls: for the page's links.
    :param iri: the thing.
    :param language: the reader's.
    :param most: how many statements of a graph are shown.
    :param opened: the key of the section that is shown whole.
    :raises NotFoundError: it is no IRI.
    :raises ParameterError: the page has no such section.
    :raises StoreError: the store could not answer.
    """
    subject = term(iri)
    graph = iri.startswith((PASSAGE, GRAPH))
    around, disputed, of_disputes, content, before, after = await asyncio.gather(
        statements(store, _AROUND.format(iri=subject)),
        rows(store, _DISPUTED.format(iri=subject)),
        statements(store, _OF_DISPUTES.format(iri=subject)),
        _stated(graph, store, _CONTENT.format(iri=subject, most=most + 1)),
        _only(_passage(iri), store, _NEIGHBOURS.format(iri=subject, sign="<", order="DESC")),
        _only(_passage(iri), store, _NEIGHBOURS.format(iri=subject, sign=">", order="ASC")),
    )
    if not around:
        around = await statements(store, _DEFAULT.format(iri=subject, most=MOST_ROWS))
    facts, disputes, stated = Facts(around), Facts(of_disputes), Facts(content[:most])
    arcs = arcs_around(facts, iri)
    neighbours = [iri_of(found[0]["s"]) if found else "" for found in (before, after)]
    planned = plan(facts, iri, opened)
    if opened and opened not in (keys := [one.section.key for one in planned]):
        raise ParameterError(
            found=f"all={opened!r}",
            expected=f"one of {', '.join(keys) or 'none, for the page has no sections'}",
        )
    shown = {iri, *(other for section in planned for other, _ in section.cards)}
    named = _named(facts, shown) | iris_in(disputes) | iris_in(stated) | set(filter(None, neighbours)) | {iri}
    words, ends = await asyncio.gather(
        read_words(store, urls, language, named | {arc.other for arc in arcs}),
        _stated(bool(arcs), store, _ENDS.format(iris=values(sorted({iri, *(arc.other for arc in arcs)})))),
    )
    return Read(
        iri, facts, stated, disputes,
        {(iri_of(row["s"]), iri_of(row["p"])): iri_of(row["disagreement"]) for row in disputed},
        Facts(ends), arcs, planned, words, neighbours[0], neighbours[1],
        len(content) > most or len(around) >= MOST_ROWS,
    )  # fmt: skip


def _named(facts: Facts, shown: set[str]) -> set[str]:
    """Return all that the page names: what is said of those who are shown, and by whom."""
    found = set(shown)
    for subject in shown:
        found |= facts.around(subject)
        found |= {PT + facts.kind(subject)}
    return found


def _passage(iri: str) -> bool:
    return passage_key(iri) is not None


async def _stated(wanted: bool, store: Store, query: str) -> list[Statement]:
    return await statements(store, query) if wanted else []


async def _only(wanted: bool, store: Store, query: str) -> list[Row]:
    return await rows(store, query) if wanted else []
