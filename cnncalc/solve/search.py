"""The size formula backwards: every answer in whole numbers within bounds, the most usual first."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple

from cnncalc.errors import LayerError, UsageError, unknown_choice
from cnncalc.layers.support.options import count, natural
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.layers.support.windows import Axis, TransposedAxis, extent

UNKNOWNS = ("input", "kernel", "stride", "padding", "dilation", "output_padding", "output")
MOST_TRIED = 400_000
"""The most combinations of options that are tried for an answer."""
MOST_NEAR = 20_000
"""The most combinations that are tried for the nearest output, where none gives the wanted one."""
_LARGEST_OF_SEVERAL = {"kernel": 32, "stride": 16, "dilation": 4}
"""The largest value that is tried for an option where several options are unknown."""
_LARGEST_ALONE = 4096
"""The largest value that is tried for an option where it alone is unknown."""


class WindowOptions(NamedTuple):
    """The options of one window: a convolution's, a pooling's or a transposed convolution's."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    output_padding: int = 0

    @property
    def extent(self) -> int:
        return extent(self.kernel, self.dilation)


@dataclass(frozen=True)
class SizeQuestion:
    """The known numbers of one axis; an unknown number is None, and is searched for.

    `relation`, in place of `output`, says how the output compares with the input: same, halves, doubles.
    Dilation is 1 by default, as in courses. Only a transposed convolution has an output padding.
    """

    input: int | None = None
    kernel: int | None = None
    stride: int | None = None
    padding: int | None = None
    dilation: int | None = 1
    output_padding: int | None = None
    output: int | None = None
    relation: str = ""
    rounding: str = "floor"
    transposed: bool = False

    @property
    def unknown(self) -> list[str]:
        wanted = [name for name in UNKNOWNS if getattr(self, name) is None]
        said = {"output" if self.relation else "", "" if self.transposed else "output_padding"}
        return [name for name in wanted if name not in said]

    def target(self, n: int) -> int | None:
        """The wanted output size for an input of n; None where no output size will do: half of an odd n."""
        if self.relation == "same":
            return n
        if self.relation == "doubles":
            return 2 * n
        if self.relation == "halves":
            return n // 2 if n % 2 == 0 else None
        return self.output

    def axis(self, n: int, window: WindowOptions) -> Axis | TransposedAxis:
        """The geometry of an input axis of n under a window."""
        kernel, stride, padding, dilation, extra = window
        if self.transposed:
            return TransposedAxis(n, kernel, stride, padding, padding, dilation, extra)
        return Axis(n, kernel, stride, padding, padding, dilation, self.rounding)

    def put_out(self, n: int, window: WindowOptions) -> int | None:
        """The output size for an input of n; None where the window doesn't fit."""
        try:
            return self.axis(n, window).output
        except LayerError:
            return None

    def answer(self, n: int, window: WindowOptions, output: int | None) -> "SizeAnswer":
        """The answer of these numbers, with the unread pixels and whether the stride divides."""
        axis = self.axis(n, window)
        if isinstance(axis, TransposedAxis):
            return SizeAnswer(n, *window[:4], output, output_padding=window.output_padding)
        exact = (n + 2 * window.padding - window.extent) % window.stride == 0
        return SizeAnswer(n, *window[:4], output, axis.unread, exact)


@dataclass(frozen=True)
class SizeAnswer:
    """Numbers that fit.

    An `input` of None stands for every input size, or for every even one where the output is half the input.
    `unread` counts the pixels that no window reads; None where their number grows with the input.
    """

    input: int | None
    kernel: int
    stride: int
    padding: int
    dilation: int
    output: int | None
    unread: int | None = 0
    exact: bool = True
    output_padding: int = 0

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    @property
    def unusual(self) -> tuple[Any, ...]:
        """The key that sorts answers: dilation, unread pixels, even kernels and wide padding come last."""
        half = (self.kernel - 1) / 2
        return (
            self.dilation,
            self.unread is None,
            self.unread or 0,
            min(abs(self.padding - half), self.padding),
            self.kernel % 2 == 0 and self.kernel != self.stride,
            -_twos(self.input),
            not self.exact,
            abs(self.kernel - 3),
            self.stride,
            self.padding,
            self.input or 0,
        )

    @property
    def unusual_transposed(self) -> tuple[Any, ...]:
        """The key for transposed convolutions: outputs of S times the input and kernels of 2*S come first."""
        beyond = extent(self.kernel, self.dilation) - self.stride + self.output_padding
        return (
            self.dilation,
            abs(2 * self.padding - beyond),
            self.kernel > 3 * self.stride,
            self.output_padding,
            self.kernel % self.stride > 0,
            -_twos(self.input),
            abs(self.kernel - 2 * self.stride),
            self.stride,
            self.padding,
            self.input or 0,
        )


def _twos(n: int | None) -> int:
    """The largest power of two in n: sizes that halve often are usual."""
    return n & -n if n else 0


def question(
    *,
    input: str | None = None,
    dilation: str = "1",
    padding: str | None = None,
    same: bool = False,
    halves: bool = False,
    doubles: bool = False,
    rounding: str = "floor",
    transposed: bool = False,
    **numbers: int | None,
) -> SizeQuestion:
    """A question from the words of the command line; a dilation of "any" is unknown. Raises UsageError.

    A padding of "same" is unknown, and keeps the size; "valid" is 0. An input may be a square: 63x63x16.
    """
    same = same or padding == "same"
    known_padding = {"same": None, "valid": 0}.get(padding or "", -1)
    if same + halves + doubles > 1:
        raise UsageError("as large, or half as large, or twice?", "one of --same, --halves, --doubles")
    if rounding not in ROUNDINGS:
        raise unknown_choice(rounding, "a rounding", ROUNDINGS)
    return SizeQuestion(
        input=_number("input", _side(input)),
        padding=_padding(padding) if known_padding == -1 else known_padding,
        dilation=None if dilation == "any" else _number("dilation", dilation),
        relation="same" if same else "halves" if halves else "doubles" if doubles else "",
        rounding=rounding,
        transposed=transposed,
        **numbers,
    )


def _padding(written: str | None) -> int | None:
    try:
        return None if written is None else int(natural(written))
    except LayerError as error:
        raise UsageError(
            f"--padding: {error.fault.message}", "such as 2, same or valid", "bad_value"
        ) from None


def _side(written: str | None) -> str | None:
    """The side of a square: 63 of 63x63x16, and of 63x63."""
    sides = (written or "").split("x")
    return sides[0] if len(sides) in (2, 3) and sides[0] == sides[1] else written


def _number(name: str, written: str | None) -> int | None:
    if written is None:
        return None
    try:
        return int(count(written))
    except LayerError as error:
        raise UsageError(
            f"--{name}: {error.fault.message}", "one axis at a time, such as 227", "bad_value"
        ) from None


def search(question: SizeQuestion) -> list[SizeAnswer]:
    """Every answer within bounds, the usual first. Raises UsageError where too little is known.

    >>> search(SizeQuestion(input=227, kernel=11, stride=4, output=55))[0].padding
    0
    >>> search(SizeQuestion(kernel=5, relation="same"))[0].padding
    2
    """
    check(question)
    found = itertools.chain.from_iterable(_fitting(question, window) for window in _combinations(question))
    return sorted(dict.fromkeys(found), key=_unusual(question))


def uneven_padding(question: SizeQuestion) -> tuple[int, int] | None:
    """The padding before and after with which an even kernel keeps the size; None where it is not asked for.

    >>> uneven_padding(SizeQuestion(kernel=4, relation="same"))
    (1, 2)
    """
    kept = question.relation == "same" or question.input == question.output is not None
    if not kept or question.transposed or question.kernel is None or question.padding is not None:
        return None
    whole = extent(question.kernel, question.dilation or 1) - 1
    if question.stride not in (None, 1) or question.dilation is None or whole % 2 == 0:
        return None
    return whole // 2, whole - whole // 2


def _unusual(question: SizeQuestion) -> Callable[[SizeAnswer], tuple[Any, ...]]:
    return attrgetter("unusual_transposed" if question.transposed else "unusual")


def check(question: SizeQuestion) -> None:
    """Raises UsageError for a question that has no bounds, or contradicts itself."""
    if question.relation and question.output is not None:
        raise UsageError("the output is said twice", "either --output, or --same, --halves, --doubles")
    if question.output is None and not question.relation:
        help = "such as cnncalc solve --input 227 --kernel 11 --stride 4 --output 55; or --same, --halves"
        raise UsageError("which output is wanted?", help)
    if question.input is None and question.kernel is None:
        raise UsageError("too little is known", "say the input or the kernel: --input 227 --kernel 11")
    if question.transposed:
        if question.relation == "halves":
            raise UsageError("a transposed convolution makes no half", "--doubles, or leave --transposed out")
        if question.rounding != "floor":
            raise UsageError("nothing is rounded in a transposed convolution", "leave --rounding out")
    elif question.relation == "doubles" or question.output_padding is not None:
        said = "--output-padding" if question.output_padding is not None else "--doubles"
        raise UsageError(f"{said} is of a transposed convolution", "add --transposed")


def _combinations(question: SizeQuestion) -> Iterator[WindowOptions]:
    """The windows to try."""
    alone = len(question.unknown) == 1
    most = question.input or max(question.output or 0, 64)
    if question.transposed:
        most = max(question.input or 0, question.output or 0, 64)
    windows = _windows(question, most, alone)
    return itertools.islice(windows, MOST_TRIED)


def _windows(question: SizeQuestion, most: int, alone: bool) -> Iterator[WindowOptions]:
    for kernel in _candidates(question, "kernel", most + 2 * (question.padding or 0), alone):
        for dilation in (
            _candidates(question, "dilation", most, alone) if kernel > 1 else (question.dilation or 1,)
        ):
            reach = extent(kernel, dilation)
            # padding wider than the window: to keep the size at a stride, or where only padding is unknown
            widest = reach if not alone and question.relation != "same" else max(reach, 2 * most + reach)
            padding = range(min(widest, _LARGEST_ALONE)) if question.padding is None else (question.padding,)
            for stride, pad in itertools.product(_candidates(question, "stride", most, alone), padding):
                for extra in _extras(question, stride, dilation):
                    yield WindowOptions(kernel, stride, pad, dilation, extra)


def _extras(question: SizeQuestion, stride: int, dilation: int) -> Iterable[int]:
    """The output paddings to try: less than the stride or the dilation, as PyTorch allows."""
    if not question.transposed:
        return (0,)
    allowed = range(max(stride, dilation))
    if question.output_padding is None:
        return allowed
    return (question.output_padding,) if question.output_padding in allowed else ()


def _candidates(question: SizeQuestion, name: str, most: int, alone: bool) -> Iterable[int]:
    value = getattr(question, name)
    if value is not None:
        return (value,)
    return range(1, min(most, _LARGEST_ALONE if alone else _LARGEST_OF_SEVERAL[name]) + 1)


def _fitting(question: SizeQuestion, window: WindowOptions) -> Iterator[SizeAnswer]:
    if question.input is None and question.relation:
        # the size formula is periodic in the stride: a relation that holds for a few periods here, and for as
        # many far off, holds always
        few = range(2 * window.extent, 2 * window.extent + 4 * window.stride + 4)
        near = [n for n in few if question.target(n) is not None]
        sizes = [*near, *(n + 1000 * window.stride for n in near)]
        if all(question.put_out(n, window) == question.target(n) for n in sizes):
            each = [question.answer(n, window, None) for n in sizes]
            first, last = each[: len(near)], each[len(near) :]
            # the pixels behind the last window stay few; those between windows (S > F) grow with the input
            unread = max(answer.unread or 0 for answer in first)
            grows = max(answer.unread or 0 for answer in last) > unread
            exact = all(answer.exact for answer in each)
            yield replace(each[0], input=None, unread=None if grows else unread, exact=exact)
        return
    known = question.input
    for n in (known,) if known is not None else _inputs(question, window):
        if n < 1 or (wanted := question.target(n)) is None:
            continue
        if question.put_out(n, window) == wanted:
            yield question.answer(n, window, wanted)


def _inputs(question: SizeQuestion, window: WindowOptions) -> range:
    """The input sizes that may give the output: all between the sizes for one window less and one more."""
    output, stride = question.output or 1, window.stride
    if question.transposed:
        below = (output + 2 * window.padding - window.extent - window.output_padding) // stride + 1
        return range(below, below + 1)
    fits = (output - 1) * stride + window.extent - 2 * window.padding
    return range(fits - stride, fits + stride)


def nearest(question: SizeQuestion) -> list[SizeAnswer]:
    """Where no answer fits: the answers that fit when one known number is changed by as little as can be."""
    found: list[tuple[int, SizeAnswer]] = []
    for name in ("padding", "output_padding", "output", "kernel", "input", "stride", "dilation"):
        value = getattr(question, name)
        if value is None:
            continue
        for distance in range(1, 9):
            others = (value - distance, value + distance)
            fitting = [
                answer
                for other in others
                if other >= ("padding" not in name)
                for answer in _first(replace(question, **{name: other}))
            ]
            if fitting:
                found += [(distance, answer) for answer in fitting]
                break
    if not found and question.input is not None and question.output is not None:
        return _nearest_outputs(question, question.input, question.output)
    unusual = _unusual(question)
    found.sort(key=lambda pair: (pair[0], unusual(pair[1])))
    return [answer for _, answer in found[:6]]


def _nearest_outputs(question: SizeQuestion, n: int, wanted: int) -> list[SizeAnswer]:
    """The answers whose output is nearest to the wanted one, where all that fit are far off."""
    found = [
        question.answer(n, window, out)
        for window in itertools.islice(_combinations(question), MOST_NEAR)
        if (out := question.put_out(n, window)) is not None
    ]
    unusual = _unusual(question)
    found.sort(key=lambda answer: (abs((answer.output or 0) - wanted), unusual(answer)))
    return found[:6]


def _first(question: SizeQuestion) -> Sequence[SizeAnswer]:
    return search(question)[:1]
