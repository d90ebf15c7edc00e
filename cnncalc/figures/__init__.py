"""Figures of networks: a report as a scene, and a scene as SVG and other formats."""

from cnncalc.figures.drawing import draw, views
from cnncalc.figures.scatter import Plotted, scatter
from cnncalc.figures.writing import formats, save, write

__all__ = ["Plotted", "draw", "formats", "save", "scatter", "views", "write"]
