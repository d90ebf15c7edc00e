"""The common parts of several kinds in Keras's code. Tensors are (N, positions ..., channels)."""

from typing import Any

from cnncalc.layers.support.as_written import AsWritten, WindowedLayer, as_written
from cnncalc.layers.support.code import Call, Part, Source, Step, alike, call
from cnncalc.layers.support.reach import Span

PACKAGE = "cnncalc"
"""The name under which Keras knows the classes that exported code has of its own."""
REGISTERED = f'@keras.saving.register_keras_serializable("{PACKAGE}")\n'


def keras_layer(name: str, *values: tuple[str, Any], **options: tuple[Any, Any]) -> Step:
    """A layer of keras.layers, with what `call` takes."""
    return Step(call(f"layers.{name}", *values, **options))


def function(apply: str, *, infix: bool = False, **values: Any) -> Part:
    """A layer that is an expression of functions, which have no name."""
    return Part((Step(None, apply, values, infix),), last=True)


def own_class(text: str, name: str, *values: tuple[str, Any], **options: tuple[Any, Any]) -> Part:
    """A layer whose class the code has of its own, named after the kind.

    The class has the kind's options as arguments, and makes variables as the kind's weights are: those of
    `qkv.weight` and `qkv.bias` are of a `layers.Dense` named `qkv`. So a configuration says the kind.
    """
    return Part((Step(call(name, *values, **options)),), last=True, support=(REGISTERED + text.lstrip("\n"),))


def bordered(spans: list[Span], name: str = "ZeroPadding") -> Step:
    """A border of zeros around positions, or the border cropped."""
    sides = tuple((int(before), int(after)) for before, after in spans)
    same = len(set(sides)) == 1 and sides[0][0] == sides[0][1]
    written: Any = sides[0][0] if same else sides if len(sides) > 1 else sides[0]
    return keras_layer(f"{name}{len(spans)}D", ("padding" if name == "ZeroPadding" else "cropping", written))


def padding_of(window: AsWritten) -> tuple[str, list[Span]]:
    """The word for a padding, and the border of zeros where there is no such word."""
    fits = zip(window.spans, window.pads, strict=True)
    if window.ceil:
        return "valid", window.fitted()
    if window.word == "same":
        return "same", []
    if set(window.stride) == {1} and all(a == b and 2 * a == span - 1 for span, (a, b) in fits):
        return ("same" if any(a for a, _ in window.pads) else "valid"), []
    return "valid", window.pads


def convolution(
    layer: WindowedLayer, x: Source, name: str, first: tuple[tuple[str, Any], ...], **options: tuple[Any, Any]
) -> Part | None:
    """A convolution of up to three dimensions; None for strides and dilation at once."""
    if not 1 <= x.rank <= 3:
        return None
    window = as_written(layer, x.shape[:-1])
    if max(window.stride) > 1 and max(window.dilation) > 1:
        return None
    if name == "DepthwiseConv" and (x.rank > 2 or len(set(window.stride)) > 1):
        # a convolution of as many groups as there are maps
        maps, (times, _) = int(x.shape[-1]), options.pop("depth_multiplier")
        name, first = "Conv", (("filters", maps * times),)
        options["groups"] = (maps, 1)
    word, spans = padding_of(window)
    before = (bordered(spans),) if any(side for span in spans for side in span) else ()
    made = keras_layer(
        f"{name}{x.rank}D",
        *first,
        ("kernel_size", alike(window.kernel)),
        strides=(alike(window.stride), 1),
        padding=(word, "valid"),
        dilation_rate=(alike(window.dilation), 1),
        **options,
        activation=(None, None),
        use_bias=(bool(layer.bias), True),  # type: ignore[attr-defined]
    )
    return Part((*before, made), len(before), last=True)


def listed_convolution(layer: WindowedLayer, x: Source, table: tuple[tuple[int, ...], ...]) -> Part | None:
    """A convolution whose filters read the listed maps alone."""
    window = as_written(layer, x.shape[:-1])
    word, spans = padding_of(window)
    if x.rank != 2 or (spans and any(side for span in spans for side in span)) or max(window.dilation) > 1:
        return None
    return own_class(
        _LISTED,
        "ListedConv",
        ("table", tuple(tuple(map(int, row)) for row in table)),
        ("kernel", tuple(map(int, window.kernel))),
        stride=(tuple(map(int, window.stride)), (1, 1)),
        padding=(word, "valid"),
        bias=(bool(layer.bias), True),  # type: ignore[attr-defined]
    )


def pooling(layer: WindowedLayer, x: Source, name: str, *, count_padding: bool = True) -> Part | None:
    """A pooling of up to three dimensions; a class of the code's own where Keras would take other means."""
    if not 1 <= x.rank <= 3:
        return None
    window = as_written(layer, x.shape[:-1])
    if max(window.dilation) > 1:
        return None
    word, spans = padding_of(window)
    before: tuple[Step, ...] = ()
    border = any(side for span in spans for side in span)
    if name == "MaxPooling" and border:
        sides = ((0, 0), *((int(a), int(b)) for a, b in spans), (0, 0))
        pad = 'ops.pad({0}, {pad_width}, constant_values=float("-inf"))'
        before = (Step(None, pad, {"pad_width": sides}),)
    elif name == "AveragePooling":
        pads = any(side for span in window.pads for side in span)
        if border and (window.ceil or not count_padding):
            return _average(window, count_padding=count_padding)
        if word == "same" and pads and count_padding:
            spans, word = window.pads, "valid"
            before = (bordered(spans),)
        elif border:
            before = (bordered(spans),)
    size = alike(window.kernel)
    made = keras_layer(
        f"{name}{x.rank}D",
        ("pool_size", size),
        strides=(alike(window.stride), size),
        padding=(word, "valid"),
    )
    return Part((*before, made), len(before), last=True)


def _average(window: AsWritten, *, count_padding: bool) -> Part:
    """An average pooling that divides by the values of a window that count."""
    beyond = [max(fit - after, 0) for (_, fit), (_, after) in zip(window.fitted(), window.pads, strict=True)]
    return own_class(
        _AVERAGE,
        "AvgPool",
        ("kernel", tuple(map(int, window.kernel))),
        ("stride", tuple(map(int, window.stride))),
        ("padding", tuple((int(before), int(after)) for before, after in window.pads)),
        overhang=(tuple(map(int, beyond)) if window.ceil else None, None),
        rounding=("ceil" if window.ceil else "floor", "floor"),
        count_padding=(count_padding, False),
    )


def merging(name: str, xs: tuple[Source, ...]) -> Part | None:
    """A layer that takes inputs together value by value."""
    if len({x.rank for x in xs}) > 1:
        return None
    return Part(
        (Step(call(f"layers.{name}"), "{made}([" + ", ".join(f"{{{n}}}" for n in range(len(xs))) + "])"),),
        last=True,
    )


def with_activation(step: Step, name: str) -> Step | None:
    """A layer with an activation as its argument; None for a layer that takes none."""
    made = step.make
    if made is None or "activation" not in made.values or made.values["activation"] is not None:
        return None
    return step._replace(
        make=Call(made.function, {**made.values, "activation": name}, made.positional, made.defaults)
    )


_LISTED = """
class ListedConv(layers.Layer):
    \"""A convolution whose filters read only the maps that a table lists for each.\"""

    def __init__(
        self, table, kernel, stride=(1, 1), padding="valid", bias=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.kernel, self.stride, self.padding = tuple(kernel), tuple(stride), padding
        self.places = [(n, read) for n, row in enumerate(table) for read in row]
        self.filters, self.bias = len(table), bias

    def build(self, shape):
        self.channels = shape[-1]
        self.weight = self.add_weight((len(self.places), *self.kernel), name="weight")
        if self.bias:
            sizes = (self.filters,)
            self.shift = self.add_weight(sizes, initializer="zeros", name="bias")

    def call(self, x):
        sizes = self.filters, self.channels, *self.kernel
        kernel = ops.scatter(self.places, self.weight, sizes)
        kernel = ops.transpose(kernel, (2, 3, 1, 0))
        x = ops.conv(x, kernel, self.stride, self.padding)
        return x + self.shift if self.bias else x
"""

_AVERAGE = """
class AvgPool(layers.Layer):
    \"""The mean of the values of each window that lie within the map.\"""

    def __init__(
        self,
        kernel,
        stride,
        padding,
        overhang=None,
        rounding="floor",
        count_padding=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.kernel, self.stride = tuple(kernel), tuple(stride)
        self.sides = [(0, 0), *map(tuple, padding), (0, 0)]
        self.beyond = [(0, 0), *((0, n) for n in overhang or [0] * len(kernel)), (0, 0)]
        self.counted = float(count_padding)

    def mean(self, x, border):
        x = ops.pad(ops.pad(x, self.sides, constant_values=border), self.beyond)
        return ops.average_pool(x, self.kernel, self.stride, "valid")

    def call(self, x):
        return self.mean(x, 0.0) / self.mean(ops.ones_like(x), self.counted)
"""
