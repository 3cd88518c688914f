"""The coastline, as the build of the front end has cut it; the map does without where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from portsmouth_server.frontend import static_folder
from portsmouth_server.views.maps.projection import Place

_FILE: Final = "built/coast.json"


@lru_cache(maxsize=1)
def coast(folder: Path | None = None) -> tuple[tuple[Place, ...], ...]:
    """Return the rings of the land, nothing where the front end was not built.

    :param folder: the folder of static files; the package's unless given.

    >>> coast(Path("/nowhere"))
    ()
    """
    file = (folder or static_folder()) / _FILE
    if not file.is_file():
        return ()
    read = json.loads(file.read_bytes())
    return tuple(tuple(_unpacked(ring, read["fineness"])) for ring in read["rings"])


def _unpacked(steps: list[int], fineness: int) -> Iterator[Place]:
    """Add up the distances between the points of a ring.

    >>> list(_unpacked([100, 200, 5, -10], 100))
    [(1.0, 2.0), (1.05, 1.9)]
    """
    x = y = 0
    for place in range(0, len(steps), 2):
        x, y = x + steps[place], y + steps[place + 1]
        yield x / fineness, y / fineness
