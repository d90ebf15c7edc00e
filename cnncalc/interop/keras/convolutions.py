"""Convolutions, dense layers and pooling."""

from collections.abc import Callable
from typing import Any

from cnncalc.errors import LayerError, brief
from cnncalc.interop.keras.activations import activated
from cnncalc.interop.keras.call import (
    Found,
    LayerCall,
    Made,
    SpecLayer,
    each_of,
    kept,
    one,
    said,
    sizes,
    unless,
    word,
)


def _kernel_first(array: Any) -> Any:
    """(F ..., C/G, K) as (K, C/G, F ...)."""
    rank = array.ndim - 2
    return array.transpose(rank + 1, rank, *range(rank))


def _split_maps(array: Any) -> Any:
    """(F ..., C, m) as (C*m, 1, F ...)."""
    rank = array.ndim - 2
    turned = array.transpose(rank, rank + 1, *range(rank))
    return turned.reshape(-1, 1, *array.shape[:rank])


def _window(call: LayerCall, kernel: str = "kernel_size") -> dict[str, Any]:
    """The options that say how a window slides, in words of a spec."""
    padding = word(call.option("padding", "valid"), "padding")
    size, dilation = call.sizes(kernel), call.sizes("dilation_rate", 1)
    padded: Any = unless(padding, "valid")
    if padding == "causal":
        padded = [[each_of(dilation, 1, "dilation_rate")[0] * (each_of(size, 1, kernel)[0] - 1), 0]]
    elif padding not in ("valid", "same"):
        raise LayerError("bad_value", f"padding: {brief(padding)} is not valid, same or causal")
    return said(
        kernel=size,
        stride=unless(call.sizes("strides", 1), 1),
        padding=padded,
        dilation=unless(dilation, 1),
    )


def _biased(call: LayerCall) -> tuple[bool, dict[str, Made], dict[str, Any]]:
    """Whether a layer adds a bias, the bias's weight, and the option that says otherwise."""
    biased = call.flag("use_bias", default=True)
    return biased, ({"bias": Made(("bias",))} if biased else {}), ({} if biased else {"bias": False})


def _conv(call: LayerCall) -> Found:
    _, bias, no_bias = _biased(call)
    options = said(filters=call.option("filters"), **_window(call), groups=unless(call.whole("groups", 1), 1))
    found = one("conv", {**options, **no_bias}, weight=Made(("kernel",), _kernel_first), **bias)
    return activated(call, found)


def _depthwise_conv(call: LayerCall) -> Found:
    _, bias, no_bias = _biased(call)
    options = said(**_window(call), multiplier=unless(call.whole("depth_multiplier", 1), 1))
    weight = Made(("depthwise_kernel",), _split_maps)
    return activated(call, one("depthwise_conv", {**options, **no_bias}, weight=weight, **bias))


def _separable_conv(call: LayerCall) -> Found:
    biased, bias, no_bias = _biased(call)
    multiplier = {"multiplier": m} if (m := call.whole("depth_multiplier", 1)) != 1 else {}
    depthwise = Made(("depthwise_kernel",), _split_maps)
    pointwise = Made(("pointwise_kernel",), _kernel_first)
    variables = kept("depthwise_kernel", "pointwise_kernel", *(["bias"] if biased else []))
    filters = call.option("filters")
    if call.again:  # a layer that stands for several can't be shared as one
        first = SpecLayer(
            "depthwise_conv",
            {**_window(call), **multiplier, "bias": False},
            {"weight": depthwise},
            "depthwise",
        )
        second = SpecLayer(
            "conv",
            {"filters": filters, "kernel": 1, **no_bias},
            {"weight": pointwise, **bias},
            "pointwise",
        )
        return activated(call, Found((first, second), variables))
    weights = {"depthwise.weight": depthwise, "pointwise.weight": pointwise}
    weights |= {f"pointwise.{name}": stored for name, stored in bias.items()}
    part = SpecLayer(
        "separable_conv", {**said(filters=filters, **_window(call)), **multiplier, **no_bias}, weights
    )
    return activated(call, Found((part,), variables))


def _conv_transpose(call: LayerCall) -> Found:
    rank = len(call.x) - 1
    kernels, strides, dilations = (
        each_of(call.sizes(name, default), rank, name)
        for name, default in (("kernel_size", None), ("strides", 1), ("dilation_rate", 1))
    )
    given = call.config.get("output_padding")
    same = word(call.option("padding", "valid"), "padding") == "same"
    extra: list[int] = []
    sides: list[list[int]] = []
    extras = None if given is None else each_of(sizes(given, "output_padding"), rank, "output_padding")
    for axis, (kernel, stride, dilation) in enumerate(zip(kernels, strides, dilations, strict=True)):
        span = (kernel - 1) * dilation + 1
        if not same:
            extra.append(max(span, stride) - span if extras is None else extras[axis])
            sides.append([0, 0])
        elif extras is not None:
            # (N-1)S + F mod 2 + output_padding positions are left, the odd one cut off at the far side
            padded = span + span % 2 - 2 + extras[axis]
            before = min(padded // 2 + padded % 2, span - 1)
            after = span - 1 - (padded - before)
            sides.append([span - 1 - before, max(after, 0)])
            extra.append(max(-after, 0))
    plain_same = same and extras is None
    if not plain_same and all(side == [0, 0] for side in sides):
        sides = []
    _, bias, no_bias = _biased(call)
    options = said(
        filters=call.option("filters"),
        kernel=call.sizes("kernel_size"),
        stride=unless(call.sizes("strides", 1), 1),
        padding="same" if plain_same else sides or None,
        dilation=unless(call.sizes("dilation_rate", 1), 1),
        output_padding=(extra if len(set(extra)) > 1 else extra[0]) if any(extra) else None,
    )
    weight = Made(("kernel",), _kernel_first)
    return activated(call, one("conv_transpose", {**options, **no_bias}, weight=weight, **bias))


def _dense(call: LayerCall) -> Found:
    call.last_axis_only()
    _, bias, no_bias = _biased(call)
    options = said(units=call.option("units"), each="position" if len(call.x) > 1 else None)
    weight = Made(("kernel",), lambda a: a.T)
    return activated(call, one("dense", {**options, **no_bias}, weight=weight, **bias))


# ---- pooling


def _pool(kind: str) -> Callable[[LayerCall], Found]:
    def read(call: LayerCall) -> Found:
        size = call.sizes("pool_size", 2)
        stride = sizes(call.option("strides", size), "strides")
        padding = unless(word(call.option("padding", "valid"), "padding"), "valid")
        counts = False if kind == "avg_pool" and padding else None
        if counts is not None and call.repeats_edges:
            return _edges_repeated(call, size, stride)
        options = said(kernel=size, stride=unless(stride, size), padding=padding, count_padding=counts)
        return one(kind, options)

    return read


def _edges_repeated(call: LayerCall, size: int | list[int], stride: int | list[int]) -> Found:
    """Average pooling as Keras computes it on PyTorch: where padding is uneven, it repeats the edge."""
    rank = len(call.x) - 1
    sizes_, strides = each_of(size, rank, "pool_size"), each_of(stride, rank, "strides")
    options = said(kernel=size, stride=unless(stride, size))
    sides = [
        (pad // 2, pad - pad // 2)
        for pad in (
            max((-(-n // step) - 1) * step + window - n, 0)
            for n, window, step in zip(call.x[:-1], sizes_, strides, strict=True)
        )
    ]
    if all(before == after for before, after in sides):
        return one("avg_pool", {**options, "padding": "same", "count_padding": False})
    padded = SpecLayer("pad", {"padding": [list(side) for side in sides], "mode": "edge"}, name="edge")
    return Found((padded, SpecLayer("avg_pool", options, name="pool")))


def _global_pool(kind: str) -> Callable[[LayerCall], Found]:
    def read(call: LayerCall) -> Found:
        return one(kind, {} if call.flag("keepdims", default=False) else {"keep_dims": False})

    return read


def _adaptive_pool(kind: str) -> Callable[[LayerCall], Found]:
    return lambda call: one(kind, {"size": call.sizes("output_size")})


LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    "Dense": _dense,
    "DepthwiseConv1D": _depthwise_conv,
    "DepthwiseConv2D": _depthwise_conv,
    "SeparableConv1D": _separable_conv,
    "SeparableConv2D": _separable_conv,
}
for _n in (1, 2, 3):
    LAYERS |= {
        f"Conv{_n}D": _conv,
        f"Conv{_n}DTranspose": _conv_transpose,
        f"MaxPooling{_n}D": _pool("max_pool"),
        f"AveragePooling{_n}D": _pool("avg_pool"),
        f"GlobalMaxPooling{_n}D": _global_pool("global_max_pool"),
        f"GlobalAveragePooling{_n}D": _global_pool("global_avg_pool"),
        f"AdaptiveMaxPooling{_n}D": _adaptive_pool("adaptive_max_pool"),
        f"AdaptiveAveragePooling{_n}D": _adaptive_pool("adaptive_avg_pool"),
    }
