"""Names of parameters that are nearly ours.

The SPARQL 1.1 Protocol lets a request carry parameters of others, which are passed
over. A slip in one of ours would be passed over, too, and the answer would be to
another question than was asked; so a slip is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from portsmouth.errors import RequestError

#: Names of at least so many letters may have two slips in them.
_LONG: Final = 8
#: Letters of the beginning of a name that name it as well.
_BEGINNING: Final = 10


def refuse_slips(given: Iterable[str], known: Sequence[str], where: str) -> None:
    """Refuse a name that is nearly one of those known.

    :param given: names of parameters.
    :param known: the names that mean something.
    :param where: what is asked, for the error.
    :raises RequestError: one is a slip.

    >>> refuse_slips(["parts", "timeout"], ("parts", "rows"), "a query")
    >>> refuse_slips(["pars"], ("parts", "rows"), "a query")
    Traceback (most recent call last):
    ...
    portsmouth.errors.RequestError: found the parameter 'pars', which a query does not have; expected 'parts'
    """
    names = tuple(known)
    for name in given:
        if name not in names and (meant := _meant(name[:40], names)):
            raise RequestError(f"the parameter {name!r}, which {where} does not have", repr(meant))


@lru_cache(maxsize=512)
def _meant(name: str, known: tuple[str, ...]) -> str | None:
    plain = name.lower().replace("_", "-")
    for one in known:
        if len(plain) >= _BEGINNING and one.startswith(plain):
            return one
        if slips(plain, one) <= (2 if len(one) >= _LONG else 1):
            return one
    return None


def slips(one: str, other: str) -> int:
    """Return how many letters must be put in, left out, changed or swapped with the next to get another word.

    :param one: a word.
    :param other: another.

    >>> slips("pars", "parts"), slips("fromat", "format"), slips("rows", "rows")
    (1, 1, 0)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, above[j - 2] + 1)
            row.append(least)
    return row[-1]
