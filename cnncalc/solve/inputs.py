"""The input sizes of a network with which a layer has a wanted output size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cnncalc.errors import LayerError, UsageError, did_you_mean, whatever_case
from cnncalc.graph import Graph
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.options import shape

LARGEST = 1 << 20
"""The largest input size that is tried."""
_GAP = 64
"""The most sizes in a row that may be invalid before the search ends: merged paths must agree in size."""


@dataclass(frozen=True)
class InputSizes:
    """The input sizes that fit, for each spatial axis; `own` are the spec's sizes."""

    layer: str
    output: tuple[int, ...]
    fitting: tuple[tuple[int, ...], ...]
    own: tuple[int, ...]
    nearest: tuple[tuple[int, int] | None, ...] = ()
    """For an axis that no size fits: the nearest input size, and its output size."""

    @property
    def usual(self) -> tuple[int, ...] | None:
        """The spec's own size where it fits; else the one that halves most often."""
        if not all(self.fitting):
            return None
        return tuple(
            own if own in sizes else max(sizes, key=lambda n: (n & -n, -n))
            for own, sizes in zip(self.own, self.fitting, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "output": list(self.output),
            "inputs": [list(sizes) for sizes in self.fitting],
            "usual": list(self.usual) if self.usual else None,
            "nearest": [list(pair) if pair else None for pair in self.nearest],
        }


def input_sizes(graph: Graph, layer: str, wanted: str | Sequence[int]) -> InputSizes:
    """The input sizes with which a layer, or a block, puts out `wanted` positions (7x7), axis by axis.

    The axes are independent of each other, and the channels stay the spec's. Raises UsageError for an unknown
    layer, and for a layer whose output has no positions.

    >>> import cnncalc
    >>> input_sizes(cnncalc.load("lenet5").graph(), "POOL2", (5, 5)).fitting[0]
    (32, 33, 34, 35)
    """
    first = len(graph.inputs)
    numbers = {name: number - first for name, number in graph.groups.items()}
    numbers |= {node.name: number for number, node in enumerate(graph.nodes)}
    layer = whatever_case(layer, numbers)
    if layer not in numbers:
        help = did_you_mean(layer, list(numbers)[:5000], "layers")
        raise UsageError(
            f"no layer is called {layer[:60]}", help or "cnncalc shapes names them", "unknown_name"
        )
    if len(graph.inputs) > 1:
        raise UsageError("a network of several inputs has no one input size")
    search = _Search(graph, numbers[layer])
    own = graph.inputs[0].shape[:-1]
    rank = len(search.output(graph.inputs[0].shape) or ()) - 1
    if rank < 1 or rank != len(own):
        raise UsageError(
            f"{layer} puts out no positions of the input's dimensions", "name a layer before it is flattened"
        )
    if isinstance(wanted, str):
        try:
            wanted = tuple(shape(wanted))
        except LayerError as error:
            raise UsageError(f"--output-of: {error.fault.message}", "such as 7x7", code="bad_value") from None
    targets = tuple(wanted) * rank if len(wanted) == 1 else tuple(wanted)
    if len(targets) != rank:
        raise UsageError(
            f"{layer} has {rank} dimensions, and {len(wanted)} are said", "such as 7x7", code="wrong_rank"
        )
    for axis in range(rank):
        if (settled := search.at(axis, LARGEST)) is not None and settled == search.at(axis, LARGEST // 2):
            raise UsageError(
                f"{layer} puts out {settled} whatever the size of the input",
                "name a layer whose output grows with it",
            )
    fitting = tuple(search.axis(axis, target) for axis, target in enumerate(targets))
    near = tuple(None if sizes else search.nearest(axis, targets[axis]) for axis, sizes in enumerate(fitting))
    return InputSizes(layer, targets, fitting, own, near)


class _Search:
    def __init__(self, graph: Graph, layer: int) -> None:
        self.graph, self.layer = graph, layer
        first = len(graph.inputs)
        needed, ahead = {layer + first}, [layer + first]
        while ahead:
            number = ahead.pop()
            for source in graph.nodes[number - first].inputs if number >= first else ():
                if source not in needed:
                    needed.add(source)
                    ahead.append(source)
        self.order = sorted(number for number in needed if number >= first)

    def output(self, given: Shape) -> Shape | None:
        """The layer's output shape for an input; None where the input doesn't fit a layer before."""
        first = len(self.graph.inputs)
        shapes: dict[int, Shape] = {0: given}
        try:
            for number in self.order:
                node = self.graph.nodes[number - first]
                shapes[number] = node.layer.output(*(shapes[source] for source in node.inputs))
        except LayerError:
            return None
        return shapes[self.layer + first]

    def at(self, axis: int, n: int) -> int | None:
        own = self.graph.inputs[0].shape
        found = self.output((*own[:axis], n, *own[axis + 1 :]))
        return found[axis] if found is not None else None

    def reaches(self, axis: int, n: int, target: int) -> bool:
        """Whether the first valid size from n on gives at least the target; small sizes may be invalid."""
        for size in range(n, n + _GAP):
            if (found := self.at(axis, size)) is not None:
                return found >= target
        return False

    def lowest(self, axis: int, target: int) -> int:
        """The lowest size from which the target is reached: the output never shrinks as the input grows."""
        high = 1
        while high < LARGEST and not self.reaches(axis, high, target):
            high *= 2
        low = high // 2
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.reaches(axis, middle, target) else (middle, high)
        return high

    def axis(self, axis: int, target: int) -> tuple[int, ...]:
        """Every size that gives the target."""
        found: list[int] = []
        n, invalid = self.lowest(axis, target), 0
        while n <= LARGEST and invalid < _GAP:
            out = self.at(axis, n)
            if out is not None and out > target:
                break
            invalid = invalid + 1 if out is None else 0
            if out == target:
                found.append(n)
            n += 1
        return tuple(found)

    def nearest(self, axis: int, target: int) -> tuple[int, int] | None:
        """The size whose output is nearest to the target, and that output."""
        start = self.lowest(axis, target)
        sizes = range(max(start - 2 * _GAP, 1), start + _GAP)
        pairs = [(n, out) for n in sizes if (out := self.at(axis, n)) is not None]
        return min(pairs, key=lambda pair: (abs(pair[1] - target), abs(pair[0] - start)), default=None)
