"""The command that serves, by itself: whoever starts a server waits for no other command to be loaded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portsmouth import queries
from portsmouth.cli.ahead import Ahead
from portsmouth.cli.base import FactsOption, StoreOption, app, refuse
from portsmouth.cli.opening import read_original
from portsmouth.cli.telling import notes
from portsmouth.store.embedded import EmbeddedStore
from portsmouth.store.service.client import checked_address

if TYPE_CHECKING:
    from portsmouth.store.persistence.replacing import Origin
    from portsmouth.store.protocol import Store
    from portsmouth_server.settings import Settings


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on. [default: 8000]")
    ] = None,
    deadline: Annotated[
        float | None, typer.Option(min=0.01, help="Seconds that a query may run. [default: 30]")
    ] = None,
    memory: Annotated[
        int | None, typer.Option(min=16, help="MiB that a query may take beside the data. [default: 1024]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Queries that may run at once. [default: 8 a processor]")
    ] = None,
    allow_service: Annotated[
        list[str] | None,
        typer.Option(help="Host that SERVICE in a query may call, as host or host:port; may be repeated."),
    ] = None,
    access_log: Annotated[bool | None, typer.Option("--access-log", help="Log every request.")] = None,
    log_format: Annotated[
        str | None, typer.Option(help="text for people, json for programs. [default: text]")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error. [default: warning]")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file of settings, such as port = 8080.", dir_okay=False)
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting as name=value, such as max_rows=10000; may be repeated."),
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            help="File with the token that callers must show to change the graph; without one nobody can."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="merged: the default graph holds every triple of the named graphs once, and follows them. "
            "plain: it is a graph like any other. [default: merged]"
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Serve this file instead of the facts: N-Quads, also in gzip. It is held in memory while it "
            "fits, on disk beyond; --set hold=memory or disk decides otherwise.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    no_data: Annotated[bool, typer.Option("--no-data", help="Start empty, without the facts.")] = False,
    source: Annotated[
        Path | None,
        typer.Option(help="The source page: pages of passages then show the original.", dir_okay=False),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="Address of a SPARQL service that `load` has filled: asked instead of a store of its own.",
        ),
    ] = None,
    store: StoreOption = None,
    facts: FactsOption = None,
) -> None:
    """Build the graph and serve it over HTTP: a SPARQL endpoint at /sparql, and pages for people.

    A folder that `portsmouth load --store` has filled is served as it stands. Every setting can also come
    from the environment, as PORTSMOUTH_PORT and so on, or from a file.
    """
    if data and (store or facts or no_data or endpoint):
        refuse(
            "--data with --store, --facts, --no-data or --endpoint",
            "--data alone; `portsmouth load FILE --store DIR` keeps a file's data on disk",
        )
    wanted = _Wanted(data, store, facts, empty=no_data)
    with ExitStack() as stack:
        ahead: Ahead | None = context.obj
        named = endpoint or os.environ.get("PORTSMOUTH_ENDPOINT")
        if ahead is None and not (named or no_data or data or wanted.loaded):
            # The graph is built beside the loading of the server.
            ahead = stack.enter_context(Ahead(facts))
        # The library does not depend on the server; only this command does.
        from portsmouth_server.running import serve as run_server
        from portsmouth_server.setting_values import read_hosts, read_token_file
        from portsmouth_server.settings import Settings
        from portsmouth_server.stores import lifetime_of_writes

        words = {"log_format": log_format, "log_level": log_level, "dataset": dataset}
        given: dict[str, Any] = {
            "token": read_token_file(token_file) if token_file else None,
            "host": host,
            "port": port,
            "deadline": deadline,
            "memory": memory,
            "workers": workers,
            "service_hosts": frozenset().union(*(_hosts(name, read_hosts) for name in allow_service))
            if allow_service
            else None,
            "access_log": access_log,
            "source": str(source) if source else None,
            "endpoint": checked_address(endpoint) if endpoint else None,
        }
        settings = Settings.load(
            config,
            [*(set_ or ()), *(f"{name}={value}" for name, value in words.items() if value is not None)],
            **{name: value for name, value in given.items() if value is not None},
        )
        opened = _open(wanted, settings, ahead, stack)
        if lifetime := lifetime_of_writes(opened, store):
            notes.print(lifetime, markup=False)
        run_server(
            opened,
            settings,
            queries.catalogue(),
            ready=lambda address: notes.print(f"Serving on {address} (Ctrl-C ends it)", markup=False),
        )


@dataclass(frozen=True)
class _Wanted:
    """What is to be served, as the command line says.

    :param data: a file of N-Quads.
    :param store: a folder that keeps the data.
    :param facts: a folder of facts.
    :param empty: whether there is nothing to begin with.
    """

    data: Path | None
    store: Path | None
    facts: Path | None
    empty: bool

    @cached_property
    def loaded(self) -> Origin | None:
        """From what the folder has been loaded, if it has been."""
        if self.store is None:
            return None
        from portsmouth.store.persistence.replacing import origin

        return origin(self.store)


def _open(wanted: _Wanted, settings: Settings, ahead: Ahead | None, stack: ExitStack) -> Store:
    """Open what is to be served, and say what it is.

    :param ahead: the graph that is being built, where facts are served.
    :param stack: closes what the store needs as long as it is open.
    """
    from portsmouth_server import stores

    if settings.endpoint:
        if wanted.data or wanted.store or wanted.facts or wanted.empty:
            refuse(
                "an endpoint with --data, --store, --facts or --no-data", "the data that the service holds"
            )
        if ahead:
            # Only a file of settings can have named the service by now.
            ahead.close()
        _check_source(settings, lambda: stores.remote_store(settings))
        notes.print(f"Asking {settings.endpoint}", markup=False)
        return stores.remote_store(settings)
    if wanted.data:
        from portsmouth.cli.advancing import loading

        with loading() as report:
            opened, where = stack.enter_context(stores.store_of_file(wanted.data, settings, report))
        notes.print(where, markup=False)
        return opened
    if ahead is None:
        if wanted.loaded:
            notes.print(
                f"{wanted.store} holds {wanted.loaded.file}: {wanted.loaded.lines:,} lines", markup=False
            )
        return stores.open_store(b"", settings, directory=wanted.store)
    built = ahead.built()
    _check_source(settings, lambda: EmbeddedStore(built.path, snapshot=built.snapshot))
    notes.print(built.summary)
    return stores.open_built(
        built.path,
        settings,
        snapshot=built.snapshot,
        directory=wanted.store,
        prepared=ahead.prepared,
        on_close=ahead.close,
    )


def _check_source(settings: Settings, make: Callable[[], Store]) -> None:
    """Compare the source page with what the graph says of it, before anybody is served.

    :param make: makes a store of the graph, which is open for no longer than that takes.
    """
    if settings.source:
        asyncio.run(read_original(make(), Path(settings.source)))


def _hosts(name: str, read: Callable[[str], frozenset[str]]) -> frozenset[str]:
    """Read what one ``--allow-service`` names: one host, where a variable may name several."""
    try:
        if name.split() != [name]:
            raise ValueError(name)
        hosts = read(name)
    except ValueError:
        refuse(f"--allow-service {name!r}", "a host such as example.org, or example.org:8080")
    return hosts
