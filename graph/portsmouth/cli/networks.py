"""The commands on networks of actors: ``network``, ``path`` and ``brokers``."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from portsmouth.cli.base import FactsOption, OutputOption, PartsOption, _build, _notes, _refuse, app
from portsmouth.cli.commands import _store, _write
from portsmouth.iris import shorten
from portsmouth.stance import Stance
from portsmouth.store.limits import Limits

if TYPE_CHECKING:
    from portsmouth.networks import Annotations, Chain, Forbidden, Hop, Selection
    from portsmouth.search import Index

_ACTOR = ("pt:Actor",)


class NetworkKind(StrEnum):
    """The networks that can be asked for."""

    influence = "influence"
    signing = "signing"
    command = "command"
    negotiation = "negotiation"
    offices = "offices"


class RollUp(StrEnum):
    """How far actors stand for others."""

    delegation = "delegation"
    government = "government"
    state = "state"


class NetworkMeasure(StrEnum):
    """What actors can be ranked or grouped by."""

    degree = "degree"
    in_degree = "in-degree"
    out_degree = "out-degree"
    modes = "modes"
    pagerank = "pagerank"
    betweenness = "betweenness"
    reach = "reach"
    brokers = "brokers"
    communities = "communities"


class NetworkFormat(StrEnum):
    """The formats in which networks and chains are written."""

    table = "table"
    csv = "csv"
    nodes = "nodes"
    json = "json"
    cytoscape = "cytoscape"
    # The names that the same formats have as extensions, here and over HTTP.
    nodes_csv = "nodes.csv"
    cyjs = "cyjs"
    gexf = "gexf"
    graphml = "graphml"
    svg = "svg"
    png = "png"


class PictureLanguage(StrEnum):
    """The languages in which a picture names actors."""

    en = "en"
    th = "th"
    ru = "ru"
    ja = "ja"


class PictureTheme(StrEnum):
    """The colours of a picture."""

    light = "light"
    dark = "dark"
    auto = "auto"


class RankingFormat(StrEnum):
    """The formats in which rankings are written."""

    table = "table"
    csv = "csv"
    json = "json"


_AS_TEXT = "How to write it. [default: by the name of --output; else a table]"
_BY_DEFAULT = "How to write it. [default: by the name of --output; a table on a terminal; else {}]"
_PICTURES = {NetworkFormat.svg, NetworkFormat.png}
_SAME = {NetworkFormat.nodes_csv: NetworkFormat.nodes, NetworkFormat.cyjs: NetworkFormat.cytoscape}
_ENDINGS = ("csv", "nodes.csv", "json", "cyjs", "gexf", "graphml", "svg", "png")
_MAPPED = _PICTURES | {
    NetworkFormat.gexf,
    NetworkFormat.graphml,
    NetworkFormat.cytoscape,
    NetworkFormat.nodes,
}

EffectsOption = Annotated[
    bool, typer.Option("--effects", help="Leave out what was refused, ignored or without effect.")
]
ModeOption = Annotated[
    list[str] | None, typer.Option("--mode", help="Only acts in this mode, such as funded; repeatable.")
]
OutcomeOption = Annotated[
    list[str] | None, typer.Option("--outcome", help="Only acts with this outcome; may be repeated.")
]
StanceOption = Annotated[
    list[str] | None, typer.Option("--stance", help="Only acts with this stance; may be repeated.")
]
PartOption = Annotated[
    list[str] | None,
    typer.Option("--part", help="Only what this part of the page says, such as s5; repeatable."),
]
SinceOption = Annotated[
    str | None, typer.Option(help="Only acts that may lie on this day or later, as 1905-08-01.")
]
UntilOption = Annotated[str | None, typer.Option(help="Only acts that may lie on this day or earlier.")]
RollUpOption = Annotated[
    RollUp | None, typer.Option(help="Let persons stand for their delegation, government or state.")
]
CertainOption = Annotated[
    bool, typer.Option("--certain", help="Only chains that hold on whatever days of their spans acts lie.")
]
LanguageOption = Annotated[PictureLanguage, typer.Option(help="The language of the names in a picture.")]
ThemeOption = Annotated[
    PictureTheme, typer.Option(help="The colours of a picture; auto, for SVG, follows the reader's system.")
]
FormatOption = Annotated[
    NetworkFormat | None,
    typer.Option("--format", help=_BY_DEFAULT.format("csv")),
]


@app.command("network")
def network_command(
    kind: Annotated[NetworkKind, typer.Option(help="Which network.")] = NetworkKind.influence,
    effects: EffectsOption = False,
    mode: ModeOption = None,
    outcome: OutcomeOption = None,
    stance: StanceOption = None,
    part: PartOption = None,
    parts: PartsOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    roll_up: RollUpOption = None,
    measure: Annotated[
        NetworkMeasure | None, typer.Option(help="Rank or group the actors instead of listing the arcs.")
    ] = None,
    certain: CertainOption = False,
    language: LanguageOption = PictureLanguage.en,
    theme: ThemeOption = PictureTheme.light,
    output_format: FormatOption = None,
    output: OutputOption = None,
    facts: FactsOption = None,
) -> None:
    """Show who acted on whom, with dates and passages, or rank the actors.

    --certain counts for the measures reach and brokers. gexf opens in Gephi with its timeline; svg and png
    are pictures.

    \b
    portsmouth network --mode funded
    portsmouth network --format gexf --output influence.gexf
    portsmouth network --part s1 --output influence.svg
    portsmouth network --measure reach
    """
    from portsmouth import networks

    chosen = _selection(
        kind=kind.value, effects=effects, modes=mode, outcomes=outcome, stances=stance, parts=part,
        since=since, until=until, roll_up=roll_up, stance=parts,
    )  # fmt: skip
    form = _format(output_format, output, NetworkFormat.csv)
    if measure and form in _MAPPED:
        _refuse(f"--format {form.value} with --measure", "table, csv or json")
    if form in _PICTURES:
        _write(_picture(*_annotated(chosen, facts), form, language, theme), output)
        return
    network, mentions, index = _asked(chosen, facts)
    if measure:
        _show_measure(network, measure.value, mentions, certain, index, form, output)
    elif form is NetworkFormat.table:
        _print_arcs(network, index)
        _notes.print(_summary(network))
    else:
        _write(networks.write(network, form.value), output)


@app.command("path")
def path_command(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The actor at the beginning: a name or an IRI.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The actor at the end: a name or an IRI.")],
    certain: CertainOption = False,
    every: Annotated[
        bool, typer.Option("--all", help="All minimal chains, not only the earliest that has dates.")
    ] = False,
    effects: EffectsOption = False,
    mode: ModeOption = None,
    part: PartOption = None,
    parts: PartsOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    roll_up: RollUpOption = None,
    limit: Annotated[int, typer.Option(min=1, help="The most chains.")] = 100,
    output_format: Annotated[
        NetworkFormat | None,
        typer.Option("--format", help=_AS_TEXT),
    ] = None,
    output: OutputOption = None,
    facts: FactsOption = None,
) -> None:
    """Show through whom one actor reached another, forward in time, with the passages of each hop.

    Where time forbids every chain it shows the shortest, and why.

    \b
    portsmouth path Roosevelt "Nicholas II"
    portsmouth path Japan Witte --all
    """
    from portsmouth import networks

    chosen = _selection(
        kind="influence", effects=effects, modes=mode, parts=part, since=since, until=until, roll_up=roll_up,
        stance=parts,
    )  # fmt: skip
    # Chains are read, not counted: in a pipe, too, they are told unless a format is asked for.
    form = _format(output_format, output, NetworkFormat.json if output else NetworkFormat.table)
    if form in _PICTURES:
        _refuse(f"a picture ({form.value}) of chains", "table, csv, json, gexf, graphml or cytoscape")
    network, _, index = _asked(chosen, facts, mentions=False)
    rolled = network.graph["rolled_up"]
    start, end = (
        rolled.get(iri, iri) for iri in (index.resolve(name, kinds=_ACTOR) for name in (source, target))
    )
    if start == end:
        _refuse(f"{index.name(start)} at both ends", "two actors")
    timeline = networks.Timeline(network)
    found = timeline.minimal(start, end, certain=certain, limit=limit)
    chains = found.chains if every else found.chains[:1]
    more = found.truncated if every else len(found) > 1
    forbidden = timeline.forbidden(start, end, certain=certain)
    if form is NetworkFormat.table:
        _print_chains(chains, forbidden, index, Console(), (start, end))
        if more:
            _notes.print("There are more chains: " + ("raise --limit" if every else "--all shows them"))
    elif form is NetworkFormat.json:
        told = {
            "from": start,
            "to": end,
            "certain": certain,
            "snapshot": network.graph["snapshot"],
            "chains": [chain.as_json() for chain in chains],
            "more": more,
            "forbidden": forbidden.as_json() if forbidden else None,
        }
        _write(_json(told), output)
    elif form is NetworkFormat.csv:
        _write(_csv(_HOPS, _hop_rows(chains)), output)
    else:
        arcs = [(hop.source, hop.target, hop.key) for chain in chains for hop in chain.hops]
        _write(networks.write(network.edge_subgraph(arcs), form.value), output)


@app.command("brokers")
def brokers_command(
    certain: CertainOption = False,
    effects: EffectsOption = False,
    mode: ModeOption = None,
    part: PartOption = None,
    parts: PartsOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    roll_up: RollUpOption = None,
    output_format: Annotated[
        RankingFormat | None,
        typer.Option("--format", help=_BY_DEFAULT.format("csv")),
    ] = None,
    output: OutputOption = None,
    facts: FactsOption = None,
) -> None:
    """Rank actors by the pairs of others whom nothing joins in time without them.

    \b
    portsmouth brokers
    portsmouth brokers --effects --roll-up government
    """
    chosen = _selection(
        kind="influence", effects=effects, modes=mode, parts=part, since=since, until=until, roll_up=roll_up,
        stance=parts,
    )  # fmt: skip
    wanted = NetworkFormat(output_format.value) if output_format else None
    form = _format(wanted, output, NetworkFormat.csv)
    if form in _MAPPED:
        _refuse(f"a file for {form.value}", "one for csv or json, or --format")
    network, mentions, index = _asked(chosen, facts)
    _show_measure(network, "brokers", mentions, certain, index, form, output)


# --- asking


def _selection(
    *,
    kind: str,
    effects: bool,
    modes: list[str] | None,
    parts: list[str] | None,
    since: str | None,
    until: str | None,
    roll_up: RollUp | None,
    stance: str,
    outcomes: list[str] | None = None,
    stances: list[str] | None = None,
) -> Selection:
    from portsmouth.networks import Selection

    given: dict[str, Any] = {"kind": kind, "effects": effects, "roll_up": roll_up.value if roll_up else None}
    for name, values in (("modes", modes), ("outcomes", outcomes), ("stances", stances), ("parts", parts)):
        given[name] = tuple(values or ())
    given["stance"] = Stance.parse(stance)
    return Selection(since=_day("--since", since), until=_day("--until", until), **given)


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse(f"{option} {text}", "a day such as 1905-08-01")


def _asked(
    selection: Selection, facts: Path | None, *, mentions: bool = True
) -> tuple[Any, dict[str, int], Index]:
    """Build the graph and make the network of it, with the mentions of actors and names for them."""
    from portsmouth import networks
    from portsmouth.store.stances import seen_from

    built = _build(facts)

    async def asked() -> tuple[Any, dict[str, int]]:
        async with _store(built, None, Limits(deadline=60.0)) as store:
            network = await networks.project(store, selection)
            return network, await networks.mentions(seen_from(store, selection.stance)) if mentions else {}

    network, counted = asyncio.run(asked())
    from portsmouth.search import Index

    return network, counted, Index.from_nquads(built.nquads)


def _annotated(selection: Selection, facts: Path | None) -> tuple[Any, Annotations]:
    """Build the graph and make the network of it, with what is told beside it."""
    from portsmouth import networks

    built = _build(facts)

    async def asked() -> tuple[Any, Annotations]:
        async with _store(built, None, Limits(deadline=60.0)) as store:
            network = await networks.project(store, selection)
            return network, await networks.annotate(store, network)

    return asyncio.run(asked())


def _picture(
    network: Any, told: Annotations, form: NetworkFormat, language: PictureLanguage, theme: PictureTheme
) -> bytes:
    from portsmouth.networks import picture

    if form is NetworkFormat.png and theme is PictureTheme.auto:
        _refuse("--theme auto for PNG", "light or dark, since only SVG can follow the reader's system")
    svg = picture.draw(network, told, language=language.value, theme=theme.value)
    return picture.png(svg) if form is NetworkFormat.png else svg.encode()


def _format(chosen: NetworkFormat | None, output: Path | None, in_a_pipe: NetworkFormat) -> NetworkFormat:
    if chosen is NetworkFormat.table and output:
        _refuse("--format table with --output", "a format for files: csv, json, gexf, graphml …")
    if chosen:
        return _SAME.get(chosen, chosen)
    if output and output.suffix:
        ending = "nodes.csv" if output.name.lower().endswith(".nodes.csv") else output.suffix[1:].lower()
        known = {form.value: form for form in NetworkFormat if form is not NetworkFormat.table}
        if ending not in known:
            endings = ", ".join(f".{one}" for one in _ENDINGS)
            _refuse(f"--output {output}", f"a name that ends in one of {endings}, or --format")
        return _SAME.get(known[ending], known[ending])
    if output:
        return in_a_pipe
    return NetworkFormat.table if sys.stdout.isatty() else in_a_pipe


# --- showing


def _show_measure(
    network: Any,
    measure: str,
    mentions: Mapping[str, int],
    certain: bool,
    index: Index,
    form: NetworkFormat,
    output: Path | None,
) -> None:
    from portsmouth import networks

    witness = None
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    if measure == "communities":
        columns = ("group", "actor", "label")
        groups = networks.communities(network)
        rows = [
            (number, actor, index.name(actor))
            for number, group in enumerate(groups, 1)
            for actor in sorted(group)
        ]
    elif measure == "modes":
        columns = ("actor", "label", "mode", "acts", "is acted on")
        rows = [
            (actor, index.name(actor), mode, *counts)
            for actor, modes in sorted(networks.degrees_by_mode(network).items())
            for mode, counts in modes.items()
        ]
    else:
        columns = ("actor", "label", measure, "mentions")
        ranking = networks.rank(network, measure, mentions=mentions, certain=certain)
        witness = ranking.witness
        rows = [
            (actor, index.name(actor), score, mentions.get(actor, 0))
            for actor, score in ranking.scores.items()
        ]
    if form is NetworkFormat.table:
        _print_table(columns, rows, Console())
        if witness:
            _notes.print(str(witness))
        if measure in ("pagerank", "betweenness", "communities"):
            _notes.print("It ignores time: chains that it counts may be chains that time forbids.")
    elif form is NetworkFormat.csv:
        _write(_csv(columns, rows), output)
        if witness:
            _notes.print(str(witness))
    else:
        told = {
            "measure": measure,
            "certain": certain,
            "snapshot": network.graph["snapshot"],
            "rows": [dict(zip(columns, row, strict=True)) for row in rows],
            "mentions": witness.as_json() if witness else None,
        }
        _write(_json(told), output)


def _print_arcs(network: Any, index: Index) -> None:
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
    _print_table(("from", "how", "to", "when", "outcome", "passages"), rows, Console())


def _print_chains(
    chains: Sequence[Chain],
    forbidden: Forbidden | None,
    index: Index,
    console: Console,
    ends: tuple[str, str],
) -> None:
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
    _print_table(("", "from", "how", "to", "when", "act", "passages"), rows, console, counted=False)


def _print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console, *, counted: bool = True
) -> None:
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


_HOPS = (
    "chain", "hop", "from", "to", "event", "leg", "modes", "outcomes", "earliest", "latest", "arrival",
    "passages", "disputed", "reported", "certain",
)  # fmt: skip


def _hop_rows(chains: Iterable[Chain]) -> list[tuple[object, ...]]:
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


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def _summary(network: Any) -> str:
    undated = network.graph["undated"]
    left_out = network.graph["left_out"]
    told = [f"{network.number_of_nodes():,} actors, {network.number_of_edges():,} arcs"]
    told += [f"events without a date: {undated:,}"] if undated else []
    told += [f"left out {why}: {number:,}" for why, number in left_out.items() if number]
    if ambiguous := network.graph["ambiguous"]:
        told.append("standing for several, so left as they are: " + ", ".join(map(shorten, ambiguous)))
    return "; ".join(told)
