"""Layers that lay values out anew: padding, cropping, sizes, order."""

from collections.abc import Callable
from typing import Any

from cnncalc.errors import LayerError, brief
from cnncalc.interop.keras.call import (
    PASSES,
    Found,
    LayerCall,
    Made,
    UnreadError,
    one,
    reshaped,
    said,
    unless,
    whole,
    word,
)


def _sides(value: Any, rank: int, what: str) -> Any:
    """Keras's padding or cropping, a number or pairs, as a spec writes it."""
    if rank == 1 and isinstance(value, list | tuple) and len(value) == 2 and not isinstance(value[0], list):
        value = [value]
    if not isinstance(value, list | tuple):
        return whole(value, what)
    pairs = []
    for entry in value:
        pair = list(entry) if isinstance(entry, list | tuple) else [entry, entry]
        pairs.append([whole(side, what) for side in pair])
    if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
        raise LayerError("bad_value", f"{what}: {brief(value)} is not a pair for each of {rank} dimensions")
    alike = {side for pair in pairs for side in pair}
    return alike.pop() if len(alike) == 1 else pairs


def _zero_padding(call: LayerCall) -> Found:
    return one("zero_pad", {"padding": _sides(call.option("padding", 1), len(call.x) - 1, "padding")})


def _cropping(call: LayerCall) -> Found:
    return one("crop", {"padding": _sides(call.option("cropping", 1), len(call.x) - 1, "cropping")})


def _upsampling(call: LayerCall) -> Found:
    mode = word(call.option("interpolation", "nearest"), "interpolation")
    if mode not in ("nearest", "bilinear", "bicubic"):
        raise UnreadError(f"interpolates by {brief(mode)}")
    return one("upsample", said(scale=call.sizes("size", 2), mode=unless(mode, "nearest")))


def _resizing(call: LayerCall) -> Found:
    mode = word(call.option("interpolation", "bilinear"), "interpolation")
    odd = [name for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias") if call.option(name)]
    if mode not in ("bilinear", "bicubic") or odd:
        raise UnreadError(f"resizes with {', '.join(odd) or mode}")
    return one("upsample", {"size": [call.whole("height"), call.whole("width")], "mode": mode})


def _center_crop(call: LayerCall) -> Found:
    cut = []
    for size, wanted in zip(call.x[:-1], (call.whole("height"), call.whole("width")), strict=True):
        if wanted > size:
            raise UnreadError("makes images larger")
        cut.append([(size - wanted) // 2, size - wanted - (size - wanted) // 2])
    return one("crop", {"padding": cut})


def _flatten(call: LayerCall) -> Found:
    # a tensor whose channels come first is turned round before it is flattened
    return PASSES if len(call.x) == 1 else one("flatten", {"order": "hwc"})


def _reshape(call: LayerCall) -> Found:
    return reshaped(call, call.option("target_shape"))


def _permute(call: LayerCall) -> Found:
    dims = call.option("dims", [])
    if not isinstance(dims, list | tuple):
        raise LayerError("bad_value", f"dims: {brief(dims)} is not an order")
    order = [whole(axis, "dims", 1) - 1 for axis in dims]
    return PASSES if order == list(range(len(call.x))) else one("permute", {"order": order})


def _repeat_vector(call: LayerCall) -> Found:
    return one("expand", {"shape": [call.whole("n"), call.x[-1]]})


def _embedding(call: LayerCall) -> Found:
    options = {"vocabulary": call.option("input_dim"), "size": call.option("output_dim")}
    return one("embedding", options, weight=Made(("embeddings",)))


def _dropout(call: LayerCall) -> Found:
    return one("dropout", {"rate": call.number("rate", 0.5)})


def _passes(call: LayerCall) -> Found:
    call.x  # noqa: B018 - a layer that reads nothing has no place
    return PASSES


LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "Embedding": _embedding,
    "Resizing": _resizing,
    "CenterCrop": _center_crop,
}
for _n in (1, 2, 3):
    LAYERS |= {
        f"ZeroPadding{_n}D": _zero_padding,
        f"Cropping{_n}D": _cropping,
        f"UpSampling{_n}D": _upsampling,
        f"SpatialDropout{_n}D": _dropout,
    }
LAYERS |= dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout"), _dropout)
# these change values in training alone, or say which steps are padding
LAYERS |= dict.fromkeys(
    (
        "GaussianNoise", "ActivityRegularization", "StochasticDepth", "Identity", "Masking", "RandomFlip",
        "RandomRotation",
        "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness", "RandomHue",
        "RandomSaturation", "RandomSharpness", "RandomShear", "RandomColorJitter", "RandomErasing",
        "RandomGaussianBlur", "RandomGrayscale", "RandomInvert", "RandomPerspective", "RandomPosterization",
        "RandomColorDegeneration", "RandomElasticTransform", "AugMix", "CutMix", "MixUp", "RandAugment",
    ),
    _passes,
)  # fmt: skip
