"""``/.well-known/void``: what the dataset is and where to have it, in VoID (W3C note of 2011)."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.iris import BASE, DCTERMS, GRAPH, RDF
from portsmouth.store.protocol import GRAPH_FORMATS, Store
from portsmouth_server import urls
from portsmouth_server.describing import (
    DATASET,
    DOCUMENT,
    FOAF,
    FORMAT_IRIS,
    SD,
    VOID_NS,
    Description,
    string,
    text,
)
from portsmouth_server.documents import entity_tag, headers_for, holds, unchanged
from portsmouth_server.inventory import Inventories, Inventory
from portsmouth_server.negotiation import DOCUMENTS, LONGEST_HEADER, choose_data
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

PASSAGES: Final = DOCUMENT + "#passages"
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
_ABOUT: Final = (
    "What one document says, line by line, of the Treaty of Portsmouth (1905) and the war that it ended. "
    "Every statement keeps the passages that make it; where passages disagree, all of them are heard."
)


def void_router(store: Store, settings: Settings, inventories: Inventories) -> APIRouter:
    """Route the description of the dataset.

    :param store: whose snapshot is described.
    :param settings: where the server is seen.
    :param inventories: what counts.
    """
    router = APIRouter()

    @router.api_route(urls.VOID, methods=["GET", "HEAD"])
    async def void(request: Request) -> Response:
        extension = choose_data(request.headers.get("accept", "")[:LONGEST_HEADER])
        origin = urls.origin(settings.public_url, request.url.scheme, request.headers.get("host"))
        tag = entity_tag(store.snapshot, "void", origin, extension)
        headers = headers_for(extension, tag, negotiated=True)
        if holds(request, tag):
            return unchanged(headers)
        description = describe(await inventories.get(), store.snapshot, origin, Urls(settings.root_path))
        media_type = DOCUMENTS["jsonld" if extension == "json" else extension]
        return Response(description.write(media_type), headers=headers)

    return router


def describe(inventory: Inventory, snapshot: str, origin: str, addresses: Urls) -> Description:
    """Describe a dataset in VoID.

    :param inventory: what it holds.
    :param snapshot: the id of its snapshot.
    :param origin: what stands before the server's paths.
    :param addresses: the server's paths.

    >>> empty = Inventory(0, 0, 0, {}, {}, {}, False, ())
    >>> b"ns/void#Dataset" in describe(empty, "s1", "http://e", Urls()).write("application/n-triples")
    True
    """
    void = Description()
    void.add(DOCUMENT, RDF + "type", VOID_NS + "DatasetDescription")
    void.add(DOCUMENT, DCTERMS + "title", text("What the Portsmouth 1905 dataset is"))
    void.add(DOCUMENT, FOAF + "primaryTopic", DATASET)
    void.add(DATASET, RDF + "type", VOID_NS + "Dataset")
    void.add(DATASET, DCTERMS + "title", text("Portsmouth 1905"), text("พอร์ตสมัท 1905", "th"))
    void.add(DATASET, DCTERMS + "description", text(_ABOUT))
    void.add(DATASET, DCTERMS + "license", LICENCE)
    void.add(DATASET, DCTERMS + "identifier", string(snapshot))
    void.add(DATASET, FOAF + "homepage", origin + addresses.home)
    void.add(DATASET, VOID_NS + "uriSpace", string(BASE))
    void.add(DATASET, VOID_NS + "sparqlEndpoint", origin + addresses.sparql)
    void.add(DATASET, VOID_NS + "dataDump", *(origin + addresses.dump(name) for name in GRAPH_FORMATS))
    void.add(DATASET, VOID_NS + "feature", *(FORMAT_IRIS[name] for name in GRAPH_FORMATS))
    void.add(DATASET, VOID_NS + "exampleResource", *inventory.examples)
    void.add(DATASET, VOID_NS + "vocabulary", *inventory.vocabularies)
    void.add(DATASET, VOID_NS + "triples", inventory.triples)
    void.add(DATASET, VOID_NS + "distinctSubjects", inventory.subjects)
    void.add(DATASET, VOID_NS + "distinctObjects", inventory.objects)
    void.add(DATASET, VOID_NS + "classes", len(inventory.classes))
    void.add(DATASET, VOID_NS + "properties", len(inventory.properties))
    _subsets(void, inventory)
    for iri, number in inventory.classes.items():
        part = void.part(DATASET, VOID_NS + "classPartition")
        void.add(part, VOID_NS + "class", iri)
        void.add(part, VOID_NS + "entities", number)
    for iri, number in inventory.properties.items():
        part = void.part(DATASET, VOID_NS + "propertyPartition")
        void.add(part, VOID_NS + "property", iri)
        void.add(part, VOID_NS + "triples", number)
    return void


def _subsets(void: Description, inventory: Inventory) -> None:
    """Tell the passages, taken together, from each of the editors' graphs."""
    passages = inventory.passages
    if passages:
        void.add(DATASET, VOID_NS + "subset", PASSAGES)
        void.add(PASSAGES, RDF + "type", VOID_NS + "Dataset")
        words = f"What the source says: {len(passages)} passages, each a named graph"
        void.add(PASSAGES, DCTERMS + "title", text(words))
        void.add(PASSAGES, VOID_NS + "triples", sum(passages.values()))
    for iri, number in inventory.graphs.items():
        if iri in passages:
            continue
        name = iri.removeprefix(GRAPH)
        subset = f"{DOCUMENT}#{name}" if iri.startswith(GRAPH) and name.isalnum() else None
        node = subset or void.part(DATASET, VOID_NS + "subset")
        void.add(DATASET, VOID_NS + "subset", node)
        void.add(node, RDF + "type", VOID_NS + "Dataset", SD + "NamedGraph")
        void.add(node, SD + "name", iri)
        void.add(node, VOID_NS + "triples", number)
