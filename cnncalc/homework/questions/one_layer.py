"""Level 1: one layer, forwards."""

import random

from cnncalc.homework.answers import Answer
from cnncalc.homework.marking import mark_one
from cnncalc.homework.questions import (
    LayerText,
    Maker,
    NotThis,
    Question,
    by_crosses,
    by_hand,
    from_slips,
    report_of,
    say,
    value_text,
    worked,
)
from cnncalc.homework.tables import Cell
from cnncalc.homework.working import AnswerWorking
from cnncalc.languages import Joined


def draw_conv(chance: random.Random, quantity: str) -> tuple[LayerText, tuple[int, int, int], str]:
    """A convolution with numbers for working by hand, its input, and how they are told."""
    # what a convolution of 1x1 puts out needs no working
    kernel = chance.choice((3, 3, 3, 5, 5, 7) if quantity == "shape" else (1, 3, 3, 3, 5, 5))
    channels = chance.choice((1, 2, 3, 4, 6, 8, 10, 16))
    filters = chance.choice((2, 4, 6, 8, 10, 12, 16, 20))
    stride, padding = chance.choice((1, 1, 1, 2, 2, 3)), chance.choice((0, 0, 1, 2))
    size = chance.choice((5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 20, 27, 28, 32))
    # links to padding are counted by some and not by others, so there is none where they are asked
    hard = quantity in ("macs", "connections") and padding
    tiny = kernel * kernel * channels < 4
    if tiny or channels == filters or kernel + 2 > size or padding > kernel // 2 or stride > kernel or hard:
        raise NotThis
    options = {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding}
    layer = say("filters", **options, padded=say("padding" if padding else "no_padding", padding=padding))
    rounded = say("rounded") if stride > 1 else ""
    text = say("conv", layer=Joined([layer, rounded], ""), shape=by_crosses((size, size, channels)))
    return ("layer", "conv", options), (size, size, channels), text


def _conv(quantity: str) -> Maker:
    def make(chance: random.Random) -> Question:
        layer, shape, text = draw_conv(chance, quantity)
        return _of_layer(say("asks", told=text, question=say(f"ask.{quantity}")), layer, shape, quantity)

    return make


def _pool(chance: random.Random) -> Question:
    kernel, stride = chance.choice(((2, 2), (3, 2), (3, 3)))
    size = chance.choice((7, 8, 9, 11, 13, 14, 15, 16, 27, 28))
    shape = (size, size, chance.choice((4, 6, 8, 16, 20)))
    text = say("pool", kernel=kernel, stride=stride, shape=by_crosses(shape))
    return _of_layer(text, ("layer", "max_pool", {"kernel": kernel, "stride": stride}), shape, "shape")


def _dense(chance: random.Random) -> Question:
    size, units = chance.choice((2, 3, 4, 5)), chance.choice((10, 12, 20, 50, 84, 100, 120))
    shape = (size, size, chance.choice((4, 6, 8, 16)))
    text = say("dense", shape=by_crosses(shape), units=units)
    return _of_layer(text, ("layer", "dense", {"units": units}), shape, "params")


def _of_layer(text: str, layer: LayerText, shape: tuple[int, ...], quantity: str) -> Question:
    report = report_of(shape, layer)
    row = report.layers[0]
    expected = row.output_shape if quantity == "shape" else getattr(row, quantity)
    by_hand(expected)
    choices = from_slips(AnswerWorking.of(row.facts, quantity))

    def judge(given: str) -> Answer:
        return mark_one(report, [(quantity, Cell(given, "answer", quantity))]).answers[0]

    identity = f"{quantity} {layer} {shape}"
    return Question(
        identity, text, value_text(expected), choices, tuple(worked(report, row.name, quantity)), judge
    )


MAKERS: tuple[Maker, ...] = (
    _conv("shape"),
    _conv("params"),
    _pool,
    _conv("macs"),
    _dense,
    _conv("connections"),
)
