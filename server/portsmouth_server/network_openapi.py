"""Networks, paths and measures in OpenAPI 3.1, written from what reads their requests."""

from __future__ import annotations

from typing import Any, Final

from portsmouth_server import urls
from portsmouth_server.network_requests import (
    CERTAIN,
    FILTERS,
    MOST_CHAINS,
    PATHS,
    PICTURES,
    USUAL_CHAINS,
    Parameter,
)
from portsmouth_server.networks import FORMAT, FORMS, MEASURE, PICTURE_FORMS

JsonObject = dict[str, Any]

_TEXTS: Final[JsonObject] = {"type": "object", "additionalProperties": {"type": "string"}}
_DAY: Final[JsonObject] = {"type": ["string", "null"], "format": "date"}
_IRI: Final[JsonObject] = {"type": "string", "format": "uri"}
_STRING: Final[JsonObject] = {"type": "string"}


def paths(operation: Any) -> JsonObject:
    """Describe the addresses.

    :param operation: makes an operation object of its id, summary, tag, parameters, content and failures.
    :return: path items by path.
    """
    networks = {
        f"{urls.NETWORK}.{name}": {
            "get": operation(
                "network-" + name.replace(".", "-"),
                f"Who acted on whom, as {name}",
                "networks",
                [_parameter(one) for one in (*FILTERS, *(PICTURES if name in PICTURE_FORMS else ()))],
                {form.media_type: {"schema": _REFERENCE if name == "json" else {}}},
                description="Every arc carries its event, its days and the passages that say so.",
                failures=(400, 503, 504),
            )
        }
        for name, form in FORMS.items()
    }
    chains = operation(
        "paths",
        "Through whom one actor reached another, forward in time only",
        "networks",
        [*(_parameter(one, one.name in ("from", "to")) for one in PATHS), *map(_parameter, FILTERS)],
        {"application/json": {"schema": {"$ref": "#/components/schemas/Paths"}}},
        description="Where time forbids every chain, the shortest is shown with the reason.",
        failures=(400, 404, 503, 504),
    )
    measures = operation(
        "measures",
        "Actors ranked or grouped",
        "networks",
        [*map(_parameter, (MEASURE, CERTAIN, FORMAT)), *map(_parameter, FILTERS)],
        {
            "application/json": {"schema": {"$ref": "#/components/schemas/Measured"}},
            "text/csv": {"schema": _STRING},
        },
        description="Beside every ranking stands its rank correlation with how often actors are mentioned.",
        failures=(400, 503, 504),
    )
    return {
        **networks,
        urls.NETWORK + "/paths": {"get": chains},
        urls.NETWORK + "/measures": {"get": measures},
    }


_REFERENCE: Final = {"$ref": "#/components/schemas/Network"}


def _parameter(parameter: Parameter, required: bool = False) -> JsonObject:
    schema: JsonObject = {"type": "string" if parameter.type in ("date", "stance") else parameter.type}
    if parameter.type == "date":
        schema["format"] = "date"
    if parameter.name == "limit":
        schema |= {"minimum": 1, "maximum": MOST_CHAINS, "default": USUAL_CHAINS}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.many:
        schema = {"type": "array", "items": schema}
    return {
        "name": parameter.name,
        "in": "query",
        "required": required,
        "description": parameter.description,
        "schema": schema,
    }


def _object(**properties: JsonObject) -> JsonObject:
    return {"type": "object", "required": list(properties), "properties": properties}


def _many(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


_NAMED: Final = _object(iri=_IRI, url=_STRING, label=_TEXTS)
_PASSAGE: Final = _object(
    id=_STRING,
    iri=_IRI,
    url=_STRING,
    part={"type": ["string", "null"]},
    line={"type": ["integer", "null"]},
    gloss=_TEXTS,
)
_META: Final = _object(
    kind=_STRING,
    snapshot={"type": "string", "description": "The SHA-256 of the dataset."},
    filter={"type": "object"},
    counts={"type": "object"},
)
_ARC: Final[JsonObject] = {
    "event": _NAMED,
    "leg": {"type": "string", "enum": ["direct", "mandate", "dispatch", "delivery"]},
    "modes": _many(_STRING),
    "outcomes": _many(_STRING),
    "earliest": _DAY,
    "latest": _DAY,
    "stated": _many(_object(date=_STRING, calendar=_STRING, passage=_STRING)),
    "passages": _many(_PASSAGE),
    "disputed": {"type": "boolean"},
    "reported": {"type": "boolean"},
}
_HOP: Final = _object(**_ARC, **{"from": _IRI, "to": _IRI, "arrival": _DAY})

SCHEMAS: Final[JsonObject] = {
    "Network": _object(
        meta=_META,
        nodes=_many(
            _object(
                iri=_IRI,
                url=_STRING,
                label=_TEXTS,
                type={"type": "string", "enum": ["person", "institution", "state"]},
                side={"type": ["string", "null"], "format": "uri"},
                mentions={"type": "integer"},
                **{"class": _STRING},
            )
        ),
        edges=_many(
            _object(
                id=_STRING,
                source=_IRI,
                target=_IRI,
                mode={"type": ["string", "null"]},
                outcome={"type": ["string", "null"]},
                stances=_many(_STRING),
                effect={"type": "boolean"},
                **_ARC,
            )
        ),
        sides=_many(_NAMED),
        concepts={"type": "object", "additionalProperties": _NAMED},
    ),
    "Paths": _object(
        meta=_META,
        certain={"type": "boolean"},
        chains=_many(
            _object(
                actors=_many(_NAMED),
                certain={"type": "boolean"},
                first=_DAY,
                last=_DAY,
                undated={"type": "integer"},
                contradicted={"type": "boolean"},
                led_to={
                    "type": "array",
                    "items": {"type": "boolean"},
                    "description": "Of each hop but the last: whether a text says that it led to the next.",
                },
                stated_order=_many({"type": "object"}),
                hops=_many(_HOP),
            )
        ),
        more={"type": "boolean", "description": "Whether there are more chains than are given."},
        forbidden={"type": ["object", "null"], "description": "The chain that time forbids, and why."},
        reason={"type": ["string", "null"], "description": "Why there is no chain."},
        **{"from": _NAMED, "to": _NAMED},
    ),
    "Measured": _object(
        meta=_META,
        measure=_STRING,
        certain={"type": "boolean"},
        ignores_time={"type": "boolean"},
        rows=_many({"type": "object"}),
        witness={"type": ["object", "null"], "description": "How the ranking follows from mentions."},
    ),
}
