"""The sliding-window arithmetic, which stands here alone: sizes, padding, rounding, pixels read and unread.

The letters: N input size, F kernel, S stride, P padding, D dilation.
Source of the size formula: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016).
"""

from math import gcd
from typing import NamedTuple

from cnncalc.errors import LayerError
from cnncalc.expr import (
    Expr,
    Formula,
    as_expr_like,
    ceil_div,
    exact_div,
    fraction,
    maximum,
    minimum,
    named,
)
from cnncalc.layers.support.padding import Padding, both_sides, per_axis
from cnncalc.layers.support.pairs import MOST_PAIRS, pairs_inside
from cnncalc.layers.support.reach import MOST_PHASES, Reach, Span


class Axis(NamedTuple):
    """One spatial axis of a sliding window, padding resolved to numbers of pixels."""

    size: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    rounding: str = "floor"
    same: bool = False

    @property
    def output(self) -> int:
        """Output size: the number of positions of the window."""
        size = same_size(self.size, self.stride) if self.same else output_size(*self[:7])
        return named_along("M", size, self.size)

    @property
    def extent(self) -> int:
        """Number of pixels that the dilated kernel spans."""
        return extent(self.kernel, self.dilation)

    @property
    def overhang(self) -> int:
        """How far the last window reaches past the padded input (under `ceil`)."""
        last = (self.output - 1) * self.stride + self.extent
        return max(last - (self.size + self.before + self.after), 0)

    @property
    def reach(self) -> "Reach":
        """The positions that each output reads."""
        return Reach(self.extent, self.stride, -self.before, tap_spacing=int(self.dilation))

    @property
    def inside(self) -> int:
        """Number of (position, tap) pairs that land on the input itself, not on padding."""
        inside = pairs_inside(self.output, self.kernel, self.stride, self.dilation, self.before, self.size)
        if inside == self.output * self.kernel:
            return self.output * self.kernel
        return as_expr_like(inside, self.size, _letter("I", self.size))

    @property
    def within(self) -> int:
        """Number of (position, tap) pairs that land on the input or its padding, and do not hang over."""
        if not self.overhang:
            return self.output * self.kernel
        padded = self.size + self.before + self.after
        pairs = pairs_inside(self.output, self.kernel, self.stride, self.dilation, 0, padded)
        return as_expr_like(pairs, self.size, _letter("J", self.size))

    @property
    def read(self) -> int:
        """Number of pixels of the input itself that some window reads."""
        read = pixels_read(self)
        return self.size if read == self.size else as_expr_like(read, self.size, _letter("R", self.size))

    @property
    def unread(self) -> int:
        """Number of pixels of the input itself that no window reads."""
        return self.size - pixels_read(self)


class TransposedAxis(NamedTuple):
    """One spatial axis of a transposed convolution: the padding crops the output."""

    size: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    output_padding: int = 0

    @property
    def output(self) -> int:
        return named_along("M", transposed_size(*self), self.size)

    @property
    def extent(self) -> int:
        return extent(self.kernel, self.dilation)

    @property
    def reach(self) -> Reach:
        """The positions that each output reads: the inputs i with i*S + tap*D - P_begin = o."""
        kernel, stride, dilation, before = map(int, (self.kernel, self.stride, self.dilation, self.before))
        step = fraction(1, self.stride)
        if stride == 1:  # a convolution padded by D(F-1) less the padding
            return Reach(self.extent, step, self.before - (self.extent - 1), tap_spacing=dilation)
        few = stride <= MOST_PHASES and stride * kernel <= MOST_PAIRS
        reads = tuple(map(self._read, range(stride if few else 0)))
        # an output meets every S/gcd(S, D)-th tap, and those read inputs that lie D/gcd(S, D) apart
        common = gcd(stride, dilation)
        period, tap_spacing = stride // common, dilation // common
        # output 0 meets the taps with tap*D = P_begin, modulo S; the last of them reads the first input
        last = kernel - 1 - (kernel - 1 - before // common * pow(tap_spacing, -1, period)) % period
        if last < 0 or before % common:
            last = kernel - 1  # no tap lands on output 0: the offset is that of the tap that would come next
        return Reach(
            (kernel - 1) // period * tap_spacing + 1,
            step,
            -((last * dilation - before) // stride),
            reads,
            tap_spacing,
        )

    def _read(self, output: int) -> Span | None:
        """The first and the last input that an output reads; the first lands on it with its last tap."""
        taps = self._taps(output)
        return (self._input_of(output, taps[-1]), self._input_of(output, taps[0])) if taps else None

    def _input_of(self, output: int, tap: int) -> int:
        """The input whose tap lands on an output."""
        return exact_div(output + self.before - tap * self.dilation, self.stride)

    def _taps(self, output: int) -> list[int]:
        """The taps that put something on an output."""
        ahead, stride, dilation = output + int(self.before), int(self.stride), int(self.dilation)
        return [tap for tap in range(int(self.kernel)) if (ahead - tap * dilation) % stride == 0]

    @property
    def inside(self) -> int:
        """Number of (input position, tap) pairs that land on the output, not on cropped positions."""
        inside = pairs_inside(self.size, self.kernel, self.stride, self.dilation, self.before, self.output)
        if inside == self.size * self.kernel:
            return self.size * self.kernel
        return as_expr_like(inside, self.size, _letter("I", self.size))


Axes = tuple[Axis, ...] | tuple[TransposedAxis, ...]
"""The axes of one layer's kernel."""

_SIDES = {"H": ("P_top", "P_bottom"), "W": ("P_left", "P_right"), "T": ("P_front", "P_back")}


def sides(size: int) -> tuple[str, str]:
    """The letters of the padding before and after an axis whose size is a letter."""
    return _SIDES.get(getattr(size, "name", ""), ("P_begin", "P_end"))


def _letter(letter: str, size: int) -> str:
    """A letter of an axis, told from that of another axis where sizes differ: M, or M_H."""
    axis = getattr(size, "name", "")
    if axis not in _SIDES:
        return letter
    return f"{letter}{axis}" if "_" in letter else f"{letter}_{axis}"


def named_along(letter: str, value: int, size: int) -> int:
    """A result that goes into other formulas, under the letter of its axis; a plain number stays one."""
    return named(_letter(letter, size), value) if isinstance(size, Formula) else value


def extent(kernel: int, dilation: int) -> int:
    """Number of pixels that a dilated kernel spans: D(F-1) + 1.

    >>> extent(3, 2)
    5
    """
    return kernel if dilation == 1 else dilation * (kernel - 1) + 1


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    before: int = 0,
    after: int = 0,
    dilation: int = 1,
    rounding: str = "floor",
) -> int:
    """Output size, the number of positions of a window: floor((N + P_begin + P_end - D(F-1) - 1)/S) + 1.

    `ceil` rounds up and drops a last window that would start past the input and its leading padding;
    `exact` refuses a size that does not divide. Raises LayerError where no window fits.

    >>> output_size(7, 3, 3)
    2
    >>> output_size(32, 5)
    28
    """
    padding = 2 * before if before == after else before + after
    span = size + padding - extent(kernel, dilation)
    if rounding == "ceil":
        result = ceil_div(span, stride) + 1
        if stride + after > extent(kernel, dilation):
            # a last window that would start past the input is dropped
            starting = minimum(result, ceil_div(size + before, stride))
            result = starting if after < extent(kernel, dilation) else maximum(result - 1, starting)
        if result < 1:
            raise _too_large(size, before + after, kernel, dilation)
        return result
    if span < 0:
        raise _too_large(size, before + after, kernel, dilation)
    if rounding == "exact" and span % stride:
        raise LayerError(
            "not_exact",
            f"({int(size)} + {int(before + after)} - {int(extent(kernel, dilation))})/{int(stride)}"
            f" = {int(span)}/{int(stride)} is not whole, and the rounding is exact",
            _sizes_that_divide(int(size), int(span), int(stride)),
        )
    return span // stride + 1


def _sizes_that_divide(size: int, span: int, stride: int) -> str:
    below, above = size - span % stride, size + stride - span % stride
    return f"an input of {below} or {above} divides; or say rounding: floor"


def _too_large(size: int, padding: int, kernel: int, dilation: int) -> LayerError:
    spread = (
        f" spread to {int(extent(kernel, dilation))} by dilation {int(dilation)}" if dilation != 1 else ""
    )
    padded = f" with padding {int(padding)}" if padding else ""
    help = f"the input must be at least {int(extent(kernel, dilation) - padding)}"
    if not padding and kernel % 2:
        help += "; or was padding: same meant?"
    return LayerError(
        "window_too_large",
        f"a kernel of {int(kernel)}{spread} does not fit an input of {int(size)}{padded}",
        help,
    )


def transposed_size(
    size: int,
    kernel: int,
    stride: int = 1,
    before: int = 0,
    after: int = 0,
    dilation: int = 1,
    output_padding: int = 0,
) -> int:
    """The output of a transposed convolution: (N-1)S - P_begin - P_end + D(F-1) + output_padding + 1.

    >>> transposed_size(2, 3, 2)
    5
    """
    padding = 2 * before if before == after else before + after
    result = (size - 1) * stride - padding + extent(kernel, dilation)
    if output_padding or isinstance(output_padding, Expr):
        result = result + output_padding
    if result < 1:
        raise LayerError(
            "window_too_large",
            f"a padding of {int(before)} and {int(after)} crops all of an output of {int(result + padding)}",
            "a padding below half of that leaves something",
            "padding",
        )
    return result


def same_size(size: int, stride: int) -> int:
    """The output under `same` padding: ceil(N/S)."""
    return size if stride == 1 else ceil_div(size, stride)


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The padding of `same` before and after, for ceil(N/S) outputs; an odd pixel goes to the far side.

    >>> same_padding(28, 5, 1, 1)
    (2, 2)
    >>> same_padding(224, 3, 2, 1)
    (0, 1)
    """
    positions = named_along("M", same_size(size, stride), size)
    needed = (positions - 1) * stride + extent(kernel, dilation)
    return _halves(maximum(needed - size, 0), size)


def _halves(total: int, size: int) -> tuple[int, int]:
    """A padding on both sides; an odd extra goes to the far side."""
    if not isinstance(total, Formula):
        return total // 2, total - total // 2
    total = named_along("P_sum", total, size)
    if total % 2 == 0:
        before = named_along("P", exact_div(total, 2), size)
        return before, before
    first, second = sides(size)
    before = named(first, total // 2)
    return before, named(second, total - before)


def resolve(
    positions: tuple[int, ...],
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: Padding,
    dilation: int | tuple[int, ...] = 1,
    rounding: str = "floor",
) -> tuple[Axis, ...]:
    """The geometry of each axis of a window that slides over `positions`."""
    rank = len(positions)
    kernels = per_axis(kernel, rank, "kernel")
    strides = per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    if padding == "same":
        pads = [same_padding(*axis) for axis in zip(positions, kernels, strides, dilations, strict=True)]
    elif padding == "full":
        spans = zip(positions, kernels, dilations, strict=True)
        pads = [(p, p) for p in (named_along("P", d * (f - 1), n) for n, f, d in spans)]
    elif padding == "causal":
        spans = zip(positions, kernels, dilations, strict=True)
        pads = [(named_along("P", d * (f - 1), n), 0) for n, f, d in spans]
    else:
        pads = both_sides(padding, rank)
    return tuple(
        Axis(n, f, s, before, after, d, rounding, padding == "same")
        for n, f, s, (before, after), d in zip(positions, kernels, strides, pads, dilations, strict=True)
    )


def resolve_transposed(
    positions: tuple[int, ...],
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: Padding,
    dilation: int | tuple[int, ...],
    output_padding: int | tuple[int, ...],
) -> tuple[TransposedAxis, ...]:
    """The geometry of each axis of a transposed convolution; `same` makes the output N*S."""
    rank = len(positions)
    axes = []
    kernels, strides = per_axis(kernel, rank, "kernel"), per_axis(stride, rank, "stride")
    dilations, extras = per_axis(dilation, rank, "dilation"), per_axis(output_padding, rank, "output_padding")
    for i, size in enumerate(positions):
        span, extra = extent(kernels[i], dilations[i]), extras[i]
        if padding == "same":
            before, after = _halves(maximum(span - strides[i], 0), size)
            if extra:
                raise LayerError(
                    "bad_value", "output_padding does not go with padding: same", option="output_padding"
                )
            extra = maximum(strides[i] - span, 0)
        elif padding == "causal":
            raise LayerError("bad_value", "a transposed convolution has no causal padding", "", "padding")
        elif padding == "full":
            before = after = named_along("P", dilations[i] * (kernels[i] - 1), size)
        else:
            before, after = both_sides(padding, rank)[i]
        if padding != "same" and extra and extra >= max(strides[i], dilations[i]):
            raise LayerError(
                "bad_value",
                f"an output_padding of {int(extra)} reaches past the stride of {int(strides[i])}",
                "it must be smaller than the stride or the dilation",
                "output_padding",
            )
        axes.append(TransposedAxis(size, kernels[i], strides[i], before, after, dilations[i], extra))
    return tuple(axes)


def coverage(axis: Axis | TransposedAxis) -> list[int]:
    """Number of windows that read each pixel of the input; transposed, number of products in each output.

    >>> coverage(Axis(7, 3))
    [1, 2, 3, 3, 3, 2, 1]
    >>> coverage(TransposedAxis(3, 3, 2))
    [1, 1, 2, 1, 2, 1, 1]
    """
    # the outputs of a transposed convolution are laid out as the input of the convolution that it turns back
    size, windows = int(axis.size), int(axis.output)
    if isinstance(axis, TransposedAxis):
        size, windows = windows, size
    stride, before = int(axis.stride), int(axis.before)
    read = [0] * size
    for tap in range(int(axis.kernel)):
        first = tap * int(axis.dilation) - before
        # the windows whose tap lands on the input are next to each other
        lowest = max(-(first // stride), 0)
        for pixel in range(first + lowest * stride, min(first + windows * stride, size), stride):
            read[pixel] += 1
    return read


def reads_only_padding(axis: Axis) -> bool:
    """Whether some window has no tap on the input itself.

    >>> reads_only_padding(Axis(4, 2, 2, before=2)), reads_only_padding(Axis(4, 2, 2, before=1))
    (True, False)
    """
    size, kernel, stride, before = int(axis.size), int(axis.kernel), int(axis.stride), int(axis.before)
    outputs, dilation = int(axis.output), int(axis.dilation)
    reach = dilation * (kernel - 1)
    if before > reach or (outputs - 1) * stride - before >= size:
        return True
    # taps no farther apart than the input is long can't step over it
    if dilation <= size or outputs * kernel > MOST_PAIRS:
        return False
    return any(
        not any(0 <= output * stride + tap * dilation - before < size for tap in range(kernel))
        for output in range(outputs)
    )


def pixels_read(axis: Axis) -> int:
    """Number of pixels of the input itself that some window reads."""
    size, kernel, stride, before = int(axis.size), int(axis.kernel), int(axis.stride), int(axis.before)
    dilation, outputs = int(axis.dilation), int(axis.output)
    if dilation == 1 or kernel == 1:
        if stride <= kernel:
            return max(min((outputs - 1) * stride + kernel - before, size) - max(-before, 0), 0)
        return pairs_inside(outputs, kernel, stride, 1, before, size)
    if outputs == 1:
        return pairs_inside(1, kernel, stride, dilation, before, size)
    if stride == 1 and outputs >= dilation:
        return max(min(outputs - 1 + axis.extent - before, size), 0)
    if outputs * kernel <= MOST_PAIRS:
        read = {o * stride + t * dilation - before for o in range(outputs) for t in range(kernel)}
        return sum(0 <= pixel < size for pixel in read)
    return size  # too many pairs to list: say nothing rather than something wrong
