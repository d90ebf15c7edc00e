"""Recurrence and attention."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from cnncalc.errors import LayerError, brief
from cnncalc.interop.keras import activations, convolutions, layout, merging, normalisation
from cnncalc.interop.keras.call import (
    KERAS_3,
    Convert,
    Found,
    LayerCall,
    Made,
    SpecLayer,
    UnreadError,
    each_of,
    kept,
    one,
    reshaped,
    said,
    sizes,
    unless,
    whole,
    word,
)
from cnncalc.interop.keras.config import PACKAGES
from cnncalc.layers.support.keras_code import PACKAGE


def _recurrence(call: LayerCall, kind: str, merge: str | None = None, own: LayerCall | None = None) -> Found:
    """LSTM, GRU and SimpleRNN; `own` is the forward layer of a Bidirectional, which merges so."""
    call.last_axis_only()
    both, own = own is not None, own or call
    _usual_activations(own, kind)
    sequences = own.flag("return_sequences", default=False)
    backward = own.flag("go_backwards", default=False)
    states = own.flag("return_state", default=False)
    if both and (states or len(call.shapes) > 1):
        raise UnreadError("hands on its two states")
    if backward and both:
        raise UnreadError("runs from the end both ways (go_backwards)")
    biased = own.flag("use_bias", default=True) or own.cls == _ONE_BIAS
    after = kind == "gru" and own.flag("reset_after", default=own.keras >= KERAS_3)
    two = own.cls.startswith(_TWO_BIASES)
    biases = (2 if (after and own.cls != _ONE_BIAS) or two else 1) if biased else 0
    options = said(
        units=own.option("units"),
        returns=None if sequences else "last",
        direction="both" if both else "backward" if backward else None,
        merge=unless(merge, "concat"),
        reset="before" if kind == "gru" and not after else None,
        nonlinearity="relu" if kind == "rnn" and _plain_name(own.option("activation")) == "relu" else None,
        biases=unless(biases, 1),
    )
    directions = {"": "forward_layer/cell", "_reverse": "backward_layer/cell"} if both else {"": "cell"}
    weights: dict[str, Made] = {}
    variables: dict[str, str] = {}
    for suffix, place in directions.items():
        kernel, state, bias = (f"{place}.{name}" for name in ("kernel", "recurrent_kernel", "bias"))
        recurrent_bias = f"{place}.recurrent_bias"
        names = [kernel, state, *([bias] if biased else []), *([recurrent_bias] if two else [])]
        variables |= {name: f"{place}/vars/{number}" for number, name in enumerate(names)}
        weights |= {
            f"weight_ih_l0{suffix}": Made((kernel,), _turned(kind)),
            f"weight_hh_l0{suffix}": Made((state,), _turned(kind)),
        }
        if biases == 1:
            weights[f"bias_l0{suffix}"] = Made((bias,), _ordered(kind))
        elif two:
            weights[f"bias_ih_l0{suffix}"] = Made((bias,))
            weights[f"bias_hh_l0{suffix}"] = Made((recurrent_bias,))
        elif biases:
            weights[f"bias_ih_l0{suffix}"] = Made((bias,), _row(kind, 0))
            weights[f"bias_hh_l0{suffix}"] = Made((bias,), _row(kind, 1))
    if states and not backward:
        return _with_states(call, kind, options, weights, variables)
    if states:
        raise UnreadError("runs from the end and hands its state on")
    part = SpecLayer(kind, options, weights)
    if backward and sequences:  # Keras puts out the last step first
        return Found((part._replace(name=kind), SpecLayer("flip", {"axis": 0}, name="turned")), variables)
    return Found((part,), variables)


def _with_states(
    call: LayerCall, kind: str, options: dict[str, Any], weights: dict[str, Made], variables: dict[str, str]
) -> Found:
    """A recurrence that also puts out its last state: cut out of one vector of all that it computes."""
    steps, units = call.x[0], whole(options["units"], "units", 1)
    sequences = "returns" not in options
    end = steps * units
    parts = [SpecLayer(kind, {**options, "returns": "all"}, weights, name="steps")]
    if sequences:
        parts.append(SpecLayer("slice", {"stop": end}, name="outputs", reads=("steps",)))
        parts.append(SpecLayer("reshape", {"shape": [steps, units]}, name="sequence"))
    names = ["state", "cell"] if kind == "lstm" else ["state"]
    for number, name in enumerate(names):
        start = end + number * units
        cut = {"start": start, "stop": start + units}
        parts.append(SpecLayer("slice", cut, name=name, reads=("steps",)))
    return Found(tuple(parts), variables, ("sequence" if sequences else "state", *names))


_GATES = {"gru": [1, 0, 2]}
"""Where Keras keeps the gates in the order that a spec has them: its GRU z, r, h, a spec's r, z, h."""


def _ordered(kind: str) -> Convert | None:
    """What puts the rows of an array into a spec's order of gates."""
    gates = _GATES.get(kind)
    if gates is None:
        return None
    return lambda array: array.reshape(len(gates), -1, *array.shape[1:])[gates].reshape(array.shape)


def _turned(kind: str) -> Convert:
    """What makes (n, gates*m) to (gates*m, n), the gates in a spec's order."""
    ordered = _ordered(kind)
    return lambda array: ordered(array.T) if ordered else array.T


def _row(kind: str, number: int) -> Convert:
    """What takes one of the two biases of a GRU, the gates in a spec's order."""
    ordered = _ordered(kind)
    return lambda array: ordered(array[number]) if ordered else array[number]


def _usual_activations(call: LayerCall, kind: str) -> None:
    """Raises UnreadError for activations that the kind does not have."""
    usual = {"activation": ("tanh", "relu") if kind == "rnn" else ("tanh",)}
    for option, known in (usual | {"recurrent_activation": ("sigmoid",)}).items():
        if (given := _plain_name(call.option(option, known[0]))) not in known:
            raise UnreadError(f"has the {option} {brief(given)}")


def _plain_name(value: Any) -> Any:
    """The name of a function, which may be serialised as a mapping."""
    return value.get("config") if isinstance(value, Mapping) else value


def _recurrent(call: LayerCall) -> Found:
    own = _with_cell(call)
    if own.cls not in RECURRENT:
        raise UnreadError(f"runs {brief(own.cls)}")
    return _recurrence(own, RECURRENT[own.cls])


_TWO_BIASES = "TwoBias"
"""How the names of exported cells with a second bias a gate begin."""
_ONE_BIAS = "OneBiasGRU"
"""The exported cell of a GRU that resets the state behind the product and has one bias a gate."""
RECURRENT = {_ONE_BIAS: "gru", "LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
RECURRENT |= {f"{_TWO_BIASES}{name}": RECURRENT[name] for name in ("LSTM", "SimpleRNN")}


def _with_cell(call: LayerCall) -> LayerCall:
    """A recurrence with the options of its cell; another layer as it is."""
    if call.cls != "RNN":
        return call
    cell = _inner(call, "cell")
    written = call.config["cell"]
    is_keras = str(written.get("module", "keras")).partition(".")[0] in PACKAGES
    if not is_keras and written.get("registered_name") != f"{PACKAGE}>{cell.cls}":
        raise UnreadError(f"runs {brief(cell.cls)}")
    return call._replace(cls=cell.cls.removesuffix("Cell"), config={**call.config, **cell.config})


def _bidirectional(call: LayerCall) -> Found:
    forward = _with_cell(_inner(call, "layer"))
    backward = _with_cell(_inner(call, "backward_layer")) if call.option("backward_layer") else forward
    if forward.cls not in RECURRENT or backward.cls != forward.cls:
        raise UnreadError(f"runs {brief(forward.cls)} both ways")
    differs = ("units", "use_bias", "reset_after", "return_sequences", "activation", "recurrent_activation")
    if any(forward.config.get(name) != backward.config.get(name) for name in differs):
        raise UnreadError("has two directions that differ")
    mode = call.config.get("merge_mode", "concat")
    modes = {"concat": "concat", "sum": "sum", "mul": "multiply", "ave": "average"}
    if mode not in modes:
        raise UnreadError("puts out its two directions apart")
    return _recurrence(call, RECURRENT[forward.cls], modes[mode], forward)


def _inner(call: LayerCall, key: str) -> LayerCall:
    """The layer that a wrapper holds, called on the same."""
    given = call.option(key)
    if not isinstance(given, Mapping) or not isinstance(given.get("config"), Mapping):
        raise LayerError("bad_value", f"{key} is not a layer")
    return call._replace(cls=word(given.get("class_name"), "class_name"), config=given["config"])


_EACH_STEP = {
    name: table[name]
    for table, names in (
        (convolutions.LAYERS, ("Dense",)),
        (activations.LAYERS, ("Activation", "ReLU", "LeakyReLU", "ELU")),
        (normalisation.LAYERS, ("BatchNormalization", "LayerNormalization", "Rescaling")),
        (layout.LAYERS, ("Dropout", "Identity")),
        (merging.LAYERS, ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")),
    )
    for name in names
}
"""The layers that do the same at each step as at each position."""
_WINDOWS = {"kernel_size": 1, "pool_size": 1, "strides": 1, "dilation_rate": 1}
"""Options of layers that slide -> their values along the steps, which are then one more dimension."""
_SLIDING = ("Conv", "DepthwiseConv", "MaxPooling", "AveragePooling")


def _time_distributed(call: LayerCall) -> Found:
    """The same layer at each step, whose variables are the inner layer's."""
    found = at_each_step(_inner(call, "layer"))
    return found._replace(variables={name: f"layer/{place}" for name, place in found.variables.items()})


def at_each_step(call: LayerCall, *, operator: bool = False) -> Found:
    """A layer on values that have steps before them: a window becomes one of size 1 along the steps.

    `call.shapes` have the steps. Raises UnreadError for a layer that works otherwise there.
    """
    rank = len(call.x) - 2
    if rank < 0:
        raise LayerError("bad_value", "reads no steps")
    if operator:
        raise UnreadError("is an operator in a model at each step")
    if call.cls in _EACH_STEP:
        return _EACH_STEP[call.cls](call)
    if call.cls == "Concatenate" and call.option("axis", -1) == -1:
        return merging.LAYERS[call.cls](call)
    if call.cls in [f"{name}{rank}D" for name in _SLIDING] and rank < 3 and not call.channels_first:
        return _slid_at_each_step(call, rank)
    if call.cls in ("Flatten", "Reshape") and not call.channels_first:
        target = [-1] if call.cls == "Flatten" else call.option("target_shape")
        return reshaped(call, [call.x[0], *target] if isinstance(target, list | tuple) else target)
    if call.cls in (f"GlobalAveragePooling{rank}D", f"GlobalMaxPooling{rank}D"):
        if call.flag("keepdims", default=False):
            raise UnreadError("pools each step and keeps its dimensions")
        by = "mean" if "Average" in call.cls else "max"
        return one("reduce", {"by": by, "over": list(range(1, rank + 1))})
    raise UnreadError(f"applies {brief(call.cls)} at each step")


def _slid_at_each_step(call: LayerCall, rank: int) -> Found:
    """A convolution or a pooling whose windows are 1 along the steps."""
    longer = dict(call.config)
    for option, single in _WINDOWS.items():
        given = call.config.get(option)
        if given is not None:
            longer[option] = [single, *each_of(sizes(given, option), rank, option)]
    found = convolutions.LAYERS[call.cls](call._replace(config=longer))
    return found._replace(parts=tuple(part._replace(weights=_longer(part.weights)) for part in found.parts))


def _longer(weights: Mapping[str, Made]) -> dict[str, Made]:
    """Kernels (K, C, F ...) with a size of 1 along the steps: (K, C, 1, F ...)."""

    def convert(made: Made) -> Made:
        plain = made.convert
        return made._replace(convert=lambda array: plain(array)[:, :, None]) if plain else made

    return {name: convert(made) if name == "weight" else made for name, made in weights.items()}


def _multi_head_attention(call: LayerCall) -> Found:
    call.last_axis_only()
    if any(len(shape) != 2 for shape in call.shapes):
        raise UnreadError("attends over more than one axis")
    if call.option("use_gate") or call.option("sliding_window"):
        raise UnreadError("has a gate or a sliding window")
    reads = _attended(call)
    heads, key_size = call.whole("num_heads"), call.whole("key_dim")
    value_size = call.whole("value_dim", key_size)
    channels = [call.shapes[index][-1] for index in reads]
    size = call.option("output_shape", channels[0])
    size = whole(size[-1] if isinstance(size, list | tuple) and size else size, "output_shape")
    biased = call.flag("use_bias", default=True)
    causal = call.kwargs.get("use_causal_mask") is True
    together = len(set(channels)) == 1 and heads * key_size == heads * value_size == channels[0]
    options = said(
        heads=heads,
        key_size=unless(key_size * heads, channels[0]) and key_size,
        value_size=unless(value_size, key_size),
        size=unless(size, channels[0]),
        bias=None if biased else False,
        causal=causal or None,
    )
    names = ["query", "key", "value", "output"]
    variables = {}
    private = "" if call.keras >= KERAS_3 else "_"  # a weights file has the names of the attributes
    for name in names:
        variables[f"{name}.kernel"] = f"{private}{name}_dense/vars/0"
        if biased:
            variables[f"{name}.bias"] = f"{private}{name}_dense/vars/1"
    kernels = tuple(f"{name}.kernel" for name in names[:3])
    weights: dict[str, Made] = {}
    if together:
        weights["in_proj_weight"] = Made(kernels, _stacked_rows)
    else:
        weights |= {f"{k[0]}_proj_weight": Made((k,), _rows) for k in kernels}
    if biased:
        weights["in_proj_bias"] = Made(tuple(f"{name}.bias" for name in names[:3]), _joined)
    weights["out_proj.weight"] = Made(("output.kernel",), lambda a: a.reshape(-1, a.shape[-1]).T)
    if biased:
        weights["out_proj.bias"] = Made(("output.bias",))
    return Found((SpecLayer("multi_head_attention", options, weights, reads=reads),), variables)


def _attended(call: LayerCall) -> tuple[int, ...]:
    """The inputs of an attention as query, key, value, from Keras's query, value, key."""
    number = len(call.shapes)
    if call.kwargs.get("attention_mask") is not None or number > 3:
        raise UnreadError("takes a mask")
    if "value" in call.kwargs and "key" in call.kwargs:
        order = [name for name in call.kwargs if name in ("query", "value", "key")]
        by_name = {name: number - len(order) + place for place, name in enumerate(order)}
        return (by_name.get("query", 0), by_name["key"], by_name["value"])
    query, value, key = (0, min(1, number - 1), min(2, number - 1))
    return (query,) if number == 1 else (query, value) if key == value else (query, key, value)


def _rows(kernel: Any) -> Any:
    """(C, heads, size) as (heads*size, C)."""
    return kernel.reshape(len(kernel), prod(kernel.shape[1:])).T


def _stacked_rows(*kernels: Any) -> Any:
    from numpy import concatenate as joined

    return joined([_rows(kernel) for kernel in kernels])


def _joined(*biases: Any) -> Any:
    from numpy import concatenate as joined

    return joined([bias.reshape(-1) for bias in biases])


def _einsum_dense(call: LayerCall) -> Found:
    """A dense layer at each position, written as a product: abc,cd->abd, or with several letters for one."""
    call.last_axis_only()
    equation = word(call.option("equation"), "equation").replace(" ", "")
    given, arrow, out = equation.partition("->")
    left, comma, kernel = given.partition(",")
    shared = left.replace("...", "")
    kept_letters = [letter for letter in shared if letter in out]
    summed = [letter for letter in shared if letter not in out]
    new = [letter for letter in kernel if letter not in shared]
    tidy = [*kept_letters, *summed] == list(shared) and out.replace("...", "") == "".join(
        [*kept_letters, *new]
    )
    if not (arrow and comma and tidy and summed and new and kernel == "".join([*summed, *new])):
        raise UnreadError(f"computes {brief(equation)}")
    sizes_out = call.option("output_shape")
    sizes_out = sizes_out if isinstance(sizes_out, list | tuple) else [sizes_out]
    made = [whole(size, "output_shape", 1) for size in sizes_out[-len(new) :]]
    if len(made) != len(new):
        raise LayerError("bad_value", f"output_shape: {brief(sizes_out)} says not all that is new")
    bias = call.option("bias_axes")
    if bias not in (None, "".join(new)):
        raise UnreadError(f"has a bias along {brief(bias)}")
    positions = list(call.x[: len(call.x) - len(summed)])
    options = said(units=prod(made), bias=None if bias else False, each="position" if positions else None)
    weights = {"weight": Made(("kernel",), lambda array: array.reshape(-1, prod(made)).T)}
    weights |= {"bias": Made(("bias",), lambda array: array.reshape(-1))} if bias else {}
    parts = [SpecLayer("dense", options, weights, name="product")]
    if len(summed) > 1:
        merged = [*positions, prod(call.x[len(positions) :])]
        parts.insert(0, SpecLayer("reshape", {"shape": merged}, name="joined"))
    if len(new) > 1:
        parts.append(SpecLayer("reshape", {"shape": [*positions, *made]}, name="parted"))
    found = Found(tuple(parts), kept("kernel", *(["bias"] if bias else [])))
    return activations.activated(call, found)


def _attention(call: LayerCall) -> Found:
    if "use_scale" not in call.config:
        raise UnreadError("is a class of your own")
    if call.option("score_mode", "dot") != "dot" or call.option("use_scale"):
        raise UnreadError("scores by a learned scale, or not by products")
    if call.kwargs.get("mask") is not None:
        raise UnreadError("takes a mask")
    number = len(call.shapes)
    query, value, key = (0, min(1, number - 1), min(2, number - 1))
    options = said(scale=1.0, causal=call.kwargs.get("use_causal_mask") is True or None)
    return Found((SpecLayer("attention", options, reads=(query, key, value)),))


LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "EinsumDense": _einsum_dense,
    "MultiHeadAttention": _multi_head_attention,
    "Attention": _attention,
}
LAYERS |= dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN"), _recurrent)
