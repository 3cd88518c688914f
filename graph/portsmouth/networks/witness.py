"""How much a ranking follows from how often the page speaks of somebody.

The page is one witness. Whoever it names often has more chances to stand in an act of influence, so a high
rank may tell of the page and not of the past. Beside every ranking stands Spearman's rank correlation between
score and number of passages, with an interval.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul

from portsmouth.networks.budget import check

#: Draws of the bootstrap.
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Witness:
    """How a ranking goes together with the number of passages that name each actor.

    :param correlation: Spearman's rho, from -1 to 1; ``None`` where all scores or all numbers are equal.
    :param low: the lower bound of the bootstrap's 95 % interval.
    :param high: its upper bound.
    :param actors: how many actors were compared.
    """

    correlation: float | None
    low: float | None
    high: float | None
    actors: int

    def __str__(self) -> str:
        if self.correlation is None:
            return f"rank correlation with mentions: undefined over {self.actors} actors"
        bounds = "" if self.low is None else f" (95 % bootstrap interval {self.low:.2f} to {self.high:.2f})"
        return f"rank correlation with mentions: {self.correlation:.2f}{bounds}, over {self.actors} actors"

    def as_json(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "spearman": self.correlation,
            "low": self.low,
            "high": self.high,
            "actors": self.actors,
            "draws": DRAWS,
        }


def compare(scores: Mapping[str, float], mentions: Mapping[str, int], *, seed: int = 1905) -> Witness:
    """Compare a ranking with how often actors are mentioned.

    The interval is the percentile bootstrap's (B. Efron, R. Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13): actors are drawn with replacement, a thousand times; draws in which all are equal are
    left out. Actors are not independent of each other in a network, so the interval is narrower than the
    truth.

    :param scores: the score of each actor.
    :param mentions: the number of passages that name each; none counts as 0.
    :param seed: of the draws: the same seed, the same interval.
    :return: the correlation and its interval; no interval below four actors.

    >>> compare({"a": 1, "b": 2, "c": 3, "d": 4}, {"a": 5, "b": 6, "c": 7, "d": 8}).correlation
    1.0
    """
    actors = sorted(scores)
    left = [float(scores[actor]) for actor in actors]
    right = [float(mentions.get(actor, 0)) for actor in actors]
    correlation = spearman(left, right)
    if correlation is None or len(actors) < 4:
        return Witness(correlation, None, None, len(actors))
    draw = random.Random(seed)  # noqa: S311  # statistics, not secrets
    drawn = []
    places = _places(left), _places(right)
    # Thousands of actors need no more precision than hundreds, and each draw ranks them twice.
    for _ in range(DRAWS if len(actors) <= 1000 else DRAWS // 5):
        check()
        chosen = draw.choices(range(len(actors)), k=len(actors))
        value = _correlation(*(_ranks([side[one] for one in chosen]) for side in places))
        if value is not None:
            drawn.append(value)
    drawn.sort()
    low, high = (drawn[round(share * (len(drawn) - 1))] for share in (0.025, 0.975))
    return Witness(correlation, low, high, len(actors))


def spearman(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation: Pearson's of the ranks, ties sharing the mean of theirs.

    C. Spearman, The Proof and Measurement of Association between Two Things, 1904.

    :param left: numbers.
    :param right: as many numbers.
    :return: from -1 to 1, or ``None`` where one side is all equal, or has fewer than two numbers.

    >>> spearman([1, 2, 3], [30, 20, 10])
    -1.0
    >>> spearman([1, 1, 1], [1, 2, 3]) is None
    True
    """
    return _correlation(_ranks(_places(left)), _ranks(_places(right)))


def _correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return Pearson's correlation of ranks; their sums are exact, since they are halves of whole numbers."""
    count, middle = len(left), (len(left) + 1) / 2
    # The middle is the mean on either side, whatever the ties.
    off = count * middle * middle
    covariance = sum(map(mul, left, right)) - off
    squares = (sum(map(mul, left, left)) - off) * (sum(map(mul, right, right)) - off)
    # Of more than a hundred thousand the sums are no longer exact.
    spread = sqrt(max(0.0, squares))
    return max(-1.0, min(1.0, covariance / spread)) if spread else None


def _places(values: Sequence[float]) -> list[int]:
    """Return the place of each value among the different ones, counted from 0.

    >>> _places([10, 20, 10])
    [0, 1, 0]
    """
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return [places[value] for value in values]


def _ranks(places: Sequence[int]) -> list[float]:
    """Return the ranks of values, counted from 1, of the places that they have among each other.

    >>> _ranks([0, 1, 0]), _ranks([7, 9, 7])
    ([1.5, 3.0, 1.5], [1.5, 3.0, 1.5])
    """
    numbers = Counter(places)
    ranks: dict[int, float] = {}
    before = 0
    for place in sorted(numbers):
        ranks[place] = before + (numbers[place] + 1) / 2
        before += numbers[place]
    return [ranks[place] for place in places]
