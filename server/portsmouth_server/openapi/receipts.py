"""Receipts in OpenAPI 3.1: the passages that support an answer, and how to check one."""

from __future__ import annotations

from typing import Final

from portsmouth_server import urls
from portsmouth_server.openapi.asking import ASKED, ROWS, by_get_and_post
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    INTEGER,
    STRING,
    TEXTS,
    JsonObject,
    array,
    choice,
    described,
    json_content,
    operation,
    record,
    reference,
)

_STRINGS: Final = array(STRING)
_TERM: Final = described(STRING, "A term as in N-Triples.")
_NUMBERS: Final = array({"type": "integer", "minimum": 0})
_ROW: Final = described(TEXTS, "Terms as in N-Triples: by variable, or s, p and o for a triple of a graph.")
_COUNTED: Final = described(
    INTEGER,
    "How many independent texts these passages are: the lines of one part are one text, and so are passages "
    "that repeat each other nearly word for word.",
)
_FACT_MEMBERS: Final = {
    "s": _TERM,
    "p": _TERM,
    "o": _TERM,
    "in": described(_STRINGS, "The graphs that state it; passages first, in the order of the page."),
    "graph": described(STRING, "The graph that GRAPH named, where it named one."),
}

SCHEMAS: Final[JsonObject] = {
    "Fact": record(
        "graph",
        **_FACT_MEMBERS,
        kind=described(STRING, "What kind of graph states it: passage, editorial, derived …"),
        disputed=described(BOOLEAN, "Whether passages disagree about it."),
        texts=_COUNTED,
    ),
    "Derivation": record(
        facts=described(_NUMBERS, "Positions in the list of facts."),
        absent=described(_STRINGS, "Patterns that were not found, and had not to be."),
        notes=described(_STRINGS, "In which way it is less than exact."),
    ),
    "Support": record(
        passages=described(_STRINGS, "All passages that state one of its facts."),
        texts=_COUNTED,
        smallest=described(
            array(_STRINGS), "Sets of passages that carry the row, none of which could do with less."
        ),
        indispensable={
            "type": ["array", "null"],
            "items": STRING,
            "description": "Passages of which each alone, if wrong, would take the row away; null where that "
            "cannot be said.",
        },
        complete=described(BOOLEAN, "Whether there are no further sets."),
    ),
    "ReceiptsPage": record(
        "passages",
        "snapshot",
        facts=array(reference("Fact")),
        rows=described(array(array(reference("Derivation"))), "Derivations, row by row."),
        support=array(reference("Support")),
        echoes={
            "type": "object",
            "additionalProperties": _STRINGS,
            "description": "By cited passage, the passages that repeat it nearly word for word.",
        },
        cut=described(_NUMBERS, "Rows to which there are more ways than are given."),
        notes=described(_STRINGS, "What holds for every row."),
        truncated=described(BOOLEAN, "Whether a budget ended the search somewhere."),
        kind=choice(["solutions", "boolean", "graph"]),
        first=described(INTEGER, "The place of the first row in the answer."),
        next={"type": ["string", "null"], "description": "The address of the page that follows."},
        answers=array(_ROW),
        passages={
            "type": "object",
            "additionalProperties": record(part=STRING, line=INTEGER, gloss=STRING),
        },
        snapshot=STRING,
    ),
    "Receipt": described(
        record("row", query=STRING, row=_ROW, facts=array(record("in", "graph", **_FACT_MEMBERS))),
        "A row and the facts of one of its derivations. Parameters that choose a dataset are members of the "
        "same names.",
    ),
    "Verdict": record(
        holds=BOOLEAN,
        row=described(BOOLEAN, "Whether the query gives the row on these facts alone."),
        facts=described(array(BOOLEAN), "Whether each fact stands where it says."),
        words=STRING,
        snapshot=STRING,
    ),
}


def paths() -> JsonObject:
    """Describe the addresses.

    :return: path items by path.
    """
    return {
        urls.RECEIPTS: by_get_and_post(
            "receipts",
            "The passages that support the rows of an answer",
            {**ASKED, "rows": ROWS},
            json_content(reference("ReceiptsPage")),
            ("json", "html"),
        ),
        urls.RECEIPTS + "/verify": {"post": _verify()},
    }


def _verify() -> JsonObject:
    verify = operation(
        "verifyReceipt",
        "Replay of one receipt: the query asked of its facts alone",
        "graph",
        [],
        json_content(reference("Verdict")),
        failures=(400, 503, 504, 507),
    )
    body = {"required": True, "content": json_content(reference("Receipt"))}
    return verify | {"requestBody": body}
