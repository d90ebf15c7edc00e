"""The size formula forwards, and backwards: what fits, the usual first."""

from cnncalc.solve.inputs import Sizes, input_sizes
from cnncalc.solve.search import Answer, Question, nearest, question, search
from cnncalc.solve.size import Sized, read, size

__all__ = [
    "Answer",
    "Question",
    "Sized",
    "Sizes",
    "input_sizes",
    "nearest",
    "question",
    "read",
    "search",
    "size",
]
