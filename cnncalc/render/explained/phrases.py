"""What an explanation says, in a language: names of quantities, sentences with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnncalc.explain import Equation, LayerWorking, Reason, Solution, Working
from cnncalc.expr import Number, plain
from cnncalc.formula import symbols
from cnncalc.formula.styles import Style, write
from cnncalc.languages import FALLBACK, Language
from cnncalc.layers import find
from cnncalc.layers.support.base import fields
from cnncalc.render.reports.report_tables import course_shape

_SYMBOLS = ("parameters", "trainable", "buffers", "activations", "alive", "MACs")
"""The symbols of formulas that are words."""


@dataclass(frozen=True)
class Phrases:
    """`escape` is what a format does to text that is not its own."""

    language: Language
    escape: Callable[[str], str] = str

    def say(self, key: str, of: Sequence[str] = (), /, **values: Any) -> str:
        own = self._own(of[0], key) if of else ""
        return self.escape(own.format_map(values) if own else self.language.say(key, of, **values))

    def _own(self, kind: str, key: str) -> str:
        """What a kind's file has to say in place of the catalogue."""
        cls = find(kind)
        said = cls.says.get(key, {}) if cls else {}
        return said.get(self.language.code) or said.get(FALLBACK, "")

    def heading(self, working: Working) -> str:
        """The name of a quantity."""
        return self.say(f"quantity.{working.quantity}", working.of)

    def name(self, equation: Equation) -> str:
        """What stands on the left of an equation that has no letter."""
        return self.word(equation.name, equation.of)

    def word(self, name: str, of: Sequence[str] = ()) -> str:
        """The word for a quantity or a part of one; a letter is its own."""
        return self.say(f"word.{name}", of) if self.language.has(f"word.{name}") else self.escape(name)

    def symbol(self, name: str) -> str:
        """A symbol of formulas, which in some is a word."""
        return self.language.say(f"symbol.{name}") if name in _SYMBOLS else name

    def sides(self, equation: Equation, style: Style) -> list[str]:
        """The sides of an equation, its symbols named in the language."""
        words = {name: self.symbol(name) for name in _SYMBOLS}
        return [write(tree, style, numbers, words) for tree, numbers in equation.chain]

    def value(self, working: Working) -> str:
        """The result of a working, "" where it has no single one."""
        value = course_shape(working.value) if working.quantity == "output" else working.value
        return "" if isinstance(value, Mapping) or value is None else self.escape(told(value))

    def sentence(self, reason: Reason) -> str:
        """A reason in words."""
        return self.say(f"why.{reason.key}", reason.of, **{k: self._put(v) for k, v in reason.values.items()})

    def _put(self, value: Any) -> str:
        if isinstance(value, str):
            return self.language.say(f"word.{value}") if self.language.has(f"word.{value}") else value
        if isinstance(value, tuple) and value and isinstance(value[0], tuple):
            return self.language.say("list.comma").join(
                self.language.say("list.sized", name=name, size=told(size)) for name, size in value
            )
        return told(value)

    def sentences(self, working: Working) -> list[str]:
        return [self.sentence(reason) for reason in working.reasons]

    def paragraph(self, working: Working) -> str:
        """The reasons one after another, "" where there are none."""
        return self.say("list.sentences").join(self.sentences(working))

    def title(self, layer: LayerWorking) -> str:
        """What a layer is, reads and puts out."""
        sources = self.language.say("list.comma").join(layer.sources)
        shapes = self.language.say("list.comma").join(told(course_shape(shape)) for shape in layer.inputs)
        return self.say(
            "title",
            name=layer.name,
            kind=self.language.kind(layer.kind),
            sources=sources,
            shapes=shapes,
            output=told(course_shape(layer.output)),
        )

    def given(self, equations: Iterable[str]) -> str:
        """What the equations of a layer start from."""
        return self.say("given") + self.say("colon") + self.say("list.equations").join(equations)

    def legend(self, solution: Solution) -> dict[str, str]:
        """The letters of the equations, and what each means; r_in stands for r_out too."""
        found: dict[str, str] = {}
        for layer in solution.layers:
            for name in (*layer.given, *(e.name for w in layer.workings for e in w.equations if e.letter)):
                letter, _, index = name.partition("_")
                told = f"{letter}_in" if index.startswith(("in", "out")) else letter
                if told not in found and (meaning := self._meaning(layer.kind, told)):
                    found[told] = meaning
        for equation in (equation for working in solution.totals for equation in working.equations):
            for letter in symbols(equation.tree):
                if letter not in found and (meaning := self._meaning("", letter)):
                    found[letter] = meaning
        return found

    def _meaning(self, kind: str, letter: str) -> str:
        """What a letter means: by the kind, the catalogue, or else the help of the option that it is of."""
        key = f"legend.{letter}"
        if self._own(kind, key) or self.language.has(key):
            return self.say(key, (kind,))
        cls = find(kind)
        options = fields(cls).values() if cls else ()
        return self.escape(next((o.metadata["help"] for o in options if o.metadata["symbol"] == letter), ""))

    def sizes(self, solution: Solution) -> str:
        """What the letters of the input stand for: H = 32, W = 32."""
        return self.language.say("list.comma").join(f"{k} = {v}" for k, v in solution.letters.items())


def told(value: Any) -> str:
    """A number with its thousands parted, a shape in its brackets."""
    if isinstance(value, tuple | list):
        return f"({', '.join(str(part) for part in value)})"
    if isinstance(value, Number):
        exact = plain(value)
        return f"{exact:,}" if isinstance(exact, int) else str(exact)
    return f"{value:,}" if isinstance(value, float) else str(value)
