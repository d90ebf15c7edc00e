"""Slips of sizes: padding, stride, dilation, rounding."""

from collections.abc import Iterator
from dataclasses import replace

from cnncalc.homework.slips import EXTENT, FIELD, slip
from cnncalc.homework.slips.changes import as_conv, by_rule, is_sliding, with_options, with_units
from cnncalc.homework.working import (
    AnswerWorking,
    not_floored,
    not_raised,
    rounded_down,
    rounded_up,
    without_plus_one,
)


@slip(EXTENT, 9)
def no_padding(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """P left out."""
    yield from with_options(work, padding=0)


@slip(EXTENT, 10)
def no_plus_one(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """(N + 2P - F)/S."""
    yield from by_rule(work, without_plus_one)


@slip(EXTENT, 11)
def ceil_not_floor(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Rounded up where the size is rounded down."""
    yield from by_rule(work, rounded_up)


@slip(EXTENT, 12)
def floor_not_ceil(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Rounded down where the size is rounded up."""
    yield from by_rule(work, rounded_down)


@slip(EXTENT | FIELD, 13)
def no_stride(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """S taken as 1."""
    yield from with_options(work, stride=1)


@slip(EXTENT, 20)
def padding_once(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """N + P - F."""
    if is_sliding(work) and work.layer.padding != "same":
        axes = work.layer.geometry(*work.inputs)
        if any(axis.before for axis in axes):
            yield from with_options(work, padding=tuple((axis.before, 0) for axis in axes))


@slip(EXTENT | FIELD, 21)
def no_dilation(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The kernel not spread."""
    yield from with_options(work, dilation=1)


@slip(EXTENT, 22)
def not_rounded(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The size left as a fraction."""
    yield from by_rule(work, not_floored)
    yield from by_rule(work, not_raised)


@slip(EXTENT | FIELD, 26)
def stride_as_kernel(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """S and F mixed up."""
    kernel, stride = (work.layer.options.get(name) for name in ("kernel", "stride"))
    if kernel is not None and stride is not None:
        yield from with_options(work, kernel=stride, stride=kernel)
        yield from with_options(work, stride=kernel)


@slip(EXTENT, 30)
def not_transposed(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A transposed convolution worked out as a convolution."""
    if work.layer.transposed:
        yield from as_conv(work)


@slip(EXTENT, 41, case=("conv3-8 p1", "28x28x1", "shape", "30x30x8"))
def padding_twice(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """N + 4P - F."""
    if is_sliding(work) and work.layer.padding != "same":
        axes = work.layer.geometry(*work.inputs)
        if any(axis.before for axis in axes):
            yield from with_options(work, padding=tuple((2 * axis.before, 2 * axis.after) for axis in axes))


@slip(EXTENT, 42, case=("conv11-96 s4", "227x227x3", "shape", "57x57x96"))
def taken_as_same(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The size divided by the stride, as `same` padding would have it."""
    if is_sliding(work) and work.layer.options.get("stride") not in (None, 1, (1, 1)):
        yield from with_options(work, padding="same")


@slip(EXTENT, 42.5, same_as="no_padding", case=("conv11-96 s4", "227x227x3", "shape", "56x56x96"))
def stride_alone(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """floor(N/S): the kernel, the padding and the + 1 left out."""
    if is_sliding(work):
        axes = work.layer.geometry(*work.inputs)
        if any(axis.stride > 1 for axis in axes):
            yield replace(work, positions=tuple(axis.size // axis.stride for axis in axes))


@slip(EXTENT, 43.5, case=("conv5-6", "32x32x3", "shape", "30x30x6"))
def one_side_lost(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """N - (F - 1)/2, or N - F/2: half of the kernel, as if one side alone lost positions."""
    if is_sliding(work):
        axes = work.layer.geometry(*work.inputs)
        if all(axis[2:6] == (1, 0, 0, 1) and axis.kernel > 2 for axis in axes):
            for more in (-1, 0, 1):
                sizes = tuple(axis.size - (axis.kernel + more) // 2 for axis in axes)
                yield replace(work, positions=sizes)


@slip(EXTENT, 31.5, case=("deconv3-8 s2", "8x8x16", "shape", "19x19x8"))
def steps_not_counted(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """N*S in place of (N - 1)*S in a transposed convolution's size."""
    if work.layer.transposed and work.positions is None:
        axes = work.layer.geometry(*work.inputs)
        yield replace(work, positions=tuple(axis.output + axis.stride for axis in axes))
        # N*S + F has no padding either, and N*S no kernel
        yield replace(work, positions=tuple(axis.size * axis.stride + axis.kernel for axis in axes))
        yield replace(work, positions=tuple(axis.size * axis.stride for axis in axes))


@slip(EXTENT, 43, case=("conv5-6", "32x32x3", "shape", "28x28x18"))
def channels_times_filters(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Channels multiplied by the number of filters: each filter gives one map."""
    if is_sliding(work) and work.layer.units_made and not work.layer.table and work.layer.filter_groups == 1:
        yield from with_units(work, work.layer.units_made * work.inputs[0][-1])
