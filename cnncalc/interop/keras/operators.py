"""Operators on tensors as layers of a spec: those of `keras.ops`, and TensorFlow's in Keras 2."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from cnncalc.errors import LayerError, brief
from cnncalc.interop.keras.activations import FUNCTIONS
from cnncalc.interop.keras.call import (
    PASSES,
    Found,
    LayerCall,
    Slot,
    SpecLayer,
    UnreadError,
    number,
    one,
    over,
    reshaped,
    said,
    unless,
    whole,
)
from cnncalc.interop.keras.einsum import einsum

Operator = Callable[[LayerCall], Found]
OLDER = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
"""The layers that stand for an operator in Keras 2; which one, `function` says."""
MOST_PARTS = 10_000
"""The most parts that a tensor is split into."""
MOST_INDICES = 10**6
"""The most values along an axis whose values are repeated each in turn."""


def _argument(call: LayerCall, place: int, name: str, default: Any = None) -> Any:
    """An argument of an operator: by its place, its name, or from the configuration."""
    if place < len(call.args):
        return call.args[place]
    if name in call.kwargs:
        return call.kwargs[name]
    return call.option(name, default)


def _constant(call: LayerCall, value: Any) -> float | list[float] | None:
    """A number that is written as it is, or one for each channel; None for a tensor."""
    if isinstance(value, Slot):
        return None
    if _is(value, "__numpy__") or _is(value, "__tensor__"):
        value = (value.get("config") or {}).get("value")
    while isinstance(value, list) and len(value) == 1:
        (value,) = value
    if not isinstance(value, list | Mapping):
        return number(value, "an operand")
    by_channel = isinstance(value, list) and not any(isinstance(each, list) for each in value)
    first = call.channels_first and len(call.x) > 1
    if not by_channel or first or len(value) != call.x[-1]:
        raise UnreadError("computes with an array that the file writes out")
    return [number(each, "an operand") for each in value]


def _operands(call: LayerCall, second: str = "x2") -> list[float | list[float] | None]:
    """The two operands: numbers, one for each channel, or None for tensors."""
    given = list(call.args[:2])
    if len(given) == 1:
        given.append(_argument(call, 1, "y", call.kwargs.get(second)))
    given = given or list(call.kwargs.values())[:2]
    if len(given) < 2:
        raise LayerError("bad_model", "has one operand, and two are wanted")
    return [_constant(call, each) for each in given]


def _two(call: LayerCall) -> tuple[float | None, float | None]:
    """The two operands: numbers, or None for tensors."""
    a, b = _operands(call)
    if isinstance(a, list) or isinstance(b, list):
        raise UnreadError("computes with an array that the file writes out")
    return a, b


def _each(value: float | list[float], change: Callable[[float], float]) -> float | list[float]:
    return [change(each) for each in value] if isinstance(value, list) else change(value)


def _add(call: LayerCall) -> Found:
    a, b = _operands(call)
    if a is None and b is None:
        return one("add")
    return one("rescale", {"offset": a if b is None else b})


def _multiply(call: LayerCall) -> Found:
    a, b = _operands(call)
    if a is None and b is None:
        return one("multiply")
    return one("rescale", {"scale": a if b is None else b})


def _subtract(call: LayerCall) -> Found:
    a, b = _operands(call)
    if a is None and b is None:
        return one("subtract")
    if b is None:
        return one("rescale", {"scale": -1, "offset": a})
    return one("rescale", {"offset": _each(b, lambda value: -value)})


def _divide(call: LayerCall) -> Found:
    a, b = _operands(call)
    if a is None and b is None:
        return one("divide")
    if b is not None:
        if 0 in (b if isinstance(b, list) else [b]):
            raise LayerError("bad_model", "divides by 0")
        return one("rescale", {"scale": _each(b, lambda value: 1 / value)})
    inverse = SpecLayer("power", {"exponent": -1}, name="inverse")
    return Found(
        (inverse, SpecLayer("rescale", {"scale": a}, name="scaled"))
        if a != 1
        else (inverse._replace(name=""),)
    )


def _power(call: LayerCall) -> Found:
    a, b = _two(call)
    if a is not None:
        raise UnreadError("raises a number to a power that is computed")
    return one("power") if b is None else one("power", {"exponent": b})


def larger(kind: str, bound: str) -> Operator:
    """maximum and minimum, of two tensors or of a tensor and a number."""

    def read(call: LayerCall) -> Found:
        a, b = _two(call)
        if a is None and b is None:
            return one(kind)
        limit = a if b is None else b
        return _bounded(limit or 0, bound)

    return read


def _bounded(limit: float, bound: str) -> Found:
    """A lower or an upper bound alone: relu(x - limit) + limit, or the same upside down."""
    if bound == "low" and not limit:
        return one("relu")
    sign = 1 if bound == "low" else -1
    before = SpecLayer("rescale", said(scale=unless(sign, 1), offset=-sign * limit), name="moved")
    after = SpecLayer("rescale", said(scale=unless(sign, 1), offset=limit), name="back")
    return Found((before, SpecLayer("relu", name="relu"), after))


def _function(name: str) -> Operator:
    return lambda _: one("math", {"function": name})


def _plain(kind: str, **options: Any) -> Operator:
    return lambda _: one(kind, dict(options))


def _negative(_: LayerCall) -> Found:
    return one("rescale", {"scale": -1})


def _clip(call: LayerCall) -> Found:
    low, high = (_argument(call, place, name) for place, name in ((1, "x_min"), (2, "x_max")))
    if low is None or high is None:
        return _bounded(number(high if low is None else low, "a bound"), "high" if low is None else "low")
    return one("hard_tanh", {"low": low, "high": high})


def _softmax(kind: str) -> Operator:
    def read(call: LayerCall) -> Found:
        axis = call.axes(_argument(call, 1, "axis", -1))
        return one(kind, said(over=over(axis, call.x)))

    return read


def _with_alpha(kind: str) -> Operator:
    """elu and celu, whose slope below 0 is an argument."""
    return lambda call: one(kind, said(alpha=unless(number(_argument(call, 1, "alpha", 1.0), "alpha"), 1.0)))


def _leaky_relu(call: LayerCall) -> Found:
    return one("leaky_relu", {"slope": number(_argument(call, 1, "negative_slope", 0.2), "negative_slope")})


def _gelu(call: LayerCall) -> Found:
    return one("gelu", {"approximate": "tanh"} if _argument(call, 1, "approximate", True) else {})


def _reduction(by: str) -> Operator:
    def read(call: LayerCall) -> Found:
        axis = _argument(call, 1, "axis")
        keep = _argument(call, 2, "keepdims", False)
        axes = list(range(len(call.x))) if axis is None else call.axes(axis)
        if axis is None:
            raise UnreadError("sums over the batch")
        return one(
            "reduce", {"by": by, "over": axes if len(axes) > 1 else axes[0], "keep_dims": keep is True}
        )

    return read


def _reshape(call: LayerCall) -> Found:
    target = _argument(call, 1, "newshape", call.option("shape", call.kwargs.get("shape")))
    if not isinstance(target, list | tuple) or not target:
        raise LayerError("bad_value", f"newshape: {brief(target)} is not a shape")
    if any(isinstance(size, Slot) for size in target):
        raise UnreadError("reshapes to sizes that are computed")
    if target[0] not in (-1, None):
        raise UnreadError("reshapes the batch")
    sizes = [whole(size, "newshape", -1) for size in target[1:]]
    return reshaped(call, sizes)


def _transpose(call: LayerCall) -> Found:
    axes = _argument(call, 1, "axes", call.kwargs.get("perm"))
    if not isinstance(axes, list | tuple) or not axes or axes[0] != 0:
        raise UnreadError("moves the batch")
    order = [whole(axis, "axes", 1) - 1 for axis in axes[1:]]
    return PASSES if order == sorted(order) else one("permute", {"order": order})


def _concatenate(call: LayerCall) -> Found:
    axis = call.axis(_argument(call, 1, "axis", 0))
    return one("concat", {} if axis == len(call.x) - 1 else {"axis": axis})


def _stack(call: LayerCall) -> Found:
    rank = len(call.x)
    axis = whole(_argument(call, 1, "axis", 0), "axis", -rank - 2)
    axis = axis + rank + 2 if axis < 0 else axis
    if axis == 0 or call.channels_first:
        raise UnreadError("stacks along the batch")
    return one("stack", {"axis": axis - 1})


def _expand_dims(call: LayerCall) -> Found:
    axis = whole(_argument(call, 1, "axis"), "axis", -len(call.x) - 2)
    shape = [0, *call.keras_shape()]
    shape.insert(axis if axis >= 0 else len(shape) + axis + 1, 1)
    if shape[0] != 0:
        raise UnreadError("adds an axis before the batch")
    return reshaped(call, shape[1:])


def _squeeze(call: LayerCall) -> Found:
    axis = _argument(call, 1, "axis")
    own = call.keras_shape()
    if axis is None:
        return reshaped(call, [size for size in own if size != 1])
    places = {
        whole(each, "axis", -len(own) - 1) % (len(own) + 1) - 1
        for each in (axis if isinstance(axis, list) else [axis])
    }
    return reshaped(call, [size for place, size in enumerate(own) if place not in places])


def _broadcast_to(call: LayerCall) -> Found:
    target = _argument(call, 1, "shape")
    if not isinstance(target, list) or not target or target[0] not in (-1, None):
        raise UnreadError("repeats along the batch")
    return one("expand", {"shape": [whole(size, "shape") for size in target[1:]]})


def _matmul(call: LayerCall) -> Found:
    if len(call.shapes) != 2 or call.channels_first:
        raise UnreadError("multiplies by an array that the file writes out")
    turns = {f"transpose_{side}": True for side in "ab" if call.kwargs.get(f"transpose_{side}") is True}
    return one("matmul", turns)


def get_item(call: LayerCall) -> Found:
    """Slices and numbers, one for each axis from the batch on."""
    keys = _argument(call, 1, "key", call.kwargs.get("slice_spec"))
    keys = keys if isinstance(keys, list) else [keys]
    parts: list[SpecLayer] = []
    rank = len(call.x) + 1
    added = [place for place, key in enumerate(keys) if key is None]
    if added:
        return _with_new_axes(call, keys, added)
    if "..." in keys or {"class_name": "__ellipsis__", "config": {}} in keys:
        place = next(i for i, key in enumerate(keys) if key == "..." or _is(key, "__ellipsis__"))
        keys = [*keys[:place], *[{}] * (rank - len(keys) + 1), *keys[place + 1 :]]
    if len(keys) > rank:
        raise LayerError("bad_value", f"{len(keys)} indices of {rank} axes")
    selected = 0
    for place, key in enumerate(keys):
        start, stop, step = _bounds(key)
        if isinstance(key, Mapping) and start in (None, 0) and stop is None and step in (None, 1):
            continue
        if place == 0:
            raise UnreadError("takes a part of the batch")
        axis = call.axis(place)
        if isinstance(key, Mapping):
            options = said(start=start, stop=stop, step=unless(step, 1), axis=axis - selected)
            parts.append(SpecLayer("slice", options, name=f"slice{place}"))
        else:
            parts.append(
                SpecLayer(
                    "select",
                    {"index": whole(key, "index", -(10**12)), "axis": axis - selected},
                    name=f"index{place}",
                )
            )
            selected += 1
    if selected and call.channels_first:
        raise UnreadError("picks one index of a tensor whose channels come first")
    if len(parts) == 1:
        parts = [parts[0]._replace(name="")]
    return Found(tuple(parts))


def _with_new_axes(call: LayerCall, keys: list[Any], added: list[int]) -> Found:
    """Indices of which some add an axis of size 1, the others taking all there is."""
    whole_axes = [key for key in keys if key is not None]
    if added[0] == 0 or any(not isinstance(key, Mapping) or any(_bounds(key)) for key in whole_axes):
        raise UnreadError("adds an axis and takes a part")
    sizes = call.keras_shape()
    for place in added:
        sizes.insert(place - 1, 1)
    return reshaped(call, sizes)


def _bounds(key: Any) -> list[int | None]:
    return [_bound(key, name) for name in ("start", "stop", "step")]


def _is(key: Any, cls: str) -> bool:
    return isinstance(key, Mapping) and key.get("class_name") == cls


def _bound(key: Any, name: str) -> int | None:
    """A bound of a slice, as Keras 3 or 2 writes slices."""
    if not isinstance(key, Mapping):
        return None
    inner = key.get("config") if _is(key, "__slice__") else key
    value = inner.get(name) if isinstance(inner, Mapping) else None
    return None if value is None else whole(value, name, -(10**12))


def _split(call: LayerCall) -> Found:
    axis = call.axis(_argument(call, 2, "axis", call.option("axis", 0)))
    given = _argument(call, 1, "indices_or_sections", call.kwargs.get("num_or_size_splits"))
    size = call.x[axis]
    if isinstance(given, list):
        cuts = [0, *(whole(each, "indices_or_sections") for each in given), size]
    else:
        count = whole(given, "indices_or_sections", 1)
        if size % count or count > size:
            raise LayerError("not_divisible", f"{size} can't be split into {count}")
        if count > MOST_PARTS:
            raise UnreadError(f"splits into more than {MOST_PARTS:,} parts")
        cuts = list(range(0, size + 1, size // count))
    parts = tuple(
        SpecLayer("slice", {"start": a, "stop": b, "axis": axis}, name=f"part{number}", reads=(0,))
        for number, (a, b) in enumerate(pairwise(cuts), 1)
    )
    return Found(parts, {}, tuple(part.name for part in parts))


def _normalize(call: LayerCall) -> Found:
    if _argument(call, 2, "order", 2) != 2:
        raise UnreadError("normalises by another length than Euclid's")
    axes = call.axes(_argument(call, 1, "axis", -1))
    return one("l2_norm", said(affine=False, epsilon=1e-6, over=over(axes, call.x)))


def _flip(call: LayerCall) -> Found:
    return one("flip", {"axis": call.axes(_argument(call, 1, "axis"))})


def _roll(call: LayerCall) -> Found:
    shift, axis = _argument(call, 1, "shift"), _argument(call, 2, "axis")
    if axis is None or isinstance(shift, list):
        raise UnreadError("rolls along several axes")
    return one("roll", {"shift": whole(shift, "shift", -(10**12)), "axis": call.axis(axis)})


def _tile(call: LayerCall) -> Found:
    repeats = _argument(call, 1, "repeats")
    if not isinstance(repeats, list) or len(repeats) != len(call.x) + 1 or repeats[0] != 1:
        raise UnreadError("repeats along the batch, or along axes that it does not name")
    return one("tile", {"repeats": call.own_order(repeats[1:])})


def _repeat(call: LayerCall) -> Found:
    axis, repeats = _argument(call, 2, "axis"), _argument(call, 1, "repeats")
    at = call.axis(axis) if axis is not None else -1
    if at < 0 or not isinstance(repeats, int):
        raise UnreadError("repeats each value in turn, not an axis of size 1")
    if call.x[at] == 1:
        return one("tile", {"repeats": [repeats if place == at else 1 for place in range(len(call.x))]})
    if call.x[at] * whole(repeats, "repeats", 1) > MOST_INDICES:
        raise UnreadError(f"repeats values to more than {MOST_INDICES:,}")
    indices = [index for index in range(call.x[at]) for _ in range(repeats)]
    return one("gather", {"axis": at, "indices": indices})


_PADDED = {"constant": None, "reflect": "reflect", "edge": "edge", "wrap": "circular"}
"""Keras's modes of padding -> those of the kind `pad`, whose own is to be constant."""
_LOWEST = -3.4028234663852886e38
"""The lowest number of 32 bits, for -inf: as the padding of a maximum each is never chosen."""


def _pad(call: LayerCall) -> Found:
    mode, given = _argument(call, 2, "mode", "constant"), _argument(call, 1, "pad_width")
    if mode not in _PADDED or not isinstance(given, list) or len(given) != len(call.x) + 1:
        raise UnreadError(f"pads by {brief(mode)}, or along axes that it does not name")
    sides = [[whole(side, "pad_width") for side in pair] for pair in given]
    if any(sides[0]):
        raise UnreadError("pads the batch")
    value = number(_argument(call, 3, "constant_values", 0), "constant_values")
    *positions, channels = call.own_order(sides[1:])
    options = said(
        padding=positions if any(map(any, positions)) else None,
        channels=channels if any(channels) else None,
        mode=_PADDED[mode],
        value=max(value, _LOWEST) if value else None,
    )
    return one("pad", options)


def _passes(_: LayerCall) -> Found:
    return PASSES


OPERATORS: dict[str, Operator] = {
    "Add": _add, "Multiply": _multiply, "Subtract": _subtract, "Divide": _divide, "TrueDivide": _divide,
    "Power": _power, "Negative": _negative, "Maximum": larger("maximum", "low"),
    "Minimum": larger("minimum", "high"), "Clip": _clip, "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"), "LeakyRelu": _leaky_relu, "Gelu": _gelu, "Reshape": _reshape,
    "Transpose": _transpose, "Concatenate": _concatenate, "Stack": _stack, "ExpandDims": _expand_dims,
    "Squeeze": _squeeze, "BroadcastTo": _broadcast_to, "Matmul": _matmul, "GetItem": get_item,
    "Split": _split, "Einsum": einsum, "Normalize": _normalize, "Flip": _flip, "Roll": _roll,
    "Tile": _tile, "Repeat": _repeat, "Pad": _pad, "Cast": _passes, "Identity": _passes,
    "StopGradient": _passes, "Reciprocal": _plain("power", exponent=-1), "Square": _function("square"),
}  # fmt: skip
OPERATORS |= {
    name.title().replace("_", ""): _plain(kind)
    for name, kind in FUNCTIONS.items()
    if name
    not in ("softmax", "log_softmax", "gelu", "glu", "leaky_relu", "exponential", "swish", "hard_swish")
}
OPERATORS |= {"Elu": _with_alpha("elu"), "Celu": _with_alpha("celu")}
OPERATORS |= {
    name.title(): _reduction(name)
    for name in ("mean", "sum", "max", "min", "var", "std", "logsumexp", "argmax", "argmin")
}
OPERATORS["Prod"] = _reduction("product")
OPERATORS |= {
    name: _function(name.lower())
    for name in ("Exp", "Log", "Sqrt", "Rsqrt", "Abs", "Sign", "Sin", "Cos", "Erf", "Floor", "Ceil", "Round")
} | {"Absolute": _function("abs")}

# TensorFlow's names of the same, as Keras 2 writes them
_OLDER_FUNCTIONS = {
    "math.add": "Add", "__operators__.add": "Add", "math.multiply": "Multiply", "math.subtract": "Subtract",
    "math.truediv": "TrueDivide", "math.divide": "TrueDivide", "math.pow": "Power",
    "math.negative": "Negative", "math.maximum": "Maximum", "math.minimum": "Minimum", "nn.relu": "Relu",
    "nn.relu6": "Relu6", "nn.sigmoid": "Sigmoid", "math.sigmoid": "Sigmoid", "nn.silu": "Silu",
    "math.tanh": "Tanh", "nn.softmax": "Softmax", "math.exp": "Exp", "math.log": "Log", "math.sqrt": "Sqrt",
    "math.abs": "Abs", "math.square": "Square", "reshape": "Reshape", "transpose": "Transpose",
    "compat.v1.transpose": "Transpose",
    "concat": "Concatenate", "stack": "Stack", "expand_dims": "ExpandDims", "compat.v1.squeeze": "Squeeze",
    "squeeze": "Squeeze", "math.reduce_mean": "Mean", "math.reduce_sum": "Sum", "math.reduce_max": "Max",
    "math.reduce_min": "Min", "linalg.matmul": "Matmul", "__operators__.getitem": "GetItem", "cast": "Cast",
    "identity": "Identity", "stop_gradient": "StopGradient", "split": "Split", "broadcast_to": "BroadcastTo",
    "math.l2_normalize": "Normalize",
}  # fmt: skip


def operator(cls: str) -> Operator | None:
    """The reader of an operator; None where no kind says it."""
    if cls in OLDER:
        return _older
    return OPERATORS.get(cls)


def _older(call: LayerCall) -> Found:
    """An operator of TensorFlow's, whose name the configuration gives."""
    name = call.option("function")
    if not isinstance(name, str):
        raise UnreadError("names no function")
    own = _OLDER_FUNCTIONS.get(name, "")
    read = OPERATORS.get(own)
    if read is None:
        raise UnreadError(f"is {brief(name)}")
    # a list of tensors is written as that many arguments
    return read(call._replace(args=[list(call.args)]) if own in ("Concatenate", "Stack") else call)
