"""Invented data of any size, made once and kept, and what it takes to load them."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers import ROOT, Data
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
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}"}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
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


def room(folder: Path) -> int:
    """Return the free bytes where a folder is."""
    return shutil.disk_usage(folder).free
