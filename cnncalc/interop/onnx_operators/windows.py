"""ONNX's operators as layers: windows, poolings, resizing."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.operations.options import one_or_each, padding, scale_or_size
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError


def _pads(call: NodeCall, dims: int) -> Any:
    """Pairs (before, after), or the word for padding that keeps the size."""
    word = call("auto_pad", "NOTSET")
    if word in ("NOTSET", "VALID"):
        given = call("pads", [0] * (2 * dims)) if word == "NOTSET" else [0] * (2 * dims)
        return list(zip(given[:dims], given[dims:], strict=True))
    return word


def _explicit(ops: Operations, call: NodeCall, kernel: Sequence[int], strides: Sequence[int]) -> Any:
    """Pairs (before, after), also where a word says them."""
    dims = len(kernel)
    pads = _pads(call, dims)
    if not isinstance(pads, str):
        return pads
    found = []
    for size, k, s, d in zip(
        ops.shape(call[0])[2:], kernel, strides, call("dilations", [1] * dims), strict=True
    ):
        missing = max((ceil(size / s) - 1) * s + (k - 1) * d + 1 - size, 0)
        near, far = missing // 2, missing - missing // 2
        found.append((far, near) if pads == "SAME_LOWER" else (near, far))
    return found


@operator("Conv", "ConvTranspose")
def convolution(ops: Operations, call: NodeCall) -> Tensor:
    weight = call[1]
    kernel = ops.shape(weight)[2:]
    dims, transposed = len(kernel), call.op == "ConvTranspose"
    strides = call("strides", [1] * dims)
    if transposed and isinstance(_pads(call, dims), str):
        raise UnsupportedError("padding by a word")
    return ops.conv(
        call[0],
        weight,
        call[2],
        call.out,
        stride=strides,
        pads=_explicit(ops, call, kernel, strides),
        dilation=call("dilations", [1] * dims),
        groups=call("group", 1),
        transposed=call("output_padding", [0] * dims) if transposed else None,
    )


@operator("MaxPool", "AveragePool")
def pool(ops: Operations, call: NodeCall) -> Any:
    kernel = call("kernel_shape")
    strides = call("strides", [1] * len(kernel))
    if call.op == "AveragePool" and max(call("dilations", [1])) > 1:
        raise UnsupportedError("dilation")
    if call.op == "MaxPool":
        kind, more = "max_pool", {"dilation": one_or_each(call("dilations", [1] * len(kernel)))}
    else:
        kind, more = "avg_pool", {"count_padding": bool(call("count_include_pad", 0))}
    return ops.pool(
        kind, call[0], call.first, kernel=kernel, stride=strides, pads=_explicit(ops, call, kernel, strides),
        ceil=bool(call("ceil_mode", 0)), more=more,
    )  # fmt: skip


@operator("GlobalAveragePool", "GlobalMaxPool")
def global_pool(ops: Operations, call: NodeCall) -> Tensor:
    kind = "global_avg_pool" if call.op == "GlobalAveragePool" else "global_max_pool"
    return ops.windowed(kind, {}, call[0], len(call.out) - 2, call.out)


@operator("Resize", "Upsample")
def resize(ops: Operations, call: NodeCall) -> Tensor:
    x = ops.tensor(call[0])
    given, wanted = ops.shape(x)[2:], call.out[2:]
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[call("mode", "nearest")]
    if call("antialias", 0) or call("exclude_outside", 0):
        raise UnsupportedError("with antialiasing, or without what lies outside")
    if mode == "bicubic" and call("cubic_coeff_a", -0.75) != -0.75:
        raise UnsupportedError("another cubic curve")
    scales = call[2 if call.op == "Resize" and call.opset > 10 else 1]
    given_scales = scales.read().reshape(-1).tolist() if isinstance(scales, Array) else call("scales", ())
    if any(abs(n * s - m) > 1e-3 for n, m, s in zip(ops.shape(x), call.out, given_scales, strict=False)):
        raise UnsupportedError("a scale that leaves a part of a pixel")
    coordinates = call("coordinate_transformation_mode", "half_pixel" if call.opset > 10 else "asymmetric")
    options: dict[str, Any] = {"mode": mode, **scale_or_size(given, wanted)}
    if mode == "nearest":
        way = call("nearest_mode", "round_prefer_floor") if call.opset > 10 else "floor"
        plain = coordinates == "asymmetric" and way == "floor"
        if not plain and not ("scale" in options and coordinates == "half_pixel"):
            options |= {"coordinates": coordinates, "rounding": way}
    elif coordinates not in ("half_pixel", "pytorch_half_pixel"):
        options["coordinates"] = coordinates
    return ops.windowed("upsample", options, x, len(wanted), call.out)


@operator("DepthToSpace")
def depth_to_space(ops: Operations, call: NodeCall) -> Any:
    scale = call("blocksize")
    if call("mode", "DCR") == "CRD":
        return ops.windowed("pixel_shuffle", {"scale": scale}, call[0], 2, call.out)
    n, c, h, w = ops.shape(call[0])
    y = ops.view(call[0], (n, scale, scale, c // scale**2, h, w))
    return ops.view(ops.transpose(y, [0, 3, 4, 1, 5, 2]), call.out)


@operator("SpaceToDepth")
def space_to_depth(ops: Operations, call: NodeCall) -> Any:
    scale = call("blocksize")
    n, c, h, w = ops.shape(call[0])
    y = ops.view(call[0], (n, c, h // scale, scale, w // scale, scale))
    return ops.view(ops.transpose(y, [0, 3, 5, 1, 2, 4]), call.out)


@operator("Col2Im")
def fold(ops: Operations, call: NodeCall) -> Tensor:
    kernel = call.numbers(2) or []
    dims = len(kernel)
    if dims != 2:
        raise UnsupportedError(f"windows of {dims} dimensions")
    options = {
        "kernel": one_or_each(kernel),
        "stride": one_or_each(call("strides", [1] * dims)),
        "padding": padding(_pads(call, dims)),
        "dilation": one_or_each(call("dilations", [1] * dims)),
    }
    return ops.folded(call[0], call.out, options)


@operator("LRN")
def lrn(ops: Operations, call: NodeCall) -> Tensor:
    options = {
        "size": call("size"),
        "alpha": call("alpha", 1e-4),
        "beta": call("beta", 0.75),
        "k": call("bias", 1.0),
    }
    return ops.windowed("lrn", options, call[0], len(call.out) - 2, call.out)


@operator("GridSample")
def grid_sample(ops: Operations, call: NodeCall) -> Tensor:
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(call("mode", "linear"), call("mode"))
    options = {
        "mode": mode or "bilinear",
        "padding": call("padding_mode", "zeros"),
        "align_corners": bool(call("align_corners", 0)),
    }
    return ops.sampled(call[0], call[1], call.out, options)
