"""From what is dated to a timeline: choosing, sorting into lanes, naming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from babel.dates import get_month_names

from portsmouth.dates import Bounds
from portsmouth.iris import ID, PT, part
from portsmouth_server.views.dating import days, printed
from portsmouth_server.views.entity.ego import SIDES
from portsmouth_server.views.timeline.asked import Asked
from portsmouth_server.views.timeline.drawing import Drawing, Item, draw
from portsmouth_server.views.timeline.events import Dated, Happening
from portsmouth_server.views.words import CALENDARS, N_, Source, Value, Words, local

_NO_SIDE: Final = N_("no state named")
_NO_PART: Final = N_("the editors alone")
#: Things that one picture can show, and entries that one list to choose from can hold.
MOST: Final = 400
_MOST_CHOICES: Final = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table.

    :param value: the thing.
    :param kind: its class, in words.
    :param dates: each span in words, the dates as printed with their calendars, and who prints them.
    :param doers: who acts.
    :param dispute: where rival dates are set side by side.
    """

    value: Value
    kind: str
    dates: tuple[tuple[str, tuple[tuple[str, str], ...], tuple[Source, ...]], ...]
    doers: tuple[Value, ...]
    dispute: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a list to choose from.

    :param key: what the address says.
    :param name: what is read.
    :param count: how many things it leaves.
    """

    key: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the page shows.

    :param drawing: the picture.
    :param lines: the table.
    :param left_out: how many things of the period are not shown, since there is no room.
    :param before: how many chosen things end before the window.
    :param after: how many begin after it.
    :param all: the window of everything chosen, as text for the address.
    :param kinds: classes to choose from.
    :param parts: parts to choose from.
    :param actors: actors to choose from.
    """

    drawing: Drawing
    lines: tuple[Line, ...]
    left_out: int
    before: int
    after: int
    all: tuple[str, str]
    kinds: tuple[Choice, ...]
    parts: tuple[Choice, ...]
    actors: tuple[Choice, ...]


def build(every: Sequence[Happening], asked: Asked, words: Words) -> Timeline:
    """Put a timeline together.

    :param every: all that is dated.
    :param asked: what is shown.
    :param words: what everything is called.
    """
    chosen = [one for one in every if _fits(one, asked)]
    spans = [date.bounds for one in chosen for date in _dates(one, asked)]
    shown = _within(chosen, asked)
    left_out, shown = max(0, len(shown) - MOST), shown[:MOST]
    months = short_months(words.language)
    lanes = [
        (key, title, side, _items(found, key, asked, words))
        for key, title, side, found in _lanes(shown, asked, words)
    ]
    return Timeline(
        draw(lanes, asked.window, months),
        tuple(_line(one, asked, words) for one in shown),
        left_out,
        sum(all(d.bounds.latest < asked.window.earliest for d in _dates(one, asked)) for one in chosen),
        sum(all(d.bounds.earliest > asked.window.latest for d in _dates(one, asked)) for one in chosen),
        (str(min(b.earliest.year for b in spans)), str(max(b.latest.year for b in spans)))
        if spans
        else ("", ""),
        _choices((one.kind for one in every if one.kind), lambda kind: (kind, words.name(PT + kind))),
        tuple(
            sorted(
                _choices(
                    (key for one in every for key in parts_of(one)), lambda key: (key, words.name(part(key)))
                ),
                key=lambda choice: choice.key,
            )
        ),
        _choices(
            (actor for one in every for actor in (*one.doers, *one.others)),
            lambda actor: (local(actor), words.name(actor)),
        ),
    )


def shown_of(every: Sequence[Happening], asked: Asked) -> list[Happening]:
    """Return what a timeline shows, as :func:`build` does.

    :param every: all that is dated.
    :param asked: what is shown.
    """
    return _within([one for one in every if _fits(one, asked)], asked)[:MOST]


def busiest(every: Sequence[Happening]) -> set[str]:
    """Return the actors among whom a reader may choose.

    :param every: all that is dated.
    """
    counted = Counter(actor for one in every for actor in (*one.doers, *one.others))
    return {actor for actor, _ in counted.most_common(_MOST_CHOICES)}


def parts_of(one: Happening) -> set[str]:
    """Return the keys of the parts that date a thing."""
    return {key for date in one.dates for key in date.parts}


def _fits(one: Happening, asked: Asked) -> bool:
    return (
        (not asked.kind or one.kind == asked.kind)
        and (not asked.part or asked.part in parts_of(one))
        and (not asked.actor or ID + asked.actor in (*one.doers, *one.others))
    )


def _within(chosen: Sequence[Happening], asked: Asked) -> list[Happening]:
    return [one for one in chosen if any(_meets(d.bounds, asked.window) for d in _dates(one, asked))]


def _dates(one: Happening, asked: Asked) -> list[Dated]:
    """Return the dates that count: where a part is chosen, its own."""
    return [date for date in one.dates if not asked.part or asked.part in date.parts]


def _meets(bounds: Bounds, window: Bounds) -> bool:
    return bounds.meet(window) is not None


def _choices(found: Iterable[str], told: Callable[[str], tuple[str, str]]) -> tuple[Choice, ...]:
    """Return the commonest by name; only these are named."""
    kept = [(*told(one), count) for one, count in Counter(found).most_common(_MOST_CHOICES)]
    return tuple(Choice(*entry) for entry in sorted(kept, key=lambda entry: entry[1]))


def _lanes(
    shown: Sequence[Happening], asked: Asked, words: Words
) -> list[tuple[str, str, str, list[Happening]]]:
    if asked.lanes == "kind":
        keys = sorted({one.kind for one in shown}, key=lambda kind: words.name(PT + kind))
        return [(key, words.name(PT + key), "", [one for one in shown if one.kind == key]) for key in keys]
    if asked.lanes == "actor":
        sided = [(side, words.name(ID + side), side) for side in SIDES]
        lanes = [(key, name, side, [o for o in shown if key in o.sides]) for key, name, side in sided]
        rest = [one for one in shown if not one.sides]
        return [lane for lane in (*lanes, ("", words.say(_NO_SIDE), "", rest)) if lane[3]]
    keys = sorted({key for one in shown for key in parts_of(one)})
    if asked.part:
        keys = [key for key in keys if key == asked.part]
    lanes = [(key, words.name(part(key)), "", [o for o in shown if key in parts_of(o)]) for key in keys]
    rest = [one for one in shown if not parts_of(one)]
    return [lane for lane in (*lanes, ("", words.say(_NO_PART), "", rest)) if lane[3]]


def _items(found: Sequence[Happening], key: str, asked: Asked, words: Words) -> list[Item]:
    items = []
    for one in found:
        dates = _dates(one, asked)
        if asked.lanes == "text" and key:
            dates = [date for date in dates if key in date.parts]
        spans = {(d.bounds, d.lasting): None for d in dates if _meets(d.bounds, asked.window)}
        if spans:
            items.append(item(one, list(spans), words, key if asked.lanes == "actor" else ""))
    return items


def item(one: Happening, spans: list[tuple[Bounds, bool]], words: Words, side: str = "") -> Item:
    """Return a thing ready to be drawn.

    :param one: the thing.
    :param spans: the days to draw, and whether it fills them.
    :param words: what it is called.
    :param side: the key of its colour, where that is given by its lane.
    """
    name = words.name(one.iri)
    when = " / ".join(dict.fromkeys(days(bounds, words.language) for bounds, _ in sorted(spans)))
    link = words.link(one.iri).href
    colour = side or (one.sides[0] if one.sides else "")
    return Item(name, link, f"{name}: {when}", colour, tuple(spans), conflict(one, words))


def conflict(one: Happening, words: Words) -> str:
    """Return where a thing's rival dates are set side by side, empty where there are none."""
    if not one.dispute:
        return ""
    return words.urls.conflict(local(one.dispute).removeprefix("disagreement-"))


def _line(one: Happening, asked: Asked, words: Words) -> Line:
    told = []
    for date in _dates(one, asked):
        as_printed = tuple(
            (printed(text, words.language), CALENDARS.get(calendar, "")) for text, calendar in date.printed
        )
        told.append((days(date.bounds, words.language), as_printed, words.sources(date.graphs)))
    return Line(
        words.link(one.iri),
        words.name(PT + one.kind) if one.kind else "",
        tuple(told),
        tuple(words.link(actor) for actor in one.doers),
        conflict(one, words),
    )


@lru_cache(maxsize=8)
def short_months(language: str) -> tuple[str, ...]:
    """Return the short names of the months.

    >>> short_months("en")[8]
    'Sep'
    """
    names = get_month_names("abbreviated", locale=language)
    return tuple(str(names[number]) for number in range(1, 13))
