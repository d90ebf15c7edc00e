"""PyTorch's operators as layers: normalisation and softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.interop.aten_operators.registry import operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array

if TYPE_CHECKING:
    from cnncalc.interop.aten import OperatorCall


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
    y = ops.batch_norm(
        call("input"),
        {name: call(name) for name in names},
        call("eps", 1e-5),
        running=not training and call("running_mean") is not None,
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("layer_norm", "native_layer_norm")
def layer_norm(ops: Operations, call: OperatorCall) -> Any:
    y = ops.layer_norm(
        "layer_norm",
        call("input"),
        len(call("normalized_shape")),
        call("weight"),
        call("bias"),
        call("eps", 1e-5),
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("rms_norm", "_fused_rms_norm")
def rms_norm(ops: Operations, call: OperatorCall) -> Any:
    epsilon = call("eps", 2**-23)
    y = ops.layer_norm(
        "rms_norm", call("input"), len(call("normalized_shape")), call("weight"), None, epsilon
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("group_norm", "native_group_norm")
def group_norm(ops: Operations, call: OperatorCall) -> Any:
    groups = call("num_groups", call("group"))
    y = ops.by_channel(
        "group_norm",
        call("input", call("self")),
        call("weight"),
        call("bias"),
        {"groups": groups, "epsilon": call("eps", 1e-5)},
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("instance_norm")
def instance_norm(ops: Operations, call: OperatorCall) -> Any:
    return ops.by_channel(
        "instance_norm", call("input"), call("weight"), call("bias"), {"epsilon": call("eps", 1e-5)}
    )


@operator("softmax", "_softmax", "special_softmax")
def softmax(ops: Operations, call: OperatorCall) -> Any:
    return ops.softmax("softmax", call("self"), call("dim"))


@operator("log_softmax", "_log_softmax")
def log_softmax(ops: Operations, call: OperatorCall) -> Any:
    return ops.softmax("log_softmax", call("self"), call("dim"))
