"""Compare the server with what its users would pick instead.

Every server gets the same data and the same requests, in turn, round by round,
and their answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bench import compare, features, machine, peers, processes, runaways, sizes, throughput
from bench.peers import Data, Peer, Running
from bench.workload import ENTITIES, PREFIXES, workloads
from portsmouth.build import build

#: Seconds that a query may run where runaways are tried.
_SHORT_DEADLINE = 2.0


@dataclass(frozen=True)
class Bench:
    """What every section needs.

    :param arguments: the command line.
    :param folder: a folder for files of the run.
    """

    arguments: argparse.Namespace
    folder: Path

    def start(self, stack: ExitStack, peer: Peer, data: Data) -> Running:
        """Start a server that the stack will stop."""
        server = peer.start(data, Path(tempfile.mkdtemp(dir=self.folder)))
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


def entities_of(server: Running) -> list[str]:
    """Return the IRIs that small questions are about."""
    answer = json.loads(peers.fetch(server.url, PREFIXES + ENTITIES))
    return [row["x"]["value"] for row in answer["results"]["bindings"]]


def compare_servers(bench: Bench, data: Data) -> Iterator[str]:
    """Compare requests a second of all servers on one dataset."""
    wanted = [word for word in bench.arguments.servers.split(",") if word]
    with ExitStack() as stack:
        servers = [
            bench.start(stack, peer, data)
            for peer in peers.peers(bench.arguments.peers)
            if data.quads <= peer.largest and (not wanted or any(word in peer.name for word in wanted))
        ]
        entities = entities_of(servers[0])
        differences = compare.answers_differ(servers, entities)
        chosen = [w for w in workloads(entities) if bench.arguments.only in w.name]
        arguments = bench.arguments
        result = throughput.measure(
            data.name, servers, chosen, bench.clients(), arguments.rounds, arguments.seconds, bench.folder
        )
        yield from throughput.table(result, [server.name for server in servers])
    yield ""
    yield (
        f"{data.quads:,} quads. Answers compared before timing: "
        + ("; ".join(differences) if differences else "the same from every server")
        + "."
    )


def throughput_shipped(bench: Bench) -> Iterator[str]:
    """Throughput on the graph that the program ships with."""
    yield from compare_servers(bench, bench.shipped())


#: Quads up to which our server is tried in memory, and from which on it is tried on disk.
_IN_MEMORY, _ON_DISK = 1_000_000, 1_000_000


def at_sizes(bench: Bench) -> Iterator[str]:
    """Throughput on invented data of several sizes, and how every class grows with them."""
    growth: dict[str, list[throughput.Throughput]] = {}
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        oxigraph = [peer for peer in peers.peers(bench.arguments.peers) if peer.name.startswith("oxigraph")]
        tried = ([peers.ours("portsmouth, in memory")] if quads <= _IN_MEMORY else []) + (
            [peers.from_disk()] if quads >= _ON_DISK else []
        )
        with ExitStack() as stack:
            own = [bench.start(stack, peer, data) for peer in tried]
            servers = [*own, *(bench.start(stack, peer, data) for peer in oxigraph)]
            entities = entities_of(servers[0])
            differences = compare.answers_differ(servers, entities)
            chosen = [w for w in workloads(entities) if w.unique and bench.arguments.only in w.name]
            arguments = bench.arguments
            result = throughput.measure(
                data.name, servers, chosen, bench.clients(), arguments.rounds, arguments.seconds, bench.folder
            )
            for server in own:
                growth.setdefault(server.name, []).append(result)
                others = [peer.name for peer in servers if peer not in own]
                yield f"### {data.name}, {server.name}"
                yield ""
                yield from throughput.table(result, [server.name, *others])
                yield ""
        yield (
            "Answers compared before timing: "
            + ("; ".join(differences) if differences else "the same from every server")
            + "."
        )
        yield ""
    for name, results in growth.items():
        yield from throughput.growth(name, results)
        yield ""


def loading(bench: Bench) -> Iterator[str]:
    """Loading files: the engine alone, and with all that we do."""
    for quads in bench.sizes():
        data = bench.synthetic(quads)
        with data.named.open("rb") as file:
            lines = sum(1 for _ in file)
        found = sizes.loads(data, bench.arguments.rounds, bench.arguments.cache)
        yield from sizes.table(f"{lines:,} quads in named graphs", lines, found)
        yield ""


def beside_runaways(bench: Bench) -> Iterator[str]:
    """Small queries beside queries that never end."""
    data = bench.shipped()
    with ExitStack() as stack:
        server = bench.start(stack, peers.ours(deadline=_SHORT_DEADLINE), data)
        small = next(w for w in workloads(entities_of(server)) if w.name == "small, unique")
        results = list(
            runaways.measure(
                server, small, _SHORT_DEADLINE, (0, 1, 2, 8), 2 * _SHORT_DEADLINE,
                bench.arguments.rounds, bench.folder,
            )
        )  # fmt: skip
        yield from runaways.table(results)
    with ExitStack() as stack:
        server = bench.start(stack, peers.ours(deadline=0.2), data)
        before, after = runaways.leak(server, 500)
        yield ""
        yield f"500 runaways: {before:.0f} MiB before, {after:.0f} MiB after."


def other_answers(bench: Bench) -> Iterator[str]:
    """Pages, network, paths, search and receipts of the shipped graph."""
    with ExitStack() as stack:
        server = bench.start(stack, peers.shipped(), bench.shipped())
        for clients in (1, 8):
            found = features.measure(
                server, clients, bench.arguments.rounds, bench.arguments.seconds, bench.folder
            )
            yield from features.table(found, clients)
            yield ""


def start(bench: Bench) -> Iterator[str]:
    """First answer and idle memory of the server on the shipped graph."""
    seconds, memory = [], []
    for _ in range(bench.arguments.rounds):
        with ExitStack() as stack:
            server = bench.start(stack, peers.shipped(), bench.shipped())
            seconds.append(server.seconds_to_first_answer)
            memory.append(machine.pss_mib(server.pid))
    yield (
        f"`portsmouth serve`: first answer after {statistics.median(seconds):.2f} s, "
        f"idle memory {statistics.median(memory):.0f} MiB (PSS)."
    )


SECTIONS: dict[str, tuple[str, Callable[[Bench], Iterator[str]]]] = {
    "start": ("Start", start),
    "shipped": ("The shipped graph", throughput_shipped),
    "runaways": ("Beside runaways", beside_runaways),
    "synthetic": ("Invented data of several sizes", at_sizes),
    "loading": ("Loading", loading),
    "features": ("Pages, network, search, receipts", other_answers),
}


def arguments_of(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)} (all)")
    parser.add_argument("--peers", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--clients", default="1,8,64", help="numbers of clients (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="seconds of each turn (%(default)s)")
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--servers", default="", help="servers whose name contains one of these, by commas")
    parser.add_argument(
        "--sizes",
        default="20000,1000000",
        help="quads of the invented data; 10000000 takes long (%(default)s)",
    )
    parser.add_argument(
        "--cache", type=Path, default=peers.ROOT / ".bench" / "data", help="keeps invented data (%(default)s)"
    )
    parser.add_argument("--output", type=Path, help="write the report here instead of printing it")
    arguments = parser.parse_args(words)
    for name in arguments.sections:
        if name not in SECTIONS:
            parser.error(f"found section {name!r}; expected one of {', '.join(SECTIONS)}")
    return arguments


def _versions(environment: Path) -> str:
    command = [str(environment / "bin" / "pip"), "list", "--format", "json"]
    installed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    names = ("oxigraph", "rdflib-endpoint")
    return ", ".join(f"{p['name']} {p['version']}" for p in installed if p["name"] in names)


def main() -> int:
    """Run the sections that the command line names and print, or write, the report."""
    arguments = arguments_of()
    if not peers.wrk_is_there():
        print("scripts/bench: found no wrk; expected the load generator (Debian: wrk)", file=sys.stderr)
        return 3
    lines = [
        "# Performance",
        "",
        f"Written by `scripts/bench` on {date.today():%Y-%m-%d}: {machine.describe()}; "
        f"pyoxigraph {version('pyoxigraph')}, {_versions(arguments.peers)}.",
        "",
        "Every server answers the same requests in turn, round by round; ratios are medians of the rounds' "
        "own ratios of requests a second. *Unique*: no two requests alike.",
    ]
    processes.end_with_the_run()
    with tempfile.TemporaryDirectory(prefix="portsmouth-bench-") as folder:
        bench = Bench(arguments, Path(folder))
        for name in arguments.sections or SECTIONS:
            title, section = SECTIONS[name]
            lines += ["", f"## {title}", "", *section(bench)]
    report = "\n".join(lines) + "\n"
    if arguments.output:
        arguments.output.write_text(report, encoding="utf-8")
    else:
        print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
