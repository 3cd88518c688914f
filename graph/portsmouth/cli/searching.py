"""The command ``search``: things by name."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from portsmouth.cli.base import FactsOption, app
from portsmouth.cli.opening import build_graph
from portsmouth.cli.output import as_json, write
from portsmouth.cli.telling import notes


class SearchFormat(StrEnum):
    """The formats in which ``search`` prints hits."""

    table = "table"
    json = "json"


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

    index = Index.from_nquads(build_graph(facts).nquads)
    hits = index.search(text, limit=limit or USUAL_HITS, kinds=kind or ())
    if output_format is SearchFormat.table:
        rendering.print_hits(hits, index, Console())
        if not hits and (near := index.near(text, kinds=kind or ())):
            named = ", ".join(f"{label} ({iri})" for iri, label in near)
            notes.print(f"Did you mean {named}?", markup=False, soft_wrap=True)
    else:
        write(as_json([hit.as_json() for hit in hits]))
