"""What OpenAPI says of ``/update`` and ``/graphs``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portsmouth.store.protocol import GRAPH_FORMATS
from portsmouth.untrusted import DOCUMENT_TYPES
from portsmouth_server import urls
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    INTEGER,
    IRI,
    STRING,
    JsonObject,
    array,
    described,
    json_content,
    problems,
    record,
    reference,
)

TAG: Final[JsonObject] = {
    "name": "writing",
    "description": "Changing the graph, for those who have the server's token.",
}
SECURITY_SCHEMES: Final[JsonObject] = {
    "token": {"type": "http", "scheme": "bearer", "description": "The token that the operator configured."}
}
SCHEMAS: Final[JsonObject] = {
    "Written": described(
        record(
            snapshot=described(STRING, "The snapshot that holds it."),
            added=described(INTEGER, "Quads that were not there before."),
            removed=described(INTEGER, "Quads that are there no longer."),
            created=described(BOOLEAN, "Whether a graph is new."),
        ),
        "What a write did.",
    )
}

_FAILURES: Final[Mapping[int, str]] = {
    400: "The request or its text cannot be read; the detail says where.",
    401: "The token is missing or wrong.",
    403: "Writing is off, or a host may not be called.",
    404: "There is no such graph.",
    406: "The graph is not to be had in a format that is accepted.",
    409: "The default graph is derived from the named graphs, or a graph exists already.",
    412: "The graph has another version than the request names.",
    413: "The body is longer than the server reads.",
    415: "The body is of a type that is not read here.",
    500: "The write met a fault of the engine, and changed nothing.",
    503: "The store is busy; try again.",
    504: "The deadline has passed.",
}
_TEXT: Final[JsonObject] = {"schema": STRING}
_WRITTEN: Final = json_content(reference("Written"))
_NAMED: Final[list[JsonObject]] = [
    {
        "name": "graph",
        "in": "query",
        "description": "The IRI of the graph.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    {
        "name": "default",
        "in": "query",
        "description": "The default graph, instead of a named one.",
        "allowEmptyValue": True,
        "schema": STRING,
    },
]


def paths() -> JsonObject:
    """Describe the addresses.

    :return: path items by path.

    >>> sorted(paths())
    ['/graphs', '/update']
    """
    return {
        urls.UPDATE: {"post": _update()},
        urls.GRAPHS: {
            "get": _read(),
            "put": _write("replaceGraph", "A graph in place of another", {201: _WRITTEN, 204: {}}),
            "post": _write(
                "mergeGraph", "Triples added to a graph, or a new graph", {200: _WRITTEN, 201: _WRITTEN}
            ),
            "delete": _drop(),
        },
    }


def _update() -> JsonObject:
    form = record(
        "using-graph-uri",
        "using-named-graph-uri",
        **{
            "update": described(STRING, "The SPARQL 1.1 update."),
            "using-graph-uri": described(array(IRI), "A graph that WHERE asks; may be repeated."),
            "using-named-graph-uri": described(
                array(IRI), "A graph that GRAPH in WHERE may name; may be repeated."
            ),
        },
    )
    bodies = {"application/x-www-form-urlencoded": {"schema": form}, "application/sparql-update": _TEXT}
    answers: dict[int, JsonObject] = {200: _WRITTEN, 204: {}}
    operation = _operation(
        "updateSparql", "A change in SPARQL", answers, (400, 401, 403, 409, 413, 415, 503, 504)
    )
    return operation | {"requestBody": {"required": True, "content": bodies}, "security": [{"token": []}]}


def _read() -> JsonObject:
    content = dict.fromkeys(GRAPH_FORMATS.values(), _TEXT)
    operation = _operation("readGraph", "A graph", {200: content}, (400, 404, 406, 412, 503, 504))
    return operation | {"parameters": _NAMED}


def _write(name: str, summary: str, answers: Mapping[int, JsonObject]) -> JsonObject:
    bodies: JsonObject = {GRAPH_FORMATS[form]: _TEXT for form in dict.fromkeys(DOCUMENT_TYPES.values())}
    bodies["multipart/form-data"] = {"schema": {"type": "object"}}
    operation = _operation(name, summary, answers, (400, 401, 403, 409, 412, 413, 415, 503, 504))
    return operation | {
        "parameters": _NAMED,
        "requestBody": {"required": True, "content": bodies},
        "security": [{"token": []}],
    }


def _drop() -> JsonObject:
    operation = _operation(
        "dropGraph", "A graph dropped", {200: _WRITTEN}, (400, 401, 403, 404, 409, 412, 503, 504)
    )
    return operation | {"parameters": _NAMED, "security": [{"token": []}]}


def _operation(
    name: str, summary: str, answers: Mapping[int, JsonObject], failures: tuple[int, ...]
) -> JsonObject:
    responses: JsonObject = {
        str(status): {"description": "Done.", "content": content}
        if content
        else {"description": "Done; there is nothing to tell."}
        for status, content in answers.items()
    }
    responses |= problems(failures, _FAILURES)
    return {"operationId": name, "summary": summary, "tags": [TAG["name"]], "responses": responses}
