"""ONNX's operators as layers: one function, or one row of a table, for each."""

from cnncalc.interop.onnx_operators import (
    arithmetic,
    layouts,
    normalisation,
    products,
    recurrences,
    reductions,
    values,
    windows,
)
from cnncalc.interop.onnx_operators.registry import OPERATORS

__all__ = [
    "OPERATORS",
    "arithmetic",
    "layouts",
    "normalisation",
    "products",
    "recurrences",
    "reductions",
    "values",
    "windows",
]
