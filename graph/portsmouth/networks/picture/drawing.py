"""A network as a picture: hulls, arcs, marks, names, legend and caption."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from math import sqrt
from typing import Any, Final

from portsmouth.errors import ParameterError
from portsmouth.iris import CONCEPT, shorten
from portsmouth.networks.annotations import Annotations
from portsmouth.networks.document import counts
from portsmouth.networks.picture import shapes
from portsmouth.networks.picture.layout import Box, place
from portsmouth.networks.picture.lettering import fonts, lines, set_in_fonts, width
from portsmouth.networks.picture.style import THEMES, Line, Theme, colour_of, line_of, style_sheet
from portsmouth.networks.picture.words import words
from portsmouth.networks.selection import FAILURES, Selection

Network = Any  # nx.MultiDiGraph, which has no type parameters

#: The languages in which names are written, where an actor has one.
LANGUAGES: Final = ("en", "th", "ru", "ja")
#: More actors than this make a picture that nobody can read: those with most acts are drawn.
MOST_ACTORS: Final = 90

_TYPES: Final = {"Person": "person", "State": "state"}
_SIZE: Final = 12.5
_LINE: Final = 15.0
_NAME_WIDTH: Final = 150.0
_GAP: Final = 11.0
_MARGIN: Final = 34.0


@dataclass(frozen=True, slots=True)
class _Actor:
    iri: str
    kind: str
    side: str
    radius: float
    name: tuple[str, ...]
    box: Box


def draw(
    network: Network,
    told: Annotations | None = None,
    *,
    language: str = "en",
    theme: Theme = "light",
    most: int = MOST_ACTORS,
) -> str:
    """Draw a network.

    Persons are circles, states squares, all others lozenges, in the colour of the side on which they stand;
    an act is a curve in the colour of who acts, whose line tells how. Acts that were refused or ignored are
    faint. Beneath stand what the lines mean, what was selected and of which data. No two names touch. Each
    act carries its name, days and passages as its title.

    :param network: as :func:`~portsmouth.networks.projection.project` returns it.
    :param told: names in every language; English ones of the network itself unless given.
    :param language: one of :data:`LANGUAGES`; a name that it has not is written in English.
    :param theme: one of ``light``, ``dark`` and ``auto``.
    :param most: the most actors: those with most acts.
    :return: a document of SVG, the same for the same network.
    :raises ParameterError: there is no such language or theme.

    >>> import networkx as nx
    >>> draw(nx.MultiDiGraph([("a", "b")])).startswith("<svg")
    True
    """
    if language not in LANGUAGES:
        raise ParameterError(found=f"the language {language!r}", expected=f"one of {', '.join(LANGUAGES)}")
    if theme not in THEMES:
        raise ParameterError(found=f"the theme {theme!r}", expected=f"one of {', '.join(THEMES)}")
    return _Drawing(network, told, language, most).svg(theme)


def png(svg: str, *, zoom: float = 2.0) -> bytes:
    """Make a PNG of a picture.

    :param svg: a picture in the theme ``light`` or ``dark``; the colours of ``auto`` are only a browser's.
    :param zoom: pixels a unit.
    :return: the PNG.
    :raises ParameterError: it cannot be drawn.
    """
    import resvg_py

    try:
        drawn = resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, sans_serif_family="DejaVu Sans")
    except ValueError as error:
        raise ParameterError(found=f"a picture that cannot be read: {error}", expected="SVG") from None
    return bytes(drawn)


class _Drawing:
    def __init__(self, network: Network, told: Annotations | None, language: str, most: int) -> None:
        self._network = network
        self._told = told
        self._language = language
        self._words = words(language)
        busy = Counter(dict.fromkeys(sorted(network), 0))
        for source, target in network.edges():
            busy[source] += 1
            busy[target] += 1
        chosen = {actor for actor, _ in sorted(busy.items(), key=lambda pair: (-pair[1], pair[0]))[:most]}
        self._actors = {iri: self._actor(iri, busy[iri]) for iri in sorted(chosen)}
        self._places = (
            place(network, list(self._actors), {iri: one.box for iri, one in self._actors.items()}, _GAP)
            if self._actors
            else {}
        )
        self._kind = network.graph.get("kind", "influence")

    def svg(self, theme: Theme) -> str:
        """Return the picture."""
        left, top, right, bottom = self._bounds()
        title = self._title(left, top - 62)
        legend, end = self._legend(left, bottom + 46, right)
        caption, end = self._caption(left, end + 16, right)
        wide, high = right - left + 2 * _MARGIN, end - top + 62 + 40 + _MARGIN
        x, y = left - _MARGIN, top - 62 - 40
        named = escape(self._words.get(self._kind, self._kind))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x:.0f} {y:.0f} {wide:.0f} {high:.0f}" '
            f'width="{wide:.0f}" height="{high:.0f}" role="img" aria-label="{named}" '
            f'lang="{self._language}" font-family="{fonts("")}" font-size="{_SIZE:g}">'
            f"<style>{style_sheet(theme, {actor.side for actor in self._actors.values()})}</style>"
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{wide:.0f}" height="{high:.0f}" class="f-ground"/>'
            f"<g>{self._hulls()}</g><g>{self._arcs()}</g><g>{self._marks()}</g>"
            f'<g class="names">{self._names()}</g>{title}{legend}{caption}</svg>\n'
        )

    # --- actors

    def _actor(self, iri: str, acts: int) -> _Actor:
        data = self._network.nodes[iri]
        names: Mapping[str, str] = (self._told.actors.get(iri) if self._told else None) or {}
        name = names.get(self._language) or names.get("en") or data.get("label") or shorten(iri)
        kind = _TYPES.get(data.get("kind", ""), "institution")
        radius = round(5.0 + 1.3 * sqrt(acts), 1)
        size = _SIZE + 2 if kind == "state" else _SIZE
        broken = tuple(lines(name, size, _NAME_WIDTH))
        wide = max(width(line, size) for line in broken)
        high = len(broken) * _LINE / 2
        far = radius * 1.25
        box = Box(far, far + 5 + wide, max(far, high), max(far, high))
        return _Actor(iri, kind, data.get("side", ""), radius, broken, box)

    def _bounds(self) -> tuple[float, float, float, float]:
        if not self._places:
            return 0.0, 0.0, 640.0, 120.0
        boxes = [(self._places[iri], actor.box) for iri, actor in self._actors.items()]
        left = min(x - box.left for (x, _), box in boxes)
        right = max(x + box.right for (x, _), box in boxes)
        return (
            left,
            min(y - box.up for (_, y), box in boxes),
            max(right, left + 720),
            max(y + box.down for (_, y), box in boxes),
        )

    def _hulls(self) -> str:
        sides: dict[str, list[_Actor]] = defaultdict(list)
        for actor in self._actors.values():
            if actor.side:
                sides[actor.side].append(actor)
        return "".join(
            shapes.hull(self._corners(actors), 12, colour_of(side)) for side, actors in sorted(sides.items())
        )

    def _corners(self, actors: Iterable[_Actor]) -> list[tuple[float, float]]:
        corners = []
        for actor in actors:
            (x, y), box = self._places[actor.iri], actor.box
            # The mark and the first half of the name: a hull over all of it would lie under its neighbours.
            near = x + min(box.right, box.left + 60)
            corners += [(x - box.left, y - box.up / 2), (x - box.left, y + box.down / 2)]
            corners += [(near, y - box.up / 2), (near, y + box.down / 2)]
        return corners

    def _marks(self) -> str:
        return "".join(
            f"<g><title>{escape(' '.join(actor.name))}</title>"
            f"{shapes.mark(actor.kind, self._places[iri], actor.radius, colour_of(actor.side))}</g>"
            for iri, actor in self._actors.items()
        )

    def _names(self) -> str:
        told = []
        for iri, actor in self._actors.items():
            x, y = self._places[iri]
            look = f'font-family="{fonts(" ".join(actor.name), serif=actor.kind == "state")}"'
            if actor.kind == "state":
                look += f' font-weight="600" font-size="{_SIZE + 2:g}"'
            elif actor.kind == "institution":
                look += ' font-style="italic"'
            start = x + actor.radius * 1.25 + 5
            first = y - (len(actor.name) - 1) * _LINE / 2 + _SIZE * 0.36
            spans = "".join(
                f'<tspan x="{start:.1f}" y="{first + number * _LINE:.1f}">'
                f"{set_in_fonts(line, serif=actor.kind == 'state')}</tspan>"
                for number, line in enumerate(actor.name)
            )
            # The ground beneath the letters keeps them clear of the arcs; drawn apart, since not every
            # program knows paint-order.
            halo = 'class="s-ground f-ground" stroke-width="3.6" stroke-linejoin="round" aria-hidden="true"'
            told.append(f"<text {look} {halo}>{spans}</text>")
            told.append(f'<text class="f-ink name" {look}>{spans}</text>')
        return "".join(told)

    # --- acts

    def _arcs(self) -> str:
        beside: dict[tuple[str, str], list[tuple[str, str, Mapping[str, Any]]]] = defaultdict(list)
        # Those who are joined in either direction both ways are joined by one line.
        undirected = self._kind in ("signing", "negotiation")
        seen = set()
        for source, target, key, data in sorted(
            self._network.edges(keys=True, data=True), key=lambda arc: (arc[0], arc[1], str(arc[2]))
        ):
            if source not in self._actors or target not in self._actors or source == target:
                continue
            pair = (min(source, target), max(source, target))
            if undirected and (pair, key) in seen:
                continue
            seen.add((pair, key))
            beside[pair].append((source, target, data))
        return "".join(self._pair(arcs) for _, arcs in sorted(beside.items()))

    def _pair(self, arcs: list[tuple[str, str, Mapping[str, Any]]]) -> str:
        """Draw the acts between two: each bends away from the others, those of either to its own left."""
        numbers: Counter[str] = Counter()
        drawn = []
        for source, target, data in arcs:
            bend = 0.10 + 0.075 * numbers[source]
            numbers[source] += 1
            outcomes = data.get("outcomes", ())
            faint = ' opacity="0.4"' if outcomes and FAILURES.issuperset(outcomes) else ' opacity="0.85"'
            curve = shapes.arc(
                self._places[source],
                self._places[target],
                bend,
                (self._actors[source].radius, self._actors[target].radius),
                self._line(data),
                colour_of(self._actors[source].side),
            )
            drawn.append(f"<g{faint}><title>{escape(self._about(data))}</title>{curve}</g>")
        return "".join(drawn)

    def _line(self, data: Mapping[str, Any]) -> Line:
        modes = data.get("modes", ())
        return line_of(modes[0].removeprefix(CONCEPT) if modes else "", self._kind)

    def _about(self, data: Mapping[str, Any]) -> str:
        event = data.get("event", "")
        names: Mapping[str, str] = (self._told.events.get(event) if self._told else None) or {}
        told = [names.get(self._language) or names.get("en") or (shorten(event) if event else "")]
        if data.get("earliest") or data.get("latest"):
            days = {str(day) for day in (data.get("earliest"), data.get("latest")) if day}
            told.append(" – ".join(sorted(days)))
        told.append(" ".join(map(shorten, data.get("passages", ()))))
        if data.get("disputed"):
            told.append(self._words["disputed"])
        return " · ".join(filter(None, told))

    # --- words around it

    def _title(self, x: float, y: float) -> str:
        named, counted = self._words.get(self._kind, self._kind), self._counted()
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" class="f-ink" font-family="{fonts(named, serif=True)}" '
            f'font-weight="600" font-size="24">{set_in_fonts(named, serif=True)}</text>'
            f'<text x="{x:.1f}" y="{y + 28:.1f}" class="f-secondary" font-family="{fonts(counted)}" '
            f'font-size="13.5">{set_in_fonts(counted)}</text>'
        )

    def _counted(self) -> str:
        told = self._words["counts"].format(**counts(self._network))
        if len(self._actors) < len(self._network):
            told += "; " + self._words["most"].format(shown=len(self._actors), all=len(self._network))
        return told

    def _legend(self, left: float, top: float, right: float) -> tuple[str, float]:
        """Draw what marks, lines and colours mean; return it and where it ends."""
        items: list[tuple[str, str, float]] = []
        kinds = {actor.kind for actor in self._actors.values()}
        for kind in ("person", "institution", "state"):
            if kind in kinds:
                items.append((shapes.mark(kind, (8, -4), 5.5, "secondary"), self._words[kind], 16))
        used = [self._line(data) for *_, data in self._network.edges(data=True)]
        for line in sorted(set(used), key=lambda line: -used.count(line)):
            curve = shapes.arc((-2, -4), (42, -4), 0.0, (0, 2), line, "ink")
            items.append((curve, f"{self._words[line.name]} ({used.count(line)})", 46))
        for side in sorted({actor.side for actor in self._actors.values()}):
            name = self._side_name(side)
            items.append((shapes.mark("person", (8, -4), 5.5, colour_of(side)), name, 16))
        failed = any(
            data.get("outcomes") and FAILURES.issuperset(data["outcomes"])
            for *_, data in self._network.edges(data=True)
        )
        if failed:
            faint = shapes.arc((-2, -4), (42, -4), 0.0, (0, 2), line_of("", "influence"), "ink")
            items.append((f'<g opacity="0.4">{faint}</g>', self._words["failed"], 46))
        return _flow(items, left, top, right)

    def _side_name(self, side: str) -> str:
        if not side:
            return self._words["none"]
        names: Mapping[str, str] = (self._told.actors.get(side) if self._told else None) or {}
        known = self._network.nodes[side].get("label", "") if side in self._network else ""
        return names.get(self._language) or names.get("en") or known or shorten(side).removeprefix("d:")

    def _caption(self, left: float, top: float, right: float) -> tuple[str, float]:
        snapshot = self._network.graph.get("snapshot", "")
        told = [self._filter(), self._words["side"]]
        if snapshot:
            told.append(self._words["data"].format(snapshot=snapshot[:12]))
        whole = " · ".join(told)
        broken = lines(whole, 12, right - left)
        spans = "".join(
            f'<tspan x="{left:.1f}" y="{top + 17 * number:.1f}">{set_in_fonts(line)}</tspan>'
            for number, line in enumerate(broken)
        )
        look = f'class="f-secondary" font-family="{fonts(whole)}" font-size="12"'
        return f"<text {look}>{spans}</text>", top + 17 * len(broken)

    def _filter(self) -> str:
        selection = self._network.graph.get("selection", Selection())
        told = [self._words["effects"]] if selection.effects else []
        for word, chosen in (
            ("mode", selection.modes), ("outcome", selection.outcomes), ("stance", selection.stances),
            ("part", selection.parts),
        ):  # fmt: skip
            if chosen:
                told.append(f"{self._words[word]}: {', '.join(map(self._concept, chosen))}")
        for word, value in (
            ("since", selection.since), ("until", selection.until), ("roll_up", selection.roll_up),
        ):  # fmt: skip
            if value:
                told.append(f"{self._words[word]} {value}")
        if selection.stance:
            keys = ", ".join(selection.stance.parts)
            told.append(f"{self._words['without' if selection.stance.without else 'only']} {keys}")
        return "; ".join(told) or self._words["all"]

    def _concept(self, name: str) -> str:
        short = name.removeprefix(CONCEPT).removeprefix("c:")
        names: Mapping[str, str] = (self._told.concepts.get(CONCEPT + short) if self._told else None) or {}
        return names.get(self._language) or names.get("en") or short


def _flow(items: list[tuple[str, str, float]], left: float, top: float, right: float) -> tuple[str, float]:
    """Set pieces of a legend one after the other, in as many lines as they need."""
    x, y, drawn = left, top, []
    for picture, name, room in items:
        wide = room + 6 + width(name, 12.5) + 18
        if x > left and x + wide > right:
            x, y = left, y + 24
        drawn.append(
            f'<g transform="translate({x:.1f} {y:.1f})">{picture}'
            f'<text x="{room + 6:g}" y="0" class="f-ink" font-family="{fonts(name)}" font-size="12.5">'
            f"{set_in_fonts(name)}</text></g>"
        )
        x += wide
    return "".join(drawn), y + 14
