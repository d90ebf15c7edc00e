"""Figures of networks: a report as a scene, and a scene as SVG and other formats."""

from cnncalc.figures.drawing import draw, views
from cnncalc.figures.writing import formats, save, write

__all__ = ["draw", "formats", "save", "views", "write"]
