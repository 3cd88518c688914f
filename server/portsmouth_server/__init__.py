"""The HTTP server: a SPARQL endpoint for programs and pages for people.

:func:`create_app` assembles an ASGI application from a store and settings;
:func:`serve` runs it. What is where:

- how it is put together and run: ``app``, ``areas``, ``later``, ``running``, ``stores``, ``settings``,
  ``setting_values``;
- a client's connection: ``guarded``, ``connection``, ``readers``; the short way of plain queries on it:
  ``express``, ``exchange``, ``plain``, ``speaking``;
- the SPARQL protocol: ``sparql``, ``updating``, ``graph_store``; how a request is read: ``protocol``,
  ``parameters``, ``media``, ``negotiation``, ``basing``, ``near``; how it is answered or refused:
  ``answering``, ``refusals``, ``errors``;
- what is kept to be sent again: ``answers``, ``recording``, ``kept``, ``lately``, ``packing``;
- evidence: ``receipts``, ``conflicts``, ``stances``, ``differing``, ``sources``, ``citing``;
- the graph by its IRIs and as a whole: ``linked_data``, ``ns``, ``vocabulary``, ``void``, ``service``,
  ``dumps``;
- named queries, search, networks and the interface for programs: ``queries``, ``search``, ``networks``,
  ``openapi``;
- pages: ``pages``, ``views``, ``results``, ``translation``, ``viewing``, ``frontend``;
- what an operator sees, and whom it lets in: ``operating``, ``access``.

Addresses are built in ``urls``, and nowhere else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from portsmouth_server.app import create_app
    from portsmouth_server.running import serve
    from portsmouth_server.settings import Settings

__all__ = ["Settings", "create_app", "serve"]

_HOMES: Final = {"Settings": "settings", "create_app": "app", "serve": "running"}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and no more: workers need none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
