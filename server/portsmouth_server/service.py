"""The SPARQL 1.1 Service Description: what the endpoint can do, and examples of what to ask it.

The examples are the named queries in the vocabulary that SHACL has for queries
(``sh:SPARQLExecutable``), with ``schema:target`` for the endpoint, as the SIB Swiss
Institute of Bioinformatics and the tools built on its examples read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox

from portsmouth.iris import PREFIXES, RDF, RDFS, SCHEMA, SH, XSD
from portsmouth.queries import NamedQuery
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Store
from portsmouth.store.sparql.lexer import query_form
from portsmouth_server import urls
from portsmouth_server.describing import (
    DATASET,
    DOCUMENT,
    FORMAT_IRIS,
    SD,
    VOID_NS,
    Description,
    string,
    text,
)
from portsmouth_server.documents import content_type, entity_tag
from portsmouth_server.http import DATA_HEADERS, Header, Scope, Send, header, respond
from portsmouth_server.inventory import Inventories, Inventory
from portsmouth_server.media import RECEIPTS_PROFILE
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

EXAMPLE_PREFIXES: Final = DOCUMENT + "#prefixes"
#: Classes and properties of SHACL for the forms of a query.
_FORMS: Final = {
    "SELECT": (SH + "SPARQLSelectExecutable", SH + "select"),
    "CONSTRUCT": (SH + "SPARQLConstructExecutable", SH + "construct"),
    "ASK": (SH + "SPARQLAskExecutable", SH + "ask"),
}


class ServiceDescription:
    """Describes one server's endpoint.

    :param store: what the endpoint asks.
    :param settings: where the server is seen, and what it may do.
    :param inventories: what counts.
    :param named: the queries that are given as examples.
    """

    def __init__(
        self, store: Store, settings: Settings, inventories: Inventories, named: Sequence[NamedQuery]
    ) -> None:
        self._store = store
        self._settings = settings
        self._inventories = inventories
        self._named = named

    async def respond(self, scope: Scope, send: Send, media_type: str, cors: tuple[Header, ...] = ()) -> None:
        """Answer a request with the description.

        :param media_type: a media type of graphs.
        :param cors: the headers that let scripts of other origins read it.
        :raises StoreError: the store could not answer.
        """
        host = header(scope["headers"], b"host")
        tag = entity_tag(self._store.snapshot, "service", scope["scheme"], host, media_type)
        headers: list[Header] = [
            (b"vary", b"Accept"), (b"etag", tag.encode()), (b"cache-control", b"no-cache"),
            (b"content-type", content_type(media_type).encode()), *DATA_HEADERS, *cors,
        ]  # fmt: skip
        if tag.removeprefix("W/") in (header(scope["headers"], b"if-none-match") or ""):
            return await respond(send, 304, headers)
        body = await self.write(scope["scheme"], host, media_type)
        return await respond(send, 200, headers, body, head_only=scope["method"] == "HEAD")

    async def write(self, scheme: str, host: str | None, media_type: str) -> bytes:
        """Return the description in a format.

        :param scheme: how the request came.
        :param host: the request's Host header.
        :param media_type: a media type of graphs.
        :raises StoreError: the store could not answer.
        """
        origin = urls.origin(self._settings.public_url, scheme, host)
        endpoint = origin + Urls(self._settings.root_path).sparql
        inventory = await self._inventories.get()
        described = describe(
            inventory,
            endpoint,
            federated=bool(self._settings.service_hosts),
            written=self._store.writable and self._settings.write_token is not None,
        )
        add_examples(described, self._named, endpoint)
        return described.write(media_type)


def describe(
    inventory: Inventory, endpoint: str, *, federated: bool = False, written: bool = False
) -> Description:
    """Describe an endpoint (SPARQL 1.1 Service Description, section 3).

    :param inventory: what its dataset holds.
    :param endpoint: its address.
    :param federated: whether a query may call any other endpoint.
    :param written: whether updates are taken.

    >>> empty = Inventory(0, 0, 0, {}, {}, {}, False, ())
    >>> b"#endpoint> <http://e/sparql>" in describe(empty, "http://e/sparql").write("application/n-triples")
    True
    """
    service = Description()
    service.add(endpoint, RDF + "type", SD + "Service")
    service.add(endpoint, SD + "endpoint", endpoint)
    service.add(endpoint, SD + "supportedLanguage", SD + "SPARQL10Query", SD + "SPARQL11Query")
    if written:
        service.add(endpoint, SD + "supportedLanguage", SD + "SPARQL11Update")
        service.add(endpoint, SD + "feature", SD + "EmptyGraphs")
    for name in (*RESULT_FORMATS, *GRAPH_FORMATS):
        service.add(endpoint, SD + "resultFormat", FORMAT_IRIS[name])
    if inventory.merged:
        service.add(endpoint, SD + "feature", SD + "UnionDefaultGraph")
    if federated:
        service.add(endpoint, SD + "feature", SD + "BasicFederatedQuery")
    service.add(endpoint, SD + "feature", RECEIPTS_PROFILE)
    dataset = DATASET
    service.add(endpoint, SD + "defaultDataset", dataset)
    service.add(dataset, RDF + "type", SD + "Dataset", VOID_NS + "Dataset")
    default = service.part(dataset, SD + "defaultGraph", SD + "Graph")
    service.add(default, VOID_NS + "triples", inventory.triples)
    for iri, number in inventory.graphs.items():
        named = service.part(dataset, SD + "namedGraph", SD + "NamedGraph")
        service.add(named, SD + "name", iri)
        graph = service.part(named, SD + "graph", SD + "Graph")
        service.add(graph, VOID_NS + "triples", number)
    return service


def add_examples(description: Description, named: Sequence[NamedQuery], endpoint: str) -> None:
    """Add the named queries as examples.

    :param description: what they are added to.
    :param named: the queries, each with its parameters at their defaults.
    :param endpoint: the address of the endpoint that answers them.
    """
    for query in named:
        form = query_form(query.text)
        if form not in _FORMS:
            continue
        class_, property_ = _FORMS[form]
        example = urls.example(query.name)
        description.add(example, RDF + "type", SH + "SPARQLExecutable", class_)
        description.add(example, RDFS + "label", text(query.title))
        description.add(example, RDFS + "comment", text(query.description))
        description.add(example, SH + "prefixes", EXAMPLE_PREFIXES)
        description.add(example, property_, string(query.text))
        description.add(example, SCHEMA + "target", endpoint)
    if named:
        for prefix, namespace in PREFIXES.items():
            declared = description.part(EXAMPLE_PREFIXES, SH + "declare", SH + "PrefixDeclaration")
            description.add(declared, SH + "prefix", string(prefix))
            typed = ox.Literal(namespace, datatype=ox.NamedNode(XSD + "anyURI"))
            description.add(declared, SH + "namespace", typed)
