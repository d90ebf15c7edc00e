"""A spec's network as PyTorch modules: one for each layer and one for its activation."""

# ruff: noqa: ARG001 - every maker takes the same: a layer, the shapes of its inputs and of its output

from collections.abc import Callable
from math import ceil
from typing import Any

import torch
from torch import nn

from cnncalc.graph import Graph
from cnncalc.layers.support.base import Shape

Module = Any
PLAIN = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "selu": nn.SELU, "gelu": nn.GELU, "silu": nn.SiLU,
    "hard_sigmoid": nn.Hardsigmoid, "hard_swish": nn.Hardswish, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh,
    "softplus": nn.Softplus,
}  # fmt: skip


class UnbuildableError(Exception):
    """PyTorch has no module for a layer."""


class Function(nn.Module):  # type: ignore[misc]
    """What PyTorch has a function for, and no module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *x: Any) -> Any:
        return self.function(*x)


class Built(nn.Module):  # type: ignore[misc]
    """A graph's layers, each with the modules that it is made of."""

    def __init__(self, graph: Graph, layers: list[Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.reads = [node.inputs for node in graph.nodes]
        self.outputs = graph.outputs

    def forward(self, *inputs: Any) -> Any:
        known = list(inputs)
        for layer, reads in zip(self.layers, self.reads, strict=True):
            known.append(layer(*(known[number] for number in reads)))
        return [known[number] for number in self.outputs] if len(self.outputs) > 1 else known[self.outputs[0]]


def network(graph: Graph, shapes: list[tuple[tuple[Shape, ...], Shape]]) -> Module:
    """The model; `shapes` are the inputs and the output of each node."""
    layers: list[Module] = []
    for node, (inputs, output) in zip(graph.nodes, shapes, strict=True):
        first = len(graph.inputs)
        if node.shared is not None:
            layers.append(layers[node.shared - first])
            continue
        made = modules(node.layer, inputs, output)
        if node.layer.activation is not None:
            made += modules(node.layer.activation, (output,), output)
        layers.append(made[0] if len(made) == 1 else nn.Sequential(*made))
    return Built(graph, layers).eval()


def data(graph: Graph) -> list[Any]:
    """An input of each wanted shape, a batch of one."""
    return [
        torch.zeros(1, *first_channels(source.shape), dtype=torch.long if _reads_words(graph, at) else None)
        for at, source in enumerate(graph.inputs)
    ]


def _reads_words(graph: Graph, number: int) -> bool:
    return any(node.layer.kind == "embedding" and number in node.inputs for node in graph.nodes)


def first_channels(shape: Shape) -> Shape:
    return (shape[-1], *shape[:-1])


def _of_rank(name: str, rank: int) -> Any:
    return getattr(nn, f"{name}{rank}d")


def modules(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    """The modules of one layer, in order."""
    maker = globals().get(f"_{layer.kind}")
    if layer.kind in PLAIN:
        return [PLAIN[layer.kind]()]
    if maker is None:
        raise UnbuildableError(layer.kind)
    made = maker(layer, inputs, output)
    return made if isinstance(made, list) else [made]


def _padded(layer: Any, x: Shape, fill: float = 0) -> tuple[list[Module], dict[str, Any]]:
    """Padding as a module of its own, where PyTorch's windows can't do it; and the options of the window."""
    axes = layer.geometry(x)
    symmetric = all(axis.before == axis.after for axis in axes)
    small = not hasattr(layer, "count_padding") and layer.kind != "max_pool"
    small = small or all(2 * axis.before <= axis.kernel for axis in axes)
    options: dict[str, Any] = {
        "kernel_size": tuple(axis.kernel for axis in axes),
        "stride": tuple(axis.stride for axis in axes),
    }
    if symmetric and small:
        return [], options | {"padding": tuple(axis.before for axis in axes)}
    sides = [side for axis in reversed(axes) for side in (axis.before, axis.after)]
    return [_of_rank("ConstantPad", len(axes))(tuple(sides), fill)], options


def _conv(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    if getattr(layer, "table", None) or layer.rounding == "ceil":
        raise UnbuildableError(layer.kind)
    x = inputs[0]
    pad, options = _padded(layer, x)
    options["dilation"] = tuple(axis.dilation for axis in layer.geometry(x))
    groups = x[-1] if layer.kind == "depthwise_conv" else layer.groups
    return [
        *pad,
        _of_rank("Conv", len(x) - 1)(x[-1], output[-1], groups=groups, bias=layer.bias, **options),
    ]


_depthwise_conv = _conv


def _conv_transpose(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    axes = layer.geometry(inputs[0])
    padding = [ceil((axis.before + axis.after) / 2) for axis in axes]
    return _of_rank("ConvTranspose", len(axes))(
        inputs[0][-1],
        output[-1],
        tuple(axis.kernel for axis in axes),
        tuple(axis.stride for axis in axes),
        tuple(padding),
        tuple(
            axis.output_padding + 2 * p - axis.before - axis.after
            for axis, p in zip(axes, padding, strict=True)
        ),
        layer.groups,
        layer.bias,
        tuple(axis.dilation for axis in axes),
    )


def _dense(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    size = 1
    for n in inputs[0]:
        size *= n
    flat = [nn.Flatten()] if len(inputs[0]) > 1 else []
    return [*flat, nn.Linear(size, layer.units, bias=layer.bias)]


def _max_pool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    pad, options = _padded(layer, inputs[0], float("-inf"))
    dilation = tuple(axis.dilation for axis in layer.geometry(inputs[0]))
    rank = len(inputs[0]) - 1
    return [
        *pad,
        _of_rank("MaxPool", rank)(**options, dilation=dilation, ceil_mode=layer.rounding == "ceil"),
    ]


def _avg_pool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    pad, options = _padded(layer, inputs[0])
    rank = len(inputs[0]) - 1
    return [
        *pad,
        _of_rank("AvgPool", rank)(
            **options, ceil_mode=layer.rounding == "ceil", count_include_pad=layer.count_padding
        ),
    ]


def _adaptive_avg_pool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    name = "AdaptiveAvgPool" if "avg" in layer.kind else "AdaptiveMaxPool"
    rank = len(inputs[0]) - 1
    pool = _of_rank(name, rank)(output[:-1] or (1,) * rank)
    return [pool] if len(output) > 1 else [pool, nn.Flatten()]


_adaptive_max_pool = _global_avg_pool = _global_max_pool = _adaptive_avg_pool


def _batch_norm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    if not (layer.scale and layer.shift) or layer.statistics == "batch":
        raise UnbuildableError(layer.kind)
    return _of_rank("BatchNorm", max(len(output) - 1, 1))(output[-1], affine=layer.affine)


def _instance_norm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return _of_rank("InstanceNorm", len(output) - 1)(output[-1], affine=layer.affine)


def _group_norm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.GroupNorm(layer.groups, output[-1], affine=layer.affine)


def _layer_norm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    if layer.over == "all":
        return [nn.LayerNorm(first_channels(output), elementwise_affine=layer.affine)]
    norm = nn.LayerNorm(output[-1], elementwise_affine=layer.affine)
    return [Function(lambda x: x.movedim(1, -1)), norm, Function(lambda x: x.movedim(-1, 1))]


def _lrn(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)


def _prelu(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    if layer.axes != "channels":
        raise UnbuildableError(layer.kind)
    return nn.PReLU(1 if layer.shared else output[-1])


def _elu(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.ELU(layer.alpha)


def _leaky_relu(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.LeakyReLU(layer.slope)


def _softmax(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    module = nn.Softmax if layer.kind == "softmax" else nn.LogSoftmax
    if layer.over == "all":
        return [nn.Flatten(), module(1), Function(lambda x: x.view(1, *first_channels(output)))]
    return [module(1)]


_log_softmax = _softmax


def _embedding(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> list[Module]:
    return [nn.Embedding(layer.vocabulary, layer.size), Function(lambda x: x.movedim(-1, 1))]


def _upsample(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    mode = layer.mode if layer.mode == "nearest" else ("linear", "bilinear", "trilinear")[len(output) - 2]
    said = {"size": output[:-1]} if layer.scale is None else {"scale_factor": layer.scale}
    return nn.Upsample(**said, mode=mode)


def _zero_pad(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    rank = len(output) - 1
    sides = layer.padding if isinstance(layer.padding, tuple) else (layer.padding,) * rank
    pairs = [side if isinstance(side, tuple) else (side, side) for side in sides]
    return _of_rank("ZeroPad", rank)(tuple(n for pair in reversed(pairs) for n in pair))


def _dropout(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.Dropout(layer.rate)


def _flatten(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.Flatten()


def _pixel_shuffle(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    if len(output) != 3:
        raise UnbuildableError(layer.kind)
    return nn.PixelShuffle(layer.scale)


def _channel_shuffle(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return nn.ChannelShuffle(layer.groups)


def _reshape(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return Function(lambda x: x.reshape(1, *first_channels(output)))


_permute = _reshape  # the counts need the shape, not the order


def _slice(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return Function(lambda x: x[:, layer.start : layer.stop])


def _crop(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return Function(lambda x: x[(..., *(slice(n) for n in output[:-1]))])


def _concat(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    return Function(lambda *x: torch.cat(x, 1))


def _add(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Module:
    def added(*x: Any) -> Any:
        result = x[0]
        for other in x[1:]:
            result = result + other if layer.kind == "add" else result * other
        return result

    return Function(added)


_multiply = _add


def build(report: Any) -> Module:
    """The model of a report's network."""
    return network(report.graph, [(fact.inputs, fact.output) for fact in report.facts])
