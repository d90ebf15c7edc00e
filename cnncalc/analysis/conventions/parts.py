"""The parts that the counts of several tools are made of."""

from cnncalc.analysis.conventions.engine import ModuleView, Part
from cnncalc.expr import product
from cnncalc.languages import Message

CONVS = ("conv", "depthwise_conv")
NORMS = ("layer_norm", "group_norm", "instance_norm")
MAX_POOLS = ("max_pool", "adaptive_max_pool", "global_max_pool")
ADAPTIVE = ("adaptive_avg_pool", "global_avg_pool")
AVG_POOLS = ("avg_pool", *ADAPTIVE)
FREE = (
    *("add", "multiply", "concat", "dropout", "flatten", "reshape", "permute", "slice", "crop", "zero_pad"),
    *("pixel_shuffle", "channel_shuffle"),
)
"""The kinds that every tool counts as nothing."""
UNCOUNTED = ("sigmoid", "hard_sigmoid", "hard_swish", "tanh", "selu", "softplus", "log_softmax")
"""Activations that no tool has a rule for, so that each counts them as nothing."""

PRODUCTS = Part(Message("reason.products"), lambda x: x.macs, Message("tool.products"))
DOUBLED = Part(
    Message("reason.doubled"),
    lambda x: x.macs,
    Message("tool.two"),
    Message("tool.one"),
)
BIAS = Part(
    Message("reason.bias"),
    lambda x: x.values_out if x.bias else 0,
    Message("tool.bias"),
    Message("tool.left_out"),
)
BIAS_OF_UNITS = Part(
    Message("reason.bias"),
    lambda x: x.output[-1] if x.bias else 0,
    Message("tool.bias_of_units"),
    Message("tool.left_out"),
)
"""The biases of a dense layer, which are not counted at each position anew."""
TRANSPOSED = Part(
    Message("reason.transposed"),
    lambda x: x.weight * (product(x.output[:-1]) - product(x.inputs[0][:-1])),
    Message("tool.at_outputs"),
    Message("tool.at_inputs"),
)


def weights(reason: str) -> Part:
    """Its parameters."""
    return Part(Message(f"reason.{reason}"), lambda x: x.params, Message("tool.params"))


def per_value(times: int, reason: str = "values") -> Part:
    """So many for each value that comes in."""
    return Part(
        Message(f"reason.{reason}"), lambda x: times * pooled(x), Message("tool.each_in", times=times)
    )


def per_output(times: int, reason: str = "values") -> Part:
    """So many for each value that comes out."""
    return Part(
        Message(f"reason.{reason}"), lambda x: times * x.values_out, Message("tool.each_out", times=times)
    )


LRN = Part(
    Message("reason.normalising"),
    lambda x: 4 * x.values_in + (x.options["size"] - 1) * product(x.inputs[0][:-1]),
    Message("tool.lrn"),
)


def norm(affine: int, plain: int) -> Part:
    """So many for each value with a factor and a shift, and without them."""
    return Part(
        Message("reason.normalising"),
        lambda x: (affine if x.affine else plain) * x.values_in,
        Message("tool.norm", affine=affine, plain=plain),
    )


def pooled(x: ModuleView) -> int:
    """The values that a module reads: padding that PyTorch's poolings don't do is added before them."""
    axes = x.layer.geometry(*x.inputs)
    if all(axis.before == axis.after and 2 * axis.before <= axis.kernel for axis in axes):
        return x.values_in
    return product(axis.size + axis.before + axis.after for axis in axes) * x.channels
