"""axe-core in a page: what it finds that keeps somebody out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "server" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SEVERE = ("serious", "critical")


def found_by_axe(page: Any) -> list[str]:
    """Return what is severely wrong with a page as it stands, each with the first place of it.

    :param page: the page, its scripts running.
    """
    if not SCRIPT.is_file():
        pytest.skip("found no axe-core; expected what `python server/web/build.py` installs")
    # As a debugger would, so that the page's own policy need not allow it.
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = []
    for violation in result["violations"]:
        if violation["impact"] in SEVERE:
            place = violation["nodes"][0]
            found.append(f"{violation['id']}: {place['html'][:300]} {place['failureSummary'][:300]}")
    return found
