"""What weighs the texts as witnesses, in OpenAPI 3.1: conflicts, citations, sources, stances."""

from __future__ import annotations

from typing import Final

from portsmouth.conflicts import KINDS
from portsmouth_server import urls
from portsmouth_server.openapi.asking import ASKED
from portsmouth_server.openapi.parts import (
    BOOLEAN,
    INTEGER,
    IRI,
    QUERY_FAILURES,
    STANCE,
    STRING,
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
    table_content,
)

_CSL: Final = "application/vnd.citationstyles.csl+json"

SCHEMAS: Final[JsonObject] = {
    "Citation": record(
        title=STRING,
        query=STRING,
        parts=described(STRING, "The stance; empty for every part."),
        version=described(STRING, "The snapshot that was asked."),
        kind=choice(["solutions", "boolean", "graph"]),
        rows=INTEGER,
        sha256=described(STRING, "The hash of the result in its canonical form."),
        passages=array(
            {
                "type": "object",
                "properties": {"part": STRING, "label": STRING, "lines": array(INTEGER)},
            }
        ),
        allPassages=BOOLEAN,
        link=IRI,
        accessed={"type": "string", "format": "date"},
        here=described(IRI, "The same question on this server."),
        footnote=STRING,
        bibtex=STRING,
        csl={"type": "object", "description": "An item of CSL-JSON."},
    ),
    "Conflict": record(
        iri=IRI,
        label=STRING,
        kind=choice(KINDS),
        explanation=described(STRING, "The kind in a sentence."),
        subject=reference("NamedThing"),
        property=reference("NamedThing"),
        tellings=described(
            array(reference("NamedThing")), "Other IRIs under which passages tell of the subject."
        ),
        values=array(
            record(
                value=described(STRING, "The value as in N-Triples."),
                label=STRING,
                accounts=array(reference("Account")),
            )
        ),
        href=STRING,
    ),
    "Account": described(
        record(
            passage=IRI,
            part=STRING,
            line=INTEGER,
            gloss=STRING,
            put=described(STRING, "How the passage puts the value, where that differs."),
            spellings=described(array(STRING), "How the passage spells the value, where it names it."),
            telling=IRI,
        ),
        "What one passage says.",
    ),
    "NamedThing": record(iri=IRI, label=STRING),
}


def paths() -> JsonObject:
    """Describe the addresses.

    :return: path items by path.

    >>> list(paths())
    ['/conflicts', '/cite', '/sources', '/stances']
    """
    return {
        urls.CONFLICTS: {"get": _conflicts()},
        urls.CITE: {"get": _cite()},
        urls.SOURCES: {"get": _sources()},
        urls.STANCES: {"get": _stances()},
    }


_ADDRESS: Final[JsonObject] = {"type": ["string", "null"], "format": "uri-reference"}


def _conflicts() -> JsonObject:
    return operation(
        "listConflicts",
        "Where passages disagree",
        "graph",
        [
            parameter("entity", STRING, "Only what concerns this: a name in any language, or an IRI."),
            parameter("part", STRING, "Only where this part takes part, such as s5."),
            parameter("kind", choice(KINDS), "Only this kind."),
            parameter("page", {"type": "integer", "minimum": 1}, "Which page of a long list."),
            parameter("at", STRING, "The name of a disagreement: the page on which it stands."),
            format_parameter(("json", "csv", "html")),
        ],
        table_content(
            record(
                count={"type": "integer", "description": "How many there are on all pages."},
                previous=_ADDRESS,
                next=_ADDRESS,
                conflicts=array(reference("Conflict")),
            )
        ),
        description="Every slot that passages fill differently, with each passage's account, a hundred a "
        "page. CSV has one row an account, and those of all pages where none is asked for.",
        failures=(400, 404, 406, 503),
    )


def _cite() -> JsonObject:
    version = "The version of the data; whichever is served where not given."
    return operation(
        "citeAnswer",
        "An answer as it can be cited",
        "graph",
        [
            *(parameter(name, *about, required=name == "query") for name, about in ASKED.items()),
            parameter("version", STRING, version),
            format_parameter(("json", "footnote", "bibtex", "csl-json", "html")),
        ],
        {
            **json_content(reference("Citation")),
            "text/plain": {"schema": STRING},
            "application/x-bibtex": {"schema": STRING},
            _CSL: {"schema": array({"type": "object"})},
        },
        description="A permanent link for query, stance and version, the hash of the result and the passages "
        "that carry it. A version that is not served is answered with 404 and the one that is.",
        failures=(400, 404, 406, 503, 504, 507),
    )


def _sources() -> JsonObject:
    part = {"type": "object", "required": ["iri", "part", "label", "facts", "alone", "disputed", "passages"]}
    return operation(
        "listSources",
        "The texts of the page, passage by passage",
        "graph",
        [
            parameter("part", STRING, "Only this text, such as s5."),
            format_parameter(("json", "csv", "html")),
        ],
        table_content({"type": "object", "properties": {"parts": array(part)}}),
        description="Of every passage the gloss, how many facts it states, how many it alone, the "
        "disagreements in which it takes part, and why it is silent where it is.",
        failures=(400, 404, 406, 503),
    )


def _stances() -> JsonObject:
    rows = array(array({"type": ["string", "null"]}))
    told = record(
        kind=STRING,
        columns=array(STRING),
        leftOut=described(array(STRING), "Columns that hold passages and are not compared."),
        onlyA=rows,
        onlyB=rows,
        both=rows,
    )
    return operation(
        "compareStances",
        "One question from two stances",
        "graph",
        [
            parameter("query", STRING, "The SPARQL 1.1 query.", required=True),
            parameter("a", STRING, f"The one stance. {STANCE}"),
            parameter("b", STRING, f"The other stance. {STANCE}"),
            format_parameter(("json", "csv", "html")),
        ],
        table_content(told),
        description="The rows that only one of two stances gives, and those that both give; terms as in "
        "N-Triples.",
        failures=QUERY_FAILURES,
    )
