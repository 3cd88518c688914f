"""The command ``export``: the graph in any RDF format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from portsmouth.cli.base import FactsOption, OutputOption, app, refuse
from portsmouth.cli.opening import build_graph
from portsmouth.cli.output import write
from portsmouth.cli.telling import progress


class ExportFormat(StrEnum):
    """The formats that ``export`` writes."""

    nq = "nq"
    trig = "trig"
    jsonld = "jsonld"
    ttl = "ttl"
    nt = "nt"
    rdf = "rdf"


@app.command("export")
def export_command(
    output_format: Annotated[
        ExportFormat | None,
        typer.Option("--format", help="The RDF format; unless given, what --output ends in, or nq."),
    ] = None,
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

    chosen = output_format or _format_of(output)
    built = build_graph(facts)
    with progress() as tell:
        tell("writing")
        body = export(built.nquads, chosen.value, graph)
    write(body, output)


def _format_of(output: Path | None) -> ExportFormat:
    """Choose a format by the name of the file.

    :param output: the file, if there is one.

    :raises ParameterError: the name ends in none.
    """
    if output is None or not output.suffix:
        return ExportFormat.nq
    try:
        return ExportFormat(output.suffix[1:].lower())
    except ValueError:
        endings = ", ".join(f".{name.value}" for name in ExportFormat)
        refuse(f"--output {output}", f"a name that ends in one of {endings}, or --format")
