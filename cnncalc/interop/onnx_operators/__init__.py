"""ONNX's operators as layers: one function, or one row of a table, for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.interop.operator_table import OperatorTable
from cnncalc.interop.reader import Call
from cnncalc.interop.tensors import Array, UnsupportedError

OPERATORS = OperatorTable()
operator = OPERATORS.operator


class NodeCall(Call):
    """A node with its inputs known, and its attributes: `call("axis", 0)`."""

    def __init__(
        self,
        node: Any,
        inputs: Sequence[Any],
        attributes: Mapping[str, Any],
        outs: Sequence[Any],
        wanted: Sequence[bool],
        opset: int,
    ) -> None:
        super().__init__(node.op_type, outs)
        self.inputs, self.attributes, self.opset = inputs, attributes, opset
        self.wanted = wanted
        """For each output, whether anything reads it."""

    @property
    def operand(self) -> Any:
        return self[0]

    def __getitem__(self, place: int) -> Any:
        """An input; None where there is none."""
        return self.inputs[place] if place < len(self.inputs) else None

    def __call__(self, name: str, default: Any = None) -> Any:
        """An attribute, or its default."""
        return self.attributes.get(name, default)

    plain = __call__

    def numbers(self, place: int) -> list[Any] | None:
        """The numbers of an input that is a constant."""
        value = self[place]
        if value is None:
            return None
        if not isinstance(value, Array) or value.role != "constant":
            raise UnsupportedError(f"{self.op} by numbers that the network computes")
        found: list[Any] = value.read().reshape(-1).tolist()
        return found


OPERATORS.load(__name__, __path__)
