"""Which workers can go along with what has been written, and what is kept for that."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from portsmouth.store.processes import frames
from portsmouth.store.writing.following import Following


def worker(snapshot: str, present: str) -> Any:
    """Return what is asked of a worker here."""

    class Known(SimpleNamespace):
        @property
        def is_current(self) -> bool:
            return bool(self.snapshot == present)

    return Known(snapshot=snapshot, followed=0, base=Path("0"), nursery=SimpleNamespace(base=Path("0")))


def test_a_worker_is_told_of_every_small_write_that_it_has_missed() -> None:
    following = Following()
    for before, after, data in (("a", "b", b"1"), ("b", "c", b"2"), ("c", "d", b"3")):
        following.note(before, after, data)
    late = worker("b", "d")
    assert following.to_catch_up(late) == frames.pack(frames.FOLLOW, b"2") + frames.pack(frames.FOLLOW, b"3")
    assert (late.snapshot, late.followed, following.to_catch_up(late)) == ("d", 2, b"")


def test_nobody_goes_along_with_a_great_write_and_it_is_not_kept() -> None:
    following = Following()
    for before, after, data in (("a", "b", b"1"), ("b", "c", bytes(1 << 20)), ("c", "d", b"3")):
        following.note(before, after, data)
    assert [following.to_catch_up(worker(late, "d")) for late in "ab"] == [None, None]
    assert following.to_catch_up(worker("c", "d")) == frames.pack(frames.FOLLOW, b"3")
    assert sum(len(data) for _, data in following._recent.values()) == 1


def test_a_worker_that_has_missed_too_many_is_replaced() -> None:
    following = Following()
    for number in range(100):
        following.note(str(number), str(number + 1), b"x")
    assert following.to_catch_up(worker("0", "100")) is None
    assert following.can_follow(worker("90", "100"))
    assert not following.can_follow(worker("10", "100"))
