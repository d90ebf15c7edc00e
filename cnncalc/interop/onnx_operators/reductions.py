"""ONNX's operators as layers: reductions, places of the largest, running sums."""

from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.operations import Operations

_REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceProd": "product",
    "ReduceL1": "l1",
    "ReduceL2": "l2",
    "ReduceLogSumExp": "logsumexp",
}


@operator(*_REDUCTIONS)
def reduction(ops: Operations, call: "NodeCall") -> Any:
    axes = call("axes") or call.numbers(1)
    if axes is None and call("noop_with_empty_axes", 0):
        return call[0]
    return ops.reduce(call[0], _REDUCTIONS[call.op], axes, call.out, keep=bool(call("keepdims", 1)))


@operator("ReduceLogSum")
def logarithm_of_sum(ops: Operations, call: "NodeCall") -> Any:
    axes, keep = call("axes") or call.numbers(1), bool(call("keepdims", 1))
    return ops.same("math", ops.reduce(call[0], "sum", axes, call.out, keep=keep), {"function": "log"})


@operator("ReduceSumSquare")
def sum_of_squares(ops: Operations, call: "NodeCall") -> Any:
    squares = ops.same("math", ops.tensor(call[0]), {"function": "square"})
    return ops.reduce(
        squares, "sum", call("axes") or call.numbers(1), call.out, keep=bool(call("keepdims", 1))
    )


@operator("ArgMax", "ArgMin")
def place(ops: Operations, call: "NodeCall") -> Any:
    return ops.reduce(call[0], call.op.lower(), [call("axis", 0)], call.out, keep=bool(call("keepdims", 1)))
