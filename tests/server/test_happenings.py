"""What is dated around one thing is the same, whether it is asked for alone or chosen among all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from portsmouth.build import build
from portsmouth.iris import part
from portsmouth.store.embedded import EmbeddedStore
from portsmouth_server.urls import Urls
from portsmouth_server.views.timeline import events
from portsmouth_server.views.timeline.asked import Asked
from portsmouth_server.views.timeline.events import Happening, has_few, read_happenings, read_happenings_of
from portsmouth_server.views.timeline.page import build as timeline
from portsmouth_server.views.timeline.page import busiest, parts_of, shown_of
from portsmouth_server.views.timeline.route import named
from portsmouth_server.views.words import read_words


def told(one: Happening) -> tuple[Any, ...]:
    """All that is told of something dated, rival things in no order."""
    dates = {(date.bounds, date.lasting, frozenset(date.graphs), date.printed) for date in one.dates}
    return one.iri, one.kind, dates, set(one.doers), set(one.others), set(one.sides), one.dispute


def test_asking_for_some_finds_what_choosing_among_all_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            every = await read_happenings(store)
            assert len(every) > 50
            some = [one.iri for one in every][::3]
            beside = {iri for one in every for iri in one.doers}
            found = await read_happenings_of(store, [*some, *beside])
            wanted = [one for one in every if one.iri in {*some, *beside}]
            assert list(map(told, found)) == list(map(told, wanted))
            assert await read_happenings_of(store, beside - set(some)) != found
            assert await has_few(store)
            monkeypatch.setattr(events, "_MANY", 50)
            assert not await has_few(store)

    asyncio.run(ask())


@pytest.mark.parametrize(
    "query", [b"", b"lanes=kind", b"lanes=actor&since=1900&until=1910", b"part=s5", b"since=0001&until=9999"]
)
def test_a_timeline_names_all_that_it_shows(query: bytes) -> None:
    async def ask() -> None:
        async with EmbeddedStore.from_nquads(build().nquads) as store:
            every, asked = await read_happenings(store), Asked.from_address(query)
            parts = {part(key) for one in every for key in parts_of(one)}
            shown = shown_of(every, asked)
            some = await read_words(store, Urls(), "en", named(shown) | busiest(every) | parts)
            whole = await read_words(store, Urls(), "en", named(every))
            assert timeline(every, asked, some) == timeline(every, asked, whole)
            assert len(timeline(every, asked, some).lines) == len(shown) > 0

    asyncio.run(ask())
