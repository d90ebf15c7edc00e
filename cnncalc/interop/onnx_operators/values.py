"""ONNX's operators as layers: operators that do the same to each value, or nothing."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.interop.onnx_operators.registry import OPERATORS, Operator, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError

if TYPE_CHECKING:
    from cnncalc.interop.onnx import NodeCall


def scalar(value: Any) -> float | None:
    """A value that is one number, of no learned array."""
    if isinstance(value, Array) and value.role == "constant" and prod(value.shape) == 1:
        return float(value.read().reshape(()))
    return None


def _one_by_one(kind: str, *options: tuple[str, str, Any], **fixed: Any) -> Operator:
    """An operator that does the same to each value; options are (ours, the operator's, its default)."""

    def made(ops: Operations, call: NodeCall) -> Tensor:
        given = {name: call(theirs, default) for name, theirs, default in options}
        return ops.same(kind, ops.tensor(call[0]), given | fixed)

    return made


for _name, _kind in {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "HardSwish": "hard_swish", "Mish": "mish",
    "Softsign": "softsign", "Softplus": "softplus", "Selu": "selu",
}.items():  # fmt: skip
    OPERATORS[_name] = _one_by_one(_kind)
OPERATORS["LeakyRelu"] = _one_by_one("leaky_relu", ("slope", "alpha", 0.01))
OPERATORS["Elu"] = _one_by_one("elu", ("alpha", "alpha", 1.0))
OPERATORS["Celu"] = _one_by_one("celu", ("alpha", "alpha", 1.0))
OPERATORS["Gelu"] = _one_by_one("gelu", ("approximate", "approximate", "none"))
for _name in (
    "Exp",
    "Log",
    "Sqrt",
    "Abs",
    "Sign",
    "Sin",
    "Cos",
    "Erf",
    "Reciprocal",
    "Floor",
    "Ceil",
    "Round",
):
    OPERATORS[_name] = _one_by_one("math", function=_name.lower())
OPERATORS["Neg"] = _one_by_one("rescale", scale=-1)
OPERATORS["Not"] = _one_by_one("compare", by="equal", value=0)


@operator("HardSigmoid")
def hard_sigmoid(ops: Operations, call: NodeCall) -> Tensor:
    slope, offset = call("alpha", 0.2), call("beta", 0.5)
    options = {} if abs(slope - 1 / 6) < 1e-6 and offset == 0.5 else {"slope": slope, "offset": offset}
    return ops.same("hard_sigmoid", ops.tensor(call[0]), options)


@operator("Identity", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear")
def unchanged(ops: Operations, call: NodeCall) -> Any:
    return call[0]


@operator("Dropout")
def dropout(ops: Operations, call: NodeCall) -> Any:
    y = ops.same("dropout", ops.tensor(call[0]))
    return [y, None] if len(call.outputs) > 1 else y


@operator("Clip")
def clip(ops: Operations, call: NodeCall) -> Tensor:
    low, high = (
        call(name) if call.opset < 11 else scalar(call[n + 1]) for n, name in enumerate(("min", "max"))
    )
    x = ops.tensor(call[0])
    return ops.bounded(x, low, high)


@operator("PRelu")
def prelu(ops: Operations, call: NodeCall) -> Tensor:
    x, weight = ops.tensor(call[0]), call[1]
    if not isinstance(weight, Array):
        raise UnsupportedError("slopes that the network computes")
    y = ops.rearranged(x, [*(a for a in ops.whole_order(x) if a != 1), 1]) if x.rank > 2 else x
    slopes = weight.reshaped((prod(weight.shape),))
    return ops.same("prelu", y, {"shared": True} if slopes.shape == (1,) else {}, {"weight": slopes})
