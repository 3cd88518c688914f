"""Networks, chains and rankings for people who read them in a terminal, and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from portsmouth.iris import shorten

if TYPE_CHECKING:
    from portsmouth.networks import Chain, Forbidden, Hop
    from portsmouth.networks.measuring import Measured
    from portsmouth.search import Index

Row = tuple[object, ...]


#: What columns of a table are called, where that is not what a program calls them.
_CALLED: Final = {"acted_on": "is acted on", "standard_error": "standard error"}


def as_rows(
    found: Measured, measure: str, mentions: Mapping[str, int], index: Index
) -> tuple[tuple[str, ...], list[Row]]:
    """Write what a measure says as a table.

    :param found: what it says.
    :param measure: its name.
    :param mentions: in how many passages each actor is mentioned.
    :param index: for the names of actors.
    :return: the columns, and rows of as many values.
    """
    if measure == "communities":
        return ("group", "actor", "label"), [
            (*row.values, row.iri, index.name(row.iri)) for row in found.rows
        ]
    names = tuple(_CALLED.get(name, name) for name in found.names)
    if measure == "modes":
        rows = [(row.iri, index.name(row.iri), *row.values) for row in found.rows]
        return ("actor", "label", *names), rows
    columns = ("actor", "label", measure, "mentions", *names[1:])
    return columns, [
        (row.iri, index.name(row.iri), row.values[0], mentions.get(row.iri, 0), *row.values[1:])
        for row in found.rows
    ]


#: What a row of :func:`hop_rows` tells.
HOPS: Final = (
    "chain", "hop", "from", "to", "event", "leg", "modes", "outcomes", "earliest", "latest", "arrival",
    "passages", "disputed", "reported", "certain",
)  # fmt: skip


def hop_rows(chains: Iterable[Chain]) -> list[Row]:
    """Write chains as rows, one a hop.

    :param chains: the chains.
    """
    return [
        (
            number, place, hop.source, hop.target, hop.event, hop.leg, " ".join(hop.modes),
            " ".join(hop.outcomes), hop.earliest or "", hop.latest or "", hop.arrival or "",
            " ".join(hop.passages), str(hop.disputed).lower(), str(hop.reported).lower(),
            str(chain.certain).lower(),
        )
        for number, chain in enumerate(chains, 1)
        for place, hop in enumerate(chain.hops, 1)
    ]  # fmt: skip


def print_arcs(network: Any, index: Index) -> None:
    """Print the arcs of a network, the earliest first.

    :param network: as :func:`portsmouth.networks.project` returns it.
    :param index: for the names of actors.
    """
    arcs = sorted(
        network.edges(keys=True, data=True),
        key=lambda arc: (arc[3]["earliest"] or date.max, arc[3]["event"], arc[2], arc[:2]),
    )
    rows = [
        (
            index.name(source),
            _manner(data["modes"], data["leg"], index),
            index.name(target),
            _days(data["earliest"], data["latest"]),
            ", ".join(map(index.name, data["outcomes"])),
            _evidence(data["passages"], data["disputed"], data["reported"]),
        )
        for source, target, _, data in arcs
    ]
    print_table(("from", "how", "to", "when", "outcome", "passages"), rows, Console())


def print_chains(
    chains: Sequence[Chain],
    forbidden: Forbidden | None,
    index: Index,
    console: Console,
    ends: tuple[str, str],
) -> None:
    """Print chains hop by hop, and what time forbids.

    :param chains: the chains.
    :param forbidden: the shortest chain that time forbids, if that is to be told.
    :param index: for the names of actors and acts.
    :param console: where to print.
    :param ends: the IRIs of the actors at either end.
    """
    for chain in chains:
        names = " → ".join(map(index.name, chain.actors))
        console.print(Text(f"{names}   [{_arrival(chain)}]", "bold"))
        _print_hops(chain.hops, index, console)
        for stated in chain.stated:
            verb = "confirms" if stated.confirms else "contradicts"
            properties = ", ".join(map(shorten, stated.properties))
            console.print(
                Text(
                    f"The source {verb} the order: {index.name(stated.earlier)} comes before "
                    f"{index.name(stated.later)} ({properties})"
                )
            )
    if forbidden:
        ends_of_hops = [forbidden.hops[0].source, *(hop.target for hop in forbidden.hops)]
        names = " → ".join(map(index.name, ends_of_hops))
        sort = "certain" if forbidden.certain else "possible"
        console.print(Text(f"No {sort} chain. Time forbids {names}:", "bold"))
        _print_hops(forbidden.hops, index, console)
        console.print(Text(f"Hop {forbidden.late + 1}: {forbidden.reason}"))
    elif not chains:
        console.print(Text(f"No chain of acts leads from {index.name(ends[0])} to {index.name(ends[1])}."))


def _print_hops(hops: Iterable[Hop], index: Index, console: Console) -> None:
    rows = [
        (
            number,
            index.name(hop.source),
            _manner(hop.modes, hop.leg, index),
            index.name(hop.target),
            _days(hop.earliest, hop.latest),
            index.name(hop.event),
            _evidence(hop.passages, hop.disputed, hop.reported),
        )
        for number, hop in enumerate(hops, 1)
    ]
    print_table(("", "from", "how", "to", "when", "act", "passages"), rows, console, counted=False)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console, *, counted: bool = True
) -> None:
    """Print rows as a table.

    :param columns: their names.
    :param rows: as many values each.
    :param console: where to print.
    :param counted: whether the number of rows is told beneath.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console.print(table)
    if counted:
        console.print(f"{len(rows):,} row{'' if len(rows) == 1 else 's'}", style="dim")


def _cell(value: object) -> str:
    """Write a value for people.

    >>> _cell(0.123456), _cell(3.0), _cell("https://w3id.org/portsmouth1905/id/witte")
    ('0.1235', '3', 'd:witte')
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return shorten(text) if text.startswith("http") else text


def _manner(modes: Iterable[str], leg: str, index: Index) -> str:
    """Tell how, and as which piece of an act of several."""
    how = ", ".join(map(index.name, modes)) or "acts on"
    piece = {"mandate": " (mandated)", "dispatch": " (through)", "delivery": " (passed on)"}
    return how + piece.get(leg, "")


def _days(earliest: date | None, latest: date | None) -> str:
    """Write a span.

    >>> _days(None, None), _days(date(1905, 9, 5), date(1905, 9, 5))
    ('undated', '1905-09-05')
    """
    if earliest is None and latest is None:
        return "undated"
    return str(earliest) if earliest == latest else f"{earliest or '…'} to {latest or '…'}"


def _arrival(chain: Chain) -> str:
    sure = "certain" if chain.certain else "possible"
    if chain.first is None:
        return f"{sure}; on a day that no passage gives"
    return f"{sure}; from {chain.first} on" + (f", by {chain.last}" if chain.last else "")


def _evidence(passages: Iterable[str], disputed: bool, reported: bool) -> str:
    marks = [mark for mark, holds in (("disputed", disputed), ("hearsay", reported)) if holds]
    return " ".join(map(shorten, passages)) + (f" ({', '.join(marks)})" if marks else "")


def summary(network: Any) -> str:
    """Say in a line what a network holds and what it leaves out.

    :param network: as :func:`portsmouth.networks.project` returns it.
    """
    undated = network.graph["undated"]
    left_out = network.graph["left_out"]
    told = [f"{network.number_of_nodes():,} actors, {network.number_of_edges():,} arcs"]
    told += [f"events without a date: {undated:,}"] if undated else []
    told += [f"left out {why}: {number:,}" for why, number in left_out.items() if number]
    if ambiguous := network.graph["ambiguous"]:
        told.append("standing for several, so left as they are: " + ", ".join(map(shorten, ambiguous)))
    return "; ".join(told)
