"""The HTTP server: a SPARQL endpoint for programs and pages for people.

:func:`create_app` assembles an ASGI application from a store and settings;
:func:`serve` runs it.
"""

from portsmouth_server.app import create_app
from portsmouth_server.running import serve
from portsmouth_server.settings import Settings

__all__ = ["Settings", "create_app", "serve"]
