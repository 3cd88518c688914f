"""Engines that all tests of a session share; both hold the program's facts."""

from collections.abc import Iterator

import pytest
from engines.engines import STARTERS, Engine, start_oxigraph


@pytest.fixture(scope="session", params=list(STARTERS))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that ``portsmouth load`` has filled."""
    started, engine = STARTERS[request.param](tmp_path_factory.mktemp(request.param))
    try:
        loaded = engine.load()
        assert loaded.returncode == 0, loaded.stderr
        yield engine
    finally:
        started.stop()


@pytest.fixture
def empty(tmp_path) -> Iterator[Engine]:
    """An Oxigraph server without data."""
    started, engine = start_oxigraph(tmp_path)
    yield engine
    started.stop()
