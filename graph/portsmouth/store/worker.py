"""The life of one query worker: a forked process that shares the snapshot and answers from it.

A worker is single-threaded and has no way to stop a query half-way, so the
store ends the whole process when a query overruns; see
:mod:`portsmouth.store.embedded`.
"""

from __future__ import annotations

import resource
import socket
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox

from portsmouth.errors import MemoryLimitError, PortsmouthError, StoreError
from portsmouth.store import engine, frames

#: Bytes of an answer that travel together; the engine itself writes pieces of 8 KiB.
CHUNK = 64 * 1024
_RECEIVE = 256 * 1024


def run(store: ox.Store, channel: socket.socket, memory_mib: int) -> None:
    """Answer queries from a channel until its other end is closed.

    :param store: the snapshot.
    :param channel: a connected stream socket that speaks :mod:`portsmouth.store.frames`.
    :param memory_mib: MiB that this process may take beyond what it has now.
    """
    _limit_memory(memory_mib)
    reader = frames.Reader()
    while data := channel.recv(_RECEIVE):
        for frame in reader.feed(data):
            _answer(store, channel, frame.body, memory_mib)


def _limit_memory(memory_mib: int) -> None:
    """Bound the address space: growth beyond the budget fails inside this process alone."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[0])
        bound = pages * resource.getpagesize() + (memory_mib << 20)
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    # A worker that dies by a limit is expected and needs no core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(store: ox.Store, channel: socket.socket, body: bytes, memory_mib: int) -> None:
    try:
        evaluation = engine.evaluate(store, frames.unpack_query(body))
        head = frames.pack(frames.HEAD, f"{evaluation.kind} {evaluation.media_type}".encode())
        output = _ChannelFile(channel, head)
        evaluation.write(output)
        output.finish()
    except MemoryError:
        channel.sendall(frames.pack_error(MemoryLimitError(memory_mib)))
    except PortsmouthError as error:
        channel.sendall(frames.pack_error(error))
    except OSError:
        raise
    except Exception as error:  # whatever it is, the client is told and this worker goes on
        told = StoreError(f"found {type(error).__name__}: {error}; expected an answer")
        channel.sendall(frames.pack_error(told))


class _ChannelFile:
    """A binary file whose bytes go out as ``DATA``, the head before the first of them.

    Keeping the head until there is a chunk lets an error that comes before any
    output still be told as an error.
    """

    def __init__(self, channel: socket.socket, head: bytes) -> None:
        self._channel = channel
        self._head = head
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        self._pending += data
        if len(self._pending) >= CHUNK:
            self._channel.sendall(self._take())
        return len(data)

    def flush(self) -> None:
        """Do nothing: the engine flushes at the end of an answer, and so does :meth:`finish`."""

    def finish(self) -> None:
        self._channel.sendall(self._take() + frames.pack(frames.END))

    def _take(self) -> bytes:
        data = self._head + (frames.pack(frames.DATA, bytes(self._pending)) if self._pending else b"")
        self._head = b""
        self._pending.clear()
        return data


def open_snapshot(path: Path) -> ox.Store:
    """Load a snapshot: an N-Quads file into memory, a directory read-only from disk.

    :param path: what :mod:`portsmouth.store.embedded` names as the snapshot.
    """
    if path.is_dir():
        return ox.Store.read_only(str(path))
    store = ox.Store()
    with suppress(FileNotFoundError):
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    return store
