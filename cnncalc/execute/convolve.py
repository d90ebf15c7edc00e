"""Small matrices convolved or pooled as one does it by hand: each window's products, and the gradients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import UsageError, did_you_mean, unknown_choice
from cnncalc.execute.executor import Executor
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.unrolled import Stamp, as_columns, as_matrix, run_alone, stamps
from cnncalc.execute.values import Numbers
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers import build, find
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.base import activation as read_activation
from cnncalc.layers.support.windows import Axis

KERNELS: dict[str, list[Any]] = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "sobel": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "sobel-horizontal": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "sobel-vertical": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "prewitt": [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
    "gaussian": [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]],
    "smooth": [[1 / 9] * 3] * 3,
    "laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "emboss": [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}
"""Kernels by their names; of a signal in one dimension, see `SIGNAL_KERNELS`."""
SIGNAL_KERNELS: dict[str, list[float]] = {
    "identity": [0, 1, 0],
    "smooth": [1 / 3] * 3,
    "gaussian": [1 / 4, 1 / 2, 1 / 4],
    "difference": [1, 0, -1],
    "second-difference": [1, -2, 1],
}


@dataclass(frozen=True)
class OutputWindow:
    """The (input, weight) pairs of one output, tap by tap; in a pooling the weight is None."""

    at: tuple[int, ...]
    filter: int
    terms: tuple[tuple[float, float | None], ...]
    bias: float
    sum: float
    output: float


@dataclass(frozen=True)
class Worked:
    """A matrix convolved or pooled: what comes out, (positions ..., maps), and how each value came about."""

    output: Numbers
    pool: str | None
    activation: str | None
    windows: tuple[OutputWindow, ...]
    gradients: dict[str, Numbers]
    gradient_terms: Mapping[str, Mapping[tuple[int, ...], Sequence[tuple[float, float]]]] = field(
        default_factory=dict
    )
    """Of each gradient, at each place, the products that add up to it: (dL/dY, weight), or (dL/dY, input)."""
    matrix: Numbers | None = None
    """The matrix of the operation, or of the image's windows, where one is asked for."""
    stamps: tuple[Stamp, ...] = ()
    """Of a transposed convolution: what each input adds."""
    layer: Layer | None = None
    """The layer that was run."""
    image: Numbers | None = None
    """What the layer read, (positions ..., maps)."""
    weight: Numbers | None = None
    """The kernels as the layer has them, None for a pooling."""
    bias: float = 0.0
    """Of a transposed convolution: the bias, which is added to every value."""

    def to_dict(self) -> dict[str, Any]:
        plain = {name: maps_first(array) for name, array in self.gradients.items()}
        return {
            "output": maps_first(self.output),
            "windows": [vars(window) for window in self.windows],
            "gradients": plain,
            **({} if self.matrix is None else {"matrix": self.matrix.tolist()}),
        }


def maps_first(array: Numbers) -> Any:
    """Nested lists: a map's own where there is one, else a list of the maps."""
    maps = np.moveaxis(array, -1, 0)
    return (maps[0] if len(maps) == 1 else maps).tolist()


def named_kernel(name: str, rank: int) -> Numbers:
    """A kernel by its name, for an image or for a signal."""
    known = SIGNAL_KERNELS if rank == 1 else KERNELS
    found = known.get(name.replace("_", "-").lower())
    if found is None:
        raise UsageError(
            f"no kernel is called {name!r}", did_you_mean(name, known, "known"), code="unknown_name"
        )
    return np.array(found, float)


def convolve(
    image: Any,
    *kernels: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    true_convolution: bool = False,
    bias: float | Sequence[float] = 0.0,
    activation: Any = None,
    gradient: Any = None,
    signal: bool = False,
    steps: bool = True,
    matrix: str = "",
) -> Worked:
    """An image (H, W) or (H, W, C), or a signal (W,), with a kernel; or with several, a map from each.

    What networks compute, cross-correlation; with `true_convolution` the kernels are flipped first. A kernel
    of one map on an image of several goes over each by itself. `gradient` is dL/dY: then `gradients` holds
    dL/dX ("input"), dL/dW ("weight") and dL/db ("bias"). A `signal` may have maps: (W, C). `matrix` adds the
    matrix of the "convolution", or the "windows" of the image (im2col).

    >>> convolve([[1, 2], [3, 4]], [[1, 0], [0, 1]]).output[..., 0].tolist()
    [[5.0]]
    """
    x = with_maps(image, signal=signal)
    weights = [with_maps(kernel, signal=signal) for kernel in kernels]
    each = x.shape[-1] > 1 and all(weight.shape[-1] == 1 for weight in weights)
    if not weights or any(weight.ndim != x.ndim for weight in weights):
        raise UsageError("an image and its kernels must have as many dimensions", code="misshapen_array")
    if len({weight.shape for weight in weights}) > 1 or (not each and weights[0].shape[-1] != x.shape[-1]):
        shapes = ", ".join("x".join(map(str, weight.shape)) for weight in weights)
        raise UsageError(
            f"kernels of {shapes} don't go with {x.shape[-1]} maps",
            "all alike, of as many maps",
            code="misshapen_array",
        )
    if true_convolution:
        weights = [np.flip(weight, tuple(range(x.ndim - 1))) for weight in weights]
    options = {"kernel": list(weights[0].shape[:-1]), "stride": stride, "padding": padding}
    options |= {"dilation": dilation}
    if each:
        layer = _layer("depthwise_conv", options | {"multiplier": len(weights)})
        weights *= x.shape[-1]
    else:
        layer = _layer("conv", options | {"filters": len(weights)})
    if np.ndim(bias) and len(np.atleast_1d(bias)) != len(weights):
        raise UsageError(f"{len(np.atleast_1d(bias))} biases for {len(weights)} maps", code="misshapen_array")
    arrays = {"weight": np.stack([np.moveaxis(weight, -1, 0) for weight in weights])}
    arrays["bias"] = np.broadcast_to(np.asarray(bias, float), len(weights))
    squashed = read_activation(activation)
    worked = _worked(layer, x, arrays, gradient, activation=squashed, steps=steps, flipped=true_convolution)
    if matrix == "windows":
        found = windows_of(layer, x, arrays, worked.output, worked.output)
        rows = [[value for value, _ in window.terms] for window in found if window.filter == 0]
        return replace(worked, matrix=as_columns(rows))
    return replace(worked, matrix=as_matrix(layer, x.shape, arrays)) if matrix else worked


def convolve_transposed(
    image: Any,
    *kernels: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    output_padding: Any = 0,
    bias: float = 0.0,
    signal: bool = False,
    matrix: bool = False,
) -> Worked:
    """An image or a signal convolved by the transpose: each value stamps the kernel onto the output.

    A kernel has one map, or a map for each of the image's; each of several makes a map. `padding` crops the
    output.

    >>> convolve_transposed([[0, 1], [2, 3]], [[0, 1], [2, 3]]).output[..., 0].tolist()
    [[0.0, 0.0, 1.0], [0.0, 4.0, 6.0], [4.0, 12.0, 9.0]]
    """
    x = with_maps(image, signal=signal)
    weights = [with_maps(kernel, signal=signal) for kernel in kernels]
    for weight in weights:
        if weight.ndim != x.ndim or weight.shape[-1] not in (1, x.shape[-1]):
            shapes = ["x".join(map(str, array.shape)) for array in (weight, x)]
            raise UsageError(f"a kernel of {shapes[0]} doesn't go with {shapes[1]}", code="misshapen_array")
    taps = weights[0].shape[:-1]
    if any(weight.shape[:-1] != taps for weight in weights):
        told = ", ".join("x".join(map(str, weight.shape)) for weight in weights)
        raise UsageError(
            f"kernels of {told} don't go with {x.shape[-1]} maps",
            "all alike, of as many maps",
            code="misshapen_array",
        )
    weights = [np.broadcast_to(weight, (*taps, x.shape[-1])) for weight in weights]
    options = {"kernel": list(taps), "stride": stride, "padding": padding, "filters": len(weights)}
    layer = _layer("conv_transpose", options | {"dilation": dilation, "output_padding": output_padding})
    arrays = {
        "weight": np.stack([np.moveaxis(weight, -1, 0) for weight in weights], axis=1),
        "bias": np.full(len(weights), float(bias)),
    }
    output = run_alone(layer, x, arrays)
    found = as_matrix(layer, x.shape, arrays) if matrix else None
    stamped = tuple(
        each for number, weight in enumerate(weights) for each in stamps(layer, x, weight, number)
    )
    return Worked(
        output, None, None, (), {}, matrix=found, stamps=stamped, layer=layer, image=x,
        weight=arrays["weight"], bias=float(bias),
    )  # fmt: skip


def pool(
    image: Any,
    kernel: Any,
    how: str = "max",
    *,
    stride: Any = None,
    padding: Any = 0,
    gradient: Any = None,
    signal: bool = False,
    steps: bool = True,
) -> Worked:
    """An image (H, W) or (H, W, C), or a signal (W,), pooled map by map; `how` is max or avg.

    >>> pool([[1, 3], [2, 4]], 2).output.item()
    4.0
    """
    if how not in ("max", "avg"):
        raise unknown_choice(how, "a pooling", ("max", "avg"))
    layer = _layer(f"{how}_pool", {"kernel": kernel, "stride": stride, "padding": padding})
    return _worked(layer, with_maps(image, signal=signal), {}, gradient, steps=steps, flipped=False)


def with_maps(array: Any, *, signal: bool = False) -> Numbers:
    """(positions ..., maps) in float64, from a vector, a matrix, or an array that has its maps already."""
    found: Numbers = np.asarray(array, float)
    if not 1 <= found.ndim <= 4 or not found.size:
        raise UsageError(
            f"an array of {'x'.join(map(str, found.shape)) or 'one number'} is no image",
            code="misshapen_array",
        )
    return found if found.ndim > (1 if signal else 2) else found[..., None]


def _layer(kind: str, options: dict[str, Any]) -> Layer:
    cls = find(kind)
    assert cls is not None
    return build(cls, {name: value for name, value in options.items() if value is not None})


def _worked(
    layer: Layer,
    x: Numbers,
    arrays: dict[str, Numbers],
    gradient: Any,
    *,
    activation: Layer | None = None,
    steps: bool,
    flipped: bool,
) -> Worked:
    nodes, facts = [Node("sum", layer, (0,))], [LayerCounts(layer, (x.shape,))]
    if activation is not None:
        nodes.append(Node("output", activation, (1,)))
        facts.append(LayerCounts(activation, (facts[0].output,)))
    graph = Graph((Input("input", x.shape),), tuple(nodes), (len(nodes),))
    # by the definitions, so that the sums are those of the terms to the last bit
    executor = Executor(graph, facts, "hwc", by_definition=True)
    weights = {f"sum.{name}": array for name, array in arrays.items()}
    maps: dict[str, Numbers] = {}
    executor.run(x, weights, watch=maps.__setitem__)
    last = nodes[-1].name
    output = maps[last]
    windows = tuple(windows_of(layer, x, arrays, maps["sum"], output)) if steps else ()
    found = {}
    terms: Mapping[str, Any] = {}
    if gradient is not None:
        seed = np.asarray(gradient, float)
        seed = seed[..., None] if seed.ndim == output.ndim - 1 else seed
        if seed.size == output.shape[-1] == output.size:
            # a value for each map at the one position
            seed = seed.reshape(output.shape)
        if seed.ndim and seed.shape != output.shape:
            told = ["x".join(map(str, shape)) for shape in (seed.shape, output.shape)]
            help = "maps are parted by |, as in the image: 1 2 | 3 4" if output.shape[-1] > 1 else ""
            raise UsageError(
                f"the gradient is {told[0]}, and the output is {told[1]}", help, code="misshapen_array"
            )
        seeds = {last: np.broadcast_to(seed, output.shape)}
        for name, array in executor.gradients(x, seeds, weights).items():
            found[name.removeprefix("sum.")] = array
        if steps and "weight" in found and not flipped:
            at_sums = seeds[last]
            if activation is not None:
                alone = Graph((Input("input", output.shape),), (Node(last, activation, (0,)),), (1,))
                back = Executor(alone, facts[1:], "hwc", by_definition=True)
                at_sums = back.gradients(maps["sum"], seeds, {})["input"]
            terms = gradient_terms(layer, x, arrays, at_sums)
        if "weight" in found:
            found["weight"] = _as_kernels(found["weight"], flipped=flipped)
    kind = activation.kind if activation else None
    return Worked(
        output,
        layer.pools or None,
        kind,
        windows,
        found,
        terms,
        layer=layer,
        image=x,
        weight=arrays.get("weight"),
    )


def gradient_terms(
    layer: Layer, x: Numbers, arrays: dict[str, Numbers], dl_dy: Numbers
) -> dict[str, dict[tuple[int, ...], list[tuple[float, float]]]]:
    """The products of which each value of dL/dX and of dL/dW is the sum, place by place."""
    # the same windows over the numbers of the places, from 1, say which input each tap reads; padding is 0
    places = np.arange(1, x.size + 1, dtype=float).reshape(x.shape)
    weight = arrays["weight"]
    found: dict[str, dict[tuple[int, ...], list[tuple[float, float]]]] = {"input": {}, "weight": {}}
    for window in windows_of(layer, places, arrays, dl_dy, dl_dy):
        g = float(dl_dy[(*window.at, window.filter)])
        taps = weight[window.filter]
        for (place, w), tap in zip(window.terms, np.ndindex(taps.shape), strict=True):
            if place:
                spot = tuple(map(int, np.unravel_index(int(place) - 1, x.shape)))
                found["input"].setdefault(spot, []).append((g, float(w or 0.0)))
                found["weight"].setdefault((window.filter, *tap), []).append((g, float(x[spot])))
    return found


def _as_kernels(weight: Numbers, *, flipped: bool) -> Numbers:
    """A gradient (filters, maps, taps ...) as the kernels were given: (taps ..., filters and their maps)."""
    rank = weight.ndim - 2
    if flipped:
        weight = np.flip(weight, tuple(range(2, weight.ndim)))
    kernels: Numbers = np.moveaxis(weight.reshape(-1, *weight.shape[-rank:]), 0, -1)
    return kernels


def windows_of(
    layer: Layer, x: Numbers, arrays: dict[str, Numbers], sums: Numbers, output: Numbers
) -> list[OutputWindow]:
    """The window of every output."""
    axes = [axis for axis in layer.geometry(x.shape) if isinstance(axis, Axis)]
    tool = NumpyKernels()
    patches = tool.windows(tool.value(x[None]), axes)
    found = []
    for at in np.ndindex(output.shape[:-1]):
        window = patches.array[0][at]
        inside = np.ones((), bool)
        masks = patches.inside if layer.pools == "max" else patches.padded
        for mask, place in zip(masks, at, strict=True):
            inside = inside[..., None] & mask[place]
        for number in range(output.shape[-1]):
            if layer.pools:
                values = window[..., number][inside]
                terms: Any = tuple((float(value), None) for value in values)
            else:
                weight = np.moveaxis(arrays["weight"][number], 0, -1)
                own = window
                if weight.shape[-1] != window.shape[-1]:
                    own = window[..., _map_of(number, len(arrays["weight"]), x.shape[-1])]
                # map by map, as one writes it
                pairs = np.moveaxis(np.stack([own, weight]), -1, 1).reshape(2, -1)
                terms = tuple((float(value), float(factor)) for value, factor in pairs.T)
            bias = 0.0 if layer.pools else float(arrays["bias"][number])
            place = (*at, number)
            found.append(OutputWindow(at, number, terms, bias, float(sums[place]), float(output[place])))
    return found


def _map_of(number: int, filters: int, maps: int) -> slice:
    """The one map that a filter of a depthwise convolution reads."""
    first = number * maps // filters
    return slice(first, first + 1)
