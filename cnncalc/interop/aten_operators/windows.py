"""PyTorch's operators as layers: windows, poolings, resizing."""

from collections.abc import Sequence
from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.aten_operators.products import weights
from cnncalc.interop.operations import Operations
from cnncalc.interop.operations.options import one_or_each, scale_or_size
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError


def _each(value: Any, dims: int) -> list[int]:
    """A number for each dimension."""
    given = value if isinstance(value, list) else [value]
    return [int(n) for n in (given * dims if len(given) == 1 else given)]


def _pads(value: Any, dims: int) -> list[tuple[int, int]]:
    return [(n, n) for n in _each(value, dims)]


@operator(
    "conv1d", "conv2d", "conv3d", "convolution", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"
)
def convolution(ops: Operations, call: OperatorCall) -> Tensor:
    weight = weights(ops, call("weight"))
    dims = len(ops.shape(weight)) - 2
    padding = call("padding", 0)
    transposed = call("transposed", default=False) or "transpose" in call.op
    return ops.conv(
        call("input"),
        weight,
        call("bias"),
        call.out,
        stride=_each(call("stride", 1), dims),
        pads=padding if isinstance(padding, str) else _pads(padding, dims),
        dilation=_each(call("dilation", 1), dims),
        groups=call("groups", 1),
        transposed=_each(call("output_padding", 0), dims) if transposed else None,
    )


@operator("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices")
def max_pool(ops: Operations, call: OperatorCall) -> Any:
    dims = int(call.op.partition("d")[0][-1])
    kernel = _each(call("kernel_size"), dims)
    # the places of the largest values are a layer of their own, where something reads them
    kinds = [
        kind for kind, wanted in zip(("max_pool", "max_pool_indices"), call.wanted, strict=False) if wanted
    ]
    made = {
        kind: ops.pool(
            kind, call("self"), call.first, kernel=kernel, stride=_each(call("stride") or kernel, dims),
            pads=_pads(call("padding", 0), dims), ceil=call("ceil_mode", default=False),
            more={"dilation": one_or_each(_each(call("dilation", 1), dims))},
        )
        for kind in kinds
    }  # fmt: skip
    return [made.get("max_pool"), made.get("max_pool_indices")]


@operator("max_unpool2d", "max_unpool3d")
def max_unpool(ops: Operations, call: OperatorCall) -> Tensor:
    dims = int(call.op[-2])
    return ops.unpooled(call("self"), call("indices"), dims, call.out)


@operator("avg_pool1d", "avg_pool2d", "avg_pool3d")
def avg_pool(ops: Operations, call: OperatorCall) -> Tensor:
    dims = int(call.op[-2])
    kernel = _each(call("kernel_size"), dims)
    if call("divisor_override") is not None:
        raise UnsupportedError("a divisor of its own")
    return ops.pool(
        "avg_pool", call("self"), call.out, kernel=kernel, stride=_each(call("stride") or kernel, dims),
        pads=_pads(call("padding", 0), dims), ceil=call("ceil_mode", default=False),
        more={"count_padding": call("count_include_pad", default=True)},
    )  # fmt: skip


@operator(
    *(f"{name}adaptive_{by}_pool{dims}d" for name in ("", "_") for by in ("avg", "max") for dims in (1, 2, 3))
)
def adaptive_pool(ops: Operations, call: OperatorCall) -> Any:
    dims, by = int(call.op[-2]), "avg" if "avg" in call.op else "max"
    options = {"size": one_or_each(call.first[-dims:])}
    return ops.windowed(f"adaptive_{by}_pool", options, call("self"), dims, call.first)


@operator("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_linear1d",
          "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_nearest_exact2d",
          "_upsample_bilinear2d_aa")  # fmt: skip
def upsample(ops: Operations, call: OperatorCall) -> Tensor:
    op = call.op
    dims, x = int(op.partition("d")[0][-1]), ops.tensor(call.operand)
    if op.endswith("_aa"):
        raise UnsupportedError("with antialiasing")
    mode = "nearest" if "nearest" in op else "bicubic" if "bicubic" in op else "bilinear"
    given = list(ops.shape(x)[-dims:])
    wanted = list(call.out[-dims:])
    options: dict[str, Any] = {"mode": mode, **scale_or_size(given, wanted)}
    if "exact" in op:
        options |= {"coordinates": "half_pixel", "rounding": "round_prefer_ceil"}
    elif call("align_corners", default=False):
        options["coordinates"] = "align_corners"
    elif any(n * scale != m for n, m, scale in zip(given, wanted, _scales(call, dims), strict=False)):
        raise UnsupportedError("a scale that leaves a part of a pixel")
    return ops.windowed("upsample", options, x, dims, call.out)


def _scales(call: OperatorCall, dims: int) -> Sequence[float]:
    """The scales that an operator is given, by which it finds places; none where it is given sizes alone."""
    names = ("scales",) if dims == 1 else ("scales_d", "scales_h", "scales_w")[-dims:]
    scales = call("scale_factors") or [call(name) for name in names]
    return () if None in scales else scales


def _window_options(call: OperatorCall) -> dict[str, Any]:
    names = {"kernel": "kernel_size", "stride": "stride", "padding": "padding", "dilation": "dilation"}
    return {ours: one_or_each(call(theirs)) for ours, theirs in names.items()}


@operator("im2col")
def unfold(ops: Operations, call: OperatorCall) -> Tensor:
    source, _, _ = ops.spatial(ops.tensor(call("self")), 2)
    return ops.layer("unfold", _window_options(call), (source,), ops.sizes(call.out, 0), [2, 1], 0)


@operator("col2im")
def fold(ops: Operations, call: OperatorCall) -> Tensor:
    return ops.folded(call("self"), call.out, _window_options(call))


@operator("affine_grid_generator")
def affine_grid(ops: Operations, call: OperatorCall) -> Any:
    """Where a matrix (batch, d, d + 1) takes the places of a map: (batch, positions ..., coordinates)."""
    batch, *places, dims = call.out
    corners, ones = call("align_corners", default=False), (1,) * dims

    def along(axis: int) -> Array:
        """The places along a dimension, from -1 to 1."""
        size = places[axis]
        shape = (1, *ones[:axis], size, *ones[axis + 1 :], 1)

        def read() -> Any:
            import numpy as np

            found = np.linspace(-1, 1, size) if corners else (2 * np.arange(size) + 1) / size - 1
            return found.reshape(shape).astype(np.float32)

        return Array(f"places {size} {corners}", shape, "constant", read)

    *factors, shift = (
        ops.view(ops.chosen(call("theta"), 2, n), (batch, *ones, dims)) for n in range(dims + 1)
    )
    # the first coordinate is along the last dimension
    moved = [ops.merged("multiply", [x, along(dims - 1 - n)]) for n, x in enumerate(factors)]
    return ops.merged("add", [*moved, shift])


@operator("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def grid_sample(ops: Operations, call: OperatorCall) -> Tensor:
    modes, pads = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    options = {
        "mode": modes[call("interpolation_mode", 0)],
        "padding": pads[call("padding_mode", 0)],
        "align_corners": call("align_corners", default=False),
    }
    return ops.sampled(call("input"), call("grid"), call.out, options)
