"""What is made of a whole snapshot, once: kept until the store shows another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from portsmouth.store.protocol import Store

T = TypeVar("T")


class Kept(Generic[T]):
    """A value that follows from the store's present snapshot.

    :param store: the store.
    :param make: makes the value.
    """

    def __init__(self, store: Store, make: Callable[[], Awaitable[T]]) -> None:
        self._store = store
        self._make = make
        self._making = asyncio.Lock()
        self._kept: tuple[str, T] | None = None

    async def get(self) -> T:
        """Return the value.

        :raises StoreError: the store could not be read.
        """
        async with self._making:
            snapshot = self._store.snapshot
            if self._kept is None or self._kept[0] != snapshot:
                self._kept = (snapshot, await self._make())
            return self._kept[1]
