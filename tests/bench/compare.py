"""Whether servers give the same answers, asked before anything is timed."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load import Figures
from bench.machine import cpu_seconds
from bench.peers import Running, fetch
from bench.work import percentile
from bench.workload import CLASSES, MIX, PREFIXES, text

_NUMBERS = ("integer", "decimal", "double", "int", "long")
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
#: Seconds for an answer.
_PATIENCE, _PATIENCE_WITH_SLOW = 600.0, 15.0
#: Seconds beyond which an answer is worth a word to whoever waits for the bench.
_LONG = 5.0


@dataclass
class Comparison:
    """What servers answered, compared.

    :param differences: where a server gives another answer than the first.
    :param seconds: by server and class, how long an answer took, on average.
    :param unanswered: servers with classes of which they did not answer a question in time.
    :param asked: by server and class, the seconds and the processor seconds of each answer.
    """

    differences: list[str] = field(default_factory=list)
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    unanswered: set[tuple[str, str]] = field(default_factory=set)
    asked: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)

    def times(self, server: Running, name: str) -> float | None:
        """Return the seconds of an average request of a class or a mix; nothing where one was not "
        "answered."""
        shares = {name: 1} if name in CLASSES else MIX
        if any((server.name, one) in self.unanswered for one in shares):
            return None
        whole = sum(self.seconds[server.name, one] * share for one, share in shares.items())
        return whole / sum(shares.values())

    def figures(self, server: Running, name: str) -> Figures | None:
        """Return what the comparison itself measured: each question once, by one client, servers in turn."""
        asked = self.asked.get((server.name, name))
        if not asked or (server.name, name) in self.unanswered:
            return None
        times = [seconds for seconds, _ in asked]
        return Figures(
            rate=len(times) / sum(times),
            p50=1000 * percentile(times, 0.5),
            p99=1000 * percentile(times, 0.99),
            cpu=1e6 * sum(cpu for _, cpu in asked) / len(asked),
            failed=0,
        )

    def longest(self, name: str, servers: Sequence[Running]) -> float:
        """Return the seconds that the slowest of the servers takes for a request of a class."""
        return max(self.times(server, name) or 0.0 for server in servers)

    def said(self) -> str:
        """Say in a sentence what came of it."""
        if not self.differences:
            return "Answers compared before timing: the same from every server."
        return "Answers compared before timing: " + "; ".join(self.differences) + "."


def compare(servers: Sequence[Running], entities: Sequence[str], about: int = 5) -> Comparison:
    """Ask every server every template, and compare their answers with the first server's.

    Answers of a template with a LIMIT and no ORDER BY are compared by their number of rows, since a server
    may choose which rows to give.

    :param servers: the first is what the others are compared with.
    :param entities: IRIs to ask about.
    :param about: how many of them.
    """
    found, asked = Comparison(), defaultdict[tuple[str, str], list[tuple[float, float]]](list)
    for name, templates in CLASSES.items():
        for template in templates:
            for place, entity in enumerate(entities[: about if "{entity}" in template else 1]):
                query = text(template, entity, 7)
                bounded = "LIMIT" in query and "ORDER BY" not in query
                first: Counter[Any] | None = None
                for server in servers:
                    if server.slow and (place or (server.name, name) in found.unanswered):
                        continue
                    began, before = time.perf_counter(), cpu_seconds(server.pid)
                    try:
                        body = fetch(server.url, query, _PATIENCE_WITH_SLOW if server.slow else _PATIENCE)
                        seconds = time.perf_counter() - began
                        asked[server.name, name].append((seconds, cpu_seconds(server.pid) - before))
                        rows = _rows(body)
                    except (OSError, ValueError) as error:
                        found.differences.append(f"{server.name}: {error}: {name}: {_told(query)}")
                        found.unanswered.add((server.name, name))
                        continue
                    if seconds > _LONG:
                        said = f"  {server.name} takes {seconds:.0f} s for {name}: "
                        print(said + query.removeprefix(PREFIXES), file=sys.stderr)
                    if first is None:
                        first = rows
                    same = rows.total() == first.total() if bounded else rows == first
                    # A union of graphs gives a fact once for each graph that states it.
                    if not same and not (server.union and set(rows) == set(first)):
                        found.differences.append(
                            f"{server.name} gives {rows.total()} rows, {servers[0].name} {first.total()}, "
                            f"{(rows & first).total()} of them alike: {name}: {_told(query)}"
                        )
    found.asked = dict(asked)
    found.seconds = {key: sum(s for s, _ in times) / len(times) for key, times in asked.items()}
    return found


def _told(query: str) -> str:
    """Write a question as Markdown, without the prefixes."""
    return f"`{query.removeprefix(PREFIXES)}`"


def _rows(body: bytes) -> Counter[Any]:
    answer = json.loads(body)
    if "boolean" in answer:
        return Counter([answer["boolean"]])
    return Counter(
        frozenset((variable, _term(term)) for variable, term in row.items())
        for row in answer["results"]["bindings"]
    )


def _term(term: dict[str, str]) -> tuple[str, ...]:
    datatype = term.get("datatype", "")
    if datatype.rpartition("#")[2] in _NUMBERS:
        return ("number", str(float(term["value"])))
    kind = "literal" if term["type"] == "typed-literal" else term["type"]
    return (kind, term["value"], term.get("xml:lang", "").lower(), datatype.replace(_XSD_STRING, ""))
