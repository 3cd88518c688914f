"""What went wrong, in the reader's language: a detail is English, made of a few sentences with gaps.

The sentence is taken apart again by the templates of the catalogues ``details.po`` and ``advice.po`` (what is
wrong with a text that was meant for SPARQL), whose gaps hold names, values and addresses that are the same in
every language. What no template fits is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Final

from babel.messages.pofile import read_po

from portsmouth_server.translation import SOURCE, catalogues, messages
from portsmouth_server.viewing import viewer

_CATALOGUES: Final = ("details.po", "advice.po")
_GAP: Final = re.compile(r"%\((\w+)\)s")
_DIGITS: Final = r"\d+"
_PLACE: Final = re.compile(r"line (?P<line>\d+), column (?P<column>\d+): ")
#: What the parser would have taken: keywords and signs.
_CHOICE: Final = re.compile(r'(?:"[^" ]+"|[A-Z_]+)(?: or (?:"[^" ]+"|[A-Z_]+))+')
_WHOLE: Final = "found %(found)s; expected %(expected)s"


def told(detail: str) -> str:
    """Say a problem's detail in the reader's language.

    :param detail: it, in English.

    >>> told("found no q; expected the text to search for in the parameter q")
    'Found no q; expected the text to search for in the parameter q.'
    """
    language = viewer().language
    if language == SOURCE:
        whole = detail.startswith("found ") and "\n" not in detail
        return f"F{detail[1:]}{'' if detail.endswith(('.', '?', '…')) else '.'}" if whole else detail
    return _told(detail, language)


def _told(detail: str, language: str) -> str:
    place, rest = _PLACE.match(detail), detail
    where = ""
    if place:
        words = messages(language).get("line %(line)s, column %(column)s: ", (place[0],))[0]
        where, rest = words % place.groupdict(), detail[place.end() :]
    found, mark, expected = rest.removeprefix("found ").partition("; expected ")
    if not rest.startswith("found ") or not mark:
        return where + _piece(rest, language)
    expected, hint = _hinted(expected, language)
    said = messages(language).get(_WHOLE, (_WHOLE,))[0] % {
        "found": _piece(found, language),
        "expected": expected,
    }
    return where + said + (f" {hint}" if hint else "")


def piece(text: str) -> str:
    """Say what was found, or what was expected, in the reader's language.

    :param text: it, in English.

    >>> piece("an operator or AS")
    'an operator or AS'
    """
    language = viewer().language
    return text if language == SOURCE else " ".join(filter(None, _hinted(text, language)))


def _hinted(text: str, language: str) -> tuple[str, str]:
    """Say what was expected, and the hint after it, if any."""
    if (whole := _piece(text, language)) != text:
        return whole, ""
    expected, _, hint = text.partition("; ")
    return _piece(expected, language), _piece(hint, language)


def _piece(text: str, language: str) -> str:
    for pattern, words in _templates(language):
        if match := pattern.fullmatch(text):
            return _filled(words, match)
    if _CHOICE.fullmatch(text):
        return text.replace(" or ", messages(language).get(" or ", (" or ",))[0])
    return text


@cache
def _templates(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what sentences look like and how each is said, the longest first."""
    found: dict[str, str] = {}
    for file in catalogues(language):
        if file.name in _CATALOGUES:
            for message in read_po(BytesIO(file.read_bytes()), locale=language):
                if message.id and isinstance(message.id, str) and isinstance(message.string, str):
                    found[message.id] = message.string
    return tuple((_pattern(text), found[text]) for text in sorted(found, key=_fixed, reverse=True))


def _filled(words: str, match: re.Match[str]) -> str:
    # What is around the gaps may have a % of its own.
    return _GAP.sub(lambda gap: match[gap[1]], words)


def _fixed(template: str) -> int:
    return len(_GAP.sub("", template))


def _pattern(template: str) -> re.Pattern[str]:
    """Return what a sentence with gaps looks like.

    >>> _pattern("no actor %(name)s here").fullmatch("no actor x here")["name"]
    'x'
    """
    parts = _GAP.split(template)
    fixed, gaps = parts[::2], parts[1::2]
    text = re.escape(fixed[0])
    for gap, rest in zip(gaps, fixed[1:], strict=True):
        # Few words say little: "2 for ABS" is told from any other "for" by its figures.
        text += f"(?P<{gap}>{_DIGITS if gap.startswith('digits') else '.+?'}){re.escape(rest)}"
    return re.compile(text, re.DOTALL)


def explained(sentence: str) -> Mapping[str, str]:
    """Return a sentence of the documentation in the reader's language, with the language that it is in.

    :param sentence: it, in English.

    >>> explained("A name that nothing answers to.")["lang"]
    'en'
    """
    language = viewer().language
    known = messages(language).get(sentence)
    return {"text": known[0], "lang": language} if known else {"text": sentence, "lang": SOURCE}
