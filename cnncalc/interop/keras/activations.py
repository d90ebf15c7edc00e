"""Activations, as layers of their own and as options of others."""

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.errors import brief
from cnncalc.interop.keras.call import (
    KERAS_3,
    PASSES,
    Found,
    LayerCall,
    Made,
    SpecLayer,
    UnreadError,
    number,
    one,
    over,
    said,
    unless,
    word,
)
from cnncalc.layers import find

FUNCTIONS = {
    "relu": "relu", "relu6": "relu6", "elu": "elu", "selu": "selu", "silu": "silu", "swish": "silu",
    "sigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax", "log_softmax": "log_softmax",
    "softplus": "softplus", "softsign": "softsign", "hard_silu": "hard_swish", "hard_swish": "hard_swish",
    "hard_sigmoid": "hard_sigmoid", "leaky_relu": "leaky_relu", "exponential": "math", "mish": "mish",
    "hard_tanh": "hard_tanh", "log_sigmoid": "log_sigmoid", "celu": "celu", "glu": "glu", "gelu": "gelu",
}  # fmt: skip
"""The name of a function of keras.activations -> kind."""
_DEFAULTS: dict[str, dict[str, Any]] = {"leaky_relu": {"slope": 0.2}, "exponential": {"function": "exp"}}
_OLDER = _DEFAULTS | {"hard_sigmoid": {"slope": 0.2}}
"""The options that make a kind the function, where the kind's defaults don't: Keras 3's, and Keras 2's."""


def activation(value: Any, keras: int) -> SpecLayer | None:
    """The layer of a spec that an activation is, a function or a layer; None for the identity."""
    name: Any = value
    config: Any = {}
    if isinstance(value, Mapping):
        name, config = value.get("class_name"), value.get("config")
        if name == "function":
            name, config = config, {}
    if name is None or name == "linear":
        return None
    name = word(name, "activation")
    if name in LAYERS and name != "Activation":
        found = LAYERS[name](
            LayerCall(name, config if isinstance(config, Mapping) else {}, ((1,),), keras=keras)
        )
        if len(found.parts) == 1 and not found.variables:
            return found.parts[0]
    elif name in FUNCTIONS:
        return SpecLayer(
            FUNCTIONS[name], _OLDER.get(name, {}) if keras < KERAS_3 else _DEFAULTS.get(name, {})
        )
    raise UnreadError(f"has the activation {brief(name)}")


def activated(call: LayerCall, found: Found) -> Found:
    """A layer with its activation, as its option, or as a layer behind it where no option can be that."""
    applied = activation(call.config.get("activation"), call.keras)
    if applied is None:
        return found
    kind = find(applied.kind)
    if kind is None or not kind.is_activation:
        parts = (part._replace(name=part.name or part.kind) for part in found.parts)
        return found._replace(parts=(*parts, applied._replace(name="activation")))
    *before, last = found.parts
    option = {applied.kind: dict(applied.options)} if applied.options else applied.kind
    return found._replace(parts=(*before, last._replace(options={**last.options, "activation": option})))


def _apply(call: LayerCall) -> Found:
    applied = activation(call.config.get("activation"), call.keras)
    if applied is None:
        return PASSES
    if applied.kind in ("softmax", "log_softmax", "glu"):
        call.last_axis_only()
    return Found((applied,))


def _relu(call: LayerCall) -> Found:
    low, slope = call.number("threshold", 0.0), call.number("negative_slope", 0.0)
    high = call.config.get("max_value")
    if low:
        if slope or high is not None:
            raise UnreadError("has a threshold with a slope or a largest value")
        return one("threshold", {"at": low})
    if slope:
        if high is not None:
            raise UnreadError("has a slope and a largest value")
        return one("leaky_relu", {"slope": slope})
    if high is None:
        return one("relu")
    return one("relu6") if number(high, "max_value") == 6 else one("hard_tanh", {"low": 0, "high": high})


def _leaky_relu(call: LayerCall) -> Found:
    slope = call.option("negative_slope", call.config.get("alpha"))
    return one("leaky_relu", {"slope": number(0.3 if slope is None else slope, "negative_slope")})


def _elu(call: LayerCall) -> Found:
    alpha = call.number("alpha", 1.0)
    return one("elu", said(alpha=unless(alpha, 1.0)))


def _softmax(call: LayerCall) -> Found:
    axes = call.axes(call.option("axis", -1))
    return one("softmax", said(over=over(axes, call.x)))


def _prelu(call: LayerCall) -> Found:
    shared = call.axes(call.option("shared_axes", []))
    differs = [axis for axis in range(len(call.x)) if axis not in shared]
    if not differs or differs == [len(call.x) - 1]:
        options = {} if differs else {"shared": True}
        return one("prelu", options, weight=Made(("alpha",), lambda array: array.reshape(-1)))
    rank, first = len(call.x), call.channels_first
    turned = (lambda array: array.transpose(*range(1, rank), 0)) if first and rank > 1 else None
    return one("prelu", {"axes": differs}, weight=Made(("alpha",), turned))


LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    "Activation": _apply,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "PReLU": _prelu,
}
