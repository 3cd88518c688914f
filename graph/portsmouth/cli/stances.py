"""The command ``stances``: one question, answered from two stances."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from portsmouth.cli import output
from portsmouth.cli.asking import DeadlineOption, FileOption, ParamOption, TextArgument, query_text
from portsmouth.cli.base import FactsOption, StoreOption, app
from portsmouth.cli.opening import build_graph, store_of
from portsmouth.iris import shorten
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Query

if TYPE_CHECKING:
    from portsmouth.differences import Difference, Line


class DifferenceFormat(StrEnum):
    """The formats in which ``stances`` prints."""

    table = "table"
    json = "json"
    csv = "csv"


@app.command("stances")
def stances_command(
    text: TextArgument = None,
    file: FileOption = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Ask the named query.")] = None,
    param: ParamOption = None,
    a: Annotated[str, typer.Option("--a", help="The one stance, such as s3; every part if not given.")] = "",
    b: Annotated[str, typer.Option("--b", help="The other, such as -s4; every part if not given.")] = "",
    output_format: Annotated[
        DifferenceFormat | None,
        typer.Option("--format", help="How to print. [default: a table on a terminal, else csv]"),
    ] = None,
    deadline: DeadlineOption = 60.0,
    store: StoreOption = None,
    facts: FactsOption = None,
) -> None:
    """Ask one question from two stances: what only one of them tells, and what both do.

    Columns that hold passages are not compared: no two texts share one.

    \b
    portsmouth stances --name signatories --a treaty-text --b s5
    portsmouth stances --name demands --b without-memoir
    """
    asking = Query(query_text(text, file, name, param or []), known_prefixes=True)
    stances = Stance.parse(a), Stance.parse(b)
    built = build_graph(facts)
    found = asyncio.run(_compare(store_of(built, store, Limits(deadline=deadline)), asking, stances))
    chosen = output_format or (DifferenceFormat.table if sys.stdout.isatty() else DifferenceFormat.csv)
    if chosen is DifferenceFormat.table:
        _print(found, stances, Console())
    else:
        output.write(as_json(found) if chosen is DifferenceFormat.json else as_csv(found))


async def _compare(
    store: EmbeddedStore, asking: Query, stances: tuple[Stance | None, Stance | None]
) -> Difference:
    from portsmouth.differences import compare

    async with store:
        return await compare(store, asking, *stances)


def as_json(found: Difference) -> bytes:
    """Write a difference as JSON, terms as in N-Triples.

    :param found: the difference.
    """
    return output.as_json(found.as_json())


def as_csv(found: Difference) -> bytes:
    """Write a difference as CSV: where each row is given, then its values.

    :param found: the difference.
    """
    rows = ((where, *(_value(term) for term in row)) for where, row in found.lines())
    return output.as_csv(("in", *found.columns), rows)


def _value(term: object) -> str:
    return "" if term is None else str(getattr(term, "value", term))


def _read(row: Line) -> list[Text]:
    texts = []
    for term in row:
        text = _value(term)
        texts.append(Text(shorten(text) if str(term).startswith("<") else text))
    return texts


def _print(found: Difference, stances: tuple[Stance | None, Stance | None], console: Console) -> None:
    labels = [stance.label if stance else "every part" for stance in stances]
    for title, rows in (
        (f"only {labels[0]}", found.only_a),
        (f"only {labels[1]}", found.only_b),
        ("both", found.both),
    ):
        console.print(Text(f"{title}: {len(rows):,}"), style="bold")
        if rows and found.columns:
            from rich import box
            from rich.table import Table

            table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
            for column in found.columns:
                table.add_column(column, overflow="fold")
            for row in rows:
                table.add_row(*_read(row))
            console.print(table)
    if found.left_out:
        console.print(
            Text(f"not compared, since they hold passages: {', '.join(found.left_out)}"), style="dim"
        )
