"""How many independent texts some passages are: eight texts on one page need not be eight witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from portsmouth.iris import passage_key

#: By passage, the passages that repeat it nearly word for word.
Echoes: TypeAlias = Mapping[str, frozenset[str]]

#: Steps of the exact count; beyond them a number is told that is certainly not too large.
_MOST_STEPS: Final = 10_000


def independent_texts(passages: Iterable[str], echoes: Echoes) -> int:
    """Count the independent texts among passages.

    These are the most passages of which no two stand in one part and no two echo each other: a part counts
    once, and not at all where it only copies (a largest independent set of the graph that joins such pairs).

    :param passages: IRIs of passages.
    :param echoes: which passages repeat which.

    >>> from portsmouth.iris import passage
    >>> copy, original, further = passage("s1", 97), passage("s3", 173), passage("s5", 229)
    >>> echoes = {copy: frozenset({original}), original: frozenset({copy})}
    >>> independent_texts([copy, original, further], echoes), independent_texts([copy, further], echoes)
    (2, 2)
    """
    given = set(passages)
    if len(given) < 2:
        return len(given)
    near = {one: echoes.get(one, frozenset()) & given for one in given}
    by_part: dict[str, list[str]] = {}
    for one in sorted(given):
        key = passage_key(one)
        by_part.setdefault(key.part if key else one, []).append(one)
    # A passage that echoes none of the others speaks for its part at no cost to another part.
    free = [part for part, members in by_part.items() if any(not near[one] for one in members)]
    doubtful = [members for part, members in by_part.items() if part not in free]
    return len(free) + _Search(near).most(doubtful, frozenset())


class _Search:
    """Tries, part by part, every passage that could speak for it, and none."""

    def __init__(self, near: Echoes) -> None:
        self._near = near
        self._steps = 0

    def most(self, parts: list[list[str]], silenced: frozenset[str]) -> int:
        if not parts:
            return 0
        self._steps += 1
        first, rest = parts[0], parts[1:]
        best = 0
        for one in first:
            if one not in silenced:
                best = max(best, 1 + self.most(rest, silenced | self._near[one]))
                if best == len(parts) or self._steps > _MOST_STEPS:
                    return best
        return max(best, self.most(rest, silenced))
