"""Asking the store for the whole treaty: articles, clauses, demands, and how other parts tell the clauses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import ID
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, statements, term, values
from portsmouth_server.views.facts import Facts, iri_of
from portsmouth_server.views.words import iris_in

TREATY: Final = ID + "treaty-of-portsmouth"

# The treaty, its articles, their clauses at any depth, the demands that these settled, and the clauses as
# other parts tell them, which hang on the treaty or an article and are joined to its own by closeMatch.
_MEMBERS: Final = """
SELECT DISTINCT ?s WHERE {{
  {{ BIND({treaty} AS ?s) }}
  UNION {{ ?s dcterms:isPartOf+ {treaty} . ?s a ?class VALUES ?class {{ pt:Article pt:Provision }} }}
  UNION {{ ?s pt:supplements {treaty} ; a pt:Article }}
  UNION {{ ?s pt:settledBy/dcterms:isPartOf* ?article . ?article dcterms:isPartOf* {treaty} ; a pt:Article }}
  UNION {{ ?s pt:settledBy ?clause . ?clause a pt:Provision ; dcterms:isPartOf+ {treaty} }}
}}"""
# Asked of things that are named: joined to a query for them, these would go through all that there is.
_FACTS: Final = """
SELECT ?g ?s ?p ?o WHERE {{
  VALUES ?s {{ {things} }}
  GRAPH ?g {{ ?s ?p ?o }}
  FILTER(?p NOT IN (skos:prefLabel, prov:wasDerivedFrom))
}}"""
_DISPUTED: Final = """
SELECT DISTINCT ?d ?s ?p WHERE {{
  {{ SELECT ?d ?s WHERE {{ VALUES ?s {{ {things} }} ?d pt:disputedSubject ?s }} }}
  ?d pt:disputedProperty ?p
  FILTER EXISTS {{ ?d a pt:Disagreement }}
}}"""
_SIDES: Final = """
SELECT ?g ?s ?p ?o WHERE {{ VALUES ?s {{ {things} }} GRAPH ?g {{ ?s pt:side ?o }} BIND(pt:side AS ?p) }}"""


@dataclass(frozen=True, slots=True)
class TreatyFacts:
    """All statements that the page of the treaty is made of.

    :param facts: about the treaty, its articles and clauses, their retellings and the demands.
    :param sides: sides of whoever stands in these facts.
    :param disputed: the disagreement of a slot of these things, by subject and property.
    """

    facts: Facts
    sides: Facts
    disputed: dict[tuple[str, str], str]


async def read_treaty(store: Store, treaty: str = TREATY) -> TreatyFacts:
    """Read the treaty.

    :param store: what answers.
    :param treaty: its IRI.
    :raises StoreError: the store could not answer.
    """
    members = await rows(store, _MEMBERS.format(treaty=term(treaty)))
    things = values(iri_of(row["s"]) for row in members)
    told, disputed = await asyncio.gather(
        statements(store, _FACTS.format(things=things)),
        rows(store, _DISPUTED.format(things=things)),
    )
    facts = Facts(told)
    sides = await statements(store, _SIDES.format(things=values(sorted(iris_in(facts)))))
    return TreatyFacts(
        facts,
        Facts(sides),
        {(iri_of(row["s"]), iri_of(row["p"])): iri_of(row["d"]) for row in disputed},
    )
