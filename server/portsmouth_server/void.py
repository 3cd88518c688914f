"""``/.well-known/void``: what the dataset is and where to have it, as a page and in VoID (W3C, 2011)."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import NotFoundError
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
from portsmouth_server.documents import alternates, entity_tag, headers_for, holds, unchanged
from portsmouth_server.http import READ
from portsmouth_server.inventory import Inventories, Inventory
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import DOCUMENTS, HTML_NAME, choose_document
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.void_page import contents
from portsmouth_server.whose import Whose

PASSAGES: Final = DOCUMENT + "#passages"
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
_ABOUT: Final = (
    "What one document says, line by line, of the Treaty of Portsmouth (1905) and the war that it ended. "
    "Every statement keeps the passages that make it; where passages disagree, all of them are heard."
)
_ABOUT_TH: Final = (
    "สิ่งที่เอกสารหนึ่งกล่าวทีละบรรทัดเกี่ยวกับสนธิสัญญาพอร์ตสมัธ (ค.ศ. 1905) และสงครามที่สนธิสัญญานั้นยุติ "
    "ทุกข้อความในกราฟบอกว่ามาจากบรรทัดใด และเมื่อบรรทัดต่าง ๆ กล่าวไม่ตรงกันก็เก็บไว้ทั้งหมด"
)
#: What file formats are called.
FORMAT_NAMES: Final = {
    "ttl": "Turtle",
    "nt": "N-Triples",
    "nq": "N-Quads",
    "trig": "TriG",
    "jsonld": "JSON-LD",
    "rdf": "RDF/XML",
}


def void_router(store: Store, settings: Settings, inventories: Inventories, pages: HtmlPages) -> APIRouter:
    """Route the description of the dataset.

    :param store: whose snapshot is described.
    :param settings: where the server is seen.
    :param inventories: what counts.
    :param pages: what renders it for people.
    """
    router = APIRouter()
    here = Urls(settings.root_path)
    every = {name: f"{here.void}.{name}" for name in (HTML_NAME, *DOCUMENTS)}

    async def answer(request: Request, extension: str, *, negotiated: bool) -> Response:
        origin = urls.origin(settings.public_url, request.url.scheme, request.headers.get("host"))
        look = pages.edition if extension == HTML_NAME else ""
        tag = entity_tag(store.snapshot, "void", origin, extension, look)
        headers = headers_for(extension, tag, alternates(every, but=extension), negotiated=negotiated)
        if negotiated:
            headers["content-location"] = every[extension]
        if holds(request, tag):
            return unchanged(headers)
        inventory, whose = await inventories.get(), await pages.find_out()
        if extension == HTML_NAME:
            body = pages.render(
                "void.html",
                inventory=inventory,
                contents=await contents(store, inventory, here),
                licence=LICENCE,
                space=BASE,
                endpoint=origin + here.sparql,
                formats={FORMAT_NAMES.get(name, name): name for name in GRAPH_FORMATS},
                documents=every,
            )
            return Response(body, headers=headers)
        description = describe(inventory, store.snapshot, origin, here, whose)
        media_type = DOCUMENTS["jsonld" if extension == "json" else extension]
        return Response(description.write(media_type), headers=headers)

    @router.api_route(urls.VOID, methods=READ)
    async def void(request: Request) -> Response:
        accept = accept_of(request.scope)
        return await answer(request, choose_document(accept), negotiated=True)

    @router.api_route(urls.VOID + ".{extension}", methods=READ)
    async def document(request: Request) -> Response:
        extension: str = request.path_params["extension"]
        if extension not in every:
            raise NotFoundError(
                found=f"no format {extension[:100]!r} of the dataset's description",
                expected=", ".join(every.values()),
            )
        return await answer(request, extension, negotiated=False)

    return router


def describe(inventory: Inventory, snapshot: str, origin: str, addresses: Urls, whose: Whose) -> Description:
    """Describe a dataset in VoID.

    :param inventory: what it holds.
    :param snapshot: the id of its snapshot.
    :param origin: what stands before the server's paths.
    :param addresses: the server's paths.
    :param whose: whether its title, its licence and so on are those of this work.

    >>> empty = Inventory(0, 0, 0, {}, {}, {}, False, ())
    >>> void = describe(empty, "s1", "http://e", Urls(), Whose(ours=False))
    >>> b"ns/void#Dataset" in void.write("application/n-triples")
    True
    """
    void = Description()
    void.add(DOCUMENT, RDF + "type", VOID_NS + "DatasetDescription")
    void.add(
        DOCUMENT,
        DCTERMS + "title",
        text("What the Portsmouth 1905 dataset is" if whose.ours else "What this dataset is"),
    )
    void.add(DOCUMENT, FOAF + "primaryTopic", DATASET)
    void.add(DATASET, RDF + "type", VOID_NS + "Dataset")
    if whose.ours:
        void.add(DATASET, DCTERMS + "title", text("Portsmouth 1905"), text("พอร์ตสมัธ 1905", "th"))
        void.add(DATASET, DCTERMS + "description", text(_ABOUT), text(_ABOUT_TH, "th"))
        void.add(DATASET, DCTERMS + "license", LICENCE)
        void.add(DATASET, VOID_NS + "uriSpace", string(BASE))
    void.add(DATASET, DCTERMS + "identifier", string(snapshot))
    void.add(DATASET, FOAF + "homepage", origin + addresses.home)
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
