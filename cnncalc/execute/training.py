"""One step of training by hand: each layer forwards, the loss, every gradient backwards, the new weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import UsageError, did_you_mean, unknown_choice
from cnncalc.execute.convolve import OutputWindow, gradient_terms, maps_first, windows_of
from cnncalc.execute.executor import Executor
from cnncalc.execute.values import Numbers
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers.support.base import Layer, is_bias
from cnncalc.layers.support.softmaxing import SoftmaxLike

MOST_PRODUCTS = 10_000
"""The most products of one layer that are written out."""
Terms = Mapping[tuple[int, ...], Sequence[tuple[float, float]]]


@dataclass
class Stage:
    """A layer of the step: what it reads and makes, and what comes back to it.

    Arrays are (positions ..., maps). An activation that a layer has as its option is a stage of its own.
    """

    name: str
    layer: Layer
    x: Numbers
    arrays: dict[str, Numbers]
    output: Numbers
    windows: tuple[OutputWindow, ...] = ()
    """The products of each output, where the layer slides a window or is dense."""
    gradient: Numbers | None = None
    """dL/dY of what the layer makes."""
    gradients: dict[str, Numbers] = field(default_factory=dict)
    """dL/dX ("input") and the gradients of the weights."""
    terms: dict[str, Terms] = field(default_factory=dict)
    """Of each gradient, at each place, the products that add up to it."""
    updated: dict[str, Numbers] = field(default_factory=dict)
    """The weights after the step."""


class Loss(NamedTuple):
    """A loss with its working: the formula, the numbers put in, the value; and dL/dY."""

    name: str
    formula: str
    numbers: str
    value: float
    gradient: Numbers


@dataclass(frozen=True)
class TrainingStep:
    """The stages in the order of the forward pass, and the loss; without a target or a gradient, None."""

    stages: tuple[Stage, ...]
    loss: Loss | None
    rate: float | None

    def to_dict(self) -> dict[str, Any]:
        def told(arrays: Mapping[str, Numbers]) -> dict[str, Any]:
            return {name: _listed(array) for name, array in arrays.items()}

        loss = None if self.loss is None else self.loss._replace(gradient=self.loss.gradient.tolist())
        return {
            "layers": [
                {
                    "name": stage.name,
                    "kind": stage.layer.kind,
                    "weights": told(stage.arrays),
                    "output": _listed(stage.output),
                    "gradients": told(stage.gradients),
                    "updated": told(stage.updated),
                }
                for stage in self.stages
            ],
            "loss": None if loss is None else loss._asdict(),
            "rate": self.rate,
        }


def _listed(array: Numbers) -> Any:
    """An output map by map; a vector, and an array of weights, as they are."""
    return maps_first(array) if array.ndim == 3 else array.tolist()


def train(
    graph: Graph,
    x: Numbers,
    weights: Mapping[str, Sequence[Numbers]],
    *,
    target: Numbers | None = None,
    loss: str = "squared",
    gradient: Numbers | None = None,
    rate: float | None = None,
) -> TrainingStep:
    """One step on a sample; the layers of the graph stand one after another.

    `weights` are the numbers of each array, such as "conv1.weight", in any number of parts; biases that are
    not given are 0. `target` is what the loss compares the output with, and `gradient` dL/dY in place of a
    loss. Raises UsageError for arrays that are missing or do not fit.
    """
    stages = _forward(_stages(graph), x, dict(weights))
    last = stages[-1]
    found = None
    if target is not None:
        found = _loss(loss, last, target)
        gradient = found.gradient
    if gradient is None:
        return TrainingStep(tuple(stages), None, None)
    dl_dy = np.asarray(gradient, float)
    if dl_dy.size not in (1, last.output.size):
        raise UsageError(f"the gradient has {dl_dy.size} values, and the output {last.output.size}")
    dl_dy = (
        np.broadcast_to(dl_dy, last.output.shape) if dl_dy.size == 1 else _shaped(dl_dy, last.output.shape)
    )
    for stage in reversed(stages):
        _backward(stage, dl_dy)
        dl_dy = stage.gradients["input"]
        if rate is not None:
            stage.updated = {
                name: array - rate * stage.gradients[name]
                for name, array in stage.arrays.items()
                if name in stage.gradients
            }
    return TrainingStep(tuple(stages), found, rate)


def _stages(graph: Graph) -> list[tuple[str, Layer]]:
    """The layers one by one, an activation behind the layer whose option it is."""
    found: list[tuple[str, Layer]] = []
    for number, node in enumerate(graph.nodes):
        if node.inputs != (number,) or node.shared is not None or len(graph.inputs) != 1:
            raise UsageError(
                f"{node.name} does not read the layer before it alone", "a step by hand goes along one path"
            )
        if node.layer.activation is None:
            found.append((node.name, node.layer))
        else:
            alone = replace(node.layer, activation=None)  # type: ignore[type-var]
            found += [
                (node.name, alone),
                (f"{node.name}.{node.layer.activation.kind}", node.layer.activation),
            ]
    return found


def _forward(
    layers: Sequence[tuple[str, Layer]], x: Numbers, weights: dict[str, Sequence[Numbers]]
) -> list[Stage]:
    found = []
    loose = list(weights.pop("", ()))
    for name, layer in layers:
        counts = LayerCounts(layer, (x.shape,))
        arrays = {}
        for array, weight in counts.arrays.items():
            own = weights.pop(f"{name}.{array}", None)
            if own is None and loose and weight.learned and not is_bias(array):
                own = [loose.pop(0)]
            arrays[array] = _filled(f"{name}.{array}", own, weight.shape, learned=weight.learned)
        stage = Stage(name, layer, x, arrays, x)
        stage.output = _run(stage)
        stage.windows = _products(stage)
        found.append(stage)
        x = stage.output
    if weights or loose:
        known = [f"{name}.{array}" for name, layer in layers for array in ("weight", "bias")]
        left = next(iter(weights), "")
        message = f"no layer has {left}" if left else "there are more weights than layers that have some"
        raise UsageError(message, did_you_mean(left, known) if left else "", "unknown_name")
    return found


def _filled(name: str, given: Sequence[Numbers] | None, shape: tuple[int, ...], *, learned: bool) -> Numbers:
    """An array of weights from the numbers that are given: all of them, one for each unit, or one for all."""
    told = "x".join(map(str, shape))
    if given is None:
        if is_bias(name):
            return np.zeros(shape)
        if not learned:
            # as batch norm keeps them before it has seen a sample
            return np.zeros(shape) if name.endswith("mean") else np.ones(shape)
        layer, _, array = name.rpartition(".")
        flag = f'--weight {layer}="..."' if array == "weight" else f'--weight {name}="..."'
        raise UsageError(
            f"which weights has {layer}? its {array} is {told}", f"such as {flag}; maps are parted by |"
        )
    numbers: Numbers = np.concatenate([np.ravel(part) for part in given])
    if numbers.size == np.prod(shape):
        return numbers.reshape(shape)
    if numbers.size == shape[0]:
        return np.broadcast_to(numbers.reshape(-1, *(1,) * (len(shape) - 1)), shape).copy()
    if numbers.size == 1:
        return np.full(shape, numbers.item())
    raise UsageError(
        f"{name} is {told}, {int(np.prod(shape))} numbers, and {numbers.size} are given",
        "filter by filter, map by map, parted by |; or one number for each filter or unit",
        "misshapen_array",
    )


def in_order(array: Numbers) -> Numbers:
    """The numbers of (rows, columns), or of (rows, columns, maps) map by map, as they are typed."""
    return (np.moveaxis(array, -1, 0) if array.ndim > 2 else array).ravel()


def _shaped(array: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Numbers in the order of writing, as an output (positions ..., maps)."""
    if array.shape == shape or len(shape) == 1:
        return array.reshape(shape)
    return np.moveaxis(in_order(array).reshape(shape[-1], *shape[:-1]), 0, -1)


def _alone(stage: Stage) -> tuple[Executor, dict[str, Numbers]]:
    graph = Graph((Input("input", stage.x.shape),), (Node("sum", stage.layer, (0,)),), (1,))
    executor = Executor(graph, [LayerCounts(stage.layer, (stage.x.shape,))], "hwc", by_definition=True)
    return executor, {f"sum.{name}": array for name, array in stage.arrays.items()}


def _run(stage: Stage) -> Numbers:
    executor, arrays = _alone(stage)
    return executor.run(stage.x, arrays)["sum"]


def _row(x: Numbers) -> Numbers:
    """The values that a dense layer reads, in its order: map by map."""
    return np.moveaxis(x, -1, 0).ravel() if x.ndim > 1 else x


def _is_dense(stage: Stage) -> bool:
    """Whether the outputs are the sums of the products of a row of weights with all values that are read."""
    weight = stage.arrays.get("weight")
    if weight is None or not stage.layer.flattens or weight.ndim != 2 or weight.shape[1] != stage.x.size:
        return False
    sums = weight @ _row(stage.x) + stage.arrays.get("bias", 0.0)
    return bool(sums.shape == stage.output.shape and np.allclose(sums, stage.output))


def _slides(stage: Stage) -> bool:
    """Whether a window slides, whose products can be written out."""
    layer, weight = stage.layer, stage.arrays.get("weight")
    if not layer.geometry(stage.x.shape) or layer.transposed or not layer.shares_kernel:
        return False
    if layer.pools:
        return not stage.arrays
    return (
        weight is not None and weight.ndim == stage.x.ndim + 1 and weight.shape[1] in (1, stage.x.shape[-1])
    )


def _products(stage: Stage) -> tuple[OutputWindow, ...]:
    if _is_dense(stage):
        row, bias = _row(stage.x), np.broadcast_to(stage.arrays.get("bias", 0.0), stage.output.shape)
        return tuple(
            OutputWindow((unit,), 0, _pairs(row, weights), float(bias[unit]), float(sum_), float(sum_))
            for unit, (weights, sum_) in enumerate(zip(stage.arrays["weight"], stage.output, strict=True))
        )
    if not _slides(stage):
        return ()
    products = stage.output.size * int(np.prod(stage.arrays.get("weight", np.ones(1)).shape[1:]))
    if products > MOST_PRODUCTS:
        raise UsageError(f"about {products:,} products are too many to write out", code="too_large")
    return tuple(windows_of(stage.layer, stage.x, _with_bias(stage), stage.output, stage.output))


def _with_bias(stage: Stage) -> dict[str, Numbers]:
    if "weight" not in stage.arrays:
        return stage.arrays
    return {"bias": np.zeros(len(stage.arrays["weight"])), **stage.arrays}


def _pairs(first: Numbers, second: Numbers) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zip(first, second, strict=True))


def _backward(stage: Stage, dl_dy: Numbers) -> None:
    """The gradients of a stage, and the products that they are the sums of."""
    executor, arrays = _alone(stage)
    stage.gradient = dl_dy
    found = executor.gradients(stage.x, {"sum": dl_dy}, arrays)
    stage.gradients = {name.removeprefix("sum."): array for name, array in found.items()}
    if _is_dense(stage):
        row, weight = _row(stage.x), stage.arrays["weight"]
        places = [(*place[1:], place[0]) for place in np.ndindex(stage.x.shape[-1], *stage.x.shape[:-1])]
        stage.terms = {
            "input": {place: _pairs(dl_dy, column) for place, column in zip(places, weight.T, strict=True)},
            "weight": {
                (unit, at): ((float(g), float(value)),)
                for unit, g in enumerate(dl_dy)
                for at, value in enumerate(row)
            },
        }
    elif _slides(stage) and not stage.layer.pools:
        stage.terms = dict(gradient_terms(stage.layer, stage.x, _with_bias(stage), dl_dy))


# ---- losses


def _loss(name: str, last: Stage, target: Numbers) -> Loss:
    if name not in LOSSES:
        raise unknown_choice(name, "a loss", tuple(LOSSES))
    y = in_order(last.output) if last.output.ndim > 1 else last.output
    t = in_order(np.asarray(target, float))
    if t.size == 1 < y.size and name == "cross-entropy":
        # the number of the right class, from 0
        right = int(t.item())
        if not 0 <= right < y.size or right != t.item():
            raise UsageError(
                f"there is no class {t.item():g}", f"from 0 to {y.size - 1}, or one number a class"
            )
        t = np.eye(y.size)[right]
    if t.size != y.size:
        raise UsageError(f"the target has {t.size} values, and the output {y.size}", code="misshapen_array")
    probabilities = isinstance(last.layer, SoftmaxLike)
    if name == "cross-entropy" and probabilities:
        name = "probabilities" if (y >= 0).all() else "logarithms"
    formula, worked, value, gradient = _WORKED[name](y, t)
    return Loss(name, formula, worked, float(value), _shaped_like(gradient, last.output))


def _shaped_like(gradient: Numbers, output: Numbers) -> Numbers:
    if output.ndim == 1:
        return gradient
    return np.moveaxis(gradient.reshape(output.shape[-1], *output.shape[:-1]), 0, -1)


Worked = tuple[str, str, float, Numbers]


def _number(value: float) -> str:
    return f"({value:.6g})" if value < 0 else f"{value:.6g}"


def _squares(y: Numbers, t: Numbers) -> str:
    return " + ".join(f"({_number(a)} - {_number(b)})^2" for a, b in zip(y, t, strict=True))


def _squared(y: Numbers, t: Numbers) -> Worked:
    return "1/2*sum((y - t)^2)", f"1/2*({_squares(y, t)})", float(((y - t) ** 2).sum() / 2), y - t


def _mean_squared(y: Numbers, t: Numbers) -> Worked:
    value = float(((y - t) ** 2).mean())
    return "sum((y - t)^2)/n", f"({_squares(y, t)})/{y.size}", value, 2 * (y - t) / y.size


def _of_scores(y: Numbers, t: Numbers) -> Worked:
    p = np.exp(y - y.max())
    p /= p.sum()
    shown = " + ".join(f"{_number(b)}*ln({a:.6g})" for a, b in zip(p, t, strict=True) if b)
    value = float(-(t * np.log(p)).sum())
    return "-sum(t*ln(softmax(y)))", f"-({shown})", value, p * t.sum() - t


def _of_probabilities(y: Numbers, t: Numbers) -> Worked:
    shown = " + ".join(f"{_number(b)}*ln({a:.6g})" for a, b in zip(y, t, strict=True) if b)
    value = float(-sum(b * np.log(a) for a, b in zip(y, t, strict=True) if b))
    return "-sum(t*ln(y))", f"-({shown})", value, np.where(t == 0, 0.0, -t / y)


def _of_logarithms(y: Numbers, t: Numbers) -> Worked:
    shown = " + ".join(f"{_number(b)}*{_number(a)}" for a, b in zip(y, t, strict=True) if b)
    return "-sum(t*y)", f"-({shown})", float(-(t * y).sum()), -t


def _binary(y: Numbers, t: Numbers) -> Worked:
    if ((y <= 0) | (y >= 1)).any():
        raise UsageError("a binary cross-entropy is of values between 0 and 1", "such as behind a sigmoid")
    shown = " + ".join(
        f"{_number(b)}*ln({a:.6g}) + (1 - {_number(b)})*ln(1 - {a:.6g})" for a, b in zip(y, t, strict=True)
    )
    value = float(-(t * np.log(y) + (1 - t) * np.log(1 - y)).mean())
    formula = "-sum(t*ln(y) + (1 - t)*ln(1 - y))/n"
    return formula, f"-({shown})/{y.size}", value, (y - t) / (y * (1 - y)) / y.size


_WORKED: dict[str, Callable[[Numbers, Numbers], Worked]] = {
    "squared": _squared,
    "mse": _mean_squared,
    "cross-entropy": _of_scores,
    "binary": _binary,
    "probabilities": _of_probabilities,
    "logarithms": _of_logarithms,
}
LOSSES = ("squared", "mse", "cross-entropy", "binary")
"""The losses by name; cross-entropy is of scores, or of what a softmax or its logarithm puts out."""
