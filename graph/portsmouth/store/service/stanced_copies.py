"""Copies of what another service holds, in stores that know stances, which the service does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.protocol import Answer, Query

#: Seconds between looks whether a former copy still answers.
_BETWEEN_LOOKS: Final = 0.2


class StancedCopies:
    """The copy of the present data, and former ones as long as they answer.

    :param fetch: returns the data as N-Quads.
    :param limits: what a query may take.
    """

    def __init__(self, fetch: Callable[[], Awaitable[bytes]], limits: Limits) -> None:
        self._fetch = fetch
        self._limits = limits
        self._making = asyncio.Lock()
        self._copy: EmbeddedStore | None = None
        self._former: dict[EmbeddedStore, asyncio.Task[None]] = {}

    async def query(self, query: Query, snapshot: str) -> Answer:
        """Answer a query from a copy, which is made if there is none of the present data.

        :param query: the question.
        :param snapshot: the id of the present data.
        :raises PortsmouthError: as :meth:`portsmouth.store.protocol.Store.query`.
        """
        async with self._making:
            if self._copy is None or self._copy.snapshot != snapshot:
                data = await self._fetch()
                former, self._copy = (
                    self._copy,
                    EmbeddedStore.from_nquads(data, snapshot=snapshot, limits=self._limits),
                )
                if former:
                    self._former[former] = asyncio.create_task(self._end(former))
            store = self._copy
        return await store.query(query)

    async def _end(self, store: EmbeddedStore) -> None:
        """End a former copy once it has answered whatever it was asked."""
        while not store.places.idle:
            await asyncio.sleep(_BETWEEN_LOOKS)
        await store.aclose()
        del self._former[store]

    async def aclose(self) -> None:
        """End all copies, whatever they are asked."""
        for store, ending in list(self._former.items()):
            ending.cancel()
            await store.aclose()
        self._former.clear()
        if self._copy:
            await self._copy.aclose()
            self._copy = None
