"""The commands on facts and their source page: ``build``, ``validate``, ``locate`` and ``echoes``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portsmouth.cli.base import FactsOption, OutputOption, app
from portsmouth.cli.opening import build_graph
from portsmouth.cli.output import write
from portsmouth.cli.telling import notes, progress
from portsmouth.iris import shorten
from portsmouth.resources import facts_folder, ontology_folder


@app.command("build")
def build_command(facts: FactsOption = None, output: OutputOption = None) -> None:
    """Check the facts and build the dataset: canonical N-Quads, the same bytes for the same facts.

    Without --output it only checks and counts. All that is wrong is told at once.
    """
    built = build_graph(facts)
    if output:
        write(built.nquads, output)
    notes.print(built.summary)
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
    notes.print(rendering.verdict(validation))
    if validation.findings:
        raise typer.Exit(1)


@app.command("locate")
def locate_command(
    source: Annotated[Path, typer.Argument(help="The source page.", exists=True, dir_okay=False)],
    output: OutputOption = None,
) -> None:
    """Write the locators of a source page: line, character offsets and checksum of every line, as CSV."""
    from portsmouth.build import locators_csv

    write(locators_csv(source).encode(), output)


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
    write(echoes_csv(known, source).encode(), output)
