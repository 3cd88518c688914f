"""Asking the store for the whole treaty: articles, clauses, demands, and how other parts tell the clauses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import ID
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, statements, term
from portsmouth_server.views.facts import SIDES_QUERY, Facts, iri_of

TREATY: Final = ID + "treaty-of-portsmouth"

# The treaty, its articles, their clauses at any depth, the demands that these settled, and the clauses as
# other parts tell them, which hang on the treaty or an article and are joined to its own by closeMatch.
_MEMBERS: Final = """
  {{ BIND({treaty} AS ?s) }}
  UNION {{ ?s dcterms:isPartOf+ {treaty} . ?s a ?class VALUES ?class {{ pt:Article pt:Provision }} }}
  UNION {{ ?s pt:supplements {treaty} ; a pt:Article }}
  UNION {{ ?s pt:settledBy/dcterms:isPartOf* ?article . ?article dcterms:isPartOf* {treaty} ; a pt:Article }}
  UNION {{ ?s pt:settledBy ?clause . ?clause a pt:Provision ; dcterms:isPartOf+ {treaty} }}"""
_FACTS: Final = (
    "SELECT ?g ?s ?p ?o WHERE {{ {{ SELECT DISTINCT ?s WHERE {{"
    + _MEMBERS
    + """ }} }}
  GRAPH ?g {{ ?s ?p ?o }}
  FILTER(?p NOT IN (skos:prefLabel, prov:wasDerivedFrom))
}}"""
)
_DISPUTED: Final = """
SELECT DISTINCT ?d ?s ?p WHERE { ?d a pt:Disagreement ; pt:disputedSubject ?s ; pt:disputedProperty ?p }"""


@dataclass(frozen=True, slots=True)
class TreatyFacts:
    """All statements that the page of the treaty is made of.

    :param facts: about the treaty, its articles and clauses, their retellings and the demands.
    :param sides: sides of actors.
    :param disputed: the disagreement of a slot, by subject and property.
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
    facts, sides, disputed = await asyncio.gather(
        statements(store, _FACTS.format(treaty=term(treaty))),
        statements(store, SIDES_QUERY),
        rows(store, _DISPUTED),
    )
    return TreatyFacts(
        Facts(facts),
        Facts(sides),
        {(iri_of(row["s"]), iri_of(row["p"])): iri_of(row["d"]) for row in disputed},
    )
