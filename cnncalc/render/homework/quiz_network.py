"""The network that a quiz asks about, and the table that is to be filled in."""

from collections.abc import Callable, Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.homework.answers import TOTAL
from cnncalc.homework.questions import Blank, Grid, by_crosses, say
from cnncalc.languages import Joined, Message
from cnncalc.layers.support.base import fields
from cnncalc.quantity import QUANTITIES
from cnncalc.render.document import Column, Row, Table
from cnncalc.render.reports.report_tables import told_options
from cnncalc.render.sentences import quantity_word

_ALWAYS = frozenset({"kernel", "stride"})
Cells = Callable[[tuple[Blank, ...]], Any]
"""What stands in a cell that is to be filled in."""


def network_table(report: Report, grid: Grid | None = None, cells: Cells | None = None) -> Table:
    """The layers of a network with what they do, and behind them the cells of a table to fill in."""
    chained = all(node.inputs == (at,) for at, node in enumerate(report.graph.nodes))
    columns = [Column("layer"), Column("kind"), Column("options")]
    columns += [] if chained else [Column("from")]
    asked = grid.quantities if grid else ()
    columns += [Column(name, called=_heading(name)) for name in asked]
    by_name = dict(grid.rows) if grid else {}
    rows = []
    for row in report.layers:
        told: list[Any] = [row.name, Message(f"kind.{row.kind}"), told_options(said_options(row))]
        told += [] if chained else [", ".join(row.sources)]
        rows.append(Row([*told, *_filled(by_name.get(row.name), len(asked), cells)]))
    total = None
    if grid and TOTAL in by_name:
        blank = [None] * (len(columns) - len(asked) - 1)
        total = Row([Message("word.total"), *blank, *_filled(by_name[TOTAL], len(asked), cells)])
    return Table(columns, rows, title=network_title(report), total=total)


def network_title(report: Report) -> str:
    """The network's name, its inputs, and how their shapes are written."""
    shapes = Joined([by_crosses(report.shape(at)) for at in range(len(report.graph.inputs))])
    axes = Message(f"quiz.axes.{report.settings.layout}")
    spatial = all(len(source.shape) == 3 for source in report.graph.inputs)
    name = report.settings.network
    return say("network_of", name=name, shape=shapes, axes=axes if spatial else "")


def said_options(row: LayerReport) -> dict[str, Any]:
    """The options of a layer that are not what the layer has without them."""
    known = fields(type(row.node.layer))
    return {
        name: value
        for name, value in (row.options or {}).items()
        if name in _ALWAYS or name not in known or row.node.layer.options[name] != known[name].default
    }


def _filled(cells: Sequence[tuple[Blank, ...]] | None, count: int, fill: Cells | None) -> list[Any]:
    found = cells or [()] * count
    return [fill(blanks) if fill and blanks else None for blanks in found]


def _heading(quantity: str) -> str:
    record = QUANTITIES[quantity]
    # a symbol of formulas, such as dW, tells nobody what is asked
    if record.symbol and record.explained == "asked":
        return Message(f"quantity.{record.word}")
    return quantity_word(record.word)
