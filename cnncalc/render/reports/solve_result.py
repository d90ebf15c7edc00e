"""The answers to a question asked backwards, as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.languages import Joined, Message, word
from cnncalc.quantity import Quantity
from cnncalc.render.document import Block, Column, Document, Paragraph, Row, Table
from cnncalc.render.explained.sections import told
from cnncalc.render.explained.working import working_document
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.sweep import cell, heading
from cnncalc.solve import (
    LIMITED,
    Depth,
    Found,
    InputSizes,
    Largest,
    SizeAnswer,
    SizeQuestion,
    Tried,
    nearest,
    search,
    uneven_padding,
)

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
    uneven = uneven_padding(question)
    blocks: list[Block] = [_table(kept, question, title)] if shown else [Paragraph(title)]
    if found and captions:
        blocks.append(Paragraph(Joined(captions, " ")))
    data: dict[str, Any] = {
        "answers": [a.to_dict() for a in found],
        "nearest": [a.to_dict() for a in near],
    }
    if uneven is not None:
        values = {"before": uneven[0], "after": uneven[1], "sum": sum(uneven)}
        blocks.insert(0, Paragraph(Message("solve.uneven", **values)))
        data["uneven_padding"] = list(uneven)
    csv = _table(kept, question, "")
    fits = bool(found) or uneven is not None
    return Document(blocks, data=lambda: iter([json_text(data, ascii=True)]), csv=csv), fits


def number_document(letter: str, params: int, found: Found, report: Report | None) -> Document:
    """The number of filters or units with which there are so many parameters, and the working forwards."""
    near = [list(pair) for pair in found.nearest]
    data = {"letter": letter, "params": params, "number": found.number, "nearest": near}
    if report is None:
        each = (
            Message("solve.gives", letter=letter, number=told(n), params=told(p)) for n, p in found.nearest
        )
        blocks: list[Block] = [Paragraph(Message("solve.no_number", params=told(params), near=Joined(each)))]
    else:
        forwards = working_document(report, ("params",), input_said=False)
        blocks = [Paragraph(f"{letter} = {told(found.number)}"), *forwards.blocks]
    csv = Table(
        [Column(name, called=name) for name in ("letter", "number", "params")],
        [Row([letter, found.number, params])],
    )
    return Document(blocks, data=lambda: iter([json_text(data, ascii=True)]), csv=csv, explains=True)


def depth_document(field: int, found: Depth | None, window: tuple[int, int, int]) -> Document:
    """The number of equal layers that see a field, and how far each sees."""
    kernel, stride, dilation = window
    sizes = list(found.sizes) if found is not None else []
    layers = None if found is None else found.layers
    data: dict[str, Any] = {"field": field, "kernel": kernel, "stride": stride, "dilation": dilation}
    blocks: list[Block] = [Paragraph(Message("solve.no_depth", field=told(field)))]
    if found is not None:
        ends = [told(size) for size in sizes]
        shown = ends if len(ends) <= SHOWN else [*ends[: SHOWN - 1], "...", ends[-1]]
        blocks = [
            Paragraph(Message("solve.depth", layers=told(found.layers), field=told(field))),
            Paragraph(Message("solve.depth_why", sizes=Joined(["1", *shown], " -> "))),
        ]
    csv = Table(
        [Column(name, called=name) for name in ("field", "layers", "sees")],
        [Row([field, layers, sizes[-1] if sizes else None])],
    )
    data |= {"layers": layers, "sizes": sizes}
    return Document(blocks, data=lambda: iter([json_text(data, ascii=True)]), csv=csv, explains=True)


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


def largest_document(
    network: str,
    name: str,
    found: Largest,
    limits: Mapping[str, float | None],
    limited: Sequence[Quantity] = LIMITED,
) -> Document:
    """The largest value that keeps within limits, and the next, with the limits that the next breaks."""
    counts = [each for each in limited if each.limit]
    shown = [tried for tried in (found.answer, found.beyond) if tried is not None]
    rows = [Row(_cells(tried, counts, limits)) for tried in shown]
    values = {"name": name, "step": f"{found.step:,}", "tried": told(found.tried)}
    if found.answer is None:
        sentence = Message("solve.none_fits", **values)
    elif found.beyond is None:
        sentence = Message("solve.unlimited", **values, value=f"{found.answer.value:,}")
    else:
        broken = Joined(
            word("quantity", each.name)
            for each in counts
            if each.limit and each.limit.name in found.beyond.over
        )
        sentence = Message("solve.largest", **values, value=f"{found.answer.value:,}", limits=broken)
    data = {
        "network": network,
        "variable": name,
        "step": found.step,
        "limits": {limit: most for limit, most in limits.items() if most is not None},
        "answer": _tried(found.answer),
        "beyond": _tried(found.beyond),
    }
    table = Table(_columns([name], counts), rows, network)
    return Document(
        [table, Paragraph(sentence)], data=lambda: iter([json_text(data, indent=1)]), csv=table, explains=True
    )


def largest_of_each_document(
    network: str,
    name: str,
    found: Sequence[tuple[Mapping[str, Any], Largest]],
    limits: Mapping[str, float | None],
    limited: Sequence[Quantity] = LIMITED,
) -> Document:
    """The largest value that keeps within limits, for each of some values of other variables."""
    counts = [each for each in limited if each.limit]
    table = Table(
        _columns([*found[0][0], name], counts),
        [Row([*others.values(), *_cells(one.answer, counts, limits)]) for others, one in found],
        network,
    )
    tried = sum(one.tried for _, one in found)
    sentence = Message("solve.each", name=name, step=f"{found[0][1].step:,}", tried=told(tried))
    data = {
        "network": network,
        "variable": name,
        "step": found[0][1].step,
        "limits": {limit: most for limit, most in limits.items() if most is not None},
        "answers": [{"variables": dict(others), "answer": _tried(one.answer)} for others, one in found],
    }
    return Document(
        [table, Paragraph(sentence)], data=lambda: iter([json_text(data, indent=1)]), csv=table, explains=True
    )


def _columns(names: Sequence[str], counts: Sequence[Quantity]) -> list[Column]:
    """The columns of values, of what they make of a network, and of the limits."""
    columns = [Column(name, True, called=name) for name in names]
    columns += [Column(each.name, True, called=heading(each)) for each in counts]
    return [*columns, Column("limit", called=Message("heading.limit"))]


def _cells(tried: Tried | None, counts: Sequence[Quantity], limits: Mapping[str, float | None]) -> list[Any]:
    """A value, what it makes of the network, and its part of the limits; or that no value fits."""
    if tried is None:
        return [None] * (len(counts) + 1) + [Message("solve.none")]
    made = tried.counts or {}
    cells = [cell(each, made.get(each.limit.name)) for each in counts if each.limit]
    return [tried.value, *cells, _broken(tried, limits)]


def _broken(tried: Tried, limits: Mapping[str, float | None]) -> str:
    """Which limits a value breaks, and by how much; how much of each limit a value that fits takes."""
    said = []
    for name, count in (tried.counts or {}).items():
        most = limits.get(name)
        if most and (tried.fits or name in tried.over):
            said.append(Message("solve.part_of", name=name, part=f"{100 * count / most:,.1f}"))
    return Joined(said)


def _tried(tried: Tried | None) -> dict[str, Any] | None:
    return tried and {"value": tried.value, **(tried.counts or {}), "over": list(tried.over)}
