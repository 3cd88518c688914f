"""The servers that are compared, each started on the same data."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO
from urllib.parse import quote

import pyoxigraph as ox

from bench import processes

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Data:
    """A dataset in the two forms that servers take.

    :param name: what it is called in the report.
    :param whole: N-Quads with the derived default graph.
    :param named: the same without the default graph, for a server that unites the named ones itself.
    :param quads: the number of quads of ``whole``.
    """

    name: str
    whole: Path
    named: Path
    quads: int

    @classmethod
    def from_file(cls, name: str, whole: Path) -> Data:
        """Leave the default graph out of a copy, which is kept beside the file."""
        named = whole.with_suffix(".named.nq")
        counted = itertools.count()

        def in_named_graphs() -> Iterator[ox.Quad]:
            for quad in ox.parse(path=str(whole), format=ox.RdfFormat.N_QUADS):
                next(counted)
                if quad.graph_name != ox.DefaultGraph():
                    yield quad

        ox.serialize(in_named_graphs(), str(named), ox.RdfFormat.N_QUADS)
        return cls(name, whole, named, next(counted))


@dataclass
class Running:
    """A server under test.

    :param url: its endpoint for queries.
    :param union: whether it gives a fact once for each graph that has it.
    :param slow: whether it is asked only once, for longer.
    :param keeps: whether it keeps its answers for those who ask again.
    """

    name: str
    url: str
    process: subprocess.Popen[bytes]
    seconds_to_first_answer: float
    union: bool = False
    slow: bool = False
    keeps: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def root(self) -> str:
        """Return the server's address, without a path."""
        return "/".join(self.url.split("/", 3)[:3])

    def stop(self) -> None:
        """End the server and what it has started."""
        processes.end(self.process)


@dataclass(frozen=True)
class Peer:
    """A server that can be started.

    In its commands ``{file}`` is the data, ``{store}`` a folder for them that is kept for the next server of
    that kind, ``{folder}`` one for its other files, ``{port}`` and ``{port_2}`` are ports that are free.

    :param name: what it is called in the report.
    :param path: the path of its endpoint.
    :param prepare: loads the data, once for all servers of the kind.
    :param fill: loads the data into the running server.
    :param files: what has to stand in its folder.
    :param kind: what the loaded data are called, so that servers can share them.
    :param union: whether it unites the named graphs itself, so gives a fact once for each graph that has it.
    :param slow: whether it is asked only once, for longer.
    :param keeps: whether it keeps its answers for those who ask again.
    :param largest: quads beyond which it is not tried.
    """

    name: str
    path: str
    command: Sequence[str]
    prepare: Sequence[str] = ()
    fill: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    union: bool = False
    slow: bool = False
    keeps: bool = False
    largest: int = 1 << 62
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, data: Data, folder: Path, store: Path, *, copy: bool = False) -> Running:
        """Load the data, unless they are loaded, and wait for the first answer.

        :param data: what is served.
        :param folder: an empty folder for the server's own files.
        :param store: a folder for the loaded data, which is missing where they have to be loaded.
        :param copy: whether the server gets a copy of the loaded data, since it writes.
        :raises RuntimeError: it does not start.
        """
        words = {
            "file": str(data.named if self.union else data.whole), "folder": str(folder),
            "port": str(_free_port()), "port_2": str(_free_port()), "store": str(store),
        }  # fmt: skip
        environment = os.environ | {k: v.format(**words) for k, v in self.environment.items()}
        for name, content in self.files.items():
            (folder / name).write_text(content.format(**words))
        with (folder / "log").open("wb") as log:
            if self.prepare and not store.exists():
                try:
                    self._run(self.prepare, words, log, environment)
                except BaseException:
                    shutil.rmtree(store, ignore_errors=True)
                    raise
            if self.prepare and copy:
                words["store"] = str(shutil.copytree(store, folder / "copy"))
            began = time.perf_counter()
            command = [word.format(**words) for word in self.command]
            process = processes.start(command, stdout=log, stderr=log, cwd=folder, env=environment)
            url = f"http://127.0.0.1:{words['port']}{self.path}"
            running = Running(self.name, url, process, 0.0, self.union, self.slow, self.keeps)
            try:
                wait_until_ready(url, process, folder / "log")
                running.seconds_to_first_answer = time.perf_counter() - began
                if self.fill:
                    self._run(self.fill, words, log, environment)
            except BaseException:
                running.stop()
                raise
        return running

    def _run(
        self, command: Sequence[str], words: Mapping[str, str], log: IO[bytes], environment: dict[str, str]
    ) -> None:
        processes.run([word.format(**words) for word in command], log, stderr=log, env=environment)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 900) -> None:
    """Wait for the first answer of an endpoint.

    :raises RuntimeError: the server ended, or gave none in time.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{log.read_text(errors='replace')[-2000:]}")
        try:
            fetch(url, "ASK {}", 5)
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"no answer in {seconds:g} s:\n{log.read_text(errors='replace')[-2000:]}")


def fetch(url: str, query: str, timeout: float = 600) -> bytes:
    """Return the JSON answer to a query."""
    request = urllib.request.Request(
        f"{url}{'&' if '?' in url else '?'}query={quote(query)}",
        headers={"Accept": "application/sparql-results+json"},
    )
    with urllib.request.urlopen(request, timeout=timeout) as response:
        body: bytes = response.read()
    return body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def ours(name: str = "portsmouth", **settings: object) -> Peer:
    """Return our server with settings of the caller's choice."""
    return Peer(
        name, "/sparql", (sys.executable, "-m", "portsmouth_server", "{file}"), keeps=True,
        environment={
            "PORTSMOUTH_PORT": "{port}",
            "PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}",
            # As for users: modules are compiled with the first start, not with each.
            "PYTHONDONTWRITEBYTECODE": "",
        } | {f"PORTSMOUTH_{key.upper()}": str(value) for key, value in settings.items()},
    )  # fmt: skip


def shipped(**settings: object) -> Peer:
    """Return our server as users start it: the program's own facts, named queries and pages."""
    served = ours("portsmouth serve", **settings)
    return replace(served, command=(sys.executable, "-m", "portsmouth", "serve"))


def from_disk(name: str = "portsmouth, on disk", **settings: object) -> Peer:
    """Return our server on a folder that it has loaded from the named graphs alone."""
    python = (sys.executable, "-m", "portsmouth")
    return replace(
        ours(name, **settings),
        union=True,
        kind="portsmouth",
        prepare=(*python, "load", "{file}", "--store", "{store}"),
        command=(*python, "serve", "--store", "{store}"),
    )


def _oxigraph(environment: Path) -> tuple[str, tuple[str, ...]]:
    program = str(environment / "bin" / "oxigraph")
    return program, (program, "load", "--location", "{store}", "--file", "{file}")


def oxigraph(environment: Path) -> list[Peer]:
    """Return the Oxigraph server, uniting graphs as it answers, and on the default graph that we derive.

    :param environment: a virtual environment that has it.
    """
    program, load = _oxigraph(environment)
    serve = (program, "serve-read-only", "--location", "{store}", "--bind", "127.0.0.1:{port}")
    union = (*serve, "--union-default-graph")
    return [
        Peer("oxigraph, union", "/query", union, load, kind="oxigraph-union", union=True),
        Peer("oxigraph, materialised", "/query", serve, load, kind="oxigraph"),
    ]


def oxigraph_written(environment: Path) -> Peer:
    """Return the Oxigraph server that can be written, on disk."""
    program, load = _oxigraph(environment)
    serve = (program, "serve", "--location", "{store}", "--bind", "127.0.0.1:{port}")
    return Peer("oxigraph serve", "/query", serve, load, kind="oxigraph")


#: 100,000 buffers of 8 KiB are what its manual advises for a gigabyte. It has no default graph of its own:
#: ours is a graph with a name, and named as the default one in every request.
_VIRTUOSO_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
ErrorLogLevel = 3
FileExtend = 200
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{port_2}
DisableUnixSocket = 1
NumberOfBuffers = 100000
MaxDirtyBuffers = 75000
ServerThreads = 100
DirsAllowed = /
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
ServerThreads = 100
[SPARQL]
ResultSetMaxRows = 1000000
"""


def virtuoso() -> Peer | None:
    """Return Virtuoso, where its server and its client are installed (Debian: virtuoso-opensource-7)."""
    server, client = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if server is None or client is None:
        return None
    load = "DB.DBA.TTLP_MT(file_to_string_output('{file}'), '', 'urn:default', 512); checkpoint;"
    return Peer(
        "virtuoso", "/sparql?default-graph-uri=urn%3Adefault", (server, "-f", "-c", "virtuoso.ini"),
        fill=(client, "127.0.0.1:{port_2}", "dba", "dba", f"exec={load}"),
        files={"virtuoso.ini": _VIRTUOSO_INI}, slow=True, largest=1_500_000,
    )  # fmt: skip


def rdflib_endpoint(environment: Path) -> Peer | None:
    """Return rdflib-endpoint, where the environment has it."""
    program = environment / "bin" / "rdflib-endpoint"
    if not program.exists():
        return None
    command = (str(program), "serve", "--host", "127.0.0.1", "--port", "{port}", "{file}")
    return Peer("rdflib-endpoint", "/", command, union=True, slow=True, largest=100_000)


def others(environment: Path) -> list[Peer]:
    """Return the servers to compare ours with.

    :param environment: a virtual environment that has those from PyPI.
    """
    found = [*oxigraph(environment), virtuoso(), rdflib_endpoint(environment)]
    return [peer for peer in found if peer is not None]


def wrk_is_there() -> bool:
    """Say whether the load generator is installed."""
    return shutil.which("wrk") is not None
