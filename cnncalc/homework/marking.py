"""Marks an answer sheet: right, wrong with the slip named, right from a wrong earlier answer, missing."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from typing import Any

from cnncalc.analysis.counts import Facts
from cnncalc.analysis.memory import bytes_of
from cnncalc.analysis.receptive_field import Field, views
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import LayerError, UsageError, brief, did_you_mean
from cnncalc.expr import product
from cnncalc.homework import sentences
from cnncalc.homework.numbers import Number, Sizes, Unreadable, plain, read_number, read_shape, shape_agrees
from cnncalc.homework.sheets import QUANTITIES, Cell, Sheet, bare, is_input, is_total, quantity_of
from cnncalc.homework.slips import (
    SLIPS,
    Explanation,
    Value,
    Working,
    double_slips,
    single_slips,
)
from cnncalc.layers.base import Layer, Shape, from_layout, in_layout

TOTAL = "total"
VERDICTS = ("right", "carried", "wrong", "missing", "unreadable")
MOST_ALTERNATIVES = 4
_DASHES = frozenset({"-", "/", "none", "nil", "无", "没有", "\\"})
_BLANKS = frozenset({"", "?", "??", "n/a", "na", "tbd", "...", "…", "_", "__", "___"})
_ALL = frozenset({"all", "whole", "whole input", "all of it", "entire", "全部", "全图", "整个输入", "整幅图"})


@dataclass(frozen=True)
class Rules:
    """How answers are marked."""

    marks: Mapping[str, Fraction] = field(default_factory=dict)
    """Quantity -> the marks of an answer; 1 where none are said."""
    partial: Fraction = Fraction(0)
    """The part of its marks that a wrong answer gets whose slip is named."""
    tolerance: Fraction = Fraction(0)
    strict_layout: bool = False
    only_given: bool = False
    """Whether the layers that a sheet leaves out are not asked for."""

    def worth(self, quantity: str) -> Fraction:
        return self.marks.get(quantity, Fraction(1))


@dataclass(frozen=True)
class Answer:
    """One answer, marked."""

    layer: str
    quantity: str
    text: str
    given: Any
    expected: Any
    verdict: str
    slips: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    message: str = ""
    marks: Fraction = Fraction(0)
    out_of: Fraction = Fraction(1)
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "quantity": self.quantity,
            "given": self.given,
            "expected": self.expected,
            "verdict": self.verdict,
            "slips": list(self.slips),
            "alternatives": [list(slips) for slips in self.alternatives],
            "message": self.message,
        }


@dataclass(frozen=True)
class Marked:
    """A sheet, marked. `notes` say what on it was passed over."""

    answers: list[Answer]
    notes: list[str] = field(default_factory=list)

    @property
    def marks(self) -> Fraction:
        return sum((answer.marks for answer in self.answers), Fraction(0))

    @property
    def out_of(self) -> Fraction:
        return sum((answer.out_of for answer in self.answers), Fraction(0))

    @property
    def all_right(self) -> bool:
        return all(answer.verdict in ("right", "carried") for answer in self.answers)

    def count(self, verdict: str) -> int:
        return sum(answer.verdict == verdict for answer in self.answers)

    def to_dict(self) -> dict[str, Any]:
        return {
            "marks": number(self.marks),
            "out_of": number(self.out_of),
            "answers": [answer.to_dict() for answer in self.answers],
        }


def number(value: Fraction | int) -> int | float:
    """A number as JSON has it."""
    return int(value) if Fraction(value).denominator == 1 else float(value)


def read_marks(text: str) -> dict[str, Fraction]:
    """The marks of `params=2,shape=1`; raises UsageError."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        quantity = quantity_of(name)
        if quantity is None or not equals:
            raise UsageError(
                f"--marks {brief(part)}: not quantity=marks",
                did_you_mean(name, QUANTITIES, "the quantities are") or "such as params=2,shape=1",
            )
        found[quantity] = read_share("--marks", value, Fraction(1000))
    return found


def read_share(flag: str, text: str, most: Fraction = Fraction(1)) -> Fraction:
    """A number from 0, such as 0.5, 1/2 or 1%; raises UsageError."""
    try:
        given = text.strip()
        value = Fraction(given.removesuffix("%").strip()) if len(given) <= 30 else Fraction(-1)
        value = value / 100 if given.endswith("%") else value
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value <= most:
        raise UsageError(f"{flag} {brief(text)}: not a number from 0 to {plain(most)}", "such as 0.5 or 1%")
    return value


class Key:
    """What is right, for one network: made once, and held to every sheet."""

    def __init__(self, report: Report) -> None:
        self.report, self.layout = report, report.settings.layout
        self.bytes_each = bytes_of(report.settings.dtype)
        self.first = len(report.graph.inputs)
        counts = Counter(bare(row.name) for row in report.layers)
        self._by_bare = {key: row.name for row in report.layers if counts[key := bare(row.name)] == 1}
        for group in report.graph.groups:
            self._by_bare.setdefault(bare(group), group)

    def row(self, label: str) -> str | None:
        """The layer or group that a label of a sheet means."""
        label = label.strip()
        if label in self.report:
            return label
        return self._by_bare.get(bare(label))

    @cached_property
    def asked(self) -> list[str]:
        """The layers that a sheet is expected to have: not those that only work in place."""
        return [row.name for row in self.report.layers if not row.node.layer.in_place]

    def expected(self, name: str, quantity: str) -> Any:
        """The right answer: sizes for a shape and a receptive field (None if it sees all), else a number."""
        if name == TOTAL:
            totals = self.report.totals
            return {
                "shape": lambda: self.report.layers[-1].output_shape if self.report.layers else None,
                "activation_size": lambda: totals.activations,
                "memory": lambda: totals.memory.forward,
                "receptive_field": lambda: self._sight(self.report.layers[-1]),
            }.get(quantity, lambda: getattr(totals, quantity))()
        row = self.report[name]
        if quantity == "shape":
            return row.output_shape
        if quantity == "memory":
            return row.activation_size * self.bytes_each
        if quantity == "receptive_field":
            return self._sight(row)
        return getattr(row, quantity)

    @staticmethod
    def _sight(row: Any) -> tuple[int, ...] | None:
        found = row.receptive_field
        return tuple(found["size"]) if found else None

    def working(self, row: LayerReport, quantity: str) -> Working:
        return Working(row.node.layer, row.facts.inputs, quantity, self.bytes_each)

    @lru_cache(maxsize=64)  # noqa: B019 - a key lives as long as its command
    def network_slips(self, quantity: str) -> tuple[Explanation, ...]:
        """The numbers that a slip gives which is made at every layer: totals."""
        rows = [row for row in self.report.layers if row.shared_with is None or quantity != "params"]
        if len(rows) > 5000:
            return ()
        right = self.expected(TOTAL, quantity)
        own = [self.working(row, quantity) for row in rows]
        found = []
        for slip in SLIPS:
            singles = [[e.value for e in single_slips(work) if e.slips == (slip.name,)] for work in own]
            for variant in range(max(map(len, singles), default=0)):
                value = sum(
                    values[min(variant, len(values) - 1)] if values else work.value()  # type: ignore[misc]
                    for values, work in zip(singles, own, strict=True)
                )
                if value != right and own:
                    found.append(Explanation(value, (slip.name,), own[0]))
        return tuple(found)

    @lru_cache(maxsize=8)  # noqa: B019 - the same
    def sight_slips(self) -> tuple[tuple[str, Sequence[Any]], ...]:
        """What the layers see if a slip is made at each of them."""
        found = []
        for name in ("no_stride", "no_dilation", "stride_as_kernel"):
            change = next(slip.change for slip in SLIPS if slip.name == name)
            facts = []
            for row in self.report.layers:
                work = self.working(row, "shape")
                layer = next((changed.layer for changed in change(work)), work.layer)
                try:
                    facts.append(Facts(layer, row.facts.inputs))
                except LayerError:
                    facts.append(row.facts)
            found.append((name, views(self.report.graph, facts)))
        return tuple(found)


@lru_cache(maxsize=512)
def _with_channels(layer: Layer, option: str, channels: int) -> Layer:
    """The layer with another number of filters: one object for each, so that what is known of it is found again."""
    return dataclasses.replace(layer, **{option: channels})  # type: ignore[type-var]


class Marker:
    """Marks one sheet: holds what is known of the student's own numbers as it goes down the layers."""

    def __init__(self, key: Key, rules: Rules) -> None:
        self.key, self.rules, self.report = key, rules, key.report
        self.own: dict[tuple[str, str], Any] = {}
        self.shapes: list[Shape] = [source.shape for source in self.report.graph.inputs]
        self.strayed = False

    def mark(self, cells: Mapping[str, Mapping[str, Cell]], asked: Sequence[tuple[str, str]]) -> list[Answer]:
        """The answers in the order asked; those of a layer and those before it are known when it is marked."""
        wanted: dict[str, list[str]] = {}
        for name, quantity in asked:
            wanted.setdefault(name, []).append(quantity)
        done: dict[tuple[str, str], Answer] = {}
        for row in self.report.layers:
            world = self._world(row)
            for quantity in self._in_order(wanted.get(row.name, ())):
                cell = cells.get(row.name, {}).get(quantity)
                done[row.name, quantity] = self._answer(row.name, quantity, cell, row, world)
            self._enter(row, world)
        for name, quantities in wanted.items():
            if name not in self.report.numbers:
                for quantity in self._in_order(quantities):
                    cell = cells.get(name, {}).get(quantity)
                    done[name, quantity] = self._answer(name, quantity, cell, None, None)
        return [done[each] for each in asked]

    @staticmethod
    def _in_order(quantities: Sequence[str]) -> list[str]:
        return sorted(quantities, key=QUANTITIES.index)

    # -- what the student's own earlier answers make of a layer --------------------------------------------------

    def _world(self, row: LayerReport) -> Working | None:
        """The layer on the student's own shapes, None where those are right."""
        if not self.strayed:
            return None
        inputs = tuple(self.shapes[number] for number in row.node.inputs)
        if inputs == row.facts.inputs:
            return None
        world = Working(row.node.layer, inputs, "shape", self.key.bytes_each)
        try:
            world.value()
        except LayerError:
            return None
        return world

    def _enter(self, row: LayerReport, world: Working | None) -> None:
        """Takes the layer's shape as the student has it."""
        shape = self.own.get((row.name, "shape"))
        if shape is None:
            shape = world.value() if world else row.facts.output
        self.strayed = self.strayed or shape != row.facts.output
        self.shapes.append(shape)

    def _workings(self, row: LayerReport, world: Working | None, quantity: str) -> Iterator[Working]:
        """The layer's quantity from the student's own numbers, in the ways that these enter."""
        base = replace(world, quantity=quantity) if world else None
        own = self.own.get((row.name, "shape"))
        if own is not None and quantity != "shape":
            start = base or self.key.working(row, quantity)
            computed = world.value() if world else row.facts.output
            if own != computed:
                yield from _reshaped(start, own, computed)
        if base:
            yield base

    def _carried(self, row: LayerReport, world: Working | None, quantity: str) -> Iterator[Value]:
        """What is right from the student's own earlier numbers."""
        name = row.name
        own_shape, size = self.own.get((name, "shape")), self.own.get((name, "activation_size"))
        if quantity == "activation_size" and own_shape is not None:
            yield product(own_shape)
        if quantity == "memory" and size is not None:
            yield size * self.key.bytes_each
        if quantity == "memory" and own_shape is not None:
            yield product(own_shape) * self.key.bytes_each
        if quantity == "flops" and (macs := self.own.get((name, "macs"))) is not None:
            yield 2 * macs
        params = self.own.get((name, "params"))
        if quantity == "connections" and params is not None and row.params:
            positions, over = divmod(row.connections, row.params)
            if not over:
                yield params * (product(own_shape[:-1]) if own_shape else positions)
        if quantity != "receptive_field":
            for working in self._workings(row, world, quantity):
                try:
                    yield working.value()
                except LayerError:
                    continue

    def _sight_carried(self, row: LayerReport) -> tuple[Value, ...] | None:
        """What the layer sees, from what the student says that the layer before it sees."""
        if len(row.node.inputs) != 1:
            return None
        source, reach = row.node.inputs[0] - self.key.first, row.facts.reach
        if source < 0 or not reach or (own := self.own.get((row.sources[0], "receptive_field"))) is None:
            return None
        fields = self.report.views[source].fields or ()
        if len(own) != len(fields) or len(reach) != len(fields):
            return None
        return tuple(
            Field(size, axis.jump, axis.start).through(step).size
            for size, axis, step in zip(own, fields, reach, strict=True)
        )

    def _total_carried(self, quantity: str) -> Value | None:
        """The sum of the student's own column."""
        whole: Any = 0
        for row in self.report.layers:
            if quantity in ("activation_size", "memory") and row.in_place:
                continue
            own = self.own.get((row.name, quantity))
            whole += self.key.expected(row.name, quantity) if own is None else own
        if quantity == "memory":
            whole += sum(product(source.shape) for source in self.report.graph.inputs) * self.key.bytes_each
        return whole

    # -- one answer ----------------------------------------------------------------------------------------------

    def _answer(
        self, name: str, quantity: str, cell: Cell | None, row: LayerReport | None, world: Working | None
    ) -> Answer:
        expected = self.key.expected(name, quantity)
        worth = self.rules.worth(quantity)
        answer = Answer(
            name,
            quantity,
            cell.text.strip() if cell else "",
            None,
            list(expected) if isinstance(expected, tuple) else expected,
            "missing",
            message=sentences.MISSING,
            out_of=worth,
            place=cell.place if cell else "",
        )
        text = answer.text.casefold()
        if cell and cell.broken:
            return replace(answer, verdict="unreadable", given=answer.text, message=cell.broken)
        if cell is None or text in _BLANKS or (text in _DASHES and expected != 0):
            return answer
        try:
            if quantity == "shape":
                return self._shape(answer, cell, row, world)
            if quantity == "receptive_field":
                return self._sight(answer, row)
            given = _read(cell, quantity) if text not in _DASHES else Number(Fraction(0))
        except Unreadable as error:
            fault = error.faults[0]
            return replace(answer, verdict="unreadable", given=answer.text, message=fault.message)
        return self._number(replace(answer, given=number(given.value)), given, row, world)

    def _number(
        self, answer: Answer, given: Number, row: LayerReport | None, world: Working | None
    ) -> Answer:
        name, quantity, tolerance = answer.layer, answer.quantity, self.rules.tolerance
        column: Value | None = None
        if given.agrees(answer.expected, tolerance):
            message = sentences.ROUNDED if given.value != answer.expected else ""
            return self._right(answer, _with_working(message, given))
        self.own[name, quantity] = given.value if given.value.denominator > 1 else int(given.value)
        if row is not None:
            carried = any(given.agrees(value, tolerance) for value in self._carried(row, world, quantity))  # type: ignore[arg-type]
        else:
            column = self._total_carried(quantity) if name == TOTAL else None
            carried = column is not None and given.agrees(column, tolerance)  # type: ignore[arg-type]
        if carried:
            return self._right(answer, sentences.CARRIED, "carried")
        found, others, own = self._explained(lambda value: given.agrees(value), row, world, answer)  # type: ignore[arg-type]
        wrong = self._wrong(answer, found, others, own)
        if not wrong.slips and name == TOTAL and column not in (None, answer.expected):
            wrong = replace(
                wrong, message=f"{wrong.message}; {sentences.ADDS_UP.format(value=plain(column))}"
            )  # type: ignore[arg-type]
        return replace(wrong, message=_with_working(wrong.message, given))

    def _right(self, answer: Answer, message: str = "", verdict: str = "right") -> Answer:
        return replace(answer, verdict=verdict, message=message, marks=answer.out_of)

    def _wrong(
        self, answer: Answer, found: Explanation | None, others: tuple[tuple[str, ...], ...], own: bool
    ) -> Answer:
        if found is None:
            return replace(answer, verdict="wrong", message=sentences.UNEXPLAINED)
        return replace(
            answer,
            verdict="wrong",
            slips=found.slips,
            alternatives=others,
            message=_told(found, own, answer.layer != TOTAL),
            marks=answer.out_of * self.rules.partial,
        )

    def _explained(
        self, agrees: Any, row: LayerReport | None, world: Working | None, answer: Answer
    ) -> tuple[Explanation | None, tuple[tuple[str, ...], ...], bool]:
        """The slips that give an answer, the others that do, and whether it is from the student's own numbers."""
        quantity = answer.quantity
        if row is None:
            tries = [(False, lambda: self.key.network_slips(quantity))] if answer.layer == TOTAL else []
        elif row.shared_with is not None and quantity == "params":
            tries = []
        else:
            right = self.key.working(row, quantity)
            works = [*((True, work) for work in self._workings(row, world, quantity)), (False, right)]
            tries = [
                *((own, partial(single_slips, work)) for own, work in works),
                (False, partial(_of_pooling, right, answer, agrees)),
                *((own, partial(double_slips, work)) for own, work in works),
            ]
        for own, explanations in tries:
            found = [each for each in explanations() if each.value is None or agrees(each.value)]
            if found:
                best = found[0]
                others = dict.fromkeys(each.slips for each in found[1:] if each.slips != best.slips)
                # the student's own numbers need no word where the right ones give the same
                own = own and not any(
                    (each.value, each.slips) == (best.value, best.slips) for each in single_slips(right)
                )
                return best, tuple(others)[:MOST_ALTERNATIVES], own
        return None, (), False

    def _shape(self, answer: Answer, cell: Cell, row: LayerReport | None, world: Working | None) -> Answer:
        readings = read_shape(cell.text)
        if answer.expected is None:
            return replace(answer, verdict="unreadable", given=answer.text)
        expected = from_layout(tuple(answer.expected), self.key.layout)
        answer = replace(answer, given=[number(size.value) for size in readings[-1].sizes])
        best = min(
            (_place(reading, expected, self.key.layout, cell.loose) for reading in readings),
            key=("right", "transposed", "").index,
        )
        if best == "right":
            return self._right(answer)
        if best == "transposed":
            order = "HxWxC" if self.key.layout == "hwc" else "CxHxW"
            message = sentences.SLIPS["transposed_shape"].format(order=order)
            if self.rules.strict_layout:
                return replace(
                    answer,
                    verdict="wrong",
                    slips=("transposed_shape",),
                    message=message,
                    marks=answer.out_of * self.rules.partial,
                )
            return replace(self._right(answer, message), slips=("transposed_shape",))
        for reading in readings if row is not None else ():
            if world and _place(reading, world.value(), self.key.layout, cell.loose):  # type: ignore[arg-type]
                self._keep(answer, reading, expected)
                return self._right(answer, sentences.CARRIED, "carried")

        def agrees(value: Value) -> bool:
            return any(
                _place(reading, value, self.key.layout, cell.loose)  # type: ignore[arg-type]
                for reading in readings
            )

        self._keep(answer, readings[-1], expected)
        positions = [size.value for size in readings[-1].sizes]
        if len(expected) > 2 and positions == list(expected[:-1]):
            return replace(answer, verdict="wrong", message=sentences.POSITIONS_ONLY)
        return self._wrong(answer, *self._explained(agrees, row, world, answer))

    def _keep(self, answer: Answer, reading: Sizes, expected: Shape) -> None:
        """Remembers a shape for what is worked out from it."""
        sizes = tuple(int(size.value) for size in reading.sizes)
        if any(size.value.denominator != 1 or not 0 < size.value < 10**9 for size in reading.sizes):
            return
        given = from_layout(sizes, "chw" if reading.channels_first else self.key.layout)
        other = from_layout(sizes, "hwc" if self.key.layout == "chw" else "chw")
        if len(other) > 1 and other[-1] == expected[-1] != given[-1]:
            given = other
        if len(given) == len(expected) - 1:
            given = (*given, expected[-1])
        while len(given) > len(expected) and given[-1] == 1:
            given = given[:-1]
        if len(given) == len(expected):
            self.own[answer.layer, "shape"] = given

    def _sight(self, answer: Answer, row: LayerReport | None) -> Answer:
        text = answer.text.casefold()
        source = self.report.graph.inputs[0].shape[:-1]
        if answer.expected is None:
            if text in _ALL:
                return self._right(replace(answer, given=answer.text), sentences.NOT_A_POSITION)
            reading = read_shape(answer.text)[0]
            given = replace(answer, given=_flat(reading))
            if shape_agrees(reading, source) or (
                len(reading.sizes) == 1 and shape_agrees(reading, source[:1])
            ):
                return self._right(given, sentences.NOT_A_POSITION)
            return replace(given, verdict="wrong", message=sentences.NOT_A_POSITION)
        reading = read_shape(answer.text)[0]
        expected = tuple(answer.expected)
        answer = replace(answer, given=_flat(reading))

        def agrees(value: Any) -> bool:
            return shape_agrees(reading, value) or (
                len(reading.sizes) == 1 and len(set(value)) == 1 and shape_agrees(reading, value[:1])
            )

        if agrees(expected) or (text in _ALL and expected == source):
            return self._right(answer)
        sizes = tuple(size.value for size in reading.sizes)
        self.own[answer.layer, "receptive_field"] = sizes if len(sizes) > 1 else sizes * len(expected)
        if row is None:
            return self._wrong(answer, None, (), own=False)
        carried = self._sight_carried(row)
        if carried is not None and agrees(carried):
            return self._right(answer, sentences.CARRIED, "carried")
        found = []
        for name, seen in self.key.sight_slips():
            fields = seen[row.index].fields
            if fields and agrees(tuple(axis.size for axis in fields)):
                working = self.key.working(row, "receptive_field")
                found.append(Explanation(sizes, (name,), working))
        others = tuple(each.slips for each in found[1:])
        return self._wrong(answer, found[0] if found else None, others, own=False)


def _flat(reading: Sizes) -> Any:
    sizes = [number(size.value) for size in reading.sizes]
    return sizes[0] if len(sizes) == 1 else sizes


def _read(cell: Cell, quantity: str) -> Number:
    """The number of a cell; the unit of its heading holds where it has none."""
    given = read_number(cell.text, memory=quantity == "memory")
    if cell.unit and given.unit is None:
        try:
            unit = read_number(f"1 {cell.unit}", memory=quantity == "memory")
        except Unreadable:
            return given
        if unit.value != 1:
            return replace(given.times(unit.value), rounded=True)
    return given


def _with_working(message: str, given: Number) -> str:
    """The message, and a word on working beside the answer that comes to something else."""
    if given.worked is None or given.worked == given.value or given.agrees(given.worked):
        return message
    told = sentences.DIFFERENT_WORKING.format(value=plain(given.worked))
    return f"{message}; {told}" if message else told


def _told(found: Explanation, own: bool, with_working: bool) -> str:
    """What a student is told of slips: what was done, and the working that gives the number."""
    told = [sentences.SLIPS[name] for name in found.slips]
    sentence = told[0] if len(told) == 1 else sentences.TWO.format(first=told[0], second=told[1])
    formula = found.working.formula() if with_working and found.working.quantity != "receptive_field" else ""
    if formula and not formula.isdecimal() and not isinstance(found.value, tuple):
        sentence = sentences.SHOWN.format(sentence=sentence, working=formula, value=plain(found.value))
    return sentences.FROM_OWN.format(sentence=sentence) if own else sentence


def _reshaped(working: Working, own: Shape, computed: Value) -> Iterator[Working]:
    """The working with the shape that the student says comes out."""
    assert isinstance(computed, tuple)
    option = "units" if hasattr(working.layer, "units") else "filters"
    if len(own) != len(computed):
        return
    if own[-1] != computed[-1] and hasattr(working.layer, option):
        working = replace(working, layer=_with_channels(working.layer, option, own[-1]))
    if own[:-1] != computed[:-1]:
        if working.layer.window(*working.inputs) is None:
            return
        working = replace(working, positions=own[:-1])
    yield working


def _of_pooling(right: Working, answer: Answer, agrees: Any) -> tuple[Explanation, ...]:
    """The slips of pooling that show in any number: that it has parameters at all, or other channels."""
    if not right.layer.kind.endswith("_pool"):
        return ()
    if answer.quantity == "params":
        return (Explanation(None, ("pooling_has_weights",), right),)
    expected = right.value()
    if answer.quantity == "shape" and isinstance(expected, tuple) and len(answer.given) == len(expected):
        shapes = [(*expected[:-1], channels) for channels in {answer.given[0], answer.given[-1]}]
        return tuple(
            Explanation(shape, ("pooling_changes_channels",), right) for shape in shapes if shape != expected
        )
    return ()


def _place(reading: Sizes, wanted: tuple[Any, ...], layout: str, loose: bool) -> str:
    """How a shape agrees with one that is (..., channels): "right", "transposed", or "" if it doesn't."""
    if reading.channels_first:
        return "right" if shape_agrees(reading, in_layout(wanted, "chw")) else ""
    written = in_layout(wanted, layout)
    if shape_agrees(reading, written):
        return "right"
    if len(wanted) > 1:
        if shape_agrees(reading, in_layout(wanted, "chw" if layout == "hwc" else "hwc")):
            return "transposed"
        positions, single = wanted[:-1], len(reading.sizes) == 1
        # "output size" may mean the positions alone, or how many values there are
        if loose and (
            shape_agrees(reading, positions)
            or (single and len(set(positions)) == 1 and shape_agrees(reading, positions[:1]))
            or (single and shape_agrees(reading, (product(wanted),)))
        ):
            return "right"
    bare_sizes = Sizes(tuple(_without_ones(reading.sizes, lambda size: size.value == 1)))
    return "right" if shape_agrees(bare_sizes, _without_ones(written, lambda size: size == 1)) else ""


def _without_ones(sizes: Sequence[Any], is_one: Any) -> list[Any]:
    """The sizes without the ones at both ends: 120 is (120, 1) and 1x1x120."""
    found = list(sizes)
    while found and is_one(found[0]):
        found.pop(0)
    while found and is_one(found[-1]):
        found.pop()
    return found


def mark_sheet(key: Key, sheet: Sheet, rules: Rules | None = None) -> Marked:
    """Marks a sheet.

    Asked are the quantities that the sheet has, of every layer (but those that only work in place), and of the
    total where the sheet has it; with `only_given`, of the layers that it names.
    """
    rules = rules or Rules()
    notes = list(sheet.notes)
    cells: dict[str, dict[str, Cell]] = {}
    unknown = []
    for label, row in sheet.rows.items():
        name = TOTAL if is_total(label) and label not in key.report else key.row(label)
        if name is None:
            if not is_input(label):
                unknown.append(label)
        elif name in cells:
            notes.append(f"{next(iter(row.values())).place}: {label} stands there twice; the first counts")
        else:
            cells[name] = row
    if unknown and not cells.keys() - {TOTAL} and len(unknown) == len(key.report.layers):
        # names of the student's own, one for each layer
        for layer, label in zip(key.report.layers, unknown, strict=True):
            cells[layer.name] = sheet.rows[label]
        notes.append("no name is that of a layer: the rows are taken in order")
        unknown = []
    for label in unknown[:20]:
        help = did_you_mean(label, list(key.report.numbers)[:5000], "the layers are")
        place = next(iter(sheet.rows[label].values())).place if sheet.rows[label] else ""
        notes.append(f"{place}: {brief(label)} is not a layer" + (f"; {help}" if help else ""))
    if len(unknown) > 20:
        notes.append(f"and {len(unknown) - 20} more names that are not layers'")
    rows = [name for name in cells if name != TOTAL]
    used = {quantity for name in rows for quantity in cells[name]}
    quantities = [quantity for quantity in QUANTITIES if quantity in used]
    asked = [name for name in key.report.numbers if name in cells or not rules.only_given]
    inessential = set() if rules.only_given else {*asked} - {*key.asked} - cells.keys()
    groups = [name for name in rows if name not in key.report.numbers]
    pairs = [
        (name, quantity)
        for name in [*asked, *groups]
        if name not in inessential
        for quantity in quantities
        if not rules.only_given or quantity in cells[name]
    ]
    # what sees the whole input has no receptive field to leave out
    pairs = [
        (name, quantity)
        for name, quantity in pairs
        if quantity != "receptive_field"
        or cells.get(name, {}).get(quantity, Cell("", "")).text.strip()
        or key.expected(name, quantity) is not None
    ]
    pairs += [(TOTAL, quantity) for quantity in QUANTITIES if _asked_total(cells, quantity)]
    return Marked(Marker(key, rules).mark(cells, pairs), notes)


def _asked_total(cells: Mapping[str, Mapping[str, Cell]], quantity: str) -> bool:
    """Whether the row of the total asks for a quantity: a shape has none."""
    cell = cells.get(TOTAL, {}).get(quantity)
    if cell is None:
        return False
    summed = quantity not in ("shape", "receptive_field")
    return bool(cell.text.strip() and cell.text.strip() not in _DASHES) or (summed and quantity == "params")


def mark_one(report: Report, given: Sequence[tuple[str, Cell]], rules: Rules | None = None) -> Marked:
    """Marks answers on the one layer of a report."""
    key = Key(report)
    name = report.layers[0].name
    cells = {name: dict(given)}
    return Marked(Marker(key, rules or Rules()).mark(cells, [(name, quantity) for quantity, _ in given]))
