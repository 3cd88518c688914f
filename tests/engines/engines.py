"""Other SPARQL engines, each started as a process of its own on ports that are free."""

from __future__ import annotations

import io
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

from portsmouth import build, cli

VIRTUOSO_INI = """
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
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
NumberOfBuffers = 8000
MaxDirtyBuffers = 6000
ServerThreads = 20
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
ServerThreads = 20
[SPARQL]
ResultSetMaxRows = 1000000
"""


@dataclass(frozen=True)
class Engine:
    """A running engine: where it answers, where it is written, and what it wants to be shown for that."""

    name: str
    query: str
    update: str
    graph_store: str
    credentials: str = ""

    def load(self, *arguments: str, by_graph_store: bool = False) -> Ended:
        """Run ``portsmouth load`` into it."""
        where = ("--graph-store", self.graph_store) if by_graph_store else ("--update", self.update)
        return run("load", "--endpoint", self.query, *where, *arguments, credentials=self.credentials)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, credentials: str = "") -> Ended:
    """Run a command of the program, within this process: starting another takes longer than most commands."""
    out, err = io.StringIO(), io.StringIO()
    variables = {"PORTSMOUTH_ENDPOINT_CREDENTIALS": credentials, "COLUMNS": "200"}
    with patch.dict(os.environ, variables), redirect_stdout(out), redirect_stderr(err):
        code = cli.run(list(arguments))
    return Ended(code, out.getvalue(), err.getvalue())


@cache
def built() -> build.Build:
    """Return the program's facts, built once."""
    return build.build()


def free_port() -> int:
    """Return a port that is free, and that nobody is given who asks for any or only connects to somewhere."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first_given = int(given.read_text().split()[0]) if given.exists() else 32768
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(min(10_000, first_given // 2), first_given)))
            return int(probe.getsockname()[1])


class Started:
    """A process that answers at an address before long."""

    def __init__(self, command: list[str], probe: str, folder: Path) -> None:
        self._log = (folder / "output.txt").open("wb")
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=folder)
        try:
            self._wait(probe)
        except BaseException:
            self.stop()
            raise

    def _wait(self, probe: str) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(probe, timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.process.args} does not answer; see {self._log.name}")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()


def start_oxigraph(folder: Path) -> tuple[Started, Engine]:
    program = Path(sys.executable).with_name("oxigraph")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    started = Started([str(program), "serve", "-b", f"127.0.0.1:{port}"], address, folder)
    return started, Engine("oxigraph", f"{address}/query", f"{address}/update", f"{address}/store")


def start_virtuoso(folder: Path) -> tuple[Started, Engine]:
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("virtuoso-t is not installed; the Debian package virtuoso-opensource-7-bin has it")
    port, sql_port = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(VIRTUOSO_INI.format(folder=folder, port=port, sql_port=sql_port))
    address = f"http://127.0.0.1:{port}"
    started = Started([program, "-f", "-c", "virtuoso.ini"], f"{address}/sparql?query=ASK%7B%7D", folder)
    return started, Engine(
        "virtuoso",
        f"{address}/sparql",
        f"{address}/sparql-auth",
        f"{address}/sparql-graph-crud-auth",
        "dba:dba",
    )


STARTERS = {"oxigraph": start_oxigraph, "virtuoso": start_virtuoso}
