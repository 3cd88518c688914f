"""The command ``conflicts``: the conflict desk in a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from portsmouth.cli.base import FactsOption, OutputOption, PartsOption, StoreOption, app
from portsmouth.cli.opening import build_graph, store_of
from portsmouth.cli.output import as_csv, as_json, write
from portsmouth.iris import shorten
from portsmouth.stance import Stance
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.stances import seen_from

if TYPE_CHECKING:
    from portsmouth.conflicts import Conflict


class ConflictKind(StrEnum):
    """The kinds of disagreement."""

    incompatible = "incompatible"
    overlapping = "overlapping"
    internal = "internal"
    calendar = "calendar"
    narrower = "narrower"
    refinement = "refinement"


class ConflictFormat(StrEnum):
    """The formats in which ``conflicts`` prints."""

    text = "text"
    json = "json"
    csv = "csv"


@app.command("conflicts")
def conflicts_command(
    entity: Annotated[
        str,
        typer.Option("--entity", "-e", help="Only what concerns this: a name in any language, or an IRI."),
    ] = "",
    part: Annotated[str, typer.Option(help="Only where this part takes part, such as s5.")] = "",
    kind: Annotated[ConflictKind | None, typer.Option(help="Only this kind.")] = None,
    parts: PartsOption = "",
    output_format: Annotated[
        ConflictFormat, typer.Option("--format", help="How to print.")
    ] = ConflictFormat.text,
    output: OutputOption = None,
    store: StoreOption = None,
    facts: FactsOption = None,
) -> None:
    """Show where passages disagree, every account beside the others.

    \b
    portsmouth conflicts
    portsmouth conflicts --entity Tsushima
    portsmouth conflicts --kind incompatible --format csv
    """
    from portsmouth.conflicts import COLUMNS, select, table
    from portsmouth.search import Index

    built = build_graph(facts)
    about = Index.from_nquads(built.nquads).resolve(entity) if entity else ""
    found = asyncio.run(_read(store_of(built, store), Stance.parse(parts), part))
    chosen = select(found, entity=about, part=part, kind=kind.value if kind else "")
    match output_format:
        case ConflictFormat.text:
            body = as_text(chosen).encode("utf-8", "backslashreplace")
        case ConflictFormat.json:
            body = as_json([one.as_json() for one in chosen])
        case ConflictFormat.csv:
            body = as_csv(COLUMNS, table(chosen))
    write(body, output)


async def _read(store: EmbeddedStore, stance: Stance | None, part: str) -> tuple[Conflict, ...]:
    from portsmouth.conflicts import read_conflicts
    from portsmouth.parts import check_part, read_parts

    async with store:
        if part:
            check_part(part, await read_parts(store))
        return await read_conflicts(seen_from(store, stance))


def as_text(conflicts: Iterable[Conflict]) -> str:
    """Write disagreements for a terminal.

    :param conflicts: the disagreements.

    >>> as_text([])
    'no disagreement\\n'
    """
    lines: list[str] = []
    count = 0
    for conflict in conflicts:
        count += 1
        lines.append(f"{conflict.label} [{conflict.kind}]")
        lines.append(f"  {conflict.explanation}")
        for value in conflict.values:
            lines.append(f"  - {value.label}")
            for one in value.accounts:
                said = [*([one.put] if one.put else []), *(f"“{spelling}”" for spelling in one.spellings)]
                put = f" ({'; '.join(said)})" if said else ""
                telling = f" as {shorten(one.telling)}" if one.telling else ""
                lines.append(f"      {shorten(one.passage)}{put}{telling}: {one.gloss}")
        lines.append("")
    lines.append(f"{count} disagreement{'' if count == 1 else 's'}" if count else "no disagreement")
    return "\n".join(lines) + "\n"
