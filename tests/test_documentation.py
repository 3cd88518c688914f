"""The documentation is complete: what a user can set, call or ask appears in it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from portsmouth import queries
from portsmouth.cli import app
from portsmouth_server.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", [setting.name for setting in fields(Settings)])
def test_every_setting_of_the_server_is_in_the_readme(setting):
    assert ENVIRONMENT_PREFIX + setting.upper() in README


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in app.registered_commands]
)
def test_every_command_is_in_the_readme_or_the_guide_for_contributors(command):
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"portsmouth {command}" in README + guide


def test_every_local_link_of_the_documentation_leads_somewhere():
    for document in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "ontology/README.md",
        "docs/tutorial-who-moved-the-tsar.md",
        "deploy/README.md",
    ):
        path = ROOT / document
        targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
        assert [target for target in targets if not (path.parent / target).exists()] == [], document


def test_every_named_query_that_the_readme_asks_exists():
    names = {query.name for query in queries.catalogue()}
    asked = re.findall(r"--name ([a-z-]+)|/queries/([a-z-]+)", README)
    assert {name for pair in asked for name in pair if name} <= names
