"""The commands on networks of actors: ``network``, ``path`` and ``brokers``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from portsmouth.cli import network_tables
from portsmouth.cli.base import FactsOption, OutputOption, PartsOption, app, refuse
from portsmouth.cli.network_options import (
    AS_TEXT,
    BY_DEFAULT,
    NOT_FOR_MEASURES,
    PICTURES,
    CertainOption,
    EffectsOption,
    FormatOption,
    LanguageOption,
    ModeOption,
    NetworkFormat,
    NetworkKind,
    NetworkMeasure,
    OutcomeOption,
    PartOption,
    PictureLanguage,
    PictureTheme,
    RankingFormat,
    RollUpOption,
    SinceOption,
    StanceOption,
    ThemeOption,
    UntilOption,
    format_of,
    selection,
)
from portsmouth.cli.opening import build_graph, store_of
from portsmouth.cli.output import as_csv, as_json, write
from portsmouth.cli.telling import notes
from portsmouth.store.limits import Limits

if TYPE_CHECKING:
    from portsmouth.networks import Annotations, Selection
    from portsmouth.search import Index

_ACTOR: Final = ("pt:Actor",)
_LIMITS: Final = Limits(deadline=60.0)


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

    chosen = selection(
        kind=kind.value, effects=effects, modes=mode, outcomes=outcome, stances=stance, parts=part,
        since=since, until=until, roll_up=roll_up, stance=parts,
    )  # fmt: skip
    form = format_of(output_format, output, NetworkFormat.csv)
    if measure and form in NOT_FOR_MEASURES:
        refuse(f"--format {form.value} with --measure", "table, csv or json")
    if form in PICTURES:
        write(_picture(*_annotated(chosen, facts), form, language, theme), output)
        return
    network, mentions, index = _asked(chosen, facts)
    if measure:
        _show_measure(network, measure.value, mentions, certain, index, form, output)
    elif form is NetworkFormat.table:
        network_tables.print_arcs(network, index)
        notes.print(network_tables.summary(network))
    else:
        write(networks.write(network, form.value), output)


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
        typer.Option("--format", help=AS_TEXT),
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

    chosen = selection(
        kind="influence", effects=effects, modes=mode, parts=part, since=since, until=until, roll_up=roll_up,
        stance=parts,
    )  # fmt: skip
    # Chains are read, not counted: in a pipe, too, they are told unless a format is asked for.
    form = format_of(output_format, output, NetworkFormat.json if output else NetworkFormat.table)
    if form in PICTURES:
        refuse(f"a picture ({form.value}) of chains", "table, csv, json, gexf, graphml or cytoscape")
    network, _, index = _asked(chosen, facts, mentions=False)
    rolled = network.graph["rolled_up"]
    start, end = (
        rolled.get(iri, iri) for iri in (index.resolve(name, kinds=_ACTOR) for name in (source, target))
    )
    if start == end:
        refuse(f"{index.name(start)} at both ends", "two actors")
    timeline = networks.Timeline(network)
    found = timeline.minimal(start, end, certain=certain, limit=limit)
    chains = found.chains if every else found.chains[:1]
    more = found.truncated if every else len(found) > 1
    forbidden = timeline.forbidden(start, end, certain=certain)
    if form is NetworkFormat.table:
        network_tables.print_chains(chains, forbidden, index, Console(), (start, end))
        if more:
            notes.print("There are more chains: " + ("raise --limit" if every else "--all shows them"))
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
        write(as_json(told), output)
    elif form is NetworkFormat.csv:
        write(as_csv(network_tables.HOPS, network_tables.hop_rows(chains), line_end="\n"), output)
    else:
        arcs = [(hop.source, hop.target, hop.key) for chain in chains for hop in chain.hops]
        write(networks.write(network.edge_subgraph(arcs), form.value), output)


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
        typer.Option("--format", help=BY_DEFAULT.format("csv")),
    ] = None,
    output: OutputOption = None,
    facts: FactsOption = None,
) -> None:
    """Rank actors by the pairs of others whom nothing joins in time without them.

    \b
    portsmouth brokers
    portsmouth brokers --effects --roll-up government
    """
    chosen = selection(
        kind="influence", effects=effects, modes=mode, parts=part, since=since, until=until, roll_up=roll_up,
        stance=parts,
    )  # fmt: skip
    wanted = NetworkFormat(output_format.value) if output_format else None
    form = format_of(wanted, output, NetworkFormat.csv)
    if form in NOT_FOR_MEASURES:
        refuse(f"a file for {form.value}", "one for csv or json, or --format")
    network, mentions, index = _asked(chosen, facts)
    _show_measure(network, "brokers", mentions, certain, index, form, output)


def _asked(
    selection: Selection, facts: Path | None, *, mentions: bool = True
) -> tuple[Any, dict[str, int], Index]:
    """Build the graph and make the network of it, with the mentions of actors and names for them."""
    from portsmouth import networks
    from portsmouth.store.stances import seen_from

    built = build_graph(facts)

    async def asked() -> tuple[Any, dict[str, int]]:
        async with store_of(built, limits=_LIMITS) as store:
            network = await networks.project(store, selection)
            return network, await networks.mentions(seen_from(store, selection.stance)) if mentions else {}

    network, counted = asyncio.run(asked())
    from portsmouth.search import Index

    return network, counted, Index.from_nquads(built.nquads)


def _annotated(selection: Selection, facts: Path | None) -> tuple[Any, Annotations]:
    """Build the graph and make the network of it, with what is told beside it."""
    from portsmouth import networks

    built = build_graph(facts)

    async def asked() -> tuple[Any, Annotations]:
        async with store_of(built, limits=_LIMITS) as store:
            network = await networks.project(store, selection)
            return network, await networks.annotate(store, network)

    return asyncio.run(asked())


def _picture(
    network: Any, told: Annotations, form: NetworkFormat, language: PictureLanguage, theme: PictureTheme
) -> bytes:
    from portsmouth.networks import picture

    if form is NetworkFormat.png and theme is PictureTheme.auto:
        refuse("--theme auto for PNG", "light or dark, since only SVG can follow the reader's system")
    svg = picture.draw(network, told, language=language.value, theme=theme.value)
    return picture.png(svg) if form is NetworkFormat.png else svg.encode()


def _show_measure(
    network: Any,
    measure: str,
    mentions: Mapping[str, int],
    certain: bool,
    index: Index,
    form: NetworkFormat,
    output: Path | None,
) -> None:
    from portsmouth.networks import measured

    found = measured(network, measure, mentions, certain=certain)
    columns, rows = network_tables.as_rows(found, measure, mentions, index)
    witness, sample = found.witness, found.sample
    if form is NetworkFormat.table:
        network_tables.print_table(columns, rows, Console())
        for note in filter(None, (sample, witness)):
            notes.print(str(note))
        if measure in ("pagerank", "betweenness", "communities"):
            notes.print("It ignores time: chains that it counts may be chains that time forbids.")
    elif form is NetworkFormat.csv:
        write(as_csv(columns, rows, line_end="\n"), output)
        for note in filter(None, (sample, witness)):
            notes.print(str(note))
    else:
        told = {
            "measure": measure,
            "certain": certain,
            "snapshot": network.graph["snapshot"],
            "rows": [dict(zip(columns, row, strict=True)) for row in rows],
            "mentions": witness.as_json() if witness else None,
            "sample": sample.as_json() if sample else None,
        }
        write(as_json(told), output)
