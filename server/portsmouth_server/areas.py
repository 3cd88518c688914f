"""The areas of the site that are loaded when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from portsmouth.queries import NamedQuery
from portsmouth.search import Index
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.inventory import Inventories
from portsmouth_server.kept import Kept
from portsmouth_server.later import Later
from portsmouth_server.pages import HtmlPages
from portsmouth_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas of one server, each made of what the server has.

    :param store: what answers.
    :param settings: what the operator decides.
    :param pages: what renders pages.
    :param named: the named queries.
    :param names: the names of the present snapshot.
    :param inventories: what the present snapshot holds.
    """

    store: Store
    settings: Settings
    pages: HtmlPages
    named: Sequence[NamedQuery]
    names: Kept[Index]
    inventories: Inventories

    def routes(self) -> list[Later]:
        """Return the routes, none of which is loaded yet."""
        return [
            Later([f"/{kind}" for kind in urls.THINGS], self._things),
            Later([urls.NS], self._ontology),
            Later([urls.NETWORK], self._network),
            Later([urls.RECEIPTS], self._receipts),
            Later([urls.CONFLICTS], self._conflicts),
            Later([urls.STANCES], self._stances),
            Later([urls.SOURCES], self._sources),
            Later([urls.CITE], self._citations),
            Later([urls.TREATY], self._treaty),
            Later([urls.MAP], self._map),
            Later([urls.TIMELINE], self._timeline),
            Later([urls.DUMPS], self._dumps),
            Later([urls.VOID], self._void),
            Later([urls.OPENAPI], self._openapi),
        ]

    def _things(self) -> APIRouter:
        from portsmouth_server.linked_data import linked_data_router

        return linked_data_router(self.store, self.settings, self.pages)

    def _ontology(self) -> APIRouter:
        from portsmouth_server.ns import ontology_router

        return ontology_router(self.store, self.settings, self.pages)

    def _network(self) -> APIRouter:
        from portsmouth_server.kept_networks import KeptNetworks
        from portsmouth_server.network_page import network_page_router
        from portsmouth_server.networks import networks_router

        kept = KeptNetworks(self.store, self.names)
        both = networks_router(self.store, self.settings, kept)
        both.include_router(network_page_router(self.store, self.settings, self.pages, kept))
        return both

    def _receipts(self) -> APIRouter:
        from portsmouth_server.receipts.endpoint import receipts_router

        return receipts_router(self.store, self.settings, self.pages)

    def _conflicts(self) -> APIRouter:
        from portsmouth_server.conflicts import conflicts_router

        return conflicts_router(self.store, self.names, self.settings, self.pages)

    def _stances(self) -> APIRouter:
        from portsmouth_server.differing import differing_router

        return differing_router(self.store, self.settings, self.pages, self.named)

    def _sources(self) -> APIRouter:
        from portsmouth_server.sources import sources_router

        return sources_router(self.store, self.pages)

    def _citations(self) -> APIRouter:
        from portsmouth_server.citing import citing_router

        return citing_router(self.store, self.settings, self.pages, self.named)

    def _treaty(self) -> APIRouter:
        from portsmouth_server.views.treaty.route import treaty_router

        return treaty_router(self.store, self.settings, self.pages)

    def _map(self) -> APIRouter:
        from portsmouth_server.views.maps.route import map_router

        return map_router(self.store, self.settings, self.pages)

    def _timeline(self) -> APIRouter:
        from portsmouth_server.views.timeline.route import timeline_router

        return timeline_router(self.store, self.settings, self.pages)

    def _dumps(self) -> APIRouter:
        from portsmouth_server.dumps.route import dump_router

        return dump_router(self.store, self.settings)

    def _void(self) -> APIRouter:
        from portsmouth_server.void import void_router

        return void_router(self.store, self.settings, self.inventories, self.pages)

    def _openapi(self) -> APIRouter:
        from portsmouth_server.openapi import openapi_router

        return openapi_router(self.named, self.settings)
