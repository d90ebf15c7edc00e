"""The answers to a question asked backwards, as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.errors import unknown_choice
from cnncalc.languages import Language, language
from cnncalc.render.explained.phrases import told
from cnncalc.render.tables.table import FORMATS, Column, Row, Table, written
from cnncalc.solve import Answer, Question, Sizes, nearest, search

SHOWN = 20
"""The answers that are shown unless all are wanted."""
_COLUMNS = ("input", "kernel", "stride", "padding", "dilation", "output", "unread", "exact")
_TRANSPOSED = ("input", "kernel", "stride", "padding", "output_padding", "dilation", "output")
"""Nothing is left unread there, and nothing rounded."""


def answers(question: Question, format: str, lang: str | None, *, every: bool) -> tuple[Iterator[str], bool]:
    """The answers in a format, the nearest ones where there are none; and whether anything fits."""
    _check(format)
    found = search(question)
    near = [] if found else nearest(question)
    if format == "json":
        data = {"answers": [a.to_dict() for a in found], "nearest": [a.to_dict() for a in near]}
        return iter([json.dumps(data) + "\n"]), bool(found)
    spoken = language(lang)
    shown = found or near
    kept = shown if every else shown[:SHOWN]
    more = [spoken.say("solve.more", count=told(len(shown) - len(kept)))] if len(kept) < len(shown) else []
    if found:
        title, caption = "", " ".join([*more, *([spoken.say("solve.usual")] if len(found) > 1 else [])])
    else:
        title, caption = spoken.say("solve.nearest" if near else "solve.nothing"), ""
    if not shown:
        return iter([title + "\n"]), False
    return written(_table(kept, question, spoken, title, caption), format), bool(found)


def _check(format: str) -> None:
    if format not in FORMATS:
        raise unknown_choice(format, "a format", FORMATS)


def _table(shown: Sequence[Answer], question: Question, spoken: Language, title: str, caption: str) -> Table:
    names = _TRANSPOSED if question.transposed else _COLUMNS
    rows = [Row([_cell(answer, name, question, spoken) for name in names]) for answer in shown]
    columns = [Column(spoken.say(f"solve.{name}"), number=name != "exact") for name in names]
    return Table(columns, rows, title, caption=caption)


def _cell(answer: Answer, name: str, question: Question, spoken: Language) -> Any:
    value = getattr(answer, name)
    if name == "exact":
        return spoken.say("solve.yes" if value else "solve.no")
    if value is not None:
        return value
    if name == "unread":
        return spoken.say("solve.grows")
    if name == "input":
        return spoken.say("solve.any_even" if question.relation == "halves" else "solve.any")
    return spoken.say(_OUTPUTS[question.relation])


_OUTPUTS = {"same": "solve.as_input", "halves": "solve.half", "doubles": "solve.double"}


def sizes(found: Sizes, format: str, lang: str | None) -> Iterator[str]:
    """The input sizes that make a layer put out a size."""
    _check(format)
    if format == "json":
        yield json.dumps(found.to_dict()) + "\n"
        return
    spoken = language(lang)
    wanted = "x".join(map(str, found.output))
    if found.usual is None:
        near = (
            spoken.say("solve.near", size=told(pair[0]), output=told(pair[1]))
            for pair in found.nearest
            if pair
        )
        told_near = spoken.say("list.comma").join(dict.fromkeys(near))
        yield spoken.say("solve.no_size", layer=found.layer, output=wanted, near=told_near) + "\n"
        return
    each = [_runs(axis, spoken) for axis in found.fitting]
    told_sizes = each[0] if len(set(each)) == 1 and len(set(found.usual)) == 1 else " x ".join(each)
    usual = "x".join(map(str, found.usual))
    yield spoken.say("solve.sizes", layer=found.layer, output=wanted, sizes=told_sizes, usual=usual) + "\n"


def _runs(numbers: Sequence[int], spoken: Language) -> str:
    """Numbers told by runs: 224 to 255."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told_runs = (
        told(low) if low == high else spoken.say("solve.to", low=told(low), high=told(high))
        for low, high in runs[:SHOWN]
    )
    return spoken.say("list.comma").join(told_runs)
