"""Which kinds of queries have been long, or endless, so that the next of the kind is expected to be so.

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
    >>> habits.overran("SELECT (COUNT(*) AS ?n) { ?s ?p 1 . ?t ?q ?o }")
    >>> habits.expects_overrun("SELECT (COUNT(*) AS ?n) { ?s ?p 2 . ?t ?q ?o }")
    True
    """

    def __init__(self) -> None:
        # For each kind whether the last query of it overran.
        self._long: OrderedDict[str, bool] = OrderedDict()

    def was_long(self, text: str) -> None:
        """Note that a query has turned out to be long, whether or not it will end."""
        kind = _kind(text)
        self._note(kind, overran=self._long.get(kind, False))

    def overran(self, text: str) -> None:
        """Note that a query has been ended at its deadline."""
        self._note(_kind(text), overran=True)

    def ended(self, text: str) -> None:
        """Note that a query whose kind had overrun has come to its end."""
        self._note(_kind(text), overran=False)

    def _note(self, kind: str, *, overran: bool) -> None:
        self._long[kind] = overran
        self._long.move_to_end(kind)
        if len(self._long) > _KINDS:
            self._long.popitem(last=False)

    def was_short(self, text: str) -> None:
        """Note that a query that was expected to be long was not."""
        self._long.pop(_kind(text), None)

    def expects_long(self, text: str) -> bool:
        """Say whether a query is of a kind that has been long when it was last asked."""
        return _kind(text) in self._long

    def expects_overrun(self, text: str) -> bool:
        """Say whether a query is of a kind of which the last overran."""
        return self._long.get(_kind(text), False)


def _kind(text: str) -> str:
    return _PARTICULAR.sub("", text[:_LENGTH])
