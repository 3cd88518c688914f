"""Holding a dataset in memory that can be written: a file to load, and a journal of what came after.

Both live in a temporary folder and end with the store. The journal is there for
the fork server, which follows it, and which reads it again should it have to be
started anew.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Final

from portsmouth.store.journal import Journal
from portsmouth.store.primary import Opened

#: The journal's name, beside the file with the data.
JOURNAL: Final = "journal"


class MemoryPrimary:
    """A dataset whose writes end with the store.

    :param data: the dataset as N-Quads.
    :param snapshot: its id.
    """

    def __init__(self, data: bytes, snapshot: str) -> None:
        self._data = data
        self._snapshot = snapshot
        self._folder: Path | None = None

    def open(self) -> Opened:
        """Make the file and the journal; see :meth:`portsmouth.store.primary.Primary.open`."""
        self._folder = Path(tempfile.mkdtemp(prefix="portsmouth-"))
        self._path = self._folder / "snapshot.nq"
        self._path.write_bytes(self._data)
        self._journal = Journal(self._folder / JOURNAL, durable=False)
        return Opened(self._path, self._snapshot, f"m{uuid.uuid4().hex[:16]}", 0)

    def commit(self, number: int, data: bytes) -> Path:
        """Add a write to the journal; see :meth:`portsmouth.store.primary.Primary.commit`."""
        self._journal.append(number, data)
        return self._path

    def release(self, path: Path) -> None:
        """Do nothing: there is one file, whatever the snapshot."""

    def sandbox(self) -> Path | None:
        """Return ``None``: a process has its own memory to try a write in."""
        return None

    def close(self) -> None:
        """Remove the folder."""
        if self._folder:
            self._journal.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
