"""The memory of a training step by layer, and with activations that are worked out again between checkpoints.

Weights, their gradients and the optimizer's state are there throughout. Activations are kept from the forward
pass until the backward pass of the layer that made them. The gradient of an activation lives from the
backward pass of the last of its readers to that of its maker.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.memory import states_of
from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError
from cnncalc.expr import product


class LayerTraining(NamedTuple):
    """The bytes of a layer in training; `kept` and `gradient` are of its output, for the whole batch."""

    name: str
    weights: int
    weight_gradients: int
    state: int
    kept: int
    gradient: int


class Segment(NamedTuple):
    """Layers from one checkpoint to the next, by their numbers in the report: `end` is not in the segment."""

    start: int
    end: int


class TrainingMemory(NamedTuple):
    """The memory of a training step, in bytes.

    `static` are weights, gradients of weights and the optimizer's state; `peak` is the most that activations
    and their gradients take at once, when the layer `at` goes backwards: `kept` for the activations, and the
    `gradients` of some layers. `extra_macs` are the multiply-accumulates of the layers that are run a second
    time.
    """

    layers: Sequence[LayerTraining]
    static: int
    peak: int
    at: str
    kept: int
    gradients: Sequence[tuple[str, int]]
    segments: Sequence[Segment]
    extra_macs: int

    @property
    def total(self) -> int:
        """The bytes of the step."""
        return self.static + self.peak

    def to_dict(self) -> dict[str, Any]:
        """The memory as JSON."""
        return {
            "layers": [layer._asdict() for layer in self.layers],
            "static": self.static,
            "peak": self.peak,
            "at": self.at,
            "kept": self.kept,
            "gradients": dict(self.gradients),
            "total": self.total,
            "segments": len(self.segments),
            "extra_macs": self.extra_macs,
        }


def training_memory(report: Report, every: int | None = None) -> TrainingMemory:
    """The memory of training a network with the report's batch, type of values and optimizer.

    With `every`, the outputs of every so many blocks alone are kept, and what lies between is worked out
    again before its backward pass (Chen, Xu, Zhang and Guestrin, 2016, "Training Deep Nets with Sublinear
    Memory Cost"). Raises UsageError where `every` is no number of blocks.
    """
    if every is not None and every < 1:
        raise UsageError(f"a checkpoint every {every} blocks can't be", "a whole number from 1")
    states, each = states_of(report.settings.optimizer), report.bytes_each
    batch = report.settings.batch * each
    needed = _needed(report)
    layers = []
    for row in report.layers:
        size = 0 if row.in_place else row.facts.activation_size * batch
        learned = row.trainable * each
        stored = (row.params + row.buffers) * each
        gradient = size if row.facts.has_gradient else 0
        kept = size if needed[row.index] else 0
        layers.append(LayerTraining(row.name, stored, learned, states * learned, kept, gradient))
    segments = [Segment(0, len(layers))] if every is None else _segments(report, every)
    peak, at, kept, alive = _backwards(report, layers, segments, batch)
    again = [index for segment in segments[:-1] for index in range(segment.start, segment.end)]
    static = sum(layer.weights + layer.weight_gradients + layer.state for layer in layers)
    extra = sum(report.facts[index].macs for index in again) * report.settings.batch
    return TrainingMemory(layers, static, peak, report.graph.nodes[at].name, kept, alive, segments, extra)


def _needed(report: Report) -> list[bool]:
    """For each layer, whether the backward pass needs the values that the layer holds."""
    graph, holder = report.graph, _holders(report)
    first = len(graph.inputs)
    found = [False] * len(holder)
    for number, (node, facts) in enumerate(zip(graph.nodes, report.facts, strict=True), first):
        if facts.has_gradient:
            for each in (number, *node.inputs):
                found[holder[each]] = True
    return found[first:]


def _holders(report: Report) -> list[int]:
    """For each input and node, the one whose memory holds its values: of an output in place, the input's."""
    first = len(report.graph.inputs)
    found = list(range(first + len(report.graph.nodes)))
    for number, (node, overwrites) in enumerate(zip(report.graph.nodes, report.in_place, strict=True), first):
        if overwrites:
            found[number] = found[node.inputs[0]]
    return found


def _segments(report: Report, every: int) -> list[Segment]:
    """The layers between checkpoints, each of so many blocks.

    A block ends where one value alone is read further on. A norm, an activation or dropout stays with the
    layer before; a norm that follows a join of paths begins a block.
    """
    graph, holder = report.graph, _holders(report)
    first = len(graph.inputs)
    last = [0] * len(holder)
    for number, node in enumerate(graph.nodes, first):
        for source in node.inputs:
            last[holder[source]] = number
    ends, blocks = [], 0
    open_values: set[int] = set()
    for number, node in enumerate(graph.nodes, first):
        open_values = {value for value in {*open_values, holder[number]} if last[value] > number}
        follows = graph.nodes[number - first + 1 : number - first + 2]
        if open_values != {holder[number]} or not follows or not node.inputs:
            continue
        after = follows[0].layer
        if not after.rides or (len(node.inputs) > 1 and not after.is_activation):
            blocks += 1
            if blocks % every == 0:
                ends.append(number - first + 1)
    return [Segment(start, end) for start, end in zip([0, *ends], [*ends, len(graph.nodes)], strict=True)]


def _backwards(
    report: Report, layers: Sequence[LayerTraining], segments: Sequence[Segment], batch: int
) -> tuple[int, int, int, list[tuple[str, int]]]:
    """The most bytes of activations and gradients at once in the backward pass, and at which layer.

    Then the bytes that are kept, and the gradients that are alive.
    """
    graph, holder = report.graph, _holders(report)
    first = len(graph.inputs)
    inputs = sum(product(source.shape) for source in graph.inputs) * batch
    gradient = [0] * first + [layer.gradient for layer in layers]
    # the gradients of the outputs are there first
    alive = {holder[number] for number in graph.outputs}
    peak, at, most_kept = 0, len(layers) - 1, 0
    then: set[int] = set()
    checkpoints = [inputs]
    for segment in segments[:-1]:
        checkpoints.append(checkpoints[-1] + _size(layers, holder, first, segment.end - 1))
    for segment, before in zip(reversed(segments), reversed(checkpoints), strict=True):
        kept = before + sum(layers[index].kept for index in range(segment.start, segment.end))
        for index in range(segment.end - 1, segment.start - 1, -1):
            wanted = report.facts[index].has_gradient
            if wanted:
                alive |= {holder[source] for source in graph.nodes[index].inputs}
            taken = kept + sum(gradient[number] for number in alive)
            if wanted and taken > peak:
                peak, at, most_kept, then = taken, index, kept, set(alive)
            kept -= layers[index].kept
            alive.discard(index + first)
    gradients = [(report.graph.name(each), gradient[each]) for each in sorted(then) if gradient[each]]
    return peak, at, most_kept, gradients


def _size(layers: Sequence[LayerTraining], holder: Sequence[int], first: int, index: int) -> int:
    """The bytes of the values that a layer puts out, wherever they are held."""
    held = holder[index + first]
    return layers[held - first].kept if held >= first else 0
