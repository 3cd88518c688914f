"""How far a load has come, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

#: Quads that the engine still has to sort, on average, when it has read a long file, and how many times as
#: long that takes as to read them.
_UNSORTED: Final = 500_000
_SORTING: Final = 1.5


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a load has come.

    :param quads: quads of the file that are loaded, where work that is half done counts half.
    :param share: the part of the work that is done, from 0 to 1.
    :param seconds: since it began.
    """

    quads: int
    share: float
    seconds: float

    @property
    def rate(self) -> float:
        """Quads of the file that are loaded in a second.

        >>> Advance(quads=100, share=0.5, seconds=10).rate
        10.0
        """
        return self.quads / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float:
        """The seconds that are still to come, at the pace so far.

        >>> Advance(quads=100, share=0.25, seconds=10).left
        30.0
        """
        return self.seconds * (1 - self.share) / self.share if self.share else 0.0


Report: TypeAlias = Callable[[Advance], None]


class Progress:
    """Tells about once a second how far several passes have come together.

    :param report: is told.
    :param parts: what part of the whole work each pass is.
    """

    def __init__(self, report: Report, parts: dict[str, float]) -> None:
        self._report = report
        self._parts = parts
        self._shares = dict.fromkeys(parts, 0.0)
        self._began = self._told = time.perf_counter()

    def end(self, part: str) -> None:
        """Take note that a pass has ended."""
        self._shares[part] = 1.0

    def tell(self, part: str, share: float, lines: int) -> None:
        """Take note that a pass has read a share of the file, which has so many lines."""
        total = lines / share
        self._shares[part] = share * total / (total + _SORTING * min(total, _UNSORTED)) if lines else 0.0
        now = time.perf_counter()
        if now - self._told >= 1:
            self._told = now
            done = sum(self._parts[name] * self._shares[name] for name in self._parts)
            self._report(Advance(round(total * done), done, now - self._began))
