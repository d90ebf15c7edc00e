"""The changes of a working of which slips are made, and questions about its layer, by the kind's traits."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cnncalc.expr import Number
from cnncalc.homework.working import AnswerWorking, Arrays, Rule
from cnncalc.layers import find
from cnncalc.layers.support.base import Shape


def with_options(work: AnswerWorking, **options: Any) -> Iterator[AnswerWorking]:
    """The working with options of the layer changed, those that it has and that differ."""
    own = work.layer.options
    options = {name: value for name, value in options.items() if name in own}
    if any(own[name] != value for name, value in options.items()):
        yield replace(work, layer=dataclasses.replace(work.layer, **options))  # type: ignore[type-var]


def with_units(work: AnswerWorking, units: int, **options: Any) -> Iterator[AnswerWorking]:
    """The working with another number of units or filters."""
    yield from with_options(work, **{work.layer.units_option: units, **options})


def on_inputs(work: AnswerWorking, *inputs: Shape) -> Iterator[AnswerWorking]:
    """The working on inputs of other shapes."""
    if inputs != work.inputs:
        yield replace(work, inputs=inputs)


def one_input(work: AnswerWorking) -> Iterator[Shape]:
    """The shape of the input, where there is only one."""
    if len(work.inputs) == 1:
        yield work.inputs[0]


def has_kernel(work: AnswerWorking) -> bool:
    """Whether the layer has a kernel."""
    return "kernel" in work.layer.options


def is_sliding(work: AnswerWorking) -> bool:
    """Whether a window slides over the input, at positions that no slip has said otherwise."""
    if work.layer.transposed or len(work.inputs) != 1 or work.positions is not None:
        return False
    return bool(work.layer.geometry(*work.inputs))


def works_by_map(work: AnswerWorking) -> bool:
    """Whether a window slides over each map by itself: depthwise convolutions and poolings."""
    return has_kernel(work) and not work.layer.units_option


def has_biases(work: AnswerWorking) -> bool:
    """Whether units add biases, by an option or always, as those of a subsampling do."""
    if work.layer.bias is not None:
        return work.layer.bias
    return "bias" in work.layer.weights(*work.inputs) and work.layer.connections(*work.inputs) > 0


_KEPT = ("kernel", "stride", "padding", "dilation", "rounding", "bias")


def as_kind(work: AnswerWorking, kind: str, **options: Any) -> Iterator[AnswerWorking]:
    """The working with the layer taken for one of another kind, which keeps the options that both have."""
    cls = find(kind)
    assert cls is not None
    own = work.layer.options
    kept = {name: own[name] for name in _KEPT if own.get(name) is not None}
    if "kernel" in kept:
        kept.setdefault("stride", kept["kernel"])
    yield replace(work, layer=cls(**{**kept, **options}))


def as_conv(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The working with the layer taken for a convolution of as many filters."""
    yield from as_kind(work, "conv", filters=work.layer.units_made, groups=work.layer.filter_groups)


def with_arrays(work: AnswerWorking, *changes: Callable[[Arrays], Arrays]) -> Iterator[AnswerWorking]:
    """The working with other arrays kept by the layer."""
    yield replace(work, arrays=(*work.arrays, *changes))


def by_rule(work: AnswerWorking, rule: Rule) -> Iterator[AnswerWorking]:
    """The working with its formula worked out by another rule."""
    if len(work.inputs) == 1 and rule not in work.rules:
        yield replace(work, rules=(*work.rules, rule))


def times(work: AnswerWorking, *factors: Number) -> Iterator[AnswerWorking]:
    """The working with its result times a factor."""
    for factor in factors:
        yield replace(work, factor=work.factor * factor)
