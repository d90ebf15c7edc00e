"""A figure as a LaTeX document of its own, which pdflatex, xelatex and lualatex compile."""

from cnncalc.figures.writers.tikz import IS_TEXT, document

__all__ = ["IS_TEXT", "pieces"]

pieces = document
