"""Lines and areas drawn by hand: approximate, schematic, ours; no fact of the graph and no survey.

No open data set has the borders and railways of 1904, so the page says that these are drawn by hand. Each is
drawn only because the graph speaks of the thing, and leads to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portsmouth.iris import ID
from portsmouth_server.views.maps.projection import Place


@dataclass(frozen=True, slots=True)
class Drawn:
    """Something drawn by hand.

    :param iri: the thing of the graph for which it stands.
    :param style: how it is drawn.
    :param places: its corners.
    :param label: where its name stands.
    """

    iri: str
    style: str
    places: tuple[Place, ...]
    label: Place


_PORT_ARTHUR: Final = (121.26, 38.85)
_CHANGCHUN: Final = (125.32, 43.88)
_HARBIN: Final = (126.6, 45.8)

MANCHURIA: Final = Drawn(
    ID + "manchuria",
    "region",
    (
        (119.9, 39.9), (121.0, 40.9), (121.9, 40.9), (121.7, 40.2), (121.3, 39.6), (122.0, 39.1),
        (123.2, 39.6),
        (124.3, 39.95), (126.0, 41.0), (126.9, 41.75), (128.1, 41.6), (128.3, 42.05), (129.7, 42.45),
        (130.55, 42.7), (131.1, 43.2), (131.2, 44.8), (133.1, 45.1), (134.7, 48.2), (131.0, 47.7),
        (130.6, 48.9), (127.6, 49.8), (126.9, 51.3), (123.6, 53.4), (120.9, 53.2), (119.9, 52.3),
        (117.8, 49.6),
        (116.2, 49.7), (119.6, 47.2), (121.6, 45.8), (122.2, 43.4), (119.5, 42.3),
    ),
    (124.4, 46.6),
)  # fmt: skip
LEASE: Final = Drawn(
    ID + "leased-territory-liaodong",
    "lease",
    ((121.15, 38.75), (121.7, 38.85), (122.4, 39.25), (122.2, 39.45), (121.75, 39.4), (121.3, 39.0)),
    (120.4, 39.15),
)
RAILWAYS: Final = (
    Drawn(
        ID + "chinese-eastern-railway",
        "railway",
        (
            (117.4, 49.6), (119.75, 49.2), (122.7, 48.0), (123.95, 47.35), _HARBIN, (129.6, 44.6),
            (131.15, 44.4), (131.95, 43.8), (131.87, 43.11),
        ),
        (121.0, 49.1),
    ),
    Drawn(ID + "chinese-eastern-railway", "railway", (_HARBIN, _CHANGCHUN), (125.9, 44.9)),
    Drawn(
        ID + "railway-changchun-port-arthur",
        "ceded-railway",
        (_CHANGCHUN, (124.35, 43.15), (123.43, 41.8), (122.6, 40.85), (122.1, 40.0), (121.75, 39.1),
         _PORT_ARTHUR),
        (123.9, 43.5),
    ),
)  # fmt: skip
#: The parallel up to which Sakhalin was ceded, and where the island lies around it.
PARALLEL: Final = ID + "parallel-50n"
CEDED: Final = ID + "south-sakhalin"
PARALLEL_AT: Final = (50.0, 139.6, 146.2)
#: A box around Sakhalin and nothing else.
SAKHALIN: Final = (141.55, 45.8, 145.0, 54.6)
