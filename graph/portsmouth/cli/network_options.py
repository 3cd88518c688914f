"""What the commands on networks are told: which network, which of its arcs, in which format."""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from portsmouth.cli.base import refuse
from portsmouth.stance import Stance

if TYPE_CHECKING:
    from portsmouth.networks import Selection


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


AS_TEXT: Final = "How to write it. [default: by the name of --output; else a table]"
BY_DEFAULT: Final = "How to write it. [default: by the name of --output; a table on a terminal; else {}]"
PICTURES: Final = frozenset({NetworkFormat.svg, NetworkFormat.png})
_SAME: Final = {NetworkFormat.nodes_csv: NetworkFormat.nodes, NetworkFormat.cyjs: NetworkFormat.cytoscape}
_ENDINGS: Final = ("csv", "nodes.csv", "json", "cyjs", "gexf", "graphml", "svg", "png")
#: Formats that hold arcs or actors, and no ranking.
NOT_FOR_MEASURES: Final = PICTURES | {
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
    typer.Option("--format", help=BY_DEFAULT.format("csv")),
]


def selection(
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
    """Say which network is asked for.

    :param kind: the kind of network.
    :param effects: whether what was refused, ignored or without effect is left out.
    :param modes: only acts in one of these modes.
    :param parts: only what one of these parts of the page says.
    :param since: a day; only acts that may lie on it or later.
    :param until: a day; only acts that may lie on it or earlier.
    :param roll_up: how far actors stand for others.
    :param stance: the parts of the page that are believed, as ``--parts`` names them.
    :param outcomes: only acts with one of these outcomes.
    :param stances: only acts with one of these stances.
    :raises ParameterError: a day or a stance is none.

    >>> chosen = selection(
    ...     kind="influence", effects=True, modes=["funded"], parts=None, since="1905-08-01", until=None,
    ...     roll_up=None, stance="",
    ... )
    >>> chosen.modes, str(chosen.since)
    (('funded',), '1905-08-01')
    """
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
        refuse(f"{option} {text}", "a day such as 1905-08-01")


def format_of(chosen: NetworkFormat | None, output: Path | None, in_a_pipe: NetworkFormat) -> NetworkFormat:
    """Say in which format an answer is written.

    :param chosen: the format that is asked for, under any of its names.
    :param output: the file, whose name tells where nothing is asked for.
    :param in_a_pipe: what is written where nothing tells, and nobody looks.
    :raises ParameterError: a table is to go into a file, or the file's name tells nothing.

    >>> format_of(None, Path("a.nodes.csv"), NetworkFormat.csv)
    <NetworkFormat.nodes: 'nodes'>
    """
    if chosen is NetworkFormat.table and output:
        refuse("--format table with --output", "a format for files: csv, json, gexf, graphml …")
    if chosen:
        return _SAME.get(chosen, chosen)
    if output and output.suffix:
        ending = "nodes.csv" if output.name.lower().endswith(".nodes.csv") else output.suffix[1:].lower()
        known = {form.value: form for form in NetworkFormat if form is not NetworkFormat.table}
        if ending not in known:
            endings = ", ".join(f".{one}" for one in _ENDINGS)
            refuse(f"--output {output}", f"a name that ends in one of {endings}, or --format")
        return _SAME.get(known[ending], known[ending])
    if output:
        return in_a_pipe
    return NetworkFormat.table if sys.stdout.isatty() else in_a_pipe
