"""The arrays of a layer as Keras's layer has them, in the order in which `layer.set_weights` takes them.

What the readers of `interop.keras` do the other way round.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.layers.support.base import Layer, Shape
from cnncalc.layers.support.code import Call

Found = list[tuple[str, Any]]


def keras_arrays(layer: Layer, made: Call, x: Shape, own: Mapping[str, Any]) -> Found:
    """Keras's names and arrays of a layer that `made` makes and that reads `x`, from the network's `own`."""
    if layer.flattens and len(x) > 1 and layer.options.get("order", "chw") == "chw":
        own = {name: _rows(array, x) if name == "weight" else array for name, array in own.items()}
    function = re.sub("[123]D", "", made.function.removeprefix("layers."))
    if "_l0" in "".join(own):
        cells = f"{made.function} {made.values.get('layer')} {made.values.get('cell')}"
        return _recurrence(own, zrh="GRU" in cells)
    if function == "MultiHeadAttention":
        return _heads(made.values, own)
    if function == "PReLU":
        slopes = own["weight"]
        return [("alpha", slopes.reshape((1,) * (len(x) - slopes.ndim) + slopes.shape))]
    if function == "LayerNormalization":
        # the factors of all values have the channels first
        own = {name: array.transpose(*range(1, array.ndim), 0) for name, array in own.items()}
    if function in _NAMES:
        names, convert = _NAMES[function]
        return [(names[name], convert(own[name], x) if name == "weight" else own[name]) for name in own]
    # a class of the code's own has its variables, then its layers
    owners = list(dict.fromkeys(["", *(name.rpartition(".")[0] for name in own)]))
    order = sorted(own, key=lambda name: owners.index(name.rpartition(".")[0]))
    return [_inner(name, own[name]) if "." in name else (name, own[name]) for name in order]


def _rows(array: Any, x: Shape) -> Any:
    """(units, C*H*W) as (units, H*W*C)."""
    return array.reshape(len(array), int(x[-1]), -1).transpose(0, 2, 1).reshape(array.shape)


def _inner(name: str, array: Any) -> tuple[str, Any]:
    """An array of a dense layer within a layer."""
    owner, _, part = name.rpartition(".")
    return (f"{owner}/kernel", array.T) if part == "weight" else (f"{owner}/{part}", array)


def _kernel_last(array: Any) -> Any:
    """(K, C/G, F ...) as (F ..., C/G, K); the same for (C, K, F ...) of a transposed convolution."""
    return array.transpose(*range(2, array.ndim), 1, 0)


def _maps_apart(array: Any, x: Shape) -> Any:
    """(C*m, 1, F ...) as (F ..., C, m)."""
    apart = array.reshape(int(x[-1]), -1, *array.shape[2:])
    return apart.transpose(*range(2, apart.ndim), 0, 1)


_FACTORS = {
    "weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance",
}  # fmt: skip
_CONVOLUTION = ({"weight": "kernel", "bias": "bias"}, lambda array, _: _kernel_last(array))
_NAMES: dict[str, tuple[Mapping[str, str], Callable[[Any, Shape], Any]]] = {
    "Dense": ({"weight": "kernel", "bias": "bias"}, lambda array, _: array.T),
    "Conv": _CONVOLUTION,
    "ConvTranspose": _CONVOLUTION,
    "DepthwiseConv": ({"weight": "kernel", "bias": "bias"}, _maps_apart),
    "Embedding": ({"weight": "embeddings"}, lambda array, _: array),
    "RMSNormalization": ({"weight": "scale"}, lambda array, _: array),
    **dict.fromkeys(
        ("BatchNormalization", "LayerNormalization", "GroupNormalization"),
        (_FACTORS, lambda array, _: array),
    ),
}
"""Keras's class without its rank -> Keras's names of the arrays, and the way to Keras's weight."""


def _recurrence(own: Mapping[str, Any], *, zrh: bool) -> Found:
    """The kernels and biases of a recurrence, one direction after the other; `zrh` is Keras's GRU."""
    from numpy import stack

    found: Found = []
    for direction, ending in (("forward", "_l0"), ("backward", "_l0_reverse")):
        arrays = {
            name.removesuffix(ending): _gates(array) if zrh else array
            for name, array in own.items()
            if name.endswith(ending)
        }
        if not arrays:
            continue
        found += [(f"{direction}/kernel", arrays["weight_ih"].T)]
        found += [(f"{direction}/recurrent_kernel", arrays["weight_hh"].T)]
        biases = [array for name, array in arrays.items() if name.startswith("bias")]
        if len(biases) == 2 and zrh:
            biases = [stack(biases)]
        names = ("bias", "recurrent_bias")
        found += [(f"{direction}/{name}", array) for name, array in zip(names, biases, strict=False)]
    return found


def _gates(array: Any) -> Any:
    """The rows of an array in the order of Keras's GRU, z, r, h; the network has r, z, h."""
    return array.reshape(3, -1, *array.shape[1:])[[1, 0, 2]].reshape(array.shape)


def _heads(values: Mapping[str, Any], own: Mapping[str, Any]) -> Found:
    """The projections of attention in heads: those of queries, keys and values, and the last one."""
    from numpy import cumsum, split

    heads = values["num_heads"]
    sizes = {"query": values["key_dim"], "key": values["key_dim"], "value": values["value_dim"]}
    ends = cumsum([heads * size for size in sizes.values()])[:2]
    joint = "in_proj_weight" in own
    rows = split(own["in_proj_weight"], ends) if joint else [own[f"{n}_proj_weight"] for n in "qkv"]
    biases = split(own["in_proj_bias"], ends) if "in_proj_bias" in own else [None] * 3
    found: Found = []
    for (name, size), row, bias in zip(sizes.items(), rows, biases, strict=True):
        found.append((f"{name}/kernel", row.T.reshape(-1, heads, size)))
        found += [] if bias is None else [(f"{name}/bias", bias.reshape(heads, size))]
    last = own["out_proj.weight"]
    found.append(("output/kernel", last.T.reshape(heads, -1, len(last))))
    found += [("output/bias", own["out_proj.bias"])] if "out_proj.bias" in own else []
    return found
