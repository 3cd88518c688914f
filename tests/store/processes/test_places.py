"""Places for queries, against every order in which queries may come, turn long, yield and end."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.limits import Limits
from portsmouth.store.processes.places import Places
from portsmouth.store.processes.threads import threads
from portsmouth.store.protocol import Query
from portsmouth.store.writing.pacing import waited

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "come expected long", "turn_long", "give_way", "hurry", "leave"]),
        st.integers(0, 15),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.integers(1, 3), st.integers(1, 6))
def test_bounds_hold_and_nobody_waits_without_a_reason(steps, short, most):
    places, taken, run = Places(short, most), [], set()
    hurried = set()
    for step, number in steps:
        if step.startswith("come"):
            name = len(taken)
            taken.append(None)
            place = places.take(lambda name=name: run.add(name), long=step != "come")
            taken[name] = (place, step != "come")
        elif taken:
            place, _ = taken[number % len(taken)]
            getattr(place, step)()
            if step == "hurry":
                hurried.add(number % len(taken))
        running = [place for place, _ in taken if place.state in ("short", "long")]
        shorts = [place for place in running if place.state == "short"]
        at_work = [place for place in running if place.counts_as_long]
        assert places.running == len(running) <= most
        assert len(shorts) <= min(short, most)
        assert all((place.state == "waiting") == (name not in run) or place.state == "left"
                   for name, (place, _) in enumerate(taken))  # fmt: skip
        room = len(running) < most and len(shorts) < min(short, most)
        for name, (place, long) in enumerate(taken):
            if place.state == "waiting" and (not long or name in hurried):
                assert not room
            elif place.state == "waiting":
                assert not room or len(at_work) >= min(short, most)
    for place, _ in taken:
        place.leave()
    assert places.running == 0
    assert not places.crowded


DATA = b"".join(b'<http://e/%d> <http://e/p> "%d" .\n' % (i, i) for i in range(3000))
LONG = "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != '{}') }}"


def test_a_query_of_a_kind_that_was_long_waits_for_long_ones_and_keeps_no_short_one_waiting():
    async def run():
        limits = Limits(short=1, workers=4, deadline=20, queue_seconds=4, patience=60)
        async with EmbeddedStore.from_nquads(DATA, limits=limits) as store:
            first = store.begin(Query(LONG.format(1)))
            while not store.places.crowded:
                await asyncio.sleep(0.01)
            second = store.begin(Query(LONG.format(2)))
            assert store.places.running == 1
            answer = await store.query(Query("ASK { <http://e/1> ?p ?o }"))
            assert b"true" in b"".join([chunk async for chunk in answer])
            assert store.places.running == 1
            # It does not wait for ever.
            began = time.monotonic()
            while store.places.running < 2:
                await asyncio.sleep(0.01)
            assert time.monotonic() - began < 4
            third = store.begin(Query(LONG.format(3)))
            await first.aclose()
            await second.aclose()
            # Its turn has come: nothing else is at work.
            assert store.places.running == 1
            await third.aclose()
            assert store.places.running == 0

    asyncio.run(run())


def test_a_query_that_has_yielded_keeps_none_of_its_kind_waiting():
    async def run():
        limits = Limits(short=1, workers=4, deadline=20, queue_seconds=20, patience=0.05)
        async with EmbeddedStore.from_nquads(DATA, limits=limits) as store:
            answers = [store.begin(Query(LONG.format(number))) for number in range(3)]
            while store.places.running < 3:
                await asyncio.sleep(0.01)
            for answer in answers:
                await answer.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_the_thread_that_evaluates_yields_and_is_seen_to_wait():
    async def run():
        limits = Limits(short=1, workers=4, deadline=20, patience=0.05)
        async with EmbeddedStore.from_nquads(DATA, limits=limits) as store:
            answer = store.begin(Query(LONG.format(1)))
            workers = ()
            while not any(worker.yielded for worker in workers):
                await asyncio.sleep(0.01)
                workers = store._nursery.alive_workers()
            # What takes the processor is one thread of the process, and not its first.
            at_work = max(threads(workers[0].pid), key=_ran)
            assert os.getpriority(os.PRIO_PROCESS, at_work) > os.getpriority(os.PRIO_PROCESS, 0)
            before = waited(workers[0].pid)
            busy = [
                subprocess.Popen([sys.executable, "-c", "while 1: pass"]) for _ in range(os.cpu_count() + 1)
            ]
            try:
                while waited(workers[0].pid) - before < 0.1:
                    await asyncio.sleep(0.05)
            finally:
                for process in busy:
                    process.kill()
                    process.wait()
            await answer.aclose()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_query_of_a_kind_that_overran_yields_at_once_until_one_of_its_kind_has_ended():
    async def run():
        # Nobody would yield for having taken long.
        limits = Limits(short=1, workers=4, deadline=0.5, patience=1000)
        async with EmbeddedStore.from_nquads(DATA, limits=limits) as store:

            async def yields(number):
                answer = store.begin(Query(LONG.format(number)))
                seen = False
                while not answer.ended:
                    seen |= any(worker.yielded for worker in store._nursery.alive_workers())
                    await asyncio.sleep(0.01)
                await answer.aclose()
                return seen

            assert not await yields(0)
            # On a busy machine one may get no processor in the moment in which it would be seen to be long.
            number = 1
            while not await yields(number):
                number += 1
                assert number < 20
            assert store.habits.expects_overrun(LONG.format(number))
            store.habits.ended(LONG.format(21))
            assert not store.habits.expects_overrun(LONG.format(22))

    asyncio.run(asyncio.wait_for(run(), 60))


def _ran(thread):
    return int(Path(f"/proc/{thread}/schedstat").read_bytes().split()[0])
