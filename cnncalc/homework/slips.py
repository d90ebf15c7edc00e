"""The slips that students make, each as a change of the engine's own working.

A slip takes a working and gives the workings in which it is made. The numbers follow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from cnncalc.errors import LayerError
from cnncalc.expr import Number, product
from cnncalc.homework.working import (
    Arrays,
    Rule,
    Value,
    Working,
    no_bias_link,
    no_plus_one,
    not_floored,
    not_raised,
    rounded_down,
    rounded_up,
)
from cnncalc.layers import find
from cnncalc.layers.support.base import Shape, Weight, is_bias
from cnncalc.layers.support.pooling import GlobalPool, Pool

PARAMS = frozenset({"params"})
LINKS = frozenset({"connections", "macs", "flops"})
EXTENT = frozenset({"shape", "activation_size", "memory", *LINKS})
ALL = PARAMS | EXTENT

# -- the changes: each yields the workings in which the slip is made, none where it can't be

Change = Callable[[Working], Iterator[Working]]


def _set(work: Working, **options: Any) -> Iterator[Working]:
    """The working with options of the layer changed, those that it has and that differ."""
    known = {field.name for field in dataclasses.fields(work.layer)}  # type: ignore[arg-type]
    options = {name: value for name, value in options.items() if name in known}
    if any(getattr(work.layer, name) != value for name, value in options.items()):
        yield replace(work, layer=dataclasses.replace(work.layer, **options))  # type: ignore[type-var]


def _on(work: Working, *inputs: Shape) -> Iterator[Working]:
    if inputs != work.inputs:
        yield replace(work, inputs=inputs)


def _has(work: Working, *options: str) -> bool:
    return all(hasattr(work.layer, option) for option in options)


def _is(work: Working, *kinds: str) -> bool:
    return work.layer.kind in kinds


def _sliding(work: Working) -> bool:
    if work.layer.transposed or len(work.inputs) != 1 or work.positions is not None:
        return False
    return bool(work.layer.geometry(*work.inputs))


def _no_bias(work: Working) -> Iterator[Working]:
    yield from _set(work, bias=False)
    if _is(work, "subsample"):
        links = (no_bias_link,) if work.quantity == "connections" else ()
        yield replace(work, arrays=(*work.arrays, _unbiased), rules=(*work.rules, *links))


def _unbiased(arrays: Arrays) -> Arrays:
    return {name: weight for name, weight in arrays.items() if not is_bias(name)}


def _biases(shape: Callable[[tuple[int, ...], int], tuple[int, ...]]) -> Change:
    """The biases of a layer in another number, by the shape of its weight and how many of its axes slide."""

    def make(work: Working) -> Iterator[Working]:
        sliding = len(work.inputs[0]) - 1 if _has(work, "kernel") else 0

        def change(arrays: Arrays) -> Arrays:
            if not {"weight", "bias"} <= arrays.keys():
                return arrays
            return arrays | {"bias": Weight(shape(arrays["weight"].shape, sliding))}

        if getattr(work.layer, "bias", False) or _is(work, "subsample"):
            yield replace(work, arrays=(*work.arrays, change))

    return make


def _bias_added(work: Working) -> Iterator[Working]:
    yield from _set(work, bias=True)
    if _is(work, "rbf"):
        connected = _as(work, "dense", units=work.layer.units)  # type: ignore[attr-defined]
        changed = next(connected) if work.quantity == "connections" else work
        # one for each unit, or one for each value that it reads
        for biases in (_of_units, _of_inputs):
            yield replace(changed, arrays=(*changed.arrays, biases))


def _of_units(arrays: Arrays) -> Arrays:
    return arrays | {"bias": Weight(arrays["weight"].shape[:1])}


def _of_inputs(arrays: Arrays) -> Arrays:
    return arrays | {"bias": Weight(arrays["weight"].shape[1:])}


def _buffers_as_params(work: Working) -> Iterator[Working]:
    yield replace(work, arrays=(*work.arrays, _all_learned))


def _all_learned(arrays: Arrays) -> Arrays:
    return {name: Weight(weight.shape) for name, weight in arrays.items()}


def _several(*changes: Change) -> Change:
    def make(work: Working) -> Iterator[Working]:
        for change in changes:
            yield from change(work)

    return make


def _no_channels(work: Working) -> Iterator[Working]:
    if len(work.inputs) != 1 or len(work.inputs[0]) < 2:
        return
    (x,) = work.inputs
    if getattr(work.layer, "table", None):
        for one in _set(work, table=((0,),) * work.layer.filters):  # type: ignore[attr-defined]
            yield from _on(one, (*x[:-1], 1))
    elif _is(work, "conv", "local_conv", "conv_transpose") or _has(work, "units"):
        yield from _on(work, (*x[:-1], getattr(work.layer, "groups", 1)))


def _no_filters(work: Working) -> Iterator[Working]:
    if len(work.inputs) != 1:
        return
    (x,) = work.inputs
    if _is(work, "conv", "local_conv") and not getattr(work.layer, "table", None):
        groups = work.layer.groups  # type: ignore[attr-defined]
        if x[-1] % groups == 0:
            for one in _set(work, filters=1, groups=1):
                yield replace(one, inputs=((*x[:-1], x[-1] // groups),))
    elif _is(work, "conv_transpose") and work.layer.groups == 1:  # type: ignore[attr-defined]
        yield from _set(work, filters=1)
    elif _has(work, "units"):
        yield from _set(work, units=1)
    elif _is(work, "depthwise_conv") or (isinstance(work.layer, Pool) and work.quantity != "shape"):
        yield from _on(work, (*x[:-1], 1))


def _swapped_channels(work: Working) -> Iterator[Working]:
    if len(work.inputs) != 1:
        return
    (x,) = work.inputs
    if _is(work, "conv", "local_conv", "conv_transpose") and not getattr(work.layer, "table", None):
        for one in _set(work, filters=x[-1]):
            yield from _on(one, (*x[:-1], work.layer.filters))  # type: ignore[attr-defined]
    elif _has(work, "units"):
        for one in _set(work, units=product(x)):
            yield from _on(one, (work.layer.units,))  # type: ignore[attr-defined]


_CONV_OPTIONS = ("kernel", "stride", "padding", "dilation", "rounding", "bias")


def _as(work: Working, kind: str, **options: Any) -> Iterator[Working]:
    """The working with the layer taken for one of another kind, which keeps the options that both have."""
    cls = find(kind)
    assert cls is not None
    kept = {name: value for name in _CONV_OPTIONS if (value := getattr(work.layer, name, None)) is not None}
    if isinstance(work.layer, Pool):
        kept["stride"] = work.layer.kernel if work.layer.stride is None else work.layer.stride
    yield replace(work, layer=cls(**{**kept, **options}))


def _groups_ignored(work: Working) -> Iterator[Working]:
    if _is(work, "depthwise_conv"):
        maps = work.inputs[0][-1] * work.layer.multiplier  # type: ignore[attr-defined]
        yield from _as(work, "conv", filters=maps)
    elif _is(work, "conv", "local_conv", "conv_transpose"):
        yield from _set(work, groups=1, table=None)


def _weights_shared(work: Working) -> Iterator[Working]:
    if _is(work, "local_conv"):
        yield from _as(work, "conv", filters=work.layer.filters, groups=work.layer.groups)  # type: ignore[attr-defined]


def _not_transposed(work: Working) -> Iterator[Working]:
    if _is(work, "conv_transpose"):
        yield from _as(work, "conv", filters=work.layer.filters, groups=work.layer.groups)  # type: ignore[attr-defined]


def _output_not_input(work: Working) -> Iterator[Working]:
    for forward in _not_transposed(work):
        yield replace(forward, positions=work.layer.output(*work.inputs)[:-1])


def _padding_once(work: Working) -> Iterator[Working]:
    if _sliding(work) and getattr(work.layer, "padding", None) != "same":
        axes = work.layer.geometry(*work.inputs)
        if any(axis.before for axis in axes):
            yield from _set(work, padding=tuple((axis.before, 0) for axis in axes))


def _no_stride(work: Working) -> Iterator[Working]:
    yield from _set(work, stride=1)


def _stride_as_kernel(work: Working) -> Iterator[Working]:
    if _has(work, "kernel", "stride") and work.layer.stride is not None:  # type: ignore[attr-defined]
        kernel, stride = work.layer.kernel, work.layer.stride  # type: ignore[attr-defined]
        yield from _set(work, kernel=stride, stride=kernel)
        yield from _set(work, stride=kernel)


def _rule(rule: Rule) -> Change:
    def make(work: Working) -> Iterator[Working]:
        if len(work.inputs) == 1 and rule not in work.rules:
            yield replace(work, rules=(*work.rules, rule))

    return make


def _pooling_has_weights(work: Working) -> Iterator[Working]:
    if isinstance(work.layer, Pool) and not _is(work, "subsample"):
        yield from _as(work, "conv", filters=work.inputs[0][-1])
        yield from _as(work, "depthwise_conv")
        for one in _as(work, "conv", filters=1):
            yield from _on(one, (*work.inputs[0][:-1], 1))


def _pooled_inputs_as_weights(work: Working) -> Iterator[Working]:
    if _is(work, "subsample"):
        yield from _as(work, "depthwise_conv")


def _pooling_changes_channels(work: Working) -> Iterator[Working]:
    if isinstance(work.layer, Pool):
        (x,) = work.inputs
        kernel = work.layer.kernel
        size = kernel if isinstance(kernel, int) else kernel[0]
        if x[-1] % size == 0:
            yield from _on(work, (*x[:-1], x[-1] // size))


def _input_not_output(work: Working) -> Iterator[Working]:
    if _sliding(work) and (positions := work.inputs[0][:-1]):
        yield replace(work, positions=positions)


def _no_window(work: Working) -> Iterator[Working]:
    if isinstance(work.layer, Pool):
        placed = replace(work, positions=work.positions or work.layer.output(*work.inputs)[:-1])
        yield from _set(placed, kernel=1, stride=1, padding=0)
    elif isinstance(work.layer, GlobalPool):
        (x,) = work.inputs
        yield from _on(work, ((*(1,) * (len(x) - 1), x[-1])))


def _bias_in_macs(work: Working) -> Iterator[Working]:
    if getattr(work.layer, "bias", False):
        factor = work.factor * (2 if work.quantity == "flops" else 1)
        yield replace(work, quantity="connections", factor=factor)


def _no_positions(work: Working) -> Iterator[Working]:
    if _sliding(work):
        yield replace(work, positions=(1,) * (len(work.inputs[0]) - 1))
    yield replace(work, quantity="params", factor=work.factor * (2 if work.quantity == "flops" else 1))


def _no_spatial(work: Working) -> Iterator[Working]:
    if _has(work, "units") or _is(work, "flatten"):
        yield from _on(work, work.inputs[0][-1:])


def _no_flatten(work: Working) -> Iterator[Working]:
    if len(work.inputs[0]) > 1:
        if _is(work, "dense"):
            yield from _as(work, "conv", kernel=1, filters=work.layer.units)  # type: ignore[attr-defined]
        elif _is(work, "flatten"):
            yield from _as(work, "relu")


def _times(*factors: Number) -> Change:
    def make(work: Working) -> Iterator[Working]:
        for factor in factors:
            yield replace(work, factor=work.factor * factor)

    return make


def _units_of_bytes(work: Working) -> Iterator[Working]:
    yield from _times(Fraction(1, work.bytes_each))(work)
    yield from _times(*(Fraction(1000, 1024) ** power for power in (1, 2, 3, -1, -2, -3)))(work)


class Slip(NamedTuple):
    """A slip by its name: which quantities it shows in, and how a working is changed by it."""

    name: str
    quantities: frozenset[str]
    change: Change


SLIPS: tuple[Slip, ...] = (  # the commonest first
    Slip("units_of_bytes", frozenset({"memory"}), _units_of_bytes),
    Slip("no_bias", PARAMS | {"connections"}, _no_bias),
    Slip("no_channels", PARAMS | LINKS, _no_channels),
    Slip("flops_for_macs", frozenset({"macs"}), _times(2)),
    Slip("macs_for_flops", frozenset({"flops"}), _times(Fraction(1, 2))),
    Slip("pooling_has_weights", PARAMS, _pooling_has_weights),
    Slip("pooled_inputs_as_weights", PARAMS, _pooled_inputs_as_weights),
    Slip("one_bias", PARAMS, _biases(lambda *_: (1,))),
    Slip("no_padding", EXTENT, lambda work: _set(work, padding=0)),
    Slip("no_plus_one", EXTENT, _rule(no_plus_one)),
    Slip("ceil_not_floor", EXTENT, _rule(rounded_up)),
    Slip("floor_not_ceil", EXTENT, _rule(rounded_down)),
    Slip("no_stride", EXTENT, _no_stride),
    Slip("input_not_output", EXTENT, _input_not_output),
    Slip("no_positions", LINKS, _no_positions),
    Slip("no_filters", ALL, _no_filters),
    Slip("groups_ignored", PARAMS | LINKS, _groups_ignored),
    Slip("no_spatial", ALL, _no_spatial),
    Slip("no_flatten", ALL, _no_flatten),
    Slip("padding_once", EXTENT, _padding_once),
    Slip("no_dilation", EXTENT, lambda work: _set(work, dilation=1)),
    Slip("not_rounded", EXTENT, _several(_rule(not_floored), _rule(not_raised))),
    Slip("pooling_changes_channels", EXTENT, _pooling_changes_channels),
    Slip("swapped_channels", ALL, _swapped_channels),
    Slip(
        "bias_per_weight",
        PARAMS | {"connections"},
        _several(
            _biases(lambda weight, _: weight),
            _biases(lambda weight, sliding: weight[: len(weight) - sliding] or weight),
        ),
    ),
    Slip("stride_as_kernel", EXTENT, _stride_as_kernel),
    Slip("bias_added", PARAMS | {"connections"}, _bias_added),
    Slip("buffers_as_params", PARAMS, _buffers_as_params),
    Slip("weights_shared", PARAMS, _weights_shared),
    Slip("not_transposed", EXTENT, _not_transposed),
    Slip("output_not_input", LINKS, _output_not_input),
    Slip("no_window", frozenset({"connections"}), _no_window),
    Slip("bias_in_macs", frozenset({"macs", "flops"}), _bias_in_macs),
)
NAMES = (*(slip.name for slip in SLIPS), "transposed_shape", "kernel_flipped")
SAME = {"no_flatten": "no_spatial", "bias_in_macs": "no_positions"}
"""Where both give one number, they mean one thing, which a student is told once."""


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
    for one, changed, value in _made(working, SLIPS):
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
    for at, slip in enumerate(SLIPS):
        for one, first, value in _made(working, (slip,)):
            if value == _value(working):
                continue
            for other, changed, number in _made(first, SLIPS[at + 1 :]):
                if number is not None and number not in known and (number, (one, other)) not in seen:
                    seen.add((number, (one, other)))
                    found.append(Explanation(number, (one, other), changed))
    # the pair whose rarer slip is the commoner
    rank = {slip.name: at for at, slip in enumerate(SLIPS)}
    return tuple(sorted(found, key=lambda each: sum(rank[name] for name in each.slips)))


def _made(working: Working, slips: tuple[Slip, ...]) -> Iterator[tuple[str, Working, Value | None]]:
    for slip in slips:
        if working.quantity not in slip.quantities:
            continue
        try:
            for changed in slip.change(working):
                yield slip.name, changed, _value(changed)
        except (LayerError, ZeroDivisionError):
            continue


def _value(working: Working) -> Value | None:
    try:
        value = working.value()
    except (LayerError, ZeroDivisionError):
        return None
    sizes = value if isinstance(value, tuple) else (value,)
    return value if all(size > 0 for size in sizes) else None
