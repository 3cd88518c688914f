"""From the authors' files to a checked dataset that is the same bytes every time.

:func:`build` assembles. :mod:`portsmouth.build.validate` looks closer, with the shapes and with the source
page; it stands apart because loading a SHACL engine takes longer than a build.
"""

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
