"""Answers of a store as tables.

Answers are asked for as tab-separated values: an IRI holds neither tab nor line break, so rows are split and
not parsed, which is what a network of a hundred thousand arcs has time for.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator
from typing import Final

from portsmouth.errors import StoreError
from portsmouth.iris import DCTERMS, PT, RDFS, SCHEMA, SKOS
from portsmouth.store.protocol import RESULT_FORMATS, Formats, Query, Store

_TSV: Final = Formats(RESULT_FORMATS["tsv"])
_ESCAPED: Final = re.compile(r"\\(.)")
_PLAIN: Final = {"t": "\t", "n": "\n", "r": "\r"}

_PREFIXES: Final = (
    f"PREFIX pt: <{PT}> PREFIX schema: <{SCHEMA}> PREFIX skos: <{SKOS}> PREFIX dcterms: <{DCTERMS}> "
    f"PREFIX rdfs: <{RDFS}>\n"
)


async def rows(store: Store, query: str) -> list[list[str]]:
    """Ask a SELECT query.

    :param store: an open store.
    :param query: the query; the prefixes ``pt``, ``schema``, ``skos``, ``dcterms`` and ``rdfs`` hold.
    :return: a row for each solution, its terms as tab-separated values have them.
    :raises StoreError: the store cannot answer.
    """
    answer = await store.query(Query(_PREFIXES + query, formats=_TSV))
    body = b"".join([chunk async for chunk in answer]).decode()
    lines = body.replace("\r\n", "\n").rstrip("\n").split("\n")[1:]
    return [line.split("\t") for line in lines]


async def columns(store: Store, query: str) -> AsyncIterator[list[list[str]]]:
    """Ask a SELECT query whose answer is long, and take it as it comes, many rows at a time.

    :param store: an open store.
    :param query: the query, as :func:`rows` takes it.
    :return: for each variable its terms, row by row, ``""`` where it has no value.
    :raises StoreError: the store cannot answer, or not with a table.
    """
    answer = await store.query(Query(_PREFIXES + query, formats=_TSV))
    decoder = getincrementaldecoder("utf-8")()
    width, rest = 0, ""
    async for chunk in answer:
        whole, line_end, rest = (rest + decoder.decode(chunk)).rpartition("\n")
        if line_end and not width:
            head, line_end, whole = whole.partition("\n")
            width = head.count("\t") + 1
        if line_end:
            yield _cut(whole, width)
    if rest and width:
        yield _cut(rest, width)


def _cut(lines: str, width: int) -> list[list[str]]:
    cells = lines.replace("\r\n", "\n").rstrip("\r").replace("\n", "\t").split("\t")
    if len(cells) % width:
        raise StoreError(f"found a table with rows of other lengths; expected {width} terms in every row")
    return [cells[place::width] for place in range(width)]


def text(term: str) -> str:
    r"""Return the text of a literal as tab-separated values have it.

    >>> text('"A \\"B\\""@en'), text("7"), text('"7"^^<http://www.w3.org/2001/XMLSchema#integer>')
    ('A "B"', '7', '7')
    """
    if not term.startswith('"'):
        return term
    return _ESCAPED.sub(lambda match: _PLAIN.get(match[1], match[1]), term[1 : term.rindex('"')])


def language_of(term: str) -> str:
    r"""Return the language of a literal as tab-separated values have it, ``""`` where it has none.

    >>> language_of('"A"@en'), language_of('"a@b"'), language_of("7"), language_of('"1"^^<http://a@b>')
    ('en', '', '', '')
    """
    tag = term[term.rindex('"') + 1 :] if term.startswith('"') else ""
    return tag[1:] if tag.startswith("@") else ""


def name_of(term: str) -> str:
    """Return an IRI without its angle brackets, any other term as it is.

    >>> name_of("<http://a/b>"), name_of("_:b0")
    ('http://a/b', '_:b0')
    """
    return term[1:-1] if term.startswith("<") else term


class Names(dict[str, str]):
    """What :func:`name_of` returns, one string each, however often a term is told.

    >>> Names()["<http://a/b>"]
    'http://a/b'
    """

    def __missing__(self, term: str) -> str:
        self[term] = name = name_of(term)
        return name
