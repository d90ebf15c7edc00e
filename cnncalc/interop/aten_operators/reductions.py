"""PyTorch's operators as layers: reductions, places of the largest, running sums."""

from math import inf
from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import UnsupportedError, axis_of

_REDUCTIONS = {
    "mean": "mean",
    "sum": "sum",
    "amax": "max",
    "amin": "min",
    "prod": "product",
    "logsumexp": "logsumexp",
    "argmax": "argmax",
    "argmin": "argmin",
    "std": "std",
    "var": "var",
}


def _axes(call: OperatorCall) -> list[int] | None:
    dim = call("dim")
    return [dim] if isinstance(dim, int) else dim


@operator(*_REDUCTIONS)
def reduction(ops: Operations, call: OperatorCall) -> Any:
    by = _REDUCTIONS[call.op]
    more = {"correction": call("correction", 1)} if by in ("std", "var") else {}
    if call("unbiased", default=True) is False:
        more = {"correction": 0}
    return ops.reduce(call("self"), by, _axes(call), call.out, keep=call("keepdim", default=False), more=more)


@operator("var_mean", "std_mean")
def two_reductions(ops: Operations, call: OperatorCall) -> Any:
    by, keep = call.op.partition("_")[0], call("keepdim", default=False)
    more = {"correction": call("correction", 1)}
    return [
        ops.reduce(call("self"), by, _axes(call), call.out[0], keep=keep, more=more),
        ops.reduce(call("self"), "mean", _axes(call), call.out[1], keep=keep),
    ]


@operator("max", "min")
def highest(ops: Operations, call: OperatorCall) -> Any:
    by = call.op
    if call("other") is not None:
        return ops.merged("maximum" if by == "max" else "minimum", [call("self"), call("other")])
    if call("dim") is None:
        return ops.reduce(call("self"), by, None, call.out, keep=False)
    keep = call("keepdim", default=False)
    return [
        ops.reduce(call("self"), by, _axes(call), call.out[0], keep=keep),
        ops.reduce(call("self"), f"arg{by}", _axes(call), call.out[1], keep=keep),
    ]


@operator("linalg_vector_norm", "norm")
def norm(ops: Operations, call: OperatorCall) -> Any:
    degree = call("ord", call("p", 2))
    keep = call("keepdim", default=False)
    if degree == inf:
        sizes = ops.same("math", ops.tensor(call("self")), {"function": "abs"})
        return ops.reduce(sizes, "max", _axes(call), call.out, keep=keep)
    if degree not in (1, 2):
        raise UnsupportedError(f"a norm of degree {degree}")
    return ops.reduce(call("self"), f"l{int(degree)}", _axes(call), call.out, keep=keep)


@operator("topk")
def topk(ops: Operations, call: OperatorCall) -> Any:
    return ops.top_k(call("self"), call("dim", -1), call("k"), largest=call("largest", default=True))


@operator("sort", "argsort")
def sort(ops: Operations, call: OperatorCall) -> Any:
    axis = axis_of(call("dim", -1), len(call.first))
    down = call("descending", default=False)
    values, places = ops.top_k(call("self"), axis, call.first[axis], largest=down)
    return places if call.op == "argsort" else [values, places]


@operator("any", "all")
def holds(ops: Operations, call: OperatorCall) -> Any:
    told = ops.compare("not_equal", call("self"), None, 0)
    by = "max" if call.op == "any" else "min"
    return ops.reduce(told, by, _axes(call), call.out, keep=call("keepdim", default=False))


@operator("cumsum")
def cumsum(ops: Operations, call: OperatorCall) -> Any:
    return ops.along("cumsum", call("self"), call("dim"))
