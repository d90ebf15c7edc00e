"""The working of a receptive field: its size, jump, start and centre, from those of the layers before."""

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.receptive_field import MOST_TOLD, Field, met
from cnncalc.explain.data import Equation, Reason, Working
from cnncalc.explain.letters import AXES
from cnncalc.explain.subject import Subject, definitions, with_definitions
from cnncalc.expr import Number, named, plain, remembered
from cnncalc.formula import symbols, tidy
from cnncalc.layers.support.reach import Reach
from cnncalc.quantity import Quantity


def receptive_field(it: Subject, quantity: Quantity) -> Working:
    """The receptive field, from the fields of the layers that are read."""
    row, reasons = it.row, list(_rf_reasons(it))
    fields, before, reach = row.view.fields, it.before, it.facts.reach
    if fields is None or not isinstance(reach, tuple):
        return Working(quantity.word, None, (), [it.reason("rf.all")])
    size = tuple(plain(field.size) for field in fields)
    # paths with equal fields are told once
    paths = list(dict.fromkeys(before))
    if len(before) == 1 and all((step.extent, step.step, step.offset) == (1, 1, 0) for step in reach):
        return Working(quantity.word, size, (), [it.reason("rf.itself"), *reasons])
    equations: list[Equation] = []
    alike = it.square and all(len(set(path)) == 1 for path in paths)
    for axis, step, *along in zip(AXES[len(fields)], reach, *paths, strict=True):
        suffix = "" if alike or len(fields) == 1 else axis
        if len(before) == 1:
            equations += _seen(_field_in_letters(along[0], "in", suffix).through(step), suffix)
        elif len(paths) > 1:
            told = enumerate(_widest(along), 1)
            equations += _seen(
                met([_field_in_letters(each, f"in{path}", suffix) for path, each in told]), suffix
            )
        if alike:
            break
    return Working(
        quantity.word,
        size,
        with_definitions(equations),
        [*_step_reasons(it, fields, reach, equations), *reasons],
    )


def _field_in_letters(field: Field, place: str, axis: str) -> Field:
    """A field in letters: r_in, j_in, start_in; and first_in0, last_in0 of its phases."""

    def letter(name: str, number: Number) -> Any:
        return remembered(plain(number), "symbol", (), f"{name}{axis}")

    numbered = place if place == "in" else f"{place}_"
    phases = tuple(
        span and (letter(f"first_{numbered}{turn}", span[0]), letter(f"last_{numbered}{turn}", span[1]))
        for turn, span in enumerate(field.output_spans)
    )
    start = letter(f"start_{place}", field.start)
    return Field(letter(f"r_{place}", field.size), letter(f"j_{place}", field.jump), start, phases)


def _widest(paths: Sequence[Field]) -> Sequence[Field]:
    """Of many paths the ones that decide: the first to begin, the last to end, that of the largest jump."""
    unlike = list(dict.fromkeys(paths))
    if len(unlike) <= MOST_TOLD or any(field.output_spans for field in unlike):
        return unlike
    ends = (
        min(unlike, key=lambda field: field.start),
        max(unlike, key=lambda field: field.start + field.size),
        max(unlike, key=lambda field: field.jump),
    )
    return list(dict.fromkeys(ends))


def _seen(found: Field, axis: str) -> Iterator[Equation]:
    """The equations of a field's size, jump, start and centre along an axis."""
    shown = symbols(found.size)
    yield from definitions(found.start)
    for turn, end in ((turn, end) for turn, span in enumerate(found.output_spans) for end in span or ()):
        if not turn or getattr(end, "name", "") in shown:
            yield from definitions(end)
    yield Equation(f"r_out{axis}", tidy(found.size), letter=True)
    yield Equation(f"j_out{axis}", tidy(found.jump), letter=True)
    yield Equation(f"start_out{axis}", tidy(found.start), letter=True)
    size, start = named(f"r_out{axis}", found.size), named(f"start_out{axis}", found.start)
    yield Equation(
        f"centre_out{axis}", Field(size, found.jump, start, found.output_spans).center, letter=True
    )


def _step_reasons(
    it: Subject, fields: Sequence[Field], reach: Sequence[Reach], equations: Sequence[Equation]
) -> Iterator[Reason]:
    """The reasons of a receptive field: the step from the layer before, and phases after an upsampling."""
    before = any(field.output_spans for path in it.before for field in path)
    turns = max(len(field.output_spans) for field in fields)
    if len(it.before) > 1:
        yield it.reason("rf.merge")
    elif before or any(step.output_spans for step in reach):
        if it.layer.transposed:
            yield it.reason("rf.stamps", dilation=max(int(axis.dilation) for axis in it.axes))
        told = any(name.startswith("from_") for each in equations for name in symbols(each.tree))
        yield it.reason("rf.reads" if told else "rf.sees")
        if before:
            yield it.reason("rf.again")
    else:
        yield it.reason("rf")
    if turns:
        even = len({last - first for first, last in filter(None, fields[0].output_spans)}) == 1
        many = "" if turns <= MOST_TOLD else ".many"
        yield it.reason("rf.turns.even" if even else f"rf.turns{many}", turns=turns)
    if any(None in field.output_spans for field in fields):
        yield it.reason("rf.nothing")


def _rf_reasons(it: Subject) -> Iterator[Reason]:
    view = it.row.view
    if view.misaligned:
        yield it.reason("rf.misaligned")
    inputs = it.report.graph.inputs
    if view.fields is None or len(inputs) > 1:
        return
    sizes = inputs[0].shape[:-1]
    if any(field.size > n for field, n in zip(view.fields, sizes, strict=False)):
        yield it.reason("rf.wider", size=tuple(plain(field.size) for field in view.fields), input=sizes)
