"""What editors ask beside answers, in OpenAPI 3.1: whether a query is well-formed, and which names exist."""

from __future__ import annotations

from typing import Final

from portsmouth_server import urls
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    STRING,
    TEXTS,
    JsonObject,
    json_content,
    operation,
    parameter,
    record,
)

_PLACE: Final[JsonObject] = {"type": "integer", "minimum": 1}
_CHECKED: Final = record(
    "title", "found", "expected", "line", "column",
    valid=BOOLEAN, title=STRING, found=STRING, expected=STRING, line=_PLACE, column=_PLACE,
)  # fmt: skip
_TERMS: Final = record(
    prefixes=TEXTS,
    terms={
        "type": "array",
        "description": "Short form, kind, label, and a definition where there is one.",
        "items": {"type": "array", "items": STRING, "minItems": 3, "maxItems": 4},
    },
)


def paths() -> JsonObject:
    """Describe the addresses.

    :return: path items by path.
    """
    text = "SPARQL 1.1 query text. A long one may be sent by POST, as to `/sparql`."
    check = operation(
        "check",
        "Whether a query can be parsed, and if not, where not",
        "graph",
        [parameter("query", STRING, text, required=True)],
        json_content(_CHECKED),
        description="Nothing is evaluated.",
        failures=(400, 503, 504),
    )
    terms = operation(
        "terms",
        "The names that queries are made of, with what they mean",
        "graph",
        [],
        json_content(_TERMS),
        description="Labels and definitions are in the language of the Accept-Language header.",
        failures=(503, 504),
    )
    return {urls.CHECK: {"get": check}, urls.TERMS: {"get": terms}}
