"""The common parts of several kinds in PyTorch's code."""

import math
from functools import reduce
from typing import Any

from cnncalc.layers.support.as_written import AsWritten, WindowedLayer, as_written
from cnncalc.layers.support.code import FIRST, LAST, Part, Plain, Source, Step, alike, call
from cnncalc.layers.support.reach import Span
from cnncalc.layers.support.torch_parts import torch_sides


def module(name: str, *values: tuple[str, Any], **options: tuple[Any, Any]) -> Step:
    """A module of torch.nn, with what `call` takes."""
    return Step(call(f"nn.{name}", *values, **options))


def own_module(name: str, *values: tuple[str, Any], **options: tuple[Any, Any]) -> Step:
    """A module whose class the code has of its own."""
    return Step(call(name, *values, **options))


def function(apply: str, **values: Any) -> Step:
    """A function or a method of tensors."""
    return Step(None, apply, values)


def pad(spans: list[Span], value: float = 0) -> Step:
    """Padding of each axis of positions; a number below 0 crops."""
    sides = tuple(torch_sides(spans))
    rank = len(spans)
    if value:
        make = call(f"nn.ConstantPad{rank}d", ("padding", sides), ("value", Plain(f'float("{value}")')))
        return Step(make, "F.pad({0}, {padding}, value={value})", dict(make.values))
    return Step(call(f"nn.ZeroPad{rank}d", ("padding", sides)), "F.pad({0}, {padding})", {"padding": sides})


def conv(
    layer: WindowedLayer, x: Source, filters: int, groups: int, *, bias: bool, name: str = "nn.Conv"
) -> Part | None:
    """A convolution of up to three dimensions, padded by PyTorch itself where it has the word for that."""
    if x.rank > 3 or x.rank < 1:
        return None
    window = as_written(layer, x.shape[:-1])
    before: tuple[Step, ...] = ()
    padding: Any = None if window.symmetric is None else alike(window.symmetric)
    if window.word == "same" and set(window.stride) == {1}:
        padding = padding if padding is not None else "same"
    elif window.ceil or padding is None or (window.word == "same" and set(window.stride) != {1}):
        before, padding = padding_before(window), 0
    made = call(
        f"{name}{x.rank}d",
        ("in_channels", int(x.shape[-1])),
        ("out_channels", int(filters)),
        ("kernel_size", alike(window.kernel)),
        stride=(alike(window.stride), 1),
        padding=(padding, 0),
        dilation=(alike(window.dilation), 1),
        groups=(int(groups), 1),
        bias=(bool(bias), True),
    )
    return Part((*before, Step(made)), len(before), FIRST)


def padding_before(window: AsWritten, value: float = 0) -> tuple[Step, ...]:
    """The padding with which whole windows fit, as a step before a layer; none where no side has any."""
    fitted = window.fitted()
    return (pad(fitted, value),) if any(side for span in fitted for side in span) else ()


def pooled(layer: WindowedLayer, x: Source, name: str, **options: tuple[Any, Any]) -> Part | None:
    """A pooling whose windows PyTorch lays out itself, or after padding; None where neither can be."""
    if x.rank > 3 or x.rank < 1:
        return None
    window = as_written(layer, x.shape[:-1])
    before: tuple[Step, ...] = ()
    padding, ceil = window.symmetric, window.ceil
    if padding is None or not window.at_most_half:
        if name == "AvgPool":
            return None  # the padding would have to be left out of the means
        before, padding, ceil = padding_before(window, float("-inf")), [0] * x.rank, False
    kernel = alike(window.kernel)
    stride = alike(window.stride)
    dilation = {} if name == "AvgPool" else {"dilation": (alike(window.dilation), 1)}
    made = call(
        f"nn.{name}{x.rank}d",
        ("kernel_size", kernel),
        stride=(stride, kernel),
        padding=(alike(padding), 0),
        **dilation,
        ceil_mode=(ceil, False),
        **options,
    )
    return Part((*before, Step(made)), len(before), FIRST)


def unary(
    name: str, function_name: str, x: Source, *values: tuple[str, Any], **options: tuple[Any, Any]
) -> Part:
    """An activation: a module of torch.nn, or in its place a function."""
    made = call(f"nn.{name}", *values, **options)
    said = {key: value for key, value in made.values.items() if value != made.defaults.get(key, object())}
    told = "".join(f", {{{key}}}" if key in dict(values) else f", {key}={{{key}}}" for key in said)
    return Part((Step(made, f"{function_name}({{0}}{told})", said),), last=x.last)


def of_function(layer: Any, x: Source, reads: str = "") -> Part:
    """A layer that is a function of torch.nn.functional, and a module of torch.nn with the same options."""
    name, *options = layer.torch_op
    where = "torch" if name in ("sigmoid", "tanh") else "F"
    values = tuple((option, getattr(layer, option)) for option in options)
    part = unary(layer.torch_class, f"{where}.{name}", x, *values)
    return part._replace(reads=reads, last=False) if reads else part


def flattened() -> Step:
    """All values of a sample in one row."""
    return Step(call("nn.Flatten"), "{0}.flatten(1)")


def reshaped(x: Source, sizes: tuple[int, ...]) -> Step:
    """All values of a sample in another shape, in the order in which they lie."""
    if len(sizes) == 1:
        return flattened()
    if len(x.shape) == 1:
        return Step(
            call("nn.Unflatten", ("dim", 1), ("sizes", sizes)), "{0}.unflatten(1, {sizes})", {"sizes": sizes}
        )
    if len(sizes) == 2 and sizes[-1] == x.shape[-1]:
        return Step(
            call("nn.Flatten", ("start", 1), ("end", len(x.shape) - 1)),
            "{0}.flatten(1, {end})",
            {"end": len(x.shape) - 1},
        )
    return function("{0}.reshape(-1, {sizes})".replace("{sizes}", ", ".join(map(str, sizes))))


def linear(x: Source, units: int, each: str, order: str, *, bias: bool) -> Part:
    """Units that read all values, or the channels of each position."""
    position = each == "position"
    inputs = x.shape[-1] if position else math.prod(x.shape)
    made = module(
        "Linear", ("in_features", int(inputs)), ("out_features", int(units)), bias=(bool(bias), True)
    )
    if position:
        return Part((made,), 0, LAST, last=True)
    if not x.rank:
        return Part((made,))
    return Part((flattened(), made), 1, LAST if order == "hwc" else FIRST)


def adaptive(pools: str, x: Source, size: int | tuple[int, ...]) -> Part:
    """A pooling to a size."""
    return Part((module(f"Adaptive{pools.title()}Pool{x.rank}d", ("output_size", size)),), reads=FIRST)


def along(name: str, x: Source, over: tuple[int, ...]) -> Part | None:
    """A softmax along one dimension, or over all values."""
    title = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[name]
    if len(over) == 1:
        return unary(title, f"F.{name}", x, dim=(x.dim(over[0]), None))
    if len(over) != len(x.shape):
        return None
    sizes = tuple(int(size) for size in x.tensor)
    flat, made = flattened(), unary(title, f"F.{name}", x, dim=(1, None)).steps[0]
    back = Step(
        call("nn.Unflatten", ("dim", 1), ("sizes", sizes)), "{0}.unflatten(1, {sizes})", {"sizes": sizes}
    )
    return Part((flat, made, back), last=x.last)


def merged(xs: tuple[Source, ...], operation: str, *, divided: bool = False) -> Part:
    """Inputs taken together value by value; a vector is stretched over the positions of maps.

    `operation` is an operator, or a function of two tensors.
    """
    told, last = aligned(xs)
    if "." in operation:
        apply = reduce(lambda before, each: f"{operation}({before}, {each})", told)
        return Part((Step(None, apply),), last=last)
    apply = f" {operation} ".join(told)
    if divided:
        apply = f"({apply}) / {len(xs)}"
    return Part((Step(None, apply, infix=True),), last=last)


def aligned(xs: tuple[Source, ...]) -> tuple[list[str], bool]:
    """Inputs as they are read value by value, vectors at each position; and whether the channels lie last."""
    rank = max(x.rank for x in xs)
    first = next(x for x in xs if x.rank == rank)
    told = [
        f"{{{at}}}"
        + ("" if x.rank in (rank, 0 if first.last else rank) else _stretched(x, rank, last=first.last))
        for at, x in enumerate(xs)
    ]
    return told, first.last


def _stretched(x: Source, rank: int, *, last: bool) -> str:
    """The axes that an input of fewer dimensions is given, so that its channels meet those of maps."""
    more = "None, " * (rank - x.rank)
    if last:
        return f"[:, {more[:-2]}]"
    return f"[:, :, {more[:-2]}]"


def joined(name: str, xs: tuple[Source, ...], axis: int) -> Part:
    """Inputs one after another along an axis; an array that is the same for all samples is stretched."""
    batched = next((at for at, x in enumerate(xs) if x.batched), 0)
    told = [
        f"{{{at}}}"
        + (
            ""
            if x.batched == xs[batched].batched
            else f".expand(len({{{batched}}}), {', '.join(['-1'] * len(x.shape))})"
        )
        for at, x in enumerate(xs)
    ]
    return Part(
        (Step(None, f"torch.{name}([{', '.join(told)}], {{dim}})", {"dim": xs[0].dim(axis)}),),
        last=xs[0].last,
    )


def padded(spans: list[Span], x: Source, mode: str = "constant", value: float = 0) -> Part | None:
    """A layer that pads or crops positions."""
    if not 1 <= x.rank <= 3 and mode != "constant":
        return None
    if mode == "constant" and not value:
        return Part((pad(spans) if x.rank <= 3 else pad(spans)._replace(make=None),), reads=FIRST)
    sides = tuple(torch_sides(spans))
    if mode == "constant":
        make = call(f"nn.ConstantPad{x.rank}d", ("padding", sides), ("value", value))
        return Part((Step(make, "F.pad({0}, {padding}, value={value})", dict(make.values)),), reads=FIRST)
    title, word = {
        "edge": ("Replication", "replicate"),
        "reflect": ("Reflection", "reflect"),
        "circular": ("Circular", "circular"),
    }[mode]
    make = call(f"nn.{title}Pad{x.rank}d", ("padding", sides))
    return Part((Step(make, f'F.pad({{0}}, {{padding}}, mode="{word}")', {"padding": sides}),), reads=FIRST)


def listed_conv(layer: Any, x: Source) -> Part | None:
    """A convolution of two dimensions whose filters read the maps that a table lists."""
    window = as_written(layer, x.shape[:-1])
    if x.rank != 2 or window.ceil or window.symmetric is None:
        return None
    made = own_module(
        "TableConv2d",
        ("kernel_size", tuple(window.kernel)),
        ("table", layer.table),
        stride=(alike(window.stride), 1),
        padding=(alike(window.symmetric), 0),
        dilation=(alike(window.dilation), 1),
        bias=(layer.bias, True),
    )
    return Part((made,), reads=FIRST, support=(_LISTED_CONV,))


_LISTED_CONV = """
class TableConv2d(nn.Module):
    def __init__(self, kernel_size, table, stride=1, padding=0, dilation=1, bias=True):
        super().__init__()
        self.table = [list(maps) for maps in table]
        self.options = {"stride": stride, "padding": padding, "dilation": dilation}
        kernels = torch.empty(sum(map(len, table)), *kernel_size)
        self.weight = nn.Parameter(nn.init.kaiming_uniform_(kernels))
        self.bias = nn.Parameter(torch.zeros(len(table))) if bias else None

    def forward(self, x):
        kernels = self.weight.split([len(maps) for maps in self.table])
        biases = [None] * len(kernels) if self.bias is None else self.bias.split(1)
        maps = [
            F.conv2d(x[:, read], kernel[None], bias, **self.options)
            for read, kernel, bias in zip(self.table, kernels, biases)
        ]
        return torch.cat(maps, 1)
"""
