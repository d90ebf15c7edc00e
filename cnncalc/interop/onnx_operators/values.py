"""ONNX's operators as layers: operators that do the same to each value, or nothing."""

from dataclasses import replace
from math import prod
from typing import Any

from cnncalc.interop.onnx_operators import OPERATORS, NodeCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor


def scalar(value: Any) -> float | None:
    """A value that is one number, of no learned array."""
    if isinstance(value, Array) and value.role == "constant" and prod(value.shape) == 1:
        return float(value.read().reshape(()))
    return None


def told(value: Any) -> Any:
    """An input that says a number, also where the file stores the number as an array; else the input."""
    if isinstance(value, Array) and prod(value.shape) == 1:
        return float(value.read().reshape(()))
    return value


for _name, _kind in {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "HardSwish": "hard_swish", "Mish": "mish",
    "Softsign": "softsign", "Softplus": "softplus", "Selu": "selu",
}.items():  # fmt: skip
    OPERATORS.one_by_one(_name, _kind)
for _name in (
    "Exp", "Log", "Sqrt", "Abs", "Sign", "Sin", "Cos", "Erf", "Reciprocal", "Floor", "Ceil", "Round",
):  # fmt: skip
    OPERATORS.one_by_one(_name, "math", function=_name.lower())
OPERATORS.one_by_one("LeakyRelu", "leaky_relu", ("slope", "alpha", 0.01))
OPERATORS.one_by_one("Elu", "elu", ("alpha", "alpha", 1.0))
OPERATORS.one_by_one("ThresholdedRelu", "threshold", ("at", "alpha", 1.0))
OPERATORS.one_by_one("Celu", "celu", ("alpha", "alpha", 1.0))
OPERATORS.one_by_one("Gelu", "gelu", ("approximate", "approximate", "none"))
OPERATORS.one_by_one("Neg", "rescale", scale=-1)
OPERATORS.one_by_one("Not", "compare", by="equal", value=0)


@operator("HardSigmoid")
def hard_sigmoid(ops: Operations, call: NodeCall) -> Tensor:
    slope, offset = call("alpha", 0.2), call("beta", 0.5)
    options = {} if abs(slope - 1 / 6) < 1e-6 and offset == 0.5 else {"slope": slope, "offset": offset}
    return ops.same("hard_sigmoid", ops.tensor(call[0]), options)


@operator("DequantizeLinear")
def dequantized(ops: Operations, call: NodeCall) -> Any:
    """Stored whole numbers as the values that they stand for; what is computed is taken as it is."""
    x, scale, zero = call[0], call[1], call[2]
    if not isinstance(x, Array) or not isinstance(scale, Array) or call("block_size", 0):
        return x
    axis = call("axis", 1)

    def along(array: Array) -> Any:
        values = array.read().astype("float32").reshape(-1)
        return values if values.size == 1 else values.reshape(-1, *(1,) * (len(x.shape) - 1 - axis))

    def read() -> Any:
        numbers = x.read().astype("float32")
        return (numbers - along(zero) if isinstance(zero, Array) else numbers) * along(scale)

    return replace(x, read=read)


@operator("Identity", "Cast", "CastLike", "QuantizeLinear")
def unchanged(ops: Operations, call: NodeCall) -> Any:
    return call[0]


@operator("Dropout")
def dropout(ops: Operations, call: NodeCall) -> Any:
    return ops.same("dropout", ops.tensor(call[0]))


@operator("Clip")
def clip(ops: Operations, call: NodeCall) -> Tensor:
    low, high = (
        call(name) if call.opset < 11 else told(call[n + 1]) for n, name in enumerate(("min", "max"))
    )
    return ops.bounded(ops.tensor(call[0]), low, high)


@operator("PRelu")
def prelu(ops: Operations, call: NodeCall) -> Tensor:
    return ops.prelu(call[0], call[1])
