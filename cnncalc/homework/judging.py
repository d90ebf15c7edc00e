"""One answer after another: read, held to the right one, to the student's own numbers, and to the slips."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from cnncalc.analysis.rows import LayerReport
from cnncalc.homework.answers import TOTAL, Answer, Rules, number
from cnncalc.homework.headings import ASKED
from cnncalc.homework.key import Key
from cnncalc.homework.notation import says_nothing
from cnncalc.homework.numbers import Number, Unreadable, normal, plain, read_number
from cnncalc.homework.sentences import both_remarks, marking, slip, together
from cnncalc.homework.several_sizes import WINDOW, orders, output_by, read_window
from cnncalc.homework.shapes import WrittenShape, agreement, read_shape, shape_agrees
from cnncalc.homework.slips import SlipExplanation, double_slips, single_slips, slips
from cnncalc.homework.student_work import StudentWork
from cnncalc.homework.tables import Cell
from cnncalc.homework.working import AnswerWorking
from cnncalc.layers.support.base import from_layout, in_layout
from cnncalc.quantity import NUMBERS, QUANTITIES

MOST_ALTERNATIVES, MOST_TOLD = 4, 2
MOST_UNEXPLAINED = 60
"""Pairs of slips are no longer tried, some hundred for each answer, once so many answers go unexplained."""
BLANKS = frozenset({"", "?", "??", "???", "tbd", "todo", "...", "…", "_", "__", "___"})
_ALL = frozenset({"all", "whole", "whole input", "all of it", "entire", "全部", "全图", "整个输入", "整幅图"})

Agrees = Callable[[Any], bool]


class Judge:
    """Marks one sheet, down the layers, gathering the student's own numbers as it goes."""

    def __init__(self, key: Key, rules: Rules) -> None:
        self.key, self.rules, self.report, self.student = key, rules, key.report, StudentWork(key)
        self._cells: Mapping[str, Mapping[str, Cell]] = {}
        self._unexplained = 0
        self._blank: dict[str, set[str]] = {}
        self._shown: Counter[tuple[str, ...]] = Counter()
        self._factor = Fraction(1)

    def mark(
        self,
        cells: Mapping[str, Mapping[str, Cell]],
        asked: Sequence[tuple[str, str]],
        matrices: Mapping[str, str] | None = None,
    ) -> list[Answer]:
        """The answers in the order asked, those to matrices last.

        Of several slips that give a number, the one that the sheet shows elsewhere is named.
        """
        self._cells, self._factor = cells, self.rules.factor(asked)
        by_hand = [pair for pair in asked if pair[0] in self.rules.matrices]
        asked = [pair for pair in asked if pair not in by_hand] if by_hand else asked
        answers = self._in_turn(cells, asked)
        shown = Counter(answer.slips for answer in answers if answer.slips and not answer.alternatives)
        if any(not shown[a.slips] and any(shown[other] for other in a.alternatives) for a in answers):
            self._shown, self.student, self._unexplained = shown, StudentWork(self.key), 0
            answers = self._in_turn(cells, asked)
        answers += [self._by_hand(name, (matrices or {}).get(name, "")) for name, _ in by_hand]
        return _costing_once(answers, self.rules) if self.rules.once else answers

    def _by_hand(self, name: str, text: str) -> Answer:
        from cnncalc.homework.convolving import mark_by_hand

        asked = self.rules.matrices[name]
        return mark_by_hand(
            name, asked, text, self.rules.worth(name, asked.quantity) * self._factor, self.rules
        )

    def _in_turn(
        self, cells: Mapping[str, Mapping[str, Cell]], asked: Sequence[tuple[str, str]]
    ) -> list[Answer]:
        """The answers, layer by layer: what a layer's come from is known when they are marked."""
        wanted: dict[str, list[str]] = {}
        for name, quantity in sorted(asked, key=lambda each: ASKED.index(each[1])):
            wanted.setdefault(name, []).append(quantity)
        done: dict[tuple[str, str], Answer] = {}
        for row in self.report.layers:
            start = self.student.on_student_shapes(row)
            for quantity in ("shape", "activation_size"):
                # what is not asked says what the numbers that are asked come from
                if quantity not in wanted.get(row.name, ()) and (
                    cell := cells.get(row.name, {}).get(quantity)
                ):
                    self._answer(row.name, quantity, cell, row, start)
            for quantity in wanted.pop(row.name, ()):
                cell = cells.get(row.name, {}).get(quantity)
                done[row.name, quantity] = self._answer(row.name, quantity, cell, row, start)
            self.student.take_in(row, start)
        # the groups and the total, after all their layers
        for name, quantities in wanted.items():
            for quantity in quantities:
                cell = cells.get(name, {}).get(quantity)
                done[name, quantity] = self._answer(name, quantity, cell, None, None)
        return [done[each] for each in asked]

    def _answer(
        self,
        name: str,
        quantity: str,
        cell: Cell | None,
        row: LayerReport | None,
        start: AnswerWorking | None,
    ) -> Answer:
        expected = self.key.expected(name, quantity)
        answer = Answer(
            name,
            quantity,
            cell.text.strip() if cell else "",
            None,
            list(expected) if isinstance(expected, tuple) else expected,
            "missing",
            message=marking("missing"),
            out_of=self.rules.worth(name, quantity) * self._factor,
            place=cell.place if cell else "",
        )
        text = answer.text.casefold()
        nothing = says_nothing(answer.text)
        if cell is None or text in BLANKS or (nothing and expected != 0 and quantity != "padding"):
            self._blank.setdefault(quantity, set()).add(name)
            return answer
        if cell.broken:
            return replace(answer, verdict="unreadable", given=answer.text, message=cell.broken)
        try:
            return self._judged(answer, cell, row, start)
        except Unreadable as error:
            message = error.faults[0].message
            return replace(answer, verdict="unreadable", given=answer.text, message=message)

    def _judged(
        self, answer: Answer, cell: Cell, row: LayerReport | None, start: AnswerWorking | None
    ) -> Answer:
        """An answer by its sort; raises Unreadable."""
        quantity = answer.quantity
        if quantity == "shape":
            return self._shape(answer, cell, row, start)
        if quantity == "receptive_field":
            return self._receptive_field(answer, row)
        if quantity in WINDOW and row is not None and answer.expected is not None:
            return self._window(answer, row)
        if QUANTITIES[quantity].unit not in (*NUMBERS, "share"):
            return self._sizes(answer, row, start)
        given = Number(Fraction(0)) if says_nothing(answer.text) else _read(cell, quantity)
        if QUANTITIES[quantity].unit == "share" and given.value <= 1 and "%" not in normal(answer.text):
            # 0.25 may be a quarter as well as a quarter of a percent
            part = given.times(Fraction(100))
            given = part if part.agrees(answer.expected, self.rules.tolerance) else given
        judged = self._number(replace(answer, given=number(given.value)), given, row, start)
        return replace(judged, message=_with_working(judged.message, given))

    # -- the sorts of answers ----------------------------------------------------------------

    def _number(
        self, answer: Answer, given: Number, row: LayerReport | None, start: AnswerWorking | None
    ) -> Answer:
        tolerance = self.rules.tolerance
        if given.agrees(answer.expected, tolerance):
            counted = QUANTITIES[answer.quantity].unit in ("values", "count")
            if (
                counted
                and given.value != answer.expected
                and self.rules.asks_exactly(answer.quantity, answer.expected)
            ):
                return self._with_slip(replace(answer, slips=("rounded",)), slip("rounded"))
            return _right(answer, marking("rounded") if given.value != answer.expected else "")
        self.student.given[answer.layer, answer.quantity] = number(given.value)
        if told := self._accepted(answer, given.value, lambda value: given.agrees(value, tolerance)):
            return _right(answer, told)
        carried: Iterable[Any] = ()
        if row is not None:
            carried = self.student.carried(row, start, answer.quantity)
        elif answer.layer == TOTAL:
            blank = self._blank.get(answer.quantity, ())
            carried = [self.student.column(answer.quantity)]
            given_there = sum(
                bool(row[name].text) for row in self._cells.values() if (name := answer.quantity) in row
            )
            # a total of what the student has, where most is there
            carried += [self.student.column(answer.quantity, blank)] if 0 < len(blank) < given_there else []
        if any(given.agrees(value, tolerance) for value in carried):
            return _right(answer, marking("carried"), "carried")
        wrong = self._wrong(answer, given.agrees, row, start)
        if answer.layer == TOTAL and not wrong.slips and [answer.expected] != carried:
            told = marking("adds_up", value=plain(self.student.column(answer.quantity)))
            return replace(wrong, message=both_remarks(wrong.message, told))
        return wrong

    def _shape(
        self, answer: Answer, cell: Cell, row: LayerReport | None, start: AnswerWorking | None
    ) -> Answer:
        if answer.expected is None:
            raise Unreadable("a network without layers puts nothing out")
        readings = [self._without_batch(reading) for reading in read_shape(cell.text)]
        expected = from_layout(tuple(answer.expected), self.key.layout)
        answer = replace(answer, given=[number(size.value) for size in readings[-1].sizes])

        def how(wanted: Any) -> str:
            return _how(readings, wanted, self.key.layout, loose=cell.loose)

        if found := how(expected):
            return self._in_order(answer, found, "right")
        if row is not None:
            self.student.keep_shape(row, readings[-1], start, self._usual)
        if told := self._accepted(answer, None, lambda value: bool(how(value))):
            return _right(answer, told)
        if start and (found := how(start.value())):
            return self._in_order(answer, found, "carried")
        if len(expected) > 2 and answer.given == list(expected[:-1]):
            return replace(answer, verdict="wrong", message=marking("positions_only"))
        return self._wrong(answer, lambda value: bool(how(value)), row, start)

    def _in_order(self, answer: Answer, how: str, verdict: str) -> Answer:
        """A right shape, with a word on its order where that is not the one that is asked for."""
        carried = marking("carried") if verdict == "carried" else ""
        if how == "right":
            return _right(answer, carried, verdict)
        order = "HxWxC" if self.key.layout == "hwc" else "CxHxW"
        message = slip("transposed_shape", order=order)
        message = both_remarks(carried, message)
        answer = replace(answer, slips=("transposed_shape",))
        if self.rules.strict_layout:
            return self._with_slip(answer, message)
        return _right(answer, message, verdict)

    def _without_batch(self, reading: WrittenShape) -> WrittenShape:
        if self._batch is None or len(reading.sizes) < 2 or reading.sizes[0].value != self._batch:
            return reading
        return replace(reading, sizes=reading.sizes[1:])

    @cached_property
    def _batch(self) -> Fraction | None:
        """The size that every shape of the sheet has in front of those that it should have: a batch."""
        first = set()
        shapes = 0
        for row in self.report.layers:
            cell = self._cells.get(row.name, {}).get("shape")
            if cell is None or not cell.text:
                continue
            try:
                sizes = read_shape(cell.text)[-1].sizes
            except Unreadable:
                continue
            if len(sizes) != len(row.facts.output) + 1:
                return None
            shapes += 1
            first.add(sizes[0].value)
        return first.pop() if shapes > 1 and len(first) == 1 else None

    @cached_property
    def _usual(self) -> str | None:
        """The order in which the right shapes of the sheet stand, where that can be told: hwc, chw."""
        found: Counter[str] = Counter()
        for row in self.report.layers:
            cell, shape = self._cells.get(row.name, {}).get("shape"), row.facts.output
            if cell is None or in_layout(shape, "hwc") == in_layout(shape, "chw"):
                continue
            try:
                readings = read_shape(cell.text)
            except Unreadable:
                continue
            if len(readings[-1].sizes) == len(shape) and not readings[-1].channels_first:
                found[_how(readings, shape, "hwc", loose=False)] += 1
        kept = {"hwc": found["right"], "chw": found["transposed"]}
        return max(kept, key=kept.__getitem__) if len(set(kept.values())) > 1 else None

    def _receptive_field(self, answer: Answer, row: LayerReport | None) -> Answer:
        whole = self.report.graph.inputs[0].shape[:-1]
        if answer.text.casefold() in _ALL:
            right = answer.expected is None or tuple(answer.expected) == whole
            answer = replace(answer, given=answer.text)
            return _right(answer) if right else self._explained(answer, [], own=False)
        reading = read_shape(answer.text)[0]
        given = [number(size.value) for size in reading.sizes]
        answer = replace(answer, given=given[0] if len(given) == 1 else given)

        def agrees(value: Any) -> bool:
            single = len(given) == 1 and len(set(value)) == 1
            return shape_agrees(reading, value[:1] if single else value)

        if answer.expected is None:
            judged = _right(answer) if agrees(whole) else replace(answer, verdict="wrong")
            return replace(judged, message=marking("not_a_position"))
        if agrees(tuple(answer.expected)):
            return _right(answer)
        self.student.given[answer.layer, "receptive_field"] = _each(reading, len(answer.expected))
        if told := self._accepted(answer, None, agrees):
            return _right(answer, told)
        if row is not None and (carried := self.student.receptive_field(row)) and agrees(carried):
            return _right(answer, marking("carried"), "carried")
        found = self.key.field_slips(row.index) if row is not None else ()
        return self._explained(answer, [each for each in found if agrees(each.value)], own=False)

    def _window(self, answer: Answer, row: LayerReport) -> Answer:
        """A kernel, a stride or a padding: any is right that fits the input and the output."""
        chosen: dict[str, Any] = {}
        for name in WINDOW:
            cell = self._cells.get(row.name, {}).get(name)
            try:
                if cell and cell.text.strip().casefold() not in BLANKS:
                    text = "0" if says_nothing(cell.text) else cell.text
                    chosen[name] = read_window(text, len(answer.expected))
            except Unreadable:
                if name == answer.quantity:
                    raise
        own = chosen[answer.quantity]
        answer = replace(answer, given=own if isinstance(own, str) else list(own))
        if answer.given == answer.expected:
            return _right(answer)
        found = output_by(row, chosen)
        if found == row.facts.output:
            return _right(answer, marking("fits"))
        if told := self._accepted(answer, None, lambda value: value == own):
            return _right(answer, told)
        if found is None:
            return self._explained(answer, [], own=False)
        made = marking("would_give", given=answer.text, value="x".join(map(str, found)))
        return replace(answer, verdict="wrong", message=made)

    def _sizes(self, answer: Answer, row: LayerReport | None, start: AnswerWorking | None) -> Answer:
        """The shape of an input or of an array, or a jump."""
        readings = read_shape(answer.text)
        answer = replace(answer, given=[number(size.value) for size in readings[-1].sizes])
        if answer.expected is None or row is None:
            return self._explained(answer, [], own=False)
        right = tuple(answer.expected)
        if answer.quantity == "input_shape":
            right = from_layout(right, self.key.layout)

        def agrees(wanted: Any) -> bool:
            if answer.quantity == "input_shape":
                return bool(_how(readings, wanted, self.key.layout, loose=False))
            if answer.quantity == "jump":
                return shape_agrees(readings[0], wanted) or (
                    len(set(wanted)) == 1 and shape_agrees(readings[0], wanted[:1])
                )
            return any(_how(readings, each, "hwc", loose=False) == "right" for each in orders(wanted))

        if agrees(right):
            return _right(answer)
        if answer.quantity == "jump":
            self.student.given[answer.layer, "jump"] = _each(readings[0], len(right))
        if told := self._accepted(answer, None, agrees):
            return _right(answer, told)
        if any(map(agrees, self.student.sizes(row, start, answer.quantity))):
            return _right(answer, marking("carried"), "carried")
        made = [SlipExplanation(None, (name,)) for name, wrong in _of_sizes(row, answer) if agrees(wrong)]
        return self._explained(answer, made, own=False)

    def _accepted(self, answer: Answer, value: Fraction | None, agrees: Agrees) -> str:
        """Why an answer counts that is not the textbook's, or ""."""
        for each in self.rules.accepted.get((answer.layer, answer.quantity), ()):
            if each.holds(value, agrees):
                return marking("accepted")
        for told, other in self.key.others.items():
            expected = other.expected(answer.layer, answer.quantity)
            if answer.quantity == "shape" and expected is not None:
                expected = from_layout(tuple(expected), self.key.layout)
            if expected is not None and agrees(expected):
                return told
        return ""

    # -- remarks on a wrong answer ------------------------------------------------------

    def _wrong(
        self, answer: Answer, agrees: Agrees, row: LayerReport | None, start: AnswerWorking | None
    ) -> Answer:
        """A wrong answer, with the slips that give it, on the student's own numbers or on the right ones."""
        if QUANTITIES[answer.quantity].of and answer.quantity != "shape" and row is not None:
            return self._explained(answer, [], own=False)
        if row is None:
            every = self.key.network_slips(answer.quantity) if answer.layer == TOTAL else ()
            return self._explained(answer, [each for each in every if agrees(each.value)], own=False)
        if row.shared_with is not None and QUANTITIES[answer.quantity].owned:
            return self._explained(answer, [], own=False)
        right = self.key.working(row, answer.quantity)
        works = [
            *((True, work) for work in self.student.workings(row, start, answer.quantity)),
            (False, right),
        ]
        tried: list[tuple[bool, Callable[[], Iterable[SlipExplanation]]]] = [
            *((own, partial(single_slips, work)) for own, work in works),
            (False, partial(_of_pooling, right, answer)),
            (False, partial(_of_norm, right, answer)),
            (False, partial(self.key.before_pooling, row, right)),
        ]
        if self._unexplained < MOST_UNEXPLAINED:
            tried += [(own, partial(double_slips, work)) for own, work in works]
        for own, explanations in tried:
            found = [each for each in explanations() if each.value is None or agrees(each.value)]
            if found:
                # the student's own numbers need no word where the right ones give the same
                same = any(each[:2] == found[0][:2] for each in single_slips(right))
                return self._explained(answer, found, own=own and not same)
        return self._explained(answer, [], own=False)

    def _explained(self, answer: Answer, found: Sequence[SlipExplanation], *, own: bool) -> Answer:
        if not found:
            self._unexplained += 1
            return replace(answer, verdict="wrong", message=marking("unexplained"))
        found = sorted(found, key=lambda each: -self._shown[each.slips]) if self._shown else found
        best = found[0]
        others = tuple(dict.fromkeys(each.slips for each in found if each.slips != best.slips))
        answer = replace(answer, slips=best.slips, alternatives=others[:MOST_ALTERNATIVES])
        known = {_meaning(best.slips)}
        message = _slip_message(best, found, own)
        for each in found:
            if _meaning(each.slips) not in known and len(known) <= MOST_TOLD:
                known.add(_meaning(each.slips))
                message = marking("or", sentence=message, other=_slip_sentence(each.slips, found))
        return self._with_slip(answer, message)

    def _with_slip(self, answer: Answer, message: str) -> Answer:
        part = self.rules.part_of(answer.slips)
        return replace(answer, verdict="wrong", message=message, marks=answer.out_of * part)


def _costing_once(answers: list[Answer], rules: Rules) -> list[Answer]:
    """The answers, of which those that repeat a slip cost nothing more."""
    made: set[tuple[str, ...]] = set()
    found = []
    for answer in answers:
        if answer.verdict == "wrong" and answer.slips in made and rules.costs_once(answer.slips):
            told = both_remarks(answer.message, marking("cost_once"))
            found.append(replace(answer, marks=answer.out_of, message=told))
        else:
            found.append(answer)
        if answer.verdict == "wrong" and answer.slips:
            made.add(answer.slips)
    return found


def _how(readings: Sequence[WrittenShape], wanted: Any, layout: str, *, loose: bool) -> str:
    """How the best of the readings agrees with a shape that is (..., channels)."""
    found = [agreement(reading, wanted, layout, loose) for reading in readings]
    return next((each for each in ("right", "transposed") if each in found), "")


def _right(answer: Answer, message: str = "", verdict: str = "right") -> Answer:
    return replace(answer, verdict=verdict, message=message, marks=answer.out_of)


def _each(reading: WrittenShape, axes: int) -> tuple[Fraction, ...]:
    """A size for each axis, from one for all or one for each."""
    sizes = tuple(size.value for size in reading.sizes)
    return sizes if len(sizes) > 1 else sizes * axes


def _read(cell: Cell, quantity: str) -> Number:
    """The number of a cell; the unit of its heading holds where it has none."""
    if QUANTITIES[quantity].unit == "share":
        return read_number(normal(cell.text).strip().removesuffix("%"), whole=False)
    memory = quantity == "memory"
    try:
        unit = read_number(f"1 {cell.unit}", memory=memory).value if cell.unit else Fraction(1)
    except Unreadable:
        unit = Fraction(1)
    given = read_number(cell.text, whole=unit == 1, memory=memory)
    if unit != 1 and given.unit is None:
        return replace(given.times(unit), rounded=True)
    return given


def _of_sizes(row: LayerReport, answer: Answer) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The slips of arrays and jumps, each with the sizes that the slip gives."""
    if answer.quantity == "weight_shape":
        units, *others = answer.expected
        yield "no_filters", tuple(others)
        if len(others) > 1:
            yield "no_channels", (units, *others[1:])
    elif answer.quantity == "jump" and isinstance(steps := row.facts.reach, tuple):
        jumps = zip(answer.expected, steps, strict=True)
        yield "no_stride", tuple(int(jump / step.step) for jump, step in jumps)


def _with_working(message: str, given: Number) -> str:
    """The message, and a word on working beside the answer that comes to something else."""
    if given.worked is None or given.agrees(given.worked):
        return message
    told = marking("different_working", value=plain(given.worked))
    return both_remarks(message, told)


def _slip_message(best: SlipExplanation, found: Sequence[SlipExplanation], own: bool) -> str:
    """The remark on slips: the slips, and the working that gives the number."""
    sentence = _slip_sentence(best.slips, found)
    formula = best.working.formula() if best.working else ""
    if formula and isinstance(best.value, int) and not formula.isdecimal():
        sentence = marking("shown", sentence=sentence, working=formula, value=plain(best.value))
    return marking("from_own", sentence=sentence) if own else sentence


def _slip_sentence(made: Sequence[str], found: Sequence[SlipExplanation]) -> str:
    """Slips in a sentence, where `found` are all that give the number."""
    # of a dense layer, the parameters (K*N + K) given for the MACs (K*N) are the MACs and the biases
    bias = any("bias_in_macs" in each.slips for each in found)
    names = ["bias_in_macs" if bias and name == "no_positions" else name for name in made]
    return together(slip(name) for name in names)


def _meaning(names: Iterable[str]) -> frozenset[str]:
    same = {slip.name: slip.same_as for slip in slips() if slip.same_as}
    return frozenset(same.get(name, name) for name in names)


def _of_norm(right: AnswerWorking, answer: Answer) -> tuple[SlipExplanation, ...]:
    """The slip of a norm whose scale and shift are left out, which leaves no number."""
    learned = [weight.shape for weight in right.layer.weights(*right.inputs).values() if weight.learned]
    alike = len(learned) == 2 and len(learned[0]) == 1 and learned[0] == learned[1]
    made = alike and answer.quantity == "params" and answer.given == 0
    return (SlipExplanation(None, ("norm_learns_nothing",)),) if made else ()


def _of_pooling(right: AnswerWorking, answer: Answer) -> tuple[SlipExplanation, ...]:
    """The slips of pooling that show in any number: that it has parameters at all, or other channels."""
    if not right.layer.pools or right.layer.weights(*right.inputs):
        return ()
    if answer.quantity == "params":
        return (SlipExplanation(None, ("pooling_has_weights",)),)
    expected = right.value()
    if answer.quantity == "shape" and isinstance(expected, tuple) and len(answer.given) == len(expected):
        shapes = [(*expected[:-1], channels) for channels in (answer.given[-1], answer.given[0])]
        return tuple(
            SlipExplanation(shape, ("pooling_changes_channels",)) for shape in shapes if shape != expected
        )
    return ()
