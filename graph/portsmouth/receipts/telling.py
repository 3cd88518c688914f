"""Receipts as the protocol tells them: as JSON, as a member of an answer, and as TriG."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from portsmouth.errors import ParameterError
from portsmouth.iris import PREFIXES, PROV
from portsmouth.receipts.model import Derivation, Receipt, Receipts
from portsmouth.receipts.support import Support, least, support_of

_FROM: Final = ox.NamedNode(PROV + "wasDerivedFrom")
#: Sets of passages that are told of one row.
_SETS: Final = 16


def as_json(receipts: Receipts) -> dict[str, object]:
    """Write receipts as the protocol does, with what passages do for every row.

    :param receipts: the receipts.
    :return: what :meth:`Receipts.as_json` says, ``support``, one object a row, and ``echoes``: the passages
        that repeat a cited one.

    >>> as_json(Receipts(rows=(Receipt(()),)))["support"]
    [{'passages': [], 'texts': 0, 'smallest': [], 'indispensable': None, 'complete': False}]
    """
    return {
        **receipts.as_json(),
        "echoes": {_short([one])[0]: _short(sorted(others)) for one, others in receipts.echoes.items()},
        "support": [_support(support_of(receipts, row)) for row in receipts.rows],
    }


def _support(support: Support) -> dict[str, object]:
    needed = support.indispensable
    return {
        "passages": _short(support.passages),
        "texts": support.texts,
        "smallest": [_short(sorted(one)) for one in support.smallest[:_SETS]],
        "indispensable": None if needed is None else _short(sorted(needed)),
        "complete": support.complete and len(support.smallest) <= _SETS,
    }


def _short(passages: Iterable[str]) -> list[str]:
    return [passage.rpartition("/")[2] for passage in passages]


def inline(body: bytes, receipts: Receipts, more: Mapping[str, object] | None = None) -> bytes:
    """Put receipts into an answer; every other byte stays as the engine wrote it.

    The member stands between ``head`` and ``results``: readers that stream an answer refuse a member that
    they do not know after the rows, and pass over one before them.

    :param body: ``application/sparql-results+json`` as the engine writes it.
    :param receipts: the receipts of its rows.
    :param more: further members beside the receipts.
    :return: the answer with a member ``receipts``.
    :raises ParameterError: the answer is not such a document.

    >>> inline(b'{"head":{},"boolean":true}', Receipts())[:40]
    b'{"head":{},"receipts":{"facts":[],"rows"'
    """
    # The names of variables hold no quotation marks, so the first such key is the member itself.
    for key in (b',"results":', b',"boolean":'):
        head, found, rest = body.partition(key)
        if found:
            members = {**as_json(receipts), **(more or {})}
            told = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
            return b"".join((head, b',"receipts":', told.encode("utf-8", "backslashreplace"), key, rest))
    raise ParameterError(found="an answer without results", expected="SPARQL JSON results")


def trig(triples: Sequence[ox.Triple], receipts: Receipts) -> bytes:
    """Write the triples of a graph by what supports them.

    A triple stands once for every set of passages that carries it: in the graph of a passage where that
    passage alone does, and otherwise in a graph without a name, which ``prov:wasDerivedFrom`` joins with
    every graph that it needs. What needs no fact, or has no receipt, stands in the default graph.

    :param triples: the triples of the answer.
    :param receipts: their receipts, one for each triple; triples beyond them have none.
    :return: TriG; notes of the receipts are comments at its beginning.
    """
    made: dict[frozenset[str], ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = {}
    quads: dict[ox.Quad, None] = {}
    for number, triple in enumerate(triples):
        row = receipts.rows[number] if number < len(receipts.rows) else Receipt(())
        sets = least({needed for d in row.derivations for needed in _needed(receipts, d)}) or {frozenset()}
        for needed in sorted(sets, key=sorted):
            if needed not in made:
                made[needed] = _graph(needed, len(made))
                for name in sorted(needed) if len(needed) > 1 else ():
                    quads[ox.Quad(made[needed], _FROM, ox.NamedNode(name))] = None  # type: ignore[arg-type]
            quads[ox.Quad(triple.subject, triple.predicate, triple.object, made[needed])] = None
    together = sorted(quads, key=lambda quad: str(quad.graph_name))
    written = ox.serialize(together, format=ox.RdfFormat.TRIG, prefixes=PREFIXES) or b""
    notes = dict.fromkeys([*receipts.notes, *_notes(receipts)])
    return "".join(f"# {note}\n" for note in notes).encode() + written


def _graph(needed: frozenset[str], number: int) -> ox.NamedNode | ox.BlankNode | ox.DefaultGraph:
    if not needed:
        return ox.DefaultGraph()
    if len(needed) == 1:
        return ox.NamedNode(next(iter(needed)))
    return ox.BlankNode(f"receipt{number}")


def _needed(receipts: Receipts, derivation: Derivation) -> list[frozenset[str]]:
    """Return the smallest sets of graphs that carry a derivation: passages, and what no passage states."""
    support = support_of(receipts, Receipt((derivation,)))
    other = {
        fact.graphs[0] if fact.cited.graph is None else fact.cited.graph.value
        for fact in receipts.facts_of(derivation)
        if fact.graphs and not fact.passages
    }
    return [one | other for one in support.smallest[:_SETS]]


def _notes(receipts: Receipts) -> Iterable[str]:
    for row in receipts.rows:
        for derivation in row.derivations:
            yield from derivation.notes
