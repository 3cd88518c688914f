"""Lending connections where the system does not give what it takes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from portsmouth.store.limits import Limits
from portsmouth.store.processes import lending
from portsmouth.store.processes.lending import Lanes, Speaking
from portsmouth.store.processes.nursery import Worker

pytestmark = pytest.mark.skipif(not lending.POSSIBLE, reason="connections are lent on Linux only")


class Workers:
    """Counts workers that are asked for."""

    def __init__(self) -> None:
        self.limits = Limits()
        self.asked = 0

    def idle_worker(self, stance: object) -> None:
        self.asked += 1

    async def new_worker(self) -> Worker:
        self.asked += 1
        raise AssertionError("found a worker that is asked for; expected none where it cannot be used")

    def give_back(self, worker: Worker, reusable: bool) -> None:
        raise AssertionError

    def to_catch_up(self, worker: Worker) -> bytes | None:
        raise AssertionError


class Connection:
    """A connection that stays where it is."""

    def fileno(self) -> int:
        raise AssertionError

    def returned(self, unread: bytes, unsent: bytes, *, again: bool) -> None:
        raise AssertionError

    def failed(self, error: object, called: bytes, seconds: float) -> None:
        raise AssertionError


def test_no_worker_is_taken_where_there_is_no_shared_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    monkeypatch.setattr(lending, "_SHARED", nowhere)
    monkeypatch.setattr(tempfile, "tempdir", str(nowhere))
    workers = Workers()

    async def lend() -> None:
        lanes = Lanes(workers, Speaking("no:module", {}, 2))
        for _ in range(5):
            assert not lanes.lend(Connection())
            await asyncio.sleep(0.01)

    asyncio.run(lend())
    assert workers.asked == 0
