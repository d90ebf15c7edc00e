"""The common part of the readers of graphs: inputs, unread arrays, faults, the spec."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from cnncalc.errors import Fault, Place, SpecError
from cnncalc.interop.inputs import written
from cnncalc.interop.model import Model, Origin, Reading
from cnncalc.interop.operations import Operations
from cnncalc.interop.outline import OutlineLayer, gathered_weights
from cnncalc.interop.tensors import Array, Tensor
from cnncalc.languages import Message
from cnncalc.layers.support.base import Shape

MOST_FAULTS = 100
CHANNELS_FIRST = (
    "conv", "pool", "batch_norm", "batchnorm", "group_norm", "instance", "upsample", "resize", "prelu",
    "pixel",
)  # fmt: skip
"""What operators that take the channels before the positions have in their names."""
CHANNELS_LAST = (
    "linear", "layer_norm", "layernorm", "lstm", "gru", "rnn", "matmul", "gemm", "addmm", "attention",
    "embedding",
)  # fmt: skip

Step = tuple[str, Sequence[str], Sequence[str]]
"""An operator's name, the values that it reads and those that it gives."""


class Call(ABC):
    """An operator that a graph calls, and the shapes of its outputs as the graph records them."""

    def __init__(self, op: str, outs: Sequence[Any]) -> None:
        self.op, self.outs = op, outs

    @property
    def out(self) -> Any:
        """The shape of the output; a list of the shapes of several."""
        return self.outs[0] if len(self.outs) == 1 else list(self.outs)

    @property
    def first(self) -> Any:
        """The shape of the first output."""
        return self.outs[0]

    @property
    @abstractmethod
    def operand(self) -> Any:
        """The first value that is read."""

    @abstractmethod
    def plain(self, name: str, default: Any = None) -> Any:
        """A number or a word that the operator is given."""

    def results(self, made: Any) -> list[Any]:
        """A value for each output: None for those that the operator's reader has left out."""
        found = list(made) if isinstance(made, list | tuple) else [made]
        return found + [None] * (len(self.outs) - len(found))


class GraphReader(ABC):
    """Reads one graph on inputs whose sizes are known. `samples` is the batch in the graph's shapes."""

    def __init__(self, model: Model, samples: int, *, opaque: bool) -> None:
        self.model, self.opaque = model, opaque
        self.ops = Operations(samples)
        self.inputs: dict[str, Tensor] = {}
        self.arrays: dict[str, Array] = {}
        """The arrays that the file keeps and counts, by their names there."""
        self.unknown: dict[str, tuple[int, str]] = {}
        self.faults: list[Fault] = []

    @property
    @abstractmethod
    def steps(self) -> Iterable[Step]:
        """The nodes in order."""

    # ---- inputs

    def add_input(self, name: str, shape: Shape, batch: int | None, value: str) -> Tensor:
        """An input that a user gives; its channels come last, where the operators that read them say so.

        `value` is the name of the input in the graph.
        """
        sizes = self.ops.sizes(shape, batch)
        axes = [axis for axis in range(len(sizes)) if axis != batch]
        if len(axes) > 1 and self._channels_first(value, len(axes)):
            axes = [*axes[1:], axes[0]]
        places: list[int | None] = [axes.index(axis) if axis in axes else None for axis in range(len(sizes))]
        own = tuple(sizes[axis] for axis in axes) or (1,)
        self.inputs[name] = self.ops.input(name, sizes, own, places, batch)
        return self.inputs[name]

    def _channels_first(self, name: str, dims: int) -> bool:
        """Whether the first operator that tells the axes apart takes channels first."""
        names = {name}
        for op, reads, gives in self.steps:
            if names.isdisjoint(reads):
                continue
            if any(word in op.lower() for word in CHANNELS_LAST):
                return False
            if any(word in op.lower() for word in CHANNELS_FIRST):
                return True
            names.update(gives)
        return dims > 2

    # ---- faults

    def check(self, origin: Origin, result: Any, recorded: Shape | None) -> None:
        """Holds the axes that were followed to the shape that the file records."""
        if recorded is not None and isinstance(result, Tensor | Array) and self.ops.shape(result) != recorded:
            given = written(self.ops.shape(result))
            message = f"{origin.node} comes out as {given}, and the file records {written(recorded)}"
            place = Place(self.model.file, path=origin.node)
            help = ", ".join(filter(None, (origin.op, origin.line)))
            self.faults.append(Fault("shape_differs", message, help, place))

    def note_unknown(self, origin: Origin, why: str) -> None:
        """Notes an operator that no kind says."""
        told = f"{origin.op}: {why}" if why else origin.op
        count, first = self.unknown.get(told, (0, ", ".join(filter(None, (origin.node, origin.line)))))
        self.unknown[told] = (count + 1, first)

    def tell(self) -> None:
        """Raises one error for all operators that no kind says, and one for each shape that differs."""
        faults = list(self.faults)
        if self.unknown:
            total = sum(count for count, _ in self.unknown.values())
            lines = [
                f"{op}: {count}, first at {first}" if count > 1 else f"{op}: at {first}"
                for op, (count, first) in sorted(self.unknown.items(), key=lambda each: -each[1][0])
            ]
            message = f"{total} operators are no layers that cnncalc has: " + "; ".join(lines)
            if total == 1:
                message = f"an operator is no layer that cnncalc has: {lines[0]}"
            help = "--opaque takes them as layers that count nothing"
            faults.append(Fault("unknown_operator", message, help, Place(self.model.file)))
        if faults:
            raise SpecError(*faults[:MOST_FAULTS])

    # ---- the whole

    def spec(self, results: Sequence[Any], *, with_values: bool) -> Reading:
        """The spec of the layers on the way to the results, and of the arrays that none of them has."""
        self.tell()
        self.ops.outline.enter([])
        self.ops.origin = Origin()
        outputs = [
            self.ops.written_so(x, self.model.layout) if isinstance(x, Tensor | Array) else x for x in results
        ]
        kept = [x for x in outputs if isinstance(x, Tensor) and isinstance(x.source, OutlineLayer)]
        if not kept:
            raise self.model.no_layers()
        outline = self.ops.outline
        outline.keep([x.source for x in kept])
        self._unread()
        layers = outline.layers()
        items = {item.name: item for item in outline.items()}
        value = {
            "input": {name: list(x.own) for name, x in self.inputs.items()},
            "layers": layers,
            "outputs": list(dict.fromkeys(x.source.name for x in kept)),
        }
        samples = self.ops.samples
        return Reading(
            value,
            {name: item.recorded for name, item in items.items() if item.recorded is not None},
            outline.axes(self.model.layout),
            {name: item.origin for name, item in items.items()},
            gathered_weights(items) if with_values else {},
            {name: x.batch for name, x in self.inputs.items() if x.batch},
            (Message("note.batch", batch=samples),) if samples > 1 else (),
        )

    def _unread(self) -> None:
        """What the model keeps and no layer reads counts as well: a layer of its own, at the end."""
        for array in list(self.ops.remaining(self.arrays)):
            path = array.name.rpartition(".")[0]
            self.ops.outline.enter([(f"unread {path}", path)] if path else [])
            self.ops.origin = Origin(node=array.name)
            self.ops.unread(array)


def flat(values: Any) -> list[Any]:
    """Values in lists in lists, in one list."""
    return [
        each for value in values for each in (flat(value) if isinstance(value, list | tuple) else [value])
    ]
