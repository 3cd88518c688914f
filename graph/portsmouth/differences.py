"""The difference between two stances: which rows of an answer only one of them gives.

Rows are counted: of a row that one stance gives twice and the other once, one is in both. Blank nodes have no
name outside an answer, so each counts as any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import pyoxigraph as ox

from portsmouth.receipts import read_answers
from portsmouth.receipts.syntax import Ground
from portsmouth.stance import Stance
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, AnswerKind, Formats, Query, Store

#: Terms in the order of the columns; ``None`` where a row has no value.
Line: TypeAlias = tuple[Ground | None, ...]

_FORMATS: Final = Formats(RESULT_FORMATS["json"], GRAPH_FORMATS["nt"])
_BLANK: Final = ox.BlankNode("b")


@dataclass(frozen=True, slots=True)
class Difference:
    """What two stances answer to one query.

    :param kind: what the answers are; of ``boolean``, yes is a row without columns.
    :param columns: the variables; of a graph subject, predicate and object.
    :param only_a: rows that the first alone gives, in its order.
    :param only_b: rows that the second alone gives, in its order.
    :param both: rows that both give, in the order of the first.
    """

    kind: AnswerKind
    columns: tuple[str, ...]
    only_a: tuple[Line, ...]
    only_b: tuple[Line, ...]
    both: tuple[Line, ...]

    @property
    def same(self) -> bool:
        """Whether the answers are the same but for their order."""
        return not self.only_a and not self.only_b

    def as_json(self) -> dict[str, Any]:
        """Write the difference for programs, terms as in N-Triples."""
        rows = {"onlyA": self.only_a, "onlyB": self.only_b, "both": self.both}
        told = {
            name: [[None if term is None else str(term) for term in row] for row in some]
            for name, some in rows.items()
        }
        return {"kind": self.kind, "columns": list(self.columns), **told}

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Yield every row with ``a``, ``b`` or ``both``."""
        for where, rows in (("a", self.only_a), ("b", self.only_b), ("both", self.both)):
            for row in rows:
                yield where, row


async def compare(store: Store, query: Query, a: Stance | None, b: Stance | None) -> Difference:
    """Ask one query from two stances.

    :param store: what answers.
    :param query: the query.
    :param a: the one stance; ``None`` takes every part.
    :param b: the other.
    :raises PortsmouthError: the query cannot be answered from one of them.
    """
    answers = []
    for stance in (a, b):
        asked = replace(query, dataset=replace(query.dataset, stance=stance), formats=_FORMATS)
        answer = await store.query(asked)
        answers.append((answer.kind, b"".join([chunk async for chunk in answer])))
    kind = answers[0][0]
    columns, one = _lines(*answers[0])
    _, other = _lines(*answers[1])
    only_a, both = _apart(one, other)
    only_b, _ = _apart(other, one)
    return Difference(kind, columns, only_a, only_b, both)


def _lines(kind: AnswerKind, body: bytes) -> tuple[tuple[str, ...], list[Line]]:
    answers = read_answers(kind, body)
    if kind == "graph":
        columns = ("subject", "predicate", "object")
        triples = (row for row in answers.rows if isinstance(row, ox.Triple))
        return columns, [(_told(t.subject), _told(t.predicate), _told(t.object)) for t in triples]
    rows = (row for row in answers.rows if isinstance(row, Mapping))
    return answers.variables, [tuple(_told(row.get(name)) for name in answers.variables) for row in rows]


def _told(term: object) -> Ground | None:
    return _BLANK if isinstance(term, ox.BlankNode) else term  # type: ignore[return-value]


def _apart(rows: list[Line], others: list[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Part rows into those that others lack and those that they have, as often as they have them."""
    left = Counter(others)
    only: list[Line] = []
    both: list[Line] = []
    for row in rows:
        (both if left[row] > 0 else only).append(row)
        left[row] -= 1
    return tuple(only), tuple(both)
