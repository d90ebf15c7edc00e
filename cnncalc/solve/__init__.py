"""The size formula forwards and backwards: the windows that fit, the usual first."""

from cnncalc.solve.counts import Depth, Found, layers_that_see, whole_number
from cnncalc.solve.inputs import InputSizes, input_sizes
from cnncalc.solve.search import SizeAnswer, SizeQuestion, nearest, question, search, uneven_padding
from cnncalc.solve.size import SizeResult, read, size

__all__ = [
    "Depth",
    "Found",
    "InputSizes",
    "SizeAnswer",
    "SizeQuestion",
    "SizeResult",
    "input_sizes",
    "layers_that_see",
    "nearest",
    "question",
    "read",
    "search",
    "size",
    "uneven_padding",
    "whole_number",
]
