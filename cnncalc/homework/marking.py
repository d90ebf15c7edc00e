"""Marks an answer sheet: which layers its rows are, what is asked of them, and the marks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cnncalc.analysis.report import Report
from cnncalc.errors import brief, did_you_mean
from cnncalc.homework.answers import TOTAL, Marked, Rules
from cnncalc.homework.judging import BLANKS, Judge
from cnncalc.homework.key import Key
from cnncalc.homework.notation import says_nothing
from cnncalc.homework.numbers import Unreadable, read_number
from cnncalc.homework.sheets import ASKED, Cell, Notes, Sheet, is_input, is_total
from cnncalc.quantity import NUMBERS, QUANTITIES, RECORDS

Cells = dict[str, dict[str, Cell]]
Asked = Sequence[tuple[str, str]]
"""The layers, groups and the total, each with a quantity that is asked of it."""


def mark_sheet(key: Key, sheet: Sheet, rules: Rules | None = None, asked: Asked | None = None) -> Marked:
    """Marks a sheet by what is asked: of a class as a whole, else what `questions` finds."""
    rules = rules or Rules()
    wanted = {*rules.columns, *rules.marks} if asked is None else {quantity for _, quantity in asked}
    cells, notes = place(key, sheet, wanted)
    if asked is None:
        asked = questions(key, cells, rules)
    else:
        beside = {
            quantity for row in cells.values() for quantity in row if row[quantity].text.strip()
        } - wanted
        notes += [f"not asked, so not marked: {quantity}" for quantity in ASKED if quantity in beside]
    return Marked(Judge(key, rules).mark(cells, asked), notes)


def place(key: Key, sheet: Sheet, wanted: Collection[str] = ()) -> tuple[Cells, list[str]]:
    """The rows of a sheet by the layers, groups and the total that they are, and what was passed over.

    `wanted` are the quantities that are known to be asked.
    """
    notes = Notes(sheet.notes)
    cells: Cells = {}
    unknown = []
    for label, row in sheet.rows.items():
        name = key.row(label) or (TOTAL if is_total(label) else None)
        if name is None:
            if not is_input(label):
                unknown.append(label)
        elif name in cells:
            notes.append(f"{next(iter(row.values())).place}: {label} stands there twice; the first counts")
        else:
            cells[name] = row
    if unknown and not cells.keys() - {TOTAL} and len(unknown) == len(key.report.layers):
        # names of the student's own, one for each layer
        for layer, label in zip(key.report.layers, unknown, strict=True):
            cells[layer.name] = sheet.rows[label]
        notes.append("no name is that of a layer: the rows are taken in order")
        unknown = []
    for label in unknown[:20]:
        help = did_you_mean(label, list(key.report.numbers)[:5000], "the layers are")
        cell = next(iter(sheet.rows[label].values()), None)
        where = cell.place.partition(",")[0] if cell else ""
        notes.append(f"{where}: {brief(label)} is not a layer" + (f"; {help}" if help else ""))
    if len(unknown) > 20:
        notes.append(f"and {len(unknown) - 20} more names that are not layers'")
    return _with_meant_quantities(key, cells, wanted), notes


def _with_meant_quantities(key: Key, cells: Cells, wanted: Collection[str]) -> Cells:
    """The cells, each column under the quantity that its student means.

    Where a column of weights stands alone and the weights are not asked, the column has all parameters,
    unless more of its numbers are those of the weights.
    """
    given = {quantity for row in cells.values() for quantity in row}
    for narrow in (quantity for quantity in RECORDS if quantity.broader and quantity.name in given):
        name, broader = narrow.name, narrow.broader
        if broader in given or narrow.counterpart in given or (name in wanted and broader not in wanted):
            continue
        if broader in wanted or _fits(key, cells, name, broader) >= _fits(key, cells, name, name):
            cells = {
                label: {broader if each == name else each: cell for each, cell in row.items()}
                for label, row in cells.items()
            }
    return cells


def _fits(key: Key, cells: Cells, column: str, quantity: str) -> int:
    """How many numbers of a column are right as another quantity."""
    right = 0
    for label, row in cells.items():
        expected = key.expected(label, quantity) if column in row else None
        try:
            right += expected is not None and read_number(row[column].text).agrees(expected)
        except Unreadable:
            continue
    return right


def questions(key: Key, cells: Cells, rules: Rules) -> list[tuple[str, str]]:
    """What is asked: the columns that the rules say, else those that a sheet has.

    They are asked of every layer (but those that only work in place), and of the total where the sheet has
    it; with `only_given`, of the layers that it names.
    """
    if rules.columns:
        return [
            *((name, each) for name in key.asked for each in rules.columns if _has_answer(key, name, each)),
            *((TOTAL, quantity) for quantity in rules.totals),
        ]
    rows = [name for name in cells if name != TOTAL]
    used = {quantity for name in rows for quantity in cells[name]}
    quantities = [quantity for quantity in ASKED if quantity in used]
    asked = [name for name in key.report.numbers if name in cells or not rules.only_given]
    inessential = set() if rules.only_given else {*asked} - {*key.asked} - cells.keys()
    groups = [name for name in rows if name not in key.report.numbers]
    pairs = [
        (name, quantity)
        for name in [*asked, *groups]
        if name not in inessential
        for quantity in quantities
        if not rules.only_given or (quantity in cells[name] and cells[name][quantity].text.strip())
    ]
    pairs = [
        (name, quantity)
        for name, quantity in pairs
        if _has_answer(key, name, quantity)
        or (_said(cells.get(name, {}).get(quantity)) and not _is_number(quantity))
    ]
    return pairs + [
        (TOTAL, quantity)
        for quantity in ASKED
        if _asked_total(cells, quantity) and (_has_answer(key, TOTAL, quantity) or not _is_number(quantity))
    ]


def _said(cell: Cell | None) -> bool:
    """Whether a cell says anything: a dash does not."""
    return cell is not None and cell.text.strip().casefold() not in BLANKS and not says_nothing(cell.text)


def _has_answer(key: Key, name: str, quantity: str) -> bool:
    """Whether a right answer is a number: what sees all has no receptive field, a group no fan-in."""
    return key.expected(name, quantity) is not None


def _is_number(quantity: str) -> bool:
    """Whether answers are one number each, so that there is nothing to say where a row has none."""
    return QUANTITIES[quantity].unit in NUMBERS


def _asked_total(cells: Mapping[str, Mapping[str, Cell]], quantity: str) -> bool:
    """Whether the row of the total asks for a quantity: a shape has none."""
    cell = cells.get(TOTAL, {}).get(quantity)
    if cell is None:
        return False
    return _said(cell) or quantity == "params"


def mark_one(report: Report, given: Sequence[tuple[str, Cell]], rules: Rules | None = None) -> Marked:
    """Marks answers on the one layer of a report."""
    key = Key(report)
    name = report.layers[0].name
    cells = {name: dict(given)}
    return Marked(Judge(key, rules or Rules()).mark(cells, [(name, quantity) for quantity, _ in given]))
