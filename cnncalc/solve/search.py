"""The size formula backwards: every whole-number answer within bounds, the usual first."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple

from cnncalc.errors import LayerError, UsageError, unknown_choice
from cnncalc.layers.support.options import count
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.layers.support.windows import Axis, TransposedAxis, extent

UNKNOWNS = ("input", "kernel", "stride", "padding", "dilation", "output_padding", "output")
MOST_NEAR = 20_000
MOST_TRIED = 400_000
"""How many combinations are tried at most."""
_CAPS = {"kernel": 32, "stride": 16, "dilation": 4}
"""How far an unknown is searched beside others; one alone is searched to its end."""
_END = 4096


class Window(NamedTuple):
    """What slides, or stamps."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    output_padding: int = 0

    @property
    def extent(self) -> int:
        return extent(self.kernel, self.dilation)


@dataclass(frozen=True)
class Question:
    """What is known of an axis, None where it isn't. `relation` stands for the output: same, halves, doubles.

    Dilation is 1 unless said, as in courses; None looks for it too. Only a transposed convolution has an
    output padding, which is looked for unless it is said.
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
        """The output that is wanted of an input of n; None where there is none."""
        if self.relation == "same":
            return n
        if self.relation == "doubles":
            return 2 * n
        if self.relation == "halves":
            return n // 2 if n % 2 == 0 else None
        return self.output

    def axis(self, n: int, window: Window) -> Axis | TransposedAxis:
        """An input of n under a window."""
        kernel, stride, padding, dilation, extra = window
        if self.transposed:
            return TransposedAxis(n, kernel, stride, padding, padding, dilation, extra)
        return Axis(n, kernel, stride, padding, padding, dilation, self.rounding)

    def put_out(self, n: int, window: Window) -> int | None:
        """What comes out of an input of n; None where the window doesn't fit."""
        try:
            return self.axis(n, window).output
        except LayerError:
            return None

    def answer(self, n: int, window: Window, output: int | None) -> Answer:
        """An answer with what is to be said of it."""
        axis = self.axis(n, window)
        if isinstance(axis, TransposedAxis):
            return Answer(n, *window[:4], output, output_padding=window.output_padding)
        exact = (n + 2 * window.padding - window.extent) % window.stride == 0
        return Answer(n, *window[:4], output, axis.unread, exact)


@dataclass(frozen=True)
class Answer:
    """Numbers that fit. An `input` of None is every one (every even one, where the output is half of it).

    `unread` is None where it grows with the input.
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
        """What an answer is sorted by: dilation, pixels left unread, even kernels, much padding come last."""
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
        """The same of a transposed one: its output is S times the input, and its kernel twice the stride."""
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
    same: bool = False,
    halves: bool = False,
    doubles: bool = False,
    rounding: str = "floor",
    transposed: bool = False,
    **numbers: int | None,
) -> Question:
    """A question as it is written: numbers as text, `any` dilation. Raises UsageError."""
    if same + halves + doubles > 1:
        raise UsageError("as large, or half as large, or twice?", "one of --same, --halves, --doubles")
    if rounding not in ROUNDINGS:
        raise unknown_choice(rounding, "a rounding", ROUNDINGS)
    return Question(
        input=_number("input", input),
        dilation=None if dilation == "any" else _number("dilation", dilation),
        relation="same" if same else "halves" if halves else "doubles" if doubles else "",
        rounding=rounding,
        transposed=transposed,
        **numbers,
    )


def _number(name: str, written: str | None) -> int | None:
    if written is None:
        return None
    try:
        return int(count(written))
    except LayerError as error:
        raise UsageError(
            f"--{name}: {error.fault.message}", "one axis at a time, such as 227", "bad_value"
        ) from None


def search(question: Question) -> list[Answer]:
    """Every answer within bounds, the usual first. Raises UsageError where too little is known.

    >>> search(Question(input=227, kernel=11, stride=4, output=55))[0].padding
    0
    >>> search(Question(kernel=5, relation="same"))[0].padding
    2
    """
    check(question)
    found = itertools.chain.from_iterable(_fitting(question, window) for window in _combinations(question))
    return sorted(dict.fromkeys(found), key=_unusual(question))


def _unusual(question: Question) -> Callable[[Answer], tuple[Any, ...]]:
    return attrgetter("unusual_transposed" if question.transposed else "unusual")


def check(question: Question) -> None:
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


def _combinations(question: Question) -> Iterator[Window]:
    """What to try."""
    alone = len(question.unknown) == 1
    most = question.input or max(question.output or 0, 64)
    if question.transposed:
        most = max(question.input or 0, question.output or 0, 64)
    windows = _windows(question, most, alone)
    return itertools.islice(windows, MOST_TRIED)


def _windows(question: Question, most: int, alone: bool) -> Iterator[Window]:
    for kernel in _candidates(question, "kernel", most + 2 * (question.padding or 0), alone):
        for dilation in (
            _candidates(question, "dilation", most, alone) if kernel > 1 else (question.dilation or 1,)
        ):
            reach = extent(kernel, dilation)
            # a window of nothing but padding makes no sense, but to keep a size at a stride, or as asked for
            widest = reach if not alone and question.relation != "same" else max(reach, 2 * most + reach)
            padding = range(min(widest, _END)) if question.padding is None else (question.padding,)
            for stride, pad in itertools.product(_candidates(question, "stride", most, alone), padding):
                for extra in _extras(question, stride, dilation):
                    yield Window(kernel, stride, pad, dilation, extra)


def _extras(question: Question, stride: int, dilation: int) -> Iterable[int]:
    """The output paddings to try: less than the stride or the dilation, as PyTorch has it."""
    if not question.transposed:
        return (0,)
    allowed = range(max(stride, dilation))
    if question.output_padding is None:
        return allowed
    return (question.output_padding,) if question.output_padding in allowed else ()


def _candidates(question: Question, name: str, most: int, alone: bool) -> Iterable[int]:
    value = getattr(question, name)
    if value is not None:
        return (value,)
    return range(1, min(most, _END if alone else _CAPS[name]) + 1)


def _fitting(question: Question, window: Window) -> Iterator[Answer]:
    if question.input is None and question.relation:
        # the size formula repeats with the stride: what holds over a few rounds here and far off holds always
        few = range(2 * window.extent, 2 * window.extent + 4 * window.stride + 4)
        near = [n for n in few if question.target(n) is not None]
        sizes = [*near, *(n + 1000 * window.stride for n in near)]
        if all(question.put_out(n, window) == question.target(n) for n in sizes):
            each = [question.answer(n, window, None) for n in sizes]
            first, last = each[: len(near)], each[len(near) :]
            # what is left at the end stays as it is; what is passed over grows with the input
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


def _inputs(question: Question, window: Window) -> range:
    """The inputs that can give the output: from the one that just fits to the one before the next."""
    output, stride = question.output or 1, window.stride
    if question.transposed:
        below = (output + 2 * window.padding - window.extent - window.output_padding) // stride + 1
        return range(below, below + 1)
    fits = (output - 1) * stride + window.extent - 2 * window.padding
    return range(fits - stride, fits + stride)


def nearest(question: Question) -> list[Answer]:
    """Where nothing fits: what does when one known number is another, as near to it as can be."""
    found: list[tuple[int, Answer]] = []
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


def _nearest_outputs(question: Question, n: int, wanted: int) -> list[Answer]:
    """What comes nearest to an output that is far from all that the other numbers allow."""
    found = [
        question.answer(n, window, out)
        for window in itertools.islice(_combinations(question), MOST_NEAR)
        if (out := question.put_out(n, window)) is not None
    ]
    unusual = _unusual(question)
    found.sort(key=lambda answer: (abs((answer.output or 0) - wanted), unusual(answer)))
    return found[:6]


def _first(question: Question) -> Sequence[Answer]:
    return search(question)[:1]
