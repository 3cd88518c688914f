"""Reading RDF documents that strangers send.

The engine's parsers are fast and correct, but a few kilobytes can make them
take all memory or overrun their stack: XML entities that expand without end,
and triple terms within triple terms. What is refused here is refused before
they see it. They never go to the network, and read no file: an external entity
is none to them, and a remote JSON-LD context is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import pyoxigraph as ox

from portsmouth.errors import DocumentError
from portsmouth.formats import RDF_FORMATS
from portsmouth.store.protocol import GRAPH_FORMATS

#: Media types in which one graph is written, with the short names of their formats. RDF/XML is also sent
#: under the names of all XML.
DOCUMENT_TYPES: Final[Mapping[str, str]] = {
    GRAPH_FORMATS["ttl"]: "ttl",
    "application/x-turtle": "ttl",
    GRAPH_FORMATS["nt"]: "nt",
    GRAPH_FORMATS["rdf"]: "rdf",
    "application/xml": "rdf",
    "text/xml": "rdf",
    GRAPH_FORMATS["jsonld"]: "jsonld",
}

#: Characters into which the entities of a document may expand altogether.
_MOST_EXPANDED: Final = 16 << 20
#: Triple terms within triple terms. The engine follows them by recursion.
_DEEPEST: Final = 100

_ENTITY: Final = re.compile(rb"<!ENTITY\s+([^\s%&;\"'<>]+)\s+(?:\"([^\"&%]*)\"|'([^'\"&%]*)')\s*>")
_TRIPLE_TERM: Final = re.compile(rb"<<\(?|\)?>>")
_MARK: Final = b"\xef\xbb\xbf"
_SYNTAX: Final = re.compile(
    r"Parser error at line (?P<line>\d+) (?:column|between columns) (?P<column>\d+)[^:]*: "
    r"(?P<what>.*?)(?: \(line \d+\))?",
    re.DOTALL,
)


def to_ntriples(document: bytes, form: str, base: str) -> bytes:
    """Read a document that holds one graph.

    :param document: the document, in UTF-8.
    :param form: the short name of its format, a value of :data:`DOCUMENT_TYPES`.
    :param base: the IRI against which its relative IRIs stand.
    :return: its triples as N-Triples, with blank nodes that no other document has.
    :raises DocumentError: it is not of that format, holds named graphs, or would cost too much to read.

    >>> to_ntriples(b"<#a> a <B> .", "ttl", "http://e/g")
    b'<http://e/g#a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/B> .\\n'
    >>> to_ntriples(b"<#a> a 1  # and no full stop", "ttl", "http://e/g").count(b"\\n")
    1
    """
    document = document.removeprefix(_MARK)
    if not document.strip():
        return b""
    _check_encoding(document)
    if form == "rdf":
        document = _with_plain_entities(document)
    _check_nesting(document)
    try:
        return _parsed(document, form, base)
    except SyntaxError as error:
        if form == "ttl" and "Unexpected end" in str(error):
            # Documents without their last full stop are about, among them some of the W3C's own tests.
            with suppress(SyntaxError):
                return _parsed(document + b"\n.", form, base)
        raise _our_error(error, form, document) from None


def _parsed(document: bytes, form: str, base: str) -> bytes:
    triples = ox.parse(
        document,
        format=RDF_FORMATS[form],
        base_iri=base,
        without_named_graphs=True,
        rename_blank_nodes=True,
    )
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def _check_encoding(document: bytes) -> None:
    try:
        document.decode()
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"bytes that are not UTF-8 at offset {error.start}", "a document in UTF-8"
        ) from None


def _with_plain_entities(document: bytes) -> bytes:
    """Refuse entities that are built of others or stand elsewhere, and such as would fill the memory.

    :return: the document, its entities between the double quotes that the engine wants.
    """
    declared = document.count(b"<!ENTITY")
    if not declared:
        return document
    entities = {m[1]: len(m[2] if m[2] is not None else m[3]) for m in _ENTITY.finditer(document)}
    if len(entities) != declared:
        raise DocumentError(
            "an entity that is declared twice, stands in another file or is built of other entities",
            "entities with plain text, such as namespaces",
        )
    expanded = sum(document.count(b"&%b;" % name) * length for name, length in entities.items())
    if expanded > _MOST_EXPANDED:
        raise DocumentError(f"entities that expand to {expanded} characters", f"at most {_MOST_EXPANDED}")
    return _ENTITY.sub(lambda m: m[0] if m[3] is None else b'<!ENTITY %b "%b">' % (m[1], m[3]), document)


def _check_nesting(document: bytes) -> None:
    depth = deepest = 0
    for match in _TRIPLE_TERM.finditer(document):
        depth = depth + 1 if match[0].startswith(b"<") else max(0, depth - 1)
        deepest = max(deepest, depth)
    deepest = max(deepest, document.count(b'parseType="Triple"'), document.count(b"parseType='Triple'"))
    if deepest > _DEEPEST:
        raise DocumentError(f"triple terms within triple terms, {deepest} deep", f"at most {_DEEPEST}")


def _our_error(error: SyntaxError, form: str, document: bytes) -> DocumentError:
    message = str(error)
    expected = f"one graph in {GRAPH_FORMATS[form]}"
    if "LoadDocumentCallback" in message:
        return DocumentError(
            "a context that stands elsewhere", "the context within the document; none is fetched"
        )
    if "Named graphs are not allowed" in message:
        return DocumentError("named graphs", expected)
    match = _SYNTAX.fullmatch(message)
    if match and match["what"].startswith("Unexpected end"):
        # The parser gives the place where the last term begins, if not that of an earlier one.
        text = document.decode()
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        return DocumentError("the end of the document in the midst of a statement", expected, line, column)
    if not match:
        return DocumentError(message[:300], expected)
    return DocumentError(match["what"][:300], expected, int(match["line"]), int(match["column"]))
