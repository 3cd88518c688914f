"""Which names are nearly so: for slips of the pen, and for spellings of another school.

Words are compared by their trigrams first, which an index answers without looking
at all of them, and the likeliest few letter by letter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

#: Words that are compared letter by letter.
_COMPARED: Final = 24
#: How alike two words are, from 0 to 1, to count as near (as :class:`difflib.SequenceMatcher` reckons).
_ALIKE: Final = 0.75
#: Letters of a question that are looked at.
_LONGEST: Final = 100


class NearNames:
    """Names, to be found by what is nearly one of them.

    :param names: words or names, folded, each with the number of the thing that it names.

    >>> NearNames([("witte", 1), ("roosevelt", 2)]).near("vitte")
    [1]
    """

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        things: dict[str, dict[int, None]] = defaultdict(dict)
        for name, thing in names:
            things[name][thing] = None
        self._names = list(things)
        self._things = [list(of_name) for of_name in things.values()]
        self._index: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for gram in _grams(name):
                self._index[gram].append(number)

    def near(self, text: str, most: int = 5) -> list[int]:
        """Return the things with the nearest names, the nearest first.

        :param text: a name, folded.
        :param most: the most things.
        """
        text = text[:_LONGEST]
        grams = _grams(text)
        shared = Counter(number for gram in grams for number in self._index.get(gram, ()))
        likely = sorted(
            shared, key=lambda number: -shared[number] / (len(grams) + len(self._names[number]) + 1)
        )
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(text)
        found: list[tuple[float, int]] = []
        for number in likely[:_COMPARED]:
            matcher.set_seq1(self._names[number])
            if matcher.real_quick_ratio() >= _ALIKE and (ratio := matcher.ratio()) >= _ALIKE:
                found.append((-ratio, number))
        return list(dict.fromkeys(thing for _, number in sorted(found) for thing in self._things[number]))[
            :most
        ]


def _grams(name: str) -> set[str]:
    """Return the trigrams of a name; where it begins and ends counts.

    >>> sorted(_grams("ii"))
    ['  i', ' ii', 'ii ']
    """
    padded = f"  {name} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
