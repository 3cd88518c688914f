"""Who acted on whom, exact in time and with the passages that say so.

:mod:`portsmouth.networks.reading` asks a store, :mod:`~portsmouth.networks.projection` makes a network of
what it answers, :mod:`~portsmouth.networks.temporal` follows chains forward in time,
:mod:`~portsmouth.networks.measures` ranks actors, and :mod:`~portsmouth.networks.export` writes a network for
other programs.
"""

from portsmouth.networks.annotations import Annotations, annotate
from portsmouth.networks.chains import Chain, Chains, Forbidden, Hop
from portsmouth.networks.document import document, short, stated
from portsmouth.networks.export import FORMATS, read, write
from portsmouth.networks.hierarchy import LEVELS
from portsmouth.networks.measures import MEASURES, communities, degrees_by_mode, rank
from portsmouth.networks.measuring import GROUPINGS, measured
from portsmouth.networks.projection import project
from portsmouth.networks.reading import mentions
from portsmouth.networks.selection import KINDS, Selection
from portsmouth.networks.temporal import Timeline

__all__ = [
    "FORMATS",
    "GROUPINGS",
    "KINDS",
    "LEVELS",
    "MEASURES",
    "Annotations",
    "Chain",
    "Chains",
    "Forbidden",
    "Hop",
    "Selection",
    "Timeline",
    "annotate",
    "communities",
    "degrees_by_mode",
    "document",
    "measured",
    "mentions",
    "project",
    "rank",
    "read",
    "short",
    "stated",
    "write",
]
