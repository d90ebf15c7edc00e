"""Questions with keys, from the same engine: seeded, never ambiguous, with numbers that work out by hand.

A wrong choice is always what a slip would give, which is what makes it worth offering.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from cnncalc.analysis.counts import Facts
from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError, UsageError
from cnncalc.graph import Graph, Input, Node
from cnncalc.homework import sentences
from cnncalc.homework.answers import Answer, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_one, mark_sheet
from cnncalc.homework.numbers import Unreadable, plain, read_number
from cnncalc.homework.sheets import Cell, Sheet
from cnncalc.homework.slips import Explanation, single_slips
from cnncalc.homework.working import Value, Working
from cnncalc.layers import build, find

LEVELS = {1: "one layer", 2: "a small network", 3: "backwards and why"}
MOST_CHOICES = 4
MOST_QUESTIONS = 500
_TRIES = 200


@dataclass(frozen=True)
class Choice:
    """A wrong answer to choose, and the slip that leads to it."""

    text: str
    slips: tuple[str, ...]
    feedback: str


@dataclass(frozen=True)
class Question:
    """A question and its key. `value` is the key as a number, where the answer is one number."""

    text: str
    key: str
    value: int | None = None
    choices: tuple[Choice, ...] = ()
    working: tuple[str, ...] = ()
    level: int = 1
    judge: Callable[[str], Answer] | None = field(default=None, compare=False, repr=False)
    """What becomes of an answer typed in."""

    def shuffled(self, seed: str) -> list[tuple[str, bool, str]]:
        """The key among the choices: text, whether it is the key, what is said to who chooses it."""
        every = [(self.key, True, ""), *((choice.text, False, choice.feedback) for choice in self.choices)]
        random.Random(f"{seed} {self.text}").shuffle(every)  # noqa: S311 - a quiz, no secret
        return every


class NotThis(Exception):  # noqa: N818 - no error: the next numbers are drawn
    """The numbers drawn don't make a good question."""


def make_quiz(seed: int | str, count: int, levels: Sequence[int] = (1, 2, 3)) -> list[Question]:
    """So many questions of these levels, in order of level; the same for the same seed."""
    if not 1 <= count <= MOST_QUESTIONS:
        raise UsageError(f"{count} questions can't be", f"from 1 to {MOST_QUESTIONS}")
    for level in levels:
        if level not in LEVELS:
            told = ", ".join(f"{number} ({name})" for number, name in LEVELS.items())
            raise UsageError(f"level {level} is not there", f"the levels are {told}")
    chance = random.Random(f"cnncalc quiz {seed}")  # noqa: S311 - a quiz, no secret
    wanted = sorted(levels[i % len(levels)] for i in range(count))
    found: list[Question] = []
    start = 0
    for at, level in enumerate(wanted):
        makers = _MAKERS[level]
        # each kind of question in its turn, from where chance begins
        start = chance.randrange(len(makers)) if not at or wanted[at - 1] != level else start + 1
        found.append(_draw(makers[start % len(makers)], chance, level, {each.text for each in found}))
    return found


def _draw(maker: Maker, chance: random.Random, level: int, asked: set[str]) -> Question:
    for _ in range(_TRIES):
        try:
            question = maker(chance)
        except (NotThis, CnncalcError):
            continue
        if question.text not in asked:
            return Question(**{**vars(question), "level": level})
    raise UsageError("no further question of this level is to be found", "ask for fewer")  # pragma: no cover


Maker = Callable[[random.Random], Question]


def _report(shape: tuple[int, ...], *layers: tuple[str, str, dict[str, Any]]) -> Report:
    """The numbers of layers one after another, each told by its name, kind and options."""
    nodes: list[Node] = []
    facts: list[Facts] = []
    for number, (name, kind, options) in enumerate(layers):
        cls = find(kind)
        assert cls is not None
        node = Node(name, build(cls, options), (number,))
        facts.append(Facts(node.layer, (facts[-1].output if facts else shape,)))
        nodes.append(node)
    return Report(Graph((Input("input", shape),), tuple(nodes), (len(nodes),)), facts)


# -- level 1: one layer ------------------------------------------------------------------------

Told = tuple[str, str, dict[str, Any]]


def _conv(chance: random.Random) -> tuple[Told, tuple[int, int, int], str]:
    """A convolution with numbers for working by hand, and how it is told."""
    kernel = chance.choice((1, 3, 3, 3, 5, 5, 7))
    channels, filters = chance.sample((1, 2, 3, 4, 6, 8, 10, 16, 20), 2)
    stride, padding = chance.choice((1, 1, 1, 2, 2, 3)), chance.choice((0, 0, 0, 1, 1, 2))
    size = chance.choice((5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 20, 27, 28, 32))
    if kernel + 2 > size or padding >= kernel or kernel == 1 < stride:
        raise NotThis
    options = {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding}
    told = f"{_many(filters, 'filter')} of size {kernel}x{kernel}, stride {stride}, " + (
        f"padding {padding} at each side" if padding else "no padding"
    )
    if stride > 1:
        told += " (sizes are rounded down)"
    return ("layer", "conv", options), (size, size, channels), told


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _written(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _conv_question(quantity: str, asks: str) -> Maker:
    def make(chance: random.Random) -> Question:
        layer, shape, told = _conv(chance)
        text = (
            f"A convolutional layer has {told}, each filter with a bias, and reads an input of"
            f" {_written(shape)} (height x width x channels). {asks}"
        )
        return _of_layer(text, layer, shape, quantity)

    return make


def _pool_shape(chance: random.Random) -> Question:
    kernel = chance.choice((2, 3))
    stride = chance.choice((2, 2, 3))
    size = chance.choice((7, 8, 9, 11, 13, 14, 15, 16, 27, 28))
    shape = (size, size, chance.choice((4, 6, 8, 16, 20)))
    text = (
        f"A max pooling layer with a window of {kernel}x{kernel} and stride {stride} reads a map of"
        f" {_written(shape)} (height x width x channels); sizes are rounded down. Which shape comes out?"
    )
    return _of_layer(text, ("layer", "max_pool", {"kernel": kernel, "stride": stride}), shape, "shape")


def _dense_params(chance: random.Random) -> Question:
    size, units = chance.choice((2, 3, 4, 5)), chance.choice((10, 12, 20, 50, 84, 100, 120))
    shape = (size, size, chance.choice((4, 6, 8, 16)))
    text = (
        f"A map of {_written(shape)} (height x width x channels) is flattened and enters a fully connected"
        f" layer of {units} units with biases. How many parameters does that layer have?"
    )
    return _of_layer(text, ("layer", "dense", {"units": units}), shape, "params")


def _of_layer(text: str, layer: Told, shape: tuple[int, ...], quantity: str) -> Question:
    report = _report(shape, layer)
    row = report.layers[0]
    expected = row.output_shape if quantity == "shape" else getattr(row, quantity)
    right = Working(row.node.layer, row.facts.inputs, quantity)
    choices = _choices(single_slips(right), expected)

    def judge(given: str) -> Answer:
        return mark_one(report, [(quantity, Cell(given, "answer", quantity))]).answers[0]

    return _question(text, expected, choices, _worked(report, row.name, quantity), judge)


def _question(
    text: str, expected: Any, choices: tuple[Choice, ...], working: tuple[str, ...], judge: Any
) -> Question:
    value = expected if isinstance(expected, int) else None
    return Question(text, _told(expected), value, choices, working, judge=judge)


def _told(value: Value) -> str:
    return "x".join(map(plain, value)) if isinstance(value, tuple) else plain(value)


def _choices(slips: Sequence[Explanation], expected: Any) -> tuple[Choice, ...]:
    """The commonest slips' own numbers: each different from the key and from the others."""
    found: dict[str, Choice] = {}
    made: set[tuple[str, ...]] = set()
    for each in slips:
        told = _told(each.value)  # type: ignore[arg-type]
        if told == _told(expected) or told in found or each.slips in made or "." in told:
            continue
        made.add(each.slips)
        found[told] = Choice(told, each.slips, sentences.SLIPS[each.slips[0]])
        if len(found) == MOST_CHOICES - 1:
            break
    if len(found) < 2:
        raise NotThis
    return tuple(found.values())


def _worked(report: Report, name: str, quantity: str) -> tuple[str, ...]:
    """The working of the key."""
    from cnncalc.explain import quantity as known
    from cnncalc.explain import work_out
    from cnncalc.formula import text

    working = work_out(report, report.layers[report.numbers[name]], [known(quantity)]).workings[0]
    return tuple(
        " = ".join(dict.fromkeys(text(tree, numbers) for tree, numbers in equation.chain))
        for equation in working.equations
        if len(equation.chain) > 1
    )


# -- level 2: a small network ------------------------------------------------------------------


def _network(chance: random.Random) -> tuple[Report, str]:
    """Two convolutions, a pooling or two, perhaps a dense layer; and how it is told."""
    size, channels = chance.choice((12, 14, 16, 20, 24, 28, 32)), chance.choice((1, 3))
    kernels = chance.choice(((3, 3), (5, 3), (5, 5), (3, 5)))
    filters = chance.choice(((4, 8), (6, 16), (8, 16), (10, 20), (2, 4)))
    padding = chance.choice((0, 0, 1))
    units = chance.choice((10, 10, 20))
    report = _report(
        (size, size, channels),
        ("CONV1", "conv", {"kernel": kernels[0], "filters": filters[0], "padding": padding}),
        ("POOL1", "max_pool", {"kernel": 2}),
        ("CONV2", "conv", {"kernel": kernels[1], "filters": filters[1]}),
        ("POOL2", "max_pool", {"kernel": 2}),
        ("FC", "dense", {"units": units}),
    )
    # nothing is left over, so that no rounding is in doubt
    if report.warnings or report["POOL2"].output_shape[0] < 2:
        raise NotThis
    padded = f", padding {padding} at each side" if padding else ""
    told = (
        f"The input is {size}x{size}x{channels} (height x width x channels). CONV1: {filters[0]} filters"
        f" {kernels[0]}x{kernels[0]}, stride 1{padded}. POOL1: max pooling 2x2, stride 2. CONV2: {filters[1]}"
        f" filters {kernels[1]}x{kernels[1]}, stride 1. POOL2: max pooling 2x2, stride 2. FC: {units} units."
        " Every filter and unit has a bias; there is no other padding."
    )
    return report, told


def _of_network(name: str, quantity: str, asks: str) -> Maker:
    def make(chance: random.Random) -> Question:
        report, told = _network(chance)
        row = report.layers[report.numbers[name]]
        right = Working(row.node.layer, row.facts.inputs, quantity)
        expected = row.output_shape if quantity == "shape" else getattr(row, quantity)
        choices = _choices(single_slips(right), expected)
        judge = _network_judge(report, name, quantity)
        return _question(f"{told} {asks}", expected, choices, _worked(report, name, quantity), judge)

    return make


def _network_judge(report: Report, name: str, quantity: str) -> Callable[[str], Answer]:
    def judge(given: str) -> Answer:
        sheet = Sheet("answer", {name: {quantity: Cell(given, "answer", quantity)}})
        return mark_sheet(Key(report), sheet, Rules(only_given=True)).answers[0]

    return judge


def _network_total(chance: random.Random) -> Question:
    report, told = _network(chance)
    key = Key(report)
    choices = _choices(key.network_slips("params"), report.totals.params)
    parts = " + ".join(str(row.params) for row in report.layers if row.params)
    working = (f"{parts} = {report.totals.params}",)
    asks = f"{told} How many parameters does the network have in all?"
    return _question(asks, report.totals.params, choices, working, _network_judge(report, "total", "params"))


def _network_sight(chance: random.Random) -> Question:
    report, told = _network(chance)
    row = report["POOL2"]
    assert row.receptive_field is not None
    size = int(row.receptive_field["size"][0])
    index = report.numbers["POOL2"]
    found = [
        (each.slips[0], int(each.value[0]))  # type: ignore[index]
        for each in Key(report).sight_slips(index)
    ]
    kernels = sum(layer.node.layer.kernel for layer in report.layers[: index + 1])  # type: ignore[attr-defined]
    choices = {str(value): Choice(str(value), (name,), sentences.SLIPS[name]) for name, value in found}
    choices.setdefault(str(kernels), Choice(str(kernels), (), sentences.KERNELS_ADDED))
    choices.setdefault(str(size + 1), Choice(str(size + 1), (), sentences.UNEXPLAINED))
    choices.pop(str(size), None)
    text = f"{told} How many pixels wide is the receptive field of a value of POOL2, in the input?"
    judge = _network_judge(report, "POOL2", "receptive_field")
    working = _worked(report, "POOL2", "receptive_field")[:1]
    return Question(text, str(size), size, tuple(choices.values())[: MOST_CHOICES - 1], working, judge=judge)


# -- level 3: backwards, and why ---------------------------------------------------------------


def _which_padding(chance: random.Random) -> Question:
    kernel, size = chance.choice((3, 5, 7, 9)), chance.choice((14, 16, 20, 28, 32))
    output = chance.choice((size, size, size - 2, size + 2))
    fitting = [p for p in range(kernel) if _size(size, kernel, 1, p) == output]
    if len(fitting) != 1:
        raise NotThis
    text = (
        f"A {kernel}x{kernel} convolution with stride 1 reads a map of {size}x{size}, and {output}x{output}"
        " is to come out. Which padding does it take at each side?"
    )
    padding = fitting[0]
    wrong = [2 * padding, padding + 1, padding - 1, kernel - 1]
    working = (f"(N + 2P - F)/S + 1 = ({size} + 2*{padding} - {kernel})/1 + 1 = {output}",)
    return _backwards(text, padding, wrong, working, lambda p: _size(size, kernel, 1, p), output)


def _which_kernel(chance: random.Random) -> Question:
    size, stride, padding = chance.choice((16, 20, 28, 32)), 1, chance.choice((0, 1, 2))
    kernel = chance.choice((3, 5, 7))
    output = _size(size, kernel, stride, padding)
    text = (
        f"A convolution with stride {stride} and padding {padding} turns a map of {size}x{size} into"
        f" {output}x{output}. How many pixels wide is its square kernel?"
    )
    wrong = [kernel - 1, kernel + 1, kernel + 2, size - output]
    working = (f"(N + 2P - F)/S + 1 = ({size} + 2*{padding} - {kernel})/{stride} + 1 = {output}",)
    return _backwards(text, kernel, wrong, working, lambda f: _size(size, f, stride, padding), output)


def _which_filters(chance: random.Random) -> Question:
    kernel, channels = chance.choice((3, 5)), chance.choice((1, 3, 6, 8))
    filters = chance.choice((4, 6, 8, 10, 12, 16, 20, 32))
    report = _report((16, 16, channels), ("layer", "conv", {"kernel": kernel, "filters": filters}))
    params, each = report.totals.params, report.totals.params // filters
    text = (
        f"A convolutional layer of {kernel}x{kernel} filters with biases reads {_many(channels, 'channel')}"
        f" and has {params:,} parameters. How many filters has it?"
    )
    wrong = [params // (each - 1), params // (kernel * kernel + 1), params // (kernel * kernel), filters + 1]
    working = (f"{params}/({kernel}*{kernel}*{channels} + 1) = {params}/{each} = {filters}",)
    return _backwards(text, filters, wrong, working, lambda k: k * each, params)


def _size(size: int, kernel: int, stride: int, padding: int) -> int:
    """By the engine's own arithmetic; 0 where no window fits."""
    from cnncalc.layers.windows import output_size

    try:
        return output_size(size, kernel, stride, padding, padding)
    except CnncalcError:
        return 0


def _backwards(
    text: str,
    key: int,
    wrong: Sequence[int],
    working: tuple[str, ...],
    forward: Callable[[int], int],
    wanted: int,
) -> Question:
    """A question whose answer is put in again: each wrong choice is told what it would give."""
    choices = {
        number: Choice(str(number), (), sentences.WOULD_GIVE.format(given=number, value=plain(result)))
        for number in wrong
        if number >= 0 and number != key and (result := forward(number)) != wanted and result > 0
    }
    if len(choices) < 2:
        raise NotThis

    def judge(given: str) -> Answer:
        answer = Answer("", "answer", given, None, key, "unreadable")
        try:
            number = read_number(given)
        except Unreadable as error:
            return _with(answer, message=error.faults[0].message)
        if number.value == key:
            return _with(answer, verdict="right", marks=Fraction(1))
        result = forward(int(number.value)) if 0 <= number.value < 10**6 else 0
        told = (
            sentences.WOULD_GIVE.format(given=plain(number.value), value=plain(result)) if result > 0 else ""
        )
        return _with(answer, verdict="wrong", message=told or sentences.UNEXPLAINED)

    return Question(text, str(key), key, tuple(choices.values())[: MOST_CHOICES - 1], working, judge=judge)


def _with(answer: Answer, **changes: Any) -> Answer:
    return Answer(**{**vars(answer), **changes})


def _why(chance: random.Random) -> Question:
    """A number with a slip in it, whose name is asked."""
    layer, shape, told = _conv(chance)
    report = _report(shape, layer)
    row = report.layers[0]
    quantity = chance.choice(("params", "macs", "shape"))
    right = Working(row.node.layer, row.facts.inputs, quantity)
    slips = single_slips(right)
    # one slip and no other gives this number
    alone = [each for each in slips if sum(other.value == each.value for other in slips) == 1]
    if not alone:
        raise NotThis
    made = chance.choice(alone[:5])
    others = [name for name in dict.fromkeys(each.slips[0] for each in slips) if name != made.slips[0]]
    if len(others) < 2 or "." in _told(made.value):  # type: ignore[arg-type]
        raise NotThis
    asked = {"params": "parameters", "macs": "multiply-accumulates", "shape": "the shape that comes out"}[
        quantity
    ]
    text = (
        f"A convolutional layer has {told}, each filter with a bias, and reads an input of {_written(shape)}"
        f" (height x width x channels). A student gives {_told(made.value)}"  # type: ignore[arg-type]
        f" for {asked}; right is {_told(right.value())}. Which slip was made?"
    )
    key = sentences.SLIPS[made.slips[0]]
    working = made.working.formula() if made.working else ""
    choices = tuple(Choice(sentences.SLIPS[name], (name,), "") for name in others[: MOST_CHOICES - 1])
    return Question(text, key, None, choices, (f"{working} = {_told(made.value)}",))  # type: ignore[arg-type]


_MAKERS: dict[int, tuple[Maker, ...]] = {
    1: (
        _conv_question("shape", "Which shape comes out?"),
        _conv_question("params", "How many parameters does it have?"),
        _pool_shape,
        _conv_question("macs", "How many multiply-accumulates does it take?"),
        _dense_params,
        _conv_question("connections", "How many connections does it have, those of the biases included?"),
    ),
    2: (
        _of_network("POOL2", "shape", "Which shape does POOL2 put out?"),
        _network_total,
        _of_network("CONV2", "params", "How many parameters does CONV2 have?"),
        _network_sight,
        _of_network("FC", "params", "How many parameters does FC have?"),
        _of_network("CONV2", "macs", "How many multiply-accumulates does CONV2 take?"),
    ),
    3: (_which_padding, _why, _which_kernel, _which_filters),
}


def variants(
    seed: int | str, names: Sequence[str], count: int, levels: Sequence[int]
) -> Iterator[tuple[str, list[Question]]]:
    """A quiz for each student: others see other numbers, and the same student always the same."""
    for name in names:
        yield name, make_quiz(f"{seed} {name}", count, levels)
