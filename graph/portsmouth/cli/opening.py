"""What commands work on: the graph of the facts, a store that answers of it, the source document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from portsmouth.cli.telling import progress
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits

if TYPE_CHECKING:
    from portsmouth.build import Build
    from portsmouth.originals import Original
    from portsmouth.store.protocol import Store


def build_graph(facts: Path | None) -> Build:
    """Build the graph, and show the step that is under way.

    :param facts: the folder that holds one folder of facts a document; the program's own where not given.
    :raises FactsError: the facts are wrong.
    """
    from portsmouth.build import build

    with progress() as tell:
        return build(facts, progress=tell)


def store_of(built: Build, directory: Path | None = None, limits: Limits | None = None) -> EmbeddedStore:
    """Return a store that answers of a graph; it is opened by whoever asks it.

    :param built: the graph.
    :param directory: where the data are kept on disk; in memory where not given.
    :param limits: what a query may take.
    """
    limits = limits or Limits()
    if directory:
        return EmbeddedStore.from_directory(directory, built.nquads, snapshot=built.snapshot, limits=limits)
    return EmbeddedStore.from_nquads(built.nquads, snapshot=built.snapshot, limits=limits)


async def read_original(store: Store, source: Path) -> Original:
    """Read the source document of which a graph tells where its passages stand.

    :param store: the graph; it is opened for this, and closed.
    :param source: the document.
    :raises PortsmouthError: it cannot be read, or is not the one of which the graph tells.
    """
    from portsmouth.originals import open_original

    async with store:
        return await open_original(store, source)
