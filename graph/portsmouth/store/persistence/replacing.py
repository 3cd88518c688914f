"""Replacing the dataset that a store's directory holds, all at once.

The new data are made in ``DIR/incoming``, with nothing of the old ones touched.
Renaming that folder to ``DIR/ready`` decides: before, the directory holds the old
data, after it the new ones, and whoever opens it next carries out what an
interruption left undone.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from portsmouth.errors import StoreError
from portsmouth.store.persistence.directories import locked, refuse_foreign
from portsmouth.store.persistence.journal import sync_folder

#: Seconds for which a process waits while another one exchanges old data for new ones.
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data come from that were loaded from a file.

    :param file: the file's name.
    :param lines: its lines.
    :param merged: whether the default graph was derived from the named graphs.
    """

    file: str
    lines: int
    merged: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """What a store has been filled with.

    :param snapshot: the id of the data.
    :param origin: where they come from, if from a file.
    """

    snapshot: str
    origin: Origin | None = None


def origin(directory: Path) -> Origin | None:
    """Return where the data of a directory come from; ``None`` where they were not loaded from a file.

    :param directory: a store's directory.
    :raises OSError: it cannot be read.
    """
    try:
        found = json.loads((directory / "origin").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Origin(**found) if found else None


def replace(directory: Path, fill: Callable[[ox.Store], Filled]) -> Filled:
    """Replace what a directory holds.

    :param directory: a store's directory, or an empty or missing folder.
    :param fill: fills an empty store. Where it fails, or is interrupted, what was there stays.
    :raises StoreError: the directory is something else, or another process writes it.
    :raises OSError: it cannot be written.
    """
    refuse_foreign(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory):
        _finish(directory)
        incoming = directory / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        try:
            store = ox.Store(str(incoming / "primary"))
            filled = fill(store)
            store.flush()
            store.backup(str(incoming / "checkpoint"))
            del store
            (incoming / "origin").write_text(
                json.dumps(filled.origin and asdict(filled.origin)), encoding="utf-8"
            )
            (incoming / "snapshot").write_text(filled.snapshot + "\n", encoding="utf-8")
            _sync(incoming)
        except BaseException:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        incoming.rename(directory / "ready")
        sync_folder(directory)
        _finish(directory)
    return filled


def finish(directory: Path) -> None:
    """Carry out what an interrupted :func:`replace` had decided, if there is such.

    :param directory: a store's directory.
    :raises StoreError: another process has been at it for too long.
    :raises OSError: the directory cannot be written.
    """
    end = time.monotonic() + _PATIENCE
    while (directory / "ready").exists():
        try:
            with locked(directory):
                _finish(directory)
        except StoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _finish(directory: Path) -> None:
    """Exchange old data for new ones; each step can be done again after an interruption."""
    ready, outgoing = directory / "ready", directory / "outgoing"
    if ready.exists():
        (directory / "state").unlink(missing_ok=True)
        for name in ("bases", "checkpoints", "journals", "workers"):
            shutil.rmtree(directory / name, ignore_errors=True)
        for name in ("primary", "checkpoint"):
            if (ready / name).exists():
                shutil.rmtree(outgoing / name, ignore_errors=True)
                if (directory / name).exists():
                    outgoing.mkdir(exist_ok=True)
                    (directory / name).rename(outgoing / name)
                (ready / name).rename(directory / name)
        for name in ("origin", "snapshot"):
            with suppress(FileNotFoundError):
                (ready / name).replace(directory / name)
        sync_folder(directory)
        ready.rmdir()
    shutil.rmtree(outgoing, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Have all files below a folder on the disk."""
    for path in (folder, *folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
