"""The size formula forwards and backwards: the windows that fit, the usual first."""

from cnncalc.solve.inputs import InputSizes, input_sizes
from cnncalc.solve.search import SizeAnswer, SizeQuestion, nearest, question, search
from cnncalc.solve.size import SizeResult, read, size

__all__ = [
    "InputSizes",
    "SizeAnswer",
    "SizeQuestion",
    "SizeResult",
    "input_sizes",
    "nearest",
    "question",
    "read",
    "search",
    "size",
]
