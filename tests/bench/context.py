"""What every section of the report needs: the command line, the data, servers."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import peers, sizes
from bench.peers import Data, Peer, Running
from bench.workload import ENTITIES, PREFIXES
from portsmouth.build import build

#: Quads up to which our server is tried in memory, and from which on it is tried on disk.
IN_MEMORY, ON_DISK = 1_500_000, 1_000_000
#: Settings without which no question of ours is answered at ten million quads: seconds, and MiB a query.
ROOMY = {"deadline": 600, "memory": 6000}


@dataclass(frozen=True)
class Bench:
    """What every section needs.

    :param arguments: the command line.
    :param folder: a folder for files of the run.
    :param stores: a folder for what servers have loaded.
    """

    arguments: argparse.Namespace
    folder: Path
    stores: Path

    def start(self, stack: ExitStack, peer: Peer, data: Data, *, copy: bool = False) -> Running:
        """Start a server that the stack will stop.

        What a server has loaded is kept for the next of its kind in the same run.

        :param copy: whether it gets a copy of what was loaded, since it writes.
        """
        key = re.sub(r"\W+", "-", f"{peer.kind} {data.name}")
        own = stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True))
        server = peer.start(data, Path(own), self.stores / f"store-{key}", copy=copy)
        stack.callback(server.stop)
        return server

    def shipped(self) -> Data:
        """Return the graph that the program ships with."""
        whole = self.folder / "shipped.nq"
        if not whole.exists():
            whole.write_bytes(build().nquads)
        return Data.from_file("shipped graph", whole)

    def synthetic(self, quads: int) -> Data:
        """Return invented data, which are kept for the next run."""
        return sizes.corpus(quads, self.arguments.cache)

    def sizes(self) -> list[int]:
        """Return the sizes of invented data to try, in quads."""
        return [int(size) for size in self.arguments.sizes.split(",")]

    def clients(self) -> list[int]:
        """Return the numbers of clients to load servers with."""
        return [int(count) for count in self.arguments.clients.split(",")]

    def wanted(self, peer: Peer, data: Data) -> bool:
        """Say whether a server is to be tried on some data."""
        words = [word for word in self.arguments.servers.split(",") if word]
        return data.quads <= peer.largest and (not words or any(word in peer.name for word in words))


def ours_at(data: Data) -> list[Peer]:
    """Return our server in the ways in which data of that size are held, with room for every question."""
    found = []
    if data.quads <= IN_MEMORY:
        found.append(peers.ours("portsmouth, in memory", **ROOMY))
    if data.quads >= ON_DISK:
        found.append(peers.from_disk("portsmouth, on disk", **ROOMY))
    return found


def entities_of(server: Running) -> list[str]:
    """Return the IRIs that small questions are about."""
    answer = json.loads(peers.fetch(server.url, PREFIXES + ENTITIES))
    return [row["x"]["value"] for row in answer["results"]["bindings"]]
