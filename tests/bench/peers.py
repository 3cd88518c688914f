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
    """A server under test."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    seconds_to_first_answer: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """End the server and what it has started."""
        processes.end(self.process)


@dataclass(frozen=True)
class Peer:
    """A server that can be started.

    :param name: what it is called in the report.
    :param path: the path of its endpoint.
    :param union: whether it unites the named graphs itself, so gives a fact once for each graph that has it.
    :param largest: quads beyond which it is not tried.
    """

    name: str
    path: str
    command: Sequence[str]
    prepare: Sequence[str] = ()
    union: bool = False
    largest: int = 1 << 62
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, data: Data, folder: Path) -> Running:
        """Load the data and wait for the first answer.

        :param data: what is served.
        :param folder: an empty folder for the server's own files.
        """
        port = _free_port()
        words = {
            "file": str(data.named if self.union else data.whole), "port": str(port), "folder": str(folder),
        }  # fmt: skip
        log = (folder / "log").open("wb")
        environment = os.environ | {k: v.format(**words) for k, v in self.environment.items()}
        if self.prepare:
            command = [word.format(**words) for word in self.prepare]
            processes.run(command, log, stderr=log, env=environment)
        began = time.perf_counter()
        command = [word.format(**words) for word in self.command]
        process = processes.start(command, stdout=log, stderr=log, cwd=folder, env=environment)
        url = f"http://127.0.0.1:{port}{self.path}"
        running = Running(self.name, url, process, 0.0)
        wait_until_ready(url, process, folder / "log")
        running.seconds_to_first_answer = time.perf_counter() - began
        return running


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
        f"{url}?query={quote(query)}", headers={"Accept": "application/sparql-results+json"}
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
        name, "/sparql", (sys.executable, "-m", "portsmouth_server", "{file}"),
        environment={
            "PORTSMOUTH_PORT": "{port}",
            "PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}",
        } | {f"PORTSMOUTH_{key.upper()}": str(value) for key, value in settings.items()},
    )  # fmt: skip


def shipped(**settings: object) -> Peer:
    """Return our server as users start it: the program's own facts, named queries and pages."""
    served = ours("portsmouth serve", **settings)
    return replace(served, command=(sys.executable, "-m", "portsmouth", "serve"))


def from_disk(**settings: object) -> Peer:
    """Return our server on a folder that it has loaded from the named graphs alone."""
    python = (sys.executable, "-m", "portsmouth")
    return replace(
        ours("portsmouth, on disk", **settings),
        union=True,
        prepare=(*python, "load", "{file}", "--store", "{folder}/store"),
        command=(*python, "serve", "--store", "{folder}/store"),
    )


def peers(environment: Path) -> list[Peer]:
    """Return the servers to compare, ours first.

    :param environment: a virtual environment that has the peers from PyPI.
    """
    oxigraph = str(environment / "bin" / "oxigraph")
    load = (oxigraph, "load", "--location", "{folder}/data", "--file", "{file}")
    serve = (oxigraph, "serve-read-only", "--location", "{folder}/data", "--bind", "127.0.0.1:{port}")
    found = [
        ours(),
        Peer("oxigraph, union", "/query", (*serve, "--union-default-graph"), load, union=True),
        Peer("oxigraph, materialised", "/query", serve, load),
    ]
    endpoint = environment / "bin" / "rdflib-endpoint"
    if endpoint.exists():
        command = (str(endpoint), "serve", "--host", "127.0.0.1", "--port", "{port}", "{file}")
        found.append(Peer("rdflib-endpoint", "/", command, union=True, largest=100_000))
    return found


def wrk_is_there() -> bool:
    """Say whether the load generator is installed."""
    return shutil.which("wrk") is not None
