"""Whether servers give the same answers, asked before anything is timed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.peers import Running, fetch
from bench.workload import CLASSES, text

_NUMBERS = ("integer", "decimal", "double", "int", "long")


def answers_differ(servers: Sequence[Running], entities: Sequence[str]) -> list[str]:
    """Ask every server every template and say where an answer is another than the first server's.

    Answers of a template with a LIMIT and no ORDER BY are compared by their number of rows, since a server
    may choose which rows to give.

    :param servers: the first is what the others are compared with.
    :param entities: IRIs to ask about.
    """
    found = []
    for name, templates in CLASSES.items():
        for template in templates:
            for entity in entities[:5] if "{entity}" in template else entities[:1]:
                query = text(template, entity, 7)
                bounded = "LIMIT" in query and "ORDER BY" not in query
                first, *others = (_rows(fetch(server.url, query)) for server in servers)
                for server, rows in zip(servers[1:], others, strict=True):
                    same = rows.total() == first.total() if bounded else rows == first
                    # A union of graphs gives a fact once for each graph that states it.
                    if not same and not ("union" in server.name and set(rows) == set(first)):
                        found.append(
                            f"{server.name} gives {rows.total()} rows, {servers[0].name} {first.total()}: "
                            f"{name}: {query}"
                        )
    return found


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


_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
