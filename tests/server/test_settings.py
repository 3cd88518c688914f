"""Settings from the command line, the environment and a file: which wins, and what is refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from portsmouth.cli import app
from portsmouth.errors import ParameterError
from portsmouth_server.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Any:
    """Write a file of settings."""

    def write(text: str) -> Path:
        path = tmp_path / "portsmouth.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_speaks_toml(config: Any) -> None:
    path = config(
        'port = 8080\ndeadline = 2.5\naccess_log = true\nhost = "::1"\n'
        'service_hosts = ["A.example", "b:8080"]\n'
        'trusted_proxies = ["10.0.0.0/8", "::1"]\nlog_format = "json"\n'
    )
    settings = Settings.load(path, environment={})
    assert (settings.port, settings.deadline, settings.access_log, settings.host) == (8080, 2.5, True, "::1")
    assert settings.service_hosts == {"a.example", "b:8080"}
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.log_format == "json"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(config: Any) -> None:
    path = config("port = 1\nworkers = 1\nmax_rows = 1\nburst = 1")
    environment = {"PORTSMOUTH_PORT": "2", "PORTSMOUTH_WORKERS": "2", "PORTSMOUTH_MAX_ROWS": "2"}
    settings = Settings.load(path, ["workers=3", "max-rows=3"], environment, max_rows=4)
    assert (settings.burst, settings.port, settings.workers, settings.max_rows) == (1, 2, 3, 4)


def test_the_environment_may_name_the_file(config: Any) -> None:
    assert Settings.load(environment={"PORTSMOUTH_CONFIG": str(config("port = 7"))}).port == 7


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 8080", "'prot'.*did you mean port"),
        ("[server]\nport = 1", "unknown setting 'server'"),
        ('port = "high"', "port='high'.*whole number"),
        ("port = true", "port='yes'.*whole number"),
        ("deadline = {a = 1}", "deadline='a table'"),
        ("metrics_from = [\"everybody\"]", "addresses or networks"),
        ("log_format = \"xml\"", "text or json"),
        ("rate = -1", "rate='-1'"),
        ("port = ", "TOML"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused(config: Any, text: str, told: str) -> None:
    path = config(text)
    with pytest.raises(ParameterError, match=told) as refused:
        Settings.load(path, environment={})
    assert path.name in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"nothing\.toml"):
        Settings.load(tmp_path / "nothing.toml", environment={})


@pytest.mark.parametrize(
    ("word", "told"), [("port", "name=value"), ("prot=1", "did you mean port"), ("port=x", "port='x'")]
)
def test_words_that_do_not_fit_are_refused(word: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        Settings.load(words=[word], environment={})


def test_a_wrong_setting_is_one_line_on_the_command_line(config: Any) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTSMOUTH_")}
    environment["PYTHONPATH"] = f"{ROOT / 'graph'}{os.pathsep}{ROOT / 'server'}"
    for arguments in (["--config", str(config("prot = 1"))], ["--set", "prot=1"]):
        ended = subprocess.run(
            [sys.executable, "-m", "portsmouth", "serve", *arguments],
            env=environment, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert ended.returncode == 2
        assert len(ended.stderr.splitlines()) == 1
        assert "did you mean port?" in ended.stderr


def test_what_is_no_host_is_refused_on_the_command_line() -> None:
    told = CliRunner().invoke(app, ["serve", "--no-data", "--allow-service", "not a host"])
    assert isinstance(told.exception, ParameterError)
    assert "--allow-service 'not a host'" in str(told.exception)


def test_the_table_of_the_readme_has_the_settings_and_their_defaults() -> None:
    rows = re.findall(
        r"^\| [^|]*\| `PORTSMOUTH_([A-Z_]+)` \| [^|]* \| ([^|]*) \|$",
        (ROOT / "README.md").read_text("utf-8"),
        re.M,
    )
    told = dict(rows)
    assert {setting.name.upper() for setting in fields(Settings)} <= set(told)
    usual = Settings()
    for name, default in told.items():
        value = getattr(usual, name.lower(), None)
        if isinstance(value, bool):
            assert default == ("yes" if value else "no"), name
        elif isinstance(value, int | float) and name not in ("WORKERS", "LANES"):
            unit = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
            number, _, word = default.partition(" ")
            assert float(number) * unit.get(word, 1) == value, name
        elif isinstance(value, str) and value:
            assert default.strip("`") == value, name
