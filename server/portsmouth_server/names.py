"""The names of the present snapshot, which search and whatever asks for things by name share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Protocol, runtime_checkable

from portsmouth.errors import PortsmouthError
from portsmouth.search import Index
from portsmouth.store.protocol import Store
from portsmouth_server.kept import Kept

#: Data of so many bytes have names that take longer to be indexed than anybody should wait.
_MANY: Final = 48 << 20
#: Seconds for which those who have waited for the server to start go first.
_PAUSE: Final = 1.0


@runtime_checkable
class _Weighed(Protocol):
    """A store that holds its data itself."""

    def size(self) -> int: ...


class Names(Kept[Index]):
    """The names of a store: indexed when they are first asked for, and brought up to date after a write.

    :param store: the store.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store, self._index)
        self._asked = store
        self._former: Index | None = None

    async def _index(self) -> Index:
        self._former = await Index.from_store(self._asked, self._former)
        return self._former

    async def make_ahead(self) -> None:
        """Index the names of much data before anybody asks for one; those of little are indexed at once."""
        store = self._asked
        if not isinstance(store, _Weighed):
            return
        await asyncio.sleep(_PAUSE)
        # Whoever asks for a name is told what went wrong.
        with suppress(PortsmouthError, OSError):
            if store.size() > _MANY:
                await self.get()
