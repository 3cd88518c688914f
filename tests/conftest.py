"""What holds for every test: where nothing may be left out, a skip is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# What takes long on a busy machine is none the worse for it.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT.parent / "shared"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what compares with the source page and its table where these are not beside the checkout."""
    if REFERENCE.is_dir():
        return
    left_out = [item for item in items if item.get_closest_marker("reference")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_report_header() -> str:
    """Say whether the source page is there."""
    there = "beside" if REFERENCE.is_dir() else "not beside"
    return f"source page and tables: {there} the checkout, in a folder named {REFERENCE.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration, turn a skip into a failure: what was not run has not passed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, and continuous integration skips nothing: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The server as ``portsmouth serve`` starts it: the program's own facts and named queries."""
    from server.conftest import RunningServer

    running = RunningServer(tmp_path_factory.mktemp("shipped"), ("portsmouth", "serve"))
    yield running
    running.stop()
