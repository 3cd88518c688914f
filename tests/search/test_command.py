"""``portsmouth search`` as users meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def search(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "portsmouth", "search", *arguments],
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


@pytest.mark.parametrize("text", ["Kōmura", "โคมูระ", "Комура"])
def test_programs_get_json(text: str) -> None:
    done = search(text, "--format", "json")
    assert done.returncode == 0, done.stderr
    hits = json.loads(done.stdout)
    assert hits[0]["iri"] == "https://w3id.org/portsmouth1905/id/komura"


def test_people_get_a_table() -> None:
    told = search("小村").stdout.decode()
    assert "Komura Jutarō" in told
    assert "d:komura" in told
    assert "Person" in told
    assert "1 hit" in told


def test_limit_and_kind() -> None:
    hits = json.loads(search("o", "--kind", "pt:Person", "--limit", "3", "--format", "json").stdout)
    assert len(hits) == 3
    assert all(hit["types"][0].endswith("#Person") for hit in hits)


def test_nothing_is_no_error() -> None:
    done = search("zzzzz", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_an_unknown_kind_is_told() -> None:
    done = search("a", "--kind", "pt:Nobody")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "pt:Nobody" in done.stderr.decode()
    assert "pt:Person" in done.stderr.decode()


def test_bytes_that_are_no_text_do_no_harm() -> None:
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"portsmouth", b"search", b"\xff\xfe kom"],
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr
