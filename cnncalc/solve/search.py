"""The size formula backwards: every whole-number answer within bounds, the usual first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnncalc.errors import LayerError, UsageError, did_you_mean
from cnncalc.layers.options import count
from cnncalc.layers.sliding import ROUNDINGS
from cnncalc.layers.windows import Axis, extent

UNKNOWNS = ("input", "kernel", "stride", "padding", "dilation", "output")
MOST_NEAR = 20_000
MOST_TRIED = 400_000
"""How many combinations are tried at most."""
_CAPS = {"kernel": 32, "stride": 16, "dilation": 4}
"""How far an unknown is searched beside others; one alone is searched to its end."""
_END = 4096


@dataclass(frozen=True)
class Question:
    """What is known of an axis, None where it isn't. `relation` stands for the output: same, or halves.

    Dilation is 1 unless said, as in courses; None looks for it too.
    """

    input: int | None = None
    kernel: int | None = None
    stride: int | None = None
    padding: int | None = None
    dilation: int | None = 1
    output: int | None = None
    relation: str = ""
    rounding: str = "floor"

    @property
    def unknown(self) -> list[str]:
        wanted = (name for name in UNKNOWNS if getattr(self, name) is None)
        return [name for name in wanted if name != "output" or not self.relation]

    def target(self, n: int) -> int | None:
        """The output that is wanted of an input of n; None where there is none."""
        if self.relation == "same":
            return n
        if self.relation == "halves":
            return n // 2 if n % 2 == 0 else None
        return self.output


@dataclass(frozen=True)
class Answer:
    """Numbers that fit. An `input` of None is every one (every even one, where the output is half of it)."""

    input: int | None
    kernel: int
    stride: int
    padding: int
    dilation: int
    output: int | None
    unread: int = 0
    exact: bool = True

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    @property
    def unusual(self) -> tuple[Any, ...]:
        """What an answer is sorted by: dilation, pixels left unread, even kernels, much padding come last."""
        half = (self.kernel - 1) / 2
        return (
            self.dilation,
            self.unread,
            min(abs(self.padding - half), self.padding),
            self.kernel % 2 == 0 and self.kernel != self.stride,
            -_twos(self.input),
            not self.exact,
            abs(self.kernel - 3),
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
    rounding: str = "floor",
    **numbers: int | None,
) -> Question:
    """A question as it is written: numbers as text, `any` dilation. Raises UsageError."""
    if same and halves:
        raise UsageError("as large, or half as large?", "either --same or --halves")
    if rounding not in ROUNDINGS:
        raise UsageError(f"{rounding[:40]} is not a rounding", did_you_mean(rounding, ROUNDINGS, "known"))
    return Question(
        input=_number("input", input),
        dilation=None if dilation == "any" else _number("dilation", dilation),
        relation="same" if same else "halves" if halves else "",
        rounding=rounding,
        **numbers,
    )


def _number(name: str, written: str | None) -> int | None:
    if written is None:
        return None
    try:
        return int(count(written))
    except LayerError as error:
        raise UsageError(f"--{name}: {error.fault.message}", "one axis at a time, such as 227") from None


def search(question: Question) -> list[Answer]:
    """Every answer within bounds, the usual first. Raises UsageError where too little is known.

    >>> search(Question(input=227, kernel=11, stride=4, output=55))[0].padding
    0
    >>> search(Question(kernel=5, relation="same"))[0].padding
    2
    """
    check(question)
    found = itertools.chain.from_iterable(_fitting(question, *each) for each in _combinations(question))
    return sorted(dict.fromkeys(found), key=lambda answer: answer.unusual)


def check(question: Question) -> None:
    """Raises UsageError for a question that has no bounds, or contradicts itself."""
    if question.relation and question.output is not None:
        raise UsageError("the output is said twice", "either --output, or --same or --halves")
    if question.output is None and not question.relation:
        raise UsageError("which output is wanted?", "such as --output 55, --same, --halves")
    if question.input is None and question.kernel is None:
        raise UsageError("too little is known", "say the input or the kernel: --input 227 --kernel 11")


def _combinations(question: Question) -> Iterator[tuple[int, int, int, int]]:
    """(kernel, stride, dilation, padding) to try."""
    alone = len(question.unknown) == 1
    tried = 0
    most = question.input or max(question.output or 0, 64)
    for kernel in _candidates(question, "kernel", most + 2 * (question.padding or 0), alone):
        for dilation in (
            _candidates(question, "dilation", most, alone) if kernel > 1 else (question.dilation or 1,)
        ):
            reach = extent(kernel, dilation)
            # a window of nothing but padding makes no sense, but to keep a size at a stride, or as asked for
            widest = reach if not alone and question.relation != "same" else max(reach, 2 * most + reach)
            padding = range(min(widest, _END)) if question.padding is None else (question.padding,)
            for stride, pad in itertools.product(_candidates(question, "stride", most, alone), padding):
                tried += 1
                if tried > MOST_TRIED:
                    return
                yield kernel, stride, dilation, pad


def _candidates(question: Question, name: str, most: int, alone: bool) -> Iterable[int]:
    value = getattr(question, name)
    if value is not None:
        return (value,)
    return range(1, min(most, _END if alone else _CAPS[name]) + 1)


def _fitting(question: Question, kernel: int, stride: int, dilation: int, padding: int) -> Iterator[Answer]:
    reach = extent(kernel, dilation)
    if question.input is None and question.relation:
        # the size formula repeats with the stride: what holds over a few rounds here and far off holds always
        near = range(2 * reach, 2 * reach + 4 * stride + 4)
        sizes = [n for n in (*near, *(n + 1000 * stride for n in near)) if question.target(n) is not None]
        if all(_output(question, n, kernel, stride, padding, dilation) == question.target(n) for n in sizes):
            unread = max(_axis(question, n, kernel, stride, padding, dilation).unread for n in sizes)
            exact = all((n + 2 * padding - reach) % stride == 0 for n in sizes)
            yield Answer(None, kernel, stride, padding, dilation, None, unread, exact)
        return
    known = question.input
    for n in (known,) if known is not None else _inputs(question, reach, stride, padding):
        if n < 1 or (wanted := question.target(n)) is None:
            continue
        if _output(question, n, kernel, stride, padding, dilation) == wanted:
            axis = _axis(question, n, kernel, stride, padding, dilation)
            exact = (n + 2 * padding - reach) % stride == 0
            yield Answer(n, kernel, stride, padding, dilation, wanted, axis.unread, exact)


def _inputs(question: Question, reach: int, stride: int, padding: int) -> range:
    """The inputs that can give the output: from the one that just fits to the one before the next."""
    fits = ((question.output or 1) - 1) * stride + reach - 2 * padding
    return range(fits - stride, fits + stride)


def _axis(question: Question, n: int, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    return Axis(n, kernel, stride, padding, padding, dilation, question.rounding)


def _output(question: Question, n: int, kernel: int, stride: int, padding: int, dilation: int) -> int | None:
    try:
        return _axis(question, n, kernel, stride, padding, dilation).output
    except LayerError:
        return None


def nearest(question: Question) -> list[Answer]:
    """Where nothing fits: what does when one known number is another, as near to it as can be."""
    found: list[tuple[int, Answer]] = []
    for name in ("padding", "output", "kernel", "input", "stride", "dilation"):
        value = getattr(question, name)
        if value is None:
            continue
        for distance in range(1, 9):
            others = (value - distance, value + distance)
            fitting = [
                answer
                for other in others
                if other >= (name != "padding")
                for answer in _first(replace(question, **{name: other}))
            ]
            if fitting:
                found += [(distance, answer) for answer in fitting]
                break
    if not found and question.input is not None and question.output is not None:
        return _nearest_outputs(question, question.input, question.output)
    found.sort(key=lambda pair: (pair[0], pair[1].unusual))
    return [answer for _, answer in found[:6]]


def _nearest_outputs(question: Question, n: int, wanted: int) -> list[Answer]:
    """What comes nearest to an output that is far from all that the other numbers allow."""
    found: list[Answer] = []
    for kernel, stride, dilation, padding in itertools.islice(_combinations(question), MOST_NEAR):
        if (out := _output(question, n, kernel, stride, padding, dilation)) is not None:
            unread = _axis(question, n, kernel, stride, padding, dilation).unread
            exact = (n + 2 * padding - extent(kernel, dilation)) % stride == 0
            found.append(Answer(n, kernel, stride, padding, dilation, out, unread, exact))
    found.sort(key=lambda answer: (abs((answer.output or 0) - wanted), answer.unusual))
    return found[:6]


def _first(question: Question) -> Sequence[Answer]:
    return search(question)[:1]
