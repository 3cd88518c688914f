"""Which kinds of queries have turned out to be long, so that the next of the kind can be expected to be so.

Queries that differ in nothing but IRIs, strings and numbers are of one kind: tools
and pages ask the same of one thing after another.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Final

#: Kinds that are remembered.
_KINDS: Final = 1024
#: Characters of a query that tell its kind.
_LENGTH: Final = 8192
#: What may differ within a kind.
_PARTICULAR: Final = re.compile(r"""<[^<>\s]*>|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d+""", re.DOTALL)


class Habits:
    """The kinds of queries that have been long.

    >>> habits = Habits()
    >>> habits.was_long("SELECT (COUNT(*) AS ?n) { ?s ?p <http://e/a> }")
    >>> habits.expects_long("SELECT (COUNT(*) AS ?n) { ?s ?p <http://e/b> }")
    True
    >>> habits.was_short("SELECT (COUNT(*) AS ?n) { ?s ?p <http://e/c> }")
    >>> habits.expects_long("SELECT (COUNT(*) AS ?n) { ?s ?p <http://e/d> }")
    False
    """

    def __init__(self) -> None:
        self._long: OrderedDict[str, None] = OrderedDict()

    def was_long(self, text: str) -> None:
        """Note that a query has turned out to be long."""
        kind = _kind(text)
        self._long[kind] = None
        self._long.move_to_end(kind)
        if len(self._long) > _KINDS:
            self._long.popitem(last=False)

    def was_short(self, text: str) -> None:
        """Note that a query that was expected to be long was not."""
        self._long.pop(_kind(text), None)

    def expects_long(self, text: str) -> bool:
        """Say whether a query is of a kind that has been long when it was last asked."""
        return _kind(text) in self._long


def _kind(text: str) -> str:
    return _PARTICULAR.sub("", text[:_LENGTH])
