"""The named queries in OpenAPI 3.1: their list, and each with its own parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from portsmouth.queries import NamedQuery, Parameter, ParameterType
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS
from portsmouth_server import urls
from portsmouth_server.openapi.asking import INLINE
from portsmouth_server.openapi.parts import (
    QUERY_FAILURES,
    STANCE,
    STRING,
    TEXTS,
    JsonObject,
    array,
    choice,
    described,
    engine_content,
    format_parameter,
    json_content,
    operation,
    parameter,
    record,
    reference,
)
from portsmouth_server.protocol import gives_graph

_TYPES: Final[Mapping[ParameterType, JsonObject]] = {
    # A name with a known prefix such as d:japan will do, which is no "uri" of JSON Schema.
    "iri": STRING,
    "string": STRING,
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "date": {"type": "string", "format": "date"},
}

SCHEMAS: Final[JsonObject] = {
    "NamedQuery": record(
        "titles",
        "descriptions",
        name=STRING,
        title=STRING,
        description=STRING,
        titles=TEXTS,
        descriptions=TEXTS,
        view=STRING,
        href=STRING,
        parameters=array(reference("Parameter")),
        query=described(STRING, "Its SPARQL, with $name where a value goes."),
    ),
    "Parameter": record(
        "descriptions",
        name=STRING,
        type=choice(_TYPES),
        default=STRING,
        description=STRING,
        descriptions=TEXTS,
    ),
}


def paths(named: Iterable[NamedQuery]) -> JsonObject:
    """Describe the addresses of the named queries.

    :param named: the named queries.
    :return: path items by path.

    >>> list(paths([]))
    ['/queries']
    """
    return {
        urls.QUERIES: {"get": _list()},
        **{f"{urls.QUERIES}/{query.name}": {"get": _named(query)} for query in named},
    }


def _list() -> JsonObject:
    return operation(
        "listQueries",
        "The named queries",
        "queries",
        [format_parameter(("json", "html"))],
        json_content(record(openapi=STRING, queries=array(reference("NamedQuery")))),
        failures=(400, 406),
    )


def _named(query: NamedQuery) -> JsonObject:
    formats = GRAPH_FORMATS if gives_graph(query.text) else RESULT_FORMATS
    return operation(
        "query-" + query.name,
        query.title,
        "queries",
        [
            *map(_own, query.parameters),
            parameter("parts", STRING, STANCE),
            *(parameter(name, *about) for name, about in INLINE.items()),
            format_parameter((*formats, "html")),
        ],
        engine_content(formats),
        description=query.description,
        failures=QUERY_FAILURES,
    )


def _own(own: Parameter) -> JsonObject:
    schema = {**_TYPES[own.type], "default": _default(own)}
    return parameter(own.name, schema, f"{own.description} Expected: {own.expected}.")


def _default(own: Parameter) -> str | int | float:
    match own.type:
        case "integer":
            return int(own.default)
        case "decimal":
            return float(own.default)
        case _:
            return own.default
