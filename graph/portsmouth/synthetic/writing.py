"""Statements as lines of N-Quads, each triple once in the default graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from portsmouth import iris


class Lines:
    """Lines that wait to be written.

    Whoever states a triple knows whether it was stated before: to look it up would take memory that grows
    with the corpus.

    :ivar written: how many quads were stated since the beginning.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.written = 0

    def once(self, triple: str, graph: str) -> None:
        """State a triple in the only graph that holds it.

        :param triple: subject, predicate and object as N-Triples, without the full stop.
        :param graph: the graph, as N-Triples.
        """
        self._lines.append(f"{triple} {graph} .\n{triple} .\n")
        self.written += 2

    def again(self, triple: str, graph: str) -> None:
        """State a triple in one more graph."""
        self._lines.append(f"{triple} {graph} .\n")
        self.written += 1

    def told(self, accounts: Iterable[tuple[str, Collection[str]]]) -> None:
        """State what several graphs tell, of which each may tell the same.

        :param accounts: graphs, each with its triples.
        """
        seen: set[str] = set()
        for graph, triples in accounts:
            for triple in triples:
                if triple in seen:
                    self.again(triple, graph)
                else:
                    seen.add(triple)
                    self.once(triple, graph)

    def quads(self, quads: Iterable[Quad]) -> None:
        """State quads of named graphs, none of them twice, no triple in two of them."""
        named = list(dict.fromkeys(quads))
        body = serialize(named, format=RdfFormat.N_QUADS) or b""
        triples = dict.fromkeys(Triple(quad.subject, quad.predicate, quad.object) for quad in named)
        body += serialize(triples, format=RdfFormat.N_TRIPLES) or b""
        self._lines.append(body.decode())
        self.written += len(named) + len(triples)

    def __len__(self) -> int:
        return len(self._lines)

    def take(self) -> bytes:
        """Return what waits, as UTF-8, and forget it."""
        body = "".join(self._lines).encode()
        self._lines.clear()
        return body


@cache
def term(name: str) -> str:
    """Write a name with a known prefix as N-Triples.

    >>> term("pt:Influence")
    '<https://w3id.org/portsmouth1905/ns#Influence>'
    """
    prefix, _, local = name.partition(":")
    return f"<{iris.PREFIXES[prefix]}{local}>"


@cache
def concept(name: str) -> str:
    """Write a concept as N-Triples.

    >>> concept("funded")
    '<https://w3id.org/portsmouth1905/concept/funded>'
    """
    return f"<{iris.CONCEPT}{name}>"


def text(value: str, language: str) -> str:
    """Write a text in a language as N-Triples.

    :param value: the text, which holds no quotation mark, backslash or line break.
    :param language: the language.

    >>> print(text("Treaty", "en"))
    "Treaty"@en
    """
    return f'"{value}"@{language}'
