"""Level 2: two convolutions, two poolings and a dense layer."""

import random
from collections.abc import Callable
from dataclasses import replace

from cnncalc.analysis.report import Report
from cnncalc.homework.answers import Answer, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.numbers import plain
from cnncalc.homework.questions import (
    Choice,
    Maker,
    NotThis,
    Question,
    by_crosses,
    by_hand,
    enough,
    from_numbers,
    from_slips,
    report_of,
    say,
    value_text,
    worked,
)
from cnncalc.homework.sentences import marking, slip
from cnncalc.homework.sheets import Sheet
from cnncalc.homework.tables import Cell
from cnncalc.homework.working import AnswerWorking
from cnncalc.languages import Joined


def _network(chance: random.Random) -> tuple[Report, str, str]:
    """A network whose sizes all divide, how it is told, and what was drawn."""
    size, channels = chance.choice((12, 14, 16, 20, 24, 28, 32)), chance.choice((1, 3))
    first, second = chance.choice(((3, 3), (5, 3), (5, 5), (3, 5)))
    few, more = chance.choice(((4, 8), (6, 16), (8, 16), (10, 20), (2, 4)))
    padding, units = chance.choice((0, 0, 1)), chance.choice((10, 10, 20))
    report = report_of(
        (size, size, channels),
        ("CONV1", "conv", {"kernel": first, "filters": few, "padding": padding}),
        ("POOL1", "max_pool", {"kernel": 2}),
        ("CONV2", "conv", {"kernel": second, "filters": more}),
        ("POOL2", "max_pool", {"kernel": 2}),
        ("FC", "dense", {"units": units}),
    )
    # nothing is left over, so that no rounding is in doubt
    if report.warnings or report["POOL2"].output_shape[0] < 2 or padding > first // 2:
        raise NotThis
    text = say(
        "network",
        shape=by_crosses((size, size, channels)),
        first=Joined(
            [say("filters_of", filters=few, kernel=first), say("padded", padding=padding) if padding else ""],
            "",
        ),
        second=say("filters_of", filters=more, kernel=second),
        units=units,
    )
    drawn = f"{size} {channels} {first} {second} {few} {more} {padding} {units}"
    return report, text, drawn


def _sizes(report: Report, name: str) -> list[str]:
    """The sizes of the maps down to a layer's input, worked out."""
    before = report.layers[: report.numbers[name]]
    return [line.of(row.name) for row in before for line in worked(report, row.name, "output")[:1]]


def _of_layer(name: str, quantity: str) -> Maker:
    def make(chance: random.Random) -> Question:
        report, text, drawn = _network(chance)
        row = report.layers[report.numbers[name]]
        expected = row.output_shape if quantity == "shape" else getattr(row, quantity)
        by_hand(expected)
        choices = from_slips(AnswerWorking.of(row.facts, quantity))
        # the parameters of a convolution need no size
        lines = [] if (name, quantity) == ("CONV2", "params") else _sizes(report, name)
        own = [line for line in worked(report, name, quantity) if not line.startswith("K = ")]
        lines += [line.of(name) for line in own]
        question = say("asks", told=text, question=say(f"ask_of.{quantity}", layer=name))
        identity = f"{name} {quantity} {drawn}"
        return Question(
            identity, question, value_text(expected), choices, tuple(lines), _judge(report, name, quantity)
        )

    return make


def _judge(report: Report, name: str, quantity: str) -> Callable[[str], Answer]:
    def judge(given: str) -> Answer:
        sheet = Sheet.of_layers("answer", {name: {quantity: Cell(given, "answer", quantity)}})
        return mark_sheet(Key(report), sheet, Rules(only_given=True)).answers[0]

    return judge


def _total(chance: random.Random) -> Question:
    report, text, drawn = _network(chance)
    total = report.totals.params
    by_hand(total)
    choices = from_numbers(Key(report).network_slips("params"), total)
    rows = [row for row in report.layers if row.params]
    lines = [worked(report, row.name, "params")[-1].of(row.name) for row in rows]
    lines.append(f"{' + '.join(str(row.params) for row in rows)} = {total}")
    question = say("asks", told=text, question=say("ask_total"))
    judge = _judge(report, "total", "params")
    return Question(f"total {drawn}", question, plain(total), choices, tuple(lines), judge)


def _receptive_field(chance: random.Random) -> Question:
    report, text, drawn = _network(chance)
    seen = {row.name: row.receptive_field for row in report.layers}
    sizes = {name: int(each["size"][0]) for name, each in seen.items() if each}
    size, index = sizes["POOL2"], report.numbers["POOL2"]
    rows = report.layers[: index + 1]
    wide = sum(row.node.layer.kernel for row in rows)  # type: ignore[attr-defined]
    by_name = {each.slips[0]: int(each.value[0]) for each in Key(report).field_slips(index)}  # type: ignore[index]
    wrong = {
        by_name.get("no_stride", 0): slip("no_stride"),
        wide: marking("kernels_added"),
        sizes["CONV2"]: say("receptive_field_before", before="CONV2", layer="POOL2"),
        # the jump after the pooling, twice that before it
        size + 2: say("jump_after"),
    }
    slips = {by_name.get("no_stride", 0): ("no_stride",)}
    choices = [
        Choice(str(value), slips.get(value, ()), said)
        for value, said in wrong.items()
        if value not in (0, size)
    ]
    judge = _judge(report, "POOL2", "receptive_field")

    def named(given: str) -> Answer:
        answer = judge(given)
        said = wrong.get(answer.given) if isinstance(answer.given, int) else None
        return replace(answer, message=said) if said and answer.verdict == "wrong" else answer

    lines = [worked(report, row.name, "receptive_field")[0].of(row.name) for row in rows]
    question = say("asks", told=text, question=say("ask_receptive_field", layer="POOL2"))
    return Question(f"sight {drawn}", question, str(size), enough(choices), tuple(lines), named)


MAKERS: tuple[Maker, ...] = (
    _of_layer("POOL2", "shape"),
    _total,
    _of_layer("CONV2", "params"),
    _receptive_field,
    _of_layer("FC", "params"),
    _of_layer("CONV2", "macs"),
)
