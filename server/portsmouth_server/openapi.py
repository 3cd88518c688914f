"""The interface for programs in OpenAPI 3.1: every named query an operation with its own typed parameters.

Written from the catalogue rather than from the routes, which know of one
pattern where people know of many questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

import portsmouth
from portsmouth.conflicts import KINDS
from portsmouth.queries import NamedQuery, Parameter, ParameterType
from portsmouth.receipts import PAGE
from portsmouth.search import MOST_HITS, USUAL_HITS
from portsmouth.stance import NAMED
from portsmouth.store.lexer import tokens
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS
from portsmouth_server import editor_openapi, network_openapi, urls
from portsmouth_server.answering import json_response
from portsmouth_server.errors import MEDIA_TYPE as PROBLEM
from portsmouth_server.openapi_writing import SECURITY_SCHEMES, WRITTEN_SCHEMAS, writing_paths
from portsmouth_server.openapi_writing import TAG as WRITING_TAG
from portsmouth_server.receipt_schemas import RECEIPT_SCHEMAS
from portsmouth_server.settings import Settings

JsonObject = dict[str, Any]

_SCHEMAS: Final[Mapping[ParameterType, JsonObject]] = {
    # A name with a known prefix such as d:japan will do, which is no "uri" of JSON Schema.
    "iri": {"type": "string"},
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "date": {"type": "string", "format": "date"},
}
_PARTS: Final = (
    "The stance: only what these parts of the page say, such as s3 or s1,s2; -s4 leaves part 4 out; "
    f"{', '.join(NAMED)} are names. Every part where not given."
)
_GRAPH_FORMS: Final = frozenset({"CONSTRUCT", "DESCRIBE"})
_FORMS: Final = frozenset({"SELECT", "ASK"}) | _GRAPH_FORMS
_FAILURES: Final[Mapping[int, str]] = {
    400: "A parameter is unknown, given twice or of another type; the detail names it and says what is "
    "expected.",
    404: "There is no such resource; the detail names near ones.",
    406: "The answer is not to be had in a format that is accepted.",
    503: "The store is busy; try again.",
    504: "The query ran past its deadline.",
    507: "The query needed more memory than one query may have.",
}


def openapi_router(named: Sequence[NamedQuery], settings: Settings) -> APIRouter:
    """Route the description of the interface.

    :param named: the named queries.
    :param settings: where the server is seen.
    """
    router = APIRouter()
    described = document(named, settings.public_url or settings.root_path or "/")

    @router.api_route(urls.OPENAPI, methods=["GET", "HEAD"])
    async def openapi(request: Request) -> Response:
        return json_response(request, described)

    return router


def document(named: Iterable[NamedQuery], server: str) -> JsonObject:
    """Describe the interface.

    :param named: the named queries.
    :param server: the address below which it is.
    :return: an OpenAPI document.

    >>> sorted(document([], "/")["paths"])[:3]
    ['/cite', '/conflicts', '/graphs']
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portsmouth 1905",
            "version": portsmouth.__version__,
            "summary": "A knowledge graph of the Treaty of Portsmouth (1905), passage by passage.",
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "servers": [{"url": server}],
        "tags": [
            {
                "name": "queries",
                "description": "Questions with a name, whose parameters are bound as values.",
            },
            {"name": "graph", "description": "The whole graph, by name or in SPARQL."},
            {"name": "networks", "description": "Who acted on whom, exact in time, passage by passage."},
            WRITING_TAG,
        ],
        "paths": {
            urls.QUERIES: {"get": _catalogue()},
            **{f"{urls.QUERIES}/{query.name}": {"get": _named(query)} for query in named},
            urls.SEARCH: {"get": _search()},
            **network_openapi.paths(_operation),
            urls.CONFLICTS: {"get": _conflicts()},
            urls.CITE: {"get": _cite()},
            urls.SOURCES: {"get": _sources()},
            urls.STANCES: {"get": _stances()},
            urls.SPARQL: {
                "get": _sparql("querySparqlByGet"),
                "post": _sparql("querySparqlByPost", form=True),
            },
            **editor_openapi.paths(_operation),
            urls.RECEIPTS: {
                "get": _receipts("receiptsByGet"),
                "post": _receipts("receiptsByPost", form=True),
            },
            urls.RECEIPTS + "/verify": {"post": _verify()},
            **writing_paths(),
            urls.HEALTH: {"get": _health()},
        },
        "components": {
            "schemas": _COMPONENTS | RECEIPT_SCHEMAS | network_openapi.SCHEMAS | WRITTEN_SCHEMAS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _catalogue() -> JsonObject:
    described = {
        "type": "object",
        "required": ["openapi", "queries"],
        "properties": {
            "openapi": {"type": "string"},
            "queries": {"type": "array", "items": _reference("NamedQuery")},
        },
    }
    return _operation(
        "listQueries",
        "The named queries",
        "queries",
        [_format(("json", "html"))],
        {"application/json": {"schema": described}},
        failures=(400, 406),
    )


def _named(query: NamedQuery) -> JsonObject:
    formats = GRAPH_FORMATS if is_graph(query.text) else RESULT_FORMATS
    given = [_parameter(parameter) for parameter in query.parameters]
    return _operation(
        "query-" + query.name,
        query.title,
        "queries",
        [
            *given,
            _parts(),
            *(_query(name, *about) for name, about in _INLINE.items()),
            _format((*formats, "html")),
        ],
        _contents(formats),
        description=query.description,
        failures=(400, 406, 503, 504, 507),
    )


def _search() -> JsonObject:
    found = {
        "type": "object",
        "required": ["q", "hits"],
        "properties": {
            "q": {"type": "string"},
            "hits": {"type": "array", "items": _reference("Hit")},
            "near": {
                "description": "Where there are no hits: what is called nearly so.",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in ("iri", "label", "href")},
                },
            },
        },
    }
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": USUAL_HITS}
    kinds = {"type": "array", "items": {"type": "string"}}
    return _operation(
        "search",
        "Things by name",
        "graph",
        [
            _query(
                "q", {"type": "string"}, "Words of a name or a gloss, in any script, from mid-word.", True
            ),
            _query("limit", limit, "The most hits."),
            _query("kind", kinds, "Only things of these classes, such as pt:Person; may be repeated."),
            _format(("json", "html")),
        ],
        {"application/json": {"schema": found}},
        description="Finds things by their labels, their spellings as printed, and glosses.",
        failures=(400, 406, 503),
    )


def _conflicts() -> JsonObject:
    told = {
        "type": "object",
        "required": ["count", "conflicts"],
        "properties": {
            "count": {"type": "integer"},
            "conflicts": {"type": "array", "items": _reference("Conflict")},
        },
    }
    kinds = {"type": "string", "enum": list(KINDS)}
    return _operation(
        "listConflicts",
        "Where passages disagree",
        "graph",
        [
            _query(
                "entity", {"type": "string"}, "Only what concerns this: a name in any language, or an IRI."
            ),
            _query("part", {"type": "string"}, "Only where this part takes part, such as s5."),
            _query("kind", kinds, "Only this kind."),
            _format(("json", "csv", "html")),
        ],
        {"application/json": {"schema": told}, "text/csv": {"schema": {"type": "string"}}},
        description="Every slot that passages fill differently, with each passage's account. CSV has one row "
        "an account.",
        failures=(400, 404, 406, 503),
    )


_GRAPHS: Final[JsonObject] = {"type": "array", "items": {"type": "string", "format": "uri"}}
#: The parameters of everything that takes a query.
_ASKED: Final[Mapping[str, tuple[JsonObject, str]]] = {
    "query": ({"type": "string"}, "The SPARQL 1.1 query."),
    "default-graph-uri": (_GRAPHS, "A graph of the default graph; may be repeated."),
    "named-graph-uri": (_GRAPHS, "A graph that GRAPH may name; may be repeated."),
    "parts": ({"type": "string"}, _PARTS),
}
_ROWS: Final[tuple[JsonObject, str]] = (
    {"type": "string", "pattern": "^[0-9]+(-[0-9]+)?$", "default": f"0-{PAGE - 1}"},
    f"The rows that are explained, counted from 0, the last included; at most {PAGE}.",
)
_INLINE: Final[Mapping[str, tuple[JsonObject, str]]] = {
    "receipts": (
        {"type": "string", "enum": ["inline"]},
        "Puts the receipts of the rows into the answer: in JSON, or in TriG.",
    ),
    "rows": _ROWS,
}


def _stances() -> JsonObject:
    rows = {"type": "array", "items": {"type": "array", "items": {"type": ["string", "null"]}}}
    told = {
        "type": "object",
        "required": ["kind", "columns", "leftOut", "onlyA", "onlyB", "both"],
        "properties": {
            "kind": {"type": "string"},
            "columns": {"type": "array", "items": {"type": "string"}},
            "leftOut": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Columns that hold passages and are not compared.",
            },
            "onlyA": rows,
            "onlyB": rows,
            "both": rows,
        },
    }
    return _operation(
        "compareStances",
        "One question from two stances",
        "graph",
        [
            _query("query", {"type": "string"}, "The SPARQL 1.1 query.", True),
            _query("a", {"type": "string"}, f"The one stance. {_PARTS}"),
            _query("b", {"type": "string"}, f"The other stance. {_PARTS}"),
            _format(("json", "csv", "html")),
        ],
        {"application/json": {"schema": told}, "text/csv": {"schema": {"type": "string"}}},
        description="The rows that only one of two stances gives, and those that both give; terms as in "
        "N-Triples.",
        failures=(400, 406, 503, 504, 507),
    )


def _sources() -> JsonObject:
    part = {"type": "object", "required": ["iri", "part", "label", "facts", "alone", "disputed", "passages"]}
    told = {"type": "object", "properties": {"parts": {"type": "array", "items": part}}}
    return _operation(
        "listSources",
        "The texts of the page, passage by passage",
        "graph",
        [
            _query("part", {"type": "string"}, "Only this text, such as s5."),
            _format(("json", "csv", "html")),
        ],
        {"application/json": {"schema": told}, "text/csv": {"schema": {"type": "string"}}},
        description="Of every passage the gloss, how many facts it states, how many it alone, the "
        "disagreements in which it takes part, and why it is silent where it is.",
        failures=(400, 404, 406, 503),
    )


def _cite() -> JsonObject:
    described: dict[str, tuple[JsonObject, str]] = {
        **_ASKED,
        "version": ({"type": "string"}, "The version of the data; whichever is served where not given."),
    }
    csl = "application/vnd.citationstyles.csl+json"
    content: JsonObject = {
        "application/json": {"schema": _reference("Citation")},
        "text/plain": {"schema": {"type": "string"}},
        "application/x-bibtex": {"schema": {"type": "string"}},
        csl: {"schema": {"type": "array", "items": {"type": "object"}}},
    }
    return _operation(
        "citeAnswer",
        "An answer as it can be cited",
        "graph",
        [
            *(_query(name, schema, text, name == "query") for name, (schema, text) in described.items()),
            _format(("json", "footnote", "bibtex", "csl-json", "html")),
        ],
        content,
        description="A permanent link for query, stance and version, the hash of the result and the passages "
        "that carry it. A version that is not served is answered with 404 and the one that is.",
        failures=(400, 404, 406, 503, 504, 507),
    )


def _sparql(operation: str, *, form: bool = False) -> JsonObject:
    formats = {**RESULT_FORMATS, **GRAPH_FORMATS}
    described = {
        **_ASKED,
        **_INLINE,
    }
    return _of_query(
        operation, "An answer in SPARQL", described, _contents(formats), (*formats, "html"), form=form
    )


def _receipts(operation: str, *, form: bool = False) -> JsonObject:
    content = {"application/json": {"schema": _reference("ReceiptsPage")}}
    summary = "The passages that support the rows of an answer"
    return _of_query(operation, summary, {**_ASKED, "rows": _ROWS}, content, ("json", "html"), form=form)


def _verify() -> JsonObject:
    operation = _operation(
        "verifyReceipt",
        "Replay of one receipt: the query asked of its facts alone",
        "graph",
        [],
        {"application/json": {"schema": _reference("Verdict")}},
        failures=(400, 503, 504, 507),
    )
    content = {"application/json": {"schema": _reference("Receipt")}}
    return operation | {"requestBody": {"required": True, "content": content}}


def _of_query(
    operation: str,
    summary: str,
    described: Mapping[str, tuple[JsonObject, str]],
    content: JsonObject,
    formats: Sequence[str],
    *,
    form: bool,
) -> JsonObject:
    """Describe what takes a query, by GET or, with ``form``, by POST."""
    given = [] if form else [_query(n, s, d, n == "query") for n, (s, d) in described.items()]
    operation_object = _operation(
        operation,
        summary,
        "graph",
        [*given, _format(formats)],
        content,
        failures=(400, 406, 503, 504, 507),
    )
    if form:
        fields = {name: {**schema, "description": text} for name, (schema, text) in described.items()}
        operation_object["requestBody"] = {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {"type": "object", "required": ["query"], "properties": fields}
                },
                "application/sparql-query": {"schema": {"type": "string"}},
            },
        }
    return operation_object


def _health() -> JsonObject:
    well = {
        "type": "object",
        "properties": {
            "live": {"type": "boolean"},
            "ready": {"type": "boolean"},
            "snapshot": {"type": "string"},
        },
    }
    content = {"application/json": {"schema": well}}
    return _operation("health", "Whether the server can answer", "graph", [], content, failures=(503,))


def _operation(
    operation: str,
    summary: str,
    tag: str,
    given: Sequence[JsonObject],
    content: JsonObject,
    *,
    description: str = "",
    failures: Sequence[int],
) -> JsonObject:
    problems = {PROBLEM: {"schema": _reference("Problem")}}
    return {
        "operationId": operation,
        "summary": summary,
        **({"description": description} if description else {}),
        "tags": [tag],
        **({"parameters": list(given)} if given else {}),
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **{str(status): {"description": _FAILURES[status], "content": problems} for status in failures},
        },
    }


def _parameter(parameter: Parameter) -> JsonObject:
    schema = {**_SCHEMAS[parameter.type], "default": _default(parameter)}
    return _query(parameter.name, schema, f"{parameter.description} Expected: {parameter.expected}.")


def _default(parameter: Parameter) -> str | int | float:
    match parameter.type:
        case "integer":
            return int(parameter.default)
        case "decimal":
            return float(parameter.default)
        case _:
            return parameter.default


def _query(name: str, schema: JsonObject, description: str, required: bool = False) -> JsonObject:
    where: JsonObject = {"name": name, "in": "query", "required": required}
    return where | {"description": description, "schema": schema}


def _parts() -> JsonObject:
    return _query("parts", {"type": "string"}, _PARTS)


def _format(names: Sequence[str]) -> JsonObject:
    chosen = {"type": "string", "enum": list(dict.fromkeys(names))}
    return _query("format", chosen, "The format of the answer; it wins over the Accept header.")


def _contents(formats: Mapping[str, str]) -> JsonObject:
    return {media_type: {"schema": _body(media_type)} for media_type in formats.values()}


def _body(media_type: str) -> JsonObject:
    if media_type == RESULT_FORMATS["json"]:
        return _reference("Results")
    return {} if media_type == GRAPH_FORMATS["jsonld"] else {"type": "string"}


def is_graph(text: str) -> bool:
    """Say whether a query asks for a graph rather than for solutions.

    >>> is_graph("# SELECT\\nPREFIX a: <http://e/> CONSTRUCT WHERE { ?s a:select ?o }")
    True
    """
    words = (token.text.upper() for token in tokens(text) if token.kind == "word")
    return next((word for word in words if word in _FORMS), "") in _GRAPH_FORMS


def _reference(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


_COMPONENTS: Final[JsonObject] = {
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What was found and what was expected."},
        },
    },
    "NamedQuery": {
        "type": "object",
        "required": ["name", "title", "description", "view", "href", "parameters", "query"],
        "properties": {
            "name": {"type": "string"},
            "title": {"type": "string"},
            "description": {"type": "string"},
            "titles": {"type": "object", "additionalProperties": {"type": "string"}},
            "descriptions": {"type": "object", "additionalProperties": {"type": "string"}},
            "view": {"type": "string"},
            "href": {"type": "string"},
            "parameters": {"type": "array", "items": _reference("Parameter")},
            "query": {"type": "string", "description": "Its SPARQL, with $name where a value goes."},
        },
    },
    "Parameter": {
        "type": "object",
        "required": ["name", "type", "default", "description"],
        "properties": {
            "name": {"type": "string"},
            "type": {"type": "string", "enum": list(_SCHEMAS)},
            "default": {"type": "string"},
            "description": {"type": "string"},
            "descriptions": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
    "Hit": {
        "type": "object",
        "required": ["iri", "labels", "types", "field", "text", "language", "score", "href"],
        "properties": {
            "iri": {"type": "string", "format": "uri"},
            "labels": {
                "type": "object",
                "description": "Labels by language.",
                "additionalProperties": {"type": "string"},
            },
            "types": {
                "type": "array",
                "description": "Its classes, the narrowest first.",
                "items": {"type": "string", "format": "uri"},
            },
            "kind": {
                "type": "object",
                "description": "What its class is called, by language.",
                "additionalProperties": {"type": "string"},
            },
            "field": {"type": "string", "enum": ["label", "spelling", "gloss"]},
            "text": {"type": "string", "description": "The text that fits."},
            "language": {"type": ["string", "null"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "href": {"type": "string", "description": "Where this server describes it."},
        },
    },
    "Citation": {
        "type": "object",
        "required": [
            "title",
            "query",
            "parts",
            "version",
            "kind",
            "rows",
            "sha256",
            "passages",
            "allPassages",
            "link",
            "accessed",
            "here",
            "footnote",
            "bibtex",
            "csl",
        ],
        "properties": {
            "title": {"type": "string"},
            "query": {"type": "string"},
            "parts": {"type": "string", "description": "The stance; empty for every part."},
            "version": {"type": "string", "description": "The snapshot that was asked."},
            "kind": {"type": "string", "enum": ["solutions", "boolean", "graph"]},
            "rows": {"type": "integer"},
            "sha256": {"type": "string", "description": "The hash of the result in its canonical form."},
            "passages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "part": {"type": "string"},
                        "label": {"type": "string"},
                        "lines": {"type": "array", "items": {"type": "integer"}},
                    },
                },
            },
            "allPassages": {"type": "boolean"},
            "link": {"type": "string", "format": "uri"},
            "accessed": {"type": "string", "format": "date"},
            "here": {"type": "string", "format": "uri", "description": "The same question on this server."},
            "footnote": {"type": "string"},
            "bibtex": {"type": "string"},
            "csl": {"type": "object", "description": "An item of CSL-JSON."},
        },
    },
    "Conflict": {
        "type": "object",
        "required": [
            "iri",
            "label",
            "kind",
            "explanation",
            "subject",
            "property",
            "tellings",
            "values",
            "href",
        ],
        "properties": {
            "iri": {"type": "string", "format": "uri"},
            "label": {"type": "string"},
            "kind": {"type": "string", "enum": list(KINDS)},
            "explanation": {"type": "string", "description": "The kind in a sentence."},
            "subject": {"$ref": "#/components/schemas/NamedThing"},
            "property": {"$ref": "#/components/schemas/NamedThing"},
            "tellings": {
                "type": "array",
                "description": "Other IRIs under which passages tell of the subject.",
                "items": {"$ref": "#/components/schemas/NamedThing"},
            },
            "values": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["value", "label", "accounts"],
                    "properties": {
                        "value": {"type": "string", "description": "The value as in N-Triples."},
                        "label": {"type": "string"},
                        "accounts": {
                            "type": "array",
                            "items": {"$ref": "#/components/schemas/Account"},
                        },
                    },
                },
            },
            "href": {"type": "string"},
        },
    },
    "Account": {
        "type": "object",
        "description": "What one passage says.",
        "required": ["passage", "part", "line", "gloss", "put", "spellings", "telling"],
        "properties": {
            "passage": {"type": "string", "format": "uri"},
            "part": {"type": "string"},
            "line": {"type": "integer"},
            "gloss": {"type": "string"},
            "put": {"type": "string", "description": "How the passage puts the value, where that differs."},
            "spellings": {
                "type": "array",
                "items": {"type": "string"},
                "description": "How the passage spells the value, where it names it.",
            },
            "telling": {"type": "string", "format": "uri"},
        },
    },
    "NamedThing": {
        "type": "object",
        "required": ["iri", "label"],
        "properties": {"iri": {"type": "string", "format": "uri"}, "label": {"type": "string"}},
    },
    "Results": {
        "type": "object",
        "description": "SPARQL 1.1 Query Results JSON.",
        "required": ["head"],
        "properties": {
            "head": {"type": "object"},
            "results": {"type": "object"},
            "boolean": {"type": "boolean"},
        },
    },
}
