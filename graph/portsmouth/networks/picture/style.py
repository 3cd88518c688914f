"""The visual language of networks: colours by side, lines by manner, marks by kind of actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, get_args
from zlib import crc32

from portsmouth.iris import ID

Theme = Literal["light", "dark", "auto"]
#: ``auto`` follows the reader's system, and a page that sets the custom properties ``--portsmouth-…``.
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)

#: Colours by role, each for light and for dark.
COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    "ground": ("#f5f7f8", "#12181f"),
    "ink": ("#1b2733", "#e8edf1"),
    "secondary": ("#52606d", "#a5b1bc"),
    "japan": ("#b3243f", "#ff8b98"),
    "russia": ("#1f6b45", "#6fce9b"),
    "united-states": ("#1f5aa0", "#84b6ff"),
    "united-kingdom": ("#75408f", "#d3a2ea"),
    "germany": ("#7d5a00", "#e2b94d"),
    "france": ("#0b6e7f", "#5fcbdc"),
    "china": ("#9a4c12", "#f2a76f"),
    "korea": ("#5c6470", "#b4bec9"),
}
_SIDES: Final = tuple(COLOURS)[3:]
#: Colours for sides that have none of their own, each for light and for dark.
OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "other-0": ("#a3216f", "#ff8ed0"),
    "other-1": ("#5b6a10", "#b9cc5a"),
    "other-2": ("#4a4fc4", "#aab0ff"),
    "other-3": ("#7a4a33", "#d9a88c"),
    "other-4": ("#00705a", "#4fd3b4"),
    "other-5": ("#8a4a7d", "#d9a0cf"),
    "other-6": ("#3f7a1e", "#93d66b"),
    "other-7": ("#6a35b0", "#c3a0ff"),
    "other-8": ("#66622c", "#cfc98a"),
    "other-9": ("#2a6a8a", "#86c8e8"),
}


def colour_of(side: str) -> str:
    """Return the role that a side's colour has.

    :param side: the IRI of a state, ``""`` for none.

    >>> colour_of("https://w3id.org/portsmouth1905/id/japan"), colour_of("")
    ('japan', 'secondary')
    >>> colour_of("https://w3id.org/portsmouth1905/id/siam")
    'other-2'
    """
    if not side:
        return "secondary"
    name = side.removeprefix(ID)
    # Whoever has no colour of its own shares one, always the same.
    return name if name in _SIDES else f"other-{crc32(name.encode()) % len(OTHERS)}"


def style_sheet(theme: Theme, sides: Iterable[str] = ()) -> str:
    """Return the rules that give roles their colours.

    :param theme: for which background.
    :param sides: the IRIs of the states that are drawn; those without a colour of their own need a rule more.
    """
    others = sorted({colour_of(side) for side in sides} & OTHERS.keys())
    colours = {**COLOURS, **{role: OTHERS[role] for role in others}}
    return "".join(
        f".f-{role}{{fill:{value}}}.s-{role}{{stroke:{value}}}"
        for role, value in _values(theme, colours).items()
    ) + (_dark(colours) if theme == "auto" else "")


def _values(theme: Theme, colours: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    if theme == "auto":
        return {role: f"var(--portsmouth-{role},{light})" for role, (light, _) in colours.items()}
    return {role: pair[theme == "dark"] for role, pair in colours.items()}


def _dark(colours: Mapping[str, tuple[str, str]]) -> str:
    rules = "".join(
        f".f-{role}{{fill:var(--portsmouth-{role},{dark})}}.s-{role}{{stroke:var(--portsmouth-{role},{dark})}}"
        for role, (_, dark) in colours.items()
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


Head = Literal["open", "filled", "bar", "none"]


class Line(NamedTuple):
    """How acts of one manner are drawn.

    :param name: of the manner.
    :param width: of the line.
    :param dashes: its dashes, as SVG has them.
    :param head: what stands at its end.
    :param double: whether it is two lines.
    """

    name: str
    width: float
    dashes: str
    head: Head
    double: bool = False


_LINES: Final = {
    line.name: line
    for line in (
        Line("persuaded", 1.3, "", "open"),
        Line("instructed", 2.8, "", "filled"),
        Line("funded", 2.0, "0.1 4.6", "filled"),
        Line("mediated", 1.7, "7 4", "open"),
        Line("fought", 2.0, "", "bar"),
        Line("signed", 1.2, "", "none", double=True),
    )
}
_MANNERS: Final[Mapping[str, str]] = {
    "instructed": "instructed", "appointed": "instructed", "constrained": "instructed",
    "pressed": "instructed", "threatened": "instructed", "caused": "instructed",
    "funded": "funded", "rewarded": "funded",
    "mediated": "mediated", "represented": "mediated", "workedWith": "mediated", "signalled": "mediated",
    "defeated": "fought", "opposed": "fought",
}  # fmt: skip


def line_of(mode: str, kind: str) -> Line:
    """Return how an act is drawn.

    :param mode: the short name of its mode.
    :param kind: the kind of network.

    >>> line_of("rewarded", "influence").name, line_of("", "signing").double
    ('funded', True)
    """
    if kind in ("signing", "negotiation"):
        return _LINES["signed"]
    if kind in ("command", "offices"):
        return _LINES["instructed"]
    return _LINES[_MANNERS.get(mode, "persuaded")]
