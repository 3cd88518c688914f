"""What people see: tables instead of bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from portsmouth.iris import XSD, shorten
from portsmouth.queries import NamedQuery
from portsmouth.receipts.support import support_of

if TYPE_CHECKING:
    from portsmouth.build.validate import Validation
    from portsmouth.originals import Original
    from portsmouth.receipts import Answered, Answers, Receipt, Receipts
    from portsmouth.receipts.evidence import PassageNote
    from portsmouth.search import Hit, Index


#: Sets of passages that are told of a row.
_WAYS = 4


def print_results(body: bytes, console: Console) -> None:
    """Print SPARQL JSON results as a table, or a boolean as a word.

    :param body: an ``application/sparql-results+json`` document.
    :param console: where to print.
    """
    results = json.loads(body)
    if "boolean" in results:
        console.print("yes" if results["boolean"] else "no")
        return
    names = results["head"]["vars"]
    rows = results["results"]["bindings"]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(term_text(row[name]) if name in row else "") for name in names))
    console.print(table)
    console.print(f"{len(rows):,} row{'' if len(rows) == 1 else 's'}", style="dim")


def term_text(term: Mapping[str, str]) -> str:
    """Write a term of SPARQL JSON results for people.

    :param term: the term, as the JSON has it.

    >>> term_text({"type": "uri", "value": "https://w3id.org/portsmouth1905/id/witte"})
    'd:witte'
    >>> term_text({"type": "literal", "value": "Witte", "xml:lang": "en"})
    'Witte @en'
    >>> term_text({"type": "literal", "value": "9", "datatype": "http://www.w3.org/2001/XMLSchema#integer"})
    '9'
    """
    value = term["value"]
    if term["type"] == "uri":
        return shorten(value)
    if term["type"] == "bnode":
        return f"_:{value}"
    if language := term.get("xml:lang"):
        return f"{value} @{language}"
    datatype = term.get("datatype", "")
    return f"{value} ^^{shorten(datatype)}" if datatype and not datatype.startswith(XSD) else value


def print_receipts(
    answers: Answers,
    receipts: Receipts,
    notes: Mapping[str, PassageNote],
    console: Console,
    original: Original | None = None,
) -> None:
    """Print every row of an answer with the passages that support it beneath.

    :param answers: the rows.
    :param receipts: their receipts.
    :param notes: what is told of a passage, by its IRI.
    :param console: where to print.
    :param original: the source document, from which each passage is quoted.
    """
    for row, receipt in zip(answers.rows, receipts.rows, strict=True):
        console.print(Text(_answered(row), style="bold"), soft_wrap=True)
        for line in _receipt_lines(receipt, receipts, notes, original):
            console.print(Text(f"  {line}"), soft_wrap=True)
    count = len(answers.rows)
    console.print(f"{count:,} row{'' if count == 1 else 's'}", style="dim")
    for note in receipts.notes:
        console.print(Text(f"note: {note}"), style="dim", soft_wrap=True)


def _answered(row: Answered) -> str:
    """Write a row, or a triple, on one line; the only row of ASK is 'yes'."""
    if not isinstance(row, Mapping):
        return " ".join(_term(part) for part in (row.subject, row.predicate, row.object))
    return ", ".join(f"{name} {_term(value)}" for name, value in row.items()) or "yes"


def _term(term: object) -> str:
    iri = getattr(term, "value", None) if str(term).startswith("<") else None
    return shorten(iri) if iri is not None else str(getattr(term, "value", term))


def _receipt_lines(
    receipt: Receipt, receipts: Receipts, notes: Mapping[str, PassageNote], original: Original | None
) -> Iterable[str]:
    """Say what a row rests on: passages in the order of the page, then what is not in the sources."""
    facts = [fact for derivation in receipt.derivations for fact in receipts.facts_of(derivation)]
    passages = dict.fromkeys(passage for fact in facts for passage in fact.passages)
    support = support_of(receipts, receipt)
    alone = support.indispensable or frozenset()
    for passage in sorted(passages, key=lambda name: (notes[name].line, name)):
        note = notes[passage]
        needed = " (without it this row falls)" if passage in alone else ""
        yield f"{shorten(passage)} line {note.line}, {note.part}: {note.gloss or 'no gloss'}{needed}"
        if original and (text := original.line(passage)):
            yield f"  original: {text}"
    if not alone and support.indispensable is not None and support.complete:
        ways = [" + ".join(shorten(one) for one in sorted(some)) for some in support.smallest[:_WAYS]]
        more = " or others" if len(support.smallest) > _WAYS else ""
        if ways and all(ways):
            yield f"enough: {' or '.join(ways)}{more}"
    if passages:
        told = "1 passage" if len(passages) == 1 else f"{len(passages)} passages"
        yield f"{told}, {support.texts} independent text{'' if support.texts == 1 else 's'}"
    else:
        kinds = dict.fromkeys(fact.kind for fact in facts)
        yield f"no passage; {', '.join(kinds)}" if kinds else "no fact"
    for fact in dict.fromkeys(facts):
        if fact.disputed:
            yield f"disputed: {' '.join(_term(term) for term in fact.cited[:3])}"
    for text in dict.fromkeys(text for derivation in receipt.derivations for text in derivation.absent):
        yield f"not found in the sources: {text}"
    for text in dict.fromkeys(text for derivation in receipt.derivations for text in derivation.notes):
        yield f"note: {text}"
    if receipt.truncated:
        yield "note: there are more ways to this row than these"


def print_catalogue(queries: Iterable[NamedQuery], console: Console) -> None:
    """Print the named queries, what they answer and which parameters they take.

    :param queries: the queries.
    :param console: where to print.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("name", "question", "parameters (default)"):
        table.add_column(name, overflow="fold")
    for query in queries:
        parameters = ", ".join(f"{parameter.name} ({parameter.default})" for parameter in query.parameters)
        table.add_row(Text(query.name), Text(query.title), Text(parameters))
    console.print(table)


def print_hits(hits: Sequence[Hit], index: Index, console: Console) -> None:
    """Print what was found, the best first.

    :param hits: the hits.
    :param index: for the names of their classes.
    :param console: where to print.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in ("name", "kind", "iri", "found in"):
        table.add_column(column, overflow="fold")
    for hit in hits:
        kind = index.name(hit.types[0]) if hit.types else ""
        found = f"{hit.text} @{hit.language}" if hit.language else hit.text
        table.add_row(Text(hit.name), Text(kind), Text(shorten(hit.iri)), Text(found))
    console.print(table)
    console.print(f"{len(hits):,} hit{'' if len(hits) == 1 else 's'}", style="dim")


def verdict(validation: Validation) -> str:
    """Say in one line what a validation found.

    :param validation: what it found.
    """
    counts = {
        "finding": len(validation.findings),
        "caution": len(validation.cautions),
        "known disagreement": len(validation.candidates),
        "source line neither modelled nor marked silent": len(validation.unread),
    }
    return "; ".join(_counted(number, thing) for thing, number in counts.items())


def _counted(number: int, thing: str) -> str:
    """Count things in words.

    >>> _counted(0, "finding"), _counted(2, "source line neither modelled nor marked silent")
    ('no findings', '2 source lines neither modelled nor marked silent')
    """
    noun, _, rest = thing.partition(" neither ")
    plural = noun if number == 1 else f"{noun}s"
    return f"{number or 'no'} {plural}{f' neither {rest}' if rest else ''}"
