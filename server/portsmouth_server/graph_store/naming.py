"""Which graph a request to ``/graphs`` names (SPARQL 1.1 Graph Store HTTP Protocol, section 4).

Indirectly by ``?graph=IRI`` or ``?default``, or directly: the graph whose name is
the address itself, ``/graphs/anything``. The address is the one that the public
sees, so a graph keeps its name behind a proxy if ``PORTSMOUTH_PUBLIC_URL`` is set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import pyoxigraph as ox

from portsmouth.errors import RequestError
from portsmouth_server import urls
from portsmouth_server.http import Scope, header
from portsmouth_server.parameters import parameters
from portsmouth_server.protocol import absolute
from portsmouth_server.settings import Settings
from portsmouth_server.urls import Urls

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Target:
    """What a request to the graph store is about.

    :param graph: the IRI of a graph; ``None`` for the default graph, or for none.
    :param store: whether no graph is named, so that the request is about the store as a whole.
    :param base: what relative IRIs of a document for this graph stand against.
    :param address: the graph's own address here.
    :param form: the format that the request names.
    """

    graph: str | None
    store: bool
    base: str
    address: str
    form: str | None = None


def target(scope: Scope, settings: Settings) -> Target:
    """Read which graph a request is about.

    :param scope: the request.
    :param settings: where the server is seen.
    :raises RequestError: it names several, or none as it should.
    """
    origin = urls.origin(settings.public_url, scope["scheme"], header(scope["headers"], b"host"))
    graphs = origin + Urls(settings.root_path).graphs
    path = _path(scope, settings.root_path)
    if path.rstrip("/"):
        return _direct(graphs + path, scope["query_string"])
    return _indirect(graphs, scope["query_string"])


def _path(scope: Scope, root: str) -> str:
    """Return what stands below ``/graphs`` in the address, its escapes as they were sent."""
    path = scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    for prefix in (root + urls.GRAPHS, urls.GRAPHS):
        if path == prefix or path.startswith(prefix + "/"):
            return str(path.removeprefix(prefix))
    raise RequestError(found=f"the path {path[:200]!r}", expected=f"one that begins with {urls.GRAPHS}")


def _direct(address: str, query_string: bytes) -> Target:
    if any(name in ("graph", "default") for name, _ in parameters(query_string)):
        raise RequestError(found="a graph named by its address and by a parameter", expected="one of the two")
    if query_string:
        address += "?" + query_string.decode("ascii", "replace")
    iri = _checked(address)
    return Target(iri, store=False, base=iri, address=iri)


def _indirect(graphs: str, query_string: bytes) -> Target:
    given = parameters(query_string)
    named = [value for name, value in given if name == "graph"]
    default = any(name == "default" for name, _ in given)
    form = next((value for name, value in given if name == "format"), None)
    if len(named) + default > 1:
        raise RequestError(found="several graphs", expected="one graph parameter, or default")
    if default:
        return Target(None, store=False, base=graphs, address=f"{graphs}?default", form=form)
    if not named:
        return Target(None, store=True, base=graphs, address=graphs, form=form)
    iri = _checked(_resolve(graphs, named[0]))
    return Target(iri, store=False, base=iri, address=Urls.graph(graphs, iri), form=form)


def _resolve(base: str, reference: str) -> str:
    if not reference:
        raise RequestError(
            found="an empty graph parameter", expected="an IRI, or default for the default graph"
        )
    return reference if _SCHEME.match(reference) else urljoin(base, reference)


def _checked(iri: str) -> str:
    try:
        return ox.NamedNode(absolute(iri)).value
    except ValueError as error:
        raise RequestError(found=f"{iri[:200]!r} ({error})", expected="the IRI of a graph") from None
