"""What receipts look like, in JSON Schema for OpenAPI."""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_FLAG: Final = {"type": "boolean"}
_TERM: Final = {"type": "string", "description": "A term as in N-Triples."}
_NUMBERS: Final = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_ROW: Final = {
    "type": "object",
    "description": "Terms as in N-Triples: by variable, or s, p and o for a triple of a graph.",
    "additionalProperties": _TEXT,
}
_TEXTS_COUNTED: Final = {
    "type": "integer",
    "description": "How many independent texts these passages are: the lines of one part are one text, and "
    "so are passages that repeat each other nearly word for word.",
}
_FACT_MEMBERS: Final = {
    "s": _TERM,
    "p": _TERM,
    "o": _TERM,
    "in": _TEXTS | {"description": "The graphs that state it; passages first, in the order of the page."},
    "graph": _TEXT | {"description": "The graph that GRAPH named, where it named one."},
}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


RECEIPT_SCHEMAS: Final[dict[str, Any]] = {
    "Fact": _object(
        ["s", "p", "o", "in", "kind", "disputed", "texts"],
        **_FACT_MEMBERS,
        kind=_TEXT | {"description": "What kind of graph states it: passage, editorial, derived …"},
        disputed=_FLAG | {"description": "Whether passages disagree about it."},
        texts=_TEXTS_COUNTED,
    ),
    "Derivation": _object(
        ["facts", "absent", "notes"],
        facts=_NUMBERS | {"description": "Positions in the list of facts."},
        absent=_TEXTS | {"description": "Patterns that were not found, and had not to be."},
        notes=_TEXTS | {"description": "In which way it is less than exact."},
    ),
    "Support": _object(
        ["passages", "texts", "smallest", "indispensable", "complete"],
        passages=_TEXTS | {"description": "All passages that state one of its facts."},
        texts=_TEXTS_COUNTED,
        smallest={
            "type": "array",
            "items": _TEXTS,
            "description": "Sets of passages that carry the row, none of which could do with less.",
        },
        indispensable={
            "type": ["array", "null"],
            "items": _TEXT,
            "description": "Passages of which each alone, if wrong, would take the row away; null where that "
            "cannot be said.",
        },
        complete=_FLAG | {"description": "Whether there are no further sets."},
    ),
    "ReceiptsPage": _object(
        [
            "facts",
            "rows",
            "support",
            "echoes",
            "cut",
            "notes",
            "truncated",
            "kind",
            "first",
            "next",
            "answers",
        ],
        facts=_list("Fact"),
        rows={"type": "array", "items": _list("Derivation"), "description": "Derivations, row by row."},
        support=_list("Support"),
        echoes={
            "type": "object",
            "additionalProperties": _TEXTS,
            "description": "By cited passage, the passages that repeat it nearly word for word.",
        },
        cut=_NUMBERS | {"description": "Rows to which there are more ways than are given."},
        notes=_TEXTS | {"description": "What holds for every row."},
        truncated=_FLAG | {"description": "Whether a budget ended the search somewhere."},
        kind={"type": "string", "enum": ["solutions", "boolean", "graph"]},
        first={"type": "integer", "description": "The place of the first row in the answer."},
        next={"type": ["string", "null"], "description": "The address of the page that follows."},
        answers={"type": "array", "items": _ROW},
        passages={
            "type": "object",
            "additionalProperties": _object(
                ["part", "line", "gloss"], part=_TEXT, line={"type": "integer"}, gloss=_TEXT
            ),
        },
        snapshot=_TEXT,
    ),
    "Receipt": _object(
        ["query", "facts"],
        query=_TEXT,
        row=_ROW,
        facts={"type": "array", "items": _object(["s", "p", "o"], **_FACT_MEMBERS)},
    )
    | {
        "description": "A row and the facts of one of its derivations. Parameters that choose a dataset are "
        "members of the same names."
    },
    "Verdict": _object(
        ["holds", "row", "facts", "words", "snapshot"],
        holds=_FLAG,
        row=_FLAG | {"description": "Whether the query gives the row on these facts alone."},
        facts={"type": "array", "items": _FLAG, "description": "Whether each fact stands where it says."},
        words=_TEXT,
        snapshot=_TEXT,
    ),
}
