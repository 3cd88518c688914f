"""The two commands in a fresh clone: they set everything up, the second time there is nothing left to do."""

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLING = "Installing what"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Copy what git knows of this checkout, as it is in the working tree, and nothing that was installed."""
    folder = tmp_path_factory.mktemp("fresh") / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def environment():
    """Return what a fresh login has, beside the settings of the package index."""
    kept = ("PATH", "HOME", "PIP_", "SSL_", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LANG")
    return {name: value for name, value in os.environ.items() if name.upper().startswith(kept)}


def serve(clone):
    """Run ``scripts/serve`` until it serves, ask it something, and return what it told and the answer."""
    with (clone / "told").open("w+") as told:
        process = subprocess.Popen(
            ["scripts/serve", "--port", "0"],
            cwd=clone,
            stderr=told,
            start_new_session=True,
            env=environment(),
        )
        try:
            for _ in range(1200):
                lines = (clone / "told").read_text()
                if serving := re.search(r"Serving on (\S+).*\n", lines):
                    break
                assert process.poll() is None, lines
                time.sleep(0.25)
            assert serving, lines
            address = serving[1]
            with urllib.request.urlopen(
                f"{address}/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
            ) as reply:
                answer = reply.read()
            with urllib.request.urlopen(f"{address}/") as reply:
                assert b'<script type="module" src="/static/built/' in reply.read()
            return lines, answer
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def test_serve_sets_everything_up_once_and_serves_the_graph(clone):
    told, answer = serve(clone)
    assert INSTALLING in told
    assert answer == b'{"head":{},"boolean":true}'
    told, answer = serve(clone)
    assert INSTALLING not in told
    assert answer == b'{"head":{},"boolean":true}'


def test_test_sets_everything_up_once_and_finds_every_test(clone):
    for first in (True, False):
        done = subprocess.run(
            ["scripts/test", "--collect-only", "-q"],
            cwd=clone,
            capture_output=True,
            text=True,
            env=environment(),
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        assert (INSTALLING in done.stderr) is first
        assert "tests collected" in done.stdout


def test_serve_is_content_with_what_test_has_set_up(clone):
    told, _ = serve(clone)
    assert INSTALLING not in told


def test_nothing_that_a_clone_makes_is_taken_for_the_projects_own(clone):
    subprocess.run(["git", "init", "-q"], cwd=clone, check=True)
    (clone / "told").unlink(missing_ok=True)
    done = subprocess.run(
        ["git", "status", "--short", "--untracked-files=all"], cwd=clone, capture_output=True, text=True
    )
    untracked = {line.split(maxsplit=1)[1] for line in done.stdout.splitlines()}
    assert not {
        name
        for name in untracked
        if name.startswith((".venv/", "build/", "dist/"))
        or {"__pycache__", "node_modules", "generated", "built"}.intersection(name.split("/"))
    }
