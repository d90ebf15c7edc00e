"""Normalisation, with learned factors or with numbers that the file says."""

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.interop.keras.call import (
    Convert,
    Found,
    LayerCall,
    Made,
    SpecLayer,
    UnreadError,
    kept,
    number,
    one,
    over,
    said,
    unless,
    whole,
)


def _scale_and_shift(
    call: LayerCall, convert: Convert | None = None
) -> tuple[dict[str, Made], dict[str, Any]]:
    """The factor and the shift of a normalisation, and the options that say which there are."""
    scale, shift = call.flag("scale", default=True), call.flag("center", default=True)
    weights = {"weight": Made(("gamma",), convert)} if scale else {}
    weights |= {"bias": Made(("beta",), convert)} if shift else {}
    if scale == shift:
        return weights, {} if scale else {"affine": False}
    return weights, {"shift": False} if scale else {"scale": False}


def _batch_norm(call: LayerCall) -> Found:
    if call.axes(call.option("axis", -1)) != [len(call.x) - 1]:
        raise UnreadError("normalises along another axis than the channels")
    weights, options = _scale_and_shift(call)
    momentum = round(1 - call.number("momentum", 0.99), 12)
    statistics = {"running_mean": Made(("moving_mean",)), "running_var": Made(("moving_variance",))}
    epsilon = call.number("epsilon", 0.001)
    return one(
        "batch_norm",
        {**options, **said(momentum=unless(momentum, 0.1)), "epsilon": epsilon},
        **weights,
        **statistics,
    )


def _layer_norm(call: LayerCall) -> Found:
    if call.flag("rms_scaling", default=False):
        raise UnreadError("scales by the variance (rms_scaling)")
    axes = call.axes(call.option("axis", -1))
    together = over(axes, call.x)
    # a spec has the factors of all values as PyTorch has them, the channels first
    rank = len(call.x)
    turned = (lambda array: array.transpose(rank - 1, *range(rank - 1))) if together == "all" else None
    weights, options = _scale_and_shift(call, turned)
    if together is not None and call.channels_first:
        raise UnreadError("normalises several axes of a tensor whose channels come first")
    return one(
        "layer_norm", {**options, **said(over=together), "epsilon": call.number("epsilon", 0.001)}, **weights
    )


def _group_norm(call: LayerCall) -> Found:
    if call.axes(call.option("axis", -1)) != [len(call.x) - 1]:
        raise UnreadError("normalises along another axis than the channels")
    weights, options = _scale_and_shift(call)
    groups = whole(call.option("groups", 32), "groups", -1)
    options["epsilon"] = call.number("epsilon", 0.001)
    if groups == -1 and len(call.x) > 1:
        return one("instance_norm", options, **weights)
    return one("group_norm", {**options, "groups": call.x[-1] if groups == -1 else groups}, **weights)


def _rms_norm(call: LayerCall) -> Found:
    axes = call.axes(call.option("axis", -1))
    options = said(over=over(axes, call.x), epsilon=call.number("epsilon", 1e-6))
    return one("rms_norm", options, weight=Made(("scale",)))


def _unit_norm(call: LayerCall) -> Found:
    together = over(call.axes(call.option("axis", -1)), call.x)
    # Keras takes the root of at least 1e-12
    return one("l2_norm", said(affine=False, epsilon=1e-6, over=together))


def _normalization(call: LayerCall) -> Found:
    mean, variance = call.config.get("mean"), call.config.get("variance")
    if call.flag("invert", default=False):
        raise UnreadError("undoes a normalisation (invert)")
    axes = call.axes(call.option("axis", -1) if call.config.get("axis", -1) is not None else [])
    if mean is None and variance is None:
        if axes != [len(call.x) - 1]:
            raise UnreadError("normalises along another axis than the channels")
        statistics = {
            "running_mean": Made(("mean",), lambda a: a.reshape(-1)),
            "running_var": Made(("variance",), lambda a: a.reshape(-1)),
        }
        part = SpecLayer("batch_norm", {"affine": False, "epsilon": 0.0}, statistics)
        return Found((part,), kept("mean", "variance", "count"))
    means, variances = _flat(mean, "mean"), _flat(variance, "variance")
    if len(means) != len(variances) or min(variances) < 0:
        raise LayerError("bad_value", "mean and variance are not as many numbers, the variance from 0")
    roots = [max(v**0.5, 1e-7) for v in variances]
    if len(set(means)) == len(set(roots)) == 1:
        return one("rescale", {"scale": 1 / roots[0], "offset": -means[0] / roots[0]})
    if axes != [len(call.x) - 1] or len(means) != call.x[-1]:
        raise UnreadError("normalises along another axis than the channels")
    offsets = [-mean / root for mean, root in zip(means, roots, strict=True)]
    return one("rescale", {"scale": [1 / root for root in roots], "offset": offsets})


def _flat(value: Any, what: str) -> list[float]:
    """The numbers of nested lists in a row."""
    left, found = [value], list[float]()
    while left:
        each = left.pop()
        if isinstance(each, Mapping):  # an array, serialised
            each = each["config"].get("value") if isinstance(each.get("config"), Mapping) else None
        if isinstance(each, list | tuple):
            left += reversed(each)
        else:
            found.append(number(each, what))
    if not found:
        raise LayerError("bad_value", f"{what} has no numbers")
    return found


def _rescaling(call: LayerCall) -> Found:
    scale, offset = call.option("scale", 1.0), call.option("offset", 0.0)
    scales, offsets = _flat(scale, "scale"), _flat(offset, "offset")
    if len(scales) == len(offsets) == 1:
        return one("rescale", said(scale=unless(scales[0], 1), offset=unless(offsets[0], 0)))
    size = max(len(scales), len(offsets))
    if size != call.x[-1] or call.channels_first or not {len(scales), len(offsets)} <= {1, size}:
        raise UnreadError("rescales along another axis than the channels")
    numbers = {"scale": scales, "offset": offsets}
    return one("rescale", {name: each if len(each) > 1 else each[0] for name, each in numbers.items()})


def _layer_scale(call: LayerCall) -> Found:
    call.last_axis_only()
    if "projection_dim" not in call.config:
        raise UnreadError("is a class of your own")
    return one("layer_scale", {}, weight=Made(("gamma",)))


LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "UnitNormalization": _unit_norm,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "LayerScale": _layer_scale,
}
