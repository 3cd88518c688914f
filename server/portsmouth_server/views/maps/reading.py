"""Asking the store what is located: happenings, posts, what changes hands, and the points of places."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from portsmouth.iris import DCTERMS, PT, SCHEMA, TIME
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, statements
from portsmouth_server.views.facts import Facts, iri_of
from portsmouth_server.views.maps.projection import Place

_POINTS: Final = "SELECT ?place ?point WHERE { ?place geo:asWKT ?point }"
# A place without a point may lie in one that has it; how it lies there is a matter of one or two steps.
_LOCATED: Final = """
SELECT DISTINCT ?s ?place ?at WHERE {
  ?s schema:location ?place .
  ?place (dcterms:isPartOf|schema:location)? /(dcterms:isPartOf|schema:location)? ?at .
  ?at geo:asWKT ?point
}"""
_FACTS: Final = """
SELECT ?g ?s ?p ?o WHERE {
  { SELECT DISTINCT ?s WHERE {
    { ?s schema:location ?any } UNION { ?s pt:transfers ?any } UNION { ?s geo:asWKT ?any }
    UNION { ?a pt:transfers ?s } } }
  VALUES ?p { rdf:type schema:location pt:when pt:dateAsStated pt:office schema:agent pt:to pt:from pt:side
              pt:victor pt:defeated pt:transfers pt:limit dcterms:isPartOf dcterms:type pt:about pt:of }
  GRAPH ?g { ?s ?p ?o }
}"""
_SPANS: Final = f"""
SELECT ?g ?s ?p ?o WHERE {{
  VALUES ?p {{ prov:wasDerivedFrom }} GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?s), "{TIME}"))
}}"""
_WKT: Final = re.compile(r"\s*POINT\s*\(\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)\s*\)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Points:
    """Which points there are, and what stands at them.

    :param points: longitude and latitude by place.
    :param at: by thing, the places that it names and for each the place whose point stands for it.
    """

    points: dict[str, Place]
    at: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Located(Points):
    """What is known of where things are.

    :param points: longitude and latitude by place.
    :param at: by thing, the places that it names and for each the place whose point stands for it.
    :param facts: about things, places and what changes hands.
    :param spans: from which lines the editors' spans follow.
    """

    facts: Facts
    spans: Facts


async def read_located(store: Store) -> Located:
    """Read what is located.

    :param store: what answers.
    :raises StoreError: the store could not answer.
    """
    found, facts, spans = await asyncio.gather(
        read_points(store), statements(store, _FACTS), statements(store, _SPANS)
    )
    return Located(found.points, found.at, Facts(facts), Facts(spans))


async def read_points(store: Store) -> Points:
    """Read where things are, and nothing else about them.

    :param store: what answers.
    :raises StoreError: the store could not answer.
    """
    points, located = await asyncio.gather(rows(store, _POINTS), rows(store, _LOCATED))
    found = {
        iri_of(row["place"]): where
        for row in points
        if (where := read_point(str(getattr(row["point"], "value", ""))))
    }
    at: dict[str, dict[str, str]] = {}
    for row in located:
        thing, place, point = (iri_of(row[name]) for name in ("s", "place", "at"))
        # The place itself, where it has a point, before one that holds it.
        if point in found and (point == place or place not in at.get(thing, {})):
            at.setdefault(thing, {})[place] = point
    return Points(found, at)


def read_point(text: str) -> Place | None:
    """Read a point in WKT, longitude before latitude; ``None`` where it is none.

    >>> read_point("POINT(121.25 38.85)"), read_point("LINESTRING(0 0, 1 1)")
    ((121.25, 38.85), None)
    """
    match = _WKT.fullmatch(text)
    return (float(match[1]), float(match[2])) if match else None


#: Whether a thing is shown as a battle, as a post, as a happening or not at all, by its class.
GROUPS: Final = {
    "Battle": "battles", "Tenure": "posts", "Event": "events", "Influence": "events", "Statement": "events",
    "Situation": "events", "Force": "events", "Group": "events", "Provision": "events",
}  # fmt: skip
LOCATION: Final = SCHEMA + "location"
PART_OF: Final = DCTERMS + "isPartOf"
TRANSFERS: Final = PT + "transfers"
