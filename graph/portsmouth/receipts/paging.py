"""Reading some rows of an answer without holding the rest of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from portsmouth.receipts.explaining import Answers, read_answers
from portsmouth.store.protocol import (
    GRAPH_FORMATS,
    RESULT_FORMATS,
    Answer,
    AnswerKind,
    Formats,
    Query,
    Store,
)

# One line a row or a triple, whatever stands in them, so that rows are counted without being read.
_BY_LINES: Final = Formats(RESULT_FORMATS["tsv"], GRAPH_FORMATS["nt"])


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of an answer.

    :param kind: what the answer is.
    :param answers: the rows.
    :param first: the place of the first one, counted from 0.
    :param more: whether rows follow.
    """

    kind: AnswerKind
    answers: Answers
    first: int = 0
    more: bool = False


async def read_page(store: Store, query: Query, first: int, most: int) -> Page:
    """Ask a query as it stands, and read some rows of its answer.

    :param store: what answers.
    :param query: the query; its formats do not matter.
    :param first: the first row that is read, counted from 0.
    :param most: the most rows that are read; the query is ended after them.
    :raises StoreError: the store could not answer.
    """
    answer = await store.query(replace(query, formats=_BY_LINES))
    try:
        if answer.kind == "boolean":
            yes = b"".join([chunk async for chunk in answer]).strip() == b"true"
            return Page("boolean", Answers((), ({},) if yes and not first else ()), first)
        head = b""
        lines: list[bytes] = []
        number = -1 if answer.kind == "solutions" else 0
        async for line in _lines(answer):
            if number < 0:
                head = line
            elif first <= number < first + most:
                lines.append(line)
            elif number >= first + most:
                return Page(answer.kind, _read(answer.kind, head, lines), first, more=True)
            number += 1
        return Page(answer.kind, _read(answer.kind, head, lines), first)
    finally:
        await answer.aclose()


async def _lines(answer: Answer) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in answer:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
    if rest:
        yield rest


def _read(kind: AnswerKind, head: bytes, lines: list[bytes]) -> Answers:
    if kind == "graph":
        return read_answers("graph", b"\n".join([*lines, b""]))
    body = b"\n".join([head, *lines, b""])
    return read_answers(kind, body, ox.QueryResultsFormat.TSV)
