"""Levelling text so that what readers do not tell apart is the same: before searching, and for marking.

Compatibility forms, case and the diacritics of Latin, Greek and Cyrillic letters are levelled (Unicode
Standard Annex 15), digits of every script are read as 0 to 9, everything but letters, digits and marks
becomes a space. Thai, which parts no words, is levelled for how it is typed: the order of the marks above and
below a letter, two เ for แ, a hyphen or nothing between words. What is left holds no syntax.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Words of a question that are looked for; nobody types more, and each costs a pass over the text.
MOST_WORDS: Final = 16
_MARKS_OF_LETTERS: Final = re.compile("[\u0300-\u036f]+")
#: Marks on a Thai letter in the order in which they were typed, which normalisation mostly leaves. The tone
#: and the mark of silence belong after the vowel (Unicode 16, section 16.1).
_THAI_MARKS: Final = re.compile("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{2,}")
_TONES: Final = frozenset("\u0e48\u0e49\u0e4a\u0e4b\u0e4c")
_THAI: Final = "\u0e00-\u0e7f"
#: What parts Thai words in one spelling and not in another: a hyphen or dash, and what cannot be seen.
_JOINED: Final = re.compile(f"(?<=[{_THAI}])[\u200b-\u200d\u2060\ufeff\u00ad\u2010-\u2015-](?=[{_THAI}])")
_THAI_LETTER: Final = re.compile(f"[{_THAI}]")
_UNPARTED_FIGURE: Final = re.compile(f"(?<=[{_THAI}])(?=[0-9])|(?<=[0-9])(?=[{_THAI}])")
#: A Thai letter with all that stands on it, and any other character by itself.
_CLUSTER: Final = re.compile("(?:เเ|.)[\u0e31\u0e33-\u0e3a\u0e47-\u0e4e]*", re.DOTALL)
# Russian letters in the Latin ones that English uses for them (BGN/PCGN 1947, without its apostrophes);
# й and ё have lost their marks by then.
_LATIN: Final = str.maketrans(
    dict(zip("абвгдезиклмнопрстуфыэ", "abvgdeziklmnoprstufye", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
    | {"ъ": "", "ь": ""}
)


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Level what readers do not tell apart: case, width, diacritics, punctuation.

    :param text: text in any script.
    :return: words with a space between each two.

    >>> fold("  Kōmura, Jutarō! "), fold("小村"), fold("Фёдор")
    ('komura jutaro', '小村', 'федор')
    >>> fold("โคมูระ") == "โคมูระ", fold("มาตรา๙"), fold("รัสเซีย–ญี่ปุ่น")
    (True, 'มาตรา 9', 'รัสเซียญี่ปุ่น')
    """
    return fold_once(text)


def fold_once(text: str) -> str:
    """Level a text as :func:`fold` does, and do not remember it: there are many, each met once."""
    if text.isascii():
        # It has no marks and only one form.
        return " ".join(text.lower().translate(_READ).split())
    levelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    composed = unicodedata.normalize("NFC", _MARKS_OF_LETTERS.sub("", levelled))
    if _THAI_LETTER.search(composed):
        joined = _JOINED.sub("", composed).replace("เเ", "แ")
        ordered = _THAI_MARKS.sub(_in_order, joined).translate(_READ)
        return " ".join(_UNPARTED_FIGURE.sub(" ", ordered).split())
    return " ".join(composed.translate(_READ).split())


def _in_order(marks: re.Match[str]) -> str:
    def place(mark: str) -> tuple[bool, int, str]:
        return mark in _TONES, unicodedata.combining(mark), mark

    return "".join(sorted(marks[0], key=place))


class _Read(dict[int, int]):
    """Characters that are read, and a space for each that is not, by code point; known once met."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        # Vowels and tones of Thai are marks, without which nothing can be read.
        read = character.isalnum() or unicodedata.category(character).startswith("M")
        figure = unicodedata.decimal(character, None)
        self[code] = found = ord(str(figure)) if figure is not None else code if read else ord(" ")
        return found


_READ: Final = _Read()


def spans(text: str, question: str) -> list[tuple[int, int]]:
    """Return where the words of a question stand in a text, for marking them.

    :param text: the text of a hit.
    :param question: what was searched.
    :return: pairs of offsets, in order and apart from each other.

    >>> spans("Komura Jutarō", "jutaro"), spans("A", "b"), spans("East House, north", "th")
    ([(7, 13)], [], [(15, 17)])
    """
    folded: list[str] = []
    offsets: list[tuple[int, int]] = []
    joining = {match.start() for match in _JOINED.finditer(text)}
    for cluster in _CLUSTER.finditer(text):
        # A mark that is levelled parts nothing, whatever else is not read parts words.
        parting = not unicodedata.category(cluster[0][0]).startswith("M") and cluster.start() not in joining
        for piece in fold(cluster[0]) or " " * parting:
            folded.append(piece)
            offsets.append(cluster.span())
    form = "".join(folded)
    found = []
    for word in words_of(fold(question)):
        position = form.find(word)
        if position >= 0:
            found.append((offsets[position][0], offsets[position + len(word) - 1][1]))
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


def romanised(form: str) -> str:
    """Return folded text with Russian letters in Latin ones.

    >>> romanised("витте")
    'vitte'
    """
    return form.translate(_LATIN)


def words_of(form: str) -> list[str]:
    """Return the words to look for, each once.

    :param form: folded text.

    >>> words_of("a b a")
    ['a', 'b']
    """
    return list(dict.fromkeys(form.split(" ")))[:MOST_WORDS] if form else []
