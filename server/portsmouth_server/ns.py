"""``/ns``: the ontology, as documentation for people and as RDF for machines."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import NotFoundError
from portsmouth.iris import ONTOLOGY, ONTOLOGY_GRAPH
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.asking import construct, says_yes, term
from portsmouth_server.documents import alternates, entity_tag, headers_for, holds, send_graph, unchanged
from portsmouth_server.http import READ
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import DOCUMENTS, HTML_NAME, choose_document
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import leading
from portsmouth_server.vocabulary import read_vocabulary

#: One page for each language and colours, of this snapshot or the last.
_MOST_RENDERED: Final = 6
_GRAPH: Final = f"{{ GRAPH {term(ONTOLOGY_GRAPH)} {{ ?s ?p ?o }} }}"


def ontology_router(store: Store, settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the ontology.

    :param store: what holds it.
    :param settings: where the server is seen.
    :param pages: what renders the documentation.
    """
    router = APIRouter()
    addresses = Urls(settings.root_path)
    every = {name: addresses.document(ONTOLOGY, name) for name in (HTML_NAME, *DOCUMENTS)}
    rendered: dict[str, bytes] = {}

    # A term's IRI has a fragment, which no client sends: one document describes them all, so it needs no 303.
    async def answer(request: Request, extension: str, *, negotiated: bool) -> Response:
        tag = entity_tag(store.snapshot, ONTOLOGY, extension, pages.edition)
        headers = headers_for(extension, tag, alternates(every, but=extension), negotiated=negotiated)
        if negotiated:
            headers["content-location"] = every[extension]
        if not await says_yes(store, "ASK " + _GRAPH):
            raise NotFoundError(found="no ontology in the graph", expected="the one that the program ships")
        if holds(request, tag):
            return unchanged(headers)
        if extension == HTML_NAME:
            if tag not in rendered:
                vocabulary = await read_vocabulary(store, addresses)
                if len(rendered) >= _MOST_RENDERED:
                    rendered.clear()
                rendered[tag] = pages.render("ns.html", vocabulary=vocabulary, documents=every)
            return Response(rendered[tag], headers=headers)
        media_type = DOCUMENTS["jsonld" if extension == "json" else extension]
        query = construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {_GRAPH} ORDER BY ?s ?p ?o", media_type)
        return await send_graph(request, store, query, headers, settings.client_seconds)

    @router.api_route(urls.NS, methods=READ)
    async def ontology(request: Request) -> Response:
        accept = accept_of(request.scope)
        return await answer(request, choose_document(accept), negotiated=True)

    @router.api_route(urls.NS + ".{extension}", methods=READ)
    async def document(request: Request) -> Response:
        extension: str = request.path_params["extension"]
        if extension not in every:
            raise NotFoundError(
                found=f"no format {extension[:100]!r} of the ontology", expected=", ".join(every.values())
            )
        return await answer(request, extension, negotiated=False)

    @router.api_route(urls.NS + "/{rest:path}", methods=READ)
    async def inside(request: Request) -> Response:
        # A version's IRI, or a term written with a slash: both stand in the one document there is.
        rest: str = request.path_params["rest"]
        version = rest[:1].isdigit()
        fragment = "" if version or not rest.isalnum() or not rest.isascii() else "#" + rest
        return Response(status_code=303, headers={"location": leading(addresses.ns + fragment)})

    return router
