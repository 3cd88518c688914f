"""From the authors' files to a checked dataset that is the same bytes every time.

:func:`build` assembles. :mod:`portsmouth.build.validate` looks closer, with the shapes and with the source
page; it stands apart because loading a SHACL engine takes longer than a build.

What is named here is loaded when it is asked for: a server that derives anew what a stance keeps needs the
rules of the build, and nothing that reads files.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portsmouth.build.assemble import Build, Progress, build
    from portsmouth.build.catalogue import Locator, locate, locators_csv
    from portsmouth.build.echoes import Echo, echoes_csv, find_echoes

__all__ = [
    "Build",
    "Echo",
    "Locator",
    "Progress",
    "build",
    "echoes_csv",
    "find_echoes",
    "locate",
    "locators_csv",
]

_HOMES = {
    "assemble": ("Build", "Progress", "build"),
    "catalogue": ("Locator", "locate", "locators_csv"),
    "echoes": ("Echo", "echoes_csv", "find_echoes"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
