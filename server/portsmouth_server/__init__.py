"""The HTTP server: a SPARQL endpoint for programs and pages for people.

:func:`create_app` assembles an ASGI application from a store and settings;
:func:`serve` runs it.
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
