"""``/network``: who influenced whom, as a page with its table, and as the data that its picture comes from.

The picture of a great network would be a thicket: of one with more than :data:`MOST_DRAWN` actors those with
the most acts are drawn, and any other when a reader asks for whom it met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from portsmouth.errors import NotFoundError
from portsmouth.iris import ID, shorten
from portsmouth.networks import Selection
from portsmouth.networks.document import document
from portsmouth.networks.picture.style import colour_of
from portsmouth.search import expand
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.answering import json_response, page
from portsmouth_server.asking import check_thing
from portsmouth_server.http import READ
from portsmouth_server.kept_networks import Kept, KeptNetworks
from portsmouth_server.manners import MANNER, MANNERS, manner
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import wants_page
from portsmouth_server.network_requests import CERTAIN, Asked, Parameter
from portsmouth_server.networks import FORMS, PICTURE_FORMS
from portsmouth_server.pages import HtmlPages
from portsmouth_server.parameters import parameters
from portsmouth_server.settings import Settings
from portsmouth_server.stances import offered
from portsmouth_server.urls import Urls
from portsmouth_server.viewing import viewer

JsonObject = dict[str, Any]

#: Actors that a picture holds at once, and how many of a greater network it begins with.
MOST_DRAWN: Final = 250
FIRST_DRAWN: Final = 60
#: Acts that a picture holds at once, and how many of a greater network it begins with.
MOST_LINES: Final = 1200
MOST_ACTS: Final = 300
#: What the picture shows of the network; a view's address has them beside the filters.
_VIEW: Final = (
    MANNER,
    Parameter("actor", "string", "The actor who is shown beside the picture."),
    Parameter("act", "string", "The act that is shown beside the picture."),
    Parameter("from", "string", "The actor at the beginning of a chain."),
    Parameter("to", "string", "The actor at its end."),
    CERTAIN,
)


def network_page_router(store: Store, settings: Settings, pages: HtmlPages, kept: KeptNetworks) -> APIRouter:
    """Route the page and the data of its picture.

    :param store: of which networks are made.
    :param settings: where the server is seen.
    :param pages: what renders the page.
    :param kept: the networks of the present snapshot.
    """
    router = APIRouter()
    here = Urls(settings.root_path)

    @router.api_route(urls.NETWORK, methods=READ)
    async def network(request: Request) -> Response:
        asked = _asked(request)
        for name in ("actor", "act"):
            if short := asked.given.get(name):
                expected = "what is in the graph, such as d:witte"
                await check_thing(store, expand(short), f"{name}={short[:100]!r}", expected)
        if not wants_page(accept_of(request.scope), None):
            return RedirectResponse(here.network(".json", asked.of_network()), 303)
        whole = await kept.network(replace(asked.selection, since=None, until=None))
        told = View(whole, asked.selection, here).drawn()
        forms = {
            name: here.network(f".{name}", asked.of_network() if name in PICTURE_FORMS else asked.of_acts())
            for name in FORMS
        }
        seen = viewer()
        colours = "auto" if seen.theme == "system" else seen.theme
        looks = [*asked.of_network(), ("language", seen.language), ("colours", colours)]
        rows = _rows(told, asked)
        body = pages.render(
            "network.html",
            told=told,
            shown=_shown(rows, asked),
            drawn={**told, "acts": [_without(act, "name") for act in told["acts"]]},
            asked=asked,
            stances=offered(asked.selection.stance),
            rows=rows,
            manners=tuple(MANNERS),
            modes={name: sorted(modes) for name, modes in MANNERS.items() if modes},
            forms=forms,
            picture=here.network(".svg", looks),
        )
        return page(body)

    @router.api_route(urls.NETWORK + "/view", methods=READ)
    async def view(request: Request) -> Response:
        asked = _asked(request)
        whole = await kept.network(replace(asked.selection, since=None, until=None))
        drawn = View(whole, asked.selection, here)
        around = asked.given.get("actor")
        return json_response(request, drawn.around(around) if around else drawn.drawn())

    return router


def _asked(request: Request) -> Asked:
    """Read what is asked; what a form leaves empty is not asked."""
    given = [(name, value) for name, value in parameters(request.scope["query_string"]) if value]
    return Asked.from_address(urlencode(given).encode(), _VIEW)


class View:
    """A network as its picture needs it, in the reader's language, every text once.

    :param kept: the network, and what is told beside it.
    :param selection: what it was made of.
    :param here: where the server is seen.
    """

    def __init__(self, kept: Kept, selection: Selection, here: Urls) -> None:
        self._kept = kept
        self._selection = selection
        self._here = here

    def drawn(self) -> JsonObject:
        """Return the whole network, or the middle of a great one."""
        network = self._kept.network
        if network.number_of_nodes() <= MOST_DRAWN and network.number_of_edges() <= MOST_LINES:
            return self._told(network)
        busiest = {actor for actor, _ in Counter(dict(network.degree())).most_common(FIRST_DRAWN)}
        arcs = network.out_edges(busiest, keys=True, data="passages")
        return self._told(_best_told(network, [arc for arc in arcs if arc[1] in busiest]))

    def around(self, actor: str) -> JsonObject:
        """Return an actor and all whom he met.

        :param actor: the short form of his IRI.
        :raises NotFoundError: the network has no such actor.
        """
        network = self._kept.network
        iri = ID + actor.removeprefix("d:") if actor.startswith("d:") else actor
        if iri not in network:
            raise NotFoundError(found=f"no actor {actor[:200]} in this network", expected="one of its actors")
        arcs = {
            arc[:3]: arc
            for some in (network.in_edges, network.out_edges)
            for arc in some(iri, keys=True, data="passages")
        }
        return self._told(_best_told(network, arcs.values()))

    def _told(self, network: Any) -> JsonObject:
        seen = viewer()
        whole = self._kept.network
        told = document(network, self._kept.told, self._selection, self._address)
        passages: dict[str, JsonObject] = {}
        concepts = {name: seen.name(one["label"], name) for name, one in told["concepts"].items()}
        edges = told["edges"]
        for edge in edges:
            for one in edge["passages"]:
                gloss = seen.name(one["gloss"])
                passages[one["id"]] = {
                    "url": one["url"],
                    "part": one["part"],
                    "line": one["line"],
                    "gloss": gloss,
                }
        return {
            "counts": self._kept.counts,
            "partial": network.number_of_nodes() < whole.number_of_nodes(),
            "actors": [
                {
                    "id": shorten(node["iri"]).strip("<>"),
                    "url": node["url"],
                    "name": seen.name(node["label"], shorten(node["iri"]).strip("<>")),
                    "type": node["type"],
                    "side": (node["side"] or "").removeprefix(ID),
                    "look": colour_of(node["side"] or ""),
                    "acts": whole.degree(node["iri"]),
                }
                for node in told["nodes"]
            ],
            "acts": [
                {
                    "event": shorten(edge["event"]["iri"]).strip("<>"),
                    "url": edge["event"]["url"],
                    "name": seen.name(edge["event"]["label"]),
                    "source": shorten(edge["source"]).strip("<>"),
                    "target": shorten(edge["target"]).strip("<>"),
                    "leg": edge["leg"],
                    "modes": [concepts[mode] for mode in edge["modes"]],
                    "manner": manner(edge["modes"]),
                    "outcomes": [concepts[outcome] for outcome in edge["outcomes"]],
                    "effect": edge["effect"],
                    "earliest": edge["earliest"],
                    "latest": edge["latest"],
                    "stated": edge["stated"],
                    "passages": [one["id"] for one in edge["passages"]],
                    "disputed": edge["disputed"],
                    "reported": edge["reported"],
                }
                for edge in edges
            ],
            "sides": _by_members(told, seen.name),
            "passages": passages,
        }

    def _address(self, iri: str) -> str:
        return self._here.thing(iri) or self._here.description(iri)


def _best_told(network: Any, arcs: Iterable[tuple[Any, ...]]) -> Any:
    """Keep as many arcs as a picture bears, those that most passages tell of.

    :param network: of which they are.
    :param arcs: source, target, key and passages of each.
    """
    best = sorted(arcs, key=lambda arc: (-len(arc[3]), arc[:3]))[:MOST_ACTS]
    # A graph of its own: a view would look through the whole network for each of its arcs.
    return network.edge_subgraph([arc[:3] for arc in best]).copy()


def _by_members(told: JsonObject, name: Callable[[Mapping[str, str]], str]) -> dict[str, str]:
    """Return the names of sides, those with most actors first."""
    members = Counter(node["side"] for node in told["nodes"])
    sides = sorted(told["sides"], key=lambda side: (-members[side["iri"]], side["iri"]))
    return {side["iri"].removeprefix(ID): name(side["label"]) for side in sides}


def _rows(told: JsonObject, asked: Asked) -> list[JsonObject]:
    """Return the acts as the table lists them, those that a reader without scripts has left out gone."""
    names = {actor["id"]: actor for actor in told["actors"]}
    chosen, selection = asked.given.get("manner"), asked.selection
    rows = [
        {**act, "number": number, "source": names[act["source"]], "target": names[act["target"]]}
        for number, act in enumerate(told["acts"])
        if (not chosen or act["manner"] in chosen) and _within(act, selection)
    ]
    return sorted(
        rows, key=lambda row: (row["earliest"] or "9", row["source"]["name"], row["target"]["name"])
    )


def _shown(rows: Sequence[JsonObject], asked: Asked) -> int | None:
    """Count the acts of a table from which some are left out; an act may be several rows."""
    narrowed = asked.given.get("manner") or asked.selection.since or asked.selection.until
    return len({row["event"] for row in rows}) if narrowed else None


def _without(act: JsonObject, name: str) -> JsonObject:
    """Leave out what the picture does not show."""
    return {key: value for key, value in act.items() if key != name}


def _within(act: JsonObject, selection: Selection) -> bool:
    if not (selection.since or selection.until):
        return True
    if not (act["earliest"] or act["latest"]):
        return False
    since, until = selection.since, selection.until
    return not (
        (since and act["latest"] and act["latest"] < since.isoformat())
        or (until and act["earliest"] and act["earliest"] > until.isoformat())
    )
