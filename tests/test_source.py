"""Between this repository and the source page: its lines are located, its sentences are not here."""

import re
from pathlib import Path

import pytest

from portsmouth.build.validate import validate

ROOT = Path(__file__).parents[1]
SOURCE = ROOT.parent / "shared" / "source" / "portsmouth-th.txt"
#: Longer than any name, shorter than any sentence.
WINDOW = 36

pytestmark = pytest.mark.reference


def folded(text):
    return re.sub(r"\s+", "", text)


def windows(text):
    return {text[i : i + WINDOW] for i in range(len(text) - WINDOW + 1)}


def test_every_locator_and_checksum_is_that_of_the_page():
    validation = validate(source=SOURCE)
    assert validation.findings == ()


def test_every_line_is_modelled_or_marked_with_the_reason_why_it_states_no_fact():
    assert validate(source=SOURCE).unread == ()


def test_no_sentence_of_the_page_stands_in_the_repository():
    thai = re.compile(r"[\u0e00-\u0e7f]{20}")
    page = {window for window in windows(folded(SOURCE.read_text(encoding="utf-8"))) if thai.search(window)}
    folders = ("graph", "ontology", "queries", "server", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    copied = {
        path.name: sorted(found)[0]
        for path in files
        if path.suffix in {".py", ".ttl", ".trig", ".rq", ".tsv", ".nt", ".csv", ".md", ".html"}
        and (found := windows(folded(path.read_text(encoding="utf-8"))) & page)
    }
    assert copied == {}
