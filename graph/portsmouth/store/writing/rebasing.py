"""Making bases anew, so that the journal does not grow without end, while queries and writes go on.

A base is begun between two writes, made beside them, and takes the place of the former one when the fork
server has gone on from there; only then does the journal lose what the base has. The former one is removed
when the last worker that was forked from it has ended. See :mod:`portsmouth.store.persistence.primary`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol

from portsmouth.errors import PortsmouthError
from portsmouth.store.persistence.primary import Primary
from portsmouth.store.processes.nursery import Worker

#: Seconds between looks at data that may not be at rest yet.
_BETWEEN_LOOKS: Final = 5.0


class Rebased(Protocol):
    """What making a base needs of its store."""

    @property
    def writes(self) -> int:
        """How many writes the dataset has seen."""

    @property
    def base(self) -> Path:
        """The base from which whoever starts from now on starts."""

    @base.setter
    def base(self, path: Path) -> None: ...

    def between_writes(self) -> AbstractAsyncContextManager[None]:
        """Have nothing written meanwhile."""

    def between_starts(self) -> AbstractAsyncContextManager[None]:
        """Have no fork server started, and no base put in another's place, meanwhile."""

    async def write_base(self, file: Path) -> None:
        """Have a worker write the dataset as it is now to a file."""

    async def start_from_base(self) -> None:
        """Have the fork server go on from the present base, as far as there is one."""

    def forked(self) -> Iterable[Worker]:
        """Return the workers that have not ended."""

    def bring_up_to_date(self, *, now: bool = False) -> None:
        """Have workers that wait ready for whoever comes next."""


class Rebasing:
    """The bases of one store.

    :param store: the store.
    :param primary: where its data are kept.
    """

    def __init__(self, store: Rebased, primary: Primary) -> None:
        self._store = store
        self._primary = primary
        self._superseded: set[Path] = set()
        self._making = False
        self._task: asyncio.Task[None] | None = None
        # What of that takes long, and can be given up.
        self._writing_file: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Make a base, too, when the engine has put the data in order and is done with it."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    def begin_if_wanted(self) -> None:
        """Begin to make a base, if one is wanted and none is being made."""
        if self._primary.wants_base and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._rebase())

    def made_at_once(self, number: int) -> Path | None:
        """Make a base that has a write which has just been kept, if one is wanted and is made in a moment.

        It is to be followed by :meth:`supersede`, :meth:`settle` and :meth:`release_former`.

        :param number: the write's number.
        """
        primary = self._primary
        if not (primary.makes_bases_at_once and primary.wants_base) or self._making:
            return None
        try:
            primary.begin_base(number)
            return primary.finish_base(number)
        except OSError:
            primary.postpone()
            return None

    def supersede(self, path: Path) -> None:
        """Put a base in the place of the present one."""
        if path != self._store.base:
            self._superseded.add(self._store.base)
            self._store.base = path

    async def settle(self, number: int) -> None:
        """Have the fork server go on from the present base, and the journal lose what that has.

        :param number: the writes that it has.
        :raises PortsmouthError: that could not be done.
        :raises OSError: that could not be done.
        """
        await self._store.start_from_base()
        await asyncio.to_thread(self._primary.settle, number)

    def postpone(self) -> None:
        """Leave the journal longer than it need be, since a base could not be made or settled on."""
        self._primary.postpone()

    def release_former(self) -> None:
        """Remove former bases, at once or when the last worker that was forked from them has ended."""
        for worker in self._store.forked():
            if worker.base in self._superseded:
                worker.exited.add_done_callback(lambda _: self._tidy())
        self._tidy()

    async def finished(self) -> None:
        """Wait for the base that is being made, if any."""
        if self._task:
            await asyncio.wait((self._task,))

    async def aclose(self) -> None:
        """Make no more bases; one whose making takes long is given up."""
        if self._looking:
            self._looking.cancel()
        if self._writing_file:
            self._writing_file.cancel()
        await self.finished()

    async def make_last(self) -> None:
        """Make a base if one is wanted for being opened quickly again, since nothing more is written."""
        if self._primary.wants_base_at_rest:
            await self._rebase()

    async def _look(self) -> None:
        """Wait until the data are at rest, and have workers start from them as they are then."""
        resting = False
        while not resting:
            await asyncio.sleep(_BETWEEN_LOOKS)
            try:
                resting = await asyncio.to_thread(self._primary.look)
            except OSError:
                return
        self.begin_if_wanted()

    async def _rebase(self) -> None:
        store, primary = self._store, self._primary
        try:
            async with store.between_writes():
                self._making = True
                number = store.writes
                file = await asyncio.to_thread(primary.begin_base, number)
            if file:
                self._writing_file = asyncio.create_task(store.write_base(file))
                await asyncio.wait((self._writing_file,))
                if self._writing_file.cancelled():
                    return
                self._writing_file.result()
            path = await asyncio.to_thread(primary.finish_base, number)
            async with store.between_starts():
                self.supersede(path)
                await self.settle(number)
        except (PortsmouthError, OSError):
            # What there was before serves as well, only longer.
            primary.postpone()
            return
        finally:
            self._making = False
        store.bring_up_to_date(now=True)
        self.release_former()

    def _tidy(self) -> None:
        """Remove former bases from which nobody answers any more."""
        for path in self._superseded - {worker.base for worker in self._store.forked()}:
            self._superseded.discard(path)
            asyncio.get_running_loop().run_in_executor(None, self._primary.release, path)
