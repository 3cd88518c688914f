"""The embedded store that can be written.

::

    async with WritableStore.in_memory(data) as store:
        await store.update(Update("INSERT DATA { GRAPH <http://g> { <http://s> <http://p> 1 } }"))

A write is evaluated by a worker, with the deadline and the memory of a query; what
comes of it is the change that it makes, or an error that changes nothing. The store
then keeps the change (:mod:`portsmouth.store.primary`), tells the workers that serve
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
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from portsmouth.errors import PortsmouthError, StoreBusyError, StoreError
from portsmouth.store import forms, frames
from portsmouth.store.disk import DiskPrimary
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.following import Following, is_small
from portsmouth.store.limits import Limits
from portsmouth.store.memory import MemoryPrimary
from portsmouth.store.nursery import Worker
from portsmouth.store.pacing import Pace, waited
from portsmouth.store.primary import Opened, Primary
from portsmouth.store.protocol import GraphWrite, Update, Written

#: Graphs whose versions are remembered.
_VERSIONS: Final = 10_000
#: Seconds in which a disk that is quick says that a write is there, by the median of so many writes.
_QUICK, _QUICK_WRITES = 0.0005, 15
#: Seconds between looks at data that may not be at rest yet.
_BETWEEN_LOOKS: Final = 5.0
#: Seconds for which a worker may write the dataset to a file.
_KEEPING: Final = 3600.0


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
        self._writing = asyncio.Lock()
        self._committing: set[asyncio.Task[Written]] = set()
        self._versions: dict[str | None, str | None] = {}
        self._superseded: set[Path] = set()
        self._following = Following()
        # How long the disk has taken over the last writes.
        self._syncs: deque[float] = deque(maxlen=_QUICK_WRITES)
        self._pace = Pace()
        self._rebasing: asyncio.Task[None] | None = None
        self._making_base = False
        # What of that takes long, and can be given up.
        self._keeping: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        #: Why nothing can be written any more, if so.
        self._broken = ""
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
        return await self._write(frames.pack_update(update), update.deadline)

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
        """End everything; a write that is being kept is finished first."""
        if self._committing:
            await asyncio.wait(self._committing)
        if self._looking:
            self._looking.cancel()
        if self._keeping:
            self._keeping.cancel()
        if self._rebasing:
            await asyncio.wait((self._rebasing,))
        if self._primary.wants_base_at_rest and self._nursery and self._nursery.alive:
            await self._rebase()
        if self._warming:
            await asyncio.wait((self._warming,))
        await super().aclose()

    async def _write(self, message: bytes, deadline: float | None) -> Written:
        await self._take_turn()
        began = time.monotonic()
        try:
            effect, data = await self._evaluate(message, deadline)
            if not effect["graphs"]:
                self._end_turn(began)
                return Written(self._snapshot, 0, 0, created=False)
            if is_small(data) and self._disk_is_quick() and not self._starting.locked():
                # Another thread would take longer over it than the disk does.
                self._keep(data)
                written = self._go_on(effect, data)
                self._end_turn(began)
                return written
        except BaseException:
            self._end_turn(began)
            raise
        # A client that leaves now must not leave a write half kept.
        task = asyncio.create_task(self._commit(effect, data))
        self._committing.add(task)
        task.add_done_callback(partial(self._committed, began))
        return await asyncio.shield(task)

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._limits.queue_seconds):
                await self._writing.acquire()
        except TimeoutError:
            raise StoreBusyError(
                f"found other writes, and none ending within {self._limits.queue_seconds:g} seconds; "
                "expected a turn: try again later"
            ) from None
        if self._broken:
            self._writing.release()
            raise StoreError(self._broken)
        try:
            if pause := self._pause():
                await asyncio.sleep(pause)
        except BaseException:
            self._writing.release()
            raise

    def _pause(self) -> float:
        """Return for how many seconds a write has to let readers go first."""
        now = time.monotonic()
        if self._pace.due(now) and self._nursery:
            readers = {worker.pid for worker in self._nursery.alive_workers()}
            readers.difference_update(worker.pid for worker in self._idle)
            self._pace.look(now, {pid: waited(pid) for pid in readers})
        return self._pace.pause(now)

    def _end_turn(self, began: float) -> None:
        self._pace.ended(began, time.monotonic())
        self._writing.release()

    def _committed(self, began: float, task: asyncio.Task[Written]) -> None:
        self._committing.discard(task)
        self._end_turn(began)
        # Whoever asked may be gone, and an exception that nobody fetches would be reported.
        if not task.cancelled():
            task.exception()

    async def _evaluate(self, message: bytes, deadline: float | None) -> tuple[dict[str, Any], bytes]:
        """Let a worker say what a write changes: what is to be told of it, and the change as bytes."""
        rules = {
            "merged": self._merged,
            "hosts": sorted(self._limits.service_hosts),
            "seconds": deadline or self._limits.deadline,
        }
        rules_message = frames.pack(frames.RULES, json.dumps(rules).encode())
        # The worker may have to try the write on the data that it has, and cannot go back.
        answer = await self._ask(rules_message + message, deadline=deadline, reusable=False)
        return json.loads(answer.media_type), b"".join([chunk async for chunk in answer])

    async def _commit(self, effect: dict[str, Any], data: bytes) -> Written:
        # A fork server that is started meanwhile could miss the write.
        async with self._starting:
            base = await asyncio.to_thread(self._keep if is_small(data) else self._keep_much, data)
            written = self._go_on(effect, data, base)
            if base:
                try:
                    await self._start_from_base(self._number)
                except (PortsmouthError, OSError):
                    # The journal is longer than it need be, and that is all.
                    self._primary.postpone()
        if base:
            self._let_go_of_former_bases()
        return written

    def _go_on(self, effect: dict[str, Any], data: bytes, base: Path | None = None) -> Written:
        """Show a write that is kept: whatever is asked once this returns is answered with it.

        :param base: a base that has it, if one has been made.
        """
        if base:
            self._superseded.add(self._path)
            self._path = base
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
        self._bring_up_to_date(now=not is_small(data))
        if not base:
            self._rebase_if_wanted()
        return Written(snapshot, effect["added"], effect["removed"], effect["created"])

    def _keep(self, data: bytes) -> None:
        """Keep a write; once this returns it outlives the process, where the dataset does."""
        began = time.perf_counter()
        try:
            self._primary.commit(self._number + 1, data)
        except StoreError:
            raise
        except Exception as error:
            # It is in the journal, and is done when the store is next opened; until then nothing is certain.
            self._broken = (
                f"found that a write could be noted but not carried out ({error}); "
                "expected room and a sound disk: start the server anew"
            )
            raise StoreError(self._broken) from error
        self._syncs.append(time.perf_counter() - began)

    def _keep_much(self, data: bytes) -> Path | None:
        """Keep a great write, and make a base where that is quick, so that no worker has to carry it out."""
        self._keep(data)
        primary, number = self._primary, self._number + 1
        if not (primary.makes_bases_at_once and primary.wants_base) or self._making_base:
            return None
        try:
            primary.begin_base(number)
            return primary.finish_base(number)
        except OSError:
            primary.postpone()
            return None

    def _disk_is_quick(self) -> bool:
        """Return whether all else may wait for the disk as long as it usually takes over a write."""
        return len(self._syncs) == _QUICK_WRITES and sorted(self._syncs)[_QUICK_WRITES // 2] < _QUICK

    def to_catch_up(self, worker: Worker) -> bytes | None:
        """Return what has to be told a worker; see :class:`EmbeddedStore`."""
        return self._following.to_catch_up(worker)

    def _bring_up_to_date(self, *, now: bool = False) -> None:
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

    def _rebase_if_wanted(self) -> None:
        if self._primary.wants_base and (self._rebasing is None or self._rebasing.done()):
            self._rebasing = asyncio.create_task(self._rebase())

    async def _look(self) -> None:
        """Wait until the data are at rest, and have workers start from them as they are then."""
        resting = False
        while not resting:
            await asyncio.sleep(_BETWEEN_LOOKS)
            try:
                resting = await asyncio.to_thread(self._primary.look)
            except OSError:
                return
        self._rebase_if_wanted()

    async def _rebase(self) -> None:
        """Make a new base, so that the journal does not grow without end."""
        try:
            async with self._writing:
                self._making_base = True
                number = self._number
                file = await asyncio.to_thread(self._primary.begin_base, number)
            if file:
                self._keeping = asyncio.create_task(self._write_base(file))
                await asyncio.wait((self._keeping,))
                if self._keeping.cancelled():
                    return
                self._keeping.result()
            path = await asyncio.to_thread(self._primary.finish_base, number)
            async with self._starting:
                if path != self._path:
                    self._superseded.add(self._path)
                    self._path = path
                await self._start_from_base(number)
        except (PortsmouthError, OSError):
            # What there was before serves as well, only longer.
            self._primary.postpone()
            return
        finally:
            self._making_base = False
        self._bring_up_to_date(now=True)
        self._let_go_of_former_bases()

    async def _start_from_base(self, number: int) -> None:
        """Have whoever starts from now on start from the present base.

        :param number: the writes that it has.
        """
        if self._nursery and self._nursery.alive:
            with suppress(StoreError):
                await self._nursery.advance(self._path, self._snapshot, self._number)
        await asyncio.to_thread(self._primary.settle, number)

    def _let_go_of_former_bases(self) -> None:
        for worker in self._nursery.alive_workers() if self._nursery else ():
            if worker.base in self._superseded:
                worker.exited.add_done_callback(lambda _: self._tidy())
        self._tidy()

    async def _write_base(self, file: Path) -> None:
        """Have a worker write the dataset as it is now to a file."""
        message = frames.pack(frames.KEEP, os.fsencode(file))
        async for _ in await self._ask(message, deadline=_KEEPING, reusable=False):
            pass

    def _tidy(self) -> None:
        """Remove former bases from which nobody answers any more."""
        alive = {worker.base for worker in self._nursery.alive_workers()} if self._nursery else set()
        for path in self._superseded - alive:
            self._superseded.discard(path)
            asyncio.get_running_loop().run_in_executor(None, self._primary.release, path)

    async def new_worker(self) -> Worker:
        """Return a worker that has just been forked; see :class:`EmbeddedStore`."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
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
        raise StoreError(
            f"found that {directory} cannot be used ({error}); expected a folder to keep the data in"
        ) from error
