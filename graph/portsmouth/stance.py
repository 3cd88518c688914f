"""A stance: the parts of the page that a reader takes into account, and so the passages that may answer.

``s3`` is the text of the treaty alone; ``-s4`` is everything but the memoir. What a stance makes of a dataset
is the affair of :mod:`portsmouth.store.stances`; here is the value and how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from portsmouth.errors import ParameterError
from portsmouth.iris import passage_key

#: Stances with a name of their own, with what people call them.
NAMED: Final = {
    "treaty-text": ("s3", "the text of the treaty alone"),
    "without-memoir": ("-s4", "without the memoir"),
}
_PART: Final = re.compile(r"(?P<without>-?)(?P<part>s[1-9][0-9]{0,3})")
_EXPECTED: Final = f"parts such as s3 or s1,s2, parts to leave out such as -s4, or one of {', '.join(NAMED)}"


@dataclass(frozen=True, slots=True)
class Stance:
    """Some parts of the page, or all but some.

    :param parts: keys of parts, in the order of the page.
    :param without: whether these parts are left out, rather than kept.
    """

    parts: tuple[str, ...]
    without: bool = False

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a stance as it is typed.

        :param text: keys of parts with commas or spaces between, each or none with a minus before it, or the
            name of a stance.
        :return: the stance; ``None`` where nothing is chosen, which means every part.
        :raises ParameterError: it is none.

        >>> Stance.parse("s3 s1"), Stance.parse("-s4"), Stance.parse("")
        (Stance(parts=('s1', 's3'), without=False), Stance(parts=('s4',), without=True), None)
        >>> Stance.parse("treaty-text") == Stance.parse("s3")
        True
        """
        named = NAMED.get(text.strip().lower())
        words = re.split(r"[\s,]+", (named[0] if named else text).strip().lower())
        if words == [""]:
            return None
        found = [_PART.fullmatch(word) for word in words]
        signs = {match["without"] for match in found if match}
        if None in found or len(signs) != 1:
            raise ParameterError(found=f"parts={text[:100]!r}", expected=_EXPECTED)
        return cls.of((match["part"] for match in found if match), without=signs == {"-"})

    @classmethod
    def of(cls, parts: Iterable[str], *, without: bool = False) -> Self:
        """Make a stance of some parts.

        :param parts: their keys.
        :param without: whether they are left out.
        """
        return cls(tuple(sorted(set(parts), key=lambda key: int(key[1:]))), without)

    def __str__(self) -> str:
        """Write it as :meth:`parse` reads it.

        >>> str(Stance.parse("-s8,-s4"))
        '-s4,-s8'
        """
        sign = "-" if self.without else ""
        return ",".join(sign + part for part in self.parts)

    @property
    def label(self) -> str:
        """Say it in words.

        >>> Stance.parse("s3").label, Stance.parse("-s4,-s8").label
        ('the text of the treaty alone', 'without parts 4 and 8')
        """
        named = next((label for text, label in NAMED.values() if text == str(self)), "")
        numbers = [part[1:] for part in self.parts]
        listed = " and ".join(filter(None, (", ".join(numbers[:-1]), numbers[-1])))
        parts = f"part{'s' if len(numbers) > 1 else ''} {listed}"
        return named or (f"without {parts}" if self.without else f"{parts} alone")

    def keeps(self, graph: str) -> bool:
        """Say whether a graph may answer: passages of the parts, and every graph that is no passage.

        >>> Stance.parse("s3").keeps("https://w3id.org/portsmouth1905/passage/s3-173")
        True
        """
        key = passage_key(graph)
        return key is None or (key.part in self.parts) is not self.without
