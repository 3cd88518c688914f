"""The parts of the page that a store knows, and refusing any other: what is not there is not silent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from portsmouth.errors import ParameterError
from portsmouth.iris import PASSAGE, passage_key
from portsmouth.stance import Stance
from portsmouth.store.protocol import Query, Store
from portsmouth.store.rows import rows

#: A part is known by the graph of a passage of it, or by its entry in the catalogue.
_KNOWN: Final = f"""
SELECT DISTINCT ?name {{
  {{ GRAPH ?name {{}} }} UNION {{ ?name pt:firstLine ?line }}
  FILTER(STRSTARTS(STR(?name), "{PASSAGE}"))
}}"""


async def read_parts(store: Store) -> tuple[str, ...]:
    """Read which parts a store knows.

    :param store: what answers.
    :return: their keys, such as ``s5``, in the order of the page.
    :raises StoreError: the store could not answer.
    """
    found = set()
    for row in await rows(store, Query(_KNOWN, known_prefixes=True)):
        name = row["name"].value
        key = passage_key(name)
        found.add(key.part if key else name.removeprefix(PASSAGE))
    return in_order(found)


def in_order(parts: Collection[str]) -> tuple[str, ...]:
    """Return parts in the order of the page.

    :param parts: their keys.

    >>> in_order({"s10", "s2"})
    ('s2', 's10')
    """
    return tuple(sorted(parts, key=lambda key: (len(key), key)))


def check_part(part: str, known: Collection[str]) -> None:
    """Refuse a part that nobody knows.

    :param part: its key.
    :param known: the keys of the parts that there are.
    :raises ParameterError: it is none of them.

    >>> check_part("s99", ("s1", "s2"))
    Traceback (most recent call last):
    ...
    portsmouth.errors.ParameterError: found part='s99'; expected one of s1, s2
    """
    if part not in known:
        listed = ", ".join(in_order(known)) or "none, for there is no part"
        raise ParameterError(found=f"part={part[:100]!r}", expected=f"one of {listed}")


def check_stance(stance: Stance, known: Collection[str]) -> None:
    """Refuse a stance that names a part which nobody knows.

    :param stance: the stance.
    :param known: the keys of the parts that there are.
    :raises ParameterError: one of its parts is none of them.

    >>> check_stance(Stance(("s9",)), ("s1", "s2"))
    Traceback (most recent call last):
    ...
    portsmouth.errors.ParameterError: found part s9, of which there is no passage; expected parts among s1, s2
    """
    for part in stance.parts:
        if part not in known:
            listed = ", ".join(in_order(known)) or "none"
            raise ParameterError(
                found=f"part {part}, of which there is no passage", expected=f"parts among {listed}"
            )
