"""What a process and its children take of the machine, read from ``/proc``."""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
#: Seconds for which a server that has settled does nothing, part of a processor that counts as nothing, and
#: seconds after which it is not waited for any more.
_QUIET, _NOTHING, _LONGEST = 7, 0.05, 300.0


def family(pid: int) -> list[int]:
    """Return the ids of a process and of all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants, those that have ended included."""
    total = 0
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICK


def settle(pid: int) -> None:
    """Wait until a process and its descendants do nothing more by themselves, as they do after a start."""
    end, quiet, before = time.monotonic() + _LONGEST, 0, cpu_seconds(pid)
    while quiet < _QUIET and time.monotonic() < end:
        time.sleep(1)
        now = cpu_seconds(pid)
        quiet, before = quiet + 1 if now - before < _NOTHING else 0, now


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process and its descendants: shared pages are counted once."""
    total = 0
    for member in family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def sync_ms(folder: Path, times: int = 50) -> float:
    """Return the median milliseconds that the disk takes to say that a hundred bytes are there for good."""
    took = []
    path = folder / "synced"
    with path.open("wb") as file:
        for _ in range(times):
            file.write(bytes(100))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(1000 * (time.perf_counter() - began))
    path.unlink()
    return statistics.median(took)


def describe() -> str:
    """Name the machine: processor, cores, memory, system, Python."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
    )
