"""Where lines stand."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from portsmouth.build import locate, locators_csv
from portsmouth.build.catalogue import LOCATORS, read_locators
from portsmouth.resources import facts_folder

PAGES = st.text(st.sampled_from("ab\n ก\u0e49é😀\r\u2028"), max_size=40)


@given(PAGES)
def test_locators_cut_the_page_into_its_lines(page: str) -> None:
    locators = locate(page)
    lines = page.removesuffix("\n").split("\n")
    assert [page[locator.start : locator.end] for locator in locators] == lines
    assert [locator.line for locator in locators] == list(range(1, len(lines) + 1))
    assert [locator.blank for locator in locators] == [not line for line in lines]
    assert [locator.sha256 for locator in locators] == [
        hashlib.sha256(line.encode()).hexdigest() for line in lines
    ]


@given(PAGES)
def test_the_table_is_read_as_it_was_written(page: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, table = Path(folder) / "page.txt", Path(folder) / LOCATORS
        source.write_bytes(page.encode())
        table.write_text(locators_csv(source), encoding="utf-8")
        found, findings = read_locators(table, "x")
    assert findings == []
    assert list(found) == locate(page)


def test_the_table_comes_from_the_file_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes("ก\r\n\r\nข".encode())
    # A carriage return belongs to its line: only so do offsets and checksums fit the file.
    assert [row.split(",")[:3] for row in locators_csv(page).splitlines()[1:]] == [
        ["1", "0", "2"],
        ["2", "3", "4"],
        ["3", "5", "6"],
    ]


def test_the_kept_table_is_whole() -> None:
    for table in facts_folder().glob(f"*/{LOCATORS}"):
        locators, findings = read_locators(table, table.name)
        assert findings == []
        assert locators
