"""The rooms of the store: imports go one way, and each room says what stands in it."""

from __future__ import annotations

import ast
import re
from importlib.util import resolve_name
from pathlib import Path

import pytest

import portsmouth.store

STORE = Path(portsmouth.store.__file__).parent
#: From bottom to top; what stands on one line imports nothing of its neighbours.
ORDER = [
    {"protocol", "limits"},
    {"materialising", "rows", "tables"},
    {"stances"},
    {"sparql"},
    {"updates"},
    {"persistence"},
    {"processes"},
    {"embedded"},
    {"writing", "service"},
    {"writable", "remote"},
]
ROOMS = sorted(path.parent.name for path in STORE.glob("*/__init__.py"))


def modules(room: Path) -> dict[str, ast.Module]:
    """Return the modules of a package by their names in full, those of packages within it too."""
    paths = {path: path.relative_to(STORE).with_suffix("").parts for path in room.rglob("*.py")}
    return {
        ".".join(("portsmouth.store", *parts)).removesuffix(".__init__"): ast.parse(path.read_bytes())
        for path, parts in paths.items()
    }


def imported(name: str, tree: ast.Module) -> set[str]:
    """Return the modules and names that a module imports anywhere, in functions too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), name)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def places(names: set[str], within: str) -> set[str]:
    """Return what names stand for directly within a package."""
    return {name.removeprefix(f"{within}.").split(".")[0] for name in names if name.startswith(f"{within}.")}


def test_everything_has_its_place() -> None:
    there = {path.stem for path in STORE.glob("*.py")} - {"__init__"}
    assert set().union(*ORDER) == there | set(ROOMS), "a module has no place, or a place no module"


def test_imports_go_down_and_never_up_or_aside() -> None:
    allowed: set[str] = set()
    for level in ORDER:
        for place in level:
            found = modules(STORE / place) if place in ROOMS else {}
            if not found:
                found = {f"portsmouth.store.{place}": ast.parse((STORE / f"{place}.py").read_bytes())}
            for name, tree in found.items():
                above = places(imported(name, tree), "portsmouth.store") - allowed - {place}
                assert not above, f"{name} imports {', '.join(sorted(above))}"
        allowed |= level


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_names_its_modules_each_before_those_that_import_it(room: str) -> None:
    package = f"portsmouth.store.{room}"
    trees = modules(STORE / room)
    told = re.findall(rf"{re.escape(package)}\.(\w+)`", ast.get_docstring(trees[package]) or "")
    there = places(set(trees), package)
    assert sorted(told) == sorted(there), f"what {package} says of itself names other modules than it has"
    for place in there:
        for name, tree in trees.items():
            if f"{name}.".startswith(f"{package}.{place}."):
                below = places(imported(name, tree), package) - {place}
                late = [other for other in below if told.index(other) > told.index(place)]
                assert not late, f"{place} imports {', '.join(late)}, which is named later"


def test_the_store_names_its_rooms_from_bottom_to_top() -> None:
    told = re.findall(r"^- :mod:`~portsmouth\.store\.(\w+)`:", portsmouth.store.__doc__ or "", re.MULTILINE)
    assert sorted(told) == ROOMS
    assert told[:4] == ["sparql", "updates", "persistence", "processes"]
