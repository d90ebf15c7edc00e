"""One walk over a graph: the output, the arrays and the operations of each layer, per sample."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from cnncalc.errors import Fault, LayerError, SpecError
from cnncalc.expr import product
from cnncalc.graph import Graph, Node
from cnncalc.languages import Message, listed
from cnncalc.layers.support.base import Layer, Shape, Weight, Work, is_bias
from cnncalc.layers.support.reach import Reading
from cnncalc.layers.support.windows import Axis
from cnncalc.spec.expand import Expansion

Locate = Callable[[LayerError, Node], Fault]
MOST_VALUES = 10**60
"""The most values that a layer puts out: their products and quotients are numbers that can be written yet."""
Known = dict[Any, "LayerCounts"]
"""A layer, the shapes of its inputs, and what is trained -> the counts, for all places where it stands."""


class LayerCounts:
    """The counts of a layer on inputs of certain shapes. Equal layers on equal shapes share one object.

    For training, `wanted` says of which inputs the gradient is wanted (all, unless said), and `learns`
    whether the weights are trained.
    """

    def __init__(
        self,
        layer: Layer,
        inputs: tuple[Shape, ...],
        wanted: tuple[bool, ...] | None = None,
        *,
        learns: bool = True,
    ) -> None:
        self.layer, self.inputs, self.learns = layer, inputs, learns
        self.wanted = (True,) * len(inputs) if wanted is None else wanted
        self.output: Shape = layer.output(*inputs)
        self.activation_size: int = product(self.output)
        if self.activation_size > MOST_VALUES:
            raise LayerError("too_large", "puts out more than 10^60 values", "sizes that grow less")

    @cached_property
    def arrays(self) -> dict[str, Weight]:
        """Name -> array: the weights and buffers of the layer and of its activation."""
        own = self.layer.weights(*self.inputs)
        if self.layer.activation is None:
            return own
        return own | {
            f"activation.{name}": w for name, w in self.layer.activation.weights(self.output).items()
        }

    def _values(self, wanted: Callable[[str, Weight], bool]) -> int:
        return sum(product(weight.shape) for name, weight in self.arrays.items() if wanted(name, weight))

    @cached_property
    def biases(self) -> int:
        return self._values(lambda name, weight: weight.learned and is_bias(name))

    @cached_property
    def weights(self) -> int:
        return self._values(lambda name, weight: weight.learned and not is_bias(name))

    @cached_property
    def params(self) -> int:
        return self.weights + self.biases

    @cached_property
    def filter_params(self) -> int:
        """The parameters of one filter or unit; 0 where the arrays have no axis for the filters."""
        learned = [weight.shape for weight in self.arrays.values() if weight.learned]
        alike = len({shape[:1] for shape in learned}) == 1 and learned[0][:1]
        return sum(product(shape[1:]) for shape in learned) if alike else 0

    def array_shape(self, name: str) -> Shape | None:
        """The shape of the array of that name that the layer learns; None where there is none."""
        found = self.arrays.get(name)
        return found.shape if found is not None and found.learned else None

    @cached_property
    def buffers(self) -> int:
        return self._values(lambda _, weight: weight.counted and not weight.learned)

    @cached_property
    def connections(self) -> int:
        return self.layer.connections(*self.inputs)

    @cached_property
    def connections_real(self) -> int:
        return self.layer.connections_real(*self.inputs)

    @cached_property
    def macs(self) -> int:
        return self.layer.macs(*self.inputs)

    @cached_property
    def has_gradient(self) -> bool:
        """Whether a gradient to the output is wanted: something behind the output is trained."""
        return any(self.wanted) or (self.learns and any(weight.learned for weight in self.arrays.values()))

    @cached_property
    def backward_input_macs(self) -> int:
        return self.layer.gradient_macs(self.wanted, *self.inputs) if self.has_gradient else 0

    @cached_property
    def backward_weight_macs(self) -> int:
        return self.layer.weight_gradient_macs(*self.inputs) if self.learns else 0

    @cached_property
    def values_read(self) -> int:
        return self.layer.values_read(*self.inputs)

    @cached_property
    def weights_read(self) -> int:
        # of a table of words, the rows of the tokens alone
        return self.activation_size if self.layer.vocabulary else self.params + self.buffers

    @property
    def values_written(self) -> int:
        return 0 if self.layer.moves_nothing else self.activation_size

    @cached_property
    def work(self) -> Work:
        """Operation -> number of times, with those of the layer's activation."""
        own = dict(self.layer.work(*self.inputs))
        if self.layer.activation is not None:
            for operation, times in self.layer.activation.work(self.output).items():
                own[operation] = own.get(operation, 0) + times
        return {operation: times for operation, times in own.items() if times}

    @cached_property
    def options(self) -> dict[str, Any]:
        """Option -> value, as JSON has it; the stride of a pooling that moves by its window is the window."""
        found = {name: _as_json(value) for name, value in self.layer.options.items()}
        if "stride" in found and found["stride"] is None:
            found["stride"] = found["kernel"]
        return found

    @cached_property
    def reach(self) -> Reading:
        return self.layer.reach(*self.inputs)

    @cached_property
    def warnings(self) -> tuple[Message, ...]:
        """Warnings for a reader of the numbers, such as rows that no window reads."""
        axes = self.layer.geometry(*self.inputs)
        unread = [
            Message("warning.part", unread=axis.unread, size=axis.size, line=Message(f"word.{name}"))
            for name, axis in zip(line_names(len(axes)), axes, strict=True)
            if isinstance(axis, Axis) and axis.unread
        ]
        told = [Message("warning.unread", parts=listed(unread))] if unread else []
        first = self.inputs[0] if self.inputs else ()
        if self.layer.flattens and "each" in self.layer.options and len(first) == 2 and first[0] > 1:
            told.append(Message("warning.sequence", positions=f"{first[0]:,}"))
        return tuple(told)


def _as_json(value: Any) -> Any:
    """The value of an option; an activation is its name, or its name with its options."""
    if isinstance(value, Layer):
        options = {name: _as_json(part) for name, part in value.options.items()}
        return {value.kind: options} if options else value.kind
    return [_as_json(part) for part in value] if isinstance(value, tuple | list) else value


def line_names(rank: int) -> tuple[str, ...]:
    """The names of the lines along each spatial axis.

    >>> line_names(2)
    ('rows', 'columns')
    """
    return ("frames", "rows", "columns")[3 - rank :] if rank in (2, 3) else ("positions",) * rank


def walk(
    graph: Graph, locate: Locate, known: Known | None = None
) -> tuple[list[LayerCounts | None], list[Fault]]:
    """The facts of every node in order, None for one that fails or reads a failed one; and the faults.

    `known` are the facts that are worked out already, and those of this graph are added.
    """
    shapes: list[Shape | None] = [source.shape for source in graph.inputs]
    first = len(shapes)
    gradients = [False] * first
    known = {} if known is None else known
    facts: list[LayerCounts | None] = []
    faults: list[Fault] = []
    for node in graph.nodes:
        layer = node.layer
        sources = node.inputs
        # most layers read one input: the short way for them
        if len(sources) == 1:
            inputs: tuple[Shape | None, ...] = (shapes[sources[0]],)
            wanted: tuple[bool, ...] = (gradients[sources[0]],)
        else:
            inputs = tuple(shapes[number] for number in sources)
            wanted = tuple(gradients[number] for number in sources)
        learns = node.trainable and (node.shared is None or graph.nodes[node.shared - first].trainable)
        key = (layer, inputs, wanted, learns)
        found = known.get(key)
        if found is None and None not in inputs:
            try:
                found = LayerCounts(layer, inputs, wanted, learns=learns)  # type: ignore[arg-type]
                found.arrays  # noqa: B018 - a weight that can't be is found now
                known[key] = found
            except LayerError as error:
                faults.append(locate(error, node))
                found = None
        if found is not None and node.shared is not None:
            original = facts[node.shared - first]
            if original is not None and _sizes(original) != _sizes(found):
                faults.append(locate(_unlike_weights(graph.name(node.shared), original, found), node))
                found = None
        facts.append(found)
        shapes.append(found.output if found is not None else None)
        gradients.append(found is not None and found.has_gradient)
    return facts, faults


def _sizes(facts: LayerCounts) -> dict[str, tuple[int, ...]]:
    return {name: weight.shape for name, weight in facts.arrays.items()}


def _unlike_weights(name: str, original: LayerCounts, found: LayerCounts) -> LayerError:
    own, here = _sizes(original), _sizes(found)
    name_of = next(array for array in own | here if own.get(array) != here.get(array))
    told = " and ".join("x".join(map(str, sizes.get(name_of, ()))) or "none" for sizes in (own, here))
    return LayerError(
        "bad_share",
        f"share: the {name_of} of {name} does not fit here: {told}",
        "like layers on like maps share",
        "share",
    )


def complete(expansion: Expansion, known: Known | None = None) -> tuple[Graph, list[LayerCounts]]:
    """A document's graph and the facts of every node; raises SpecError with every fault of the document.

    `known` are the facts that `walk` need not work out.
    """
    facts, faults = walk(expansion.graph, expansion.locate, known)
    if faults or expansion.faults:
        raise SpecError(*in_order([*expansion.faults, *faults]))
    return expansion.graph, [fact for fact in facts if fact is not None]


def in_order(faults: list[Fault]) -> Iterator[Fault]:
    """Faults in the order of the file; a fault in a block is told once, however often the block is used."""

    def key(fault: Fault) -> tuple[int, int]:
        place = fault.place
        return (place.line or 0, place.column or 0) if place else (0, 0)

    once: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        once.setdefault((fault.code, str(fault.place) if fault.place else fault.message), fault)
    return iter(sorted(once.values(), key=key))
