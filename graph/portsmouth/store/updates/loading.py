"""Fetching the document that ``LOAD`` names, from allowed hosts only.

The engine would fetch it by itself, from anywhere. Here only ``http`` and
``https`` are spoken, only with hosts that the operator has named, and a
redirect leads no further than that: neither to files nor into private networks.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import PurePosixPath
from typing import IO, Final
from urllib.parse import urlsplit

import pyoxigraph as ox

from portsmouth.errors import DocumentError, LoadRefusedError, RemoteError
from portsmouth.untrusted import DOCUMENT_TYPES, to_ntriples

_ACCEPT: Final = ", ".join(kind for kind in DOCUMENT_TYPES if kind not in ("application/xml", "text/xml"))


def refuse_load(iri: str, hosts: frozenset[str]) -> None:
    """Refuse to load from a place that is not allowed.

    :param iri: the document's IRI.
    :param hosts: the allowed hosts, each as ``host`` or ``host:port``.
    :raises LoadRefusedError: it is another host, or not on the web.

    >>> refuse_load("https://data.example/all.ttl", frozenset({"data.example"}))
    """
    parts = urlsplit(iri)
    authority = parts.netloc.rpartition("@")[2].lower()
    if parts.scheme not in ("http", "https") or authority not in hosts:
        raise LoadRefusedError(
            found=f"LOAD from <{iri}>",
            expected=f"a document at one of the hosts {', '.join(sorted(hosts))}"
            if hosts
            else "no LOAD; this store calls no other host",
        )


def load(iri: str, hosts: frozenset[str], seconds: float) -> Iterator[ox.Quad]:
    """Fetch a document and yield its triples, their blank nodes named anew.

    :param iri: the document's IRI.
    :param hosts: the allowed hosts.
    :param seconds: how long the other host may take to say anything.
    :raises LoadRefusedError: the IRI, or a redirect from it, leads to a place that is not allowed.
    :raises RemoteError: there is no such document, or it is not RDF.
    """
    refuse_load(iri, hosts)
    # No proxy either: it would speak with hosts in this server's stead.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Redirects(hosts))
    request = urllib.request.Request(iri, headers={"Accept": _ACCEPT, "User-Agent": "portsmouth"})  # noqa: S310
    try:
        with opener.open(request, timeout=seconds) as response:
            body, address, media_type = response.read(), response.url, response.headers.get_content_type()
    except urllib.error.HTTPError as error:
        with error:
            if 300 <= error.code < 400:
                found = f"a redirect from <{iri}> to {error.headers['Location']}"
                raise LoadRefusedError(found, "one to an allowed host on the web") from error
            raise RemoteError(f"found no document at <{iri}> ({error}); expected RDF") from error
    except (OSError, ValueError) as error:
        raise RemoteError(f"found no document at <{iri}> ({error}); expected RDF") from error
    suffix = PurePosixPath(urlsplit(address).path).suffix.removeprefix(".")
    form = DOCUMENT_TYPES.get(media_type) or {form: form for form in DOCUMENT_TYPES.values()}.get(suffix)
    if form is None:
        raise RemoteError(f"found {media_type} at <{iri}>; expected one graph in RDF")
    try:
        triples = to_ntriples(body, form, address)
    except DocumentError as error:
        raise RemoteError(f"found a document at <{iri}> that cannot be read: {error}") from error
    yield from ox.parse(triples, format=ox.RdfFormat.N_TRIPLES)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects among allowed hosts."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        refuse_load(newurl, self._hosts)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
