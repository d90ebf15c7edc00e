"""The working of numbers as data: equations, and the reasons for them. Knows no language and no format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncalc.analysis.report import Settings
from cnncalc.expr import Formula, Number, Unknown, plain
from cnncalc.formula import is_open, latex, steps, symbols, text


@dataclass(frozen=True)
class Reason:
    """A sentence of the catalogues: its key, the variants to look for first, its placeholders' values."""

    key: str
    of: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"key": self.key, "values": {name: _plain_value(value) for name, value in self.values.items()}}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Formula) and is_open(value):
        return text(value)
    if isinstance(value, Number):
        exact = plain(value)
        return exact if isinstance(exact, int) else float(exact)
    return [_plain_value(part) for part in value] if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class Equation:
    """NAME = formula: `name` is a letter, or a key of the catalogues with its variants in `of`.

    `tree` is a number that remembers its formula, exactly.
    """

    name: str
    tree: Number
    letter: bool = False
    of: Sequence[str] = ()

    @property
    def value(self) -> Number:
        """The number that the formula comes to."""
        return plain(self.tree)

    @property
    def chain(self) -> list[tuple[Number, bool]]:
        """The sides of the equation, all of one value, each with whether numbers stand for its letters."""
        if is_open(self.tree):
            return [(self.tree, False)]
        # a size that the layer is given has the letter of the output's size: M = 8
        told = symbols(self.tree) and text(self.tree) != self.name
        lines: list[tuple[Number, bool]] = [(self.tree, False)] if told else []
        lines += [(step, True) for step in steps(self.tree)]
        return [line for i, line in enumerate(lines) if i == 0 or text(*line) != text(*lines[i - 1])]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": _plain_value(self.tree),
            "formula": text(self.tree),
            "numbers": text(self.tree, numbers=True),
            "steps": [text(tree, numbers) for tree, numbers in self.chain],
            "latex": latex(self.tree),
        }


@dataclass(frozen=True)
class Working:
    """One quantity: its value, the equations that lead to it, the reasons. `of` are variants of its name."""

    quantity: str
    value: Any
    equations: Sequence[Equation] = ()
    reasons: Sequence[Reason] = ()
    of: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "quantity": self.quantity,
            "value": _plain_value(self.value),
            "equations": [equation.to_dict() for equation in self.equations],
            "reasons": [reason.to_dict() for reason in self.reasons],
        }


@dataclass(frozen=True)
class LayerWorking:
    """The working of a layer; shapes are in the network's layout."""

    name: str
    kind: str
    inputs: Sequence[tuple[int, ...]]
    output: tuple[int, ...]
    workings: Sequence[Working]
    sources: Sequence[str] = ()

    @property
    def given(self) -> dict[str, Number]:
        """The letters that the equations start from, with their numbers."""
        equations = [equation for working in self.workings for equation in working.equations]
        found: dict[str, Number] = {}
        for equation in equations:
            for name, value in symbols(equation.tree).items():
                if isinstance(value, Formula) and not value.args:
                    found.setdefault(name, value if isinstance(value, Unknown) else plain(value))
        worked_out = {equation.name for equation in equations}
        return {
            name: value
            for name, value in found.items()
            if name not in worked_out and not isinstance(value, Unknown)
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "layer": self.name,
            "kind": self.kind,
            "inputs": [list(shape) for shape in self.inputs],
            "output": list(self.output),
            "given": {name: _plain_value(value) for name, value in self.given.items()},
            "quantities": [working.to_dict() for working in self.workings],
        }


@dataclass(frozen=True)
class Solution:
    """The working of some layers of a network, or of all, with the totals.

    `letters` are the sizes of the input that stay letters, with their numbers.
    """

    settings: Settings
    inputs: Sequence[tuple[str, tuple[int, ...]]]
    layers: Sequence[LayerWorking]
    totals: Sequence[Working] = ()
    letters: Mapping[str, int | None] = field(default_factory=dict)

    def __getitem__(self, name: str) -> LayerWorking:
        return next(layer for layer in self.layers if layer.name == name)

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "network": self.settings.network,
            "layout": self.settings.layout,
            "inputs": [{"name": name, "shape": list(shape)} for name, shape in self.inputs],
            "letters": dict(self.letters),
            "layers": [layer.to_dict() for layer in self.layers],
            "totals": [working.to_dict() for working in self.totals],
        }
