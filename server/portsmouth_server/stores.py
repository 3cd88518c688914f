"""Choosing the store that a server needs: one that is only read, or one that can be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from portsmouth.errors import ParameterError, StoreError
from portsmouth.passing import passing_folder
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.persistence import filling, forms
from portsmouth.store.persistence.bulk import estimated_mib, rewrite
from portsmouth.store.persistence.progress import Report
from portsmouth.store.persistence.replacing import origin
from portsmouth.store.protocol import Store
from portsmouth_server.settings import Settings

if TYPE_CHECKING:
    from portsmouth.store.processes.prepared import Prepared
    from portsmouth.store.remote import RemoteStore


def open_store(
    data: bytes, settings: Settings, *, snapshot: str | None = None, directory: Path | None = None
) -> EmbeddedStore:
    """Make the store that a server answers from.

    :param data: the dataset as N-Quads, its default graph included.
    :param settings: limits, whether anybody may write, and what the default graph then is.
    :param snapshot: the dataset's id; the hash of the data unless given.
    :param directory: where the data are kept; in memory unless given.
    :raises StoreError: the directory cannot be used.

    >>> open_store(b"", Settings()).writable
    False
    """
    limits = settings.limits
    if settings.writing:
        return _writable(data, settings, snapshot, directory)
    if directory:
        return EmbeddedStore.from_directory(directory, data, snapshot=snapshot, limits=limits)
    return EmbeddedStore.from_nquads(data, snapshot=snapshot, limits=limits)


def open_built(
    path: Path,
    settings: Settings,
    *,
    snapshot: str,
    directory: Path | None,
    prepared: Prepared | None,
    on_close: Callable[[], None],
) -> EmbeddedStore:
    """Make the store that a server answers from, of a file that has been made for it.

    :param path: the dataset as N-Quads, its default graph included.
    :param settings: limits, whether anybody may write, and what the default graph then is.
    :param snapshot: the dataset's id.
    :param directory: where the data are kept; in memory where not given.
    :param prepared: a fork server that has been told to load the file.
    :param on_close: called as soon as the file and the fork server are of no more use.
    :raises StoreError: the directory cannot be used.
    """
    if directory is None and not settings.writing:
        return EmbeddedStore(
            path, snapshot=snapshot, limits=settings.limits, on_close=on_close, prepared=prepared
        )
    data = path.read_bytes()
    on_close()
    return open_store(data, settings, snapshot=snapshot, directory=directory)


def _writable(data: bytes, settings: Settings, snapshot: str | None, directory: Path | None) -> EmbeddedStore:
    # Most servers are only read.
    from portsmouth.store.writable import WritableStore

    limits, merged = settings.limits, settings.dataset == "merged"
    if directory and origin(directory):
        return WritableStore.on_disk(directory, data, snapshot=snapshot, merged=merged, limits=limits)
    if directory:
        in_memory = settings.hold == "memory" or (
            settings.hold == "auto" and forms.estimated_mib(directory, data) <= settings.data_memory
        )
        make = WritableStore.kept if in_memory else WritableStore.on_disk
        return make(directory, data, snapshot=snapshot, merged=merged, limits=limits)
    return WritableStore.in_memory(data, snapshot=snapshot, merged=merged, limits=limits)


@contextmanager
def store_of_file(
    path: Path, settings: Settings, report: Report = lambda _: None
) -> Iterator[tuple[EmbeddedStore, str]]:
    """Make a store of a file's data: in memory while they fit its budget, on disk beyond.

    :param path: N-Quads, packed by gzip or not.
    :param settings: the budget, limits, whether anybody may write, and what the default graph is.
    :param report: is told how far the loading has come, where the data go on disk.
    :return: the store, which has to be closed before the context is left, and where it holds the data.
    :raises PortsmouthError: the file cannot be read.
    """
    merged = settings.dataset == "merged"
    with passing_folder() as folder:
        try:
            needed = estimated_mib(path, merged=merged)
            fits = needed <= settings.data_memory
            where = f"{path.name} takes about {needed:,} MiB in memory, of {settings.data_memory:,} allowed: "
            if settings.hold == "memory" or (settings.hold == "auto" and fits):
                target = folder / "data.nq"
                digest = rewrite(path, target, merged=merged).digest
                opened = _in_memory(target, f"{digest}-{settings.dataset}", settings)
                where += "held in memory."
            else:
                directory = folder / "store"
                filling.load(directory, path, merged=merged, report=report)
                opened = open_store(b"", settings, directory=directory)
                where += "held on disk until the server ends; `portsmouth load --store DIR` would keep it."
        except OSError as error:
            raise StoreError(f"found {error}; expected to be able to read {path}") from error
        yield opened, where


def _in_memory(path: Path, snapshot: str, settings: Settings) -> EmbeddedStore:
    if settings.writing:
        return open_store(path.read_bytes(), settings, snapshot=snapshot)
    return EmbeddedStore(path, snapshot=snapshot, limits=settings.limits)


def remote_store(settings: Settings) -> RemoteStore:
    """Make the store that asks the service which the settings name.

    :param settings: its address, what it may be shown, limits, and whose default graph is asked.
    :raises ParameterError: the settings ask for what can only be done in a store of the server's own.

    >>> remote_store(Settings(endpoint="http://localhost:7878/query")).writable
    False
    """
    # Only this store needs an HTTP client.
    from portsmouth.store.remote import RemoteStore

    if settings.writing:
        raise ParameterError("a token and an endpoint", "no token: the service is written by its own means")
    merged = settings.dataset == "merged"
    return RemoteStore(
        settings.endpoint,
        credentials=settings.service_credentials,
        limits=settings.limits,
        dataset="merged" if merged else "plain",
    )


def lifetime_of_writes(store: Store, directory: Path | None) -> str:
    """Say how long what is written lasts, and whether anything has been; nothing where nobody can write.

    :param store: the store.
    :param directory: where its data are kept, if anywhere.
    """
    if not store.writable:
        return ""
    from portsmouth.store.writable import WritableStore

    if not isinstance(store, WritableStore):
        return ""
    if directory is None:
        return "What is written is kept in memory and ends with the server; --store DIR would keep it."
    if store.writes:
        return f"{directory} has been written {store.writes} times and is served as it stands."
    return f"What is written is kept in {directory}."
