"""ONNX's operators as layers: normalisation and softmax."""

from math import prod
from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, UnsupportedError, axis_of


@operator("BatchNormalization")
def batch_norm(ops: Operations, call: NodeCall) -> Any:
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {name: call[n + 1] for n, name in enumerate(names)}
    return ops.batch_norm(call[0], arrays, call("epsilon", 1e-5), running=not call("training_mode", 0))


@operator("InstanceNormalization")
def instance_norm(ops: Operations, call: NodeCall) -> Any:
    return ops.by_channel("instance_norm", call[0], call[1], call[2], {"epsilon": call("epsilon", 1e-5)})


@operator("GroupNormalization")
def group_norm(ops: Operations, call: NodeCall) -> Any:
    options = {"groups": call("num_groups"), "epsilon": call("epsilon", 1e-5)}
    if isinstance(call[1], Array) and call[1].shape != (ops.shape(call[0])[1],):
        raise UnsupportedError("a factor for each group")
    return ops.by_channel("group_norm", call[0], call[1], call[2], options)


@operator("LayerNormalization")
def layer_norm(ops: Operations, call: NodeCall) -> Any:
    rank = len(ops.shape(call[0]))
    last = rank - axis_of(call("axis", -1), rank)
    return ops.layer_norm("layer_norm", call[0], last, call[1], call[2], call("epsilon", 1e-5))


@operator("Softmax", "LogSoftmax")
def softmax(ops: Operations, call: NodeCall) -> Any:
    kind = "softmax" if call.op == "Softmax" else "log_softmax"
    rank = len(call.out)
    axis = axis_of(call("axis", -1 if call.opset >= 13 else 1), rank)
    if call.opset < 13 and prod(call.out[axis + 1 :]) != 1:
        raise UnsupportedError("over several axes together")
    return ops.softmax(kind, call[0], axis)


@operator("LpNormalization")
def unit_norm(ops: Operations, call: NodeCall) -> Any:
    x = ops.tensor(call[0])
    axis = axis_of(call("axis", -1), x.rank)
    y = ops.reduce(x, f"l{call('p', 2)}", [axis], (*call.out[:axis], 1, *call.out[axis + 1 :]), keep=True)
    return ops.merged("divide", [x, y])
