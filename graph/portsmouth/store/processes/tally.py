"""What a store can tell of its own work, for those who watch over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Upper bounds of the durations that are told apart, in seconds.
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Counted:
    """The answers of a worker to connections that it was lent.

    :param answers: how many.
    :param found: how many of them had been kept.
    :param seconds: how long all of them took.
    :param durations: how many took at most so long as each of :data:`BOUNDS`, and longer than all.
    """

    answers: int = 0
    found: int = 0
    seconds: float = 0.0
    durations: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)

    def __add__(self, other: Counted) -> Counted:
        durations = tuple(map(sum, zip(self.durations, other.durations, strict=True)))
        return Counted(
            self.answers + other.answers, self.found + other.found, self.seconds + other.seconds, durations
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """The work of a store at one moment.

    :param ended: queries that have ended, by how: ``ok``, ``cancelled``, or the kind of their error.
    :param running: queries that workers are answering.
    :param workers: worker processes.
    :param most: queries that may run at once.
    :param waiting: bytes of answers that wait for slow readers.
    :param counted: the answers of workers to connections that they were lent.
    """

    ended: Mapping[str, int]
    running: int
    workers: int
    most: int
    waiting: int
    counted: Counted = field(default_factory=Counted)
