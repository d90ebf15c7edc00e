"""Marks a matrix against an image and a kernel: the slip is made, and its matrix held to the student's."""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from itertools import combinations
from typing import Any

from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Answer, Marked, Rules
from cnncalc.homework.sentences import marking, slip, together
from cnncalc.languages import Message

Options = Mapping[str, Any]
CLOSE = 5e-3
"""How far off a value may be that isn't whole: two decimals."""


def _without(name: str, value: Any) -> Callable[[Options], Options | None]:
    """The options with one of them as if it were not said."""

    def change(options: Options) -> Options | None:
        return {**options, name: value} if str(options.get(name)) not in (str(value), "None") else None

    return change


def _once(options: Options) -> Options | None:
    """The padding at one side only."""
    padding = str(options.get("padding"))
    return {**options, "padding": [[int(padding), 0]] * 2} if padding.isdecimal() and int(padding) else None


def _flipped(options: Options) -> Options:
    return {**options, "true_convolution": not options.get("true_convolution")}


_SLIPS: dict[str, Callable[[Options], Options | None]] = {
    "kernel_flipped": _flipped,
    "no_padding": _without("padding", 0),
    "no_stride": _without("stride", 1),
    "no_dilation": _without("dilation", 1),
    "padding_once": _once,
}


def mark_matrix(image: str, kernel: str, given: str, options: Options, rules: Rules) -> Marked:
    """Marks a matrix, typed or in a file; raises CnncalcError where the image or the kernel can't be read."""
    from cnncalc.execute.session import read_typed

    right = _maps(image, kernel, options)
    answer = Answer("", "values", given.strip(), None, _nested(right), "missing", message=marking("missing"))
    if not answer.text:
        return Marked([answer])
    try:
        mine = read_typed(given)[0]
    except CnncalcError as error:
        return Marked([_with(answer, "unreadable", error.faults[0].message)])
    if mine.ndim < right.ndim:
        mine = mine.reshape((*(1,) * (right.ndim - 1 - mine.ndim), *mine.shape, 1))
    if right.ndim == 2 and mine.ndim == 2 and mine.shape[0] == 1 != right.shape[0]:
        # a signal in two pairs of brackets
        mine = mine.T
    answer = Answer(**{**vars(answer), "given": _nested(mine)})
    if _same(mine, right):
        return Marked([_with(answer, "right", "", marks=answer.out_of)])
    found = [slips for slips, made in _made(image, kernel, options) if _same(mine, made)]
    singles = [slips for slips in found if len(slips) == 1] or found
    if singles:
        told = [together(_sentence(name, options) for name in slips) for slips in singles[:3]]
        message = reduce(lambda one, other: marking("or", sentence=one, other=other), told)
        partial = answer.out_of * rules.partial
        return Marked(
            [
                _with(
                    answer, "wrong", message, slips=singles[0], alternatives=tuple(singles[1:]), marks=partial
                )
            ]
        )
    return Marked([_with(answer, "wrong", _unexplained(mine, right))])


def _made(image: str, kernel: str, options: Options) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The results of one slip, then of two slips together, each with the names of the slips."""
    for names in (*((name,) for name in _SLIPS), *combinations(_SLIPS, 2)):
        changed: Options | None = options
        for name in names:
            changed = _SLIPS[name](changed) if changed is not None else None
        if changed is None:
            continue
        try:
            yield names, _maps(image, kernel, changed)
        except CnncalcError:
            continue


def _maps(image: str, kernel: str, options: Options) -> Any:
    from cnncalc.execute.session import by_hand

    return by_hand(image, [kernel], None, None, options, steps=False).output


def _same(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and (abs(one - other) <= CLOSE).all())


def _nested(array: Any) -> Any:
    """Nested lists, whole numbers as such; one map is a matrix."""
    plain = array[..., 0] if array.shape[-1] == 1 else array

    def told(part: Any) -> Any:
        if isinstance(part, list):
            return [told(each) for each in part]
        return int(part) if float(part).is_integer() else part

    return told(plain.tolist())


def _sentence(name: str, options: Options) -> str:
    which = Message("slip.not_flipped" if options.get("true_convolution") else "slip.flipped")
    return slip(name, which=which)


def _unexplained(mine: Any, right: Any) -> str:
    if mine.shape != right.shape:
        given, expected = ("x".join(map(str, array.shape[:-1])) for array in (mine, right))
        return marking("wrong_shape", given=given, expected=expected)
    wrong = (abs(mine - right) > CLOSE).nonzero()
    first = ", ".join(str(int(axis[0]) + 1) for axis in wrong[:-1])
    return marking("wrong_values", wrong=len(wrong[0]), values=right.size, place=first)


def _with(answer: Answer, verdict: str, message: str, **changes: Any) -> Answer:
    return Answer(**{**vars(answer), "verdict": verdict, "message": message, **changes})
