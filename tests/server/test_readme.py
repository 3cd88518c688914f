"""What the README shows runs: its Python as it stands, its commands with the options that they have."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from portsmouth.cli import app

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> Iterator[str]:
    for block in blocks("console"):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            found = re.match(r"\$ (?:\.venv/bin/)?(portsmouth|scripts/serve)\b(.*)", line)
            if found:
                words = "serve" + found[2] if found[1] == "scripts/serve" else found[2]
                yield words.strip().removesuffix("&").strip()


def test_the_python_of_the_readme_runs_from_top_to_bottom(server: Any) -> None:
    shown = blocks("python")
    assert len(shown) >= 5
    program = "\n".join(shown).replace("http://127.0.0.1:8000", f"http://127.0.0.1:{server.port}")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=120, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "https://w3id.org/portsmouth1905/id/komura" in done.stdout


@pytest.mark.parametrize("command", dict.fromkeys(commands()))
def test_a_command_of_the_readme_has_the_options_that_are_shown(command: str) -> None:
    name, *arguments = shlex.split(command, comments=True)
    known: Any = typer.main.get_command(app)
    options = {option for one in known.commands[name].params for option in (*one.opts, *one.secondary_opts)}
    shown = {word.partition("=")[0] for word in arguments if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)}
    assert shown <= options
