"""Long documents that are kept packed: what is made once and asked for again takes a tenth of its room."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final, Self

from fastapi import Request
from starlette.responses import Response

from portsmouth_server.documents import Streamed, nothing
from portsmouth_server.negotiation import takes_gzip

#: As other data are compressed; see :mod:`portsmouth_server.compressing`.
_LEVEL: Final = 5
#: A window of 32 KiB in the format of gzip (zlib manual, ``deflateInit2``).
_GZIP: Final = 31
_PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Packed:
    """A document in gzip.

    :param data: what goes out to those who take gzip.
    :param length: bytes of the document itself.
    """

    data: bytes
    length: int

    @classmethod
    def from_pieces(cls, pieces: Iterable[bytes]) -> Self:
        """Pack a document while it is made.

        :param pieces: the document.

        >>> Packed.from_pieces([b"a" * 1000, b"b"]).length
        1001
        """
        packer, packed, length = zlib.compressobj(_LEVEL, wbits=_GZIP), [], 0
        for piece in pieces:
            packed.append(packer.compress(piece))
            length += len(piece)
        return cls(b"".join([*packed, packer.flush()]), length)

    async def unpacked(self) -> AsyncIterator[bytes]:
        """Yield the document, of which never more than a piece is in memory."""
        unpacker, rest = zlib.decompressobj(wbits=_GZIP), self.data
        while piece := unpacker.decompress(rest, _PIECE):
            yield piece
            rest = unpacker.unconsumed_tail

    def respond(self, request: Request, headers: dict[str, str], seconds: float) -> Response:
        """Answer with the document.

        :param request: the request.
        :param headers: the response's headers.
        :param seconds: how long the client may take over a piece.
        """
        headers = {**headers, "vary": ", ".join(filter(None, (headers.get("vary"), "Accept-Encoding")))}
        if takes_gzip(request.headers.get("accept-encoding")):
            return Response(self.data, headers={**headers, "content-encoding": "gzip"})
        body = nothing() if request.method == "HEAD" else self.unpacked()
        return Streamed(body, {**headers, "content-length": str(self.length)}, seconds)


class PackedDocuments:
    """Documents by their ETag, those that nobody has asked for in the longest time going first.

    :param most: bytes that are kept.

    >>> kept = PackedDocuments(10)
    >>> kept.put("a", Packed(b"12345678", 80))
    >>> kept.put("b", Packed(b"1234", 40))
    >>> kept.get("a"), kept.get("b")
    (None, Packed(data=b'1234', length=40))
    """

    def __init__(self, most: int = 16 << 20) -> None:
        self._most = most
        self._bytes = 0
        self._documents: OrderedDict[str, Packed] = OrderedDict()

    def get(self, tag: str) -> Packed | None:
        """Return a document.

        :param tag: its ETag, which is another one where the document is another.
        """
        document = self._documents.get(tag)
        if document is not None:
            self._documents.move_to_end(tag)
        return document

    def put(self, tag: str, document: Packed) -> None:
        """Keep a document, if there is room for it.

        :param tag: its ETag.
        :param document: the document.
        """
        if tag in self._documents or len(document.data) > self._most:
            return
        self._documents[tag] = document
        self._bytes += len(document.data)
        while self._bytes > self._most:
            self._bytes -= len(self._documents.popitem(last=False)[1].data)
