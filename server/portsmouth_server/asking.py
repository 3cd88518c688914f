"""Asking the store for what a page is made of: rows, a yes or no, a whole graph.

The terms are read from the engine's own serialisation by the engine's own
parser, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pyoxigraph as ox

from portsmouth.errors import NotFoundError
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Formats, Query, Store

_JSON: Final = Formats(results=RESULT_FORMATS["json"])

#: A solution: terms by the name of their variable, ``None`` where it is unbound.
Row = ox.QuerySolution


async def whole(store: Store, query: Query) -> bytes:
    """Return an answer in one piece.

    :param store: what answers.
    :param query: the question.
    :raises StoreError: the store could not answer.
    """
    answer = await store.query(query)
    try:
        return b"".join([chunk async for chunk in answer])
    finally:
        await answer.aclose()


async def rows(store: Store, text: str) -> list[Row]:
    """Return the solutions of a SELECT query.

    :param store: what answers.
    :param text: the query.
    :raises StoreError: the store could not answer.
    """
    results: Any = ox.parse_query_results(
        await whole(store, Query(text, formats=_JSON, known_prefixes=True)), format=ox.QueryResultsFormat.JSON
    )
    return list(results)


async def says_yes(store: Store, text: str) -> bool:
    """Return the answer of an ASK query.

    :param store: what answers.
    :param text: the query.
    :raises StoreError: the store could not answer.
    """
    data = await whole(store, Query(text, formats=_JSON, known_prefixes=True))
    return bool(ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON))


def construct(text: str, media_type: str = GRAPH_FORMATS["ttl"]) -> Query:
    """Make a query for a graph.

    :param text: a CONSTRUCT query; the project's prefixes hold.
    :param media_type: how the engine writes the graph.

    >>> construct("CONSTRUCT WHERE { ?s ?p ?o }").formats.graphs
    'text/turtle'
    """
    return Query(text, formats=Formats(graphs=media_type), known_prefixes=True)


def term(iri: str) -> str:
    """Write an IRI as a term of SPARQL, so that nothing in it can become syntax.

    :raises NotFoundError: it is no IRI, so nothing is named by it.

    >>> term("https://w3id.org/portsmouth1905/id/witte")
    '<https://w3id.org/portsmouth1905/id/witte>'
    """
    try:
        return str(ox.NamedNode(iri))
    except ValueError as error:
        raise NotFoundError(
            found=f"{iri[:200]!r}, which is no IRI ({error})", expected="an IRI of the graph"
        ) from None


def values(iris: Iterable[str]) -> str:
    """Write IRIs as the values of a variable, those that are none left out.

    >>> values(["http://e/a", "no IRI"])
    '<http://e/a>'
    """
    terms = []
    for iri in iris:
        try:
            terms.append(str(ox.NamedNode(iri)))
        except ValueError:
            continue
    return " ".join(terms)


def quads(solutions: Iterable[Row]) -> Iterable[ox.Quad]:
    """Read solutions of ``?g ?s ?p ?o`` as quads; the default graph is where ``?g`` is unbound.

    :param solutions: the solutions.
    """
    for row in solutions:
        yield ox.Quad(row["s"], row["p"], row["o"], row["g"] or ox.DefaultGraph())
