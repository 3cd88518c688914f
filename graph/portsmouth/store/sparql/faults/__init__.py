"""Where a query leaves the grammar of SPARQL 1.1, and what may stand there.

The engine's parser backtracks and names whatever it tried last. The reader here never
backtracks, so the first terminal that it cannot place is where the query went wrong.
It builds nothing, and is asked only about what the parser has refused.
"""

from __future__ import annotations

from typing import Final

from portsmouth.store.sparql.faults.queries import Queries
from portsmouth.store.sparql.faults.reading import FaultError, Slip, UnreadError

__all__ = ["Slip", "fault"]

#: Longer texts are not read a second time for a better word about what is wrong with them.
_LONGEST: Final = 1 << 18
#: What only SPARQL 1.2 or the engine has: a text with one of these is left to the engine's own word.
_BEYOND: Final = frozenset({"LATERAL", "TRIPLE", "ISTRIPLE", "SUBJECT", "PREDICATE", "OBJECT", "STRLANGDIR",
                            "LANGDIR", "HASLANG", "HASLANGDIR", "<<", "{|", "~"})  # fmt: skip


def fault(text: str) -> Slip | None:
    """Find where a query leaves the grammar.

    :param text: a query that the engine's parser refuses.
    :return: the first fault; ``None`` where the reader finds none, or does not know all that stands there.

    >>> fault("SELECT ?a, ?b { ?a ?p ?b }")
    Slip(found="',' after 'SELECT ?a'", expected='spaces alone between variables', start=9)
    >>> fault("ASK { ?s ?p ?o FILTER ?o > 5 }").expected
    'parentheses around the condition, FILTER (…)'
    >>> fault("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }").found
    '?s, which is neither grouped nor in an aggregate'
    """
    if len(text) > _LONGEST:
        return None
    reader = Queries(text)
    if any(place.kind == "direction" or place.text.upper() in _BEYOND for place in reader.places):
        return None
    try:
        reader.query()
    except FaultError as found:
        return found.slip
    except (RecursionError, UnreadError):
        return None
    return None
