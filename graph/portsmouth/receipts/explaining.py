"""From an answer to its receipts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import pyoxigraph as ox

from portsmouth.errors import DeadlineError, ReceiptUnsupportedError
from portsmouth.iris import PREFIXES
from portsmouth.receipts import evidence
from portsmouth.receipts import syntax as s
from portsmouth.receipts.asking import TRIPLE_TERM, Asker
from portsmouth.receipts.lineage import Found, Lineage
from portsmouth.receipts.model import Budget, Cited, Derivation, Receipt, Receipts, Row, Trace
from portsmouth.receipts.parsing import parse
from portsmouth.receipts.restricting import Key
from portsmouth.store.protocol import AnswerKind, Query, Store

#: What one receipt explains: a row of a table, or a triple of a graph.
Answered: TypeAlias = Row | ox.Triple

#: Rows that are explained together.
PAGE: Final = 50

NOT_AGAIN: Final = "the row was not found again; a function with another value each time can cause this"
CUT_SHORT: Final = "the search ended before every row was found again: it grew beyond its budget"
OUT_OF_TIME: Final = "the time for this receipt ran out"
NOTHING_FOUND: Final = "not found in the sources"
UNSUPPORTED: Final = "unsupported: no receipt can be given for"
RANKED: Final = "the receipt says why a row holds, not why it stands at its place in the order"


@dataclass(frozen=True, slots=True)
class Answers:
    """An answer that has been read.

    :param variables: of a table of solutions.
    :param rows: rows of a table; for ASK one empty row, or none where the answer is no; triples of a graph.
    """

    variables: tuple[str, ...]
    rows: tuple[Answered, ...]


def read_answers(
    kind: AnswerKind, body: bytes, results_format: ox.QueryResultsFormat = ox.QueryResultsFormat.JSON
) -> Answers:
    """Read an answer as a store serialises it: JSON results, or N-Triples.

    :param kind: what the answer is.
    :param body: the results, or ``application/n-triples``.
    :param results_format: in which format results are.

    >>> read_answers("boolean", b'{"head":{},"boolean":true}')
    Answers(variables=(), rows=({},))
    """
    if kind == "graph":
        quads = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
        return Answers((), tuple(quad.triple for quad in quads))
    results = ox.parse_query_results(body, format=results_format)
    if isinstance(results, ox.QueryBoolean):
        return Answers((), ({},) if bool(results) else ())
    if not isinstance(results, ox.QuerySolutions):  # pragma: no cover
        raise TypeError(f"found {results!r}; expected solutions")
    names = tuple(variable.value for variable in results.variables)
    return Answers(names, tuple(_row(names, solution) for solution in results))


def _row(names: Iterable[str], solution: ox.QuerySolution) -> Row:
    values = {name: solution[name] for name in names}
    return {name: value for name, value in values.items() if value is not None}


async def explain(
    store: Store, query: Query, rows: Sequence[Answered], budget: Budget | None = None
) -> Receipts:
    """Say for rows of an answer which facts they rest on, and which passages state these.

    Everything is asked of the store in SPARQL: the query's own pattern once more, un-projected and restricted
    to the rows, page by page; then every triple by graph.

    :param store: the store that gave the answer.
    :param query: the query.
    :param rows: rows of its answer, as :func:`read_answers` reads them.
    :param budget: what the receipts may cost.
    :return: one receipt a row. Where the query is beyond SPARQL 1.1, receipts without derivations and a note
        that says so.
    :raises StoreError: the store failed; running out of the budget's time is told in the receipts instead.
    """
    try:
        if any(isinstance(term, ox.Triple) for row in rows for term in _terms(row)):
            raise ReceiptUnsupportedError(TRIPLE_TERM)
        return await _explain(store, query, rows, budget or Budget())
    except ReceiptUnsupportedError as error:
        return Receipts(rows=tuple(Receipt(()) for _ in rows), notes=(f"{UNSUPPORTED} {error.found}",))


def _terms(row: Answered) -> Iterable[object]:
    return row if isinstance(row, ox.Triple) else row.values()


async def _explain(store: Store, query: Query, rows: Sequence[Answered], budget: Budget) -> Receipts:
    parsed = parse(query.text, query.base, PREFIXES if query.known_prefixes else None)
    asker = Asker(store, query, budget)
    lineage = Lineage(asker, _unused_prefix(query.text))
    found: list[Found] = []
    notes = [RANKED] if _is_ranked(parsed.select) else []
    try:
        for start in range(0, len(rows), PAGE):
            found += await _page(lineage, parsed, rows[start : start + PAGE])
        await _mention(asker, found)
        receipts = await _receipts(asker, found)
    except DeadlineError:
        if budget.seconds is None:
            raise
        empty = tuple(Receipt((), truncated=True) for _ in rows)
        return Receipts(rows=empty, notes=(*notes, OUT_OF_TIME), truncated=True)
    if parsed.form == "ASK" and not rows:
        notes.append(NOTHING_FOUND)
    if not all(row.derivations for row in receipts.rows):
        notes.append(CUT_SHORT if lineage.truncated else NOT_AGAIN)
    return replace(receipts, notes=tuple(notes), truncated=lineage.truncated)


def _is_ranked(select: s.Select) -> bool:
    return select.limit is not None or bool(select.offset)


def _unused_prefix(text: str) -> str:
    prefix = "by"
    while prefix in text:
        prefix += "_y"
    return prefix


async def _page(lineage: Lineage, parsed: s.Parsed, rows: Sequence[Answered]) -> list[Found]:
    if parsed.form == "CONSTRUCT":
        return await _triples(lineage, parsed, [row for row in rows if isinstance(row, ox.Triple)])
    variables = s.projected(parsed.select)
    tables = [row for row in rows if isinstance(row, Mapping)]
    keys: list[Key] = [tuple(row.get(variable.value) for variable in variables) for row in tables]
    return await lineage.rows(_unordered(parsed.select), keys)


def _unordered(select: s.Select) -> s.Select:
    """Leave out what only chooses and orders rows that hold anyway."""
    return replace(select, modifier="", order=(), limit=None, offset=None)


async def _triples(lineage: Lineage, parsed: s.Parsed, triples: Sequence[ox.Triple]) -> list[Found]:
    """Find the derivations of triples of ``CONSTRUCT``: each triple of the template is a query of its own."""
    found = [Found() for _ in triples]
    for template in parsed.template:
        variables = tuple(
            dict.fromkeys(
                term
                for term in (template.subject, template.verb, template.object)
                if isinstance(term, ox.Variable)
            )
        )
        fitting = [
            (number, key)
            for number, triple in enumerate(triples)
            if (key := _unify(template, triple, variables)) is not None
        ]
        projection = tuple(s.Projected(variable) for variable in variables)
        select = replace(_unordered(parsed.select), projection=projection)
        for (number, _), more in zip(
            fitting, await lineage.rows(select, [key for _, key in fitting]), strict=True
        ):
            unique = sorted({*found[number].traces, *more.traces}, key=lambda trace: trace.rank)
            most = lineage.budget.derivations
            cut = found[number].cut or more.cut or len(unique) > most
            found[number] = Found(unique[:most], cut)
    return found


def _unify(template: s.Triple, triple: ox.Triple, variables: Sequence[s.Var]) -> Key | None:
    """Read from a triple the values of a template's variables; ``None`` where it does not fit."""
    values: dict[s.Var, s.Ground] = {}
    for pattern, term in zip(
        (template.subject, template.verb, template.object),
        (triple.subject, triple.predicate, triple.object),
        strict=True,
    ):
        if isinstance(pattern, ox.BlankNode):
            # A new node for every solution, under a label that nobody can ask for.
            if not isinstance(term, ox.BlankNode):
                return None
        elif isinstance(pattern, ox.Variable):
            if isinstance(term, ox.Triple) or values.setdefault(pattern, term) != term:
                return None
        elif pattern != term:
            return None
    return tuple(values[variable] for variable in variables)


async def _mention(asker: Asker, found: Sequence[Found]) -> None:
    """Add the triples that paths of no steps and empty ``GRAPH`` patterns need, where no other will do."""
    traces = [trace for each in found for trace in each.traces]
    nodes = {place for trace in traces for place in trace.nodes if not _mentions(trace, *place)}
    present = {graph for trace in traces for graph in trace.present if not _states(trace, graph)}
    if not nodes and not present:
        return
    added = await evidence.graphs_and_nodes(asker, nodes, present)
    for each in found:
        each.traces = [_with_mentions(trace, added) for trace in each.traces]


def _with_mentions(trace: Trace, added: Mapping[tuple[s.Ground | None, ox.NamedNode | None], Cited]) -> Trace:
    for place in sorted(trace.nodes, key=str):
        if not _mentions(trace, *place) and place in added:
            trace |= Trace(frozenset({added[place]}))
    for graph in sorted(trace.present, key=str):
        if not _states(trace, graph) and (None, graph) in added:
            trace |= Trace(frozenset({added[None, graph]}))
    return trace


def _mentions(trace: Trace, node: s.Ground, graph: ox.NamedNode | None) -> bool:
    return any(cited.graph == graph and node in (cited.subject, cited.object) for cited in trace.facts)


def _states(trace: Trace, graph: ox.NamedNode) -> bool:
    return any(cited.graph == graph for cited in trace.facts)


async def _receipts(asker: Asker, found: Sequence[Found]) -> Receipts:
    """Look all cited triples up, and number them."""
    cited = list(
        dict.fromkeys(
            one
            for each in found
            for trace in each.traces
            for one in sorted(trace.facts, key=lambda fact: [str(term) for term in fact])
        )
    )
    numbers = {one: number for number, one in enumerate(cited)}
    facts, echoes = await evidence.facts_of(asker, cited)
    rows = tuple(
        Receipt(
            tuple(
                Derivation(
                    tuple(sorted(numbers[one] for one in trace.facts)),
                    tuple(sorted(trace.absent)),
                    tuple(sorted(trace.notes)),
                )
                for trace in each.traces
            ),
            each.cut,
        )
        for each in found
    )
    return Receipts(facts, rows, echoes=echoes)
