"""The slips that students make, each as a change of the engine's own working.

A slip takes a working and gives the workings in which it is made. The numbers follow. What a slip asks of a
layer are the traits of its kind (`cnncalc.layers.support.base`), so that it is made on new kinds too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

from cnncalc.errors import LayerError
from cnncalc.expr import Number, product
from cnncalc.homework.working import (
    Arrays,
    Rule,
    Value,
    Working,
    no_bias_link,
    not_floored,
    not_raised,
    rounded_down,
    rounded_up,
    without_plus_one,
)
from cnncalc.installed import announced, load
from cnncalc.layers import find
from cnncalc.layers.support.base import Shape, Weight, is_bias

PARAMS = frozenset({"params"})
LINKS = frozenset({"connections", "macs", "flops"})
EXTENT = frozenset({"shape", "activation_size", "memory", *LINKS})
ALL = PARAMS | EXTENT
FIELD = frozenset({"receptive_field"})
"""Of slips whose changed layers are also looked through, one after another."""

Change = Callable[[Working], Iterator[Working]]
"""Yields the workings in which a slip is made, none where it can't be."""


class Slip(NamedTuple):
    """A slip: which quantities it shows in, how common it is (1 is the commonest), how it is made.

    `same_as` names a slip that means the same where both give one number: a student is told one of them.
    `sentences` is for a slip of another package: language -> what a student is told.
    """

    name: str
    quantities: frozenset[str]
    rank: float
    change: Change
    same_as: str = ""
    sentences: Mapping[str, str] = {}


_SLIPS: dict[str, Slip] = {}


def slip(
    quantities: frozenset[str], rank: float, same_as: str = "", sentences: Mapping[str, str] | None = None
) -> Callable[[Change], Change]:
    """Makes a change a slip of its function's name; its sentence is `slip.NAME` of the catalogues.

    The first line of the function's docstring says what was done, for the documentation.
    """

    def register(change: Change) -> Change:
        name = change.__name__
        _SLIPS[name] = Slip(name, quantities, rank, change, same_as, sentences or {})
        return change

    return register


@cache
def slips() -> tuple[Slip, ...]:
    """All slips, the commonest first: those of this file, and of the installed packages that announce some.

    An entry point of the group `cnncalc.slips` names a module, which registers its slips as this file does.
    """
    for name in announced("slips"):
        load("slips", name)
    return tuple(sorted(_SLIPS.values(), key=lambda each: each.rank))


# -- what the slips are made of


def with_options(work: Working, **options: Any) -> Iterator[Working]:
    """The working with options of the layer changed, those that it has and that differ."""
    own = work.layer.options
    options = {name: value for name, value in options.items() if name in own}
    if any(own[name] != value for name, value in options.items()):
        yield replace(work, layer=dataclasses.replace(work.layer, **options))  # type: ignore[type-var]


def _with_units(work: Working, units: int, **options: Any) -> Iterator[Working]:
    """The working with another number of units or filters."""
    yield from with_options(work, **{work.layer.units_option: units, **options})


def on_inputs(work: Working, *inputs: Shape) -> Iterator[Working]:
    """The working on inputs of other shapes."""
    if inputs != work.inputs:
        yield replace(work, inputs=inputs)


def _one_input(work: Working) -> Iterator[Shape]:
    """The shape of the input, where there is only one."""
    if len(work.inputs) == 1:
        yield work.inputs[0]


def _has_kernel(work: Working) -> bool:
    return "kernel" in work.layer.options


def _sliding(work: Working) -> bool:
    """Whether a window slides over the input, at positions that no slip has said otherwise."""
    if work.layer.transposed or len(work.inputs) != 1 or work.positions is not None:
        return False
    return bool(work.layer.geometry(*work.inputs))


def _by_map(work: Working) -> bool:
    """Whether a window slides over each map by itself: depthwise convolutions and poolings."""
    return _has_kernel(work) and not work.layer.units_option


def _learns(work: Working) -> bool:
    return bool(work.layer.weights(*work.inputs))


def _has_biases(work: Working) -> bool:
    """Whether units add biases, by an option or always, as those of a subsampling do."""
    if work.layer.bias is not None:
        return work.layer.bias
    return "bias" in work.layer.weights(*work.inputs) and work.layer.connections(*work.inputs) > 0


_KEPT = ("kernel", "stride", "padding", "dilation", "rounding", "bias")


def as_kind(work: Working, kind: str, **options: Any) -> Iterator[Working]:
    """The working with the layer taken for one of another kind, which keeps the options that both have."""
    cls = find(kind)
    assert cls is not None
    own = work.layer.options
    kept = {name: own[name] for name in _KEPT if own.get(name) is not None}
    if "kernel" in kept:
        kept.setdefault("stride", kept["kernel"])
    yield replace(work, layer=cls(**{**kept, **options}))


def _as_conv(work: Working) -> Iterator[Working]:
    yield from as_kind(work, "conv", filters=work.layer.units_made, groups=work.layer.filter_groups)


def _with_arrays(work: Working, *changes: Callable[[Arrays], Arrays]) -> Iterator[Working]:
    yield replace(work, arrays=(*work.arrays, *changes))


def _with_biases(
    work: Working, shape: Callable[[tuple[int, ...], int], tuple[int, ...]]
) -> Iterator[Working]:
    """The biases in another number, by the shape of the weight and how many of its axes slide."""
    sliding = len(work.inputs[0]) - 1 if _has_kernel(work) else 0

    def change(arrays: Arrays) -> Arrays:
        if not {"weight", "bias"} <= arrays.keys():
            return arrays
        return arrays | {"bias": Weight(shape(arrays["weight"].shape, sliding))}

    if _has_biases(work):
        yield from _with_arrays(work, change)


def _without_biases(arrays: Arrays) -> Arrays:
    return {name: weight for name, weight in arrays.items() if not is_bias(name)}


def _bias_of_each_unit(arrays: Arrays) -> Arrays:
    return arrays | {"bias": Weight(arrays["weight"].shape[:1])}


def _bias_of_each_input(arrays: Arrays) -> Arrays:
    return arrays | {"bias": Weight(arrays["weight"].shape[1:])}


def _all_learned(arrays: Arrays) -> Arrays:
    return {name: Weight(weight.shape) for name, weight in arrays.items()}


def _by_rule(work: Working, rule: Rule) -> Iterator[Working]:
    if len(work.inputs) == 1 and rule not in work.rules:
        yield replace(work, rules=(*work.rules, rule))


def _times(work: Working, *factors: Number) -> Iterator[Working]:
    for factor in factors:
        yield replace(work, factor=work.factor * factor)


# -- the slips


@slip(frozenset({"memory"}), 1)
def units_of_bytes(work: Working) -> Iterator[Working]:
    """Values for bytes, or KiB for KB."""
    yield from _times(work, Fraction(1, work.bytes_each))
    yield from _times(work, *(Fraction(1000, 1024) ** power for power in (1, 2, 3, -1, -2, -3)))


@slip(PARAMS | {"connections"}, 2)
def no_bias(work: Working) -> Iterator[Working]:
    """Biases left out."""
    yield from with_options(work, bias=False)
    if work.layer.bias is None and _has_biases(work):
        links = (no_bias_link,) if work.quantity == "connections" else ()
        yield replace(work, arrays=(*work.arrays, _without_biases), rules=(*work.rules, *links))


@slip(PARAMS | LINKS, 3)
def no_channels(work: Working) -> Iterator[Working]:
    """The filter's depth left out."""
    for x in _one_input(work):
        if len(x) < 2 or not work.layer.units_option:
            return
        if work.layer.table:
            for one in with_options(work, table=((0,),) * len(work.layer.table)):
                yield from on_inputs(one, (*x[:-1], 1))
        else:
            yield from on_inputs(work, (*x[:-1], work.layer.filter_groups))


@slip(frozenset({"macs"}), 4)
def flops_for_macs(work: Working) -> Iterator[Working]:
    """A factor of 2."""
    yield from _times(work, 2)


@slip(frozenset({"flops"}), 5)
def macs_for_flops(work: Working) -> Iterator[Working]:
    """A factor of 2."""
    yield from _times(work, Fraction(1, 2))


@slip(PARAMS, 6)
def pooling_has_weights(work: Working) -> Iterator[Working]:
    """Parameters given to a pooling."""
    if work.layer.pools and _has_kernel(work) and not _learns(work):
        (x,) = work.inputs
        yield from as_kind(work, "conv", filters=x[-1])
        yield from as_kind(work, "depthwise_conv")
        for one in as_kind(work, "conv", filters=1):
            yield from on_inputs(one, (*x[:-1], 1))


@slip(PARAMS, 7)
def pooled_inputs_as_weights(work: Working) -> Iterator[Working]:
    """A subsampling's pooled inputs counted as weights."""
    if work.layer.pools and _has_kernel(work) and _learns(work):
        yield from as_kind(work, "depthwise_conv")


@slip(PARAMS, 8)
def one_bias(work: Working) -> Iterator[Working]:
    """One bias for the whole layer."""
    yield from _with_biases(work, lambda *_: (1,))


@slip(EXTENT, 9)
def no_padding(work: Working) -> Iterator[Working]:
    """P left out."""
    yield from with_options(work, padding=0)


@slip(EXTENT, 10)
def no_plus_one(work: Working) -> Iterator[Working]:
    """(N + 2P - F)/S."""
    yield from _by_rule(work, without_plus_one)


@slip(EXTENT, 11)
def ceil_not_floor(work: Working) -> Iterator[Working]:
    """Rounded up where the size is rounded down."""
    yield from _by_rule(work, rounded_up)


@slip(EXTENT, 12)
def floor_not_ceil(work: Working) -> Iterator[Working]:
    """Rounded down where the size is rounded up."""
    yield from _by_rule(work, rounded_down)


@slip(EXTENT | FIELD, 13)
def no_stride(work: Working) -> Iterator[Working]:
    """S taken as 1."""
    yield from with_options(work, stride=1)


@slip(EXTENT, 14)
def input_not_output(work: Working) -> Iterator[Working]:
    """The input's height and width where the output's belong."""
    if _sliding(work) and (positions := work.inputs[0][:-1]):
        yield replace(work, positions=positions)


@slip(LINKS, 15)
def no_positions(work: Working) -> Iterator[Working]:
    """Parameters given for connections or MACs."""
    if _sliding(work):
        yield replace(work, positions=(1,) * (len(work.inputs[0]) - 1))
    yield replace(work, quantity="params", factor=work.factor * (2 if work.quantity == "flops" else 1))


@slip(ALL, 16)
def no_filters(work: Working) -> Iterator[Working]:
    """The count for one filter only."""
    groups = work.layer.filter_groups
    for x in _one_input(work):
        if work.layer.units_option:
            if work.layer.table or x[-1] % groups or (work.layer.transposed and groups != 1):
                return
            for one in _with_units(work, 1, **{work.layer.groups_option: 1}):
                yield replace(one, inputs=((*x[:-1], x[-1] // groups),))
        elif _by_map(work) and not (work.layer.pools and work.quantity == "shape"):
            yield from on_inputs(work, (*x[:-1], 1))


@slip(PARAMS | LINKS, 17)
def groups_ignored(work: Working) -> Iterator[Working]:
    """Full connections where there are groups, depthwise or a table."""
    if work.layer.units_option:
        yield from with_options(work, **{work.layer.groups_option: 1}, table=None)
    elif _by_map(work) and not work.layer.pools:
        yield from as_kind(work, "conv", filters=work.layer.output(*work.inputs)[-1])


@slip(ALL, 18)
def no_spatial(work: Working) -> Iterator[Working]:
    """The channels alone entered the dense layer."""
    if work.layer.flattens:
        yield from on_inputs(work, work.inputs[0][-1:])


@slip(ALL, 19, same_as="no_spatial")
def no_flatten(work: Working) -> Iterator[Working]:
    """The positions kept where a dense layer reads one vector."""
    if work.layer.flattens and len(work.inputs[0]) > 1:
        if work.layer.reshapes:
            yield from as_kind(work, "relu")
        elif work.layer.bias is not None:
            yield from as_kind(work, "conv", kernel=1, filters=work.layer.units_made)


@slip(EXTENT, 20)
def padding_once(work: Working) -> Iterator[Working]:
    """N + P - F."""
    if _sliding(work) and work.layer.padding != "same":
        axes = work.layer.geometry(*work.inputs)
        if any(axis.before for axis in axes):
            yield from with_options(work, padding=tuple((axis.before, 0) for axis in axes))


@slip(EXTENT | FIELD, 21)
def no_dilation(work: Working) -> Iterator[Working]:
    """The kernel not spread."""
    yield from with_options(work, dilation=1)


@slip(EXTENT, 22)
def not_rounded(work: Working) -> Iterator[Working]:
    """The size left as a fraction."""
    yield from _by_rule(work, not_floored)
    yield from _by_rule(work, not_raised)


@slip(EXTENT, 23)
def pooling_changes_channels(work: Working) -> Iterator[Working]:
    """Channels changed by a pooling."""
    if work.layer.pools and _has_kernel(work):
        (x,) = work.inputs
        kernel = work.layer.geometry(x)[0].kernel
        if x[-1] % kernel == 0:
            yield from on_inputs(work, (*x[:-1], x[-1] // kernel))


@slip(ALL, 24)
def swapped_channels(work: Working) -> Iterator[Working]:
    """Input and output channels exchanged."""
    units = work.layer.units_made
    for x in _one_input(work):
        if units is not None and not work.layer.table:
            changed = (units,) if work.layer.flattens else (*x[:-1], units)
            for one in _with_units(work, product(x) if work.layer.flattens else x[-1]):
                yield from on_inputs(one, changed)


@slip(PARAMS | {"connections"}, 25)
def bias_per_weight(work: Working) -> Iterator[Working]:
    """A bias for each weight, or each input channel that a filter reads."""
    yield from _with_biases(work, lambda weight, _: weight)
    yield from _with_biases(work, lambda weight, sliding: weight[: len(weight) - sliding] or weight)


@slip(EXTENT | FIELD, 26)
def stride_as_kernel(work: Working) -> Iterator[Working]:
    """S and F mixed up."""
    kernel, stride = (work.layer.options.get(name) for name in ("kernel", "stride"))
    if kernel is not None and stride is not None:
        yield from with_options(work, kernel=stride, stride=kernel)
        yield from with_options(work, stride=kernel)


@slip(PARAMS | {"connections"}, 27)
def bias_added(work: Working) -> Iterator[Working]:
    """Biases counted where there are none."""
    yield from with_options(work, bias=True)
    if work.layer.flattens and work.layer.units_option and work.layer.bias is None:
        connected = as_kind(work, "dense", units=work.layer.units_made)
        changed = next(connected) if work.quantity == "connections" else work
        for biases in (_bias_of_each_unit, _bias_of_each_input):
            yield from _with_arrays(changed, biases)


@slip(PARAMS, 28)
def buffers_as_params(work: Working) -> Iterator[Working]:
    """What is kept and not learned counted as parameters."""
    yield from _with_arrays(work, _all_learned)


@slip(PARAMS, 29)
def weights_shared(work: Working) -> Iterator[Working]:
    """A locally connected layer taken for a convolution."""
    if not work.layer.shares_kernel:
        yield from _as_conv(work)


@slip(EXTENT, 30)
def not_transposed(work: Working) -> Iterator[Working]:
    """A transposed convolution worked out as a convolution."""
    if work.layer.transposed:
        yield from _as_conv(work)


@slip(LINKS, 31)
def output_not_input(work: Working) -> Iterator[Working]:
    """A transposed convolution's work counted at its output."""
    for forward in not_transposed(work):
        yield replace(forward, positions=work.layer.output(*work.inputs)[:-1])


@slip(frozenset({"connections"}), 32)
def no_window(work: Working) -> Iterator[Working]:
    """A pooling's window left out of its connections."""
    if work.layer.pools and _has_kernel(work):
        placed = replace(work, positions=work.positions or work.layer.output(*work.inputs)[:-1])
        yield from with_options(placed, kernel=1, stride=1, padding=0)
    elif work.layer.pools and work.layer.reads_all:
        (x,) = work.inputs
        yield from on_inputs(work, ((*(1,) * (len(x) - 1), x[-1])))


@slip(frozenset({"macs", "flops"}), 33, same_as="no_positions")
def bias_in_macs(work: Working) -> Iterator[Working]:
    """Biases counted among the MACs."""
    if work.layer.bias:
        factor = work.factor * (2 if work.quantity == "flops" else 1)
        yield replace(work, quantity="connections", factor=factor)


OTHERS = ("transposed_shape", "kernel_flipped")
"""Slips that are found otherwise than by a change of a layer's working."""


class Explanation(NamedTuple):
    """Slips that together give a number, and the working that they leave."""

    value: Value | None
    """None: any number."""
    slips: tuple[str, ...]
    working: Working | None = None


@lru_cache(maxsize=1024)
def single_slips(working: Working) -> tuple[Explanation, ...]:
    """Every number that one slip gives in place of the right one, the commonest first."""
    right = _value(working)
    seen: set[tuple[Value, str]] = set()
    found = []
    for one, changed, value in _made(working, slips()):
        if value is not None and value != right and (value, one) not in seen:
            seen.add((value, one))
            found.append(Explanation(value, (one,), changed))
    return tuple(found)


@lru_cache(maxsize=256)
def double_slips(working: Working) -> tuple[Explanation, ...]:
    """Every number that takes two slips."""
    known = {_value(working), *(single.value for single in single_slips(working))}
    seen: set[tuple[Value, tuple[str, ...]]] = set()
    found = []
    for at, each in enumerate(slips()):
        for one, first, value in _made(working, (each,)):
            if value == _value(working):
                continue
            for other, changed, number in _made(first, slips()[at + 1 :]):
                if number is not None and number not in known and (number, (one, other)) not in seen:
                    seen.add((number, (one, other)))
                    found.append(Explanation(number, (one, other), changed))
    # the commonest pair first: the one whose places in the list of slips have the lowest sum
    place = {each.name: at for at, each in enumerate(slips())}
    return tuple(sorted(found, key=lambda pair: sum(place[name] for name in pair.slips)))


def _made(working: Working, every: Sequence[Slip]) -> Iterator[tuple[str, Working, Value | None]]:
    for each in every:
        if working.quantity not in each.quantities:
            continue
        try:
            for changed in each.change(working):
                yield each.name, changed, _value(changed)
        except (LayerError, ZeroDivisionError):
            continue


def _value(working: Working) -> Value | None:
    try:
        value = working.value()
    except (LayerError, ZeroDivisionError):
        return None
    sizes = value if isinstance(value, tuple) else (value,)
    return value if all(size > 0 for size in sizes) else None
