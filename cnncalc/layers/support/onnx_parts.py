"""The common parts of several kinds' counterparts in ONNX. Arrays are (N, channels, positions ...).

The operators are given: `onnx.Relu(x)` applies the operator to an array.
"""

from typing import Any

from cnncalc.layers.support.as_written import AsWritten, WindowedLayer, as_written

FLOAT = 1
"""The number of float32 among ONNX's types."""


def onnx_padding(window: AsWritten) -> dict[str, Any]:
    """Padding as ONNX's operators take it: by a word, or in numbers."""
    steps = zip(window.stride, window.kernel, strict=True)
    # onnxruntime has no other `same`, and pads by less than nothing where a stride passes over pixels
    if window.word == "same" and set(window.dilation) == {1} and all(s <= f for s, f in steps):
        return {"auto_pad": "SAME_UPPER"}
    befores, afters = zip(*window.pads, strict=True)
    return {"pads": [*befores, *afters]}


def onnx_conv(onnx: Any, layer: WindowedLayer, x: Any, kernels: Any, bias: Any, groups: int) -> Any:
    """A convolution of any rank."""
    window = as_written(layer, x.shape[2:])
    if window.ceil:  # no convolution of ONNX has that
        window = window._replace(pads=[(a, max(b, 0)) for a, b in window.fitted()], word="")
    return onnx.Conv(
        x,
        kernels,
        bias,
        strides=window.stride,
        dilations=window.dilation,
        group=int(groups),
        **onnx_padding(window),
    )


def onnx_max_pool(onnx: Any, layer: WindowedLayer, x: Any, count: int) -> Any:
    """The first `count` of the largest values of windows and of their places in the array."""
    window = as_written(layer, x.shape[2:])
    if any(max(pad) >= size for pad, size in zip(window.pads, window.kernel, strict=True)):
        return None  # ONNX pads by less than the kernel
    return onnx.several(
        count,
        "MaxPool",
        x,
        kernel_shape=window.kernel,
        strides=window.stride,
        dilations=window.dilation,
        ceil_mode=int(window.ceil),
        **onnx_padding(window),
    )


def by_channel(weight: Any, x: Any) -> Any:
    """A weight of one number a channel, to be stretched over the positions."""
    return weight.reshape(-1, *(1,) * (x.ndim - 2))
