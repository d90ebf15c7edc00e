"""A layer of a spec as Keras's own layers and operators, made from the spec's options.

Nothing here asks the layer for a size: where padding is a number, Keras gets padding layers and cropping
layers; where padding is a word that Keras has, Keras gets the word.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

layers, ops = keras.layers, keras.ops
Numbers = Any


class NotInKerasError(Exception):
    """Keras has no layer or operator that does the same."""


class Build:
    """A layer of a spec being made: its options, what it reads, and its arrays.

    `x` are Keras's tensors, with the batch; what is made of them goes through `add`, which notes the arrays
    that a Keras layer is to have.
    """

    def __init__(self, layer: Any, x: list[Any], arrays: Mapping[str, Numbers]) -> None:
        self.layer, self.xs, self.arrays = layer, x, arrays
        self.x = x[0]
        self.rank = len(self.x.shape) - 2
        self.filled: list[tuple[Any, list[Numbers]]] = []

    def add(self, layer: Any, *arrays: Numbers) -> Any:
        y = layer(self.x if len(self.xs) == 1 else self.xs)
        if arrays:
            self.filled.append((layer, list(arrays)))
        return y

    def of_rank(self, name: str) -> Any:
        if not 1 <= self.rank <= 3 or not hasattr(layers, name.replace("#", str(self.rank))):
            raise NotInKerasError(f"{name} of {self.rank} dimensions")
        return getattr(layers, name.replace("#", str(self.rank)))

    def each(self, option: str, default: int = 1) -> tuple[int, ...]:
        """An option that is one number or one for each dimension."""
        value = getattr(self.layer, option)
        value = default if value is None else value
        return tuple(value) if isinstance(value, tuple) else (value,) * max(self.rank, 1)

    def sides(self) -> list[list[int]] | str:
        """Padding: a word of Keras's, or numbers for each side of each dimension."""
        given = self.layer.padding
        if given in ("valid", "same", "causal"):
            return str(given)
        if given == "full":
            taps = zip(self.each("kernel"), self.each("dilation"), strict=True) if hasattr(
                self.layer, "dilation"
            ) else ((kernel, 1) for kernel in self.each("kernel"))  # fmt: skip
            return [[(kernel - 1) * dilation] * 2 for kernel, dilation in taps]
        return pairs(given, self.rank)

    def padded(self, value: float = 0.0) -> str:
        """Pads the input by numbers; returns the word that the Keras layer gets."""
        if getattr(self.layer, "rounding", "floor") != "floor":
            raise NotInKerasError("rounds up")
        sides = self.sides()
        if isinstance(sides, str):
            return sides
        if any(map(any, sides)):
            if value:
                self.x = ops.pad(self.x, [[0, 0], *sides, [0, 0]], "constant", value)
            else:
                self.x = self.of_rank("ZeroPadding#D")(sides[0] if self.rank == 1 else sides)(self.x)
            self.xs = [self.x]
        return "valid"

    def bias(self) -> list[Numbers]:
        return [self.arrays["bias"]] if self.layer.bias else []


def pairs(given: Any, rank: int) -> list[list[int]]:
    """Padding in numbers, before and after along each dimension."""
    each = list(given) if isinstance(given, tuple) else [given] * rank
    each = each * rank if len(each) == 1 else each
    return [list(side) if isinstance(side, tuple) else [side, side] for side in each]


def window(build: Build, value: float = 0.0) -> dict[str, Any]:
    strides, dilations = build.each("stride"), build.each("dilation")
    if max(strides) > 1 and max(dilations) > 1:
        raise NotInKerasError("Keras has strides or dilations, not both")
    if len(set(strides)) > 1 and build.layer.kind == "depthwise_conv":
        raise NotInKerasError("Keras has one stride")
    word = build.padded(value)
    return {
        "kernel_size": build.each("kernel"),
        "strides": strides,
        "padding": word,
        "dilation_rate": dilations,
    }


def last(kernel: Numbers) -> Numbers:
    """(K, C, F ...) as (F ..., C, K)."""
    return np.moveaxis(kernel, (0, 1), (-1, -2))


def conv(build: Build) -> Any:
    layer = build.layer
    if layer.table is not None:
        raise NotInKerasError("a table of maps")
    made = build.of_rank("Conv#D")(layer.filters, groups=layer.groups, use_bias=layer.bias, **window(build))
    return build.add(made, last(build.arrays["weight"]), *build.bias())


def depthwise(kernel: Numbers, channels: int) -> Numbers:
    """(C*m, 1, F ...) as (F ..., C, m)."""
    return np.moveaxis(kernel.reshape(channels, -1, *kernel.shape[2:]), (0, 1), (-2, -1))


def depthwise_conv(build: Build) -> Any:
    layer = build.layer
    made = build.of_rank("DepthwiseConv#D")(
        depth_multiplier=layer.multiplier, use_bias=layer.bias, **window(build)
    )
    return build.add(made, depthwise(build.arrays["weight"], build.x.shape[-1]), *build.bias())


def conv_transpose(build: Build) -> Any:
    layer = build.layer
    strides, dilations, more = build.each("stride"), build.each("dilation"), build.each("output_padding", 0)
    if layer.groups > 1 or (max(strides) > 1 and max(dilations) > 1):
        raise NotInKerasError("groups, or strides and dilations")
    if layer.padding == "same" and any(more):
        raise NotInKerasError("Keras means another place by same and output_padding")
    if any(o >= max(s, 1) for o, s in zip(more, strides, strict=True)):
        raise NotInKerasError("more output padding than a stride")
    options: dict[str, Any] = {
        "kernel_size": build.each("kernel"),
        "strides": strides,
        "dilation_rate": dilations,
    }
    sides = build.sides()
    if sides == "same":
        options["padding"] = "same"
    else:
        options["output_padding"] = more
    made = build.of_rank("Conv#DTranspose")(layer.filters, use_bias=layer.bias, **options)
    y = build.add(made, last(build.arrays["weight"]), *build.bias())
    if isinstance(sides, list) and any(map(any, sides)):
        y = build.of_rank("Cropping#D")(sides[0] if build.rank == 1 else sides)(y)
    return y


def dense(build: Build) -> Any:
    layer = build.layer
    if layer.each == "all" and build.rank > 0:
        if layer.order == "chw":
            build.x = layers.Permute((build.rank + 1, *range(1, build.rank + 1)))(build.x)
        build.x = layers.Flatten()(build.x)
        build.xs = [build.x]
    return build.add(layers.Dense(layer.units, use_bias=layer.bias), build.arrays["weight"].T, *build.bias())


def max_pool(build: Build) -> Any:
    if max(build.each("dilation")) > 1:
        raise NotInKerasError("dilations")
    word = build.padded(-np.inf)
    return build.add(build.of_rank("MaxPooling#D")(build.each("kernel"), strides(build), word))


def strides(build: Build) -> tuple[int, ...]:
    return build.each("kernel") if build.layer.stride is None else build.each("stride")


def avg_pool(build: Build) -> Any:
    word, layer = build.layer.padding, build.layer
    if word == "same":
        sizes = zip(build.x.shape[1:-1], build.each("kernel"), strides(build), strict=True)
        both = [max((-(-n // s) - 1) * s + f - n, 0) for n, f, s in sizes]
        if any(each % 2 for each in both) or (any(both) and layer.count_padding):
            raise NotInKerasError("uneven padding, which repeats the edge on PyTorch; padding that counts")
    elif not layer.count_padding and word not in (0, "valid"):
        raise NotInKerasError("padding in numbers that doesn't count")
    word = build.padded()
    return build.add(build.of_rank("AveragePooling#D")(build.each("kernel"), strides(build), word))


def adaptive(name: str) -> Callable[[Build], Any]:
    def make(build: Build) -> Any:
        sizes = [own or n for own, n in zip(build.each("size"), build.x.shape[1:-1], strict=True)]
        return build.add(build.of_rank(f"Adaptive{name}Pooling#D")(sizes[0] if build.rank == 1 else sizes))

    return make


def global_pool(name: str) -> Callable[[Build], Any]:
    return lambda b: b.add(b.of_rank(f"Global{name}Pooling#D")(keepdims=b.layer.keep_dims))


def axes_of(build: Build, given: Any) -> list[int]:
    """The option `over` as Keras counts axes, from 1."""
    rank = len(build.x.shape) - 1
    words = {"all": range(rank), "positions": range(rank - 1), "channels": [rank - 1]}
    found = words.get(given) if isinstance(given, str) else None
    if found is None:
        several = given if isinstance(given, tuple) else (given,)
        found = [rank - 1 if each == "channels" else each % rank for each in several]
    return sorted(each + 1 for each in found)


def affine(build: Build, shape: tuple[int, ...] | None = None) -> tuple[dict[str, bool], list[Numbers]]:
    layer = build.layer
    scale, center = layer.affine and layer.scale, layer.affine and layer.shift
    arrays = [build.arrays[name] for name in ("weight", "bias") if name in build.arrays]
    return {"scale": scale, "center": center}, [a if shape is None else a.reshape(shape) for a in arrays]


def batch_norm(build: Build) -> Any:
    if build.layer.statistics != "running":
        raise NotInKerasError("statistics of the batch")
    options, arrays = affine(build)
    made = layers.BatchNormalization(epsilon=build.layer.epsilon, **options)
    return build.add(made, *arrays, build.arrays["running_mean"], build.arrays["running_var"])


def layer_norm(build: Build) -> Any:
    axes = axes_of(build, build.layer.over)
    options, arrays = affine(build)
    if axes[-1] - axes[0] + 1 > len(axes) or axes[-1] <= build.rank:
        raise NotInKerasError("on PyTorch Keras takes the last axes, whichever it is told")
    if len(axes) == build.rank + 1 > 1:  # PyTorch's order
        arrays = [np.moveaxis(array, 0, -1) for array in arrays]
    elif len(axes) > 1 and arrays:
        raise NotInKerasError("factors of several axes")
    return build.add(layers.LayerNormalization(axis=axes, epsilon=build.layer.epsilon, **options), *arrays)


def group_norm(build: Build) -> Any:
    options, arrays = affine(build)
    groups = build.layer.groups if build.layer.kind == "group_norm" else -1
    return build.add(layers.GroupNormalization(groups, epsilon=build.layer.epsilon, **options), *arrays)


def rms_norm(build: Build) -> Any:
    axes = axes_of(build, build.layer.over)
    if not build.layer.affine or axes != [build.rank + 1]:
        raise NotInKerasError("no factors, or other axes than the last")
    return build.add(layers.RMSNormalization(axis=axes, epsilon=build.layer.epsilon), build.arrays["weight"])


def prelu(build: Build) -> Any:
    kept = [] if build.layer.shared else axes_of(build, build.layer.axes)
    shared = [axis for axis in range(1, build.rank + 2) if axis not in kept]
    shape = [1 if axis in shared else build.x.shape[axis] for axis in range(1, build.rank + 2)]
    return build.add(layers.PReLU(shared_axes=shared or None), build.arrays["weight"].reshape(shape))


KERAS_GATES = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2), "SimpleRNN": (0,)}
"""Where Keras keeps the gates of a spec."""
MERGES = {"concat": "concat", "sum": "sum", "multiply": "mul", "average": "ave"}


def cell(build: Build, name: str, number: str) -> list[Numbers]:
    """The arrays of a layer and a direction, in Keras's order of gates."""

    def turned(kind: str) -> Numbers:
        array = build.arrays[f"{kind}_l{number}"]
        return np.concatenate([np.split(array, len(KERAS_GATES[name]))[gate] for gate in KERAS_GATES[name]])

    arrays = [turned("weight_ih").T, turned("weight_hh").T]
    two = name == "GRU" and build.layer.reset == "after"
    if build.layer.biases and build.layer.biases != 1 + two:
        raise NotInKerasError("as many biases")
    if not build.layer.biases:
        return arrays
    return [*arrays, np.stack([turned("bias_ih"), turned("bias_hh")]) if two else turned("bias")]


def recurrent(name: str) -> Callable[[Build], Any]:
    def make(build: Build) -> Any:
        layer = build.layer
        if layer.returns == "all" or getattr(layer, "projection", None) or build.rank != 1:
            raise NotInKerasError("steps and states in a row, projections, a vector")
        options: dict[str, Any] = {
            "use_bias": layer.biases > 0,
            "go_backwards": layer.direction == "backward",
        }
        options |= {"reset_after": layer.reset == "after"} if name == "GRU" else {}
        options |= {"activation": layer.nonlinearity} if name == "SimpleRNN" else {}
        for number in range(layer.layers):
            sequence = layer.returns == "sequence" or number < layer.layers - 1
            made = getattr(layers, name)(layer.units, return_sequences=sequence, **options)
            arrays = cell(build, name, f"{number}")
            if layer.direction == "both":
                made = layers.Bidirectional(made, MERGES[layer.merge])
                arrays += cell(build, name, f"{number}_reverse")
            build.x = build.add(made, *arrays)
            if layer.direction == "backward" and sequence:  # Keras puts out the last step first
                build.x = ops.flip(build.x, 1)
            build.xs = [build.x]
        return build.x

    return make


def multi_head_attention(build: Build) -> Any:
    layer, width = build.layer, build.x.shape[-1]
    if build.rank != 1:
        raise NotInKerasError("no sequence")
    key = layer.key_size or width // layer.heads
    value = layer.value_size or key
    made = layers.MultiHeadAttention(
        layer.heads, key, value, use_bias=layer.bias, output_shape=layer.size or width
    )
    arrays, given, at = [], build.arrays, 0
    for name, size in (("q", key), ("k", key), ("v", value)):
        rows = slice(at, at := at + size * layer.heads)
        matrix = given["in_proj_weight"][rows] if "in_proj_weight" in given else given[f"{name}_proj_weight"]
        arrays.append(matrix.T.reshape(width, layer.heads, size))
        if layer.bias:
            arrays.append(given["in_proj_bias"][rows].reshape(layer.heads, size))
    out = given["out_proj.weight"]
    arrays.append(out.T.reshape(layer.heads, value, len(out)))
    if layer.bias:
        arrays.append(given["out_proj.bias"])
    y = made(build.x, build.x, use_causal_mask=layer.causal)
    build.filled.append((made, arrays))
    return y


def attention(build: Build) -> Any:
    layer = build.layer
    if build.rank != 1:
        raise NotInKerasError("no sequences")
    query, key, value = (*build.xs, build.xs[-1])[:3]
    scale = layer.scale if layer.scale is not None else query.shape[-1] ** -0.5
    return layers.Attention()([query * scale, value, key], use_causal_mask=layer.causal)


def upsample(build: Build) -> Any:
    layer = build.layer
    usual = (None, "asymmetric") if layer.mode == "nearest" else (None, "half_pixel")
    if layer.coordinates not in usual or layer.rounding != "floor":
        raise NotInKerasError("other coordinates")
    if layer.scale is not None:
        size = build.each("scale")
        if layer.mode == "nearest":
            return build.add(build.of_rank("UpSampling#D")(size[0] if build.rank == 1 else size))
        if build.rank == 2 and layer.mode == "bilinear":
            return build.add(layers.UpSampling2D(size, interpolation=layer.mode))
    elif build.rank == 2 and layer.mode == "bilinear":
        return build.add(layers.Resizing(*build.each("size"), interpolation=layer.mode))
    raise NotInKerasError("resizing of other dimensions, or bicubic, which has another slope")


def pad(build: Build) -> Any:
    mode = {"constant": "constant", "reflect": "reflect"}.get(build.layer.mode)
    if mode is None:
        raise NotInKerasError("keras.ops.pad has no such mode on PyTorch")
    maps = build.layer.channels
    maps = list(maps) if isinstance(maps, tuple) else [maps, maps]
    sides = [[0, 0], *pairs(build.layer.padding, build.rank), maps]
    if mode == "constant":
        return ops.pad(build.x, sides, mode, build.layer.value)
    return ops.pad(build.x, sides, mode)


def zero_pad(build: Build) -> Any:
    sides = pairs(build.layer.padding, build.rank)
    name = "ZeroPadding#D" if build.layer.kind == "zero_pad" else "Cropping#D"
    return build.add(build.of_rank(name)(sides[0] if build.rank == 1 else sides))


def reduce(build: Build) -> Any:
    layer, axes = build.layer, tuple(axes_of(build, build.layer.over))
    names = {"mean": ops.mean, "sum": ops.sum, "max": ops.max, "min": ops.min, "product": ops.prod}
    if layer.by in names:
        return names[layer.by](build.x, axis=axes, keepdims=layer.keep_dims)
    if layer.by in ("var", "std") and not layer.correction:
        return (ops.var if layer.by == "var" else ops.std)(build.x, axis=axes, keepdims=layer.keep_dims)
    if layer.by in ("argmax", "argmin"):
        function = ops.argmax if layer.by == "argmax" else ops.argmin
        return ops.cast(function(build.x, axis=axes[0], keepdims=layer.keep_dims), "float32")
    if layer.by == "l1":
        return ops.sum(ops.abs(build.x), axis=axes, keepdims=layer.keep_dims)
    if layer.by == "l2":
        return ops.sqrt(ops.sum(ops.square(build.x), axis=axes, keepdims=layer.keep_dims))
    if layer.by == "logsumexp":
        return ops.logsumexp(build.x, axis=axes, keepdims=layer.keep_dims)
    raise NotInKerasError(layer.by)


def axis_of(build: Build, given: Any, more: int = 0) -> int:
    rank = len(build.x.shape) - 1 + more
    return rank if given == "channels" else given % rank + 1


def reshape(build: Build) -> Any:
    if build.layer.layout != "hwc":
        raise NotInKerasError("another layout")
    return build.add(layers.Reshape(build.layer.shape))


def permute(build: Build) -> Any:
    if build.layer.layout != "hwc":
        raise NotInKerasError("another layout")
    return build.add(layers.Permute([axis + 1 for axis in build.layer.order]))


def flatten(build: Build) -> Any:
    if build.layer.order == "chw" and build.rank:
        build.x = layers.Permute((build.rank + 1, *range(1, build.rank + 1)))(build.x)
        build.xs = [build.x]
    return build.add(layers.Flatten())


def merge(name: str) -> Callable[[Build], Any]:
    return lambda b: b.add(getattr(layers, name)())


def function(name: str, **options: Any) -> Callable[[Build], Any]:
    """An activation of Keras's by its name; `options` are those of the kind that the name stands for."""

    def make(build: Build) -> Any:
        if any(getattr(build.layer, option) != value for option, value in options.items()):
            raise NotInKerasError("another option")
        return build.add(layers.Activation(name))

    return make


def softmax(build: Build) -> Any:
    axes = axes_of(build, build.layer.over)
    if build.layer.kind == "softmax":
        return build.add(layers.Softmax(axis=axes if len(axes) > 1 else axes[0]))
    if len(axes) > 1:
        raise NotInKerasError("several axes")
    return ops.log_softmax(build.x, axis=axes[0])


def rescale(build: Build) -> Any:
    scale, offset = ([*v] if isinstance(v, tuple) else v for v in (build.layer.scale, build.layer.offset))
    return build.add(layers.Rescaling(scale, offset))


def threshold(build: Build) -> Any:
    layer = build.layer
    if layer.value or layer.at < 0:
        return ops.where(build.x > layer.at, build.x, layer.value)
    return build.add(layers.ReLU(threshold=layer.at))


def slice_(build: Build) -> Any:
    axis, layer = axis_of(build, build.layer.axis), build.layer
    keys = [slice(None)] * axis + [slice(layer.start, layer.stop, layer.step)]
    return build.x[tuple(keys)]


def select(build: Build) -> Any:
    keys = [slice(None)] * axis_of(build, build.layer.axis) + [build.layer.index]
    return build.x[tuple(keys)]


def matmul(build: Build) -> Any:
    a, b = build.xs
    if build.rank < 1:
        raise NotInKerasError("vectors")
    order = [*range(build.rank), build.rank + 1, build.rank]
    a = ops.transpose(a, order) if build.layer.transpose_a else a
    b = ops.transpose(b, order) if build.layer.transpose_b else b
    return ops.matmul(a, b)


def l2_norm(build: Build) -> Any:
    if build.layer.affine or build.layer.epsilon > 1e-6:
        raise NotInKerasError("factors, or a shortest length")
    return build.add(layers.UnitNormalization(axis=-1))


def math(build: Build) -> Any:
    return getattr(ops, build.layer.function)(build.x)


def tile(build: Build) -> Any:
    repeats = build.layer.repeats
    repeats = list(repeats) if isinstance(repeats, tuple) else [repeats] * (len(build.x.shape) - 1)
    return ops.tile(build.x, [1, *repeats])


KINDS: dict[str, Callable[[Build], Any]] = {
    "conv": conv, "depthwise_conv": depthwise_conv,
    "conv_transpose": conv_transpose, "dense": dense, "max_pool": max_pool, "avg_pool": avg_pool,
    "adaptive_avg_pool": adaptive("Average"), "adaptive_max_pool": adaptive("Max"),
    "global_avg_pool": global_pool("Average"), "global_max_pool": global_pool("Max"),
    "batch_norm": batch_norm, "layer_norm": layer_norm, "group_norm": group_norm, "instance_norm": group_norm,
    "rms_norm": rms_norm, "l2_norm": l2_norm, "prelu": prelu,
    "lstm": recurrent("LSTM"), "gru": recurrent("GRU"),
    "rnn": recurrent("SimpleRNN"), "multi_head_attention": multi_head_attention, "attention": attention,
    "upsample": upsample, "pad": pad, "zero_pad": zero_pad, "crop": zero_pad, "reduce": reduce,
    "reshape": reshape, "permute": permute, "flatten": flatten, "rescale": rescale, "threshold": threshold,
    "slice": slice_, "select": select, "matmul": matmul, "math": math, "tile": tile,
    "softmax": softmax, "log_softmax": softmax,
    "add": merge("Add"), "multiply": merge("Multiply"), "average": merge("Average"),
    "maximum": merge("Maximum"), "minimum": merge("Minimum"),
    "subtract": lambda b: b.xs[0] - b.xs[1] if len(b.xs) == 2 else _not("three paths"),
    "divide": lambda b: b.xs[0] / b.xs[1] if len(b.xs) == 2 else _not("three paths"),
    "concat": lambda b: b.add(layers.Concatenate(axis=axis_of(b, b.layer.axis))),
    "stack": lambda b: ops.stack(b.xs, axis_of(b, b.layer.axis, 1)),
    "relu": function("relu"), "relu6": function("relu6"), "selu": function("selu"), "silu": function("silu"),
    "sigmoid": function("sigmoid"), "tanh": function("tanh"), "softsign": function("softsign"),
    "mish": function("mish"), "hard_swish": function("hard_silu"), "log_sigmoid": function("log_sigmoid"),
    "hard_sigmoid": function("hard_sigmoid", slope=None, offset=0.5),
    "softplus": function("softplus", beta=1),
    "celu": lambda b: ops.celu(b.x, b.layer.alpha), "elu": lambda b: b.add(layers.ELU(b.layer.alpha)),
    "gelu": lambda b: ops.gelu(b.x, b.layer.approximate == "tanh"),
    "leaky_relu": lambda b: b.add(layers.LeakyReLU(b.layer.slope)),
    "hard_tanh": lambda b: ops.clip(b.x, b.layer.low, b.layer.high),
    "glu": lambda b: ops.glu(b.x, axis_of(b, b.layer.axis)),
    "dropout": lambda b: b.add(layers.Dropout(b.layer.rate)),
    "embedding": lambda b: b.add(layers.Embedding(b.layer.vocabulary, b.layer.size), b.arrays["weight"])
    if len(b.x.shape) > 1 else _not("a single token"),
    "power": lambda b: ops.power(b.x, b.layer.exponent),
    "flip": lambda b: ops.flip(b.x, axes_of(b, b.layer.axis)),
    "cumsum": lambda b: ops.cumsum(b.x, axis_of(b, b.layer.axis)),
    "expand": lambda b: ops.broadcast_to(b.x, (b.x.shape[0], *b.layer.shape))
    if b.layer.layout == "hwc" else _not("another layout"),
}  # fmt: skip
"""A kind -> what makes it of Keras."""


def _not(why: str) -> Any:
    raise NotInKerasError(why)


def model_of(layer: Any, shapes: list[tuple[int, ...]], arrays: Mapping[str, Numbers], batch: int) -> Any:
    """The Keras model of one layer and its activation, with the arrays of the spec's network in it."""
    reads = "int32" if layer.kind == "embedding" else "float32"
    inputs = [keras.Input(batch_shape=(batch, *shape), dtype=reads) for shape in shapes]
    if layer.kind == "embedding":
        inputs = [keras.Input(batch_shape=(batch, *shape[:-1]), dtype=reads) for shape in shapes]
    build = Build(layer, inputs, arrays)
    y = made(build)
    filled = build.filled
    if layer.activation is not None:
        own = {n.removeprefix("activation."): a for n, a in arrays.items() if n.startswith("activation.")}
        after = Build(layer.activation, [y], own)
        y = made(after)
        filled += after.filled
    model = keras.Model(inputs, y)
    for keras_layer, values in filled:
        keras_layer.set_weights(values)
    return model


def made(build: Build) -> Any:
    if build.layer.kind not in KINDS:
        raise NotInKerasError(build.layer.kind)
    return KINDS[build.layer.kind](build)
