"""``/terms.json``: the names that queries are made of, with what they mean, for the editor to suggest."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.iris import PREFIXES, PT, SKOS, shorten
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.answering import json_response
from portsmouth_server.asking import rows
from portsmouth_server.http import PAGE_VARY, READ
from portsmouth_server.kept import Kept
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer
from portsmouth_server.vocabulary import Term, Words, read_vocabulary

#: Things of the graph that are suggested: those of which most is told.
MOST_THINGS: Final = 400
_THINGS: Final = f"""\
SELECT ?thing ?label ?class WHERE {{
  {{ SELECT ?thing (COUNT(*) AS ?told) WHERE {{
       ?thing <{SKOS}prefLabel> ?name ; a ?kind . FILTER(STRSTARTS(STR(?kind), "{PT}"))
       {{ ?thing ?p ?o }} UNION {{ ?s ?p ?thing }}
     }} GROUP BY ?thing ORDER BY DESC(?told) ?thing LIMIT {MOST_THINGS} }}
  ?thing <{SKOS}prefLabel> ?label ; a ?class . FILTER(STRSTARTS(STR(?class), "{PT}"))
}}
ORDER BY ?thing ?label ?class"""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the editor knows.

    :param short: the IRI with a prefix.
    :param kind: ``class``, ``property``, ``datatype``, ``concept``, or the short form of a thing's class.
    :param labels: labels by language.
    :param definitions: what it means, by language.
    """

    short: str
    kind: str
    labels: Mapping[str, str]
    definitions: Mapping[str, str]

    def told(self) -> list[str]:
        """Return the name in the reader's language: as short as it can be, since there are hundreds."""
        seen = viewer()
        parts = [self.short, self.kind, seen.name(self.labels), seen.name(self.definitions)]
        return parts if parts[-1] else parts[:-1]


def terms_router(store: Store, settings: Settings) -> APIRouter:
    """Route the names.

    :param store: what has them.
    :param settings: where the server is seen.
    """
    router = APIRouter()
    here = Urls(settings.root_path)
    kept = Kept(store, lambda: _names(store, here))

    @router.api_route(urls.TERMS, methods=READ)
    async def terms(request: Request) -> Response:
        names = await kept.get()
        response = json_response(request, {"prefixes": PREFIXES, "terms": [name.told() for name in names]})
        response.headers["vary"] = PAGE_VARY
        return response

    return router


async def _names(store: Store, here: Urls) -> Sequence[Name]:
    vocabulary = await read_vocabulary(store, here)
    found: list[Name] = []
    if vocabulary:
        groups = {
            "class": vocabulary.classes,
            "property": vocabulary.properties,
            "datatype": vocabulary.datatypes,
            "": vocabulary.others,
            "concept": [concept for scheme in vocabulary.schemes for concept in scheme.concepts],
        }
        found = [_name(term, kind) for kind, terms in groups.items() for term in terms]
    found += [name async for name in _things(store)]
    # A name without a prefix is none that one types.
    return [name for name in {name.short: name for name in found}.values() if not name.short.startswith("<")]


def _name(term: Term, kind: str) -> Name:
    return Name(term.short, kind, _by_language(term.labels), _by_language(term.definitions))


def _by_language(words: Sequence[Words]) -> dict[str, str]:
    return {one.lang: one.text for one in words}


async def _things(store: Store) -> AsyncIterator[Name]:
    labels: dict[str, dict[str, str]] = {}
    kinds: dict[str, set[str]] = {}
    for row in await rows(store, _THINGS):
        iri = row["thing"].value
        labels.setdefault(iri, {})[row["label"].language or ""] = row["label"].value
        kinds.setdefault(iri, set()).add(row["class"].value)
    members = Counter(kind for classes in kinds.values() for kind in classes)
    for iri, named in labels.items():
        # Of the classes above one another the narrowest says most.
        narrowest = min(kinds[iri], key=lambda kind: (members[kind], kind))
        yield Name(shorten(iri), shorten(narrowest), named, {})
