"""Starting and stopping: settings, what is told when a start fails, and how a stop ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from portsmouth.errors import ParameterError
from portsmouth_server import Settings

from .conftest import eventually

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}"} | variables
    return subprocess.run(
        [sys.executable, "-m", "portsmouth_server", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("PORT", "0", "port", 0),
        ("DEADLINE", "0.5", "deadline", 0.5),
        (
            "SERVICE_HOSTS",
            "a.example, b.example:8080",
            "service_hosts",
            frozenset({"a.example", "b.example:8080"}),
        ),
        ("ACCESS_LOG", "Yes", "access_log", True),
        ("ACCESS_LOG", "0", "access_log", False),
        ("PUBLIC_URL", "https://example.org/portsmouth/", "public_url", "https://example.org/portsmouth"),
        ("CORS_ORIGIN", "", "cors_origin", ""),
    ],
)
def test_settings_from_the_environment(variable: str, text: str, field: str, value: object) -> None:
    assert getattr(Settings.from_environment({f"PORTSMOUTH_{variable}": text}), field) == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PORT", "eighty"), ("PORT", "-1"), ("DEADLINE", "0"), ("DEADLINE", "nan"), ("DEADLINE", "inf"),
        ("ACCESS_LOG", "perhaps"), ("PUBLIC_URL", "example.org"), ("MEMORY", "1GB"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit(variable: str, text: str) -> None:
    with pytest.raises(ParameterError, match=f"PORTSMOUTH_{variable}"):
        Settings.from_environment({f"PORTSMOUTH_{variable}": text})


def test_what_is_given_wins_over_the_environment() -> None:
    assert Settings.from_environment({"PORTSMOUTH_PORT": "nonsense"}, port=1).port == 1


def test_budgets_reach_the_store() -> None:
    limits = Settings(deadline=1, memory=64, workers=3, service_hosts=frozenset({"a"})).limits
    assert (limits.deadline, limits.memory_mib, limits.workers, limits.service_hosts) == (
        1,
        64,
        3,
        frozenset({"a"}),
    )


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "data.nq"
    path.write_bytes(b"")
    return str(path)


def test_a_setting_that_does_not_fit_is_one_line(data: str) -> None:
    ended = run(data, PORTSMOUTH_PORT="high")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "python -m portsmouth_server: found PORTSMOUTH_PORT='high'; expected a whole number"
    ]


def test_a_taken_port_is_told(data: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run(data, PORTSMOUTH_PORT=str(taken.getsockname()[1]))
    assert ended.returncode == 4
    (told,) = ended.stderr.splitlines()
    assert told.endswith("taken; expected a free address: choose another port")


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("300.1.1.1", "no address of the name '300.1.1.1'"),
        ("192.0.2.1", "expected an address of this machine"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_with_the_cause(data: str, host: str, told: str) -> None:
    ended = run(data, PORTSMOUTH_HOST=host, PORTSMOUTH_PORT="0")
    assert ended.returncode == 4
    assert told in ended.stderr
    assert "another port" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_service_that_cannot_be_asked_is_told_and_not_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = f"http://127.0.0.1:{gone.getsockname()[1]}/sparql"
    ended = subprocess.run(
        [sys.executable, "-m", "portsmouth", "serve", "--endpoint", nobody, "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 4
    assert ended.stderr.splitlines()[-1].startswith(f"error: found no answer from {nobody}")
    assert "expected a SPARQL service there" in ended.stderr and "taken" not in ended.stderr


def test_a_variable_that_is_no_setting_is_remarked_on(caplog: pytest.LogCaptureFixture) -> None:
    given = {"PORTSMOUTH_MAX_ROW": "5", "PORTSMOUTH_SKIP_WEB": "1", "OTHER": "x", "PORTSMOUTH_MAX_ROWS": "7"}
    assert Settings.from_environment(given).max_rows == 7
    (remark,) = caplog.messages
    assert "PORTSMOUTH_MAX_ROW, which is near to PORTSMOUTH_MAX_ROWS" in remark


@pytest.mark.parametrize("hosts", ["not/a/host", "http://example.org", "a b!"])
def test_what_is_no_host_is_refused(hosts: str) -> None:
    with pytest.raises(ParameterError, match="hosts separated by commas"):
        Settings.from_environment({"PORTSMOUTH_SERVICE_HOSTS": hosts})


def test_data_that_cannot_be_loaded_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nq"
    broken.write_bytes(b"<a> nonsense .\n")
    ended = run(str(broken), PORTSMOUTH_PORT="0")
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr


def test_missing_data_are_told() -> None:
    ended = run("nowhere.nq")
    assert (ended.returncode, "nowhere.nq" in ended.stderr) == (3, True)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_no_process(start_server: Any, how: signal.Signals) -> None:
    server = start_server()
    assert server.ask("ASK {}").status == 200
    family = server.family()
    assert len(family) > 1
    server.process.send_signal(how)
    assert server.process.wait(20) in (0, -signal.SIGTERM)
    eventually(lambda: not any(Path(f"/proc/{process}/cmdline").exists() for process in family))
    assert "Traceback" not in server.log.read_text()


def test_a_second_stop_waits_for_no_answer_and_leaves_no_process(start_server: Any) -> None:
    server = start_server()
    numbers = "?s <http://example.org/n> ?a . ?t <http://example.org/n> ?b . ?u <http://example.org/n> ?c"

    def ask() -> None:
        # There may be time to tell it that its answer will not come, or none.
        with suppress(OSError, HTTPException):
            assert server.ask(f"ASK {{ {numbers} FILTER(?a + ?b + ?c < 0) }}").status >= 500

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: "\nportsmouth_queries_running 1" in server.metrics())
    family = server.family()

    def is_refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", server.port)).close()
        except ConnectionError:
            return True
        return False

    server.process.send_signal(signal.SIGINT)
    # Two at once would be one.
    eventually(is_refused)
    server.process.send_signal(signal.SIGINT)
    server.process.wait(20)
    asking.join()
    eventually(lambda: not any(Path(f"/proc/{process}/cmdline").exists() for process in family))
    assert "Traceback" not in server.log.read_text()


def test_a_stop_lets_a_running_answer_end(start_server: Any) -> None:
    server = start_server(shutdown_seconds=15)
    numbers = "<http://example.org/n>"
    query = f"SELECT (COUNT(*) AS ?n) {{ ?s {numbers} ?a . ?t {numbers} ?b FILTER(?a + ?b >= 0) }}"
    replies: list[Any] = []
    asking = threading.Thread(target=lambda: replies.append(server.ask(query)))
    asking.start()
    eventually(lambda: replies or "\nportsmouth_queries_running 1" in server.metrics())
    server.stop()
    asking.join()
    assert json.loads(replies[0].body)["results"]["bindings"][0]["n"]["value"] == str(1500 * 1500)
