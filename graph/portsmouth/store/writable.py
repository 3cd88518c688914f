"""The embedded store that can be written.

::

    async with WritableStore.in_memory(data) as store:
        await store.update(Update("INSERT DATA { GRAPH <http://g> { <http://s> <http://p> 1 } }"))

A write is evaluated by a worker, with the deadline and the memory of a query; what
comes of it is the change that it makes, or an error that changes nothing. The store
then keeps the change (:mod:`portsmouth.store.persistence.primary`), tells the workers that serve
connections, and only then says that it is done. The fork server, and workers that
wait, are told of several writes together, at the latest when they are next needed.
Writes are done one after another; queries that run meanwhile finish on the snapshot
on which they began, and their workers then go along with what has been written.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from portsmouth.errors import PortsmouthError, StoreError
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.persistence import forms
from portsmouth.store.persistence.disk import DiskPrimary
from portsmouth.store.persistence.keeping import Keeper
from portsmouth.store.persistence.memory import MemoryPrimary
from portsmouth.store.persistence.primary import Opened, Primary
from portsmouth.store.persistence.trouble import unusable
from portsmouth.store.processes import frames
from portsmouth.store.processes.answer import no_other
from portsmouth.store.processes.nursery import Worker
from portsmouth.store.protocol import GraphWrite, Update, Written
from portsmouth.store.writing.following import Following, is_small
from portsmouth.store.writing.rebasing import Rebasing
from portsmouth.store.writing.turns import Turns

#: Graphs whose versions are remembered.
_VERSIONS: Final = 10_000
#: Seconds for which a worker may write the dataset to a file.
_WRITING_A_BASE: Final = 3600.0
_CLOSED: Final = "found the store closed; expected it to be open"


class WritableStore(EmbeddedStore):
    """Answers queries about the present snapshot of a dataset, and carries out updates of it.

    :param primary: where the data are kept; opened here and closed with the store.
    :param merged: whether the default graph is derived: every triple of the named graphs, once. It then
        follows every write, and cannot be written itself.
    :param limits: what a query or a write may take.
    :raises StoreError: the data cannot be opened.
    """

    def __init__(self, primary: Primary, *, merged: bool = True, limits: Limits | None = None) -> None:
        self._primary = primary
        self._merged = merged
        self._opened: Opened = primary.open()
        self._number = self._opened.number
        self._turns = Turns((limits or Limits()).queue_seconds, self._readers)
        self._keeper = Keeper(primary, self._turns.refuse)
        self._rebasing = Rebasing(self, primary)
        self._committing: set[asyncio.Task[Written]] = set()
        self._versions: dict[str | None, str | None] = {}
        self._following = Following()
        self._warming: asyncio.Task[None] | None = None
        super().__init__(
            self._opened.path,
            snapshot=self._opened.snapshot(self._number),
            limits=limits,
            on_close=primary.close,
            journals=self._opened.journals,
        )

    @classmethod
    def in_memory(
        cls, data: bytes, *, snapshot: str | None = None, merged: bool = True, limits: Limits | None = None
    ) -> Self:
        """Make a store that holds a dataset in memory, where what is written ends with the store.

        :param data: the dataset as N-Quads, its default graph included.
        :param snapshot: its id; the hash of the data unless given.
        :param merged: whether the default graph is derived.
        :param limits: what a query or a write may take.
        """
        primary = MemoryPrimary(data, snapshot or hashlib.sha256(data).hexdigest())
        return cls(primary, merged=merged, limits=limits)

    @classmethod
    def kept(
        cls,
        directory: Path,
        data: bytes,
        *,
        snapshot: str | None = None,
        merged: bool = True,
        limits: Limits | None = None,
    ) -> Self:
        """Make a store that holds a dataset in memory, and keeps it on disk with what is written.

        :param directory: where it is kept. If it has been written it is taken as it is, in memory or
            on disk, whatever ``data`` are.
        :param data: the dataset as N-Quads, its default graph included.
        :param snapshot: its id; the hash of the data unless given.
        :param merged: whether the default graph is derived.
        :param limits: what a query or a write may take.
        :raises StoreError: the directory cannot be used, or another process writes it.
        """
        snapshot = snapshot or hashlib.sha256(data).hexdigest()
        with _usable(directory):
            forms.into_memory(directory, merged=merged)
        return cls(MemoryPrimary(data, snapshot, directory, merged=merged), merged=merged, limits=limits)

    @classmethod
    def on_disk(
        cls,
        directory: Path,
        data: bytes,
        *,
        snapshot: str | None = None,
        merged: bool = True,
        limits: Limits | None = None,
    ) -> Self:
        """Make a store that reads a dataset from disk, and keeps there what is written.

        :param directory: where it is kept. If it has been written it is taken as it is, in memory or
            on disk, whatever ``data`` are.
        :param data: the dataset as N-Quads, its default graph included.
        :param snapshot: its id; the hash of the data unless given.
        :param merged: whether the default graph is derived.
        :param limits: what a query or a write may take.
        :raises StoreError: the directory cannot be used, or another process writes it.
        """
        snapshot = snapshot or hashlib.sha256(data).hexdigest()
        with _usable(directory):
            forms.out_of_memory(directory)
        return cls(DiskPrimary(directory, data, snapshot, merged=merged), merged=merged, limits=limits)

    @property
    def writable(self) -> bool:
        """Whether anything can be changed."""
        return True

    @property
    def writes(self) -> int:
        """How many writes the dataset has seen, those before this start included."""
        return self._number

    async def update(self, update: Update) -> Written:
        """Carry out an update; see :meth:`portsmouth.store.protocol.Store.update`.

        :raises PortsmouthError: as the protocol says.
        """

        def instead(reason: str) -> bytes | None:
            text = self.fallen.other(update.text, reason)
            return None if text is None else frames.pack_update(replace(update, text=text))

        return await self._write(frames.pack_update(update), update.deadline, instead)

    async def write_graph(self, write: GraphWrite) -> Written:
        """Write one graph; see :meth:`portsmouth.store.protocol.Store.write_graph`.

        :raises PortsmouthError: as the protocol says.
        """
        return await self._write(frames.pack_write(write), write.deadline)

    async def graph_version(self, graph: str | None) -> str | None:
        """Return the version of a graph, which changes exactly when its content does.

        :param graph: its IRI; ``None`` is the default graph.
        :return: the version; ``None`` where there is no such graph.
        :raises PortsmouthError: as :meth:`query`.
        """
        if graph in self._versions:
            return self._versions[graph]
        answer = await self._ask(frames.pack(frames.VERSION, json.dumps(graph).encode()))
        found = b"".join([chunk async for chunk in answer]).decode() or None
        if answer.snapshot == self._snapshot and len(self._versions) < _VERSIONS:
            self._versions[graph] = found
        return found

    async def aclose(self) -> None:
        """End everything; a write that is being kept is finished first, and those that wait are refused."""
        self._turns.refuse(_CLOSED)
        if self._committing:
            await asyncio.wait(self._committing)
        await self._rebasing.aclose()
        if self._nursery and self._nursery.alive:
            await self._rebasing.make_last()
        if self._warming:
            await asyncio.wait((self._warming,))
        await super().aclose()

    async def _write(
        self,
        message: bytes,
        deadline: float | None,
        instead: Callable[[str], bytes | None] = no_other,
    ) -> Written:
        await self._turns.take()
        try:
            effect, data = await self._evaluate(message, deadline, instead)
            # Whoever closes the store has waited for what was being kept before, and for nothing else.
            self._turns.check()
            if not effect["graphs"]:
                self._turns.end()
                return Written(self._snapshot, 0, 0, created=False)
            if is_small(data) and self._keeper.is_quick and not self._starting.locked():
                # Another thread would take longer over it than the disk does.
                self._keeper.keep(self._number + 1, data)
                written = self._go_on(effect, data)
                self._turns.end()
                return written
        except BaseException:
            self._turns.end()
            raise
        # A client that leaves now must not leave a write half kept.
        task = asyncio.create_task(self._commit(effect, data))
        self._committing.add(task)
        task.add_done_callback(self._committed)
        return await asyncio.shield(task)

    def _committed(self, task: asyncio.Task[Written]) -> None:
        self._committing.discard(task)
        self._turns.end()
        # Whoever asked may be gone, and an exception that nobody fetches would be reported.
        if not task.cancelled():
            task.exception()

    async def _evaluate(
        self, message: bytes, deadline: float | None, instead: Callable[[str], bytes | None]
    ) -> tuple[dict[str, Any], bytes]:
        """Let a worker say what a write changes: what is to be told of it, and the change as bytes."""
        rules = {
            "merged": self._merged,
            "hosts": sorted(self._limits.service_hosts),
            "seconds": deadline or self._limits.deadline,
        }
        rules_message = frames.pack(frames.RULES, json.dumps(rules).encode())
        # The worker may have to try the write on the data that it has, and cannot go back.

        def with_rules(reason: str) -> bytes | None:
            other = instead(reason)
            return other and rules_message + other

        answer = await self._ask(
            rules_message + message, deadline=deadline, reusable=False, instead=with_rules
        )
        return json.loads(answer.media_type), b"".join([chunk async for chunk in answer])

    async def _commit(self, effect: dict[str, Any], data: bytes) -> Written:
        # A fork server that is started meanwhile could miss the write.
        async with self._starting:
            base = await asyncio.to_thread(self._keep, data)
            written = self._go_on(effect, data, base)
            if base:
                try:
                    await self._rebasing.settle(self._number)
                except (PortsmouthError, OSError):
                    self._rebasing.postpone()
        if base:
            self._rebasing.release_former()
        return written

    def _keep(self, data: bytes) -> Path | None:
        """Keep a write; return a base that has it, if it is great: then no worker has to carry it out."""
        number = self._number + 1
        self._keeper.keep(number, data)
        return None if is_small(data) else self._rebasing.made_at_once(number)

    def _go_on(self, effect: dict[str, Any], data: bytes, base: Path | None = None) -> Written:
        """Show a write that is kept: whatever is asked once this returns is answered with it.

        :param base: a base that has it, if one has been made.
        """
        if base:
            self._rebasing.supersede(base)
        self._number += 1
        snapshot = self._opened.snapshot(self._number)
        self._following.note(self._snapshot, snapshot, data)
        if self._nursery and self._nursery.alive:
            # One that ends now will find everything when it is started anew.
            self._nursery.follow(self._path, snapshot, self._number)
        self._snapshot = snapshot
        # Only now: until here, versions of the former snapshot were still being noted.
        for graph in effect["graphs"]:
            self._versions.pop(graph, None)
        self.bring_up_to_date(now=not is_small(data))
        if not base:
            self._rebasing.begin_if_wanted()
        return Written(snapshot, effect["added"], effect["removed"], effect["created"])

    def to_catch_up(self, worker: Worker) -> bytes | None:
        """Return what has to be told a worker; see :class:`EmbeddedStore`."""
        return self._following.to_catch_up(worker)

    def bring_up_to_date(self, *, now: bool = False) -> None:
        """Let workers go along with what has been written, or have another ready.

        :param now: whether those that wait are told at once, and not only when they are next needed.
        """
        if self._lanes:
            self._lanes.bring_up_to_date()
        if self._idle and not now and not self._following.due:
            return
        self._following.told()
        # Those that were needed last are last.
        needed = list(self._idle)[-self._limits.short :]
        for worker in list(self._idle):
            if not (
                self._up_to_date(worker) if now or worker in needed else self._following.can_follow(worker)
            ):
                self._idle.remove(worker)
                worker.end()
        if not self._idle and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm())

    @property
    def base(self) -> Path:
        """The base from which whoever starts from now on starts; see :class:`.rebasing.Rebased`."""
        return self._path

    @base.setter
    def base(self, path: Path) -> None:
        self._path = path

    def between_writes(self) -> AbstractAsyncContextManager[None]:
        """Have nothing written meanwhile; see :class:`.rebasing.Rebased`."""
        return self._turns.between()

    def between_starts(self) -> AbstractAsyncContextManager[None]:
        """Have no fork server started meanwhile; see :class:`.rebasing.Rebased`."""
        return self._starting

    async def write_base(self, file: Path) -> None:
        """Have a worker write the dataset as it is now to a file; see :class:`.rebasing.Rebased`."""
        message = frames.pack(frames.KEEP, os.fsencode(file))
        async for _ in await self._ask(message, deadline=_WRITING_A_BASE, reusable=False):
            pass

    async def start_from_base(self) -> None:
        """Have the fork server go on from the present base; see :class:`.rebasing.Rebased`."""
        if self._nursery and self._nursery.alive:
            with suppress(StoreError):
                await self._nursery.advance(self._path, self._snapshot, self._number)

    def forked(self) -> list[Worker]:
        """Return the workers that have not ended; see :class:`.rebasing.Rebased`."""
        return self._nursery.alive_workers() if self._nursery else []

    def _readers(self) -> set[int]:
        """Return the processes that read."""
        return {worker.pid for worker in self.forked()} - {worker.pid for worker in self._idle}

    async def new_worker(self) -> Worker:
        """Return a worker that has just been forked; see :class:`EmbeddedStore`."""
        self._rebasing.watch()
        if self._warming and not self._warming.done():
            # One is on its way already, and two forks at a time take twice as long.
            await asyncio.shield(self._warming)
            if worker := self.idle_worker(None):
                return worker
        return await super().new_worker()

    async def _warm(self) -> None:
        """Have a worker of the new snapshot ready for whoever comes next."""
        nursery = self._nursery
        if self._idle or not (nursery and nursery.alive):
            return
        with suppress(StoreError, OSError):
            self._idle.append(await nursery.fork())


@contextmanager
def _usable(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        otherwise = f"found that {directory} cannot be used ({error}); expected a folder to keep the data in"
        raise unusable(directory, error, otherwise) from error
