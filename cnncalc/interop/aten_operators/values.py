"""PyTorch's operators as layers: operators that do the same to each value, or nothing."""

from typing import Any

from cnncalc.interop.aten_operators import OPERATORS, OperatorCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, axis_of

for _name, _kind in {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu", "mish": "mish",
    "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid", "selu": "selu", "softsign": "softsign",
    "log_sigmoid": "log_sigmoid",
}.items():  # fmt: skip
    OPERATORS.one_by_one(_name, _kind)
for _name in (
    "exp", "log", "sqrt", "rsqrt", "square", "abs", "sign", "sin", "cos", "erf", "reciprocal", "floor",
    "ceil", "round",
):  # fmt: skip
    OPERATORS.one_by_one(_name, "math", function=_name)
OPERATORS.one_by_one("leaky_relu", "leaky_relu", ("slope", "negative_slope", 0.01))
OPERATORS.one_by_one("elu", "elu", ("alpha", "alpha", 1.0))
OPERATORS.one_by_one("celu", "celu", ("alpha", "alpha", 1.0))
OPERATORS.one_by_one("softplus", "softplus", ("beta", "beta", 1.0))
OPERATORS.one_by_one("threshold", "threshold", ("at", "threshold", 0.0), ("value", "value", 0.0))
OPERATORS.one_by_one("gelu", "gelu", ("approximate", "approximate", "none"))


@operator("hardtanh", "clamp", "clip", "clamp_min", "clamp_max")
def clip(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    hard = call.op == "hardtanh"
    low = call.plain("min_val", -1.0) if hard else call("min")
    high = call.plain("max_val", 1.0) if hard else call("max")
    return ops.bounded(x, low, high)


@operator("glu")
def glu(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    axis = axis_of(call("dim", -1), x.rank)
    options = {"axis": ops.axis(x, axis)}
    return ops.layer("glu", options, (x.source,), ops.sizes(call.out, x.batch), x.order, x.batch)


@operator("prelu", "_prelu_kernel")
def prelu(ops: Operations, call: OperatorCall) -> Tensor:
    return ops.prelu(call("self"), call("weight"))


@operator("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout")
def dropout(ops: Operations, call: OperatorCall) -> Any:
    x = call.operand
    return x if isinstance(x, Array) else ops.same("dropout", x, {"rate": call("p", 0.5)})


@operator("alias", "detach", "contiguous", "clone", "lift_fresh_copy", "to", "_to_copy", "type_as", "float",
          "alias_copy", "detach_copy", "positive", "identity", "rename")  # fmt: skip
def unchanged(ops: Operations, call: OperatorCall) -> Any:
    return call.operand
