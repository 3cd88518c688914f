"""The command ``load``: fill another SPARQL service, or a directory to serve from, with a dataset."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import pyoxigraph as ox
import typer

from portsmouth.cli.base import FactsOption, app, refuse
from portsmouth.cli.telling import notes, now_and_then
from portsmouth.passing import passing_folder
from portsmouth.store.persistence import filling

if TYPE_CHECKING:
    from portsmouth.loading import Content, Loaded, Step, Writer
    from portsmouth.store.service.credentials import Credentials

#: The variable with what the service is to be shown.
CREDENTIALS_VARIABLE: Final = "PORTSMOUTH_ENDPOINT_CREDENTIALS"
#: Bytes of a file beyond which it is sorted on disk.
_MOST_IN_MEMORY: Final = 64 << 20


@app.command("load")
def load_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A dataset in N-Quads, instead of the program's own facts. With --store also in gzip.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            help="Fill this folder, from which `serve --store` then answers. What it held is served until "
            "the new data are whole.",
            file_okay=False,
        ),
    ] = None,
    dataset: Annotated[
        str,
        typer.Option(
            help="With --store. merged: the default graph is to hold every triple of the named graphs once. "
            "plain: it is a graph like any other."
        ),
    ] = "merged",
    endpoint: Annotated[
        str, typer.Option(help="Address at which the service answers queries.", show_default=False)
    ] = "",
    update: Annotated[
        str, typer.Option(help="Address at which it takes SPARQL Update. [default: that of --endpoint]")
    ] = "",
    graph_store: Annotated[
        str, typer.Option(help="Address of its graph store, to write by the Graph Store Protocol instead.")
    ] = "",
    credentials_file: Annotated[
        Path | None,
        typer.Option(
            help=f"File with user:password or Bearer TOKEN for the service; {CREDENTIALS_VARIABLE} "
            "can hold the same.",
            dir_okay=False,
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Triples a request.")] = 1000,
    facts: FactsOption = None,
) -> None:
    """Fill a folder, or another SPARQL service, with data that `serve` then answers from.

    With --store, a file of any size fills a folder for `serve --store`.

    With --endpoint, the graph or a file fills another service for `serve --endpoint`. Only graphs that have
    changed are sent. After an interruption the same command goes on.

    \b
    portsmouth load large.nq.gz --store large
    portsmouth load --endpoint http://localhost:7878/query --update http://localhost:7878/update
    """
    if store:
        _load_on_disk(file, store, dataset, other=bool(endpoint or update or graph_store or facts))
        return
    if not endpoint:
        refuse(
            "neither --endpoint nor --store",
            "the address at which the service answers queries, or the folder to fill",
        )
    if update and graph_store:
        refuse("--update and --graph-store", "one way to write")
    if file and facts:
        refuse("a file and --facts", "one of them")
    import asyncio

    from portsmouth.store.service.client import checked_address

    addresses = [checked_address(url) if url else "" for url in (endpoint, update, graph_store)]
    credentials = _credentials(credentials_file)
    with _content(file, facts) as content, _shown() as progress:
        loaded = asyncio.run(_load(content, addresses, credentials, batch, progress))
    notes.print(_summary(loaded), markup=False)
    typer.echo(loaded.version)


def _load_on_disk(file: Path | None, directory: Path, dataset: str, *, other: bool) -> None:
    if file is None or other:
        refuse("--store " + ("with an option for a service or --facts" if other else "without a file"),
                "a file of N-Quads and the folder to fill")  # fmt: skip
    if dataset not in ("merged", "plain"):
        refuse(f"--dataset {dataset}", "merged or plain")
    from portsmouth.cli.advancing import loading

    began = time.monotonic()
    with loading() as report:
        loaded = filling.load(directory, file, merged=dataset == "merged", report=report)
    seconds = max(time.monotonic() - began, 0.001)
    notes.print(
        f"{loaded.lines:,} lines of {loaded.file} in {seconds:,.1f} s, {loaded.lines / seconds:,.0f}/s; "
        f"`portsmouth serve --store {directory}` answers from them",
        markup=False,
    )


async def _load(
    content: Content,
    addresses: list[str],
    credentials: Credentials | None,
    batch: int,
    progress: Callable[[Step], None],
) -> Loaded:
    from portsmouth.loading import GraphStoreWriter, Loader, UpdateWriter
    from portsmouth.store.service.client import Service

    endpoint, update, graph_store = addresses
    async with Service(credentials) as service:
        writer: Writer
        if graph_store:
            writer = GraphStoreWriter(service, graph_store)
        else:
            writer = UpdateWriter(service, update or endpoint)
        return await Loader(content, service, endpoint, writer, batch, progress).load()


def _credentials(file: Path | None) -> Credentials | None:
    from portsmouth.store.service.credentials import Credentials

    if file:
        return Credentials.from_file(file)
    text = os.environ.get(CREDENTIALS_VARIABLE, "")
    return Credentials.from_text(text) if text.strip() else None


@contextmanager
def _content(file: Path | None, facts: Path | None) -> Iterator[Content]:
    from portsmouth.loading import prepare, read_dataset

    if file is None:
        from portsmouth.cli.opening import build_graph

        built = build_graph(facts)
        with notes.status("sorting"):
            content = prepare(read_dataset(built.nquads, ox.Store()), built.snapshot)
        yield content
        return
    with passing_folder() as folder:
        with notes.status(f"reading {file}"):
            store = ox.Store(str(folder)) if file.stat().st_size > _MOST_IN_MEMORY else ox.Store()
            content = prepare(read_dataset(file, store))
        yield content


@contextmanager
def _shown() -> Iterator[Callable[[Step], None]]:
    """Show how far the loading has come: a bar on a terminal, else a line now and then."""
    if notes.is_terminal:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("loading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=notes, transient=True) as bar:
            task = bar.add_task("loading", total=None, rate="")
            yield lambda step: bar.update(
                task, total=step.total, completed=step.done, rate=f"{step.rate:,.0f} triples/s"
            )
        return
    yield now_and_then(_line)


def _line(step: Step) -> str:
    left = "" if step.left is None else f", about {step.left:,.0f} s left"
    return f"{step.done:,} of {step.total:,} triples, {step.rate:,.0f}/s{left}"


def _summary(loaded: Loaded) -> str:
    sent = f"{loaded.sent:,} of them sent now" if loaded.sent else "all there already"
    dropped = f"; {loaded.dropped:,} former graphs dropped" if loaded.dropped else ""
    return f"{loaded.graphs:,} graphs, {loaded.triples:,} triples with g:merged, {sent}{dropped}"
