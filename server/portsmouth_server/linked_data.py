"""The graph's IRIs on the web: ``/id/x`` leads to the page or to the data about a thing.

``https://w3id.org/portsmouth1905/id/x`` redirects to this server's ``/id/x``, which
answers 303 (a thing is no document) with the address of a document that
describes it, by Accept: ``/id/x.html``, ``/id/x.ttl`` and so on.
"""

from __future__ import annotations

import asyncio
import difflib
import logging
import re
from typing import Any, Final
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.errors import NotFoundError, PortsmouthError
from portsmouth.iris import BASE, PREFIXES, RDFS, SKOS
from portsmouth.store.protocol import Store
from portsmouth_server.asking import construct, quads, rows, says_yes, term
from portsmouth_server.documents import alternates, entity_tag, headers_for, holds, send_graph, unchanged
from portsmouth_server.http import READ
from portsmouth_server.kept import Kept
from portsmouth_server.lately import Lately
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import DOCUMENTS, HTML_NAME, choose_document
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings
from portsmouth_server.urls import THINGS, Urls
from portsmouth_server.viewing import leading
from portsmouth_server.views.entity.around import Surroundings
from portsmouth_server.views.entity.page import build
from portsmouth_server.views.entity.reading import read

log = logging.getLogger("portsmouth_server")

#: Formats that keep the graphs; the others hold a set of triples.
_WITH_GRAPHS: Final = {"trig": ox.RdfFormat.TRIG, "nq": ox.RdfFormat.N_QUADS}
#: A longer name is looked for, but nothing like it is.
_LONGEST_GUESSED: Final = 100
#: The name of what a page shows in full.
_LONGEST_OPENED: Final = 40
_MOST_NAMES: Final = 50_000
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_KNOWN: Final = """
ASK {{ {{ {iri} ?p ?o }} UNION {{ ?s ?p {iri} }} UNION {{ GRAPH {iri} {{ ?s ?p ?o }} }} }}"""
# What is said of the thing, what is said with it, what its graph holds, and the names of all these. Shapes
# are made of nodes without names, which are described with the shape.
_DESCRIBED: Final = """
  {{ VALUES ?s {{ {iri} }} {{ ?s ?p ?o }} }}
  UNION {{ VALUES ?o {{ {iri} }} {{ ?s ?p ?o }} }}
  UNION {{ {iri} ?p1 ?s . FILTER(ISBLANK(?s)) ?s ?p ?o }}
  UNION {{ {iri} ?p1 ?s1 . FILTER(ISBLANK(?s1)) ?s1 ?p2 ?s . FILTER(ISBLANK(?s)) ?s ?p ?o }}"""
_DATA: Final = (
    "CONSTRUCT {{ ?s ?p ?o }} WHERE {{"
    + _DESCRIBED
    + """
  UNION {{ GRAPH {iri} {{ ?s ?p ?o }} }}"""
    # Pattern by pattern: where the property is a variable, the engine begins with every name of the graph.
    + "".join(
        f"""
  UNION {{{{ {neighbour} . ?s <{name}> ?o BIND(<{name}> AS ?p) }}}}"""
        for neighbour in ("{iri} ?q ?s", "?s ?q {iri}")
        for name in (SKOS + "prefLabel", RDFS + "label")
    )
    + """
}} ORDER BY ?s ?p ?o"""
)
_DATA_WITH_GRAPHS: Final = """
SELECT DISTINCT ?g ?s ?p ?o WHERE {{
  {{ VALUES ?s {{ {iri} }} GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ VALUES ?o {{ {iri} }} GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ GRAPH ?g {{ {iri} ?p1 ?s . ?s ?p ?o FILTER(ISBLANK(?s)) }} }}
  UNION {{ VALUES ?g {{ {iri} }} GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ VALUES ?s {{ {iri} }} ?s ?p ?o FILTER NOT EXISTS {{ GRAPH ?h {{ ?s ?p ?o }} }} }}
  UNION {{ VALUES ?o {{ {iri} }} ?s ?p ?o FILTER NOT EXISTS {{ GRAPH ?h {{ ?s ?p ?o }} }} }}
}} ORDER BY ?g ?s ?p ?o"""
_EVERY_NAME: Final = f"""
SELECT DISTINCT ?x WHERE {{
  {{ ?x ?p ?o }} UNION {{ ?s ?p ?x }} FILTER(ISIRI(?x) && STRSTARTS(STR(?x), "{BASE}"))
}} LIMIT {_MOST_NAMES}"""


def linked_data_router(store: Store, settings: Settings, pages: HtmlPages) -> APIRouter:
    """Route the IRIs of things and the documents that describe them.

    :param store: what answers.
    :param settings: where the server is seen, and how much a page shows.
    :param pages: what renders the page of a thing.
    """
    router = APIRouter()
    urls = Urls(settings.root_path)
    things = _Things(store, settings, pages, urls)

    async def dereference(request: Request) -> Response:
        asked = requested_iri(request.scope, settings.root_path)
        stem, dot, extension = asked.rpartition(".")
        if dot and extension == HTML_NAME:
            return await things.page(request, stem)
        if dot and extension in DOCUMENTS:
            return await things.data(request, stem, extension)
        try:
            return await things.lead(request, asked)
        except NotFoundError:
            if not (dot and await things.known(stem)):
                raise
            known = ", ".join((HTML_NAME, *DOCUMENTS))
            raise NotFoundError(f"the format {extension[:100]!r}", f"one of {known}") from None

    for kind in THINGS:
        router.add_api_route(f"/{kind}/{{name:path}}", dereference, methods=READ)
    return router


def requested_iri(scope: Any, root: str = "") -> str:
    """Return the IRI that a request's path stands for (RFC 3987, section 3.2).

    Escaped characters that need no escape are written out; all others stay as they were sent, so that no
    escape can turn into a slash or a dot segment that was not there.

    :param scope: the ASGI scope.
    :param root: the path under which a proxy shows the server.

    >>> requested_iri({"raw_path": b"/id/%e5%b0%8f%2Fx"})
    'https://w3id.org/portsmouth1905/id/小%2Fx'
    """
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    path = raw.partition(b"?")[0].decode("ascii", "replace").removeprefix(root)
    return BASE + _ESCAPES.sub(_unescape, path.removeprefix("/"))


def _unescape(match: re.Match[str]) -> str:
    octets = bytes.fromhex(match.group().replace("%", ""))
    text = octets.decode("utf-8", "surrogateescape")
    return "".join(
        character
        if character in _UNRESERVED or (ord(character) >= 0xA0 and not "\ud800" <= character <= "\udfff")
        else "".join(f"%{octet:02X}" for octet in character.encode("utf-8", "surrogateescape"))
        for character in text
    )


class _Things:
    """Answers for things: where they are described, as a page, as data.

    :param store: what answers.
    :param settings: how much a page shows.
    :param pages: what renders pages.
    :param urls: for addresses.
    """

    def __init__(self, store: Store, settings: Settings, pages: HtmlPages, urls: Urls) -> None:
        self._store = store
        self._settings = settings
        self._pages = pages
        self._urls = urls
        self._surroundings = Surroundings(store)
        self._rendered = Lately[bytes]()
        self._names = Kept(store, self._every_name)

    async def lead(self, request: Request, iri: str) -> Response:
        """Answer for the thing itself: see another address."""
        await self._check(iri)
        extension = choose_document(accept_of(request.scope))
        location = self._urls.document(iri, extension)
        if extension == HTML_NAME:
            opened = request.query_params.get("all", "")[:_LONGEST_OPENED]
            location = leading(location + (f"?{urlencode({'all': opened})}" if opened else ""))
        headers = {
            "location": location,
            "vary": "Accept",
            "cache-control": "no-cache",
            "link": ", ".join(alternates(self._documents(iri))),
        }
        return Response(status_code=303, headers=headers)

    async def page(self, request: Request, iri: str) -> Response:
        """Answer with the page of a thing."""
        await self._check(iri)
        language, opened = self._pages.language, request.query_params.get("all", "")[:_LONGEST_OPENED]
        snapshot = self._store.snapshot
        tag = entity_tag(
            snapshot,
            iri,
            HTML_NAME,
            self._pages.edition,
            language,
            opened,
            self._pages.has_original,
        )
        headers = headers_for(HTML_NAME, tag, self._links(iri, HTML_NAME))
        if holds(request, tag):
            return unchanged(headers)
        body = self._rendered.get(tag)
        if body is None:
            body = await self._render(iri, language, opened)
            # A write in between may have let the page see another snapshot than its tag names.
            if self._store.snapshot == snapshot:
                self._rendered.put(tag, body)
        return Response(body, headers=headers)

    async def _render(self, iri: str, language: str, opened: str) -> bytes:
        found = await read(self._store, self._urls, iri, language, self._settings.page_rows, opened)
        around = await self._surroundings.around(found)
        return self._pages.render(
            "thing.html",
            thing=build(found),
            around=around,
            documents=self._documents(iri, page=False),
            original=await self._pages.original(iri),
            version=self._store.snapshot[:12],
        )

    async def data(self, request: Request, iri: str, extension: str) -> Response:
        """Answer with the description of a thing as RDF."""
        await self._check(iri)
        tag = entity_tag(self._store.snapshot, iri, extension)
        headers = headers_for(extension, tag, self._links(iri, extension))
        if holds(request, tag):
            return unchanged(headers)
        if extension in _WITH_GRAPHS:
            found = await rows(self._store, _DATA_WITH_GRAPHS.format(iri=term(iri)))
            rdf_format = _WITH_GRAPHS[extension]
            prefixes = PREFIXES if extension == "trig" else None
            return Response(ox.serialize(quads(found), format=rdf_format, prefixes=prefixes), headers=headers)
        media_type = DOCUMENTS["jsonld" if extension == "json" else extension]
        query = construct(_DATA.format(iri=term(iri)), media_type)
        return await send_graph(request, self._store, query, headers, self._settings.client_seconds)

    def _documents(self, iri: str, *, page: bool = True) -> dict[str, str]:
        extensions = (HTML_NAME, *DOCUMENTS) if page else tuple(DOCUMENTS)
        return {extension: self._urls.document(iri, extension) for extension in extensions}

    def _links(self, iri: str, extension: str) -> list[str]:
        about = f'<{quote(iri, safe="%/:#?&=@!$()*+,;~")}>; rel="describes"'
        return [about, *alternates(self._documents(iri), but=extension)]

    async def known(self, iri: str) -> bool:
        """Say whether something in the graph has this name."""
        try:
            return await says_yes(self._store, _KNOWN.format(iri=term(iri)))
        except NotFoundError:
            return False

    async def _check(self, iri: str) -> None:
        """Refuse a name that nothing in the graph has, and name those that are near."""
        if await self.known(iri):
            return
        path = iri.removeprefix(BASE)
        near = await self._near(path)
        example = ", ".join(self._urls.thing(BASE + name) for name in near)
        raise NotFoundError(
            found=f"nothing named {path[:200]!r} in the graph",
            expected=f"a name such as {example}"
            if near
            else f"a name of the graph; {self._urls.sparql} finds them",
        )

    async def _near(self, path: str) -> tuple[str, ...]:
        if len(path) > _LONGEST_GUESSED:
            return ()
        try:
            # Comparing with tens of thousands of names takes a while, in which others are answered.
            return await asyncio.to_thread(near_names, path, await self._names.get())
        except PortsmouthError as error:
            # The refusal is worth having without suggestions.
            log.warning("no name could be suggested: %s", error)
            return ()

    async def _every_name(self) -> tuple[str, ...]:
        """Return the paths of all things of the present snapshot."""
        found = await rows(self._store, _EVERY_NAME)
        paths = sorted(row["x"].value.removeprefix(BASE) for row in found)
        return tuple(path for path in paths if path.partition("/")[0] in THINGS)


def near_names(path: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that are most like one that is not there.

    :param path: such as ``id/wite``.
    :param names: every name, as such paths.

    >>> near_names("id/wite", ("id/witte", "id/komura", "passage/s1-001"))
    ('id/witte',)
    """
    kind, _, name = path.partition("/")
    # The same name in another namespace, or in other case, is what was meant, if there is one.
    same = [other for other in names if other.partition("/")[2].lower() == name.lower()]
    beginning = kind + "/"
    own = [other for other in names if other.startswith(beginning)]
    close = difflib.get_close_matches(path, own, n=5, cutoff=0.7)
    return tuple(dict.fromkeys((*same, *close)))[:5]
