"""What lies in ``deploy/`` is right: it names settings, options, files and routes that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from portsmouth_server import urls
from portsmouth_server.settings import CONFIG_VARIABLE, ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "portsmouth.service").read_text(encoding="utf-8")
CONTAINER = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
GUIDE = (DEPLOY / "README.md").read_text(encoding="utf-8")


def test_every_setting_that_is_named_exists_and_fits() -> None:
    known = {ENVIRONMENT_PREFIX + setting.name.upper() for setting in fields(Settings)} | {CONFIG_VARIABLE}
    for text in (UNIT, CONTAINER, GUIDE):
        assert set(re.findall(r"PORTSMOUTH_[A-Z_]+", text)) <= known
        assert Settings.load(environment=dict(re.findall(r"(PORTSMOUTH_[A-Z_]+)=(\S+)", text))).port == 8000


def test_every_route_that_is_named_exists() -> None:
    named = set(re.findall(r"/(?:health|metrics)(?:/[a-z]+)?", CONTAINER + GUIDE))
    assert named == {urls.HEALTH_LIVE, urls.HEALTH_READY, urls.METRICS}


def test_the_unit_bounds_what_the_server_may_do() -> None:
    lines = [line for line in UNIT.splitlines() if line and not line.startswith("#")]
    for needed in (
        "DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=",
        "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "IPAddressDeny=any",
    ):  # fmt: skip
        assert needed in lines
    # The deadline yields to short queries, and memory is bounded, by calls that the usual filter takes away.
    assert "SystemCallFilter=setrlimit prlimit64 getpriority setpriority" in lines


def test_systemd_reads_the_unit_and_finds_it_tight(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        # There is no systemd here to disagree with.
        return
    unit = tmp_path / "portsmouth.service"
    # The program need not be installed for the unit to be right.
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT), encoding="utf-8")
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert "portsmouth.service" not in verified.stderr, verified.stderr
    rated = subprocess.run(
        [analyze, "security", "--offline=yes", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout[-500:]


def test_the_container_copies_what_there_is_and_the_rest_stays_outside() -> None:
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", CONTAINER, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    for source in copied:
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize("instruction", ["USER 10001", "STOPSIGNAL SIGTERM", "EXPOSE 8000"])
def test_the_container_runs_as_an_ordinary_user(instruction: str) -> None:
    last_stage = CONTAINER.rpartition("\nFROM ")[2]
    assert instruction in last_stage.splitlines()
    known = {
        "FROM", "WORKDIR", "ENV", "RUN", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
        "ENTRYPOINT", "CMD",
    }  # fmt: skip
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", CONTAINER, flags=re.MULTILINE))
    assert {line.split()[0] for line in joined.splitlines() if line.strip()} <= known
