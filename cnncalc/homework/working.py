"""One quantity being worked out: the layer, its inputs, and the changes that slips make."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from cnncalc.analysis.counts import LayerCounts
from cnncalc.explain.letters import symbolic, symbolic_inputs, textbook_order
from cnncalc.expr import Formula, Number, apply_op, plain, product
from cnncalc.formula import rewrite, text
from cnncalc.layers.support.base import Layer, Shape, Weight, is_bias
from cnncalc.layers.support.windows import Axis, TransposedAxis
from cnncalc.quantity import QUANTITIES

Value = Number | tuple[Number, ...]
Rule = Callable[[Number], "Number | None"]
Arrays = dict[str, Weight]


@dataclass(frozen=True)
class AnswerWorking:
    """One quantity of a layer on inputs of certain shapes, and what is done differently from the right way.

    `arrays` change what the layer keeps, `rules` how the formula is worked out, `factor` the result;
    `positions` are taken for what the window's own arithmetic would give; `wanted` and `learns` are those of
    the layer's counts.
    """

    layer: Layer
    inputs: tuple[Shape, ...]
    quantity: str
    bytes_each: int = 4
    positions: Shape | None = None
    arrays: tuple[Callable[[Arrays], Arrays], ...] = ()
    rules: tuple[Rule, ...] = ()
    factor: Number = 1
    wanted: tuple[bool, ...] | None = None
    learns: bool = True

    @classmethod
    def of(cls, facts: LayerCounts, quantity: str, bytes_each: int = 4) -> Self:
        """The right working of a quantity of a layer where the layer stands."""
        return cls(facts.layer, facts.inputs, quantity, bytes_each, wanted=facts.wanted, learns=facts.learns)

    def value(self) -> Value:
        """The value of the quantity; raises LayerError where there is none."""
        found = self._result(bool(self.rules))
        if self.quantity == "shape":
            return tuple(map(plain, found))
        return plain(plain(found) * self.factor)

    def formula(self) -> str:
        """The working with its numbers; "" where there is none."""
        if self.quantity == "shape":
            sizes = dict.fromkeys(text(_inside(size), numbers=True) for size in self._result(known=True)[:-1])
            return " and ".join(sizes)
        told = text(self._result(known=True), numbers=True).removesuffix(" + 0")
        return {1: told, 2: f"{told}*2"}.get(int(self.factor), "") if self.factor in (1, 2) else ""

    def _facts(self, known: bool) -> LayerCounts:
        layer, inputs = self.layer, self.inputs
        if known:
            layer, inputs = symbolic(layer), symbolic_inputs(layer, inputs)
        return LayerCounts(_placed(layer, self.positions), inputs, self.wanted, learns=self.learns)

    def _arrays(self, arrays: Arrays) -> Arrays:
        for change in self.arrays:
            arrays = change(arrays)
        return arrays

    def _result(self, known: bool) -> Any:
        found = self._right(self._facts(known))
        for rule in self.rules:
            found = (
                tuple(rewrite(size, rule) for size in found)
                if isinstance(found, tuple)
                else rewrite(found, rule)
            )
        return found

    def _right(self, facts: LayerCounts) -> Any:
        if self.quantity == "shape":
            return facts.output
        if self.quantity == "params":
            return _count(_learned(self._arrays(facts.arrays)))
        if self.quantity == "weights":
            kept = self._arrays(facts.arrays)
            return _count(_learned({name: kept[name] for name in kept if not is_bias(name)}))
        if self.quantity == "filter_params" and facts.filter_params:
            return sum(textbook_order(shape[1:]) for shape in _learned(self._arrays(facts.arrays)))
        if self.quantity == "connections" and self.arrays:
            return self._links(facts)
        return QUANTITIES[self.quantity].worked_out(facts, self.bytes_each)

    def _links(self, facts: LayerCounts) -> Any:
        """Connections as the layer's parameters, each again at every position, where the two agree."""
        own = facts.layer.weights(*facts.inputs)
        changed, right = (_count(_learned(arrays)) for arrays in (self._arrays(own), own))
        for times in (product(facts.output[:-1]), 1):
            if right * times == facts.connections:
                return changed * times
        return facts.connections


def _learned(arrays: Arrays) -> list[Shape]:
    return [weight.shape for weight in arrays.values() if weight.learned]


def _count(shapes: list[Shape]) -> int:
    """How many values arrays of these shapes have, as (F*F*C + 1)*K where all have K first."""
    if shapes and all(shape[0] is shapes[0][0] for shape in shapes):
        return sum(textbook_order(shape[1:]) for shape in shapes) * shapes[0][0]
    return sum(map(textbook_order, shapes))


def _inside(size: Number) -> Number:
    """The formula that a letter stands for."""
    return size.args[0] if isinstance(size, Formula) and size.op == "symbol" and size.args else size


def _plus_one(part: Number, over: tuple[str, ...]) -> bool:
    """Whether a formula adds a plain 1 to one of these operations."""
    return (
        isinstance(part, Formula)
        and part.op == "+"
        and getattr(part.args[1], "op", "number") == "number"
        and part.args[1] == 1
        and getattr(part.args[0], "op", "") in over
    )


def without_plus_one(part: Number) -> Number | None:
    """Leaves out the 1 that is added to a division."""
    return part.args[0] if _plus_one(part, ("//", "ceil", "/")) else None  # type: ignore[union-attr]


def no_bias_link(part: Number) -> Number | None:
    """Leaves out the 1 of (F*F + 1), of a layer that has no option without bias."""
    return part.args[0] if _plus_one(part, ("*",)) else None  # type: ignore[union-attr]


def _division(old: str, new: str) -> Rule:
    def change(part: Number) -> Number | None:
        return apply_op(new, *part.args) if isinstance(part, Formula) and part.op == old else None

    return change


rounded_up, rounded_down = _division("//", "ceil"), _division("ceil", "//")
not_floored, not_raised = _division("//", "/"), _division("ceil", "/")


class _Told(Axis):
    """An axis whose output is said rather than worked out."""

    told: int

    @property
    def output(self) -> int:
        return self.told


class _ToldTransposed(TransposedAxis):
    """An axis of a transposed convolution whose output is said rather than worked out."""

    told: int

    @property
    def output(self) -> int:
        return self.told


def _placed(layer: Layer, positions: Shape | None) -> Layer:
    """The same layer, with other positions coming out."""
    if positions is None:
        return layer
    placed = copy.copy(layer)

    def geometry(*inputs: Shape) -> tuple[_Told | _ToldTransposed, ...]:
        axes = []
        for axis, size in zip(layer.geometry(*inputs), positions, strict=True):
            told = (_Told if isinstance(axis, Axis) else _ToldTransposed)._make(axis)
            told.told = size
            axes.append(told)
        return tuple(axes)

    object.__setattr__(placed, "geometry", geometry)
    return placed
