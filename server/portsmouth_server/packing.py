"""Long documents that are kept packed: what is made once and asked for again takes a tenth of its room."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Iterable
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

    def __len__(self) -> int:
        """Return the bytes that it takes."""
        return len(self.data)

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

    async def unpacked(self) -> AsyncGenerator[bytes, None]:
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
