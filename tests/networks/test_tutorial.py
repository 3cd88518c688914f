"""The tutorial says what happens: its blocks are run in order, and what they print is compared."""

import contextlib
import doctest
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("tutorial", sorted(DOCS.glob("tutorial-*.md")), ids=lambda path: path.stem)
def test_a_tutorial_prints_what_it_says(tutorial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(tutorial.read_text(encoding="utf-8"))
    assert len(blocks) > 5
    namespace, compared = {"__name__": "__main__"}, 0
    printed = ""
    for kind, text in blocks:
        if kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, str(tutorial), "exec"), namespace)
            printed = out.getvalue()
        else:
            flags = doctest.ELLIPSIS
            assert doctest.OutputChecker().check_output(text, printed, flags), (text, printed)
            compared += 1
    assert compared > 3
    # The figures that it shows are those that it draws, of whatever snapshot they were.
    shown = re.findall(r"\]\(([\w-]+\.svg)\)", tutorial.read_text(encoding="utf-8"))
    assert shown == [path.name for path in tmp_path.glob("*.svg")]
    for name in shown:
        assert names(DOCS / name) == names(tmp_path / name), "draw the figure anew"


def names(picture):
    root = ET.parse(picture).getroot()
    return sorted(
        " ".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")
        if text.get("class") == "f-ink name"
    )  # fmt: skip
