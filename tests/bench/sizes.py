"""Invented data of any size, made once and kept, and what it takes to load them."""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import processes
from bench.peers import ROOT, Data, fetch, from_disk
from portsmouth.synthetic import Corpus

#: A load by the engine alone, in a process of its own, so that its time and memory can be told.
_ENGINE = """
import sys, pyoxigraph as ox
store = ox.Store(sys.argv[2])
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
store.flush()
"""


def corpus(quads: int, folder: Path) -> Data:
    """Return a corpus, which is made unless the folder has it from an earlier run.

    :param quads: about how many quads it has, the derived default graph included.
    :param folder: where corpora are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"synthetic-{quads}.nq"
    if not whole.exists():
        incoming = whole.with_suffix(".incoming")
        with incoming.open("wb") as file:
            for chunk in Corpus(quads=quads, seed=1):
                file.write(chunk)
        incoming.rename(whole)
    name, named = f"{quads:,} quads", whole.with_suffix(".named.nq")
    if not named.exists():
        return Data.from_file(name, whole)
    with whole.open("rb") as file:
        return Data(name, whole, named, sum(1 for _ in file))


@dataclass(frozen=True)
class Load:
    """What one load took.

    :param seconds: by the clock.
    :param cpu: seconds of processor time.
    :param memory: the most memory at once, in MiB.
    """

    seconds: float
    cpu: float
    memory: float


def loads(data: Data, rounds: int, folder: Path) -> dict[str, list[Load]]:
    """Load the named graphs of a dataset by the engine alone and by us, in turn.

    :param folder: where the stores are made, one at a time.
    """
    ours = [sys.executable, "-m", "portsmouth", "load", str(data.named), "--store", "{store}"]
    commands = {
        "engine alone": [sys.executable, "-c", _ENGINE, str(data.named), "{store}"],
        "portsmouth load --dataset plain": [*ours, "--dataset", "plain"],
        "portsmouth load": ours,
    }
    found: dict[str, list[Load]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            with tempfile.TemporaryDirectory(dir=folder) as store:
                found[name].append(_timed([word.format(store=f"{store}/store") for word in command]))
    return found


def _timed(command: Sequence[str]) -> Load:
    began = time.perf_counter()
    process = processes.start(command, env=_environment(), stderr=subprocess.DEVNULL)
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        processes.end(process)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    assert isinstance(usage, resource.struct_rusage)
    return Load(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def table(name: str, lines: int, found: dict[str, list[Load]]) -> Iterator[str]:
    """Yield the lines of a Markdown table: each way to load, and how long by the engine's own."""
    yield f"| {name} | s | quads/s | × engine's time | CPU s | × engine's CPU | most memory, MiB |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    base = found["engine alone"]
    for way, runs in found.items():
        pairs = list(zip(runs, base, strict=True))
        middle = statistics.median(run.seconds for run in runs)
        yield (
            f"| {way} | {middle:.1f} | {lines / middle:,.0f} "
            f"| {statistics.median(a.seconds / b.seconds for a, b in pairs):.2f} "
            f"| {statistics.median(run.cpu for run in runs):.1f} "
            f"| {statistics.median(a.cpu / b.cpu for a, b in pairs):.2f} "
            f"| {max(run.memory for run in runs):,.0f} |"
        )


#: What the engine's time may be multiplied by: 90 % of its pace, and the derived graph included.
_WANTED: Final = {"portsmouth load --dataset plain": 1 / 0.9, "portsmouth load": 1.6}


def verdict(found: dict[str, list[Load]], written: float) -> str:
    """Say which ways to load are as fast as wanted, and what keeps the others from it.

    :param found: see :func:`loads`.
    :param written: quads that are written for each that is read, where the default graph is derived.
    """
    base, missed = found["engine alone"], []
    for way, wanted in _WANTED.items():
        pairs = list(zip(found[way], base, strict=True))
        time = statistics.median(a.seconds / b.seconds for a, b in pairs)
        cpu = statistics.median(a.cpu / b.cpu for a, b in pairs)
        if time > wanted:
            missed.append(
                f"`{way}` takes {time:.2f} times the engine's ({cpu:.2f} in CPU), wanted {wanted:.2f}"
            )
    if not missed:
        return "Both ways are as fast as wanted."
    return (
        f"Not reached: {'; '.join(missed)}. The program starts in more time than the engine alone, which "
        f"tells in small "
        f"files, and with the derived graph it writes {written:.2f} quads for each that it reads."
    )


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}"}


def interrupted(data: Data, folder: Path, times: int = 5) -> Iterator[str]:
    """Yield what a server answers while loads into its folder are killed, and what one answers afterwards.

    :param data: what is loaded in vain.
    :param folder: where the store is made.
    :param times: how many loads are killed.
    """
    rng, question = random.Random(1905), "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    small = Data("small", corpus(20_000, folder).whole, corpus(20_000, folder).named, 0)
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        store, peer, answers, killed = Path(inside) / "store", from_disk(), list[bool](), 0
        load = [sys.executable, "-m", "portsmouth", "load", str(data.named), "--store", str(store)]
        for name in ("during", "after"):
            Path(inside, name).mkdir()
        server = peer.start(small, Path(inside) / "during", store)
        try:
            wanted = fetch(server.url, question)
            for _ in range(times):
                loader = processes.start(load, env=_environment(), stderr=subprocess.DEVNULL)
                end = time.monotonic() + 1 + 2 * rng.random()
                while time.monotonic() < end and loader.poll() is None:
                    answers.append(fetch(server.url, question) == wanted)
                killed += loader.poll() is None
                loader.kill()
                processes.end(loader)
        finally:
            server.stop()
        server = peer.start(small, Path(inside) / "after", store)
        try:
            same = fetch(server.url, question) == wanted
        finally:
            server.stop()
    right = sum(answers)
    yield (
        f"{killed} loads of {data.name} were killed at work while a server answered from the same folder: "
        f"{right} of "
        f"{len(answers)} of its answers were those of the old data, and a server started afterwards "
        + ("answers the same." if same else "does NOT answer the same.")
    )
