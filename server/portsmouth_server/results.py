"""An answer as people read it: a table, a yes or no, or a graph's text, cut to what a page can hold.

The terms are read from the engine's own serialisation by the engine's own
parser; nothing is guessed from text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

import pyoxigraph as ox

from portsmouth.iris import BASE, XSD, shorten
from portsmouth.store.protocol import Answer
from portsmouth_server.urls import Urls

#: Bytes of an answer that a page reads; who wants more wants a file.
_MOST_BYTES: Final = 2 << 20
_MOST_TEXT: Final = 256 << 10
_MOST_CELLS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a solution, as text and what a page needs to show it well.

    :param kind: ``iri``, ``literal``, ``blank`` or ``unbound``.
    :param text: what is read.
    :param title: the whole value, where the text is shortened.
    :param href: where a link leads.
    :param lang: the language of the text.
    :param datatype: the shortened datatype, where it is not a plain string.
    """

    kind: str
    text: str = ""
    title: str = ""
    href: str = ""
    lang: str = ""
    datatype: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer, as much of it as a page shows.

    :param kind: ``solutions``, ``boolean`` or ``graph``.
    :param columns: the variables of solutions.
    :param rows: the solutions, a cell a column.
    :param yes: what a boolean says.
    :param text: a graph in Turtle.
    :param cut: whether there is more than is shown.
    """

    kind: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    yes: bool = False
    text: str = ""
    cut: bool = False


async def show(answer: Answer, urls: Urls, most_rows: int) -> Shown:
    """Read as much of an answer as a page shows, and give up the rest.

    :param answer: an answer in JSON or Turtle, the formats that :class:`~portsmouth.store.protocol.Formats`
        has by default.
    :param urls: for links from its IRIs.
    :param most_rows: rows to show.
    :raises StoreError: the query failed before that much had come.
    """
    data, cut = await _head(answer, _MOST_TEXT if answer.kind == "graph" else _MOST_BYTES)
    if answer.kind == "graph":
        return Shown("graph", text=data.decode(errors="ignore"), cut=cut)
    return _solutions(data, cut, urls, most_rows)


async def _head(answer: Answer, most: int) -> tuple[bytes, bool]:
    data = bytearray()
    try:
        async for chunk in answer:
            data += chunk
            if len(data) > most:
                return bytes(data[:most]), True
    finally:
        await answer.aclose()
    return bytes(data), False


def _solutions(data: bytes, cut: bool, urls: Urls, most_rows: int) -> Shown:
    results = ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)
    if isinstance(results, ox.QueryBoolean):
        return Shown("boolean", yes=bool(results))
    assert isinstance(results, ox.QuerySolutions)  # noqa: S101  # the format has only these two
    columns = [variable.value for variable in results.variables]
    most = max(1, min(most_rows, _MOST_CELLS // max(1, len(columns))))
    rows: list[list[Cell]] = []
    try:
        for solution in islice(results, most + 1):
            rows.append([cell(term, urls) for term in solution])
    except SyntaxError:
        # The text ends in the middle of a row only where it was cut.
        if not cut:
            raise
    return Shown("solutions", columns, rows[:most], cut=cut or len(rows) > most)


def cell(term: Any, urls: Urls) -> Cell:
    """Return what a page shows of an RDF term.

    :param term: the term; ``None`` where the variable is unbound.
    :param urls: for links from IRIs.

    >>> cell(ox.Literal("Komura", language="en"), Urls())
    Cell(kind='literal', text='Komura', title='', href='', lang='en', datatype='')
    >>> cell(ox.NamedNode("javascript:alert(1)"), Urls()).href
    ''
    """
    match term:
        case None:
            return Cell("unbound")
        case ox.NamedNode(value=iri):
            return Cell("iri", shorten(iri).strip("<>"), title=iri, href=_link(iri, urls))
        case ox.Literal():
            return Cell("literal", term.value, lang=term.language or "", datatype=_datatype(term))
        case ox.BlankNode():
            return Cell("blank", str(term))
        case _:
            return Cell("triple", str(term))


def _datatype(literal: ox.Literal) -> str:
    iri = literal.datatype.value
    return "" if literal.language or iri == XSD + "string" else shorten(iri).strip("<>")


def _link(iri: str, urls: Urls) -> str:
    """Lead to the pages of the graph's own things, to the web for others, nowhere for other schemes."""
    if iri.startswith(BASE):
        return urls.thing(iri) or urls.description(iri)
    try:
        return iri if urlsplit(iri).scheme in ("http", "https") else ""
    except ValueError:
        return ""
