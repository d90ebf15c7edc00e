"""PyTorch's operators as layers: one function, or one row of a table, for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.interop.operator_table import OperatorTable
from cnncalc.interop.reader import Call
from cnncalc.interop.tensors import Array, UnsupportedError

OPERATORS = OperatorTable("aten.")
operator = OPERATORS.operator


class OperatorCall(Call):
    """A node with its arguments known: `call("dim", -1)` is an argument, or its default where none is told.

    `wanted` says of each output whether anything reads it.
    """

    def __init__(self, op: str, args: Mapping[str, Any], outs: Sequence[Any], wanted: Sequence[bool]) -> None:
        super().__init__(op, outs)
        self.args, self.wanted = args, wanted

    @property
    def operand(self) -> Any:
        return self("self", self("input"))

    def __call__(self, name: str, default: Any = None) -> Any:
        value = self.args.get(name)
        return default if value is None else value

    def plain(self, name: str, default: Any = None) -> Any:
        """An argument that is a number or a word, also where an array of one value holds the number."""
        value = self(name, default)
        if isinstance(value, Array) and not value.shape:
            value = value.read().item()
        if not isinstance(value, int | float | str):
            raise UnsupportedError(f"{name} that the network computes")
        return value


OPERATORS.load(__name__, __path__)
