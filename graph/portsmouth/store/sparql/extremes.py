"""The least and the greatest of values of many kinds, which the engine's own MIN and MAX do not find.

SPARQL 1.1 Query, section 18.5.1.5, has them follow the order of ``ORDER BY``. The engine compares one value
with the next, and where that goes in a circle the answer depends on how they come: see
:mod:`portsmouth.store.sparql.ranks`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias

import pyoxigraph as ox

from portsmouth.store.sparql.lexer import tokens
from portsmouth.store.sparql.ranks import order

_Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Extreme:
    """Finds the least of the values that it is given, or the greatest.

    :param greatest: whether it is the greatest.

    >>> extreme = Extreme(greatest=True)
    >>> for value in (2, 10, "10a", 3):
    ...     extreme.accumulate(ox.Literal(value))
    >>> extreme.finish()
    <Literal value=10a datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#string>>
    """

    def __init__(self, *, greatest: bool) -> None:
        self._greatest = greatest
        self._found: tuple[str, _Term] | None = None

    def accumulate(self, term: _Term) -> None:
        """Take a value."""
        place = order(term)
        if self._found is None or (place > self._found[0] if self._greatest else place < self._found[0]):
            self._found = place, term

    def finish(self) -> _Term | None:
        """Return the first of those than which none is less, or greater; ``None`` where there were none."""
        return self._found and self._found[1]


#: What is said in a query in place of each aggregate.
_NAMES: Final[Mapping[str, str]] = {
    "MIN": "urn:x-portsmouth:least",
    "MAX": "urn:x-portsmouth:greatest",
}
#: What the names stand for.
AGGREGATES: Final[dict[ox.NamedNode, Callable[[], Any]]] = {
    ox.NamedNode(_NAMES["MIN"]): lambda: Extreme(greatest=False),
    ox.NamedNode(_NAMES["MAX"]): lambda: Extreme(greatest=True),
}


def extremes_by_rank(text: str, names: Collection[str]) -> str:
    """Return a query that finds the least and the greatest of some variables by their ranks.

    :param text: the query.
    :param names: the names of the variables.

    >>> extremes_by_rank("SELECT (MIN(DISTINCT ?v) AS ?m) (MAX(?w) AS ?n) { ?s ?v ?w }", {"v"})
    'SELECT (<urn:x-portsmouth:least>( ?v) AS ?m) (MAX(?w) AS ?n) { ?s ?v ?w }'
    """
    found = list(tokens(text))
    for place in range(len(found) - 4, -1, -1):
        called, bracket = found[place], found[place + 1]
        if called.kind != "word" or called.text.upper() not in _NAMES or bracket.text != "(":
            continue
        # Of many that are alike one is the least as well, and the engine reads no DISTINCT here.
        distinct = found[place + 2] if found[place + 2].text.upper() == "DISTINCT" else None
        if found[place + 2 + (distinct is not None)].text[1:] in names:
            rest = text[distinct.start + len(distinct.text) :] if distinct else text[bracket.start + 1 :]
            text = f"{text[: called.start]}<{_NAMES[called.text.upper()]}>({rest}"
    return text
