"""Marks a matrix against an image and a kernel: the slip is made, and its matrix held to the student's."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, reduce
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


def check_together(options: Options) -> None:
    """Raises UsageError for options of which one says nothing beside the other."""
    transposed, matrix, windows = map(options.get, ("transposed", "matrix", "im2col"))
    if options.get("output_padding") and not transposed:
        raise UsageError("--output-padding says nothing without --transposed", "leave it out")
    if windows and (matrix or transposed):
        raise UsageError("--im2col stands alone", "without --matrix and --transposed")
    if options.get("gradient") is not None and (matrix or windows):
        raise UsageError("--matrix and --im2col have no gradient", "leave --gradient out")


def part_of(name: str) -> str | None:
    """The part that a name means, None for none."""
    return next((part for part, names in PARTS.items() if name.strip().lower() in names), None)


@dataclass(frozen=True)
class ByHand:
    """A matrix to be worked out by hand: image, kernels, the options of `convolve`, and the part asked."""

    image: str
    kernels: Sequence[str]
    options: Options = field(default_factory=dict)
    part: str = "output"

    @property
    def quantity(self) -> str:
        """The name that answers have for the part that is asked."""
        return _TOLD[self.part]

    @cached_property
    def right(self) -> Any:
        """The right matrix, (H, W, maps); raises CnncalcError where the image or a kernel can't be read."""
        return _results(self.image, self.kernels, self.options)[self.part]

    @cached_property
    def made(self) -> Sequence[tuple[tuple[str, ...], Any]]:
        """The matrices of each slip, and of each two together, which a class is held to."""
        return list(_made(self.image, self.kernels, self.options, self.part))


def mark_by_hand(name: str, asked: ByHand, text: str, out_of: Fraction, rules: Rules) -> Answer:
    """A matrix of a sheet, marked value by value: a wrong one gets the marks that its values earn.

    Where the part that goes with its slip is more, that part counts.
    """
    from cnncalc.execute.files import read_matrix

    answer = _marked(text, asked, rules, read_matrix)
    share = Fraction(answer.verdict == "right")
    if answer.verdict == "wrong":
        mine = _of_shape(asked, read_matrix(text))
        if mine.shape == asked.right.shape:
            share = Fraction(int((abs(mine - asked.right) <= CLOSE).sum()), asked.right.size)
        share = max(share, rules.part_of(answer.slips) if answer.slips else Fraction(0))
    return replace(answer, layer=name, out_of=out_of, marks=out_of * share)


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
        part = part_of(name)
        if not equals and "gradient" not in options:
            part, text = "output", entry
        if part is None or part not in results:
            known = ", ".join(_TOLD[each] for each in results)
            help = "such as --answer " + ("dX=..." if "gradient" in options else '"2 2; 0 2"')
            raise UsageError(f"{brief(entry)}: an answer to which of {known}?", help, "unknown_choice")
        answers.append(_marked(text, ByHand(image, kernels, options, part), rules, _typed))
    return Marked(answers)


def _marked(given: str, asked: ByHand, rules: Rules, read: Callable[[str], Any]) -> Answer:
    """One answer, marked; `read` gives its numbers, and raises CnncalcError."""
    right = asked.right
    answer = Answer(
        "", asked.quantity, given.strip(), None, _nested(right), "missing", message=marking("missing")
    )
    if not answer.text:
        return answer
    try:
        mine = _of_shape(asked, read(given))
    except CnncalcError as error:
        return _with(answer, "unreadable", error.faults[0].message)
    answer = replace(answer, given=_nested(mine))
    if _same(mine, right):
        return _with(answer, "right", "", marks=answer.out_of)
    found = [slips for slips, made in asked.made if _same(mine, made)]
    singles = [slips for slips in found if len(slips) == 1] or found
    if not singles:
        return _with(answer, "wrong", _unexplained(mine, right))
    sentences = [together(_sentence(name, asked.options) for name in slips) for slips in singles[:3]]
    message = reduce(lambda one, other: marking("or", sentence=one, other=other), sentences)
    return _with(
        answer,
        "wrong",
        message,
        slips=singles[0],
        alternatives=tuple(singles[1:]),
        marks=answer.out_of * rules.partial,
    )


def _of_shape(asked: ByHand, mine: Any) -> Any:
    """An answer with the axes of the right matrix, where a student may leave axes out."""
    right = asked.right
    if asked.part == "bias":
        mine = mine.reshape(-1)
    if mine.size == right.shape[-1] == right.size:
        # a value for each map at the one position
        mine = mine.reshape(right.shape)
    if mine.ndim < right.ndim:
        mine = mine.reshape((*(1,) * (right.ndim - 1 - mine.ndim), *mine.shape, 1))
    if right.ndim == 2 and mine.ndim == 2 and mine.shape[0] == 1 != right.shape[0]:
        # a signal in two pairs of brackets
        mine = mine.T
    return mine


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
    return replace(answer, verdict=verdict, message=message, **changes)
