"""The difference between two stances: which rows of an answer only one of them gives.

Columns of passages are left out, since two texts never share a passage: every row would stand on one side.
What is left of the rows is then taken once each. Otherwise rows are counted: of a row that one stance gives
twice and the other once, one is in both. Blank nodes have no name outside an answer, so each counts as any
other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import pyoxigraph as ox

from portsmouth.iris import passage_key
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
    :param left_out: columns that hold passages and were not compared.
    """

    kind: AnswerKind
    columns: tuple[str, ...]
    only_a: tuple[Line, ...]
    only_b: tuple[Line, ...]
    both: tuple[Line, ...]
    left_out: tuple[str, ...] = ()

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
        return {"kind": self.kind, "columns": list(self.columns), "leftOut": list(self.left_out), **told}

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
    columns, left_out, (one, other) = _without_passages(columns, (one, other))
    only_a, both = _apart(one, other)
    only_b, _ = _apart(other, one)
    return Difference(kind, columns, only_a, only_b, both, left_out)


def _without_passages(
    columns: tuple[str, ...], answers: tuple[list[Line], list[Line]]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[list[Line], list[Line]]]:
    """Leave columns out that hold passages and nothing else, unless nothing else is asked for."""
    rows = [*answers[0], *answers[1]]
    kept = [place for place in range(len(columns)) if not _holds_passages(row[place] for row in rows)]
    if not kept or len(kept) == len(columns):
        return columns, (), answers
    one, other = (list(dict.fromkeys(tuple(row[i] for i in kept) for row in some)) for some in answers)
    left_out = tuple(name for place, name in enumerate(columns) if place not in kept)
    return tuple(columns[place] for place in kept), left_out, (one, other)


def _holds_passages(terms: Iterable[Ground | None]) -> bool:
    told = [term for term in terms if term is not None]
    return bool(told) and all(
        isinstance(term, ox.NamedNode) and passage_key(term.value) is not None for term in told
    )


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
