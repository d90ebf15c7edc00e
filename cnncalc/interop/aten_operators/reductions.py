"""PyTorch's operators as layers: reductions, places of the largest, running sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.interop.aten_operators.registry import operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import UnsupportedError, axis_of

if TYPE_CHECKING:
    from cnncalc.interop.aten import OperatorCall


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
    by = _REDUCTIONS[call.node.op.rpartition(".")[2]]
    more = {"correction": call("correction", 1)} if by in ("std", "var") else {}
    if call("unbiased", default=True) is False:
        more = {"correction": 0}
    return ops.reduce(call("self"), by, _axes(call), call.out, keep=call("keepdim", default=False), more=more)


@operator("var_mean", "std_mean")
def two_reductions(ops: Operations, call: OperatorCall) -> Any:
    by, keep = call.node.op.rpartition(".")[2].partition("_")[0], call("keepdim", default=False)
    return [
        ops.reduce(
            call("self"), by, _axes(call), call.out[0], keep=keep, more={"correction": call("correction", 1)}
        ),
        ops.reduce(call("self"), "mean", _axes(call), call.out[1], keep=keep),
    ]


@operator("max", "min")
def highest(ops: Operations, call: OperatorCall) -> Any:
    by = call.node.op.rpartition(".")[2]
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
    if degree not in (1, 2):
        raise UnsupportedError(f"a norm of degree {degree}")
    return ops.reduce(
        call("self"), f"l{int(degree)}", _axes(call), call.out, keep=call("keepdim", default=False)
    )


@operator("topk")
def topk(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    axis = axis_of(call("dim", -1), x.rank)
    return [
        ops.resized(
            x,
            axis,
            call("k"),
            "top_k",
            {
                "k": call("k"),
                "axis": ops.axis(x, axis),
                "returns": what,
                "smallest": not call("largest", default=True),
            },
        )
        for what in ("values", "indices")
    ]


@operator("cumsum")
def cumsum(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    return ops.same("cumsum", x, {"axis": ops.axis(x, axis_of(call("dim"), x.rank))})
