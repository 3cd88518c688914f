"""Printed dates in words, in the language of whoever reads them."""

from __future__ import annotations

import calendar
import re
from functools import lru_cache
from typing import Final

from babel.dates import get_month_names

from portsmouth.dates import Calendar

_POINT: Final = re.compile(r"(?P<year>[0-9X]{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?(?P<about>~)?")
_DASH: Final = "–"
_OPEN: Final = "XXXX"
_ABOUT: Final = {"en": "about ", "th": "ราว "}
_NO_YEAR: Final = {"en": " (no year)", "th": " (ไม่ระบุปี)"}
_CALENDARS: Final = {
    "en": {
        Calendar.JULIAN: "Old Style",
        Calendar.GREGORIAN: "New Style",
        Calendar.BUDDHIST: "Buddhist Era",
        Calendar.MEIJI: "Meiji",
        Calendar.UNMARKED: "no calendar named",
    },
    "th": {
        Calendar.JULIAN: "แบบเก่า",
        Calendar.GREGORIAN: "แบบใหม่",
        Calendar.BUDDHIST: "พุทธศักราช",
        Calendar.MEIJI: "เมจิ",
        Calendar.UNMARKED: "ไม่ระบุปฏิทิน",
    },
}


def as_printed(lexical: str, calendar: Calendar, language: str = "en") -> str:
    """Write an EDTF date as a reader says it, with the calendar in which it is printed.

    :param lexical: EDTF, as in ``pt:dateAsStated``.
    :param calendar: the calendar of its datatype.
    :param language: ``en`` or ``th``; any other reads English.

    >>> as_printed("XXXX-07-25", Calendar.JULIAN)
    '25 July (no year), Old Style'
    >>> as_printed("XXXX-07-25", Calendar.JULIAN, "th")
    '25 กรกฎาคม (ไม่ระบุปี), แบบเก่า'
    """
    return f"{printed(lexical, language)}, {_CALENDARS.get(language, _CALENDARS['en'])[calendar]}"


def printed(lexical: str, language: str = "en") -> str:
    """Write an EDTF date as a reader says it, in its own calendar.

    :param lexical: EDTF, as in ``pt:dateAsStated``.
    :param language: of the months' names.

    >>> printed("1905-05-14/1905-05-15"), printed("XXXX-04-05"), printed("1905-22")
    ('14–15 May 1905', '5 April (no year)', 'summer 1905')
    >>> printed("18XX"), printed("186X"), printed("XXXX-05-21~/XXXX-05-31~")
    ('1800s', '1860s', 'about 21–31 May (no year)')
    >>> printed("0038-09-05"), printed("not a date")
    ('5 September 38', 'not a date')
    >>> printed("18XX", "th"), printed("186X", "th"), printed("XXXX-05-21~", "th")
    ('ช่วง 1800–1899', 'ทศวรรษ 1860', 'ราว 21 พฤษภาคม (ไม่ระบุปี)')
    """
    first, _, last = lexical.partition("/")
    begin, end = _POINT.fullmatch(first), _POINT.fullmatch(last)
    if begin is None or (last and end is None):
        return lexical
    silent = _NO_YEAR.get(language, _NO_YEAR["en"]) if (end or begin)["year"] == _OPEN else ""
    about = _ABOUT.get(language, "≈ ")
    mark = about if begin["about"] else ""
    if end is None:
        return mark + _point(begin, language) + silent
    if begin["day"] and begin["month"] == end["month"] and begin["year"] == end["year"]:
        return f"{mark}{int(begin['day'])}{_DASH}{_point(end, language)}{silent}"
    if not begin["month"]:
        return f"{mark}{_year(begin['year'], language)}{_DASH}{_year(end['year'], language)}"
    return f"{mark}{_point(begin, language)} {_DASH} {_point(end, language)}{silent}"


def _point(match: re.Match[str], language: str) -> str:
    year = _year(match["year"], language)
    if not match["month"]:
        return year
    number = int(match["month"])
    words = _seasons(language)[number] if number > 12 else month(number, language)
    if match["day"]:
        words = f"{int(match['day'])} {words}"
    return f"{words} {year}".strip()


def _year(text: str, language: str) -> str:
    """Write a year: nothing where it is not printed, without the zeros that EDTF puts before."""
    if text == "XXXX":
        return ""
    if "X" in text and language == "th":
        decade = text.endswith("X") and "X" not in text[:-1]
        low, high = text.replace("X", "0"), text.replace("X", "9")
        return f"ทศวรรษ {low}" if decade else f"ช่วง {low}{_DASH}{high}"
    if "X" in text:
        return text.replace("X", "0") + "s"
    return str(int(text))


@lru_cache(maxsize=64)
def _seasons(language: str) -> dict[int, str]:
    names = {
        "th": ("ฤดูใบไม้ผลิ", "ฤดูร้อน", "ฤดูใบไม้ร่วง", "ฤดูหนาว"),
    }.get(language, ("spring", "summer", "autumn", "winter"))
    return dict(zip(range(21, 25), names, strict=True))


@lru_cache(maxsize=256)
def month(number: int, language: str) -> str:
    """Return the name of a month, its number where there is none.

    :param number: 1 to 12.
    :param language: a code that Babel knows.

    >>> month(7, "en")
    'July'
    """
    if not 1 <= number <= 12:
        return f"{number:02d}"
    return str(get_month_names("wide", locale=language)[number]) or calendar.month_name[number]
