"""What is made of a whole snapshot, once: kept until the store shows another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from portsmouth.store.protocol import Store

T = TypeVar("T")

#: Where one write follows another faster than the value is made, an older one must do.
_TRIES: Final = 3


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
            for _ in range(_TRIES):
                snapshot = self._store.snapshot
                if self._kept is None or self._kept[0] != snapshot:
                    self._kept = (snapshot, await self._make())
                # A write in between may have let the value see half of either snapshot.
                if self._store.snapshot == snapshot:
                    break
            assert self._kept is not None  # noqa: S101  # made in the first round at the latest
            return self._kept[1]
