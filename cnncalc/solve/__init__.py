"""What is looked for: windows by the size formula, the usual first; variants by their numbers."""

from cnncalc.solve.counts import Depth, Found, layers_that_see, whole_number
from cnncalc.solve.inputs import InputSizes, input_sizes
from cnncalc.solve.largest import LIMITED, Largest, Tried, largest
from cnncalc.solve.search import SizeAnswer, SizeQuestion, nearest, question, search, uneven_padding
from cnncalc.solve.size import SizeResult, read, size
from cnncalc.solve.sweep import MOST_VARIANTS, OF_NETWORKS, Measured, Order, Sweep, Variant, front, measured

__all__ = [
    "LIMITED",
    "MOST_VARIANTS",
    "OF_NETWORKS",
    "Depth",
    "Found",
    "InputSizes",
    "Largest",
    "Measured",
    "Order",
    "SizeAnswer",
    "SizeQuestion",
    "SizeResult",
    "Sweep",
    "Tried",
    "Variant",
    "front",
    "input_sizes",
    "largest",
    "layers_that_see",
    "measured",
    "nearest",
    "question",
    "read",
    "search",
    "size",
    "uneven_padding",
    "whole_number",
]
