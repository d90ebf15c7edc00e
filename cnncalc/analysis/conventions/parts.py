"""The parts that the counts of several tools are made of."""

from __future__ import annotations

from cnncalc.analysis.conventions.engine import Part, Seen
from cnncalc.expr import product

CONVS = ("conv", "depthwise_conv")
NORMS = ("layer_norm", "group_norm", "instance_norm")
MAX_POOLS = ("max_pool", "adaptive_max_pool", "global_max_pool")
ADAPTIVE = ("adaptive_avg_pool", "global_avg_pool")
AVG_POOLS = ("avg_pool", *ADAPTIVE)
FREE = (
    *("add", "multiply", "concat", "dropout", "flatten", "reshape", "permute", "slice", "crop", "zero_pad"),
    *("pixel_shuffle", "channel_shuffle"),
)
"""What every tool counts as nothing."""
UNCOUNTED = ("sigmoid", "hard_sigmoid", "hard_swish", "tanh", "selu", "softplus", "log_softmax")
"""Activations that no tool has a rule for, so that each counts them as nothing."""

PRODUCTS = Part("products", lambda x: x.macs, "counts each multiply-accumulate with a weight")
DOUBLED = Part(
    "2 for 1",
    lambda x: x.macs,
    "counts a multiply-accumulate as two, the product and the sum",
    "counts it as one",
)
BIAS = Part(
    "bias",
    lambda x: x.values_out if x.bias else 0,
    "counts the addition of the bias, one for each output",
    "leaves it out",
)
TRANSPOSED = Part(
    "transposed",
    lambda x: x.weight * (product(x.output[:-1]) - product(x.inputs[0][:-1])),
    "takes the kernel once for each output position",
    "takes it once for each input position, which is how often it is used",
)


def weights(reason: str) -> Part:
    """Its parameters."""
    return Part(reason, lambda x: x.params, "counts its parameters, each once")


def per_value(times: int, reason: str = "values") -> Part:
    """So many for each value that comes in."""
    return Part(reason, lambda x: times * pooled(x), f"counts {times} for each value that comes in")


def per_output(times: int, reason: str = "values") -> Part:
    """So many for each value that comes out."""
    return Part(reason, lambda x: times * x.values_out, f"counts {times} for each value that comes out")


LRN = Part(
    "normalising",
    lambda x: 4 * x.values_in + (x.layer.size - 1) * product(x.inputs[0][:-1]),  # type: ignore[attr-defined]
    "counts the squares, the average over the padded channels, the factor and the constant",
)


def norm(affine: int, plain: int) -> Part:
    """So many for each value with a factor and a shift, and without them."""
    return Part(
        "normalising",
        lambda x: (affine if x.affine else plain) * x.values_in,
        f"counts {affine} for each value ({plain} without a factor and a shift)",
    )


def pooled(x: Seen) -> int:
    """The values that a module reads: padding that PyTorch's poolings don't do is added before them."""
    window = x.layer.window(*x.inputs) or ()
    if all(axis.before == axis.after and 2 * axis.before <= axis.kernel for axis in window):
        return x.values_in
    return product(axis.size + axis.before + axis.after for axis in window) * x.channels
