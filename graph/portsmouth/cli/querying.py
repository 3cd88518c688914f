"""The command ``query``: an answer as a table, in any format, with receipts, or as a citation."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from portsmouth import queries
from portsmouth.cli.asking import DeadlineOption, FileOption, ParamOption, TextArgument, query_text
from portsmouth.cli.base import FactsOption, PartsOption, StoreOption, app, refuse
from portsmouth.cli.opening import build_graph, read_original, store_of
from portsmouth.cli.output import write
from portsmouth.cli.telling import notes
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Dataset, Formats, Query

# What one command needs is loaded by that command: nobody waits for what others need.
if TYPE_CHECKING:
    from portsmouth.citing import Citation
    from portsmouth.originals import Original
    from portsmouth.receipts import Answers, Receipts
    from portsmouth.receipts.evidence import PassageNote


class QueryFormat(StrEnum):
    """The formats in which ``query`` prints an answer."""

    table = "table"
    json = "json"
    xml = "xml"
    csv = "csv"
    tsv = "tsv"
    ttl = "ttl"
    nt = "nt"
    nq = "nq"
    trig = "trig"
    jsonld = "jsonld"
    rdf = "rdf"


class CitationForm(StrEnum):
    """The forms in which ``query`` prints a citation."""

    footnote = "footnote"
    bibtex = "bibtex"
    csl_json = "csl-json"


#: Formats that can hold receipts.
_WITH_RECEIPTS = (None, QueryFormat.table, QueryFormat.json, QueryFormat.trig)


@app.command()
def query(
    text: TextArgument = None,
    file: FileOption = None,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Ask the named query (see --list).")
    ] = None,
    param: ParamOption = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the named queries and their parameters.")
    ] = False,
    output_format: Annotated[
        QueryFormat | None,
        typer.Option(
            "--format", help="How to print the answer. [default: a table on a terminal, else csv or ttl]"
        ),
    ] = None,
    with_receipts: Annotated[
        bool,
        typer.Option(
            "--receipts",
            help="Say under each row which passages support it; in JSON, as a member of the answer; in TriG, "
            "by the graphs in which a triple stands.",
        ),
    ] = False,
    parts: PartsOption = "",
    source: Annotated[
        Path | None,
        typer.Option(
            help="The source page: shows under each receipt the passage in the original.", dir_okay=False
        ),
    ] = None,
    citation: Annotated[
        CitationForm | None,
        typer.Option(
            "--cite", help="Instead of the answer, print how to cite it: query, version, hash, passages."
        ),
    ] = None,
    deadline: DeadlineOption = 60.0,
    store: StoreOption = None,
    facts: FactsOption = None,
) -> None:
    """Ask the graph a question in SPARQL, without a server.

    The prefixes of the project (pt:, d:, p:, c:, g:, t:, schema:, skos: …) need not be declared.

    \b
    portsmouth query 'SELECT ?who { d:treaty-of-portsmouth pt:signedBy ?who }'
    portsmouth query --name signatories
    portsmouth query --name signatories --receipts
    """
    from portsmouth.cli import rendering
    from portsmouth.unknown import unknown_names

    if listing:
        rendering.print_catalogue(queries.catalogue(), Console())
        return
    sparql = query_text(text, file, name, param or [])
    as_table = output_format is QueryFormat.table if output_format else sys.stdout.isatty()
    if with_receipts and output_format not in _WITH_RECEIPTS:
        refuse(f"--receipts with --format {output_format}", "--format table, json or trig, or no --format")
    if source and not (with_receipts or citation):
        refuse("--source without --receipts", "--source with --receipts, whose passages it shows")
    dataset = Dataset(stance=Stance.parse(parts))
    built = build_graph(facts)
    if citation:
        asking = Query(sparql, dataset, known_prefixes=True)
        cited = asyncio.run(_cite(store_of(built, store, Limits(deadline=deadline)), asking))
        typer.echo(cited.write(citation.value).rstrip())
        return
    if with_receipts:
        opened = store_of(built, store, Limits(deadline=deadline))
        original = asyncio.run(read_original(store_of(built), source)) if source else None
        _print_receipts(opened, sparql, dataset, deadline, output_format, original)
        return
    asking = Query(sparql, dataset, _formats(output_format, as_table), known_prefixes=True)
    kind, body = asyncio.run(_ask(store_of(built, store, Limits(deadline=deadline)), asking))
    for unknown in unknown_names(sparql, built.nquads):
        hint = f"; did you mean {unknown.near}?" if unknown.near else ""
        notes.print(f"note: nothing in the graph is named {unknown.name}{hint}", markup=False)
    if as_table and kind != "graph":
        rendering.print_results(body, Console())
    else:
        write(body)


async def _cite(store: EmbeddedStore, asking: Query) -> Citation:
    from portsmouth.citing import cite

    async with store:
        return await cite(store, asking)


async def _ask(store: EmbeddedStore, asking: Query) -> tuple[str, bytes]:
    async with store:
        answer = await store.query(asking)
        return answer.kind, b"".join([chunk async for chunk in answer])


def _print_receipts(
    store: EmbeddedStore,
    sparql: str,
    dataset: Dataset,
    deadline: float,
    output_format: QueryFormat | None,
    original: Original | None = None,
) -> None:
    from pyoxigraph import Triple

    from portsmouth.cli import rendering
    from portsmouth.receipts import inline
    from portsmouth.receipts.telling import trig

    formats = Formats(RESULT_FORMATS["json"], GRAPH_FORMATS["nt"])
    asking = Query(sparql, dataset, formats, known_prefixes=True)
    kind, body, answers, receipts, passages = asyncio.run(_ask_with_receipts(store, asking, deadline))
    if output_format not in (QueryFormat.json, QueryFormat.trig):
        rendering.print_receipts(answers, receipts, passages, Console(), original)
    elif (kind == "graph") is (output_format is QueryFormat.json):
        what = "a graph" if kind == "graph" else "a table"
        refuse(f"--receipts with --format {output_format} for {what}", "json for a table, trig for a graph")
    elif kind == "graph":
        triples = [row for row in answers.rows if isinstance(row, Triple)]
        write(trig(triples, receipts))
    else:
        write(inline(body, receipts))


async def _ask_with_receipts(
    store: EmbeddedStore, asking: Query, deadline: float
) -> tuple[str, bytes, Answers, Receipts, dict[str, PassageNote]]:
    from portsmouth.receipts import Budget, explain, read_answers
    from portsmouth.receipts.asking import Asker
    from portsmouth.receipts.evidence import passage_notes

    async with store:
        answer = await store.query(asking)
        body = b"".join([chunk async for chunk in answer])
        answers = read_answers(answer.kind, body)
        budget = Budget(seconds=deadline)
        receipts = await explain(store, asking, answers.rows, budget)
        passages = {passage for fact in receipts.facts for passage in fact.passages}
        notes = await passage_notes(Asker(store, asking, budget), passages)
        return answer.kind, body, answers, receipts, notes


def _formats(chosen: QueryFormat | None, as_table: bool) -> Formats:
    if as_table:
        return Formats(RESULT_FORMATS["json"])
    if chosen is None:
        return Formats(RESULT_FORMATS["csv"])
    return Formats(RESULT_FORMATS.get(chosen.value), GRAPH_FORMATS.get(chosen.value))
