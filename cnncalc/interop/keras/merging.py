"""Layers at which paths meet."""

from collections.abc import Callable

from cnncalc.errors import LayerError, brief
from cnncalc.interop.keras.call import (
    PASSES,
    Found,
    LayerCall,
    SpecLayer,
    UnreadError,
    one,
    over,
    said,
)


def _merge(kind: str) -> Callable[[LayerCall], Found]:
    def read(call: LayerCall) -> Found:
        return PASSES if len(call.shapes) == 1 else one(kind)

    return read


def _concatenate(call: LayerCall) -> Found:
    if len(call.shapes) == 1:
        return PASSES
    axis = call.axis(call.option("axis", -1))
    return one("concat", {} if axis == len(call.x) - 1 else {"axis": axis})


def _dot(call: LayerCall) -> Found:
    if len(call.shapes) != 2 or call.channels_first:
        raise UnreadError("is not a product of two")
    axes = call.option("axes")
    given = list(axes) if isinstance(axes, list | tuple) else [axes, axes]
    if len(given) != 2:
        raise LayerError("bad_value", f"axes: {brief(axes)} is not an axis of each")
    left, right = (call.axis(axis, shape) for axis, shape in zip(given, call.shapes, strict=True))
    parts: list[SpecLayer] = []
    names: list[int | str] = [0, 1]
    if call.flag("normalize", default=False):
        for index, axis in enumerate((left, right)):
            together = over([axis], call.shapes[index])
            parts.append(
                SpecLayer(
                    "l2_norm",
                    said(affine=False, epsilon=1e-6, over=together),
                    name=f"unit{index + 1}",
                    reads=(index,),
                )
            )
            names[index] = f"unit{index + 1}"
    ranks = [len(shape) for shape in call.shapes]
    if max(ranks) > 2:
        raise UnreadError("multiplies tensors of more than two dimensions")
    turns = {"transpose_a": left == 0 and ranks[0] > 1, "transpose_b": right == ranks[1] - 1 and ranks[1] > 1}
    if ranks == [1, 1]:
        turns = {"transpose_b": True}  # a vector is a matrix of one row
    parts.append(
        SpecLayer("matmul", {k: v for k, v in turns.items() if v}, name="product", reads=tuple(names))
    )
    if ranks == [1, 1]:
        parts.append(SpecLayer("reshape", {"shape": [1]}, name="value"))
    return Found(tuple(parts)) if len(parts) > 1 else Found((parts[0]._replace(name=""),))


def _scaled_sum(call: LayerCall) -> Found:
    """The residual of Inception-ResNet: the first input, and the second times a number."""
    scaled = SpecLayer("rescale", {"scale": call.number("scale", 1.0)}, name="scaled", reads=(1,))
    return Found((scaled, SpecLayer("add", name="sum", reads=(0, "scaled"))))


LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    "Concatenate": _concatenate,
    "Dot": _dot,
    "CustomScaleLayer": _scaled_sum,
}
LAYERS |= {
    name: _merge(name.lower()) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")
}
