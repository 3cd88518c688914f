"""The RDF formats that the engine writes, by the short names that the endpoint and the command line use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox

RDF_FORMATS: Final[Mapping[str, ox.RdfFormat]] = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
}

#: The formats that are written with the project's prefixes.
PREFIXED: Final = frozenset({ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML})
