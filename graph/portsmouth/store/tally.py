"""What a store can tell of its own work, for those who watch over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """The work of a store at one moment.

    :param ended: queries that have ended, by how: ``ok``, ``cancelled``, or the kind of their error.
    :param running: queries that workers are answering.
    :param workers: worker processes.
    :param most: queries that may run at once.
    :param waiting: bytes of answers that wait for slow readers.
    """

    ended: Mapping[str, int]
    running: int
    workers: int
    most: int
    waiting: int
