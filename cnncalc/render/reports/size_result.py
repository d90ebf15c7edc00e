"""One size: its working, what is left unread, and how often each position is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from math import gcd
from typing import Any

from cnncalc.errors import unknown_choice
from cnncalc.languages import Language, language
from cnncalc.layers.support.windows import Axis, TransposedAxis
from cnncalc.render.explained.explanation import FORMATS, columns
from cnncalc.render.explained.phrases import Phrases, told
from cnncalc.render.explained.wrapping import wrapped
from cnncalc.solve import Sized

_BAR = 40
_SHOWN = 20


def pieces(sized: Sized, format: str, lang: str | None = None, *, coverage: bool = False) -> Iterator[str]:
    """It in a format; raises UsageError for one that there isn't."""
    spoken = language(lang)
    if format not in FORMATS:
        raise unknown_choice(format, "a format", FORMATS)
    # an axis that is too long is told before anything is printed
    counts = sized.coverage() if coverage else []
    if format == "json":
        read = {"coverage": counts} if coverage else {}
        yield json.dumps({**sized.to_dict(), **read}, ensure_ascii=False) + "\n"
        return
    module = import_module(f"cnncalc.render.explained.{format}")
    phrases: Phrases = module.phrases_in(spoken)
    ends = "\n" if format == "text" else ""
    yield phrases.escape(headline(sized, spoken)) + "\n" + ("" if format == "text" else "\n")
    for line in module.workings([sized.working], phrases):
        yield line + ends
    if coverage:
        block = {"markdown": ("```\n", "```\n"), "html": ("<pre>\n", "</pre>\n")}
        latex = ("\\begin{verbatim}\n", "\\end{verbatim}\n")
        begin, end = block.get(format, latex if format == "latex" else ("", ""))
        yield begin
        for line in _coverage(counts, sized.axis, spoken):
            yield line + "\n"
        yield end


def headline(sized: Sized, spoken: Language) -> str:
    """The size in a sentence.

    >>> from cnncalc.solve import size
    >>> headline(size(7, 3, 3), language("en"))
    '2, from 2.33 rounded down; never read: 1 of 7'
    """
    exact = sized.quotient.denominator == 1
    rounded_up = getattr(sized.axis, "rounding", "") == "ceil"
    values: dict[str, Any] = {
        "output": sized.output,
        "quotient": round(float(sized.quotient), 2),
        "direction": spoken.say("size.up" if rounded_up else "size.down"),
        "unread": sized.unread,
        "size": int(sized.axis.size),
        "overhang": sized.overhang,
        "before": int(sized.axis.before),
        "after": int(sized.axis.after),
    }
    same = getattr(sized.axis, "same", False)
    parts = [spoken.say("size.result" if exact or same else "size.rounded", **values)]
    if isinstance(sized.axis, TransposedAxis):
        parts += [spoken.say("size.cropped", **values)] if sized.axis.before or sized.axis.after else []
    elif sized.unread:
        parts.append(spoken.say("size.unread", **values))
    else:
        parts.append(spoken.say("size.all_read"))
    if same:
        parts.append(spoken.say("size.padded", **values))
    if sized.overhang:
        parts.append(spoken.say("size.overhang", **values))
    return spoken.say("list.semicolon").join(parts)


def _ends(runs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The runs, those in the middle of very many left out."""
    return runs if len(runs) <= 2 * _SHOWN + 1 else [*runs[:_SHOWN], ("...", -1), *runs[-_SHOWN:]]


def _coverage(read: list[int], axis: Axis | TransposedAxis, spoken: Language) -> Iterator[str]:
    """A line for each run of positions that as many windows read, counted from 0."""
    of = ("transposed",) if isinstance(axis, TransposedAxis) else ()
    most, least = max(read), min(read)
    yield ""
    yield from wrapped(spoken.say("size.coverage", of), columns())
    start, runs = 0, []
    for windows, run in groupby(read):
        end = start + len(list(run)) - 1
        runs.append((str(start) if start == end else f"{start}-{end}", windows))
        start = end + 1
    wide = max(len(name) for name, _ in runs)
    for name, windows in _ends(runs):
        if windows < 0:
            yield f"  {name}"
            continue
        bar = "#" * (windows if most <= _BAR else -(-windows * _BAR // most))
        yield f"  {name:>{wide}}  {told(windows):>{len(told(most))}}  {bar}".rstrip()
    yield from wrapped(spoken.say(_why(read, axis), of, least=told(least), most=told(most)), columns())


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
