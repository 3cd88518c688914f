"""Starting loads what every answer needs; what only some need is loaded when they are asked for."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import MutableMapping
from importlib.util import find_spec
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from server.conftest import RunningServer
from starlette.responses import PlainTextResponse

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
import portsmouth.store.forkserver
import portsmouth_server.speaking
print(json.dumps([0, sorted(sys.modules)]))
"""


@pytest.mark.parametrize("name", [*LARGE, *OF_THE_FRONT])
def test_what_must_not_be_loaded_is_a_module_that_there_is(name: str) -> None:
    assert find_spec(name)


def test_a_server_starts_without_what_only_some_requests_need() -> None:
    assert loaded_by(SERVE) & LARGE.keys() == set()


def test_workers_are_forked_from_a_process_that_holds_little_but_the_data() -> None:
    assert loaded_by(FORK_SERVER) & (LARGE | OF_THE_FRONT).keys() == set()


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
