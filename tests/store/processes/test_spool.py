"""What waits for a slow reader: in order, in bounds, and gone when it is given up."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from portsmouth.store.processes.spool import MEMORY, Room, Spool

SIZES = st.sampled_from([1, 100, MEMORY // 3, MEMORY - 1, MEMORY, MEMORY + 1, 2 * MEMORY])


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def drain(spool):
    pieces = []
    while piece := spool.take():
        pieces.append(piece)
    return b"".join(pieces)


@given(st.lists(st.one_of(SIZES, st.none()), max_size=12))
def test_bytes_come_out_as_they_went_in(steps):
    room = Room(64 * MEMORY)
    spool = Spool(room)
    put, taken = [], []
    for number, size in enumerate(steps):
        if size is None:
            taken.append(spool.take())
        else:
            put.append(bytes([number]) * size)
            spool.put(put[-1])
        assert room.taken == sum(map(len, put)) - sum(map(len, taken))
    assert b"".join([*taken, drain(spool)]) == b"".join(put)
    assert (room.taken, spool.in_memory) == (0, True)


@given(st.lists(SIZES, max_size=4), st.integers(0, 3))
def test_what_is_given_up_leaves_its_room_and_its_file(sizes, taken):
    room, files = Room(64 * MEMORY), open_files()
    spool = Spool(room)
    for size in sizes:
        spool.put(b"x" * size)
    for _ in range(taken):
        spool.take()
    spool.close()
    assert (room.taken, spool.take(), open_files()) == (0, b"", files)


def test_one_answer_may_take_a_quarter_of_the_room():
    spool = Spool(Room(8 * MEMORY))
    spool.put(b"x" * (2 * MEMORY - 1))
    assert not spool.full
    spool.put(b"x")
    assert spool.full
    assert not spool.low
    while spool.full or not spool.low:
        assert spool.take()
    spool.close()


def test_answers_share_the_room():
    room = Room(8 * MEMORY)
    spools = [Spool(room) for _ in range(5)]
    for spool in spools[:4]:
        spool.put(b"x" * 2 * MEMORY)
    assert spools[4].full
    spools[0].close()
    assert not spools[4].full
    for spool in spools:
        spool.close()
