"""Slips of parameters: biases, channels, filters, groups."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from cnncalc.expr import product
from cnncalc.homework.slips import ALL, LINKS, PARAMS, slip
from cnncalc.homework.slips.changes import (
    as_conv,
    as_kind,
    has_biases,
    has_kernel,
    on_inputs,
    one_input,
    with_arrays,
    with_options,
    with_units,
    works_by_map,
)
from cnncalc.homework.working import AnswerWorking, Arrays, no_bias_link
from cnncalc.layers.support.base import Weight, is_bias


def _with_biases(
    work: AnswerWorking, shape: Callable[[tuple[int, ...], int], tuple[int, ...]]
) -> Iterator[AnswerWorking]:
    """The biases in another number, by the shape of the weight and how many of its axes slide."""
    sliding = len(work.inputs[0]) - 1 if has_kernel(work) else 0

    def change(arrays: Arrays) -> Arrays:
        if not {"weight", "bias"} <= arrays.keys():
            return arrays
        return arrays | {"bias": Weight(shape(arrays["weight"].shape, sliding))}

    if has_biases(work):
        yield from with_arrays(work, change)


def _without_biases(arrays: Arrays) -> Arrays:
    return {name: weight for name, weight in arrays.items() if not is_bias(name)}


def _bias_of_each_unit(arrays: Arrays) -> Arrays:
    return arrays | {"bias": Weight(arrays["weight"].shape[:1])}


def _bias_of_each_input(arrays: Arrays) -> Arrays:
    return arrays | {"bias": Weight(arrays["weight"].shape[1:])}


def _all_learned(arrays: Arrays) -> Arrays:
    return {name: Weight(weight.shape) for name, weight in arrays.items()}


@slip(PARAMS | {"connections", "accesses", "bytes_read", "weights_read"}, 2)
def no_bias(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Biases left out."""
    yield from with_options(work, bias=False)
    if work.layer.bias is None and has_biases(work):
        links = (no_bias_link,) if work.quantity == "connections" else ()
        yield replace(work, arrays=(*work.arrays, _without_biases), rules=(*work.rules, *links))


@slip(PARAMS | LINKS, 3)
def no_channels(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The filter's depth left out."""
    for x in one_input(work):
        if len(x) < 2 or not work.layer.units_option:
            return
        if work.layer.table:
            for one in with_options(work, table=((0,),) * len(work.layer.table)):
                yield from on_inputs(one, (*x[:-1], 1))
        else:
            yield from on_inputs(work, (*x[:-1], work.layer.filter_groups))


@slip(frozenset({"filter_params"}), 2.5, case=("conv5-6", "32x32x3", "filter_params", "456"))
def all_filters(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The count of the whole layer given for one filter."""
    yield replace(work, quantity="params")


@slip(PARAMS, 8)
def one_bias(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """One bias for the whole layer."""
    yield from _with_biases(work, lambda *_: (1,))


@slip(ALL, 16)
def no_filters(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The count for one filter only."""
    groups = work.layer.filter_groups
    for x in one_input(work):
        if work.layer.units_option:
            if work.layer.table or x[-1] % groups or (work.layer.transposed and groups != 1):
                return
            for one in with_units(work, 1, **{work.layer.groups_option: 1}):
                yield replace(one, inputs=((*x[:-1], x[-1] // groups),))
        elif works_by_map(work) and not (work.layer.pools and work.quantity == "shape"):
            yield from on_inputs(work, (*x[:-1], 1))


@slip(PARAMS | LINKS, 17)
def groups_ignored(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Full connections where there are groups, depthwise or a table."""
    if work.layer.units_option:
        yield from with_options(work, **{work.layer.groups_option: 1}, table=None)
    elif works_by_map(work) and not work.layer.pools:
        yield from as_kind(work, "conv", filters=work.layer.output(*work.inputs)[-1])


@slip(ALL, 24)
def swapped_channels(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Input and output channels exchanged."""
    units = work.layer.units_made
    for x in one_input(work):
        if units is not None and not work.layer.table:
            changed = (units,) if work.layer.flattens else (*x[:-1], units)
            for one in with_units(work, product(x) if work.layer.flattens else x[-1]):
                yield from on_inputs(one, changed)


@slip(PARAMS | {"connections"}, 25)
def bias_per_weight(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A bias for each weight, or each input channel that a filter reads."""
    yield from _with_biases(work, lambda weight, _: weight)
    yield from _with_biases(work, lambda weight, sliding: weight[: len(weight) - sliding] or weight)


@slip(PARAMS | {"connections"}, 27)
def bias_added(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Biases counted where there are none."""
    if work.quantity == "weights" and has_biases(work):
        yield replace(work, quantity="params")
    yield from with_options(work, bias=True)
    if work.layer.flattens and work.layer.units_option and work.layer.bias is None:
        connected = as_kind(work, "dense", units=work.layer.units_made)
        changed = next(connected) if work.quantity == "connections" else work
        for biases in (_bias_of_each_unit, _bias_of_each_input):
            yield from with_arrays(changed, biases)


@slip(PARAMS, 28)
def buffers_as_params(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """What is kept and not learned counted as parameters."""
    yield from with_arrays(work, _all_learned)


@slip(PARAMS, 29)
def weights_shared(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A locally connected layer taken for a convolution."""
    if not work.layer.shares_kernel:
        yield from as_conv(work)


def _by_filter_count(work: AnswerWorking) -> int | None:
    """How many filters or units the layer has, where each reads all that comes in."""
    return work.layer.units_made if work.layer.filter_groups == 1 and not work.layer.table else None


@slip(PARAMS, 24.5, case=("conv5-6", "32x32x3", "params", "906"))
def filters_as_channels(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The number of filters taken for their depth: (F*F*K + 1)*K."""
    units = _by_filter_count(work)
    for x in one_input(work):
        if units is not None:
            for one in on_inputs(work, (units,) if work.layer.flattens else (*x[:-1], units)):
                yield one
                # (F*F*K)*K says the same, without biases
                yield from with_options(one, bias=False) if has_kernel(work) else ()


@slip(PARAMS | LINKS, 34, case=("conv5-6", "32x32x3", "params", "2736"))
def filters_twice(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The number of filters multiplied in twice: (F*F*C + 1)*K*K, or without the biases."""
    units = _by_filter_count(work)
    if units is not None and has_kernel(work):
        for biases in ({}, {"bias": False}):
            yield from with_units(work, units**2, **biases)


@slip(PARAMS | {"connections"}, 35, case=("conv5-6", "32x32x3", "params", "96"))
def kernel_not_squared(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """F in place of F*F."""

    def change(arrays: Arrays) -> Arrays:
        shape = arrays["weight"].shape if "weight" in arrays else ()
        return arrays | {"weight": Weight(shape[:-1])} if len(shape) > 3 else arrays

    if has_kernel(work):
        yield from with_arrays(work, change)


@slip(PARAMS, 36, case=("conv5-6", "32x32x3", "params", "357504"))
def weights_not_shared(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Weights counted again at every position, as connections are."""
    if has_kernel(work) and work.layer.shares_kernel and not work.layer.pools:
        yield replace(work, quantity="connections")
        times = product(work.layer.output(*work.inputs)[:-1])

        def change(arrays: Arrays) -> Arrays:
            return {
                name: weight if is_bias(name) else Weight((*weight.shape, times))
                for name, weight in arrays.items()
            }

        yield from with_arrays(work, change)


@slip(PARAMS, 37, case=("conv5-6", "32x32x3", "params", "6"))
def biases_alone(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The biases alone."""
    if has_biases(work) and work.layer.units_made not in (None, 1) and not work.arrays:
        yield from with_arrays(work, lambda arrays: {n: w for n, w in arrays.items() if is_bias(n)})


@slip(PARAMS, 38, case=("conv3-128 g4", "14x14x64", "params", "4640"))
def groups_twice(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Both the channels and the filters divided by the groups."""
    groups, units = work.layer.filter_groups, work.layer.units_made
    for x in one_input(work):
        if groups > 1 and units and not work.layer.table and x[-1] % groups == units % groups == 0:
            for one in with_units(work, units // groups, **{work.layer.groups_option: 1}):
                yield from on_inputs(one, (*x[:-1], x[-1] // groups))


@slip(PARAMS, 39, case=("conv3-16 d2", "32x32x16", "params", "6416"))
def spread_kernel(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The gaps of a dilated kernel counted as weights."""
    if has_kernel(work) and not work.layer.pools:
        spans = [axis.dilation * (axis.kernel - 1) + 1 for axis in work.layer.geometry(*work.inputs)]
        if any(axis.dilation > 1 for axis in work.layer.geometry(*work.inputs)):
            yield from with_options(work, kernel=tuple(spans), dilation=1)


@slip(PARAMS, 40, case=("batch_norm", "8x8x16", "params", "16"))
def shift_or_scale_alone(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """One of the two parameters that a norm has for each channel."""
    learned = [weight.shape for weight in work.layer.weights(*work.inputs).values() if weight.learned]
    if len(learned) == 2 and len(learned[0]) == 1 and learned[0] == learned[1]:
        yield from with_arrays(work, _without_biases)
