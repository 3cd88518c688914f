"""Networks are made once, kept while their snapshot stands, and let go when there are too many."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from portsmouth.build import build
from portsmouth.errors import ParameterError
from portsmouth.networks import Selection
from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server import kept_networks, names
from portsmouth_server.kept_networks import KeptNetworks


class Renamed:
    """A store whose snapshot can be made another one."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store
        self.snapshot = store.snapshot
        self.asked = 0

    async def query(self, query: Any) -> Any:
        self.asked += 1
        return await self._store.query(query)


@pytest.fixture(scope="module")
def nquads() -> bytes:
    return build().nquads


def run(nquads: bytes, work: Any) -> Any:
    async def within() -> Any:
        async with EmbeddedStore.from_nquads(nquads) as store:
            renamed = Renamed(store)
            return await work(renamed, KeptNetworks(renamed))  # type: ignore[arg-type]

    return asyncio.run(within())


def test_two_who_ask_at_once_share_one_network_which_is_kept(nquads: bytes) -> None:
    async def work(store: Renamed, kept: KeptNetworks) -> None:
        one, other = await asyncio.gather(kept.network(Selection()), kept.network(Selection()))
        asked = store.asked
        assert one is other is await kept.network(Selection())
        assert store.asked == asked
        store.snapshot = "another"
        assert await kept.network(Selection()) is not one

    run(nquads, work)


def test_what_was_not_asked_for_longest_goes_first(nquads: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept_networks, "MOST_NETWORKS", 2)

    async def work(store: Renamed, kept: KeptNetworks) -> None:
        first = await kept.network(Selection())
        await kept.network(Selection(effects=True))
        assert await kept.network(Selection()) is first
        await kept.network(Selection(kind="signing"))
        assert await kept.network(Selection()) is first
        asked = store.asked
        await kept.network(Selection(effects=True))
        assert store.asked > asked

    run(nquads, work)


def test_large_networks_make_room_for_each_other(nquads: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept_networks, "MOST_ARCS", 1)

    async def work(store: Renamed, kept: KeptNetworks) -> None:
        first = await kept.network(Selection())
        await kept.network(Selection(effects=True))
        assert await kept.network(Selection()) is not first

    run(nquads, work)


def test_a_network_that_could_not_be_made_is_not_kept(nquads: bytes) -> None:
    async def work(store: Renamed, kept: KeptNetworks) -> None:
        for _ in range(2):
            with pytest.raises(ParameterError):
                await kept.network(Selection(modes=("loved",)))
        assert await kept.index() is await kept.index()

    run(nquads, work)


@pytest.mark.parametrize("many", [0, 1 << 40])
def test_names_of_much_data_are_indexed_before_anybody_asks(
    nquads: bytes, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(names, "_MANY", many)
    monkeypatch.setattr(names, "_PAUSE", 0.0)

    async def work() -> None:
        async with EmbeddedStore.from_nquads(nquads) as store:
            assert store.size() == len(nquads)
            kept = names.Names(store)
            await kept.make_ahead()
            asked = store.tally.ended.get("ok", 0)
            assert (asked > 0) == (many == 0)
            assert (await kept.get()).search("Komura")
            assert (store.tally.ended.get("ok", 0) == asked) == (many == 0)

    asyncio.run(work())
