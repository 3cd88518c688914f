"""What is said before a person's name and is no part of it: นายวิตเต is Witte, and so is Count Witte."""

from __future__ import annotations

from typing import Final

from portsmouth.folding import fold

#: Titles in Thai, which stand right before the name.
_IN_THAI: Final = """
    นาย นาง นางสาว ท่าน คุณ ฯพณฯ พระเจ้า พระเจ้าซาร์ ซาร์ จักรพรรดิ จักรพรรดินี พระจักรพรรดิ สมเด็จพระจักรพรรดิ
    กษัตริย์ เจ้าชาย เคานต์ เคาท์ ท่านเคานต์ บารอน ประธานาธิบดี นายกรัฐมนตรี รัฐมนตรี เสนาบดี เอกอัครราชทูต
    อัครราชทูต ทูต กงสุล กงสุลใหญ่ นายพล พลเอก พลโท พลตรี จอมพล นายพลเรือ พลเรือเอก พลเรือโท พลเรือตรี
"""
#: Titles in English, words of their own.
_IN_ENGLISH: Final = """
    mr mrs ms mister count baron prince king tsar czar emperor empress president premier minister ambassador
    envoy consul general marshal admiral his excellency majesty sir
"""
#: The longest first: a general, นายพล, is no mister, นาย.
_THAI: Final = sorted(map(fold, _IN_THAI.split()), key=len, reverse=True)
_ENGLISH: Final = frozenset(_IN_ENGLISH.split())
_SHORTEST_NAME: Final = 3


def untitled(form: str) -> str:
    """Return a name without the titles before it, or as it is where there are none.

    :param form: folded text.

    >>> untitled("เคานต์วิตเต"), untitled("baron rosen"), untitled("นาย")
    ('วิตเต', 'rosen', 'นาย')
    """
    words = form.split(" ")
    while len(words) > 1 and (words[0] in _ENGLISH or words[0] in _THAI):
        del words[0]
    while title := next((each for each in _THAI if words[0].startswith(each)), None):
        if len(words[0]) - len(title) < _SHORTEST_NAME:
            break
        words[0] = words[0].removeprefix(title)
    return " ".join(words)
