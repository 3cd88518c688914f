"""What commands share: the application, options of several of them, and how they build and tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

import portsmouth
from portsmouth.cli.telling import notes, progress
from portsmouth.errors import ParameterError
from portsmouth.stance import NAMED

if TYPE_CHECKING:
    from portsmouth.build import Build
    from portsmouth.originals import Original
    from portsmouth.store.protocol import Store

app = typer.Typer(
    name="portsmouth",
    help="A knowledge graph of the Treaty of Portsmouth (1905): build it, question it, serve it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_notes = notes

FactsOption = Annotated[
    Path | None,
    typer.Option(
        "--facts",
        help="Folder that holds one folder of facts a source document, instead of the program's own.",
        exists=True,
        file_okay=False,
    ),
]
PartsOption = Annotated[
    str,
    typer.Option(
        "--parts",
        help="Only what these parts of the page say, such as s3 or s1,s2; -s4 leaves part 4 out. "
        f"{', '.join(NAMED)} are names.",
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", help="Keep the data on disk in this folder and answer from there.", file_okay=False
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write to this file instead of standard output.", dir_okay=False),
]


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    if version:
        typer.echo(f"portsmouth {portsmouth.__version__}")
        raise typer.Exit


def _build(facts: Path | None) -> Build:
    from portsmouth.build import build

    with progress() as tell:
        return build(facts, progress=tell)


def _refuse(found: str, expected: str) -> NoReturn:
    raise ParameterError(found=found, expected=expected)


async def _original(store: Store, source: Path) -> Original:
    from portsmouth.originals import open_original

    async with store:
        return await open_original(store, source)
