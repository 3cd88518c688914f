"""Running a server: uvicorn with uvloop and httptools where the system has them."""

from __future__ import annotations

import asyncio
import errno
import gc
import resource
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from socket import AI_PASSIVE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket
from typing import TYPE_CHECKING, Any, Final, Literal

import uvicorn

from portsmouth.errors import StoreError
from portsmouth.queries import NamedQuery
from portsmouth.store.protocol import Store
from portsmouth_server.app import Server, create_app
from portsmouth_server.operating import logs
from portsmouth_server.settings import Settings

if TYPE_CHECKING:
    from portsmouth_server.guarded import Guarded

#: Files and sockets that a server may have open.
_MOST_FILES: Final = 1 << 16
#: How often, and after how many seconds, it is looked whether the last answers have ended.
_LOOKS: Final = 50
_BETWEEN_LOOKS: Final = 0.02


def serve(
    store: Store,
    settings: Settings,
    named: Sequence[NamedQuery] = (),
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve until the process is told to stop.

    :param store: what answers; opened when the server starts and closed when it stops.
    :param settings: what the operator decides.
    :param named: queries that the pages offer.
    :param ready: called with the server's address as soon as it answers there.
    :raises PortsmouthError: the store could not be opened, or the address is taken or none of this machine.
    """
    logs.configure(settings.log_format, settings.log_level, settings.access_log)
    _check_address(settings.host, settings.port)
    _allow_files()
    app = create_app(store, settings, named)
    server = _Server(configuration(app, settings), ready)
    try:
        # Ctrl-C has been obeyed by the time uvicorn passes it on.
        with suppress(KeyboardInterrupt):
            server.run()
    except SystemExit:
        # uvicorn leaves so when the application does not start, and when it cannot listen.
        raise app.failure or StoreError(
            f"found {settings.host}:{settings.port} taken or not to be had; expected a free address: "
            "choose another port"
        ) from None
    if app.failure:
        raise app.failure


def _check_address(host: str, port: int) -> None:
    """Refuse an address at which nobody can listen, and say why, before anything is set up for it.

    :raises StoreError: it is unknown, not this machine's, taken, or not to be had by this user.
    """
    try:
        found = getaddrinfo(host or None, port, type=SOCK_STREAM, flags=AI_PASSIVE)
    except (OSError, UnicodeError):
        raise StoreError(
            f"found no address of the name {host!r}; expected an address of this machine, such as 127.0.0.1"
        ) from None
    errors = [error for one in found if (error := _refusal(one))]
    if any(error.errno == errno.EADDRINUSE for error in errors):
        raise StoreError(f"found {host}:{port} taken; expected a free address: choose another port")
    # A name may stand for an address of IPv6 as well that this machine does not have.
    if errors and len(errors) == len(found):
        reason = (errors[0].strerror or str(errors[0])).lower()
        kept = errors[0].errno == errno.EACCES
        expected = "a port that this user may have, from 1024 on" if kept else "an address of this machine"
        raise StoreError(f"found {host}:{port} not to be had ({reason}); expected {expected}")


def _refusal(found: tuple[int, int, int, str, Any]) -> OSError | None:
    """Return why one address cannot be listened at; ``None`` where it can be."""
    family, kind, protocol, _, address = found
    try:
        with socket(family, kind, protocol) as trial:
            # As the server itself will: an address that has just been left may be had again.
            trial.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return error
    return None


def _allow_files() -> None:
    """Allow as many open files as the system lets this process have: every connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class _Server(uvicorn.Server):
    """A server that says when and where it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _rest_the_collector()
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let answers under way end, and close the store; who stops it twice does not wait for the former."""
        await super().shutdown(sockets)
        if self.force_exit:
            # Closing the store ends what it still answers, which then need not be broken off.
            await self.lifespan.shutdown()
            for _ in range(_LOOKS):
                if not self.server_state.tasks:
                    break
                await asyncio.sleep(_BETWEEN_LOOKS)


def _rest_the_collector() -> None:
    """Let the collector pass over what lives as long as the server, and come less often.

    A full round over all modules and kept answers takes tens of milliseconds, in which nobody is answered.
    So there is none here either: a start leaves next to nothing to collect.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    # Whoever has begun a start may have kept it away altogether.
    gc.enable()


def _connections(app: Server, settings: Settings) -> type[Guarded] | Literal["auto"]:
    """Return the class of the server's connections, uvicorn's own choice where httptools is missing."""
    if find_spec("httptools") is None:
        return "auto"
    from portsmouth_server.connection import connection_class
    from portsmouth_server.guarded import Allowance

    # Long bodies only come where there is something to write.
    longest = max(settings.max_request_bytes, settings.max_write_bytes if settings.write_token else 0)
    allowance = Allowance(
        head=settings.max_head_bytes,
        body=longest,
        seconds=settings.client_seconds,
        connections=settings.max_connections,
        of_one=settings.client_connections,
    )
    return connection_class(allowance, app.express)


def configuration(app: Server, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn runs the application.

    :param app: the ASGI application.
    :param settings: what the operator decides.
    """
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=_connections(app, settings),
        ws="none",
        lifespan="on",
        # It would log what requests ask.
        access_log=False,
        log_config=None,
        log_level=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        root_path="",
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
    )
