"""Driving a server with ``wrk`` and reading what came of it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

from bench import processes
from bench.machine import cpu_seconds
from bench.workload import Workload

_SCRIPT = """
local addresses = {%(addresses)s}
local counter, at = %(first)d, 0
wrk.headers["Accept"] = "%(accept)s"
function request()
  counter = counter + 1
  at = at %% #addresses + 1
  return wrk.format("GET", (string.gsub(addresses[at], "%%%%N%%%%", counter)))
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"requests":%%d,"microseconds":%%d,"bytes":%%d,"p50":%%f,"p99":%%f,"bad":%%d,"broken":%%d}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
"""
#: Numbers that no request has had; a repeated workload always sends the same one.
_numbers = itertools.count(1_000_000, 10_000_000)
_SAME = 7


@dataclass(frozen=True)
class Figures:
    """What one run of one workload against one server came to.

    :param rate: requests a second.
    :param p50: median latency in milliseconds.
    :param p99: 99th percentile of the latency in milliseconds.
    :param cpu: microseconds of processor time that the server spent on a request.
    :param failed: requests without a proper answer.
    """

    rate: float
    p50: float
    p99: float
    cpu: float
    failed: int


def drive(
    url: str,
    pid: int,
    workload: Workload,
    clients: int,
    seconds: float,
    folder: Path,
    parameter: str = "query",
) -> Figures:
    """Load a server for some seconds.

    :param url: the endpoint.
    :param pid: the server's process, whose family's time is counted.
    :param workload: what is asked.
    :param clients: connections that ask at once, each waiting for its answer.
    :param seconds: how long.
    :param folder: where the load generator's script is written.
    :param parameter: the query parameter that the addresses are values of; empty where they are paths.
    """
    script = folder / "load.lua"
    head = f"{_path(url)}?{parameter}=" if parameter else ""
    # What names no query is asked for in whatever form it has.
    accept = "application/sparql-results+json" if parameter else "*/*"
    addresses = [head + address for address in workload.addresses]
    if not workload.unique:
        addresses = [address.replace("%N%", str(_SAME)) for address in addresses]
    quoted = ",".join(json.dumps(address) for address in addresses)
    script.write_text(
        _SCRIPT % {"addresses": quoted, "first": next(_numbers), "accept": accept}, encoding="utf-8"
    )
    before = cpu_seconds(pid)
    command = [
        "wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "60s",
        "-s", str(script), url,
    ]  # fmt: skip
    output = processes.run(command).decode()
    found = json.loads(output.strip().splitlines()[-1])
    spent = cpu_seconds(pid) - before
    requests = max(1, found["requests"])
    return Figures(
        rate=1e6 * found["requests"] / found["microseconds"],
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        cpu=1e6 * spent / requests,
        failed=found["bad"] + found["broken"],
    )


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
