"""What the store tells its fork server: all of it, in order, however long that one is busy."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Any

from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.processes import nursery
from portsmouth.store.processes.nursery import Nursery

#: No process has it: the fork server passes over what is not its own.
NOBODY = 1 << 23
MANY = 4000


def test_a_fork_server_that_takes_nothing_for_a_while_is_told_everything_afterwards():
    async def ask() -> bool:
        async with EmbeddedStore.from_nquads(b"") as store:
            told = await store._ready_nursery()
            os.kill(told._process.pid, signal.SIGSTOP)
            try:
                for _ in range(MANY):
                    told.end(NOBODY)
                asked = [asyncio.create_task(told.fork()) for _ in range(3)]
                given_up = asked.pop()
                await asyncio.sleep(0)
                given_up.cancel()
            finally:
                os.kill(told._process.pid, signal.SIGCONT)
            async with asyncio.timeout(30):
                workers = await asyncio.gather(*asked)
            pids = {worker.pid for worker in workers}
            for worker in workers:
                told.end(worker.pid)
                async with asyncio.timeout(30):
                    assert await worker.exited == -signal.SIGKILL
                worker.close()
            return len(pids) == 2 and not told._unsaid

    assert asyncio.run(ask())


class Sleeping:
    """A fork server's process, as far as its end is concerned."""

    def wait(self, _: float) -> None:
        """End at once."""


def test_lines_come_whole_and_in_order_when_there_is_room_again():
    async def say() -> bytes:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        process: Any = Sleeping()
        told = Nursery(process, ours, "s0", Path("base"))
        for number in range(MANY):
            told.end(NOBODY + number)
        assert told._unsaid
        heard = b""
        with theirs:
            while heard.count(b"\n") < MANY:
                heard += await asyncio.to_thread(theirs.recv, 1 << 16)
        await told.aclose()
        return heard

    assert asyncio.run(say()) == b"".join(b"end %d\n" % (NOBODY + number) for number in range(MANY))


def test_who_waits_for_the_next_snapshot_is_told_of_it_however_many_writes_came_before():
    async def advance() -> list[bytes]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        process: Any = Sleeping()
        told = Nursery(process, ours, "s0", Path("base"))
        asyncio.get_running_loop().add_reader(ours.fileno(), told._listen)
        for number in range(1, nursery._BEHIND):
            told.follow(Path("base"), f"s{number}", number)
        with theirs:
            waiting = asyncio.create_task(told.advance(Path("base"), "last", nursery._BEHIND))
            heard = await asyncio.to_thread(theirs.recv, 1 << 16)
            theirs.sendall(b"advanced last\n")
            async with asyncio.timeout(30):
                await waiting
            await told.aclose()
        return heard.splitlines()

    assert asyncio.run(advance()) == [b"advance last %d base" % nursery._BEHIND]
