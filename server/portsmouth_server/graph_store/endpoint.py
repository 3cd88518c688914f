"""``/graphs``: the SPARQL 1.1 Graph Store HTTP Protocol, graphs as things to GET, PUT, POST and DELETE."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from portsmouth.errors import MethodError, NotFoundError, PreconditionError, RequestError
from portsmouth.sandbox import Sandbox
from portsmouth.store.protocol import Formats, GraphAction, GraphWrite, Query, Store
from portsmouth_server.access import check_writer
from portsmouth_server.answering import Answering
from portsmouth_server.asking import says_yes, term
from portsmouth_server.graph_store.conditions import ANY, Conditions, graph_tag
from portsmouth_server.graph_store.naming import Target, target
from portsmouth_server.graph_store.payloads import payload_type, read_payload
from portsmouth_server.http import DATA_HEADERS, Receive, Scope, Send, header, read_body, respond
from portsmouth_server.media import accept_of
from portsmouth_server.negotiation import choose_graph
from portsmouth_server.protocol import check_encoding
from portsmouth_server.refusals import Endpoint, ProblemPages
from portsmouth_server.service import ServiceDescription
from portsmouth_server.settings import Settings
from portsmouth_server.updating import tell

ALLOW: Final = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
_ANYTHING: Final = "ASK { ?s ?p ?o }"
_WHICH: Final = "?graph= with an IRI, ?default, or an address below this one"


class GraphStore:
    """The graph store as an ASGI application for its path and all below it.

    :param store: what holds the graphs.
    :param settings: limits, and who may change graphs.
    :param pages: what browsers see of a problem.
    :param description: what tells which graphs there are.
    :param sandbox: where documents of strangers are read.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        pages: ProblemPages,
        description: ServiceDescription,
        sandbox: Sandbox,
    ) -> None:
        self._store = store
        self._settings = settings
        self._description = description
        self._sandbox = sandbox
        self._answering = Answering(store, settings)
        self._cors = self._answering.cors
        self._endpoint = Endpoint(ALLOW, pages, self._cors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await self._endpoint.run(self._answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "OPTIONS":
            return await self._endpoint.preflight(send, readers="GET, HEAD, OPTIONS")
        if method not in ("GET", "HEAD", "PUT", "POST", "DELETE"):
            raise MethodError(found=method, expected=ALLOW)
        named = target(scope, self._settings)
        if method in ("GET", "HEAD"):
            return await self._read(scope, receive, send, named)
        check_writer(scope, self._settings.write_token, self._store.writable)
        if named.store and method != "POST":
            raise RequestError(found=f"{method} of the whole graph store", expected=_WHICH)
        if method == "DELETE":
            return await self._drop(scope, send, named)
        return await self._take(scope, receive, send, named)

    async def _read(self, scope: Scope, receive: Receive, send: Send, named: Target) -> None:
        extension, media_type = choose_graph(accept_of(scope), named.form)
        if named.store:
            return await self._description.respond(scope, send, media_type, self._cors)
        # The version first: a graph that changes in between is given with the tag of what it was, so that
        # a write under this tag fails, rather than with the tag of what nobody has seen.
        version = await self._store.graph_version(named.graph)
        if version is None:
            raise _missing(named)
        conditions = Conditions.from_headers(scope["headers"])
        if conditions.match is not None and Conditions(conditions.match).fail(version):
            raise _changed()
        where = f"GRAPH {term(named.graph)} {{ ?s ?p ?o }}" if named.graph else "?s ?p ?o"
        query = Query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {where} }}", formats=Formats(graphs=media_type))
        tag = graph_tag(version, extension).encode()
        return await self._answering.answer(scope, receive, send, query, tag=tag)

    async def _take(self, scope: Scope, receive: Receive, send: Send, named: Target) -> None:
        headers = scope["headers"]
        kind = payload_type(header(headers, b"content-type"))
        check_encoding(header(headers, b"content-encoding"))
        body = await read_body(
            scope, receive, limit=self._settings.max_write_bytes, seconds=self._settings.client_seconds
        )
        if named.store:
            # Section 5.5: a POST to the store makes a new graph and says where it is.
            iri = f"{named.base}/{uuid4()}"
            named = Target(iri, store=False, base=iri, address=iri)
            action: GraphAction = "merge"
        else:
            action = "replace" if scope["method"] == "PUT" else "merge"
        triples = await read_payload(self._sandbox, kind, body, named.base, self._settings.deadline)
        created = await self._is_empty_default(named)
        written = await self._store.write_graph(await self._conditional(scope, named, action, triples))
        if written.created or created:
            location = (b"location", named.address.encode("ascii", "backslashreplace"))
            return await tell(send, 201, written, self._cors, (location,))
        if action == "replace":
            return await respond(send, 204, [(b"cache-control", b"no-store"), *DATA_HEADERS, *self._cors])
        return await tell(send, 200, written, self._cors)

    async def _drop(self, scope: Scope, send: Send, named: Target) -> None:
        written = await self._store.write_graph(await self._conditional(scope, named, "delete"))
        await tell(send, 200, written, self._cors)

    async def _conditional(
        self, scope: Scope, named: Target, action: GraphAction, triples: bytes = b""
    ) -> GraphWrite:
        """Make a write that fails if the graph is not as the caller believes it to be."""
        conditions = Conditions.from_headers(scope["headers"])
        match, absent = conditions.match, False
        if conditions.none_match == frozenset({ANY}):
            absent = True
        elif conditions.none_match is not None:
            version = await self._store.graph_version(named.graph)
            if conditions.fail(version):
                raise _changed()
            # It must still be this one when it is written.
            match, absent = (frozenset({version}), False) if version else (match, True)
        if absent and action == "delete":
            raise _changed()
        return GraphWrite(named.graph, action, triples, only_if=match, only_if_absent=absent)

    async def _is_empty_default(self, named: Target) -> bool:
        """Say whether the graph is the default graph and holds nothing, so that a write makes it.

        The default graph is always there; the test suite of the protocol has it be made all the same.
        """
        return named.graph is None and not await says_yes(self._store, _ANYTHING)


def _missing(named: Target) -> NotFoundError:
    return NotFoundError(
        found=f"no graph <{(named.graph or '')[:300]}>", expected="a graph that has been written"
    )


def _changed() -> PreconditionError:
    return PreconditionError(
        found="a graph of another version", expected="the version that the request names"
    )
