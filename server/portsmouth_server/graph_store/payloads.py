"""Documents that are sent to become graphs: their media types, and several in one ``multipart/form-data``.

A body without Content-Type is RDF/XML (Graph Store HTTP Protocol, section 5.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from portsmouth.errors import DeadlineError, MediaTypeError, RequestError
from portsmouth.sandbox import Sandbox
from portsmouth.store.protocol import GRAPH_FORMATS
from portsmouth.untrusted import DOCUMENT_TYPES
from portsmouth_server.media import parse_media_type
from portsmouth_server.protocol import check_charset

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART: Final = "multipart/form-data"
_MOST_PARTS: Final = 1000
_EXPECTED: Final = (
    f"one graph in {', '.join(GRAPH_FORMATS[form] for form in dict.fromkeys(DOCUMENT_TYPES.values()))}, "
    f"or several such documents in {MULTIPART}"
)
_EXTENSIONS: Final[Mapping[str, str]] = {
    **{form: form for form in DOCUMENT_TYPES.values()},
    "xml": "rdf",
    "owl": "rdf",
    "rdfs": "rdf",
    "n3": "ttl",
}


@dataclass(frozen=True, slots=True)
class PayloadType:
    """What a body is said to be.

    :param form: the short name of the one document's format; empty where the body has several parts.
    :param boundary: what stands between the parts.
    """

    form: str
    boundary: str = ""

    @property
    def several(self) -> bool:
        """Whether the body has parts."""
        return not self.form


def payload_type(content_type: str | None) -> PayloadType:
    """Read what a body is said to be.

    :param content_type: the Content-Type header.
    :raises MediaTypeError: it is nothing that holds one graph.

    >>> payload_type("text/turtle; charset=utf-8")
    PayloadType(form='ttl', boundary='')
    """
    if content_type is None:
        return PayloadType("rdf")
    media = parse_media_type(content_type)
    if media and media.name == MULTIPART:
        if not media.parameters.get("boundary"):
            raise RequestError(found=f"{MULTIPART} without a boundary", expected="its boundary")
        return PayloadType("", media.parameters["boundary"])
    if not media or media.name not in DOCUMENT_TYPES:
        raise MediaTypeError(found=f"Content-Type {content_type[:200]}", expected=_EXPECTED)
    check_charset(media)
    return PayloadType(DOCUMENT_TYPES[media.name])


async def read_payload(sandbox: Sandbox, kind: PayloadType, body: bytes, base: str, seconds: float) -> bytes:
    """Read a body as the triples of one graph.

    :param sandbox: where documents are read.
    :param kind: what the body is said to be.
    :param body: the body.
    :param base: what its relative IRIs stand against.
    :param seconds: how long all of it may take to read.
    :return: N-Triples.
    :raises RequestError: it is something else, or costs too much to read.
    :raises DeadlineError: it took too long to read.
    """
    if not kind.several:
        return await sandbox.to_ntriples(body, kind.form, base, seconds)
    parts = await asyncio.to_thread(split, body, kind.boundary)
    if not parts:
        raise RequestError(found=f"{MULTIPART} without a part", expected="one document or more")
    try:
        # One body may have a thousand documents.
        async with asyncio.timeout(seconds):
            graphs = [await sandbox.to_ntriples(part.data, part.form, base, seconds) for part in parts]
    except TimeoutError:
        raise DeadlineError(seconds) from None
    return b"".join(graphs)


@dataclass(slots=True)
class Part:
    """A part of a body: its headers, in lower case, and its data."""

    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""

    @property
    def form(self) -> str:
        """The short name of its format: by its Content-Type, or by its file's name where that says nothing.

        :raises MediaTypeError: neither tells a format that holds one graph.
        """
        content_type = self.headers.get("content-type")
        name = self._filename
        if content_type is None or content_type.startswith(("application/octet-stream", "text/plain")):
            form = _EXTENSIONS.get(name.rpartition(".")[2].lower())
            if form is None:
                raise MediaTypeError(found=f"a part {name[:100]!r} without Content-Type", expected=_EXPECTED)
            return form
        kind = payload_type(content_type)
        if kind.several:
            raise MediaTypeError(found=f"{MULTIPART} within {MULTIPART}", expected=_EXPECTED)
        return kind.form

    @property
    def _filename(self) -> str:
        _, options = parse_options_header(self.headers.get("content-disposition", ""))
        return unquote(options.get(b"filename", b"").decode("utf-8", "replace"))


def split(body: bytes, boundary: str) -> list[Part]:
    """Take a multipart body apart (RFC 7578).

    :param body: the body.
    :param boundary: what stands between its parts.
    :raises RequestError: it is not so built, or has too many parts.

    >>> split(b'--x\\r\\nContent-Type: text/turtle\\r\\n\\r\\n<a> <b> 1 .\\r\\n--x--\\r\\n', "x")
    [Part(headers={'content-type': 'text/turtle'}, data=b'<a> <b> 1 .')]
    """
    # What stands before the first part says nothing (RFC 2046, section 5.1.1), and those who write a body
    # by hand end its lines as their system does.
    body = body[max(0, body.find(b"--" + boundary.encode())) :]
    if b"\r\n" not in body:
        body = body.replace(b"\n", b"\r\n")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks(), max_header_count=32)
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise RequestError(
            found=f"a broken {MULTIPART} body ({error})", expected="parts as RFC 7578 has them"
        ) from None
    if not reader.ended:
        raise RequestError(
            found=f"a {MULTIPART} body that breaks off", expected=f"--{boundary[:100]}-- at its end"
        )
    return reader.parts


class _Reader:
    """What the parser calls while it walks through a body."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._data: list[bytes] = []
        self._name = b""
        self._value = b""

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._take,
            "on_part_end": self._end,
            "on_header_field": self._take_name,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        if len(self.parts) == _MOST_PARTS:
            raise RequestError(found=f"more than {_MOST_PARTS} parts", expected="fewer")
        self.parts.append(Part())
        self._data = []

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def _end(self) -> None:
        self.parts[-1].data = b"".join(self._data)

    def _take_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name = self._value = b""

    def _finish(self) -> None:
        self.ended = True
