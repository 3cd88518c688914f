"""Who may write: whoever shows the token, and nobody learns it from the server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portsmouth.errors import ParameterError
from portsmouth_server import Settings
from portsmouth_server.access import Token

ROOT = Path(__file__).parents[2]
UPDATE = "application/sparql-update"
INSERT = "INSERT DATA { GRAPH <http://example.org/access> { <urn:s> <urn:p> 1 } }"
WRITES = [
    ("POST", "/update", UPDATE, INSERT),
    ("POST", "/sparql", UPDATE, INSERT),
    ("POST", "/update", "application/x-www-form-urlencoded", "update=CLEAR+ALL"),
    ("POST", "/sparql", "application/x-www-form-urlencoded", "update=CLEAR+ALL"),
    ("PUT", "/graphs?graph=urn:g", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("POST", "/graphs?graph=urn:g", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("POST", "/graphs", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("DELETE", "/graphs?graph=urn:g", "text/turtle", ""),
]


@pytest.mark.parametrize(("method", "path", "content_type", "body"), WRITES)
def test_without_a_configured_token_writing_is_off_and_says_how_it_is_turned_on(
    server: Any, method: str, path: str, content_type: str, body: str
) -> None:
    headers = {"Content-Type": content_type, "Authorization": "Bearer anything"}
    problem = server.fetch(path, method, headers, body.encode()).problem
    assert (problem["status"], problem["type"].rpartition("/")[2]) == (403, "writing-off")
    assert "PORTSMOUTH_TOKEN" in problem["detail"]
    assert "--token-file" in problem["detail"]


@pytest.mark.parametrize(("method", "path", "content_type", "body"), WRITES)
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer {}x",
        "Bearer {:.8}",
        "Basic {}",
        "{}",
        "Bearer ü",
        "Bearer {}, {}",
    ],
)
def test_a_missing_or_wrong_token_is_challenged_and_changes_nothing(
    writable: Any, method: str, path: str, content_type: str, body: str, authorization: str
) -> None:
    before = writable.fetch("/health").body
    headers = {"Content-Type": content_type}
    if authorization:
        shown = authorization.format(writable.TOKEN, writable.TOKEN)
        headers["Authorization"] = shown.encode().decode("latin-1")
    reply = writable.fetch(path, method, headers, body.encode())
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="portsmouth"')
    assert reply.problem["type"].endswith("/token")
    assert writable.TOKEN not in reply.body.decode()
    assert writable.fetch("/health").body == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_token_is_taken_under_its_scheme(writable: Any, scheme: str) -> None:
    headers = {"Content-Type": UPDATE, "Authorization": f"{scheme} {writable.TOKEN}"}
    assert writable.fetch("/update", "POST", headers, INSERT.encode()).status == 204


def test_reading_needs_no_token(server: Any, writable: Any) -> None:
    assert server.fetch("/graphs?graph=https://w3id.org/portsmouth1905/passage/s1-001").status == 200
    assert server.fetch("/graphs?default").status == 200
    assert writable.fetch("/graphs?default").status == 200


def test_a_stranger_is_refused_before_his_body_is_read(writable: Any) -> None:
    for path in ("/update", "/graphs?graph=urn:g"):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-update\r\n"
            "Content-Length: 60000000\r\n\r\n"
        )
        assert writable.raw(head.encode(), enough=b"\r\n\r\n").startswith(b"HTTP/1.1 401 ")


def test_the_token_stands_in_no_log_and_no_settings(configured: Any) -> None:
    running = configured
    running.write("POST", "/update", INSERT, UPDATE)
    running.write("POST", "/update", "nonsense", UPDATE)
    running.fetch("/update", "POST", {"Authorization": "Bearer wrong-guess", "Content-Type": UPDATE}, b"")
    log = running.log.read_text()
    assert "update" in log
    assert running.TOKEN not in log
    assert "wrong-guess" not in log
    settings = Settings.from_environment({"PORTSMOUTH_TOKEN": "sesame"})
    assert settings.write_token
    assert settings.write_token.fits("sesame")
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize("text", ["", "two words", "ü", "a\x00b", "a\nb"])
def test_what_cannot_be_a_token_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(ParameterError) as told:
        Settings.from_environment({"PORTSMOUTH_TOKEN_FILE": str(file)})
    assert not text or text not in str(told.value)
    if text:
        with pytest.raises(ParameterError) as told:
            Settings.from_environment({"PORTSMOUTH_TOKEN": text})
        assert text not in str(told.value)


def test_a_token_that_is_set_to_nothing_leaves_writing_off() -> None:
    assert Settings.from_environment({"PORTSMOUTH_TOKEN": ""}).write_token is None


def test_a_token_file_may_end_its_line(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("sesame\n")
    token = Settings.from_environment({"PORTSMOUTH_TOKEN_FILE": str(file)}).write_token
    assert token == Token.from_text("sesame")


def test_the_command_line_says_in_one_line_that_there_is_no_token_file() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}"}
    run = subprocess.run(
        [sys.executable, "-m", "portsmouth", "serve", "--token-file", "nowhere/token"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert run.returncode == 2
    assert len(run.stderr.strip().splitlines()) == 1
    assert "nowhere/token" in run.stderr


def test_a_body_may_be_longer_than_a_query_and_no_longer_than_configured(configured: Any) -> None:
    running = configured
    running.write("PUT", "/graphs?graph=http://example.org/access", "", "text/turtle")
    for size, status in ((5_000, 204), (3_000_001, 413)):
        text = INSERT + "#" * (size - len(INSERT))
        assert running.write("POST", "/update", text, UPDATE).status == status
        turtle = "<urn:s> <urn:p> 1 ." + "#" * (size - 19)
        reply = running.write("PUT", "/graphs?graph=http://example.org/access", turtle, "text/turtle")
        assert reply.status == status
    assert running.write("POST", "/sparql", "ASK {}" + " " * 5000, "application/sparql-query").status == 413


def preflight(running: Any, path: str) -> dict[str, str]:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    reply = running.fetch(path, "OPTIONS", asked)
    assert reply.status == 204
    headers: dict[str, str] = reply.headers
    return headers


@pytest.mark.parametrize("path", ["/update", "/graphs?graph=urn:g", "/graphs/x", "/sparql"])
def test_scripts_of_any_origin_may_read_and_not_write(writable: Any, path: str) -> None:
    headers = preflight(writable, path)
    assert "Authorization" not in headers["access-control-allow-headers"]
    allowed = headers["access-control-allow-methods"]
    assert not {"PUT", "DELETE"} & set(allowed.split(", "))
    assert ("POST" in allowed) == (path == "/sparql")


def test_scripts_of_the_one_origin_that_is_configured_may_write(configured: Any) -> None:
    headers = preflight(configured, "/graphs?graph=urn:g")
    assert "Authorization" in headers["access-control-allow-headers"]
    assert "PUT" in headers["access-control-allow-methods"]
