"""A network that shows itself: what :func:`~portsmouth.networks.projection.project` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx

if TYPE_CHECKING:
    _MultiDiGraph = Any
else:
    _MultiDiGraph = nx.MultiDiGraph


class Network(_MultiDiGraph):  # type: ignore[misc]
    """A :class:`networkx.MultiDiGraph`, which a notebook shows as a picture.

    >>> Network([("a", "b")])._repr_svg_().startswith("<svg")
    True
    """

    def _repr_svg_(self) -> str:
        """Return the picture that notebooks show."""
        # Drawing needs more than making a network does, and who counts never draws.
        from portsmouth.networks.picture import draw

        return draw(self, theme="auto")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return the picture, and words for where none can be shown."""
        words = f"{self.number_of_nodes()} actors, {self.number_of_edges()} arcs"
        return {"image/svg+xml": self._repr_svg_(), "text/plain": f"<{type(self).__name__}: {words}>"}
