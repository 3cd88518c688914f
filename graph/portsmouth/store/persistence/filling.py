"""Filling a directory: with the dataset of the program, or with the data of a file."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from portsmouth.errors import StoreError
from portsmouth.store.persistence import checkpoints, directories
from portsmouth.store.persistence.bulk import load_file
from portsmouth.store.persistence.contents import base_of, is_written, loaded_snapshot
from portsmouth.store.persistence.progress import Report
from portsmouth.store.persistence.replacing import Filled, Origin, finish, origin, replace
from portsmouth.store.persistence.trouble import unusable


def keep(directory: Path, data: bytes, snapshot: str) -> Path:
    """Make sure that a directory holds a dataset, and return the base to read it from.

    An interrupted call leaves what was there before, since the new data are made beside it. What has been
    written, or loaded from a file, is never given up for other data: then the base is that of the last
    write, or of what was loaded.

    :param directory: the store's directory; made where it is missing.
    :param data: the dataset as N-Quads.
    :param snapshot: the dataset's id.
    :raises StoreError: the directory is something else, or cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = keep(Path(folder, "store"), b"<http://s> <http://p> <http://o> .", "abc")
    ...     len(ox.Store.read_only(str(path)))
    1
    """
    checkpoint = checkpoints.loaded(directory)
    try:
        finish(directory)
        if is_written(directory):
            return base_of(directory)[0]
        if origin(directory) or (checkpoint.is_dir() and loaded_snapshot(directory) == snapshot):
            return checkpoint

        def fill(store: ox.Store) -> Filled:
            store.bulk_load(data, format=ox.RdfFormat.N_QUADS)
            return Filled(snapshot)

        replace(directory, fill)
    except SyntaxError as error:
        raise StoreError(f"found data that are not N-Quads ({error.msg}); expected N-Quads") from error
    except OSError as error:
        otherwise = f"found that {directory} cannot be used ({error}); expected a folder to keep the data in"
        raise unusable(directory, error, otherwise) from error
    return checkpoint


def load(directory: Path, path: Path, *, merged: bool, report: Report = lambda _: None) -> Origin:
    """Replace what a directory holds by the data of a file; those stay until the new ones are whole.

    :param directory: the store's directory; made where it is missing.
    :param path: N-Quads, packed by gzip or not.
    :param merged: whether the default graph is to hold every triple of the named graphs.
    :param report: is told how far the load has come.
    :return: what has been loaded.
    :raises DocumentError: the file is not N-Quads.
    :raises StoreError: the directory cannot be used, or another process writes it.
    """

    def fill(store: ox.Store) -> Filled:
        loaded = load_file(store, path, merged=merged, report=report)
        mode = "merged" if merged else "plain"
        return Filled(f"{loaded.digest}-{mode}", Origin(path.name, loaded.lines, merged))

    try:
        found = replace(directory, fill).origin
        directories.remove_readers_that_died(directory)
    except OSError as error:
        otherwise = f"found that {path} cannot be loaded into {directory} ({error}); expected a sound disk"
        raise unusable(directory, error, otherwise) from error
    assert found  # noqa: S101  # it was made above
    return found
