"""The values of an answer in the reader's language: names for IRIs, and labels told in another language.

Only pages read so; the data of an answer stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import pyoxigraph as ox

from portsmouth.iris import BASE, PASSAGE
from portsmouth.store.protocol import Store
from portsmouth_server.asking import rows, values
from portsmouth_server.results import Cell
from portsmouth_server.translation import gettext
from portsmouth_server.viewing import viewer

_NAMES: Final = """
SELECT ?s ?label {{ VALUES ?s {{ {iris} }} ?s skos:prefLabel|rdfs:label ?label }}"""
_TOLD: Final = """
SELECT DISTINCT ?text ?told {{
  VALUES ?text {{ {texts} }}
  VALUES ?p {{ skos:prefLabel rdfs:label rdfs:comment }}
  ?s ?p ?text , ?told FILTER(LANG(?told) = "{language}")
}}"""


async def names_of(store: Store, cells: Iterable[Cell]) -> dict[str, str]:
    """Return what the graph's own things in some cells are called, by IRI; passages keep their short names.

    :param store: what knows their labels.
    :param cells: values of an answer.
    :raises StoreError: the store could not answer.
    """
    iris = {cell.title for cell in cells if cell.kind == "iri" and cell.title.startswith(BASE)}
    iris = {iri for iri in iris if not iri.startswith(PASSAGE)}
    labels: dict[str, dict[str, str]] = {}
    for row in await rows(store, _NAMES.format(iris=values(sorted(iris)))) if iris else ():
        labels.setdefault(row["s"].value, {})[row["label"].language or ""] = row["label"].value
    return {iri: viewer().name(some) for iri, some in labels.items()}


def named(cell: Cell, names: dict[str, str]) -> Cell:
    """Return a cell with the name of the thing that it holds.

    :param cell: a value.
    :param names: from :func:`names_of`.

    >>> named(Cell("iri", "d:japan", "urn:japan"), {"urn:japan": "Japan"}).text
    'Japan'
    """
    name = names.get(cell.title, "") if cell.kind == "iri" else ""
    return replace(cell, text=name) if name else cell


async def told(store: Store, table: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
    """Return a table with its English labels and glosses in the reader's language.

    A text that stands for several things, which that language calls by several names, stays as it is.

    :param store: what knows the labels.
    :param table: rows of values.
    :raises StoreError: the store could not answer.
    """
    language = viewer().language
    texts = {cell.text for row in table for cell in row if cell.kind == "literal" and cell.lang == "en"}
    if language == "en" or not texts:
        return table
    wanted = " ".join(str(ox.Literal(text, language="en")) for text in sorted(texts))
    found: dict[str, set[str]] = {}
    for row in await rows(store, _TOLD.format(texts=wanted, language=language)):
        found.setdefault(row["text"].value, set()).add(row["told"].value)
    return [[_told(cell, found) for cell in row] for row in table]


def _told(cell: Cell, found: dict[str, set[str]]) -> Cell:
    ways = found.get(cell.text, set()) if cell.kind == "literal" and cell.lang == "en" else set()
    if len(ways) != 1:
        return cell
    return replace(cell, text=next(iter(ways)), title=f'"{cell.text}"@en', lang="")


def column_name(variable: str) -> str:
    """Return what a column of a named query is called in the reader's language.

    :param variable: the variable's name.

    >>> column_name("settledBy")
    'settledBy'
    """
    return gettext(f"?{variable}").removeprefix("?")
