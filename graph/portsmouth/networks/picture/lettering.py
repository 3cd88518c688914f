"""How much room a text takes, by the widest of the fonts in which a reader may see it."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import Final

_LATIN: Final = "'Source Sans 3','Noto Sans','DejaVu Sans'"
_THAI: Final = "'Noto Sans Thai','Leelawadee UI',Thonburi,Loma,Waree"
_JAPANESE: Final = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic'"
_SERIF_LATIN: Final = "'Source Serif 4','Noto Serif','DejaVu Serif'"
_SERIF_THAI: Final = "'Noto Serif Thai',Norasi"
_SERIF_JAPANESE: Final = "'Noto Serif CJK JP','Noto Serif JP'"

#: What takes how much room along a line, in sizes of the font, as DejaVu Sans has it, the widest at hand.
_ROOM: Final = {
    character: room
    for characters, room in (
        ("iljI.,:;'|! ", 0.33), ("frt-()[]·", 0.43), ("csvxyzkJ", 0.57), ("mwMWЖЮШЩжюшщ@%—…", 0.99),
    )
    for character in characters
}  # fmt: skip


_RUNS: Final = re.compile("[\u0e00-\u0e7f ]+(?<! )|[\u3000-\u9fff]+|[^\u0e00-\u0e7f\u3000-\u9fff]+")


def fonts(text: str, *, serif: bool = False) -> str:
    """Return the fonts that a text asks for, those of its script first.

    :param text: the text.
    :param serif: whether letters have serifs.

    >>> fonts("วิตเต").split(",")[0], fonts("Witte").split(",")[1]
    ("'Noto Sans Thai'", "'Noto Sans'")
    """
    latin, thai, japanese = (
        (_SERIF_LATIN, _SERIF_THAI, _SERIF_JAPANESE) if serif else (_LATIN, _THAI, _JAPANESE)
    )
    generic = "serif" if serif else "sans-serif"
    if any("\u0e00" <= character <= "\u0e7f" for character in text):
        return ",".join((thai, latin, japanese, generic))
    if any(unicodedata.east_asian_width(character) in "WF" for character in text):
        return ",".join((japanese, latin, thai, generic))
    return ",".join((latin, thai, japanese, generic))


def set_in_fonts(text: str, *, serif: bool = False) -> str:
    """Return a text as SVG, each run of letters of one script in fonts of its own.

    Not every program looks for a missing letter in the same weight and slope.

    :param text: the text.
    :param serif: whether letters have serifs.

    >>> set_in_fonts("ก 2").count("<tspan"), set_in_fonts("A & B")
    (2, 'A &amp; B')
    """
    runs = _RUNS.findall(text)
    if len(runs) < 2:
        return escape(text)
    return "".join(f'<tspan font-family="{fonts(run, serif=serif)}">{escape(run)}</tspan>' for run in runs)


def width(text: str, size: float) -> float:
    """Return the room that a text takes along its line, rather too much than too little.

    :param text: the text.
    :param size: the size of the font.

    >>> width("il", 10) < width("WM", 10) < width("日本", 10) + 1
    True
    """
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    # Vowels and tones of Thai above and below the line take no room along it.
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if character in _ROOM:
        return _ROOM[character]
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character.isupper():
        return 0.74
    return 0.64


def lines(text: str, size: float, most: float) -> list[str]:
    """Break a text into lines.

    :param text: the text.
    :param size: the size of the font.
    :param most: the room of a line; a word that is longer stands alone.

    >>> lines("Plenipotentiaries of the Emperor of Japan", 12, 150)
    ['Plenipotentiaries of the', 'Emperor of Japan']
    """
    broken: list[str] = []
    for word in text.split():
        # The mark that repeats a Thai word stays with it.
        if broken and (word == "ๆ" or width(f"{broken[-1]} {word}", size) <= most):
            broken[-1] += f" {word}"
        else:
            broken.append(word)
    return broken
