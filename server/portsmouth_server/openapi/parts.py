"""What every description of OpenAPI 3.1 is made of: JSON Schema, parameters, operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from portsmouth.stance import NAMED
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS
from portsmouth_server.errors import MEDIA_TYPE as PROBLEM

JsonObject = dict[str, Any]

STRING: Final[JsonObject] = {"type": "string"}
INTEGER: Final[JsonObject] = {"type": "integer"}
BOOLEAN: Final[JsonObject] = {"type": "boolean"}
IRI: Final[JsonObject] = {"type": "string", "format": "uri"}
#: Texts by language.
TEXTS: Final[JsonObject] = {"type": "object", "additionalProperties": STRING}

FAILURES: Final[Mapping[int, str]] = {
    400: "A parameter is unknown, given twice or of another type; the detail names it and says what is "
    "expected.",
    404: "There is no such resource; the detail names near ones.",
    406: "The answer is not to be had in a format that is accepted.",
    500: "The query met a fault of the engine.",
    503: "The store is busy; try again.",
    504: "The query ran past its deadline.",
    507: "The query needed more memory than one query may have.",
}
#: What may become of anything that asks the store a query.
QUERY_FAILURES: Final = (400, 406, 500, 503, 504, 507)

STANCE: Final = (
    "The stance: only what these parts of the page say, such as s3 or s1,s2; -s4 leaves part 4 out; "
    f"{', '.join(NAMED)} are names. Every part where not given."
)


def record(*optional: str, **properties: JsonObject) -> JsonObject:
    """Return the schema of an object.

    :param optional: the names of members that may be missing.
    :param properties: the schemas of all its members.

    >>> record("line", part=STRING, line=INTEGER)["required"]
    ['part']
    """
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def array(items: JsonObject) -> JsonObject:
    """Return the schema of an array of such items.

    :param items: the schema of an item.
    """
    return {"type": "array", "items": items}


def choice(values: Iterable[str]) -> JsonObject:
    """Return the schema of one of these words.

    :param values: the words.
    """
    return {"type": "string", "enum": list(values)}


def described(schema: JsonObject, description: str) -> JsonObject:
    """Return a schema with a description.

    :param schema: the schema.
    :param description: a sentence or two for people.
    """
    return {**schema, "description": description}


def reference(name: str) -> JsonObject:
    """Return a reference to a schema of the components.

    :param name: the name of the schema.

    >>> reference("Hit")
    {'$ref': '#/components/schemas/Hit'}
    """
    return {"$ref": f"#/components/schemas/{name}"}


def json_content(schema: JsonObject) -> JsonObject:
    """Return the content of an answer in JSON.

    :param schema: the schema of the answer.
    """
    return {"application/json": {"schema": schema}}


def table_content(schema: JsonObject) -> JsonObject:
    """Return the content of an answer that is to be had in JSON and, as a table, in CSV.

    :param schema: the schema of the answer in JSON.
    """
    return {**json_content(schema), "text/csv": {"schema": STRING}}


def engine_content(formats: Mapping[str, str]) -> JsonObject:
    """Return the content of an answer that the engine writes.

    :param formats: the media types by the names of the formats.
    """

    def body(media_type: str) -> JsonObject:
        if media_type == RESULT_FORMATS["json"]:
            return reference("Results")
        return {} if media_type == GRAPH_FORMATS["jsonld"] else STRING

    return {media_type: {"schema": body(media_type)} for media_type in formats.values()}


def parameter(name: str, schema: JsonObject, description: str, *, required: bool = False) -> JsonObject:
    """Return a parameter of an address's query.

    :param name: its name.
    :param schema: what values it takes.
    :param description: a sentence or two for people.
    :param required: whether it must be given.
    """
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema,
    }


def format_parameter(names: Iterable[str]) -> JsonObject:
    """Return the parameter ``format``.

    :param names: the names of the formats; one that comes twice counts once.
    """
    schema = choice(dict.fromkeys(names))
    return parameter("format", schema, "The format of the answer; it wins over the Accept header.")


def operation(
    name: str,
    summary: str,
    tag: str,
    given: Sequence[JsonObject],
    content: JsonObject,
    *,
    description: str = "",
    failures: Sequence[int],
) -> JsonObject:
    """Return an operation that answers with 200 or a problem.

    :param name: its id, unique in the whole description.
    :param summary: what it gives, in a few words.
    :param tag: the name of the group to which it belongs.
    :param given: its parameters.
    :param content: schemas of the answer by media type.
    :param description: more for people, in a sentence or two.
    :param failures: the statuses of its problems, each of :data:`FAILURES`.
    """
    return {
        "operationId": name,
        "summary": summary,
        **({"description": description} if description else {}),
        "tags": [tag],
        **({"parameters": list(given)} if given else {}),
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **problems(failures, FAILURES),
        },
    }


def problems(statuses: Iterable[int], told: Mapping[int, str]) -> JsonObject:
    """Return responses that are problem details.

    :param statuses: the statuses.
    :param told: what each status means.
    """
    content = {PROBLEM: {"schema": reference("Problem")}}
    return {str(status): {"description": told[status], "content": content} for status in statuses}
