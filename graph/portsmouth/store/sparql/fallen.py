"""Queries at which the engine fell over, and what it is asked in their place.

The engine falls over where it sorts values of many kinds (:mod:`portsmouth.store.sparql.ranks`). To sort by
ranks takes longer, so it is first asked to sort as it can, which nearly always goes well.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Final

from portsmouth.store.sparql.sorting import ranked

log = logging.getLogger("portsmouth.store")
# Where nobody has said where lines go, the error that is raised says enough.
log.addHandler(logging.NullHandler())

#: Queries that are remembered, and the characters of the longest.
_QUERIES: Final = 256
_LONGEST: Final = 16384
#: What Rust says of a comparison that goes in a circle (its documentation of ``slice::sort_by``).
_CIRCLE: Final = "total order"


def is_of_sorting(reason: str) -> bool:
    """Say whether the engine fell over because it had to sort what it cannot."""
    return _CIRCLE in reason


def log_fault(reason: str, *, again: bool) -> None:
    """Log that the engine fell over.

    :param reason: what it said.
    :param again: whether it is asked once more in another way, so that nobody need notice.
    """
    if again:
        log.info("the engine fell over, and is asked once more in another way: %s", reason)
    else:
        log.error("the engine fell over: %s", reason)


class Fallen:
    """The texts at which the engine fell over, and what helped.

    >>> fallen, text = Fallen(), "SELECT ?o { ?s ?p ?o } ORDER BY ?o"
    >>> fallen.instead(text) is None
    True
    >>> other = fallen.other(text, "no total order")
    >>> other == fallen.instead(text)
    True
    """

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()

    def instead(self, text: str) -> str | None:
        """Return what to ask in place of a text at which the engine is known to fall over."""
        return self._texts.get(text)

    def other(self, text: str, reason: str) -> str | None:
        """Return what to ask in place of a text at which the engine has just fallen over.

        :param text: a query or an update.
        :param reason: what the engine said.
        :return: ``None`` where nothing else is known to ask.
        """
        other = None if text in self._texts or not is_of_sorting(reason) else ranked(text)
        if other is not None and len(text) <= _LONGEST:
            self._texts[text] = other
            if len(self._texts) > _QUERIES:
                self._texts.popitem(last=False)
        return other
