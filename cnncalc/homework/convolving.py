"""Marks a matrix against an image and a kernel: the slip is made, and its matrix held to the student's."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, UsageError, brief
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


def _other_pooling(options: Options) -> Options | None:
    """The largest value in place of the average, and the other way round."""
    other = {"max": "avg", "avg": "max"}.get(str(options.get("pool")))
    return {**options, "pool": other} if other else None


def _turned(options: Options) -> Options | None:
    """The kernel flipped where it should not be, or the other way round."""
    return None if options.get("transposed") or options.get("pool") else _flipped(options)


_SLIPS: dict[str, Callable[[Options], Options | None]] = {
    "kernel_flipped": _turned,
    "no_padding": _without("padding", 0),
    "no_stride": _without("stride", 1),
    "no_dilation": _without("dilation", 1),
    "padding_once": _once,
    "bias_left_out": _without("bias", 0.0),
    "no_activation": _without("activation", None),
    "other_pooling": _other_pooling,
}


PARTS = {
    "output": ("y", "output", "values"),
    "input": ("dx", "dl/dx", "input"),
    "weight": ("dw", "dl/dw", "dk", "kernel", "weight"),
    "bias": ("db", "dl/db", "bias"),
}
"""What can be asked, and what answers call it: the output, and each gradient."""
_TOLD = {"output": "values", "input": "dL/dX", "weight": "dL/dW", "bias": "dL/db"}


def mark_matrices(
    image: str, kernels: Sequence[str], given: Sequence[str], options: Options, rules: Rules
) -> Marked:
    """Marks matrices, typed or in files: the output, or NAME=MATRIX for the output Y and dX, dW, db.

    Raises CnncalcError where the image or a kernel can't be read.
    """
    results = _results(image, kernels, options)
    answers = []
    for entry in given:
        name, equals, text = entry.partition("=")
        part = next((part for part, names in PARTS.items() if name.strip().lower() in names), None)
        if not equals and "gradient" not in options:
            part, text = "output", entry
        if part is None or part not in results:
            known = ", ".join(_TOLD[each] for each in results)
            help = "such as --answer " + ("dX=..." if "gradient" in options else '"2 2; 0 2"')
            raise UsageError(f"{brief(entry)}: an answer to which of {known}?", help, "unknown_choice")
        answers.append(_marked(part, text, results[part], (image, kernels, options), rules))
    return Marked(answers)


def _marked(
    part: str, given: str, right: Any, question: tuple[str, Sequence[str], Options], rules: Rules
) -> Answer:
    """One answer, marked."""
    told = _TOLD[part]
    answer = Answer("", told, given.strip(), None, _nested(right), "missing", message=marking("missing"))
    if not answer.text:
        return answer
    try:
        mine = _typed(given)
    except CnncalcError as error:
        return _with(answer, "unreadable", error.faults[0].message)
    if part == "bias":
        mine = mine.reshape(-1)
    if mine.size == right.shape[-1] == right.size:
        # a value for each map at the one position
        mine = mine.reshape(right.shape)
    if mine.ndim < right.ndim:
        mine = mine.reshape((*(1,) * (right.ndim - 1 - mine.ndim), *mine.shape, 1))
    if right.ndim == 2 and mine.ndim == 2 and mine.shape[0] == 1 != right.shape[0]:
        # a signal in two pairs of brackets
        mine = mine.T
    answer = Answer(**{**vars(answer), "given": _nested(mine)})
    if _same(mine, right):
        return _with(answer, "right", "", marks=answer.out_of)
    options = question[2]
    found = [slips for slips, made in _made(*question, part) if _same(mine, made)]
    singles = [slips for slips in found if len(slips) == 1] or found
    if not singles:
        return _with(answer, "wrong", _unexplained(mine, right))
    sentences = [together(_sentence(name, options) for name in slips) for slips in singles[:3]]
    message = reduce(lambda one, other: marking("or", sentence=one, other=other), sentences)
    return _with(
        answer,
        "wrong",
        message,
        slips=singles[0],
        alternatives=tuple(singles[1:]),
        marks=answer.out_of * rules.partial,
    )


_NUMBER = re.compile(r"[-−+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:/\d++)?")


def _numbers(row: Sequence[str]) -> list[str]:
    """The numbers of a row of a table."""
    return [cell.strip() for cell in row if _NUMBER.fullmatch(cell.strip())]


def _sort(row: Sequence[str]) -> tuple[int, bool]:
    """How many numbers a row has, and whether a label stands beside them."""
    found = _numbers(row)
    return len(found), any(cell.strip() for cell in row if cell.strip() not in found)


def _is_rule(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Whether an empty row stands for the line under the first row of a table in Markdown."""
    return at > 0 and not any(rows[at]) and any(rows[at - 1]) and (at == 1 or not any(rows[at - 2]))


def _typed(given: str) -> Any:
    """The numbers of an answer: typed, of a file, or of the table of a sheet; raises CnncalcError."""
    from cnncalc.execute.session import read_typed
    from cnncalc.homework.sheets import LARGEST_FILE, SUFFIXES, read_grids

    try:
        return read_typed(given)[0]
    except CnncalcError:
        file = Path(given)
        if file.suffix.lower() not in SUFFIXES or not file.is_file():
            raise
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
        every = [row for grid in read_grids(data, given) for row in (*grid.rows, ())]
        rows = [row for at, row in enumerate(every) if not _is_rule(every, at)]
        # what is said above and beside a matrix is no part of the matrix
        blocks = [list(map(_numbers, block)) for (width, _), block in groupby(rows, _sort) if width]
        if not blocks:
            raise
        largest = max(blocks, key=lambda block: len(block) * len(block[0]))
        return read_typed("; ".join(map(" ".join, largest)))[0]


def _made(
    image: str, kernels: Sequence[str], options: Options, part: str
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The results of one slip, then of two slips together, each with the names of the slips."""
    for names in (*((name,) for name in _SLIPS), *combinations(_SLIPS, 2)):
        changed: Options | None = options
        for name in names:
            changed = _SLIPS[name](changed) if changed is not None else None
        if changed is None:
            continue
        try:
            made = _results(image, kernels, changed).get(part)
        except CnncalcError:
            continue
        if made is not None:
            yield names, made


def _results(image: str, kernels: Sequence[str], options: Options) -> dict[str, Any]:
    """The output, or the matrix that is asked for in its place, and the gradients where dL/dY is given."""
    from cnncalc.execute.session import by_hand

    settings: dict[str, Any] = {"stride": None, "padding": "0", "dilation": "1", "bias": 0.0}
    settings |= {"activation": None, "true_convolution": False, **options}
    how, gradient, transposed = (settings.pop(name, None) for name in ("pool", "gradient", "transposed"))
    added, matrix, windows = (settings.pop(name, 0) for name in ("output_padding", "matrix", "im2col"))
    work = by_hand(
        image,
        kernels,
        how,
        gradient,
        settings,
        steps=False,
        matrix="convolution" if matrix else "windows" if windows else "",
        output_padding=added if transposed else None,
    )
    output = work.output if work.matrix is None else work.matrix[..., None]
    return {"output": output, **work.gradients}


def _same(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and (abs(one - other) <= CLOSE).all())


def _nested(array: Any) -> Any:
    """Nested lists, whole numbers as such; one map is a matrix."""
    plain = array[..., 0] if array.ndim > 1 and array.shape[-1] == 1 else array

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
        ranks = -1 if mine.shape[:-1] != right.shape[:-1] else None
        given, expected = ("x".join(map(str, array.shape[:ranks])) for array in (mine, right))
        return marking("wrong_shape", given=given, expected=expected)
    wrong = (abs(mine - right) > CLOSE).nonzero()
    first = ", ".join(str(int(axis[0]) + 1) for axis in wrong[:-1])
    values = {"wrong": len(wrong[0]), "values": right.size, "place": first}
    if right.ndim < 2 or right.shape[-1] == 1:
        return marking("wrong_values", **values)
    return marking("wrong_values_of_maps", **values, map=Message("map.one", number=int(wrong[-1][0])))


def _with(answer: Answer, verdict: str, message: str, **changes: Any) -> Answer:
    return Answer(**{**vars(answer), "verdict": verdict, "message": message, **changes})
