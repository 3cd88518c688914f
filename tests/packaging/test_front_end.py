"""The front end is built when its sources change, not otherwise, and can be left out."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "server" / "web" / "build.py"


@pytest.fixture
def build(tmp_path):
    """The build script of a checkout of its own whose sources are of one file."""
    web = tmp_path / "server" / "web"
    styles = tmp_path / "server" / "portsmouth_server" / "static" / "styles"
    for folder in (web, styles):
        folder.mkdir(parents=True)
    (web / "build.py").write_bytes(SCRIPT.read_bytes())
    (web / "package.json").write_text("{}")
    (web / "package-lock.json").write_text("no lock")
    (styles / "site.css").write_text("a {}")
    spec = importlib.util.spec_from_file_location("build_of_a_test", web / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_checksum_tells_content_place_and_what_the_build_made_apart(build):
    before = build.fingerprint(build.sources())
    (build.WEB / "node_modules" / "x").mkdir(parents=True)
    (build.WEB / "node_modules" / "x" / "index.js").write_text("1")
    assert build.fingerprint(build.sources()) == before
    (build.STYLES / "site.css").write_text("b {}")
    changed = build.fingerprint(build.sources())
    assert changed != before
    (build.STYLES / "site.css").rename(build.STYLES / "other.css")
    assert build.fingerprint(build.sources()) not in (before, changed)


def test_nothing_is_done_where_the_bundle_is_that_of_the_sources(build, monkeypatch):
    monkeypatch.delenv(build.SKIP, raising=False)
    build.BUILT.mkdir()
    build.STAMP.write_text(build.fingerprint(build.sources()))
    monkeypatch.setattr(build, "run", lambda *_: pytest.fail("something was run"))
    assert build.build(tools=True) is False


def test_a_switch_leaves_the_front_end_out(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT],
        env=os.environ | {"PORTSMOUTH_SKIP_WEB": "1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_build_that_fails_says_why_and_how_to_do_without(build, monkeypatch):
    monkeypatch.delenv(build.SKIP, raising=False)
    with pytest.raises(SystemExit, match=r"(?s)npm-cli.js ci.*failed.*PORTSMOUTH_SKIP_WEB=1"):
        build.build(tools=True)
    assert not build.STAMP.exists()


def test_the_lock_names_no_host_and_every_version_is_exact():
    lock = json.loads((ROOT / "server" / "web" / "package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    package = json.loads((ROOT / "server" / "web" / "package.json").read_text())
    versions = package["dependencies"] | package["devDependencies"]
    assert not [name for name, version in versions.items() if not version[0].isdigit()]
    locked = {name for name, entry in lock["packages"].items() if name and "integrity" not in entry}
    assert not locked
