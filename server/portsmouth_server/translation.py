"""The words of the interface in the reader's language, and its numbers and days.

Templates say ``_("Search")`` or ``ngettext("%(num)s row", "%(num)s rows", n)``; the English text is the key.
Translations are gettext catalogues, ``locales/LANGUAGE/AREA.po``, read as they are written.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import Environment
from markupsafe import escape

from portsmouth_server.viewing import LANGUAGES, THEMES, viewer

#: Messages by what is said in English; several forms where it counts something.
Messages = Mapping[str, tuple[str, ...]]
SOURCE: Final = "en"
#: Years of the Buddhist Era before the Common Era; since 1941 both begin on the same day.
_BUDDHIST: Final = 543
#: Languages in which a year says its era, since there are two in use.
_ERA_NAMED: Final = frozenset({"th"})


@cache
def messages(language: str) -> Messages:
    """Return the translations into a language, none for English.

    :param language: a language of the interface.
    """
    if language == SOURCE:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for file in catalogues(language):
        for message in read_po(io.BytesIO(file.read_bytes()), locale=language):
            if message.id and message.string and not message.fuzzy:
                key = message.id if isinstance(message.id, str) else message.id[0]
                forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                found[key] = forms
    return found


def catalogues(language: str) -> list[Path]:
    """Return the files that translate into a language, one an area of the interface.

    :param language: a language of the interface.
    """
    folder = Path(str(resources.files("portsmouth_server"))) / "locales" / language
    return sorted(folder.glob("*.po"))


def gettext(text: str) -> str:
    """Say something in the reader's language.

    :param text: it, in English.
    """
    found = messages(viewer().language).get(text)
    return found[0] if found else text


def ngettext(one: str, many: str, number: int) -> str:
    """Say something that counts in the reader's language.

    :param one: it, of one thing, in English.
    :param many: it, of several.
    :param number: how many there are.
    """
    found = messages(viewer().language).get(one)
    if found:
        # Thai has one form for all numbers.
        return found[0] if number == 1 else found[-1]
    return one if number == 1 else many


def number(value: float) -> str:
    """Write a number as the reader's language does.

    :param value: the number.

    >>> number(12345)
    '12,345'
    """
    return str(format_decimal(value, locale=viewer().language))


def day(value: date | str, width: str = "long") -> str:
    """Write a Gregorian day as the reader's language does; Thai names the era.

    :param value: the day, or its text as in ``1905-09-05``.
    :param width: ``long``, ``medium`` or ``short``.

    >>> day("1905-09-05")
    '5 September 1905'
    """
    when = date.fromisoformat(value) if isinstance(value, str) else value
    language = viewer().language
    year = "G y" if language in _ERA_NAMED else "y"
    pattern: Any = {"long": f"d MMMM {year}", "medium": f"d MMM {year}", "short": "d MMM"}[width]
    return str(format_date(when, pattern, locale=language))


def of_today(when: date) -> str:
    """Write a day of our own time as the reader's language does, in its own era.

    :param when: the day.

    >>> of_today(date(2026, 11, 23))
    '23 November 2026'
    """
    language = viewer().language
    if language != "th":
        return day(when)
    return f"{format_date(when, 'd MMMM', locale=language)} พ.ศ. {when.year + _BUDDHIST}"


def _in_page(text: str) -> str:
    """Say something in a page, whose templates take all that they say for the program's own words.

    What no catalogue knows may come from the data, so it goes into the page as text and nothing more.
    """
    known = any(text in messages(language) for language in LANGUAGES)
    return gettext(text) if known else str(escape(text))


def stop() -> str:
    """Return what ends a sentence in the reader's language: nothing in Thai, which parts them by a space."""
    return "" if viewer().language == "th" else "."


def _look(side: str) -> str:
    """Return the role that a side's colour has, in pages as in pictures of networks."""
    # The library of networks is loaded by the pages that show sides.
    from portsmouth.networks.picture.style import colour_of

    return colour_of(side)


def translate(environment: Environment) -> None:
    """Give templates their words: ``_``, ``ngettext``, ``{% trans %}``, ``number``, ``day`` and ``viewer``.

    :param environment: what renders them.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_in_page, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["number"] = number
    environment.filters["day"] = day
    environment.filters["look"] = _look
    environment.globals.update(viewer=viewer, stop=stop, languages=LANGUAGES, themes=THEMES)
