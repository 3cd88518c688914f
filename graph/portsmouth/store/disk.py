"""Keeping a dataset on disk: a primary store, and a checkpoint of it that workers read.

``DIR/primary`` is the Oxigraph store that holds the data, ``DIR/checkpoint`` a
hard-linked copy of its files that nothing writes to, and ``DIR/snapshot`` the
id of what the checkpoint holds. Opening read-only a directory that is being
written gives torn reads, hence the checkpoint.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyoxigraph as ox

from portsmouth.errors import StoreError


def keep(directory: Path, data: bytes, snapshot: str) -> Path:
    """Make sure that a directory holds a dataset, and return the checkpoint to read it from.

    An interrupted call leaves what was there before, since the new data are made beside it.

    :param directory: the store's directory; made where it is missing.
    :param data: the dataset as N-Quads.
    :param snapshot: the dataset's id.
    :raises StoreError: the directory is something else, or cannot be written.
    """
    checkpoint, note = directory / "checkpoint", directory / "snapshot"
    try:
        if checkpoint.is_dir() and note.is_file() and note.read_text().strip() == snapshot:
            return checkpoint
        if directory.exists() and not _is_ours(directory):
            raise StoreError(
                f"found other files in {directory}; expected an empty folder or an earlier store"
            )
        directory.mkdir(parents=True, exist_ok=True)
        _fill(directory, data, snapshot)
    except SyntaxError as error:
        raise StoreError(f"found data that are not N-Quads ({error.msg}); expected N-Quads") from error
    except OSError as error:
        raise StoreError(
            f"found that {directory} cannot be used ({error}); expected a folder to keep the data in"
        ) from error
    return checkpoint


def _is_ours(directory: Path) -> bool:
    ours = {"primary", "checkpoint", "snapshot", "incoming", "outgoing"}
    return directory.is_dir() and all(entry.name in ours for entry in directory.iterdir())


def _fill(directory: Path, data: bytes, snapshot: str) -> None:
    incoming, outgoing = directory / "incoming", directory / "outgoing"
    for leftover in (incoming, outgoing):
        shutil.rmtree(leftover, ignore_errors=True)
    incoming.mkdir()
    store = ox.Store(str(incoming / "primary"))
    store.bulk_load(data, format=ox.RdfFormat.N_QUADS)
    store.flush()
    store.backup(str(incoming / "checkpoint"))
    del store
    # From here on nothing can fail but the machine; the note is written last and vouches for the rest.
    (directory / "snapshot").unlink(missing_ok=True)
    outgoing.mkdir()
    for name in ("primary", "checkpoint"):
        if (directory / name).exists():
            (directory / name).rename(outgoing / name)
        (incoming / name).rename(directory / name)
    note = incoming / "snapshot"
    note.write_text(snapshot + "\n")
    note.replace(directory / "snapshot")
    for leftover in (incoming, outgoing):
        shutil.rmtree(leftover, ignore_errors=True)
