"""``/queries``: the named queries, as a catalogue for people and an interface for programs.

A parameter in the address is read as the type that the query's header gives
and bound as a value; see :mod:`portsmouth.queries`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from portsmouth.errors import ParameterError, PortsmouthError
from portsmouth.queries import NamedQuery, find
from portsmouth.stance import Stance
from portsmouth.store.protocol import GRAPH_FORMATS, RESULT_FORMATS, Dataset, Query, Store
from portsmouth_server import urls
from portsmouth_server.answering import Answering, Direct, json_response, page
from portsmouth_server.errors import Problem
from portsmouth_server.http import READ, Send
from portsmouth_server.labelling import column_name, told
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import choose, wants_page
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import check_receipts, known_parameters, read_values
from portsmouth_server.receipts.inlined import Inlined
from portsmouth_server.results import show
from portsmouth_server.saving import saved_as
from portsmouth_server.settings import Settings
from portsmouth_server.stances import offered
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import leading


def named_queries_router(
    store: Store,
    settings: Settings,
    pages: HtmlPages,
    named: Sequence[NamedQuery],
    answering: Answering,
) -> APIRouter:
    """Route the catalogue and every query in it.

    :param store: what answers.
    :param settings: limits, and where the server is seen.
    :param pages: what renders pages.
    :param named: the queries.
    :param answering: what sends answers.
    """
    router = APIRouter()
    here = Urls(settings.root_path)
    asked = _Asked(store, settings, pages)
    inlined = Inlined(store, settings)

    @router.api_route(urls.QUERIES, methods=READ)
    async def catalogue(request: Request) -> Response:
        form = known_parameters(request.scope["query_string"], ("format",)).get("format")
        if wants_page(accept_of(request.scope), form):
            return page(pages.render("queries.html", named=named))
        described = {"openapi": here.openapi, "queries": [describe(query, here) for query in named]}
        return json_response(request, described)

    @router.api_route(urls.QUERIES + "/{name}/edit", methods=READ)
    async def edit(request: Request) -> Response:
        query = find(request.path_params["name"], named)
        values, _ = read_values(request.scope["query_string"])
        stance = Stance.parse(values.pop("parts", ""))
        return RedirectResponse(leading(here.query(query.bind(values), dataset=Dataset(stance=stance))), 303)

    @router.api_route(urls.QUERIES + "/{name}", methods=READ)
    async def answer(request: Request) -> Response:
        query = find(request.path_params["name"], named)
        values, form = read_values(request.scope["query_string"])
        stance = Stance.parse(values.pop("parts", ""))
        choice = choose(accept_of(request.scope), form)
        option, rows, mark = (values.pop(one, None) for one in ("receipts", "rows", "bom"))
        check_receipts(option, rows)
        if mark not in (None, "1") or (mark and form != "csv"):
            raise ParameterError(
                found=f"bom={mark[:100]} with format={form}", expected="bom=1 with format=csv"
            )
        if choice.page:
            shown, wanted = asked.page(query, values, stance), None
            with suppress(ParameterError):
                # Where it cannot be put together there are no receipts to lead to, and the page says why.
                wanted = Query(query.bind(values), Dataset(stance=stance))
            return Direct(lambda scope, receive, send: answering.show(scope, receive, send, shown, wanted))
        bound = Query(query.bind(values), Dataset(stance=stance), choice.formats)
        if option is not None or choice.receipts:
            return Direct(
                lambda scope, receive, send: inlined.send(
                    scope, receive, send, answering, bound, option, rows
                )
            )
        if form == "csv":
            # It is read by people, in files, and not by clients of the protocol.
            def file(send: Send) -> Send:
                return saved_as(
                    send, f"{query.name}.csv", marked=bool(mark), head_only=request.method == "HEAD"
                )

            return Direct(lambda scope, receive, send: answering.answer(scope, receive, file(send), bound))
        return Direct(lambda scope, receive, send: answering.answer(scope, receive, send, bound))

    return router


def describe(query: NamedQuery, here: Urls) -> dict[str, object]:
    """Return what the catalogue tells programs of a query.

    :param query: the query.
    :param here: where the server is seen.
    """
    return {
        "name": query.name,
        "title": query.title,
        "description": query.description,
        "titles": dict(query.titles),
        "descriptions": dict(query.descriptions),
        "view": query.view,
        "href": here.named(query.name),
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.type,
                "default": parameter.default,
                "description": parameter.description,
                "descriptions": dict(parameter.descriptions),
            }
            for parameter in query.parameters
        ],
        "query": query.source,
    }


class _Asked:
    """The page of a named query: its form, and its answer or what is wrong with a value.

    :param store: what answers.
    :param settings: how much a page shows.
    :param pages: what renders it.
    """

    def __init__(self, store: Store, settings: Settings, pages: HtmlPages) -> None:
        self._store = store
        self._settings = settings
        self._pages = pages
        self._urls = Urls(settings.root_path)

    async def page(
        self, query: NamedQuery, values: Mapping[str, str], stance: Stance | None
    ) -> tuple[int, bytes]:
        """Return the status and the page.

        :param query: the query.
        :param values: values by parameter, as typed.
        :param stance: the parts that answer.
        """
        context: dict[str, Any] = {"shown": None, "problem": None, "text": query.text, "downloads": {}}
        status = 200
        try:
            context["text"] = query.bind(values)
            answer = await self._store.query(Query(context["text"], Dataset(stance=stance)))
            shown = context["shown"] = await show(answer, self._urls, self._settings.page_rows)
            shown = context["shown"] = replace(shown, rows=await told(self._store, shown.rows))
            names = GRAPH_FORMATS if shown.kind == "graph" else RESULT_FORMATS
            context["downloads"] = {
                name: self._urls.named(query.name, values, name, stance) for name in names
            }
        except PortsmouthError as error:
            context["problem"] = Problem.from_error(error)
            status = error.status
        body = self._pages.render(
            "named_query.html",
            query=query,
            values=values,
            stances=offered(stance),
            dataset=Dataset(stance=stance),
            column_name=column_name,
            **context,
        )
        return status, body
