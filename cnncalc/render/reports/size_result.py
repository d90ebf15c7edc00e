"""One size: its working, what is left unread, and how often each position is read."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import gcd
from typing import Any

from cnncalc.languages import Joined, Message
from cnncalc.layers.support.windows import Axis, TransposedAxis
from cnncalc.render.document import Block, Document, Paragraph, Verbatim
from cnncalc.render.explained.sections import told, working_section
from cnncalc.render.json_text import json_text
from cnncalc.solve import SizeResult

_BAR = 40
_SHOWN = 20


def size_document(*axes: SizeResult, coverage: bool = False) -> Document:
    """The size along each axis with its working, and how often each position is read."""
    # an axis that is too long is told before anything is printed
    counts = [sized.coverage() if coverage else [] for sized in axes]
    blocks: list[Block] = []
    if len(axes) > 1:
        blocks.append(Paragraph(" x ".join(str(int(sized.output)) for sized in axes)))
    for sized, read in zip(axes, counts, strict=True):
        blocks += [Paragraph(headline(sized)), working_section(sized.working), *_coverage(read, sized.axis)]
    title = headline(axes[0])
    return Document(blocks, data=lambda: _json(axes, counts), title=title, explains=True, part=True)


def _json(axes: Sequence[SizeResult], counts: Sequence[list[int]]) -> Iterator[str]:
    each = [
        {**sized.to_dict(), **({"coverage": read} if read else {})}
        for sized, read in zip(axes, counts, strict=True)
    ]
    yield json_text(each[0] if len(each) == 1 else {"axes": each})


def headline(sized: SizeResult) -> str:
    """The size in a sentence.

    >>> from cnncalc.solve import size
    >>> headline(size(7, 3, 3))
    '2, from 2.33 rounded down; never read: 1 of 7'
    """
    exact = sized.quotient.denominator == 1
    rounded_up = getattr(sized.axis, "rounding", "") == "ceil"
    values: dict[str, Any] = {
        "output": sized.output,
        "quotient": round(float(sized.quotient), 2),
        "direction": Message("size.up" if rounded_up else "size.down"),
        "unread": sized.unread,
        "size": int(sized.axis.size),
        "overhang": sized.overhang,
        "before": int(sized.axis.before),
        "after": int(sized.axis.after),
    }
    same = getattr(sized.axis, "same", False)
    parts = [Message("size.result" if exact or same else "size.rounded", **values)]
    if isinstance(sized.axis, TransposedAxis):
        parts += [Message("size.cropped", **values)] if sized.axis.before or sized.axis.after else []
    elif sized.unread:
        parts.append(Message("size.unread", **values))
    else:
        parts.append(Message("size.all_read"))
    if same:
        parts.append(Message("size.padded", **values))
    if sized.overhang:
        parts.append(Message("size.overhang", **values))
    return Joined(parts, "list.semicolon")


def _ends(runs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The runs, those in the middle of very many left out."""
    return runs if len(runs) <= 2 * _SHOWN + 1 else [*runs[:_SHOWN], ("...", -1), *runs[-_SHOWN:]]


def _coverage(read: list[int], axis: Axis | TransposedAxis) -> Iterator[Block]:
    """A line for each run of positions that as many windows read, counted from 0."""
    if not read:
        return
    of = ("transposed",) if isinstance(axis, TransposedAxis) else ()
    most, least = max(read), min(read)
    start, runs = 0, []
    for windows, run in groupby(read):
        end = start + len(list(run)) - 1
        runs.append((str(start) if start == end else f"{start}-{end}", windows))
        start = end + 1
    wide = max(len(name) for name, _ in runs)
    lines = []
    for name, windows in _ends(runs):
        bar = "#" * (windows if most <= _BAR else -(-windows * _BAR // most))
        counted = f"  {name:>{wide}}  {told(windows):>{len(told(most))}}  {bar}"
        lines.append(f"  {name}" if windows < 0 else counted)
    yield Paragraph(Message("size.coverage", of))
    yield Verbatim(lines)
    yield Paragraph(Message(_why(read, axis), of, least=told(least), most=told(most)))


def _why(read: list[int], axis: Axis | TransposedAxis) -> str:
    """Why positions are covered as they are: the borders alone differ, or the stride makes a pattern."""
    if len(set(read)) == 1:
        return "size.coverage.even"
    if gcd(axis.stride, axis.dilation) > 1:
        return "size.coverage.apart"
    if axis.kernel % axis.stride:
        return "size.coverage.pattern"
    padded = isinstance(axis, Axis) and (axis.before or axis.after)
    return "size.coverage.why.padded" if padded else "size.coverage.why"
