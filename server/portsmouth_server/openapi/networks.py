"""Networks, paths and measures in OpenAPI 3.1, written from what reads their requests."""

from __future__ import annotations

from typing import Final

from portsmouth_server import urls
from portsmouth_server.manners import MANNER
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
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    INTEGER,
    IRI,
    STRING,
    TEXTS,
    JsonObject,
    array,
    choice,
    described,
    json_content,
    operation,
    parameter,
    record,
    reference,
    table_content,
)

_DAY: Final[JsonObject] = {"type": ["string", "null"], "format": "date"}


def paths() -> JsonObject:
    """Describe the addresses.

    :return: path items by path.
    """
    networks = {
        f"{urls.NETWORK}.{name}": {
            "get": operation(
                "network-" + name.replace(".", "-"),
                f"Who acted on whom, as {name}",
                "networks",
                [_parameter(one) for one in (*FILTERS, *(PICTURES if name in PICTURE_FORMS else (MANNER,)))],
                {form.media_type: {"schema": reference("Network") if name == "json" else {}}},
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
        json_content(reference("Paths")),
        description="Where time forbids every chain, the shortest is shown with the reason.",
        failures=(400, 404, 503, 504),
    )
    measures = operation(
        "measures",
        "Actors ranked or grouped",
        "networks",
        [*map(_parameter, (MEASURE, CERTAIN, FORMAT)), *map(_parameter, FILTERS)],
        table_content(reference("Measured")),
        description="Beside every ranking stands its rank correlation with how often actors are mentioned.",
        failures=(400, 503, 504),
    )
    return {
        **networks,
        urls.NETWORK + "/paths": {"get": chains},
        urls.NETWORK + "/measures": {"get": measures},
    }


def _parameter(read: Parameter, required: bool = False) -> JsonObject:
    schema: JsonObject = {"type": "string" if read.type in ("date", "stance") else read.type}
    if read.type == "date":
        schema["format"] = "date"
    if read.name == "limit":
        schema |= {"minimum": 1, "maximum": MOST_CHAINS, "default": USUAL_CHAINS}
    if read.choices:
        schema["enum"] = list(read.choices)
    if read.many:
        schema = array(schema)
    return parameter(read.name, schema, read.description, required=required)


_NAMED: Final = record(iri=IRI, url=STRING, label=TEXTS)
_PASSAGE: Final = record(
    id=STRING,
    iri=IRI,
    url=STRING,
    part={"type": ["string", "null"]},
    line={"type": ["integer", "null"]},
    gloss=TEXTS,
)
_META: Final = record(
    kind=STRING,
    snapshot=described(STRING, "The SHA-256 of the dataset."),
    filter={"type": "object"},
    counts={"type": "object"},
)
_ARC: Final[JsonObject] = {
    "event": _NAMED,
    "leg": choice(["direct", "mandate", "dispatch", "delivery"]),
    "modes": array(STRING),
    "outcomes": array(STRING),
    "earliest": _DAY,
    "latest": _DAY,
    "stated": array(record(date=STRING, calendar=STRING, passage=STRING)),
    "passages": array(_PASSAGE),
    "disputed": BOOLEAN,
    "reported": BOOLEAN,
}
_HOP: Final = record(**_ARC, **{"from": IRI, "to": IRI, "arrival": _DAY})

SCHEMAS: Final[JsonObject] = {
    "Network": record(
        meta=_META,
        nodes=array(
            record(
                iri=IRI,
                url=STRING,
                label=TEXTS,
                type=choice(["person", "institution", "state"]),
                side={"type": ["string", "null"], "format": "uri"},
                mentions=INTEGER,
                **{"class": STRING},
            )
        ),
        edges=array(
            record(
                id=STRING,
                source=IRI,
                target=IRI,
                mode={"type": ["string", "null"]},
                outcome={"type": ["string", "null"]},
                stances=array(STRING),
                effect=BOOLEAN,
                **_ARC,
            )
        ),
        sides=array(_NAMED),
        concepts={"type": "object", "additionalProperties": _NAMED},
    ),
    "Paths": record(
        meta=_META,
        certain=BOOLEAN,
        chains=array(
            record(
                actors=array(_NAMED),
                certain=BOOLEAN,
                first=_DAY,
                last=_DAY,
                undated={"type": "integer"},
                contradicted=BOOLEAN,
                led_to=described(
                    array(BOOLEAN), "Of each hop but the last: whether a text says that it led to the next."
                ),
                stated_order=array({"type": "object"}),
                hops=array(_HOP),
            )
        ),
        more=described(BOOLEAN, "Whether there are more chains than are given."),
        forbidden={"type": ["object", "null"], "description": "The chain that time forbids, and why."},
        reason={"type": ["string", "null"], "description": "Why there is no chain."},
        **{"from": _NAMED, "to": _NAMED},
    ),
    "Measured": record(
        meta=_META,
        measure=STRING,
        certain=BOOLEAN,
        ignores_time=BOOLEAN,
        sample={
            "type": ["object", "null"],
            "description": "Where chains begin at a sample of the actors only: at how many of how many, and "
            "the largest standard error of a score; each row then has its own. Null where scores are exact.",
        },
        rows=array({"type": "object"}),
        witness={"type": ["object", "null"], "description": "How the ranking follows from mentions."},
    ),
}
