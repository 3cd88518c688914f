"""What takes a query in SPARQL, in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from portsmouth.receipts import PAGE
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS
from portsmouth_server import urls
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    IRI,
    QUERY_FAILURES,
    STANCE,
    STRING,
    JsonObject,
    array,
    choice,
    described,
    engine_content,
    format_parameter,
    operation,
    parameter,
    record,
)

#: The schema of a parameter, and what is told of it.
About = tuple[JsonObject, str]

#: The parameters of everything that takes a query.
ASKED: Final[Mapping[str, About]] = {
    "query": (STRING, "The SPARQL 1.1 query."),
    "default-graph-uri": (array(IRI), "A graph of the default graph; may be repeated."),
    "named-graph-uri": (array(IRI), "A graph that GRAPH may name; may be repeated."),
    "parts": (STRING, STANCE),
}
ROWS: Final[About] = (
    {"type": "string", "pattern": "^[0-9]+(-[0-9]+)?$", "default": f"0-{PAGE - 1}"},
    f"The rows that are explained, counted from 0, the last included; at most {PAGE}.",
)
#: The parameters of an answer that holds its own receipts.
INLINE: Final[Mapping[str, About]] = {
    "receipts": (
        choice(["inline"]),
        "Puts the receipts of the rows into the answer: in JSON, or in TriG.",
    ),
    "rows": ROWS,
}

SCHEMAS: Final[JsonObject] = {
    "Results": described(
        record("results", "boolean", head={"type": "object"}, results={"type": "object"}, boolean=BOOLEAN),
        "SPARQL 1.1 Query Results JSON.",
    )
}


def paths() -> JsonObject:
    """Describe the endpoint.

    :return: path items by path.
    """
    formats = {**RESULT_FORMATS, **GRAPH_FORMATS}
    return {
        urls.SPARQL: by_get_and_post(
            "querySparql",
            "An answer in SPARQL",
            {**ASKED, **INLINE},
            engine_content(formats),
            (*formats, "html"),
        )
    }


def by_get_and_post(
    name: str, summary: str, asked: Mapping[str, About], content: JsonObject, formats: Sequence[str]
) -> JsonObject:
    """Describe an address that takes a query in the ways of the SPARQL 1.1 protocol.

    :param name: with which the ids of its two operations begin.
    :param summary: what it gives, in a few words.
    :param asked: its parameters, in the address for GET and in a form for POST.
    :param content: schemas of the answer by media type.
    :param formats: the names that the parameter ``format`` takes.
    :return: a path item.

    >>> sorted(by_get_and_post("ask", "An answer", ASKED, {}, ["json"]))
    ['get', 'post']
    """
    form = format_parameter(formats)
    given = [parameter(key, *about, required=key == "query") for key, about in asked.items()]
    fields = {key: described(*about) for key, about in asked.items()}
    bodies = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "required": ["query"], "properties": fields}
        },
        "application/sparql-query": {"schema": STRING},
    }
    get = operation(name + "ByGet", summary, "graph", [*given, form], content, failures=QUERY_FAILURES)
    post = operation(name + "ByPost", summary, "graph", [form], content, failures=QUERY_FAILURES)
    return {"get": get, "post": post | {"requestBody": {"required": True, "content": bodies}}}
