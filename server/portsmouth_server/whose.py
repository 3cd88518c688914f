"""Whose data a server holds: what the page says, as this work tells it, or other data.

A server may be started with any data. What its pages and its description say of the source, of the licence
and of what there is must then not be what is true of our own data alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from portsmouth.errors import PortsmouthError
from portsmouth.iris import CATALOGUE, DCTERMS, ID, ONTOLOGY_GRAPH
from portsmouth.store.protocol import Store
from portsmouth_server.asking import says_yes

log = logging.getLogger("portsmouth_server")

_OF_THE_PAGE: Final = (
    f"ASK {{ GRAPH <{CATALOGUE}> {{ ?part <{DCTERMS}isPartOf> <{ID}page-portsmouth-th> }} }}"
)
_DOCUMENTED: Final = f"ASK {{ GRAPH <{ONTOLOGY_GRAPH}> {{ ?term ?says ?so }} }}"


@dataclass(frozen=True, slots=True)
class Whose:
    """What is true of the data that a server holds.

    :param ours: whether they are this work's: what the source page says, under the licence of this work.
    :param documented: whether the ontology is among them.
    """

    ours: bool = True
    documented: bool = True


async def whose_data(store: Store) -> Whose:
    """Find out whose data a store holds.

    :param store: the store.
    :return: that they are this work's, where the store cannot say.
    """
    try:
        return Whose(await says_yes(store, _OF_THE_PAGE), await says_yes(store, _DOCUMENTED))
    except PortsmouthError as error:
        log.warning("the server could not find out whose data it holds: %s", error)
        return Whose()
