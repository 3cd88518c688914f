"""Starting loads what every answer needs; what only some need is loaded when they are asked for."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import MutableMapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from server.conftest import RunningServer, eventually
from starlette.responses import PlainTextResponse

from portsmouth.iris import ID, PT
from portsmouth_server.later import Later

#: What takes long to load or much memory, and what it is for.
LARGE = {
    "aiohttp": "asking another service",
    "igraph": "measures of networks",
    "networkx": "networks",
    "portsmouth.networks": "networks",
    "portsmouth.receipts": "receipts",
    "portsmouth.store.writable": "writing",
    "pydantic.v1": "models that no route here has",
    "portsmouth.build.assemble": "building",
    "portsmouth.store.materialising": "stances",
    "portsmouth.store.remote": "asking another service",
    "pyshacl": "validating",
    "rdflib": "validating",
    "resvg_py": "pictures of networks",
    "rich.progress": "bars on a terminal",
    "sqlite3": "search",
    "portsmouth_server.linked_data": "pages of things",
    "portsmouth_server.openapi": "the description of the interface",
    "portsmouth_server.views.maps.drawing": "the map",
    "portsmouth_server.views.timeline.drawing": "the timeline",
    "portsmouth_server.views.treaty.model": "the treaty's page",
}
#: What a process needs in addition that is no worker.
OF_THE_FRONT = {
    "asyncio": "the server",
    "fastapi": "pages",
    "portsmouth.search": "search",
    "rich": "the command line",
    "ssl": "asking others",
    "typer": "the command line",
    "urllib.request": "LOAD",
    "uvicorn": "the server",
}

SERVE = """
import json, sys
from portsmouth.cli import run
from portsmouth_server import running

def serve(store, settings, named, ready):
    running.configuration(running.create_app(store, settings, named), settings)

running.serve = serve
code = run(["serve", "--port", "0"])
print(json.dumps([code, sorted(sys.modules)]))
"""
FORK_SERVER = """
import json, sys
import portsmouth.store.processes.forkserver
import portsmouth_server.speaking
print(json.dumps([0, sorted(sys.modules)]))
"""
#: What there is where the fork server of a server of facts is forked.
FORKED_EARLY = """
import json, os, sys
from portsmouth.cli import main

class Enough(Exception): pass

forks = []
def fork():
    forks.append(sorted(sys.modules))
    if len(forks) == 2:
        raise Enough
    return real()

real, os.fork = os.fork, fork
sys.argv = ["portsmouth", "serve", "--port", "0"]
try:
    main()
except Enough:
    print(json.dumps([0, forks[1]]), flush=True)
    os._exit(0)
"""
SERVED = ("portsmouth", "serve")


@pytest.mark.parametrize("name", [*LARGE, *OF_THE_FRONT])
def test_what_must_not_be_loaded_is_a_module_that_there_is(name: str) -> None:
    assert find_spec(name)


def test_a_server_starts_without_what_only_some_requests_need() -> None:
    assert loaded_by(SERVE) & LARGE.keys() == set()


@pytest.mark.parametrize("program", [FORK_SERVER, FORKED_EARLY])
def test_workers_are_forked_from_a_process_that_holds_little_but_the_data(program: str) -> None:
    assert loaded_by(program) & (LARGE | OF_THE_FRONT).keys() == set()


def test_a_server_of_facts_goes_on_when_its_first_fork_server_ends(start_server: Any) -> None:
    server = start_server(command=SERVED)
    [first] = fork_servers(server)
    os.kill(first, signal.SIGKILL)
    number = itertools.count()

    def answers_from_another() -> bool:
        # What is asked anew cannot have been kept.
        answered = server.ask(f"ASK {{ ?s ?p {next(number)} }}").status == 200
        return answered and first not in (found := fork_servers(server)) and bool(found)

    eventually(answers_from_another)


def test_a_server_of_facts_leaves_nothing_behind(
    start_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    server = start_server(command=SERVED)
    assert list(folder.iterdir())
    family = server.family()
    assert len(family) > 1
    server.stop()
    eventually(lambda: not any(Path(f"/proc/{process}/cmdline").exists() for process in family))
    assert list(folder.iterdir()) == []


def test_a_wrong_option_ends_what_has_begun_already(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "portsmouth", "serve", "--set", "nothing=1"],
        env=os.environ | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # The pipes end with the last process that has them.
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("known_early", [True, False])
def test_the_facts_can_be_written_however_the_token_is_given(
    start_server: Any, tmp_path: Path, known_early: bool
) -> None:
    if known_early:
        server = start_server(command=SERVED, token="a-token-of-length")
    else:
        config = tmp_path / "settings.toml"
        config.write_text('token = "a-token-of-length"\n')
        server = start_server(command=(*SERVED, "--config", str(config)))
    assert len(fork_servers(server)) == 1
    headers = {"Authorization": "Bearer a-token-of-length", "Content-Type": "application/sparql-update"}
    update = b"INSERT DATA { GRAPH <http://e/g> { <http://e/s> <http://e/p> 1 } }"
    assert server.fetch("/update", "POST", headers, update).status in (200, 204)
    assert b"true" in server.ask("ASK { <http://e/s> <http://e/p> 1 }").body
    assert b"true" in server.ask(f"ASK {{ <{ID}witte> a <{PT}Person> }}").body


def fork_servers(server: Any) -> list[int]:
    """Return the processes that a server itself has started and that have not ended."""
    own = Path(f"/proc/{server.process.pid}/task")
    found: set[int] = set()
    for task in own.iterdir():
        # A thread may end meanwhile, and a process.
        with suppress(OSError):
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return [pid for pid in found if state_of(pid) not in ("", "Z")]


def state_of(pid: int) -> str:
    """Return the letter of a process's state, nothing where it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return ""


def loaded_by(program: str) -> set[str]:
    """Return the modules that a program has loaded when it ends."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stdout)
    assert code == 0, done.stderr
    return set(modules)


def test_an_area_is_made_once_in_a_thread_for_all_who_ask_at_once() -> None:
    makers: list[threading.Thread] = []

    def make() -> APIRouter:
        makers.append(threading.current_thread())
        time.sleep(0.05)
        router = APIRouter()
        router.add_api_route("/map", lambda: PlainTextResponse("a map"))
        return router

    async def ask(app: FastAPI) -> list[MutableMapping[str, Any]]:
        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        request = {"type": "http", "method": "GET", "path": "/map", "headers": [], "query_string": b""}
        await app(request, _nothing, send)
        return sent

    async def asked() -> list[list[MutableMapping[str, Any]]]:
        app = FastAPI()
        app.router.routes.append(Later(["/map"], make))
        return await asyncio.gather(*(ask(app) for _ in range(5)))

    assert [sent[1]["body"] for sent in asyncio.run(asked())] == [b"a map"] * 5
    assert len(makers) == 1
    assert makers[0] is not threading.main_thread()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/map", 200), ("HEAD", "/map", 200), ("POST", "/map", 405), ("GET", "/map/", 404),
        ("GET", "/map.ttl", 404), ("GET", "/network/", 404), ("DELETE", "/network.json", 405),
        ("GET", "/receipts/nothing", 404), ("GET", "/ids", 404),
    ],
)  # fmt: skip
def test_areas_know_their_paths_and_methods_before_and_after_they_are_loaded(
    server: RunningServer, method: str, path: str, status: int
) -> None:
    answers = [server.fetch(path, method) for _ in range(2)]
    assert [answer.status for answer in answers] == [status, status]


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}
