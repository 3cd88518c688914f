"""Compare the server with what its users would pick instead.

Every server gets the same data and the same requests, in turn, round by round,
and their answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bench import (
    comparing,
    document,
    features,
    growth,
    machine,
    peers,
    processes,
    sections,
    writing,
)
from bench.context import Bench

SECTIONS: dict[str, tuple[str, Callable[[Bench], Iterator[str]]]] = {
    "start": ("Start", sections.start),
    "shipped": ("The shipped graph", comparing.shipped),
    "runaways": ("Beside runaways", sections.beside_runaways),
    "features": ("Pages, network, search, receipts", features.features),
    "loading": ("Loading", sections.loading),
    "synthetic": ("Invented data of several sizes", comparing.synthetic),
    "growth": ("Growth of each question", growth.growth),
    "writing": ("Writing", writing.writing),
}


def _folder(word: str) -> Path:
    # Servers run in folders of their own.
    return Path(word).resolve()


def arguments_of(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)} (all)")
    parser.add_argument("--peers", type=_folder, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--clients", default="1,8,64", help="numbers of clients (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of each turn (%(default)s)")
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--servers", default="", help="others whose name contains one of these, by commas")
    parser.add_argument(
        "--sizes",
        default="20000,1000000,10000000",
        help="quads of the invented data; the largest takes half of the time (%(default)s)",
    )
    parser.add_argument(
        "--cache",
        type=_folder,
        default=peers.ROOT / ".bench" / "data",
        help="keeps invented data, 3 GB at ten million quads, and needs room for 20 GB (%(default)s)",
    )
    parser.add_argument(
        "--stores",
        type=_folder,
        metavar="DIR",
        help="keep here what servers have loaded, for the next run of the same versions",
    )
    parser.add_argument(
        "--update", type=Path, metavar="FILE",
        help="replace the sections in this report, docs/performance.md say, instead of printing them",
    )  # fmt: skip
    arguments = parser.parse_args(words)
    for name in arguments.sections:
        if name not in SECTIONS:
            parser.error(f"found section {name!r}; expected one of {', '.join(SECTIONS)}")
    return arguments


def _versions(environment: Path) -> str:
    command = [str(environment / "bin" / "pip"), "list", "--format", "json"]
    installed = json.loads(processes.run(command))
    names = ("oxigraph", "rdflib-endpoint")
    found = [f"pyoxigraph {version('pyoxigraph')}"]
    found += [f"{package['name']} {package['version']}" for package in installed if package["name"] in names]
    if program := shutil.which("virtuoso-t"):
        said = processes.run([program, "-?"], stderr=processes.STDOUT, codes=None).decode().split()
        found += [f"virtuoso {said[at + 1]}" for at, word in enumerate(said) if word == "Version"][:1]
    return ", ".join(found)


def main() -> int:
    """Run the sections that the command line names and print them, or put them into a report."""
    arguments = arguments_of()
    if not peers.wrk_is_there():
        print("scripts/bench: found no wrk; expected the load generator (Debian: wrk)", file=sys.stderr)
        return 3
    processes.end_with_the_run()
    where = f"{machine.describe()}; {_versions(arguments.peers)}"
    settings = f"rounds {arguments.rounds}, turns of {arguments.seconds:g} s"
    for folder in (arguments.cache, arguments.stores):
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    at_first = time.monotonic()
    order, failed = [title for title, _ in SECTIONS.values()], []
    with tempfile.TemporaryDirectory(
        prefix="run-", dir=arguments.cache, ignore_cleanup_errors=True
    ) as scratch:
        bench = Bench(arguments, Path(scratch), arguments.stores or Path(scratch))
        for name in arguments.sections or SECTIONS:
            title, section = SECTIONS[name]
            began = time.monotonic()
            print(f"{name}:", file=sys.stderr)
            try:
                lines = list(section(bench))
            except Exception:
                # The others are still worth their time, and the report keeps what it had of this one.
                traceback.print_exc()
                failed.append(name)
                continue
            minutes = (time.monotonic() - began) / 60
            print(f"{name}: {minutes:.1f} minutes", file=sys.stderr)
            stamp = f"{date.today():%Y-%m-%d}; {where}; {settings}; took {minutes:.1f} minutes."
            body = document.stamped(lines, stamp)
            if arguments.update:
                document.update(arguments.update, title, body, order)
            else:
                print(f"## {title}\n\n{body}\n", flush=True)
    print(f"all: {(time.monotonic() - at_first) / 60:.1f} minutes", file=sys.stderr)
    if failed:
        print(f"scripts/bench: these sections failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
