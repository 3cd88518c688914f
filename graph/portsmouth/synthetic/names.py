"""Invented names, in Latin and in Thai letters, none of them twice."""

from __future__ import annotations

from typing import Final, NamedTuple

# No word of these syllables is meant to be anybody's name.
_SYLLABLES: Final = (
    ("vel", "เวล"), ("tor", "ทอร์"), ("mi", "มี"), ("kra", "ครา"), ("zu", "ซู"), ("nem", "เนม"),
    ("lor", "ลอร์"), ("dai", "ได"), ("pel", "เพล"), ("qua", "ควา"), ("ris", "ริส"), ("ond", "ออนด์"),
    ("fa", "ฟา"), ("gri", "กรี"), ("bol", "บอล"), ("hesh", "เฮช"), ("um", "อุม"), ("teg", "เทก"),
    ("wyn", "วิน"), ("jor", "ยอร์"), ("sal", "ซาล"), ("ke", "เค"), ("ib", "อิบ"), ("dro", "โดร"),
)  # fmt: skip
_BASE: Final = len(_SYLLABLES)


class Name(NamedTuple):
    """One name in two scripts.

    :param latin: in Latin letters, with a capital.
    :param thai: in Thai letters.
    """

    latin: str
    thai: str


def name(number: int, syllables: int) -> Name:
    """Return an invented name.

    :param number: which; equal numbers give equal names, others others, up to 24 to the power of syllables.
    :param syllables: how many it has.
    :return: the name in both scripts.

    >>> name(0, 2), name(1, 2)
    (Name(latin='Ondvel', thai='ออนด์เวล'), Name(latin='Lorhesh', thai='ลอร์เฮช'))
    """
    count = _BASE**syllables
    step = int(count * 0.618034) | 1
    # A step that shares no factor with 24 visits every name once, and neighbours do not look alike.
    rest = (number * (step + 2 if step % 3 == 0 else step) + 11) % count
    latin, thai = "", ""
    for _ in range(syllables):
        rest, place = divmod(rest, _BASE)
        latin += _SYLLABLES[place][0]
        thai += _SYLLABLES[place][1]
    return Name(latin.capitalize(), thai)
