"""PyTorch's operators as layers: operators that do the same to each value, or nothing."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.interop.aten_operators.registry import OPERATORS, Operator, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of

if TYPE_CHECKING:
    from cnncalc.interop.aten import OperatorCall


def _one_by_one(kind: str, *options: tuple[str, str, Any]) -> Operator:
    """An operator that does the same to each value; options are (ours, the operator's, its default)."""

    def made(ops: Operations, call: OperatorCall) -> Tensor:
        given = {name: call.number(theirs, default) for name, theirs, default in options}
        return ops.same(kind, ops.tensor(call("self", call("input"))), given)

    return made


for _name, _kind in {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu", "mish": "mish",
    "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid", "selu": "selu", "softsign": "softsign",
    "log_sigmoid": "log_sigmoid",
}.items():  # fmt: skip
    OPERATORS[f"aten.{_name}"] = _one_by_one(_kind)
OPERATORS["aten.leaky_relu"] = _one_by_one("leaky_relu", ("slope", "negative_slope", 0.01))
OPERATORS["aten.elu"] = _one_by_one("elu", ("alpha", "alpha", 1.0))
OPERATORS["aten.celu"] = _one_by_one("celu", ("alpha", "alpha", 1.0))
OPERATORS["aten.softplus"] = _one_by_one("softplus", ("beta", "beta", 1.0))


def _math(function: str) -> Operator:
    def made(ops: Operations, call: OperatorCall) -> Tensor:
        return ops.same("math", ops.tensor(call("self")), {"function": function})

    return made


for _name in (
    "exp", "log", "sqrt", "rsqrt", "square", "abs", "sign", "sin", "cos", "erf", "reciprocal", "floor",
    "ceil", "round",
):  # fmt: skip
    OPERATORS[f"aten.{_name}"] = _math(_name)


@operator("gelu")
def gelu(ops: Operations, call: OperatorCall) -> Tensor:
    return ops.same("gelu", ops.tensor(call("self")), {"approximate": call("approximate", "none")})


@operator("hardtanh", "clamp", "clip", "clamp_min", "clamp_max")
def clip(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    hard = call.node.op.startswith("aten.hardtanh")
    low = call.number("min_val", -1.0) if hard else call("min")
    high = call.number("max_val", 1.0) if hard else call("max")
    return ops.bounded(x, low, high)


@operator("glu")
def glu(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    axis = axis_of(call("dim", -1), x.rank)
    options = {"axis": ops.axis(x, axis)}
    return ops.layer("glu", options, (x.source,), ops.sizes(call.out, x.batch), x.order, x.batch)


@operator("prelu", "_prelu_kernel")
def prelu(ops: Operations, call: OperatorCall) -> Tensor:
    x, weight = ops.tensor(call("self")), call("weight")
    if not isinstance(weight, Array):
        raise UnsupportedError("slopes that the network computes")
    y = ops.rearranged(x, [*(a for a in ops.whole_order(x) if a != 1), 1]) if x.rank > 2 else x
    slopes = weight.reshaped((prod(weight.shape),))
    return ops.same("prelu", y, {"shared": True} if slopes.shape == (1,) else {}, {"weight": slopes})


@operator("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout")
def dropout(ops: Operations, call: OperatorCall) -> Any:
    x = call("input", call("self"))
    return x if isinstance(x, Array) else ops.same("dropout", x, {"rate": call("p", 0.5)})


@operator("alias", "detach", "contiguous", "clone", "lift_fresh_copy", "to", "_to_copy", "type_as", "float",
          "alias_copy", "detach_copy", "positive", "identity", "rename")  # fmt: skip
def unchanged(ops: Operations, call: OperatorCall) -> Any:
    return call("self", call("input"))
