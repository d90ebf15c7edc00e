"""The table of PyTorch's operators, which each module of this folder adds to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnncalc.interop.operations import Operations

if TYPE_CHECKING:
    from cnncalc.interop.aten import OperatorCall


Operator = Callable[[Operations, "OperatorCall"], Any]
OPERATORS: dict[str, Operator] = {}


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Makes a function the reader of these operators."""

    def give(function: Operator) -> Operator:
        OPERATORS.update({f"aten.{name}": function for name in names})
        return function

    return give
