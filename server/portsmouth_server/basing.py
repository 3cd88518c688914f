"""The IRI against which the relative IRIs of a query stand."""

from __future__ import annotations

from portsmouth_server import protocol, urls
from portsmouth_server.http import Scope, header
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls


def base_of(scope: Scope, text: str, settings: Settings) -> str | None:
    """Return the endpoint's address, against which relative IRIs stand; the protocol leaves that open.

    A query without relative IRIs has no base, so that its answer is the same at every address.

    :param scope: the request.
    :param text: the query.
    :param settings: where the server is seen.
    """
    if not protocol.has_relative_iri(text):
        return None
    host = header(scope["headers"], b"host")
    return urls.origin(settings.public_url, scope["scheme"], host) + Urls(settings.root_path).sparql
