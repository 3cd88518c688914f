"""Time the build of today's facts and of ten times as many; print, never judge.

Run it from the checkout: ``python tests/build/bench_build.py [how many times as many]``.
"""

from __future__ import annotations

import csv
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from portsmouth.build import build
from portsmouth.build.validate import validate
from portsmouth.resources import facts_folder, ontology_folder

_PASSAGE = re.compile(r"\bp:s([1-9][0-9]*)(?:-([0-9]{3,}))?\b")
_ENTITY = re.compile(r"\bd:([a-z0-9][a-z0-9-]*)")
_LINES = re.compile(r"pt:(firstLine|lastLine) ([0-9]+)")
_NUMBER = re.compile(r"([1-9][0-9]*)(-.*)")


def multiply(folder: Path, into: Path, times: int) -> None:
    """Copy a document's facts several times over: every copy has parts, lines and entities of its own."""
    into.mkdir(parents=True)
    rows = list(csv.reader((folder / "locators.csv").read_text(encoding="utf-8").splitlines()))[1:]
    lines, length = len(rows), int(rows[-1][2]) + 1
    with (into / "locators.csv").open("w", encoding="utf-8", newline="") as table:
        out = csv.writer(table, lineterminator="\n")
        out.writerow(("line", "start", "end", "sha256"))
        for copy in range(times):
            for line, start, end, sha256 in rows:
                out.writerow(
                    (int(line) + copy * lines, int(start) + copy * length, int(end) + copy * length, sha256)
                )
    documents = []
    for path in sorted(folder.glob("*.t*")):
        text = path.read_text(encoding="utf-8")
        for copy in range(times):
            renamed = _rename(text, copy, lines)
            number = _NUMBER.fullmatch(path.name)
            if path.name == "document.ttl":
                documents.append(
                    renamed if copy == 0 else renamed.replace("spdx:checksumValue", "dcterms:language")
                )
            elif number:
                (into / f"{int(number[1]) + 8 * copy}{number[2]}").write_text(renamed, encoding="utf-8")
            else:
                with (into / path.name).open("a", encoding="utf-8") as shared:
                    shared.write(renamed)
    (into / "document.ttl").write_text("\n".join(documents), encoding="utf-8")


def _rename(text: str, copy: int, lines: int) -> str:
    if copy == 0:
        return text

    def passage(match: re.Match[str]) -> str:
        line = f"-{int(match[2]) + copy * lines:03d}" if match[2] else ""
        return f"p:s{int(match[1]) + 8 * copy}{line}"

    text = _PASSAGE.sub(passage, text)
    text = _LINES.sub(lambda match: f"pt:{match[1]} {int(match[2]) + copy * lines}", text)
    return _ENTITY.sub(lambda match: f"d:{match[1]}-copy-{copy}", text)


def measure(name: str, run: Callable[[], object], times: int = 5) -> None:
    """Print the median and the range of several runs in seconds."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(f"{name:<28} {statistics.median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})")


def main() -> None:
    """Measure build and validation."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    ontology = ontology_folder()
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder)
        for document in sorted(path for path in facts_folder().iterdir() if path.is_dir()):
            multiply(document, many / document.name, times)
        for name, facts in (("today", facts_folder()), (f"{times} times as much", many)):
            built = build(facts, ontology)
            print(f"{name}: {built.counts['facts']} facts, {built.counts['quads']} quads")
            measure(f"  build, {name}", lambda facts=facts: build(facts, ontology))  # type: ignore[misc]
            measure(f"  validate, {name}", lambda facts=facts: validate(facts, ontology), times=1)  # type: ignore[misc]


if __name__ == "__main__":
    main()
