"""The wheel as users get it: it carries its data and runs from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Unpack a wheel built from this checkout, as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed, folder, *arguments):
    # Isolated from the checkout: nothing but the wheel answers to the packages' names.
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); from portsmouth.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )


def test_the_wheel_carries_ontology_facts_queries_and_pages(installed):
    data = installed / "portsmouth" / "data"
    for checkout, packed in (
        (ROOT / "ontology", data / "ontology"),
        (ROOT / "queries", data / "queries"),
        (ROOT / "graph" / "facts", data / "facts"),
        (ROOT / "server" / "portsmouth_server" / "templates", installed / "portsmouth_server" / "templates"),
        (ROOT / "server" / "portsmouth_server" / "static", installed / "portsmouth_server" / "static"),
    ):
        expected = {path.relative_to(checkout) for path in checkout.rglob("*") if path.is_file()}
        found = {path.relative_to(packed) for path in packed.rglob("*") if path.is_file()}
        assert found == expected


def test_the_wheel_puts_no_generic_name_into_site_packages(installed):
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"portsmouth", "portsmouth_server"}


def test_the_wheel_builds_the_same_graph_from_another_folder(installed, tmp_path):
    from_wheel = run(installed, tmp_path, "build")
    from_checkout = subprocess.run([sys.executable, "-m", "portsmouth", "build"], capture_output=True)
    assert from_wheel.stdout == from_checkout.stdout, from_wheel.stderr.decode()
    assert len(from_wheel.stdout.strip()) == 64


def test_the_wheel_answers_queries_from_another_folder(installed, tmp_path):
    done = run(installed, tmp_path, "query", "--name", "signatories")
    assert b"id/witte" in done.stdout, done.stderr.decode()
