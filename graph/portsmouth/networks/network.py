"""A network that shows itself: what :func:`~portsmouth.networks.projection.project` returns."""

from __future__ import annotations

from collections.abc import Iterable
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

    def add_arcs(self, arcs: Iterable[tuple[str, str, str, dict[str, Any]]]) -> None:
        """Add many arcs at once, as :meth:`networkx.MultiDiGraph.add_edge` adds them one by one.

        :param arcs: source, target, key and attributes; the attributes become those of the arc. Of two arcs
            with the same ends and key the later one stays.

        >>> network = Network()
        >>> network.add_arcs([("a", "b", "e#direct", {"leg": "direct"})])
        >>> network.edges["a", "b", "e#direct"]
        {'leg': 'direct'}
        """
        # Through ``add_edge`` a great network would spend longest on copying attributes.
        after, before, nodes = self._succ, self._pred, self._node
        for source, target, key, attributes in arcs:
            for actor in (source, target):
                if actor not in nodes:
                    after[actor], before[actor], nodes[actor] = {}, {}, {}
            between = after[source].get(target)
            if between is None:
                after[source][target] = before[target][source] = {key: attributes}
            else:
                between[key] = attributes
        nx._clear_cache(self)

    def _repr_svg_(self) -> str:
        """Return the picture that notebooks show."""
        # Drawing needs more than making a network does, and who counts never draws.
        from portsmouth.networks.picture import draw

        return draw(self, theme="auto")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return the picture, and words for where none can be shown."""
        words = f"{self.number_of_nodes()} actors, {self.number_of_edges()} arcs"
        return {"image/svg+xml": self._repr_svg_(), "text/plain": f"<{type(self).__name__}: {words}>"}
