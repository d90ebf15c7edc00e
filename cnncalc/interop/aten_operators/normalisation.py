"""PyTorch's operators as layers: normalisation and softmax."""

from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array


@operator(
    "batch_norm",
    "_native_batch_norm_legit_no_training",
    "_native_batch_norm_legit",
    "_native_batch_norm_legit_functional",
    "native_batch_norm",
)
def batch_norm(ops: Operations, call: OperatorCall) -> Any:
    names = ("weight", "bias", "running_mean", "running_var")
    training = call("training", default=False)
    x = call("input")
    if isinstance(x, Array) and call("running_mean") is None and call("bias") is None:
        return ops.standardised(x, call("weight"), call("eps", 1e-5))
    return ops.batch_norm(
        call("input"),
        {name: call(name) for name in names},
        call("eps", 1e-5),
        running=not training and call("running_mean") is not None,
    )


@operator("layer_norm", "native_layer_norm")
def layer_norm(ops: Operations, call: OperatorCall) -> Any:
    last, epsilon = len(call("normalized_shape")), call("eps", 1e-5)
    return ops.layer_norm("layer_norm", call("input"), last, call("weight"), call("bias"), epsilon)


@operator("rms_norm", "_fused_rms_norm")
def rms_norm(ops: Operations, call: OperatorCall) -> Any:
    last, epsilon = len(call("normalized_shape")), call("eps", 2**-23)
    return ops.layer_norm("rms_norm", call("input"), last, call("weight"), None, epsilon)


@operator("group_norm", "native_group_norm")
def group_norm(ops: Operations, call: OperatorCall) -> Any:
    options = {"groups": call("num_groups", call("group")), "epsilon": call("eps", 1e-5)}
    return ops.by_channel("group_norm", call.operand, call("weight"), call("bias"), options)


@operator("instance_norm")
def instance_norm(ops: Operations, call: OperatorCall) -> Any:
    options = {"epsilon": call("eps", 1e-5)}
    return ops.by_channel("instance_norm", call("input"), call("weight"), call("bias"), options)


@operator("softmax", "_softmax", "special_softmax", "log_softmax", "_log_softmax")
def softmax(ops: Operations, call: OperatorCall) -> Any:
    return ops.softmax("log_softmax" if "log" in call.op else "softmax", call("self"), call("dim"))
