"""Pictures of networks for print and for the web: SVG of our own, and PNG made of it.

::

    svg = draw(network, language="th")
    Path("who.png").write_bytes(png(svg))
"""

from portsmouth.networks.picture.drawing import LANGUAGES, draw, png
from portsmouth.networks.picture.style import THEMES

__all__ = ["LANGUAGES", "THEMES", "draw", "png"]
