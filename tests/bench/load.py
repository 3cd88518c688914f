"""Driving a server and reading what came of it: by ``wrk`` for a time, or through a list of requests."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from bench import processes, work
from bench.machine import cpu_seconds
from bench.workload import Workload

# The load generator runs on the processors of the server: what it can do beforehand it does beforehand.
_SCRIPT = """
local addresses = {%(addresses)s}
local counter, at, count = %(first)d, 0, #addresses
local before, after, threads = {}, {}, 0
wrk.headers["Accept"] = "%(accept)s"
function setup(thread)
  thread:set("ordinal", threads)
  threads = threads + 1
end
function init(args)
  counter = counter + ordinal * %(apart)d
  at = math.floor(ordinal * count / %(threads)d)
  for place, address in ipairs(addresses) do
    local whole = wrk.format("GET", address)
    local from, to = whole:find("%%N%%", 1, true)
    before[place] = from and whole:sub(1, from - 1) or whole
    after[place] = from and whole:sub(to + 1)
  end
end
function request()
  counter = counter + 1
  at = at %% count + 1
  local rest = after[at]
  return rest and before[at] .. counter .. rest or before[at]
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
#: Each thread of a load generator, of which there are some at most, has its own.
_APART, _THREADS = 1_000_000, 10
_numbers = itertools.count(_APART, _THREADS * _APART)
_SAME = 7
#: Clients that one thread of the load generator keeps up with, however quick the server.
_OF_ONE_THREAD = 32
#: Answers that each client should have got in a turn, and seconds that a turn may take for their sake.
_ANSWERS, _LONGEST = 2, 60.0
#: Seconds of an answer that is short, and how many longer ones each client should get in a time.
_SHORT, _MANY = 0.01, 20
#: Questions that a turn has all of, and how many of more: small ones are many and much alike.
_FEW = 150
_SOME = 60


@dataclass(frozen=True)
class Figures:
    """What one run of one workload against one server came to.

    :param rate: proper answers a second.
    :param p50: median latency in milliseconds.
    :param p99: 99th percentile of the latency in milliseconds, the longest where there are fewer than 100.
    :param cpu: microseconds of processor time that the server spent on a request.
    :param failed: requests without a proper answer.
    """

    rate: float
    p50: float
    p99: float
    cpu: float
    failed: int


def turn(
    workload: Workload,
    clients: int,
    seconds: float,
    longest: float,
    shortest: float | None = None,
    answers: int = _ANSWERS,
) -> int:
    """Return how many requests a turn has to hold to be fair, 0 where the time suffices.

    Where answers take long, those that are under way at the end of a time would tell for a server that
    has more of the long ones among them.

    :param longest: seconds that the slowest server takes for a request, on average.
    :param shortest: seconds that the quickest takes, which is to be busy for the turn too.
    :param answers: what each client should have got.

    >>> quick = Workload("small, unique", ("a", "b"), True)
    >>> turn(quick, 8, 2, 0.001), turn(quick, 8, 2, 1.0), turn(quick, 64, 2, 10.0)
    (0, 16, 64)
    """
    cores = min(clients, os.cpu_count() or 1)
    questions = len(workload.addresses)
    few = questions <= _FEW
    least = questions if few else min(questions, _SOME)
    # All in all; each client has its part of it.
    time = seconds * cores
    if time >= least * longest and (longest < _SHORT or time >= _MANY * clients * longest):
        return 0
    wanted = max(answers * clients, least, ceil(time / (shortest or longest)))
    if wanted * longest / cores > _LONGEST:
        wanted = max(clients, least)
    # Each question as often as the others, where there are few.
    return ceil(wanted / questions) * questions if few else wanted


def drive(
    url: str,
    pid: int,
    workload: Workload,
    clients: int,
    seconds: float,
    folder: Path,
    parameter: str = "query",
    requests: int = 0,
) -> Figures:
    """Load a server for some seconds, or with a number of requests.

    :param url: the endpoint.
    :param pid: the server's process, whose family's time is counted.
    :param workload: what is asked.
    :param clients: connections that ask at once, each waiting for its answer.
    :param seconds: how long.
    :param folder: where the load generator's script is written.
    :param parameter: the query parameter that the addresses are values of; empty where they are paths.
    :param requests: how many requests instead of how long; see :func:`turn`.
    :raises RuntimeError: the load generator failed.
    """
    head = f"{_path(url)}{'&' if '?' in url else '?'}{parameter}=" if parameter else ""
    # What names no query is asked for in whatever form it has.
    accept = "application/sparql-results+json" if parameter else "*/*"
    addresses = [head + address for address in workload.addresses]
    if not workload.unique:
        addresses = [address.replace("%N%", str(_SAME)) for address in addresses]
    before = cpu_seconds(pid)
    if requests:
        numbers = itertools.count(next(_numbers))
        took, failed, spent = work.answer(url, addresses, clients, requests, accept, numbers.__next__)
        cpu = cpu_seconds(pid) - before
        return Figures(
            rate=len(took) / spent,
            p50=work.percentile(took, 0.5),
            p99=work.percentile(took, 0.99),
            cpu=1e6 * cpu / requests,
            failed=failed,
        )
    threads = max(1, min(clients // _OF_ONE_THREAD, os.cpu_count() or 1, _THREADS))
    script = folder / "load.lua"
    quoted = ",".join(json.dumps(address) for address in addresses)
    values = {
        "addresses": quoted, "first": next(_numbers), "accept": accept, "apart": _APART, "threads": threads,
    }  # fmt: skip
    script.write_text(_SCRIPT % values, encoding="utf-8")
    command = [
        "wrk", f"-t{threads}", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "60s",
        "-s", str(script), url,
    ]  # fmt: skip
    found = json.loads(processes.run(command).decode().strip().splitlines()[-1])
    spent = cpu_seconds(pid) - before
    return Figures(
        rate=1e6 * max(0, found["requests"] - found["bad"]) / found["microseconds"],
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        cpu=1e6 * spent / max(1, found["requests"]),
        failed=found["bad"] + found["broken"],
    )


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
