"""What commands share: the application, options of several of them, and how they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

import portsmouth
from portsmouth.errors import ParameterError
from portsmouth.stance import NAMED

app = typer.Typer(
    name="portsmouth",
    help="A knowledge graph of the Treaty of Portsmouth (1905): build it, question it, serve it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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


def refuse(found: str, expected: str) -> NoReturn:
    """End a command whose words do not go together.

    :param found: what they are.
    :param expected: what would do.
    :raises ParameterError: always.

    >>> refuse("--b without --a", "both")
    Traceback (most recent call last):
    portsmouth.errors.ParameterError: found --b without --a; expected both
    """
    raise ParameterError(found=found, expected=expected)
