"""What is told of a text that is not SPARQL, in every language of the interface."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import portsmouth
from portsmouth_server import details
from portsmouth_server.viewing import LANGUAGES

OTHERS = [language for language in LANGUAGES if language != "en"]
SPARQL = Path(portsmouth.__file__).parent / "store" / "sparql"
#: Calls whose words, and values whose words, tell what was found or expected.
TELLING = {"fail", "expect", "term", "node", "variable_or_iri", "iri", "Slip", "UpdateSyntaxError"}
NAMES = {"expected", "found", "here", "end", "wanted", "takes"}
ADVISED = re.compile(r"[a-z]{3}")


def words(node: ast.AST) -> Iterator[str]:
    """Yield what an expression may say, with a figure for each value and nothing for a hint."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*words(node.body), *words(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from words(value)
    elif isinstance(node, ast.JoinedStr):
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                if isinstance(part.value, ast.IfExp) and isinstance(part.value.orelse, ast.Constant):
                    text += str(part.value.orelse.value)
                elif not (isinstance(part.value, ast.Name) and part.value.id == "hint"):
                    text += "2"
        yield text


def advice() -> Iterator[str]:
    """Yield every piece of advice that the program words about a text that it cannot read."""
    for file in sorted(SPARQL.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in TELLING:
                    for argument in node.args:
                        yield from words(argument)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                name = getattr(target, "id", "")
                if isinstance(node.value, ast.Dict) and name == "FOREIGN":
                    for value in node.value.values:
                        yield from words(value)
                elif node.value is not None and (
                    name in NAMES or (name.isupper() and file.parent.name == "faults")
                ):
                    yield from words(node.value)


def pieces() -> list[str]:
    return sorted({text for text in advice() if ADVISED.search(text) and "(?" not in text})


def test_the_advice_is_found() -> None:
    found = pieces()
    assert {"an operator or AS", "spaces alone between variables", "2, which is selected already"} <= set(
        found
    )
    assert len(found) > 70


@pytest.mark.parametrize("code", OTHERS)
def test_every_piece_of_advice_about_a_query_is_translated(code: str) -> None:
    assert [text for text in pieces() if "".join(details._hinted(text, code)) == text] == []


@pytest.mark.parametrize("code", OTHERS)
def test_what_the_parser_would_have_taken_is_joined_in_the_readers_language(code: str) -> None:
    said: Any = details._hinted('")" or FILTER or "}"', code)[0]
    assert said.startswith('")" ')
    assert " or " not in said
