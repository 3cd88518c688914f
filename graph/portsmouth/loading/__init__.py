"""Filling another SPARQL service with a dataset, so that a server can stand before it.

The service then holds every named graph, and in ``g:merged`` the set of the
triples of all graphs, which is what the default graph is here: no two engines
agree on what their own default graph holds, but all know named graphs. In
``g:loaded`` it keeps the checksum of every graph that is whole, and at last the
version of the data. So loading again sends only what has changed, loading after an
interruption goes on where it ended, and a server knows when there is something new.

Blank nodes, which no two requests can share, become IRIs (RDF 1.1 Concepts,
section 3.5).
"""

from portsmouth.loading.content import Content, prepare, read_dataset
from portsmouth.loading.loader import Loaded, Loader, Step
from portsmouth.loading.state import State, read_state
from portsmouth.loading.writers import GraphStoreWriter, UpdateWriter, Writer

__all__ = [
    "Content",
    "GraphStoreWriter",
    "Loaded",
    "Loader",
    "State",
    "Step",
    "UpdateWriter",
    "Writer",
    "prepare",
    "read_dataset",
    "read_state",
]
