"""Asking the store for what a page is made of: rows, a yes or no, a whole graph.

The terms are read from the engine's own serialisation by the engine's own
parser, as everywhere. What may be long comes as tab-separated values, of which
each term is read once, however many rows have it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import pyoxigraph as ox

from portsmouth.errors import NotFoundError
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Formats, Query, Store

_JSON: Final = Formats(results=RESULT_FORMATS["json"])
_TSV: Final = Formats(results=RESULT_FORMATS["tsv"])
#: Bytes of an answer from which on it is read beside what else the server does.
_LONG: Final = 1 << 19

_SAID: Final = "ASK {{ {{ {thing} ?p ?o }} UNION {{ GRAPH ?g {{ {thing} ?p ?o }} }} }}"

#: A solution: terms by the name of their variable, ``None`` where it is unbound.
Row = ox.QuerySolution
Rows = TypeVar("Rows")


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


class Statement(NamedTuple):
    """A statement and who makes it.

    :param graph: the graph's IRI; empty where it is the default graph.
    :param subject: the subject's IRI, or a blank node with its ``_:``.
    :param property: the property's IRI.
    :param value: an RDF term.
    """

    graph: str
    subject: str
    property: str
    value: Any


async def statements(store: Store, text: str) -> list[Statement]:
    """Return the solutions of a SELECT query of ``?g ?s ?p ?o``, in this order.

    Statements that differ in their graph alone share the other parts.

    :param store: what answers.
    :param text: the query.
    :raises StoreError: the store could not answer.
    """
    return await _read(store, text, _statements)


async def table(store: Store, text: str) -> list[tuple[Any, ...]]:
    """Return the solutions of a SELECT query as terms in the order of its variables, ``None`` where unbound.

    :param store: what answers.
    :param text: the query.
    :raises StoreError: the store could not answer.
    """
    return await _read(store, text, _table)


async def _read(store: Store, text: str, read: Callable[[Sequence[list[str]]], Rows]) -> Rows:
    body = await whole(store, Query(text, formats=_TSV, known_prefixes=True))
    columns = _columns(body) if len(body) < _LONG else await asyncio.to_thread(_columns, body)
    return read(columns) if len(body) < _LONG else await asyncio.to_thread(read, columns)


def _columns(body: bytes) -> list[list[str]]:
    """Cut tab-separated values: neither tabs nor line ends stand in terms, but as escapes."""
    head, _, rest = body.decode().replace("\r\n", "\n").partition("\n")
    width = head.count("\t") + 1
    cells = rest.removesuffix("\n").replace("\n", "\t").split("\t") if rest else []
    return [cells[place::width] for place in range(width)]


def _table(columns: Sequence[list[str]]) -> list[tuple[Any, ...]]:
    terms = _terms(cell for column in columns for cell in column)
    return list(zip(*(map(terms.__getitem__, column) for column in columns), strict=True))


def _statements(columns: Sequence[list[str]]) -> list[Statement]:
    *named, values_ = columns
    names = {cell: _name(cell) for column in named for cell in set(column)}
    terms = _terms(values_)
    parts = (*(map(names.__getitem__, column) for column in named), map(terms.__getitem__, values_))
    return list(map(Statement._make, zip(*parts, strict=True)))


def _name(cell: str) -> str:
    return cell[1:-1] if cell.startswith("<") else cell


def _terms(cells: Iterable[str]) -> dict[str, Any]:
    """Read terms, each once; what is no IRI is left to the engine's parser, all of it at once."""
    terms: dict[str, Any] = dict.fromkeys(cells)
    others = []
    for cell in terms:
        if cell.startswith("<") and not cell.startswith("<<"):
            terms[cell] = ox.NamedNode(cell[1:-1])
        elif cell.startswith("_:"):
            terms[cell] = ox.BlankNode(cell[2:])
        elif cell:
            others.append(cell)
    document = "".join([f"<x:> <x:> {cell} .\n" for cell in others]).encode()
    read = ox.parse(document, format=ox.RdfFormat.TURTLE, lenient=True)
    terms.update((cell, quad.object) for cell, quad in zip(others, read, strict=True))
    return terms


async def says_yes(store: Store, text: str) -> bool:
    """Return the answer of an ASK query.

    :param store: what answers.
    :param text: the query.
    :raises StoreError: the store could not answer.
    """
    data = await whole(store, Query(text, formats=_JSON, known_prefixes=True))
    return bool(ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON))


async def check_thing(store: Store, iri: str, found: str, expected: str) -> None:
    """Refuse a name of which nothing is said.

    :param store: what answers.
    :param iri: the IRI that it stands for.
    :param found: what the request has, for the error.
    :param expected: what it should have.
    :raises NotFoundError: nothing is said of it.
    :raises StoreError: the store could not answer.
    """
    try:
        thing = str(ox.NamedNode(iri))
    except ValueError:
        thing = ""
    if not thing or not await says_yes(store, _SAID.format(thing=thing)):
        raise NotFoundError(found=found, expected=expected)


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

    :param iri: the IRI.
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

    :param iris: the IRIs.

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
