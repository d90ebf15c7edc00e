"""The parts of which the tables of counting tools are made, and a tool's count by its table."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.expr import product
from cnncalc.languages import Message
from cnncalc.layers.support.base import Layer, Shape
from cnncalc.quantity import QUANTITIES, Quantity


class ModuleView:
    """A layer as a counting tool sees it: one PyTorch module. An activation is a module of its own."""

    def __init__(self, layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> None:
        self.layer, self.inputs, self.output = layer, inputs, output

    @property
    def kind(self) -> str:
        """The kind; a convolution by a table is one of its own, which PyTorch lacks."""
        return f"{self.layer.kind} by a table" if self.layer.table else self.layer.kind

    @property
    def module(self) -> str:
        """The kind whose rule holds; a convolution by a table is no module that a tool has a rule for."""
        return "" if self.layer.table else self.layer.torch_module or self.layer.kind

    @property
    def options(self) -> Mapping[str, Any]:
        """The values of the layer's options, by name."""
        return self.layer.options

    @cached_property
    def macs(self) -> int:
        """The textbook's multiply-accumulates."""
        return self.layer.macs(*self.inputs)

    @cached_property
    def _weights(self) -> dict[str, tuple[int, bool]]:
        return {
            name: (product(weight.shape), weight.learned)
            for name, weight in self.layer.weights(*self.inputs).items()
        }

    @property
    def params(self) -> int:
        return sum(size for size, learned in self._weights.values() if learned)

    @property
    def buffers(self) -> int:
        return sum(size for size, learned in self._weights.values() if not learned)

    @property
    def weight(self) -> int:
        """The values of its weight, without the bias."""
        return self._weights.get("weight", (0, True))[0]

    @property
    def bias(self) -> bool:
        return "bias" in self._weights

    @property
    def affine(self) -> bool:
        """Whether a norm learns a factor and a shift."""
        return self.params > 0

    @property
    def values_in(self) -> int:
        return product(self.inputs[0])

    @property
    def values_out(self) -> int:
        return product(self.output)

    @property
    def channels(self) -> int:
        return self.inputs[0][-1]

    @property
    def rank(self) -> int:
        """Number of spatial dimensions."""
        return len(self.inputs[0]) - 1


class Part(NamedTuple):
    """A part of a tool's count: why, how many, the same in words, and what a tool without the part does."""

    reason: str
    count: Callable[[ModuleView], int]
    says: str
    absent_says: str = Message("tool.nothing")


Parts = tuple[Part, ...]


@dataclass(frozen=True, eq=False)
class Convention:
    """How a tool counts: for each kind the parts of its count; () for one that it counts as nothing.

    A kind without a rule has no module in PyTorch, and `unknown` is what the tool makes of it.
    """

    name: str
    version: str
    unit: str
    rules: Mapping[str, Parts]
    unknown: Parts = ()
    unknown_says: str = ""
    counts_parameters: bool = False
    """Whether it counts what a network keeps, not what it does with a sample."""

    @property
    def quantity(self) -> Quantity:
        """Which of the textbook's quantities it counts in its own way."""
        return QUANTITIES["params" if self.counts_parameters else "macs"]

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}".strip()

    def parts(self, facts: LayerCounts) -> Iterator[tuple[str, Part, int]]:
        """Kind, part and count for each part of a layer's count, and of its activation's."""
        for seen in modules(facts):
            for part in self.rules.get(seen.module, self.unknown):
                yield seen.kind, part, part.count(seen)

    def count(self, facts: LayerCounts) -> int:
        """The tool's count for a layer, per sample."""
        return sum(count for _, _, count in self.parts(facts))

    def cautions(self, facts: LayerCounts) -> Iterator[Message]:
        """A warning about a layer that the tool has no rule for."""
        for seen in modules(facts):
            if self.unknown_says and seen.module not in self.rules:
                yield Message("warning.no_rule", tool=self.name, kind=seen.kind, says=self.unknown_says)


def modules(facts: LayerCounts) -> Iterator[ModuleView]:
    """The PyTorch modules that a layer would be."""
    layer = facts.layer
    if layer.activation is None:
        yield ModuleView(layer, facts.inputs, facts.output)
        return
    yield ModuleView(dataclasses.replace(layer, activation=None), facts.inputs, facts.output)  # type: ignore[type-var]
    yield ModuleView(layer.activation, (facts.output,), facts.output)


def table(rows: Mapping[tuple[str, ...], Parts]) -> dict[str, Parts]:
    """Rules kind by kind, from rows of kinds that count alike."""
    return {kind: parts for kinds, parts in rows.items() for kind in kinds}
