"""A dataset as one file of N-Quads, from which it is read back exactly: blank nodes and empty graphs too.

Named graphs without a triple, which N-Quads cannot tell, stand as comments at the beginning. Such a file is
the base of a dataset that is held in memory: ``DIR/bases/N.nq`` has what write ``N`` left, or a later one.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Final

import pyoxigraph as ox

_EMPTY_GRAPH: Final = b"# empty graph "


def save(store: ox.Store, path: Path) -> None:
    """Write a dataset to a file, and have it on the disk.

    :param store: the dataset.
    :param path: the file.
    :raises OSError: there is no room.
    """
    with path.open("wb") as file:
        for graph in store.named_graphs():
            if next(iter(store.quads_for_pattern(None, None, None, graph)), None) is None:
                file.write(_EMPTY_GRAPH + str(graph).encode() + b"\n")
        store.dump(file, format=ox.RdfFormat.N_QUADS)
        file.flush()
        os.fsync(file.fileno())


def load(path: Path, store: ox.Store, *, same_names: bool) -> None:
    """Add a file to a store.

    :param path: the file; N-Quads that were not written here will do.
    :param store: the store.
    :param same_names: whether blank nodes must keep their names; loading is quicker where it may rename them.
    :raises OSError: it cannot be read.
    :raises SyntaxError: it is not N-Quads.

    >>> import tempfile
    >>> before, after = ox.Store(), ox.Store()
    >>> before.add_graph(ox.BlankNode("b"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(before, Path(folder, "0.nq"))
    ...     load(Path(folder, "0.nq"), after, same_names=True)
    >>> list(after.named_graphs())
    [<BlankNode value=b>]
    """
    if same_names and _mentions_blank_nodes(path):
        store.bulk_extend(ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS))
    else:
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    with path.open("rb") as file:
        for line in file:
            if not line.startswith(_EMPTY_GRAPH):
                break
            name = line.removeprefix(_EMPTY_GRAPH).strip().decode()
            store.add_graph(ox.NamedNode(name[1:-1]) if name[0] == "<" else ox.BlankNode(name[2:]))


def newest(directory: Path) -> Path:
    """Return the last base that was made of a dataset.

    :param directory: the dataset's directory.
    :raises ValueError: there is none.
    """
    found = [entry for entry in (directory / "bases").glob("*.nq") if entry.stem.isdigit()]
    return max(found, key=lambda entry: int(entry.stem))


def _mentions_blank_nodes(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"_:") >= 0
