"""Questions of a quiz, a file a level: what one is, and how it comes from the engine's own numbers.

Each kind of question is a maker: it draws numbers and makes a question of them, or says that they make none.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple, Self

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.report import Report
from cnncalc.graph import Graph, Input, Node
from cnncalc.homework.answers import Answer
from cnncalc.homework.numbers import plain
from cnncalc.homework.sentences import slip
from cnncalc.homework.slips import SlipExplanation, single_slips
from cnncalc.homework.working import AnswerWorking, Value
from cnncalc.languages import Message
from cnncalc.layers import build, find

MOST_CHOICES = 4
LARGEST = 99_999
"""The largest key: by hand, more digits ask for patience and teach nothing."""


class NotThis(Exception):  # noqa: N818 - no error: the next numbers are drawn
    """The numbers drawn don't make a good question."""


@dataclass(frozen=True)
class Choice:
    """A wrong answer to choose, the slips that lead to it, and the feedback on that choice."""

    text: str
    slips: tuple[str, ...]
    feedback: str


class Blank(NamedTuple):
    """A number to fill in, and the numbers that slips put in its place, each with its feedback."""

    value: int
    wrong: tuple[tuple[int, str], ...] = ()

    def within(self, tolerance: Fraction) -> "Blank":
        """The same, without the wrong numbers that the tolerance takes for right."""
        far = tolerance * self.value
        return self._replace(wrong=tuple(each for each in self.wrong if abs(each[0] - self.value) > far))


class Grid(NamedTuple):
    """A table to fill in: the quantities of its columns, and for each layer the blanks of each cell."""

    quantities: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Blank, ...], ...]], ...]
    """A layer's name, or `total`; a cell that nothing is asked of has no blanks."""


@dataclass(frozen=True)
class Question:
    """A question and its key. `identity` is what was drawn, the same in every language.

    An answer is one of the choices, or is typed in: then it is a number, the sizes of a shape, or the cells
    of a `grid`.
    """

    identity: str
    text: str
    key: str
    choices: tuple[Choice, ...]
    working: tuple[str, ...]
    judge: Callable[[str], Answer] | None = field(default=None, compare=False, repr=False)
    """What becomes of an answer typed in; None where one of the choices is to be taken."""
    level: int = 1
    further: tuple[Choice, ...] = ()
    """Wrong answers that are not offered, for who types one in."""
    network: Report | None = field(default=None, compare=False, repr=False)
    """The network that is asked about, where the text does not tell it."""
    grid: Grid | None = None
    tags: tuple[str, ...] = ()
    tolerance: Fraction = Fraction(0)
    """How far off an answer that is typed in may be, as a part of the right number."""

    @property
    def id(self) -> str:
        """A short name that the same question always has."""
        asked = f"{self.identity} {'choice' if self.choices else 'typed'} {self.tolerance}"
        digest = sha256(asked.encode("utf-8", "replace")).digest()
        return f"cnncalc-{int.from_bytes(digest[:7], 'big')}"

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """The numbers of an answer that is typed in: one, or a shape's sizes; () where there are none."""
        sizes = _sizes(self.key)
        if self.judge is None or sizes is None:
            return ()
        wrong: list[dict[int, str]] = [{} for _ in sizes]
        for choice in (*self.choices, *self.further):
            given = _sizes(choice.text) or ()
            if len(given) == len(sizes) and choice.feedback:
                for at, (size, right) in enumerate(zip(given, sizes, strict=True)):
                    if size != right:
                        wrong[at].setdefault(size, choice.feedback)
        return tuple(
            Blank(size, tuple(told.items())).within(self.tolerance)
            for size, told in zip(sizes, wrong, strict=True)
        )

    def typed(self, tolerance: Fraction = Fraction(0)) -> Self:
        """The same, its answer typed in where that is a number or a shape."""
        made = replace(self, tolerance=tolerance)
        return replace(made, choices=(), further=(*self.choices, *self.further)) if made.blanks else self

    def shuffled(self, seed: str) -> list[tuple[str, bool, str]]:
        """The key among the choices: the text, whether the choice is the key, the feedback."""
        every = [(self.key, True, ""), *((choice.text, False, choice.feedback) for choice in self.choices)]
        random.Random(f"{seed} {self.identity}").shuffle(every)  # noqa: S311 - a quiz, no secret
        return every


Maker = Callable[[random.Random], Question]
LayerText = tuple[str, str, dict[str, Any]]
"""A layer: its name, kind and options."""


def say(message: str, **values: Any) -> str:
    """A sentence of quizzes."""
    return Message(f"quiz.{message}", **values)


def report_of(shape: tuple[int, ...], *layers: LayerText) -> Report:
    """The numbers of layers one after another."""
    nodes: list[Node] = []
    facts: list[LayerCounts] = []
    for number, (name, kind, options) in enumerate(layers):
        cls = find(kind)
        assert cls is not None
        node = Node(name, build(cls, options), (number,))
        facts.append(LayerCounts(node.layer, (facts[-1].output if facts else shape,)))
        nodes.append(node)
    return Report(Graph((Input("input", shape),), tuple(nodes), (len(nodes),)), facts)


def by_crosses(shape: Sequence[int]) -> str:
    """A shape as questions have it: 28x28x6."""
    return "x".join(map(str, shape))


def value_text(value: Value) -> str:
    """A number or a shape as a choice has it."""
    return "x".join(map(plain, value)) if isinstance(value, tuple) else plain(value)


def by_hand(value: Any) -> None:
    """Raises NotThis where a number is too long to be worked out by hand."""
    if isinstance(value, int) and value > LARGEST:
        raise NotThis


def from_slips(right: AnswerWorking) -> tuple[Choice, ...]:
    """The commonest slips' own numbers: each different from the key and from the others."""
    return from_numbers(slips_of(right), right.value())


def slips_of(right: AnswerWorking) -> list[SlipExplanation]:
    """The numbers that one slip gives."""
    # that a dense layer reads the channels alone is its own slip, that of a filter's depth a convolution's
    return [
        each for each in single_slips(right) if not right.layer.flattens or each.slips != ("no_channels",)
    ]


def from_numbers(slips: Sequence[SlipExplanation], expected: Any) -> tuple[Choice, ...]:
    """The choices of slips whose numbers differ, the commonest first."""
    return enough(wrong_numbers(slips, expected))


def wrong_numbers(slips: Iterable[SlipExplanation], expected: Any) -> Iterator[Choice]:
    """Slips as choices, the commonest first; no two have one number or one slip."""
    found: set[str] = set()
    made: set[tuple[str, ...]] = set()
    for each in slips:
        text = value_text(each.value)  # type: ignore[arg-type]
        if text == value_text(expected) or text in found or each.slips in made or "." in text:
            continue
        made.add(each.slips)
        found.add(text)
        yield Choice(text, each.slips, slip(each.slips[0]))


def enough(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """The first of the choices; raises NotThis where there are too few."""
    first = tuple(islice(choices, MOST_CHOICES - 1))
    if len(first) < 2:
        raise NotThis
    return first


class Worked(str):
    """A line of working as plain text, which also knows itself in LaTeX."""

    __slots__ = ("latex",)
    latex: str

    def __new__(cls, text: str, latex: str) -> Self:
        self = super().__new__(cls, text)
        self.latex = latex
        return self

    def of(self, layer: str) -> str:
        """The line with the name of its layer before it."""
        return Worked(
            f"{layer}: {self}", rf"\text{{{layer}: }}{self.latex}" if layer.isalnum() else self.latex
        )


def worked(report: Report, name: str, quantity: str) -> list[Worked]:
    """The working of a layer's quantity, an equation a line."""
    from cnncalc.explain import work_out
    from cnncalc.formula.styles import LATEX, TEXT, write

    working = work_out(report, report.layers[report.numbers[name]], [quantity]).workings[0]
    lines = []
    for equation in working.equations:
        if len(equation.chain) > 1:
            sides = ([(tree, style, numbers) for tree, numbers in equation.chain] for style in (TEXT, LATEX))
            lines.append(
                Worked(*(" = ".join(dict.fromkeys(write(*side) for side in each)) for each in sides))
            )
    return lines


def _sizes(text: str) -> tuple[int, ...] | None:
    """The numbers of a text such as 28x28x6 or 1,200; None for another text."""
    parts = text.replace(",", "").split("x")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None
