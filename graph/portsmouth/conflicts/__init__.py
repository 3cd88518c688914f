"""The conflict desk: where passages disagree, read from any store, each with its accounts side by side.

The build finds the disagreements (:mod:`portsmouth.build.disagreements`) and stores them in ``g:derived``.
Here they are put together with what each passage says, and how it puts it. No winner is chosen.

::

    async with EmbeddedStore.from_nquads(build().nquads) as store:
        for conflict in select(await read_conflicts(store), kind="incompatible"):
            print(conflict.label, [value.label for value in conflict.values])
"""

from portsmouth.conflicts.model import (
    COLUMNS,
    KINDS,
    Account,
    Conflict,
    Named,
    Rival,
    find,
    select,
    table,
)
from portsmouth.conflicts.reading import read_conflicts

__all__ = [
    "COLUMNS",
    "KINDS",
    "Account",
    "Conflict",
    "Named",
    "Rival",
    "find",
    "read_conflicts",
    "select",
    "table",
]
