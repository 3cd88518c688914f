"""``/cite``: an answer as a footnote, for BibTeX and for reference managers, under a link that lasts.

The link carries the query, the stance and the version of the data, so that nothing has to be remembered. A
version that is not served is said to be none, and never passed off for the one that is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portsmouth.citing import Citation, cite
from portsmouth.errors import NotAcceptableError, ParameterError, PortsmouthError, RequestError, VersionError
from portsmouth.iris import passage
from portsmouth.linking import link_query
from portsmouth.queries import NamedQuery
from portsmouth.store.protocol import Query, Store
from portsmouth.store.service.request import self_contained
from portsmouth_server import citing_words, protocol, urls
from portsmouth_server.answering import Answering, Direct
from portsmouth_server.errors import Problem
from portsmouth_server.http import READ, Header, Receive, Scope, Send, header
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import prefers_page
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import parameters
from portsmouth_server.protocol import SparqlRequest
from portsmouth_server.settings import Settings
from portsmouth_server.stances import stance_label
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

#: Formats of a citation by their short names, with their media types.
FORMATS: Final[Mapping[str, str]] = {
    "json": "application/json",
    "footnote": "text/plain",
    "bibtex": "application/x-bibtex",
    "csl-json": "application/vnd.citationstyles.csl+json",
}
_LEAST_OF_A_VERSION: Final = 8


def citing_router(
    store: Store, settings: Settings, pages: HtmlPages, named: Sequence[NamedQuery] = ()
) -> APIRouter:
    """Route citations.

    :param store: what answers.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    :param named: the queries that have titles in several languages.
    """
    router = APIRouter()
    citing = _Citing(store, settings, pages, named)

    @router.api_route(urls.CITE, methods=READ)
    async def citation(request: Request) -> Response:
        return Direct(citing.answer)

    return router


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be cited.

    :param query: the query.
    :param version: the version that the link names; whichever is served where it names none.
    :param form: the format.
    """

    request: SparqlRequest
    query: Query
    version: str
    form: str


class _Citing:
    def __init__(
        self, store: Store, settings: Settings, pages: HtmlPages, named: Sequence[NamedQuery]
    ) -> None:
        self._store = store
        self._named = named
        self._settings = settings
        self._pages = pages
        self._urls = Urls(settings.root_path)
        self._answering = Answering(store, settings)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _read(scope)
        if asked.form == "html":
            return await self._answering.show(scope, receive, send, self._page(scope, asked))
        return await self._answering.compute(scope, receive, send, self._data(scope, asked))

    async def _data(self, scope: Scope, asked: _Asked) -> tuple[bytes, str, tuple[Header, ...]]:
        citation = await self._cite(scope, asked)
        if asked.form == "json":
            told = {**citation.as_json(), "here": self._here(scope, citation)}
            text = json.dumps(told, ensure_ascii=False)
        else:
            text = citation.write(asked.form)
        return text.encode("utf-8", "backslashreplace"), FORMATS[asked.form], ()

    async def _page(self, scope: Scope, asked: _Asked) -> tuple[int, bytes]:
        dataset = asked.request.dataset
        context: dict[str, Any] = {
            "citation": None,
            "problem": None,
            "downloads": {},
            "present": "",
            "here": "",
            "title": "",
            "labels": {},
            "footnote": "",
            # The query page knows no prefix that a query does not declare.
            "asked": self_contained(asked.query),
        }
        status = 200
        try:
            citation = context["citation"] = await self._cite(scope, asked)
            context["here"] = self._here(scope, citation)
            context["title"] = citing_words.title(citation, self._named)
            context["labels"] = await citing_words.parts(self._store, citation)
            if viewer().language != "en":
                context["footnote"] = citing_words.footnote(citation, context["title"], context["labels"])
            context["downloads"] = {
                name: self._urls.cite(asked.query.text, dataset, citation.snapshot, name) for name in FORMATS
            }
        except PortsmouthError as error:
            context["problem"] = Problem.from_error(error)
            status = error.status
            if isinstance(error, VersionError):
                context["present"] = self._urls.cite(asked.query.text, dataset)
        body = self._pages.render(
            "cite.html",
            query=asked.query.text,
            dataset=dataset,
            stance=stance_label(dataset.stance),
            passage=passage,
            **context,
        )
        return status, body

    async def _cite(self, scope: Scope, asked: _Asked) -> Citation:
        if asked.version and not _same(asked.version, self._store.snapshot):
            raise VersionError(asked.version, self._store.snapshot)
        return await cite(self._store, self._answering.bounded(asked.query))

    def _here(self, scope: Scope, citation: Citation) -> str:
        """Return where this server answers what the permanent link asks."""
        host = header(scope["headers"], b"host")
        here = urls.origin(self._settings.public_url, scope["scheme"], host) + self._urls.root + urls.CITE
        return f"{here}?{link_query(citation.query, citation.dataset, citation.snapshot)}"


def _read(scope: Scope) -> _Asked:
    given = parameters(scope["query_string"])
    request = protocol.from_address(scope["query_string"])
    versions = [value.strip().lower() for name, value in given if name == "version"]
    if len(versions) > 1:
        raise ParameterError(found="the parameter version more than once", expected="one value")
    if not request.text or not request.text.strip():
        raise RequestError(found="no query", expected="a SPARQL query in the query parameter")
    # A link made on the command line, where the prefixes of the project need not be declared, holds here too.
    query = Query(request.text, request.dataset, known_prefixes=True)
    return _Asked(request, query, versions[0] if versions else "", _form(scope, request.form))


def _form(scope: Scope, named: str | None) -> str:
    if named is not None:
        if named not in (*FORMATS, "html"):
            raise NotAcceptableError(found=f"format={named[:100]}", expected=", ".join((*FORMATS, "html")))
        return named
    accept = accept_of(scope) or ""
    if prefers_page(accept):
        return "html"
    types = {media_type: name for name, media_type in FORMATS.items()}
    return next((types[one] for one in map(str.strip, accept.split(",")) if one in types), "json")


def _same(version: str, snapshot: str) -> bool:
    """Say whether a version is the one that is served; long ones may be cut to what is still telling."""
    return version == snapshot or (len(version) >= _LEAST_OF_A_VERSION and snapshot.startswith(version))
