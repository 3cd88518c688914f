"""From the authors' files to a checked dataset that is the same bytes every time.

:func:`build` assembles. :mod:`portsmouth.build.validate` looks closer, with the shapes and with the source
page; it stands apart because loading a SHACL engine takes longer than a build.
"""

from portsmouth.build.assemble import Build, Progress, build
from portsmouth.build.catalogue import Locator, locate, locators_csv

__all__ = ["Build", "Locator", "Progress", "build", "locate", "locators_csv"]
