"""Questions of a quiz, a file a level: what one is, and how it comes from the engine's own numbers.

Each kind of question is a maker: it draws numbers and makes a question of them, or says that they make none.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    """A wrong answer to choose, the slips that lead to it, and what is said to who chooses it."""

    text: str
    slips: tuple[str, ...]
    feedback: str


@dataclass(frozen=True)
class Question:
    """A question and its key. `identity` is what was drawn, the same in every language."""

    identity: str
    text: str
    key: str
    choices: tuple[Choice, ...]
    working: tuple[str, ...]
    judge: Callable[[str], Answer] | None = field(default=None, compare=False, repr=False)
    """What becomes of an answer typed in; None where one of the choices is to be taken."""
    level: int = 1

    def shuffled(self, seed: str) -> list[tuple[str, bool, str]]:
        """The key among the choices: text, whether it is the key, what is said to who chooses it."""
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
    # that a dense layer reads the channels alone is its own slip, that of a filter's depth a convolution's
    slips = [
        each for each in single_slips(right) if not right.layer.flattens or each.slips != ("no_channels",)
    ]
    return from_numbers(slips, right.value())


def from_numbers(slips: Sequence[SlipExplanation], expected: Any) -> tuple[Choice, ...]:
    """The choices of slips whose numbers differ, the commonest first."""
    found: dict[str, Choice] = {}
    made: set[tuple[str, ...]] = set()
    for each in slips:
        text = value_text(each.value)  # type: ignore[arg-type]
        if text == value_text(expected) or text in found or each.slips in made or "." in text:
            continue
        made.add(each.slips)
        found[text] = Choice(text, each.slips, slip(each.slips[0]))
    return enough(found.values())


def enough(choices: Iterator[Choice] | Any) -> tuple[Choice, ...]:
    """The first of the choices; raises NotThis where there are too few."""
    first = tuple(choices)[: MOST_CHOICES - 1]
    if len(first) < 2:
        raise NotThis
    return first


def worked(report: Report, name: str, quantity: str) -> list[str]:
    """The working of a layer's quantity, an equation a line."""
    from cnncalc.explain import work_out
    from cnncalc.formula import text

    working = work_out(report, report.layers[report.numbers[name]], [quantity]).workings[0]
    return [
        " = ".join(dict.fromkeys(text(tree, numbers) for tree, numbers in equation.chain))
        for equation in working.equations
        if len(equation.chain) > 1
    ]
