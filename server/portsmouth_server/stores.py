"""Choosing the store that a server needs: one that is only read, or one that can be written."""

from __future__ import annotations

from pathlib import Path

from portsmouth.errors import ParameterError
from portsmouth.store import disk
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.protocol import Store
from portsmouth.store.remote import RemoteStore
from portsmouth.store.writable import WritableStore
from portsmouth_server.settings import Settings


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
    limits, merged = settings.limits, settings.dataset == "merged"
    if settings.writing and directory:
        in_memory = settings.hold == "memory" or (
            settings.hold == "auto" and disk.estimated_mib(directory, data) <= settings.data_memory
        )
        make = WritableStore.kept if in_memory else WritableStore.on_disk
        return make(directory, data, snapshot=snapshot, merged=merged, limits=limits)
    if settings.writing:
        return WritableStore.in_memory(data, snapshot=snapshot, merged=merged, limits=limits)
    if directory:
        return EmbeddedStore.from_directory(directory, data, snapshot=snapshot, limits=limits)
    return EmbeddedStore.from_nquads(data, snapshot=snapshot, limits=limits)


def remote_store(settings: Settings) -> RemoteStore:
    """Make the store that asks the service which the settings name.

    :param settings: its address, what it may be shown, limits, and whose default graph is asked.
    :raises ParameterError: the settings ask for what can only be done in a store of the server's own.

    >>> remote_store(Settings(endpoint="http://localhost:7878/query")).writable
    False
    """
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
    if not isinstance(store, WritableStore):
        return ""
    if directory is None:
        return "What is written is kept in memory and ends with the server; --store DIR would keep it."
    if store.writes:
        return f"{directory} has been written {store.writes} times and is served as it stands."
    return f"What is written is kept in {directory}."
