"""Assembly: one store, one settings object and the routes become an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from fastapi import FastAPI

from portsmouth.errors import PortsmouthError, RateLimitError
from portsmouth.queries import NamedQuery
from portsmouth.sandbox import Sandbox
from portsmouth.store.protocol import Store
from portsmouth_server import urls
from portsmouth_server.answering import Answering
from portsmouth_server.areas import Areas
from portsmouth_server.checking import checking_router
from portsmouth_server.compressing import Compressed
from portsmouth_server.errors import Problem
from portsmouth_server.express import Express, PromptStore
from portsmouth_server.failures import answer_failures
from portsmouth_server.frontend import KeptFiles, static_folder
from portsmouth_server.graph_store.endpoint import GraphStore
from portsmouth_server.http import Receive, Scope, Send, respond
from portsmouth_server.inventory import Inventories
from portsmouth_server.names import Names
from portsmouth_server.operating.door import Door
from portsmouth_server.operating.metrics import Metrics
from portsmouth_server.operating.observing import Observer
from portsmouth_server.pages import HtmlPages
from portsmouth_server.queries import named_queries_router
from portsmouth_server.recording import Recorder, name_of
from portsmouth_server.routes import health_router, metrics_router, page_router
from portsmouth_server.search import search_router
from portsmouth_server.service import ServiceDescription
from portsmouth_server.settings import Settings
from portsmouth_server.sharing import Shared
from portsmouth_server.sparql import SparqlEndpoint
from portsmouth_server.terms import terms_router
from portsmouth_server.updating import UpdateEndpoint
from portsmouth_server.viewing import receive as receive_view
from portsmouth_server.viewing import remembering


class Application(Protocol):
    """An ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""


def create_app(store: Store, settings: Settings | None = None, named: Sequence[NamedQuery] = ()) -> Server:
    """Assemble a server.

    :param store: what answers; opened and closed with the server.
    :param settings: what the operator decides; the defaults unless given.
    :param named: queries that the pages offer.
    :return: an ASGI application that shares nothing with another one.

    >>> from portsmouth.store.embedded import EmbeddedStore
    >>> app = create_app(EmbeddedStore.from_nquads(b""), Settings(deadline=5))
    """
    settings = settings or Settings()
    pages = HtmlPages(store, settings, named)
    inventories = Inventories(store)
    description = ServiceDescription(store, settings, inventories, named)
    rest = FastAPI(
        title="Portsmouth 1905",
        # The interactive documentation of the framework loads scripts from another host.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    rest.include_router(page_router(pages))
    rest.include_router(health_router(store))
    answering = Answering(store, settings)
    metrics, door = Metrics(store, answering.kept), Door(settings)
    rest.include_router(metrics_router(metrics, door, settings.metrics_from))
    rest.include_router(named_queries_router(store, settings, pages, named, answering))
    names = Names(store)
    rest.include_router(search_router(names, settings, pages))
    sandbox = Sandbox(settings.memory)
    rest.include_router(checking_router(sandbox, settings))
    rest.include_router(terms_router(store, settings))
    rest.router.routes += Areas(store, settings, pages, named, names, inventories).routes()
    rest.mount(urls.STATIC, KeptFiles(static_folder()))
    answer_failures(rest, pages)
    updates = UpdateEndpoint(store, settings, pages)
    sparql = SparqlEndpoint(store, settings, pages, answering, description, updates)
    direct: dict[str, Application] = {
        urls.SPARQL: sparql,
        urls.UPDATE: updates,
        urls.GRAPHS: GraphStore(store, settings, pages, description, sandbox),
    }
    observer = Observer(metrics, door, settings.root_path)
    express = None
    if isinstance(store, PromptStore):
        express = Express(store, settings, answering, door, observer)

    async def ahead() -> None:
        await pages.find_out()
        await names.make_ahead()

    return Server(store, settings, direct, rest, sandbox, door, observer, express, ahead)


class Server:
    """The whole server: the fast path, every other path, and the store's life.

    :param store: opened at start-up and closed at shutdown.
    :param settings: where the server is seen.
    :param direct: what answers the paths of the protocols, which no router stands before.
    :param rest: what answers every other path.
    :param sandbox: closed at shutdown.
    :param door: what lets requests in.
    :param observer: what watches them.
    :param express: the short way for plain queries, where the store can begin an answer at once.
    :param ahead: what is made once the server has started, before anybody asks for it.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        direct: Mapping[str, Application],
        rest: Application,
        sandbox: Sandbox,
        door: Door,
        observer: Observer,
        express: Express | None,
        ahead: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._door = door
        self._observer = observer
        self._ahead = ahead
        self._store = store
        self._sandbox = sandbox
        self._root_path = settings.root_path
        self._direct = {
            # A proxy may leave the path under which it shows the server, or cut it off.
            prefix + path + slash: application
            for path, application in direct.items()
            for prefix in {"", settings.root_path}
            for slash in ("", "/")
        }
        # Every address below the graph store names a graph.
        self._graphs = direct[urls.GRAPHS]
        self._below = (urls.GRAPHS + "/", settings.root_path + urls.GRAPHS + "/")
        self.express = express
        self._rest = rest
        self._shared = Shared(Compressed(rest), settings.cors_origin)
        #: Why the server did not start, if it did not.
        self.failure: PortsmouthError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live through start-up and shutdown."""
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        scope = receive_view(scope, self._root_path)
        tracked = self._observer.watch(scope, remembering(scope, send))
        try:
            self._door.admit(scope)
            path = scope["path"]
            if direct := self._direct.get(path):
                await direct(scope, receive, tracked)
            elif path.startswith(self._below):
                await self._graphs(scope, receive, tracked)
            else:
                await self._record(scope, receive, tracked)
        except RateLimitError as error:
            wait = (b"retry-after", str(error.wait).encode())
            problem = Problem.from_error(error, (wait,))
            await respond(tracked, problem.status, problem.data_headers(), problem.body())
        except Exception as error:
            if tracked.complete:
                # The framework raises again what it has answered.
                return None
            if tracked.status:
                raise
            problem = Problem.from_accident(error)
            await respond(tracked, problem.status, problem.data_headers(), problem.body())
        finally:
            tracked.end()
        return None

    async def _record(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and keep the answer for the next who asks the same."""
        inner = {**scope, "root_path": self._root_path}
        # What is never looked up need not be kept.
        if self.express is None or scope["method"] != "GET" or "portsmouth.chosen" in scope:
            return await self._shared(inner, receive, send)
        snapshot, kept = self._store.snapshot, self.express.answering.kept
        recorder = Recorder(send, kept.room_for)
        await self._shared(inner, receive, recorder)
        if (answer := recorder.answer) and self._store.snapshot == snapshot:
            kept.keep(snapshot, name_of(scope), answer)
        return None

    async def _live(self, receive: Receive, send: Send) -> None:
        """Own the store from start-up to shutdown (ASGI's lifespan protocol)."""
        await receive()
        try:
            await self._store.__aenter__()
        except PortsmouthError as error:
            self.failure = error
            return await send({"type": "lifespan.startup.failed", "message": str(error)})
        await send({"type": "lifespan.startup.complete"})
        ahead = asyncio.create_task(self._ahead())
        await receive()
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
        await self._sandbox.aclose()
        await self._store.__aexit__(None, None, None)
        await send({"type": "lifespan.shutdown.complete"})
        return None
