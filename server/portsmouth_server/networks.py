"""``/network…``: who acted on whom, through whom it reached others, and who stood between them.

Names of actors are resolved by search; a name of several or of none is refused with those that it may mean.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

import portsmouth
from portsmouth import networks
from portsmouth.errors import NotFoundError, ParameterError
from portsmouth.networks import MEASURES, Chain, Forbidden, Hop, Selection
from portsmouth.networks.budget import within
from portsmouth.networks.document import document, document_json, passages
from portsmouth.networks.picture import draw, png
from portsmouth.search import expand
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.documents import content_type, entity_tag, holds, unchanged
from portsmouth_server.http import DATA_HEADERS, READ
from portsmouth_server.kept_networks import Kept, KeptNetworks
from portsmouth_server.lately import Lately
from portsmouth_server.manners import MANNER, of_manners
from portsmouth_server.network_requests import (
    CERTAIN,
    PATHS,
    PICTURES,
    USUAL_CHAINS,
    Asked,
    Parameter,
)
from portsmouth_server.packing import Packed
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

JsonObject = dict[str, Any]
Value = TypeVar("Value")

_ACTOR: Final = ("pt:Actor",)
#: Arcs from which on a network is written piece by piece, and kept packed.
MANY_ARCS: Final = 3_000


class Form(NamedTuple):
    """A format in which a network is written.

    :param media_type: its media type.
    :param writer: the name that the library has for it; the document of this interface where there is none.
    """

    media_type: str
    writer: str = ""


#: The formats of a network, by extension.
FORMS: Final[Mapping[str, Form]] = {
    "json": Form("application/json"),
    "csv": Form("text/csv", "csv"),
    "nodes.csv": Form("text/csv", "nodes"),
    "gexf": Form("application/gexf+xml", "gexf"),
    "graphml": Form("application/graphml+xml", "graphml"),
    "cyjs": Form("application/vnd.cytoscape.cyjs+json", "cytoscape"),
    "svg": Form("image/svg+xml"),
    "png": Form("image/png"),
}
#: A picture brings its own style, and nothing else.
_PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: The formats that show a network, and take parameters for how.
PICTURE_FORMS: Final = frozenset(("svg", "png"))
MEASURE: Final = Parameter(
    "measure", "string", "What actors are ranked or grouped by.", choices=(*MEASURES, *networks.GROUPINGS)
)
FORMAT: Final = Parameter("format", "string", "The format of the answer.", choices=("json", "csv"))


def networks_router(store: Store, settings: Settings, kept: KeptNetworks) -> APIRouter:
    """Route networks, paths and measures.

    :param store: of which networks are made.
    :param settings: the deadline, and where the server is seen.
    :param kept: the networks of the present snapshot.
    """
    router = APIRouter()
    answers = _Answers(store, settings, kept)

    @router.api_route(urls.NETWORK + ".{extension}", methods=READ)
    async def network(request: Request) -> Response:
        return await answers.network(request.path_params["extension"], request)

    @router.api_route(urls.NETWORK + "/paths", methods=READ)
    async def paths(request: Request) -> Response:
        return await answers.paths(request)

    @router.api_route(urls.NETWORK + "/measures", methods=READ)
    async def measures(request: Request) -> Response:
        return await answers.measures(request)

    return router


class _Answers:
    def __init__(self, store: Store, settings: Settings, kept: KeptNetworks) -> None:
        self._store = store
        self._deadline = settings.deadline
        self._client_seconds = settings.client_seconds
        self._made = Lately[bytes | Packed]()
        self._kept = kept
        self._urls = Urls(settings.root_path)
        # Python computes one thing at a time: more at once would only make each later.
        self._computing = asyncio.Semaphore(2)

    async def network(self, extension: str, request: Request) -> Response:
        form = FORMS.get(extension)
        if form is None:
            known = ", ".join(self._urls.network(f".{name}") for name in FORMS)
            raise NotFoundError(found=f"the format {extension[:100]!r}", expected=f"one of {known}")
        more = PICTURES if extension in PICTURE_FORMS else (MANNER,)
        asked = Asked.from_address(request.scope["query_string"], more)
        if extension == "png" and asked.given.get("colours") == "auto":
            raise ParameterError(found="colours=auto for PNG", expected="light or dark")

        async def body(tag: str) -> bytes | Packed:
            whole = await self._kept.network(asked.selection)

            def written() -> bytes | Packed:
                if made := self._made.get(tag):
                    return made
                kept, selection = of_manners(whole, asked.selection, asked.given.get("manner", ()))
                return self._written(kept, replace(asked, selection=selection), extension)

            return await self._compute(written)

        others = [
            _link(self._urls.network(f".{name}", asked.of_acts()), "alternate", other.media_type)
            for name, other in FORMS.items()
            # A picture of some manners alone is drawn on the page only.
            if name != extension and not ("manner" in asked.given and name in PICTURE_FORMS)
        ]
        return await self._answer(request, form.media_type, others, body)

    async def paths(self, request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"], PATHS)
        for name in ("from", "to"):
            if not asked.given.get(name):
                raise ParameterError(found=f"no {name}", expected=f"an actor in the parameter {name}")
        if asked.selection.kind != "influence":
            raise ParameterError(
                found=f"kind={asked.selection.kind}",
                expected="influence, which alone has a direction in time",
            )

        async def body(_: str) -> bytes:
            names = [asked.given[name] for name in ("from", "to")]
            ends = await self._ends(names, asked.selection)
            kept = await self._kept.network(asked.selection)
            rolled = kept.network.graph["rolled_up"]
            start, end = (rolled.get(iri, iri) for iri in ends)
            if start == end:
                name = (await self._kept.index()).name(start)
                raise ParameterError(found=f"{name} at both ends", expected="two actors")
            return await self._compute(lambda: self._chains(kept, asked, start, end))

        links = [_link(self._urls.network(".json", asked.of_network()), "related", "application/json")]
        return await self._answer(request, "application/json", links, body)

    async def _ends(self, names: Sequence[str], selection: Selection) -> Sequence[str]:
        """Return the actors of some names; for IRIs of actors of the network no name has to be looked up."""
        iris = [expand(name.strip()) for name in names]
        if all(":" in iri for iri in iris):
            network = (await self._kept.network(selection)).network
            if all(iri in network for iri in iris):
                return iris
        index = await self._kept.index()
        return [await asyncio.to_thread(index.resolve, name, kinds=_ACTOR) for name in names]

    async def measures(self, request: Request) -> Response:
        asked = Asked.from_address(request.scope["query_string"], (MEASURE, CERTAIN, FORMAT))
        measure, as_csv = asked.given.get("measure", "brokers"), asked.given.get("format") == "csv"

        async def body(_: str) -> bytes:
            kept = await self._kept.network(asked.selection)
            told = await self._compute(lambda: self._measured(kept, asked, measure))
            return _csv(told["rows"]) if as_csv else _json(told)

        other, media_type = ("json", "application/json") if as_csv else ("csv", "text/csv")
        values = [pair for pair in asked.values if pair[0] != "format"]
        links = [
            _link(self._urls.network("/measures", [*values, ("format", other)]), "alternate", media_type),
            _link(self._urls.network(".json", asked.of_network()), "related", "application/json"),
        ]
        return await self._answer(request, "text/csv" if as_csv else "application/json", links, body)

    # --- what is told

    def _written(self, kept: Kept, asked: Asked, extension: str) -> bytes | Packed:
        if extension in PICTURE_FORMS:
            theme = asked.given.get("colours", "auto" if extension == "svg" else "light")
            look = {name: asked.given[name] for name in ("language", "most") if name in asked.given}
            svg = draw(kept.network, kept.told, theme=theme, **look)
            return png(svg) if extension == "png" else svg.encode()
        many = kept.network.number_of_edges() >= MANY_ARCS
        if writer := FORMS[extension].writer:
            body = networks.write(kept.network, writer)
            return Packed.from_pieces([body]) if many else body
        told = kept.network, kept.told, asked.selection, self._address
        return Packed.from_pieces(document_json(*told)) if many else _json(document(*told))

    def _chains(self, kept: Kept, asked: Asked, start: str, end: str) -> bytes:
        certain, every = asked.given.get("certain", False), asked.given.get("all", False)
        limit = asked.given.get("limit", USUAL_CHAINS)
        found = kept.timeline.minimal(start, end, certain=certain, limit=limit)
        chains = found.chains if every else found.chains[:1]
        forbidden = None if found.chains else kept.timeline.forbidden(start, end, certain=certain)
        return _json(
            {
                "from": self._actor(kept, start),
                "to": self._actor(kept, end),
                "certain": certain,
                "meta": self._meta(kept, asked.selection),
                "chains": [self._chain(kept, chain) for chain in chains],
                "more": found.truncated if every else len(found) > 1,
                "forbidden": self._forbidden(kept, forbidden) if forbidden else None,
                "reason": _no_chain(found.chains, forbidden),
            }
        )

    def _measured(self, kept: Kept, asked: Asked, measure: str) -> JsonObject:
        certain = asked.given.get("certain", False)
        found = networks.measured(kept.network, measure, kept.told.mentions, certain=certain)
        told = [
            (self._row(kept, one.iri), dict(zip(found.names, one.values, strict=True))) for one in found.rows
        ]
        # Who belongs together is read by the number of the group.
        rows = [{**values, **row} if measure == "communities" else {**row, **values} for row, values in told]
        return {
            "measure": measure,
            "certain": certain,
            "ignores_time": measure not in ("reach", "brokers"),
            "meta": self._meta(kept, asked.selection),
            "sample": found.sample.as_json() if found.sample else None,
            "rows": rows,
            "witness": found.witness.as_json() if found.witness else None,
        }

    # --- pieces

    def _meta(self, kept: Kept, selection: Selection) -> JsonObject:
        return {
            "kind": selection.kind,
            "snapshot": kept.network.graph["snapshot"],
            "filter": selection.as_json(),
            "counts": kept.counts,
        }

    def _row(self, kept: Kept, actor: str) -> JsonObject:
        return {**self._actor(kept, actor), "mentions": kept.told.mentions.get(actor, 0)}

    def _actor(self, kept: Kept, actor: str) -> JsonObject:
        label = kept.told.actors.get(actor) or {"en": kept.network.nodes[actor]["label"]}
        return {"iri": actor, "url": self._address(actor), "label": dict(label)}

    def _chain(self, kept: Kept, chain: Chain) -> JsonObject:
        told = chain.as_json()
        return {
            **told,
            "actors": [self._actor(kept, actor) for actor in chain.actors],
            "contradicted": chain.contradicted,
            "led_to": [(one.event, other.event) in kept.told.led for one, other in pairwise(chain.hops)],
            "hops": [self._hop(kept, hop) for hop in chain.hops],
        }

    def _forbidden(self, kept: Kept, forbidden: Forbidden) -> JsonObject:
        hops = [self._hop(kept, hop) for hop in forbidden.hops]
        actors = [forbidden.hops[0].source, *(hop.target for hop in forbidden.hops)]
        return {
            **forbidden.as_json(),
            "actors": [self._actor(kept, actor) for actor in actors],
            "hops": hops,
        }

    def _hop(self, kept: Kept, hop: Hop) -> JsonObject:
        event = {"iri": hop.event, "url": self._address(hop.event)}
        return {
            **hop.as_json(),
            "event": {**event, "label": dict(kept.told.events.get(hop.event, {}))},
            "modes": [networks.short(mode) for mode in hop.modes],
            "outcomes": [networks.short(outcome) for outcome in hop.outcomes],
            "stated": networks.stated(kept.told, hop.event),
            "passages": passages(hop.passages, kept.told, self._address),
        }

    def _address(self, iri: str) -> str:
        return self._urls.thing(iri) or self._urls.description(iri)

    # --- sending

    async def _compute(self, work: Callable[[], Value]) -> Value:
        """Do a piece of work in a thread, within the deadline; waiting for its turn counts."""
        with within(self._deadline):
            async with self._computing:
                return await asyncio.to_thread(work)

    async def _answer(
        self,
        request: Request,
        media_type: str,
        links: Sequence[str],
        body: Callable[[str], Awaitable[bytes | Packed]],
    ) -> Response:
        snapshot = self._store.snapshot
        tag = entity_tag(snapshot, portsmouth.__version__, request.url.path, request.scope["query_string"])
        headers = {
            "content-type": content_type(media_type),
            "etag": tag,
            "cache-control": "no-cache",
            "link": ", ".join(links),
            **{name.decode(): value.decode() for name, value in DATA_HEADERS},
        }
        if media_type == FORMS["svg"].media_type:
            headers["content-security-policy"] = _PICTURE_POLICY
        if holds(request, tag):
            return unchanged(headers)
        told = self._made.get(tag) or await body(tag)
        # A write in between may have let the document show another snapshot than its tag names.
        if self._store.snapshot == snapshot:
            self._made.put(tag, told)
        if isinstance(told, bytes):
            return Response(told, headers=headers)
        return told.respond(request, headers, self._client_seconds)


def _link(address: str, relation: str, media_type: str) -> str:
    return f'<{address}>; rel="{relation}"; type="{media_type}"'


def _no_chain(chains: Sequence[Chain], forbidden: Forbidden | None) -> str | None:
    if chains:
        return None
    return forbidden.reason if forbidden else "no acts lead from the one to the other, in whatever order"


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _csv(rows: Sequence[JsonObject]) -> bytes:
    text = io.StringIO()
    columns = [name for name in (rows[0] if rows else {"iri": ""}) if name not in ("url", "label")]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, "label"])
    writer.writerows([*(row[name] for name in columns), row["label"].get("en", "")] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
