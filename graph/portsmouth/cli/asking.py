"""Which query a command asks: SPARQL as typed, of a file, of standard input, or one that has a name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from portsmouth import queries
from portsmouth.cli.base import refuse

TextArgument = Annotated[str | None, typer.Argument(help="SPARQL text, or - to read it from standard input.")]
FileOption = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="Read the query from this file.", exists=True, dir_okay=False),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", help="Value for a parameter of a named query, as name=value."),
]
DeadlineOption = Annotated[float, typer.Option(min=0.01, help="Seconds that a query may run.")]


def query_text(text: str | None, file: Path | None, name: str | None, params: Sequence[str]) -> str:
    """Return the query that a command line asks.

    :param text: SPARQL, or ``-`` for what standard input has.
    :param file: a file that holds it.
    :param name: the name of a named query.
    :param params: values for the named query's parameters, as ``name=value``.
    :raises ParameterError: it names no query, or several, or a value is wrong.
    :raises NotFoundError: there is no query of that name.

    >>> query_text("ASK {}", None, None, [])
    'ASK {}'
    """
    given = [source for source in (text, file, name) if source is not None]
    if len(given) != 1:
        refuse(f"{len(given)} queries", "one: SPARQL text, --file or --name (see --list)")
    if name is not None:
        values: dict[str, str] = {}
        for key, value in map(_assignment, params):
            if key in values:
                refuse(f"--param {key} twice", "one value for a parameter")
            values[key] = value
        return queries.get(name).bind(values)
    if params:
        refuse("--param without --name", "parameters only for a named query")
    if file is not None:
        return _decoded(file.read_bytes(), str(file))
    return _from_standard_input() if text == "-" else str(text)


def _from_standard_input() -> str:
    where = "standard input"
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        raise OSError(error.errno, error.strerror, where) from error
    return _decoded(data, where)


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        refuse(f"bytes that are not UTF-8 at offset {error.start} of {where}", "a query in UTF-8")


def _assignment(param: str) -> tuple[str, str]:
    name, equals, value = param.partition("=")
    if not equals:
        refuse(f"--param {param}", "name=value")
    return name, value
