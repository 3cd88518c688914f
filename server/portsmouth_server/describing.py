"""Writing a description in RDF, such as VoID: statements are collected, the engine serialises them."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox

from portsmouth.iris import BASE, PREFIXES, RDF, XSD

VOID_NS: Final = "http://rdfs.org/ns/void#"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
FORMATS: Final = "http://www.w3.org/ns/formats/"

#: The description of the dataset, and the dataset itself: the same IRIs at every server.
DOCUMENT: Final = BASE + ".well-known/void"
DATASET: Final = DOCUMENT + "#dataset"

#: The W3C's IRIs of file formats, by the short names that formats have here.
FORMAT_IRIS: Final = {
    "json": FORMATS + "SPARQL_Results_JSON",
    "xml": FORMATS + "SPARQL_Results_XML",
    "csv": FORMATS + "SPARQL_Results_CSV",
    "tsv": FORMATS + "SPARQL_Results_TSV",
    "ttl": FORMATS + "Turtle",
    "nt": FORMATS + "N-Triples",
    "nq": FORMATS + "N-Quads",
    "trig": FORMATS + "TriG",
    "jsonld": FORMATS + "JSON-LD",
    "rdf": FORMATS + "RDF_XML",
}

Node = ox.NamedNode | ox.BlankNode


class Description:
    """A set of triples that grows.

    >>> description = Description()
    >>> description.add("http://e/s", "http://e/p", 3)
    >>> description.write("application/n-triples")
    b'<http://e/s> <http://e/p> "3"^^<http://www.w3.org/2001/XMLSchema#integer> .\\n'
    """

    def __init__(self) -> None:
        self._triples: dict[ox.Triple, None] = {}
        self._blank = 0

    def add(self, subject: str | Node, property_: str, *objects: str | int | Node | ox.Literal) -> None:
        """Add triples: a string is an IRI, a number a number.

        :param subject: an IRI or a node.
        :param property_: an IRI.
        :param objects: the values, one a triple.
        """
        for value in objects:
            self._triples[ox.Triple(_node(subject), ox.NamedNode(property_), _value(value))] = None

    def part(self, subject: str | Node, property_: str, kind: str = "") -> ox.BlankNode:
        """Add a triple to a new node without a name, and return the node.

        :param subject: an IRI or a node.
        :param property_: an IRI.
        :param kind: the new node's class.
        """
        self._blank += 1
        node = ox.BlankNode(f"b{self._blank}")
        self.add(subject, property_, node)
        if kind:
            self.add(node, RDF + "type", kind)
        return node

    def write(self, media_type: str) -> bytes:
        """Return the triples in a format.

        :param media_type: a media type that the engine knows.
        """
        rdf_format = ox.RdfFormat.from_media_type(media_type)
        assert rdf_format is not None  # noqa: S101  # negotiation offers the engine's formats only
        named = rdf_format in (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML)
        prefixes = {**PREFIXES, "void": VOID_NS, "sd": SD, "foaf": FOAF} if named else None
        # A node's triples stand together; a part follows the whole.
        written = ox.serialize(self._triples, format=rdf_format, prefixes=prefixes)
        return written or b""


def text(words: str, language: str = "en") -> ox.Literal:
    """Return text in a language.

    :param words: the text.
    :param language: its language.

    >>> print(text("peace"))
    "peace"@en
    """
    return ox.Literal(words, language=language)


def string(words: str) -> ox.Literal:
    """Return text in no language.

    :param words: the text.
    """
    return ox.Literal(words)


def _node(subject: str | Node) -> Node:
    return ox.NamedNode(subject) if isinstance(subject, str) else subject


def _value(value: str | int | Node | ox.Literal) -> Node | ox.Literal:
    if isinstance(value, str):
        return ox.NamedNode(value)
    if isinstance(value, int):
        return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
    return value
