"""ONNX's operators as layers: products with weights and of values."""

from math import prod
from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array


@operator("Gemm")
def gemm(ops: Operations, call: "NodeCall") -> Any:
    x, weight, bias = call[0], call[1], call[2]
    if call("transA", 0):
        x = ops.transpose(x, [1, 0])
    weight = weight if call("transB", 0) else ops.transpose(weight, [1, 0])
    scale, share = call("alpha", 1.0), call("beta", 1.0)
    if (scale, share) != (1, 1):
        y = ops.tensor(ops.linear(x, weight, None, call.out))
        y = y if scale == 1 else ops.same("rescale", y, {"scale": scale})
        if bias is None or share == 0:
            return y
        bias = ops.tensor(bias)
        return ops.merged("add", [y, bias if share == 1 else ops.same("rescale", bias, {"scale": share})])
    if isinstance(bias, Array) and isinstance(weight, Array):
        bias = bias.reshaped((prod(bias.shape),))
        if bias.shape != (weight.shape[0],):
            return ops.merged("add", [ops.linear(x, weight, None, call.out), bias])
    return ops.linear(x, weight, bias, call.out)


@operator("MatMul")
def matmul(ops: Operations, call: "NodeCall") -> Any:
    return ops.product(call[0], call[1], call.out)


@operator("Trilu")
def triangle(ops: Operations, call: "NodeCall") -> Any:
    rows, columns = call.out[-2:]
    diagonal = call.numbers(1) or [0]
    kept = ops.triangle("triu" if call("upper", 1) else "tril", rows, columns, int(diagonal[0]))
    return ops.merged("multiply", [call[0], kept])


@operator("Einsum")
def einsum(ops: Operations, call: "NodeCall") -> Any:
    return ops.einsum(call("equation"), call.inputs, call.out)
