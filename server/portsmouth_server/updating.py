"""``/update``: the update operation of the SPARQL 1.1 Protocol, section 2.2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from portsmouth.errors import MediaTypeError, MethodError, RequestError
from portsmouth.store.protocol import Store, Update, Written
from portsmouth_server import protocol, urls
from portsmouth_server.access import check_writer
from portsmouth_server.answering import cors_headers
from portsmouth_server.http import DATA_HEADERS, Header, Receive, Scope, Send, header, read_body, respond
from portsmouth_server.media import accept_of, parse_accept
from portsmouth_server.protocol import UpdateRequest
from portsmouth_server.refusals import Endpoint, ProblemPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

_JSON: Final = "application/json"
_EXPECTED: Final = (
    f"{protocol.UPDATE} with the update as the body, or {protocol.FORM} with an update parameter"
)


class UpdateEndpoint:
    """Takes updates, as an ASGI application for the one path.

    :param store: what is changed.
    :param settings: limits, and who may change it.
    :param pages: what browsers see of a problem.
    """

    def __init__(self, store: Store, settings: Settings, pages: ProblemPages) -> None:
        self._store = store
        self._settings = settings
        self._cors = cors_headers(settings.cors_origin)
        self._endpoint = Endpoint("POST, OPTIONS", pages, self._cors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await self._endpoint.run(self._answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "POST":
                await self.take(scope, receive, send)
            case "OPTIONS":
                await self._endpoint.preflight(send, readers="OPTIONS")
            case method:
                raise MethodError(found=method, expected=self._endpoint.allow)

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read an update and carry it out.

        :raises PortsmouthError: the caller may not, or the update is none or cannot be carried out.
        """
        # First of all, so that a stranger cannot have a long body read.
        check_writer(scope, self._settings.write_token, self._store.writable)
        content_type = header(scope["headers"], b"content-type")
        if protocol.body_type(content_type) == protocol.QUERY:
            raise MediaTypeError(found="a query", expected=_EXPECTED)
        body = await read_body(
            scope, receive, limit=self._settings.max_write_bytes, seconds=self._settings.client_seconds
        )
        encoding = header(scope["headers"], b"content-encoding")
        request = protocol.from_body(content_type, encoding, scope["query_string"], body)
        if not isinstance(request, UpdateRequest):
            raise RequestError(found="no update", expected=_EXPECTED)
        await self.carry_out(scope, send, request)

    async def carry_out(self, scope: Scope, send: Send, request: UpdateRequest) -> None:
        """Carry out an update that has been read.

        A client that leaves meanwhile leaves it to its end: half of it was never to be had.

        :param request: the update.
        :raises PortsmouthError: the caller may not, or the update cannot be carried out.
        """
        check_writer(scope, self._settings.write_token, self._store.writable)
        origin = urls.origin(self._settings.public_url, scope["scheme"], header(scope["headers"], b"host"))
        # Section 2.2 leaves the base to the service: the address of the endpoint, as with queries.
        base = origin + Urls(self._settings.root_path).update
        written = await self._store.update(Update(request.text, request.using, base))
        if takes_json(scope):
            return await tell(send, 200, written, self._cors)
        return await respond(send, 204, [*_NO_KEEPING, *DATA_HEADERS, *self._cors])


def takes_json(scope: Scope) -> bool:
    """Say whether a caller names JSON among what it accepts, to be told what a write did."""
    ranges = parse_accept(accept_of(scope) or "")
    return any(r.media.name == _JSON and r.weight > 0 for r in ranges)


async def tell(
    send: Send, status: int, written: Written, cors: tuple[Header, ...], headers: tuple[Header, ...] = ()
) -> None:
    """Tell what a write did.

    :param status: the HTTP status.
    :param written: what it did.
    :param cors: the headers that let scripts of other origins read it.
    :param headers: further headers, such as Location.
    """
    told: Mapping[str, object] = {
        "snapshot": written.snapshot,
        "added": written.added,
        "removed": written.removed,
        "created": written.created,
    }
    body = json.dumps(told).encode()
    content = (b"content-type", _JSON.encode())
    await respond(send, status, [content, *headers, *_NO_KEEPING, *DATA_HEADERS, *cors], body)


_NO_KEEPING: Final[tuple[Header, ...]] = ((b"cache-control", b"no-store"),)
