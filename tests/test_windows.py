"""The sliding-window arithmetic, against worked examples and against windows laid one by one."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import LayerError
from cnncalc.layers.support.padding import per_axis
from cnncalc.layers.support.pairs import pairs_inside
from cnncalc.layers.support.windows import (
    Axis,
    TransposedAxis,
    output_size,
    pixels_read,
    resolve,
    resolve_transposed,
    same_padding,
    transposed_size,
)

# Input, kernel, stride, padding, dilation, output. What course notes set, and after the rule the figures of
# Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016).
SIZES = [
    (7, 3, 1, 0, 1, 5),
    (7, 3, 2, 0, 1, 3),
    (7, 3, 3, 0, 1, 2),
    (7, 3, 1, 1, 1, 7),
    (7, 3, 2, 1, 1, 4),
    (7, 3, 3, 1, 1, 3),
    (32, 5, 1, 0, 1, 28),  # not 18, as one set of notes has it
    (32, 3, 1, 0, 1, 30),
    (6, 3, 2, 0, 1, 2),
    (227, 11, 4, 0, 1, 55),
    (224, 11, 4, 0, 1, 54),  # AlexNet's 224 or 227
    # ---
    (4, 3, 1, 0, 1, 2),
    (5, 4, 1, 2, 1, 6),
    (5, 3, 1, 1, 1, 5),
    (5, 3, 1, 2, 1, 7),
    (5, 3, 2, 0, 1, 2),
    (5, 3, 2, 1, 1, 3),
    (6, 3, 2, 1, 1, 3),
    (7, 3, 1, 0, 2, 3),
]
# Input, kernel, stride, padding, output padding, output: the inverse of those.
TRANSPOSED = [
    (2, 3, 1, 0, 0, 4),
    (6, 4, 1, 2, 0, 5),
    (5, 3, 1, 1, 0, 5),
    (7, 3, 1, 2, 0, 5),
    (2, 3, 2, 0, 0, 5),
    (3, 3, 2, 1, 0, 5),
    (3, 3, 2, 1, 1, 6),
]


@pytest.mark.parametrize(("n", "f", "s", "p", "d", "output"), SIZES)
def test_sizes(n: int, f: int, s: int, p: int, d: int, output: int) -> None:
    assert output_size(n, f, s, p, p, d) == output
    layer = {"conv": {"filters": 2, "kernel": f, "stride": s, "padding": p, "dilation": d}}
    for rank in (1, 2, 3):
        report = cnncalc.load({"input": [n] * rank + [1], "layers": [layer]}).analyze()
        assert report.layers[0].output_shape == (output,) * rank + (2,)


@pytest.mark.parametrize(("word", "output"), [("narrow", 8), ("wide", 12), ("same", 10), ("valid", 8)])
def test_padding_by_a_word(word: str, output: int) -> None:
    layer = {"conv": {"filters": 1, "kernel": 3, "padding": word}}
    assert cnncalc.load({"input": "10x1", "layers": [layer]}).analyze().layers[0].output_shape == (output, 1)


@pytest.mark.parametrize(("n", "f", "s", "p", "extra", "output"), TRANSPOSED)
def test_transposed_sizes(n: int, f: int, s: int, p: int, extra: int, output: int) -> None:
    assert transposed_size(n, f, s, p, p, 1, extra) == output
    options = {"filters": 1, "kernel": f, "stride": s, "padding": p, "output_padding": extra}
    report = cnncalc.load({"input": [n, n, 1], "layers": [{"conv_transpose": options}]}).analyze()
    assert report.layers[0].output_shape == (output, output, 1)


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "output"), [(32, 1, 2, 0, 16), (64, 3, 2, 1, 33), (5, 2, 2, 1, 3)]
)
def test_sizes_rounded_up(n: int, f: int, s: int, p: int, output: int) -> None:
    assert output_size(n, f, s, p, p, 1, "ceil") == output
    options = {"kernel": f, "stride": s, "padding": p, "rounding": "ceil"}
    if p < f:
        report = cnncalc.load({"input": [n, n, 1], "layers": [{"max_pool": options}]}).analyze()
        assert report.layers[0].output_shape == (output, output, 1)


def test_rounded_up_where_a_window_is_larger_than_the_input() -> None:
    assert output_size(2, 3, 2, 0, 0, 1, "ceil") == 1
    with pytest.raises(LayerError):
        output_size(2, 5, 2, 0, 0, 1, "ceil")


@pytest.mark.parametrize(("f", "p"), [(3, 1), (5, 2), (1, 0), (7, 3)])
def test_same_padding_at_stride_1(f: int, p: int) -> None:
    assert same_padding(28, f, 1, 1) == (p, p)


def test_padding_that_keeps_the_size_at_a_stride() -> None:
    assert output_size(7, 3, 2, 4, 4) == 7  # (N(S - 1) + F - S)/2 = 4


@pytest.mark.parametrize(
    ("layer", "size", "warning"),
    [
        ("conv3-1 s3", 7, "1 of 7 rows and 1 of 7 columns never read"),
        ("conv3-1 s2", 6, "1 of 6 rows and 1 of 6 columns never read"),
        ("conv1-1 s3", 7, "4 of 7 rows and 4 of 7 columns never read"),
        ("conv3-1 s2 p1", 6, None),
        ("maxpool2", 6, None),
        ({"max_pool": {"kernel": 2, "rounding": "ceil"}}, 7, None),
    ],
)
def test_pixels_never_read_are_told(layer: Any, size: int, warning: str | None) -> None:
    warnings = cnncalc.load({"input": [size, size, 1], "layers": [layer]}).analyze().warnings
    assert [told.message for told in warnings] == ([warning] if warning else [])


SMALL = st.integers(1, 7)
AXES = st.builds(
    Axis,
    size=st.integers(1, 40),
    kernel=SMALL,
    stride=SMALL,
    before=st.integers(0, 9),
    after=st.integers(0, 9),
    dilation=st.integers(1, 4),
    rounding=st.sampled_from(["floor", "ceil"]),
    same=st.just(False),
)


def windows(axis: Axis) -> list[list[int]]:
    """What each window reads, in the input's own pixels, one window laid after the other."""
    laid: list[list[int]] = []
    start, end = -axis.before, axis.size + axis.after
    while True:
        taps = [start + tap * axis.dilation for tap in range(axis.kernel)]
        hangs_over = taps[-1] >= end
        if hangs_over and (axis.rounding == "floor" or (laid and laid[-1][-1] >= end - 1)):
            break
        laid.append(taps)
        start += axis.stride
    if axis.rounding == "ceil" and laid[-1][0] >= axis.size:
        laid.pop()  # its start lies past the input
    return laid


@given(axis=AXES)
def test_windows_laid_one_by_one(axis: Axis) -> None:
    laid = windows(axis)
    if not laid or axis.size + axis.before + axis.after < axis.extent:
        assume(axis.rounding == "floor")  # what `ceil` makes of no window that fits is its formula's affair
        with pytest.raises(LayerError, match="does not fit"):
            assert axis.output
        return
    assert axis.output == len(laid)
    read = [pixel for taps in laid for pixel in taps if 0 <= pixel < axis.size]
    assert axis.inside == len(read)
    assert pixels_read(axis) == len(set(read))
    assert axis.unread == axis.size - len(set(read))
    assert axis.overhang == max(laid[-1][-1] - (axis.size + axis.after - 1), 0)
    assert [(taps[0], taps[-1]) for taps in laid] == [
        (
            o * axis.reach.step + axis.reach.offset,
            o * axis.reach.step + axis.reach.offset + axis.reach.extent - 1,
        )
        for o in range(len(laid))
    ]


@given(axis=AXES)
def test_exact_refuses_what_floor_rounds(axis: Axis) -> None:
    span = axis.size + axis.before + axis.after - axis.extent
    assume(span >= 0)
    exact = axis._replace(rounding="exact")
    if span % axis.stride:
        with pytest.raises(LayerError, match="is not whole"):
            assert exact.output
    else:
        assert exact.output == axis._replace(rounding="floor").output


@given(n=st.integers(1, 200), f=st.integers(1, 12), s=st.integers(1, 12), d=st.integers(1, 5))
def test_same_padding_gives_n_over_s(n: int, f: int, s: int, d: int) -> None:
    before, after = same_padding(n, f, s, d)
    (axis,) = resolve((n,), f, s, "same", d)
    assert axis.output == -(-n // s)
    assert 0 <= after - before <= 1
    if before + after:
        # no more than is needed, and it is what the plain rule comes to
        assert output_size(n, f, s, before, after, d) == -(-n // s)
        assert n + before + after == (-(-n // s) - 1) * s + d * (f - 1) + 1


@given(
    positions=st.integers(1, 30),
    taps=SMALL,
    stride=SMALL,
    dilation=SMALL,
    before=st.integers(-9, 30),
    size=st.integers(1, 30),
)
def test_pairs_inside(positions: int, taps: int, stride: int, dilation: int, before: int, size: int) -> None:
    pairs = [o * stride + t * dilation - before for o in range(positions) for t in range(taps)]
    assert pairs_inside(positions, taps, stride, dilation, before, size) == sum(0 <= p < size for p in pairs)


@given(n=st.integers(1, 10**12), f=st.integers(1, 10**6), s=st.integers(1, 10**6))
def test_large_windows_are_counted_at_once(n: int, f: int, s: int) -> None:
    assume(n >= f)
    axis = Axis(n, f, s)
    assert axis.inside == axis.output * f
    assert 0 <= axis.unread < max(s, n)


@st.composite
def stamps(draw: st.DrawFn) -> TransposedAxis:
    axis = TransposedAxis(
        size=draw(st.integers(1, 12)),
        kernel=draw(SMALL),
        stride=draw(SMALL),
        before=draw(st.integers(0, 6)),
        after=draw(st.integers(0, 6)),
        dilation=draw(st.integers(1, 4)),
    )
    return axis._replace(output_padding=draw(st.integers(0, max(axis.stride, axis.dilation) - 1)))


@given(axis=stamps())
def test_stamps_laid_one_by_one(axis: TransposedAxis) -> None:
    full = (axis.size - 1) * axis.stride + axis.dilation * (axis.kernel - 1) + 1 + axis.output_padding
    left = full - axis.before - axis.after
    if left < 1:
        with pytest.raises(LayerError, match="crops all"):
            assert axis.output
        return
    assert axis.output == left
    stamped = [
        i * axis.stride + tap * axis.dilation - axis.before
        for i in range(axis.size)
        for tap in range(axis.kernel)
    ]
    assert axis.inside == sum(0 <= place < left for place in stamped)
    if axis.output_padding < axis.stride and (axis.size - 1) * axis.stride + axis.output_padding >= 0:
        # the convolution goes back
        back = Axis(left, axis.kernel, axis.stride, axis.before, axis.after, axis.dilation)
        assert back.output == axis.size


@given(axis=stamps())
def test_what_a_stamp_reads(axis: TransposedAxis) -> None:
    def inputs(output: int) -> list[int]:
        places = [output + axis.before - tap * axis.dilation for tap in range(axis.kernel)]
        return [place // axis.stride for place in places if place % axis.stride == 0]

    reach = axis.reach
    read = [inputs(output) for output in range(axis.stride)]
    assert reach.extent == max(max(i) - min(i) + 1 for i in read if i)
    assert reach.step * axis.stride == 1
    if first := inputs(0):
        assert reach.offset == min(first)


@given(n=st.integers(1, 40), f=SMALL, s=SMALL, d=st.integers(1, 3))
def test_transposed_same_gives_n_times_s(n: int, f: int, s: int, d: int) -> None:
    (axis,) = resolve_transposed((n,), f, s, "same", d, 0)
    assert axis.output == n * s


def test_one_number_or_one_for_each_dimension() -> None:
    assert per_axis(3, 2, "kernel") == (3, 3)
    assert per_axis((3, 5), 2, "kernel") == (3, 5)
    with pytest.raises(LayerError, match="kernel has 3 numbers, and the input has 2 dimensions"):
        per_axis((3, 5, 7), 2, "kernel")


@pytest.mark.parametrize(
    ("options", "adds"),
    [
        # windows at 0, 2, 4 of 6 pixels: 3 + 3 + 2 taps along an axis, 9 means
        ({"kernel": 3, "stride": 2, "rounding": "ceil"}, 8 * 8 - 9),
        # windows at -1, 1, 3, 5 of 6: the last holds pixel 5 and the padding behind it; 2 taps
        ({"kernel": 3, "stride": 2, "rounding": "ceil", "padding": 1}, 11 * 11 - 16),
        # without the padding: 2 + 3 + 3 + 1
        ({"kernel": 3, "stride": 2, "rounding": "ceil", "padding": 1, "count_padding": False}, 81 - 16),
        # nothing hangs over, and the padding is averaged
        ({"kernel": 3, "stride": 2, "padding": 1}, 81 - 9),
    ],
)
def test_an_average_adds_what_it_reads(options: Any, adds: int) -> None:
    network = cnncalc.load({"input": "6x6x1", "layers": [{"avg_pool": options}]})
    row = network.analyze().layers[0]
    assert row.work["add"] == row.additions == adds
    assert network.verify().ok
