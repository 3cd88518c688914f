"""Media types and the Accept header (RFC 9110, sections 8.3.1 and 12.5.1).

A parser of our own, since those at hand differ from the RFC where it matters
here: one malformed range voids the whole header, names are compared by case,
or a quality counts before the more specific range has been looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from portsmouth.iris import BASE
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS
from portsmouth_server.http import Scope, header

#: The part of an Accept header that is read: no client needs more, and unbalanced quotes cost the square.
LONGEST_HEADER: Final = 4096
#: The profile (RFC 6906) of SPARQL JSON results with the receipts of their rows.
RECEIPTS_PROFILE: Final = BASE + "profile/receipts"
_JSON: Final = RESULT_FORMATS["json"]
_JSON_LD: Final = GRAPH_FORMATS["jsonld"]

# RFC 9110, section 5.6.2 (token) and 5.6.4 (quoted-string).
_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_ELEMENT: Final = re.compile(rf'(?:[^",]|{_QUOTED})+')
_TYPE: Final = re.compile(rf"[ \t]*({_NAME})/({_NAME})[ \t]*(?=;|$)")
_PARAMETER: Final = re.compile(rf";[ \t]*(?:({_NAME})=({_NAME}|{_QUOTED}))?[ \t]*(?=;|$)")
# RFC 9110, section 12.4.2: from 0 to 1 with at most three decimals.
WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


class MediaType(NamedTuple):
    """A media type or range with its parameters, all in lower case but for the parameters' values."""

    type: str
    subtype: str
    parameters: Mapping[str, str]

    @property
    def name(self) -> str:
        """The type without its parameters."""
        return f"{self.type}/{self.subtype}"


class MediaRange(NamedTuple):
    """One element of an Accept header."""

    media: MediaType
    weight: float
    receipts: bool = False


def accept_of(scope: Scope) -> str | None:
    """Return the Accept header of a request, as much of it as is read.

    :param scope: the request.

    >>> accept_of({"headers": [(b"accept", b"text/csv")]})
    'text/csv'
    """
    value = header(scope["headers"], b"accept")
    return value and value[:LONGEST_HEADER]


def parse_media_type(text: str) -> MediaType | None:
    """Read a media type (RFC 9110, section 8.3.1).

    :param text: the value of a Content-Type, or an element of an Accept header.
    :return: the type, or ``None`` where the text is none.

    >>> parse_media_type('Text/Turtle; Charset="UTF-8"')
    MediaType(type='text', subtype='turtle', parameters={'charset': 'UTF-8'})
    >>> parse_media_type("turtle") is None
    True
    """
    head = _TYPE.match(text)
    if not head:
        return None
    parameters: dict[str, str] = {}
    position = head.end()
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if not match:
            return None
        if match[1]:
            parameters[match[1].lower()] = _unquote(match[2])
        position = match.end()
    return MediaType(head[1].lower(), head[2].lower(), parameters)


def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """Read an Accept header; an element that is no media range is passed over.

    :param header: the header's value.

    >>> [(r.media.name, r.weight) for r in parse_accept("text/*;q=0.5, nonsense, */*;q=0")]
    [('text/*', 0.5), ('*/*', 0.0)]
    """
    return tuple(_ranges(header))


def quality(media_type: str, ranges: Sequence[MediaRange]) -> float:
    """Return how welcome a media type is: the most specific range that holds it decides.

    :param media_type: a media type without parameters.
    :param ranges: a parsed Accept header.
    :return: from 0, not acceptable, to 1.

    >>> quality("text/turtle", parse_accept("text/*;q=0.9, text/turtle;q=0.1"))
    0.1
    """
    type_, _, subtype = media_type.partition("/")
    for wanted in ((type_, subtype), (type_, "*"), ("*", "*")):
        weights = [r.weight for r in ranges if (r.media.type, r.media.subtype) == wanted]
        if weights:
            return max(weights)
    return 0.0


def _ranges(header: str) -> Iterator[MediaRange]:
    for element in _ELEMENT.findall(header):
        media = parse_media_type(element)
        if media is None:
            continue
        weight = media.parameters.get("q", "1")
        if not WEIGHT.fullmatch(weight):
            continue
        # 'charset=utf-8' says nothing more about formats that are always UTF-8; anything else asks for a
        # variant that is not to be had.
        rest = {name: value.lower() for name, value in media.parameters.items() if name != "q"}
        receipts = media.name == _JSON and rest.get("profile") == RECEIPTS_PROFILE
        # Which of its own forms JSON-LD is wanted in is a hint, which who has one form passes over
        # (JSON-LD 1.1, appendix C).
        if receipts or media.name == _JSON_LD:
            rest.pop("profile", None)
        if rest in ({}, {"charset": "utf-8"}):
            yield MediaRange(media, float(weight), receipts)


def _unquote(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
