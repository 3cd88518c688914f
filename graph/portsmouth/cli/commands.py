"""The commands, each from its options to what it prints."""

from __future__ import annotations

import asyncio
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from portsmouth import queries
from portsmouth.cli.base import (
    FactsOption,
    OutputOption,
    PartsOption,
    StoreOption,
    _build,
    _notes,
    _original,
    _refuse,
    app,
)
from portsmouth.cli.telling import progress
from portsmouth.iris import shorten
from portsmouth.resources import facts_folder, ontology_folder
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Dataset, Formats, Query

# What one command needs is loaded by that command: nobody waits for what others need.
if TYPE_CHECKING:
    from portsmouth.build import Build
    from portsmouth.citing import Citation
    from portsmouth.originals import Original
    from portsmouth.receipts import Answers, Receipts
    from portsmouth.receipts.evidence import PassageNote


class ExportFormat(StrEnum):
    """The formats that ``export`` writes."""

    nq = "nq"
    trig = "trig"
    jsonld = "jsonld"
    ttl = "ttl"
    nt = "nt"
    rdf = "rdf"


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


class SearchFormat(StrEnum):
    """The formats in which ``search`` prints hits."""

    table = "table"
    json = "json"


#: Formats that can hold receipts.
_WITH_RECEIPTS = (None, QueryFormat.table, QueryFormat.json, QueryFormat.trig)


@app.command("build")
def build_command(facts: FactsOption = None, output: OutputOption = None) -> None:
    """Check the facts and build the dataset: canonical N-Quads, the same bytes for the same facts.

    Without --output it only checks and counts. All that is wrong is told at once.
    """
    built = _build(facts)
    if output:
        output.write_bytes(built.nquads)
    _notes.print(built.summary)
    typer.echo(built.snapshot)


@app.command("validate")
def validate_command(
    facts: FactsOption = None,
    source: Annotated[
        Path | None,
        typer.Option(
            help="The source page: compares every locator and checksum with it and lists the lines that are "
            "neither modelled nor marked as stating no fact.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Check the facts as `build` does, and every passage against the shapes of the ontology.

    Findings must be mended. Cautions are worth a look. Known disagreements are slots that
    passages fill in different ways; `conflicts` shows them account by account.
    """
    # A SHACL engine takes longer to load than any other command takes altogether.
    from portsmouth.build.validate import validate
    from portsmouth.cli import rendering

    with progress() as tell:
        validation = validate(facts, source=source, progress=tell)
    for name, told in (
        ("", validation.findings),
        ("caution: ", validation.cautions),
    ):
        for finding in told:
            typer.echo(f"{name}{finding}")
    for known in validation.candidates:
        # Rival accounts are what the sources are like, and nothing to mend.
        where = known.file + (f":{known.line}" if known.line else "")
        typer.echo(f"known disagreement: {where}: passages differ on {known.found}")
    if source:
        for passage in validation.unread:
            typer.echo(f"unread: {shorten(passage)}")
    _notes.print(rendering.verdict(validation))
    if validation.findings:
        raise typer.Exit(1)


@app.command("locate")
def locate_command(
    source: Annotated[Path, typer.Argument(help="The source page.", exists=True, dir_okay=False)],
    output: OutputOption = None,
) -> None:
    """Write the locators of a source page: line, character offsets and checksum of every line, as CSV."""
    from portsmouth.build import locators_csv

    _write(locators_csv(source).encode(), output)


@app.command("echoes")
def echoes_command(
    source: Annotated[Path, typer.Argument(help="The source page.", exists=True, dir_okay=False)],
    facts: FactsOption = None,
    output: OutputOption = None,
) -> None:
    """Write which lines of a source page repeat a line of another part nearly word for word, as CSV.

    Texts that copy each other are one witness; receipts count them so.
    """
    from portsmouth.build import echoes_csv
    from portsmouth.build.assemble import documents

    read = documents(facts or facts_folder(), ontology_folder())
    known = [one.document for one in read if one.document]
    _write(echoes_csv(known, source).encode(), output)


@app.command()
def query(
    text: Annotated[
        str | None, typer.Argument(help="SPARQL text, or - to read it from standard input.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Read the query from this file.", exists=True, dir_okay=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Ask the named query (see --list).")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="Value for a parameter of a named query, as name=value."),
    ] = None,
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
    deadline: Annotated[float, typer.Option(min=0.01, help="Seconds that the query may run.")] = 60.0,
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
    sparql = _query_text(text, file, name, param or [])
    as_table = output_format is QueryFormat.table if output_format else sys.stdout.isatty()
    if with_receipts and output_format not in _WITH_RECEIPTS:
        _refuse(f"--receipts with --format {output_format}", "--format table, json or trig, or no --format")
    dataset = Dataset(stance=Stance.parse(parts))
    built = _build(facts)
    if citation:
        asking = Query(sparql, dataset, known_prefixes=True)
        cited = asyncio.run(_cite(_store(built, store, Limits(deadline=deadline)), asking))
        typer.echo(cited.write(citation.value).rstrip())
        return
    if source and not with_receipts:
        _refuse("--source without --receipts", "--source with --receipts, whose passages it shows")
    if with_receipts:
        opened = _store(built, store, Limits(deadline=deadline))
        original = asyncio.run(_original(_store(built, None, Limits()), source)) if source else None
        _print_receipts(opened, sparql, dataset, deadline, output_format, original)
        return
    asking = Query(sparql, dataset, _formats(output_format, as_table), known_prefixes=True)
    kind, body = asyncio.run(_ask(_store(built, store, Limits(deadline=deadline)), asking))
    for unknown in unknown_names(sparql, built.nquads):
        hint = f"; did you mean {unknown.near}?" if unknown.near else ""
        _notes.print(f"note: nothing in the graph is named {unknown.name}{hint}", markup=False)
    if as_table and kind != "graph":
        rendering.print_results(body, Console())
    else:
        _write(body, None)


@app.command("search")
def search_command(
    text: Annotated[str, typer.Argument(help="Words of a name or of a gloss, in any script.")],
    limit: Annotated[int | None, typer.Option(min=1, help="The most hits. [default: 20]")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Only things of this class, such as pt:Person; may be repeated."),
    ] = None,
    output_format: Annotated[
        SearchFormat,
        typer.Option("--format", help="How to print the hits."),
    ] = SearchFormat.table,
    facts: FactsOption = None,
) -> None:
    """Find things by their labels, their spellings as printed, and glosses.

    Words are found from the middle, in any script; case and diacritics do not count.

    \b
    portsmouth search Komura
    portsmouth search โคมูระ --kind pt:Person
    """
    from portsmouth.cli import rendering
    from portsmouth.search import USUAL_HITS, Index

    index = Index.from_nquads(_build(facts).nquads)
    hits = index.search(text, limit=limit or USUAL_HITS, kinds=kind or ())
    if output_format is SearchFormat.table:
        rendering.print_hits(hits, index, Console())
        if not hits and (near := index.near(text, kinds=kind or ())):
            named = ", ".join(f"{label} ({iri})" for iri, label in near)
            _notes.print(f"Did you mean {named}?", markup=False, soft_wrap=True)
    else:
        told = [hit.as_json() for hit in hits]
        _write(
            json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n", None
        )


@app.command("export")
def export_command(
    output_format: Annotated[
        ExportFormat, typer.Option("--format", help="The RDF format.")
    ] = ExportFormat.nq,
    output: OutputOption = None,
    graph: Annotated[
        str | None,
        typer.Option(
            help="Only this graph: default, an IRI, or a name with a known prefix such as p:s3-173."
        ),
    ] = None,
    facts: FactsOption = None,
) -> None:
    """Write the graph, or one of its graphs, in any RDF format.

    nq, trig and jsonld carry all named graphs; ttl, nt and rdf carry one graph, the default graph unless
    --graph names another.
    """
    from portsmouth.exporting import export

    built = _build(facts)
    with progress() as tell:
        tell("writing")
        body = export(built.nquads, output_format.value, graph)
    _write(body, output)


def _store(built: Build, directory: Path | None, limits: Limits) -> EmbeddedStore:
    if directory:
        return EmbeddedStore.from_directory(directory, built.nquads, snapshot=built.snapshot, limits=limits)
    return EmbeddedStore.from_nquads(built.nquads, snapshot=built.snapshot, limits=limits)


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
        _refuse(f"--receipts with --format {output_format} for {what}", "json for a table, trig for a graph")
    elif kind == "graph":
        triples = [row for row in answers.rows if isinstance(row, Triple)]
        _write(trig(triples, receipts), None)
    else:
        _write(inline(body, receipts), None)


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


def _query_text(text: str | None, file: Path | None, name: str | None, params: list[str]) -> str:
    given = [source for source in (text, file, name) if source is not None]
    if len(given) != 1:
        _refuse(f"{len(given)} queries", "one: SPARQL text, --file or --name (see --list)")
    if name is not None:
        return queries.get(name).bind(dict(_assignment(param) for param in params))
    if params:
        _refuse("--param without --name", "parameters only for a named query")
    if file is not None:
        return _decoded(file.read_bytes(), str(file))
    return _decoded(sys.stdin.buffer.read(), "standard input") if text == "-" else str(text)


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"bytes that are not UTF-8 at offset {error.start} of {where}", "a query in UTF-8")


def _assignment(param: str) -> tuple[str, str]:
    name, equals, value = param.partition("=")
    if not equals:
        _refuse(f"--param {param}", "name=value")
    return name, value


def _formats(chosen: QueryFormat | None, as_table: bool) -> Formats:
    if as_table:
        return Formats(RESULT_FORMATS["json"])
    if chosen is None:
        return Formats(RESULT_FORMATS["csv"])
    return Formats(RESULT_FORMATS.get(chosen.value), GRAPH_FORMATS.get(chosen.value))


def _write(body: bytes, output: Path | None) -> None:
    if output:
        output.write_bytes(body)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    if sys.stdout.isatty() and not body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
