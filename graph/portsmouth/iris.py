"""Every namespace and every rule by which an IRI of the project is minted.

>>> passage("s5", 235)
'https://w3id.org/portsmouth1905/passage/s5-235'
>>> shorten(passage("s5", 235))
'p:s5-235'
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

BASE: Final = "https://w3id.org/portsmouth1905/"
ONTOLOGY: Final = BASE + "ns"
PT: Final = BASE + "ns#"
ID: Final = BASE + "id/"
PASSAGE: Final = BASE + "passage/"
CONCEPT: Final = BASE + "concept/"
GRAPH: Final = BASE + "graph/"
TIME: Final = BASE + "time/"

DCTERMS: Final = "http://purl.org/dc/terms/"
GEO: Final = "http://www.opengis.net/ont/geosparql#"
OA: Final = "http://www.w3.org/ns/oa#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
PROV: Final = "http://www.w3.org/ns/prov#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA: Final = "https://schema.org/"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SPDX: Final = "http://spdx.org/rdf/terms#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

EDITORIAL: Final = GRAPH + "editorial"
CATALOGUE: Final = GRAPH + "catalogue"
CALENDAR: Final = GRAPH + "calendar"
DERIVED: Final = GRAPH + "derived"
ONTOLOGY_GRAPH: Final = GRAPH + "ontology"
AUTHORITIES: Final = GRAPH + "authorities"
#: In another SPARQL service, the graph that holds what is the default graph here.
MERGED: Final = GRAPH + "merged"
#: In another SPARQL service, the graph that tells what has been loaded into it.
LOADED: Final = GRAPH + "loaded"

#: Prefixes in the order in which serialisations and the query page show them.
PREFIXES: Final[dict[str, str]] = {
    "pt": PT,
    "d": ID,
    "p": PASSAGE,
    "c": CONCEPT,
    "g": GRAPH,
    "t": TIME,
    "dcterms": DCTERMS,
    "geo": GEO,
    "oa": OA,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sh": SH,
    "skos": SKOS,
    "spdx": SPDX,
    "xsd": XSD,
}

_PASSAGE_IRI = re.compile(re.escape(PASSAGE) + r"(?P<part>s[1-9][0-9]*)-(?P<line>[0-9]{3,})")
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*")


class PassageKey(NamedTuple):
    """Where a passage stands: the part of the page and the source line."""

    part: str
    line: int


def passage(part: str, line: int) -> str:
    """Mint the IRI of a passage, which is also the name of its graph.

    :param part: the part's key, ``s1`` … ``s8``.
    :param line: the source line, counted from 1.
    :return: the IRI.

    >>> passage("s1", 39)
    'https://w3id.org/portsmouth1905/passage/s1-039'
    """
    return f"{PASSAGE}{part}-{line:03d}"


@lru_cache(maxsize=4096)
def passage_key(iri: str) -> PassageKey | None:
    """Read part and line back from a passage's IRI.

    :return: the key, or ``None`` where the IRI names no passage.

    >>> passage_key("https://w3id.org/portsmouth1905/passage/s1-039")
    PassageKey(part='s1', line=39)
    >>> passage_key("https://w3id.org/portsmouth1905/passage/s1") is None
    True
    """
    match = _PASSAGE_IRI.fullmatch(iri)
    return PassageKey(match["part"], int(match["line"])) if match else None


def part(key: str) -> str:
    """Mint the IRI of a part of the page.

    >>> part("s5")
    'https://w3id.org/portsmouth1905/passage/s5'
    """
    return PASSAGE + key


def time_span(earliest: str, latest: str) -> str:
    """Mint the IRI of the time span between two Gregorian days, both included.

    :param earliest: the first day, as ``YYYY-MM-DD``.
    :param latest: the last day, as ``YYYY-MM-DD``.
    :return: the IRI; one day stands once.

    >>> time_span("1905-04-05", "1905-04-18")
    'https://w3id.org/portsmouth1905/time/1905-04-05--1905-04-18'
    >>> time_span("1905-09-05", "1905-09-05")
    'https://w3id.org/portsmouth1905/time/1905-09-05'
    """
    return TIME + (earliest if earliest == latest else f"{earliest}--{latest}")


def shorten(iri: str) -> str:
    """Write an IRI with a known prefix, or in angle brackets where none fits.

    >>> shorten("https://w3id.org/portsmouth1905/ns#Treaty")
    'pt:Treaty'
    >>> shorten("http://example.org/x")
    '<http://example.org/x>'
    """
    for prefix, namespace in PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and _LOCAL_NAME.fullmatch(local):
            return f"{prefix}:{local}"
    return f"<{iri}>"
