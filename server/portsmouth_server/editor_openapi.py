"""What editors ask beside answers, in OpenAPI 3.1: whether a query is well-formed, and which names exist."""

from __future__ import annotations

from typing import Any, Final

from portsmouth_server import urls

JsonObject = dict[str, Any]

_STRING: Final[JsonObject] = {"type": "string"}
_CHECKED: Final[JsonObject] = {
    "type": "object",
    "required": ["valid"],
    "properties": {
        "valid": {"type": "boolean"},
        "title": _STRING,
        "found": _STRING,
        "expected": _STRING,
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
    },
}
_TERMS: Final[JsonObject] = {
    "type": "object",
    "required": ["prefixes", "terms"],
    "properties": {
        "prefixes": {"type": "object", "additionalProperties": _STRING},
        "terms": {
            "type": "array",
            "description": "Short form, kind, label, and a definition where there is one.",
            "items": {"type": "array", "items": _STRING, "minItems": 3, "maxItems": 4},
        },
    },
}


def paths(operation: Any) -> JsonObject:
    """Describe the addresses.

    :param operation: makes an operation object of its id, summary, tag, parameters, content and failures.
    :return: path items by path.
    """
    query = {
        "name": "query",
        "in": "query",
        "required": True,
        "description": "SPARQL 1.1 query text. A long one may be sent by POST, as to `/sparql`.",
        "schema": _STRING,
    }
    check = operation(
        "check",
        "Whether a query can be parsed, and if not, where not",
        "graph",
        [query],
        {"application/json": {"schema": _CHECKED}},
        description="Nothing is evaluated.",
        failures=(400, 503, 504),
    )
    terms = operation(
        "terms",
        "The names that queries are made of, with what they mean",
        "graph",
        [],
        {"application/json": {"schema": _TERMS}},
        description="Labels and definitions are in the language of the Accept-Language header.",
        failures=(503, 504),
    )
    return {urls.CHECK: {"get": check}, urls.TERMS: {"get": terms}}
