"""The search by name in OpenAPI 3.1."""

from __future__ import annotations

from typing import Final

from portsmouth.search import MOST_HITS, USUAL_HITS
from portsmouth_server import urls
from portsmouth_server.openapi.parts import (
    IRI,
    STRING,
    TEXTS,
    JsonObject,
    array,
    choice,
    described,
    format_parameter,
    json_content,
    operation,
    parameter,
    record,
    reference,
)

_NEAR: Final[JsonObject] = {"type": "object", "properties": dict.fromkeys(("iri", "label", "href"), STRING)}
_FOUND: Final = record(
    "near",
    q=STRING,
    hits=array(reference("Hit")),
    near=described(array(_NEAR), "Where there are no hits: what is called nearly so."),
)

SCHEMAS: Final[JsonObject] = {
    "Hit": record(
        "kind",
        iri=IRI,
        labels=described(TEXTS, "Labels by language."),
        types=described(array(IRI), "Its classes, the narrowest first."),
        kind=described(TEXTS, "What its class is called, by language."),
        field=choice(["label", "spelling", "gloss"]),
        text=described(STRING, "The text that fits."),
        language={"type": ["string", "null"]},
        score={"type": "number", "minimum": 0, "maximum": 1},
        href=described(STRING, "Where this server describes it."),
    )
}


def paths() -> JsonObject:
    """Describe the address.

    :return: path items by path.
    """
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": USUAL_HITS}
    words = "Words of a name or a gloss, in any script, from mid-word."
    kinds = "Only things of these classes, such as pt:Person; may be repeated."
    search = operation(
        "search",
        "Things by name",
        "graph",
        [
            parameter("q", STRING, words, required=True),
            parameter("limit", limit, "The most hits."),
            parameter("kind", array(STRING), kinds),
            format_parameter(("json", "html")),
        ],
        json_content(_FOUND),
        description="Finds things by their labels, their spellings as printed, and glosses.",
        failures=(400, 406, 503),
    )
    return {urls.SEARCH: {"get": search}}
