"""ONNX's operators as layers: products with weights and of values."""

from math import prod
from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, UnsupportedError


@operator("Gemm")
def gemm(ops: Operations, call: "NodeCall") -> Any:
    x, weight, bias = call[0], call[1], call[2]
    if call("transA", 0):
        x = ops.transpose(x, [1, 0])
    weight = weight if call("transB", 0) else ops.transpose(weight, [1, 0])
    if call("alpha", 1.0) != 1 or call("beta", 1.0) != 1 or not isinstance(weight, Array):
        raise UnsupportedError("factors, or a matrix that the network computes")
    if isinstance(bias, Array):
        bias = bias.reshaped((prod(bias.shape),))
        if bias.shape != (weight.shape[0],):
            return ops.merged("add", [ops.linear(x, weight, None, call.out), bias])
    return ops.linear(x, weight, bias, call.out)


@operator("MatMul")
def matmul(ops: Operations, call: "NodeCall") -> Any:
    return ops.product(call[0], call[1], call.out)


@operator("Einsum")
def einsum(ops: Operations, call: "NodeCall") -> Any:
    return ops.einsum(call("equation"), call.inputs, call.out)
