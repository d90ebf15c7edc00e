"""Level 3: backwards from what comes out, and why a number is wrong."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Answer
from cnncalc.homework.numbers import Unreadable, plain, read_number
from cnncalc.homework.questions import (
    Choice,
    Maker,
    NotThis,
    Question,
    by_hand,
    enough,
    report_of,
    say,
    value_text,
    worked,
)
from cnncalc.homework.questions.one_layer import draw_conv
from cnncalc.homework.sentences import marking, slip, together
from cnncalc.homework.slips import single_slips
from cnncalc.homework.working import AnswerWorking

_USUAL = {
    "params": ("no_bias", "one_bias", "no_channels", "no_filters"),
    "macs": ("no_channels", "flops_for_macs", "input_not_output", "no_filters", "no_plus_one", "no_stride"),
    "shape": ("no_padding", "padding_once", "no_plus_one", "no_stride", "ceil_not_floor"),
}
"""The slips that are asked for: those that a teacher meets."""


def _size(size: int, kernel: int, padding: int) -> int:
    """The output size with a stride of 1, by the engine's own arithmetic; 0 where no window fits."""
    from cnncalc.layers.support.windows import output_size

    try:
        return output_size(size, kernel, 1, padding, padding)
    except CnncalcError:
        return 0


def _working(size: int, padding: int, kernel: int) -> tuple[str, ...]:
    """The engine's equation of the size, with the answer put in."""
    options = {"kernel": kernel, "padding": padding, "filters": 1}
    return tuple(worked(report_of((size, size, 1), ("layer", "conv", options)), "layer", "shape")[:1])


def _which_padding(chance: random.Random) -> Question:
    kernel, size = chance.choice((3, 5, 5, 7, 7, 9)), chance.choice((14, 16, 20, 24, 28, 32))
    padding = chance.choice(range(1, kernel // 2 + 1))
    output = _size(size, kernel, padding)
    text = say("which_padding", kernel=kernel, size=size, output=output)
    slips = {
        2 * padding: ("padding_once",),
        # (N - M + F)/2, with the half that is left rounded up
        padding + 1: ("no_plus_one",),
        0: ("no_padding",),
    }
    return _backwards(
        f"padding {size} {kernel} {output}",
        text,
        padding,
        slips,
        _working(size, padding, kernel),
        lambda p: _size(size, kernel, p),
        output,
    )


def _which_kernel(chance: random.Random) -> Question:
    size, padding = chance.choice((12, 14, 16, 20, 24, 28, 32)), chance.choice((1, 2, 3))
    kernel = chance.choice((3, 5, 7))
    if padding > kernel // 2:
        raise NotThis
    output = _size(size, kernel, padding)
    text = say("which_kernel", padding=padding, size=size, output=output)
    slips = {
        kernel - 2 * padding: ("no_padding",),
        kernel - 1: ("no_plus_one",),
        kernel - padding: ("padding_once",),
    }
    return _backwards(
        f"kernel {size} {padding} {output}",
        text,
        kernel,
        slips,
        _working(size, padding, kernel),
        lambda f: _size(size, f, padding),
        output,
    )


def _which_filters(chance: random.Random) -> Question:
    kernel, channels = chance.choice((3, 5)), chance.choice((2, 3, 4, 6, 8))
    filters = chance.choice((4, 6, 8, 10, 12, 16, 20, 32, 64))
    report = report_of((16, 16, channels), ("layer", "conv", {"kernel": kernel, "filters": filters}))
    params, each = report.totals.params, report.totals.params // filters
    text = say("which_filters", kernel=kernel, channels=channels, params=plain(params))
    slips = {
        params // (kernel * kernel + 1): ("no_channels",),
        each: ("no_filters",),
        params // (kernel * kernel): ("no_bias", "no_channels"),
        params // (each - 1): ("no_bias",),
    }
    working = (f"{params}/({kernel}*{kernel}*{channels} + 1) = {params}/{each} = {filters}",)
    identity = f"filters {kernel} {channels} {params}"
    return _backwards(identity, text, filters, slips, working, lambda k: k * each, params)


def _backwards(
    identity: str,
    text: str,
    key: int,
    slips: Mapping[int, tuple[str, ...]],
    working: tuple[str, ...],
    forward: Callable[[int], int],
    wanted: int,
) -> Question:
    """A question whose answer is put in again: each wrong one is told its slip, and what it would give."""

    def said(number: Fraction | int) -> str:
        result = forward(int(number)) if number == int(number) and 0 <= number < 10**6 else 0
        gives = marking("would_give", given=plain(number), value=plain(result)) if result > 0 else ""
        made = slips.get(int(number), ()) if number in slips else ()
        sentence = together(slip(name) for name in made) if made else ""
        return say("list", first=sentence, second=gives) if sentence and gives else sentence or gives

    choices = [
        Choice(str(number), (), said(number))
        for number in slips
        if number >= 0 and number != key and 0 < forward(number) != wanted
    ]

    def judge(given: str) -> Answer:
        answer = Answer("", "answer", given, None, key, "unreadable")
        try:
            number = read_number(given)
        except Unreadable as error:
            return replace(answer, message=error.faults[0].message)
        if number.value == key:
            return replace(answer, verdict="right", marks=Fraction(1))
        return replace(answer, verdict="wrong", message=said(number.value) or marking("unexplained"))

    return Question(identity, text, str(key), enough(choices), working, judge)


def _why(chance: random.Random) -> Question:
    """A number with a slip in it, whose name is asked."""
    quantity = chance.choice(("params", "macs", "shape"))
    layer, shape, text = draw_conv(chance, quantity)
    row = report_of(shape, layer).layers[0]
    right = AnswerWorking.of(row.facts, quantity)
    by_hand(right.value())
    slips = single_slips(right)
    usual = [each for each in slips if each.slips[0] in _USUAL[quantity]]
    # one slip and no other gives this number
    alone = [each for each in usual if sum(other.value == each.value for other in slips) == 1]
    if not alone:
        raise NotThis
    made = chance.choice(alone)
    value = value_text(made.value)  # type: ignore[arg-type]
    others = {each.slips[0]: each for each in usual if each.slips != made.slips}
    choices = enough(
        Choice(slip(name), (name,), say("gives", value=value_text(each.value)))  # type: ignore[arg-type]
        for name, each in others.items()
    )
    question = say("student", given=value, quantity=say(f"of.{quantity}"), right=value_text(right.value()))
    size = value_text(made.value[0]) if isinstance(made.value, tuple) else value
    working = f"{made.working.formula()} = {size}" if made.working else value
    return Question(
        f"{made.slips} {quantity} {layer} {shape}",
        say("asks", told=text, question=question),
        slip(made.slips[0]),
        choices,
        (working,),
    )


MAKERS: tuple[Maker, ...] = (_which_padding, _why, _which_kernel, _why, _which_filters)
