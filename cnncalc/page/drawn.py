"""Figures as parts of a page: in the colours of its style sheet."""

from cnncalc.figures import write
from cnncalc.figures.scene import Scene
from cnncalc.figures.themes import STYLED


def inlined(scene: Scene) -> str:
    """A figure as SVG within HTML, which names no space of names."""
    return write(scene._replace(theme=STYLED), "svg").replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)
