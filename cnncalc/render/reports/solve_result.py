"""The answers to a question asked backwards, as a table."""

from collections.abc import Sequence
from typing import Any

from cnncalc.languages import Joined, Message
from cnncalc.render.document import Block, Column, Document, Paragraph, Row, Table
from cnncalc.render.explained.sections import told
from cnncalc.render.json_text import json_text
from cnncalc.solve import InputSizes, SizeAnswer, SizeQuestion, nearest, search

SHOWN = 20
"""The answers that are shown unless all are wanted."""
_COLUMNS = ("input", "kernel", "stride", "padding", "dilation", "output", "unread", "exact")
_TRANSPOSED = ("input", "kernel", "stride", "padding", "output_padding", "dilation", "output")
"""Nothing is left unread there, and nothing rounded."""


def answers_document(question: SizeQuestion, *, every: bool = False) -> tuple[Document, bool]:
    """The answers, the nearest ones where there are none; and whether anything fits."""
    found = search(question)
    near = [] if found else nearest(question)
    shown = found or near
    kept = shown if every else shown[:SHOWN]
    captions = [Message("solve.more", count=told(len(shown) - len(kept)))] if len(kept) < len(shown) else []
    if len(found) > 1:
        captions.append(Message("solve.usual"))
    title = "" if found else Message("solve.nearest" if near else "solve.nothing")
    blocks: list[Block] = [_table(kept, question, title)] if shown else [Paragraph(title)]
    if found and captions:
        blocks.append(Paragraph(Joined(captions, " ")))
    data = {"answers": [a.to_dict() for a in found], "nearest": [a.to_dict() for a in near]}
    csv = _table(kept, question, "")
    return Document(blocks, data=lambda: iter([json_text(data, ascii=True)]), csv=csv), bool(found)


def _table(shown: Sequence[SizeAnswer], question: SizeQuestion, title: str) -> Table:
    names = _TRANSPOSED if question.transposed else _COLUMNS
    rows = [Row([_cell(answer, name, question) for name in names]) for answer in shown]
    columns = [Column(name, name != "exact", called=Message(f"solve.{name}")) for name in names]
    return Table(columns, rows, title)


def _cell(answer: SizeAnswer, name: str, question: SizeQuestion) -> Any:
    value = getattr(answer, name)
    if name == "exact":
        return Message("solve.yes" if value else "solve.no")
    if value is not None:
        return value
    if name == "unread":
        return Message("solve.grows")
    if name == "input":
        return Message("solve.any_even" if question.relation == "halves" else "solve.any")
    return Message(_OUTPUTS[question.relation])


_OUTPUTS = {"same": "solve.as_input", "halves": "solve.half", "doubles": "solve.double"}


def sizes_document(found: InputSizes) -> Document:
    """The input sizes that make a layer put out a size."""
    wanted = "x".join(map(str, found.output))
    if found.usual is None:
        near = (
            Message("solve.near", size=told(pair[0]), output=told(pair[1])) for pair in found.nearest if pair
        )
        sizes, usual = "", ""
        sentence = Message(
            "solve.no_size", layer=found.layer, output=wanted, near=Joined(dict.fromkeys(near))
        )
    else:
        each = [_runs(axis) for axis in found.fitting]
        square = len(set(each)) == 1 and len(set(found.usual)) == 1
        sizes, usual = each[0] if square else Joined(each, " x "), "x".join(map(str, found.usual))
        sentence = Message("solve.sizes", layer=found.layer, output=wanted, sizes=sizes, usual=usual)
    columns = [Column(name, called=name) for name in ("layer", "output", "sizes", "usual")]
    return Document(
        [Paragraph(sentence)],
        data=lambda: iter([json_text(found.to_dict(), ascii=True)]),
        csv=Table(columns, [Row([found.layer, wanted, sizes, usual])]),
    )


def _runs(numbers: Sequence[int]) -> str:
    """Numbers told by runs: 224 to 255."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told_runs = (
        told(low) if low == high else Message("solve.to", low=told(low), high=told(high))
        for low, high in runs[:SHOWN]
    )
    return Joined(told_runs)
