"""Marks an answer sheet: the layers of its rows, the questions asked, and the marks."""

from collections.abc import Collection, Mapping, Sequence

from cnncalc.analysis.report import Report
from cnncalc.errors import brief, did_you_mean
from cnncalc.homework.answers import TOTAL, Marked, Rules
from cnncalc.homework.headings import ASKED, bare, is_input, is_total
from cnncalc.homework.judging import BLANKS, Judge
from cnncalc.homework.key import Key
from cnncalc.homework.layer_names import is_class, matched
from cnncalc.homework.notation import says_nothing
from cnncalc.homework.numbers import Unreadable, read_number
from cnncalc.homework.shapes import agreement, read_shape, shape_agrees
from cnncalc.homework.sheets import Sheet
from cnncalc.homework.tables import UNNAMED, Cell, Notes, SheetRow
from cnncalc.quantity import RECORDS

Cells = dict[str, dict[str, Cell]]
Asked = Sequence[tuple[str, str]]
"""The layers, groups and the total, each with a quantity that is asked of it."""


def mark_sheet(key: Key, sheet: Sheet, rules: Rules | None = None, asked: Asked | None = None) -> Marked:
    """Marks a sheet by the questions to a class as a whole, else by those that `questions` finds."""
    rules = rules or Rules()
    wanted = (
        rules.wanted
        if asked is None
        else {quantity for name, quantity in asked if name not in rules.matrices}
    )
    cells, notes = place(key, sheet, wanted)
    if asked is None:
        asked = questions(key, cells, rules)
    else:
        beside = {
            quantity for row in cells.values() for quantity in row if row[quantity].text.strip()
        } - wanted
        notes += [f"not asked, so not marked: {quantity}" for quantity in ASKED if quantity in beside]
    return Marked(Judge(key, rules).mark(cells, asked, sheet.matrices), notes)


def place(key: Key, sheet: Sheet, wanted: Collection[str] = ()) -> tuple[Cells, list[str]]:
    """The rows of a sheet by the layers, groups and the total that they are, and what was passed over.

    `wanted` are the quantities that are known to be asked. Raises CnncalcError for a table without headings
    whose rows are no layers.
    """
    notes = Notes(sheet.notes)
    cells: Cells = {}
    unknown: list[SheetRow] = []
    several = False
    for found, others, told in _by_table(key, sheet.rows):
        # of a second table, the rows that are no layer's say nothing of the first
        unknown += [] if several else others
        several = several or bool(found)
        notes.take(told)
        for name, row in found:
            _take(cells, name, row, notes)
    if sheet.doubt and not any(key.row(row.label) or is_class(row.label) for row in sheet.rows):
        raise sheet.doubt
    notes.take(_unknown(key, unknown))
    cells = _named_by_content(key, cells, wanted, notes)
    if sheet.doubt and not any(cells.values()):
        raise sheet.doubt
    return _with_params(_with_meant_quantities(key, cells, wanted), wanted), notes


Placed = list[tuple[str, SheetRow]]


def _by_table(key: Key, rows: Sequence[SheetRow]) -> list[tuple[Placed, list[SheetRow], list[str]]]:
    """The rows of each table by what they are, those that are nothing, and notes; most answers first."""
    tables: dict[int, list[SheetRow]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    found = []
    for own in tables.values():
        totals = [row for row in own if _is_total(key, row.label)]
        named = [row for row in own if row not in totals]
        names, notes = matched(key, [row.label for row in named])
        placed = [(name, named[at]) for at, name in sorted(names.items())]
        # a name that stands there twice
        for at, row in enumerate(named):
            if at not in names and (name := key.row(row.label)) in names.values():
                placed.append((name, row))  # type: ignore[arg-type]
                names[at] = name  # type: ignore[assignment]
        others = [row for at, row in enumerate(named) if at not in names and not is_input(row.label)]
        if not totals and others and _ends_in_sum(own, others[-1]):
            notes = [*notes, f"{others[-1].place}: {brief(others[-1].label)} is taken for the total"]
            totals = [others.pop()]
        placed += [(TOTAL, row) for row in totals]
        answers = sum(bool(cell.text) for _, row in placed for cell in row.cells.values())
        found.append((answers, placed, others, notes))
    found.sort(key=lambda each: -each[0])
    most = max((len(placed) for _, placed, _, _ in found), default=0)
    # a few lines of rough work beside the answers are no answers, but names are names
    return [
        (placed, others, notes)
        for _, placed, others, notes in found
        if 2 * len(placed) >= most or all(key.row(row.label) or name == TOTAL for name, row in placed)
    ]


def _ends_in_sum(rows: Sequence[SheetRow], last: SheetRow) -> bool:
    """Whether the last row of a table is no layer's, and has the largest number of its column alone."""
    given = {
        quantity: cell for quantity, cell in last.cells.items() if cell.text and not says_nothing(cell.text)
    }
    quantity = next(iter(given), "")
    summed = quantity in ("params", "macs", "flops", "connections") or quantity.startswith(UNNAMED)
    if last is not rows[-1] or is_class(last.label) or len(given) != 1 or not summed:
        return False
    try:
        most = read_number(given[quantity].text).value
        others = [row.cells[quantity].text for row in rows[:-1] if quantity in row.cells]
        return len(others) > 1 and all(
            says_nothing(text) or not text or read_number(text).value < most for text in others
        )
    except Unreadable:
        return False


def _is_total(key: Key, label: str) -> bool:
    if key.row(label) is not None:
        return False
    return is_total(label) or bare(label) == bare(key.report.settings.network)


def _take(cells: Cells, name: str, row: SheetRow, notes: Notes) -> None:
    """Puts a row's answers to those that its layer has; the first of two counts."""
    if name not in cells:
        cells[name] = dict(row.cells)
        return
    twice = False
    for quantity, cell in row.cells.items():
        first = cells[name].get(quantity)
        if first is None or not first.text:
            cells[name][quantity] = cell
        elif cell.text and cell.text != first.text:
            twice = True
    if twice:
        notes.append(f"{row.place}: {brief(row.label)} stands there twice; the first counts")


def _unknown(key: Key, rows: Sequence[SheetRow]) -> list[str]:
    """The notes on rows that are no layer's."""
    notes = []
    for row in rows[:20]:
        help = did_you_mean(row.label, list(key.report.numbers)[:5000], "the layers are")
        notes.append(f"{row.place}: {brief(row.label)} is not a layer" + (f"; {help}" if help else ""))
    if len(rows) > 20:
        notes.append(f"and {len(rows) - 20} more names that are not layers'")
    return notes


def _named_by_content(key: Key, cells: Cells, wanted: Collection[str], notes: Notes) -> Cells:
    """The cells of a table without headings, each column under the quantity that most of its numbers are."""
    columns = list(dict.fromkeys(at for row in cells.values() for at in row if at.startswith(UNNAMED)))
    if not columns:
        return cells
    headed = any(row[at].heading for row in cells.values() for at in columns if at in row)
    known = {at for row in cells.values() for at in row if headed and row[at].text}
    usual = [
        quantity
        for quantity in ASKED
        if quantity in (wanted or ("shape", "activation_size", "params")) and quantity not in known
    ]
    fits = {(at, quantity): _fits(key, cells, at, quantity) for at in columns for quantity in usual}
    meant: dict[str, str] = {}
    for (at, quantity), right in sorted(fits.items(), key=lambda pair: -pair[1]):
        least = 2 if not headed else max(2, sum(at in row for row in cells.values()) / 2)
        if right >= least and at not in meant and quantity not in meant.values():
            meant[at] = quantity
    if meant and not headed and len(columns) == len(usual):
        # as many columns as are asked: in the usual order
        left = [quantity for quantity in usual if quantity not in meant.values()]
        meant |= dict(zip([at for at in columns if at not in meant], left, strict=False))
    told = ", ".join(f"{at} as {meant[at]}" for at in columns if at in meant)
    if not headed:
        notes.append(f"no heading is there: {told or 'no column is known'}")
    elif told:
        notes.append(f"taken by the numbers, as the heading is not known: {told}")
    if headed and (unread := [at.removeprefix(UNNAMED)[:30] for at in columns if at not in meant]):
        notes.append(f"not read, as their headings are not known: {', '.join(unread[:6])}")
    return {
        label: {meant.get(at, at): cell for at, cell in row.items() if at in meant or at not in columns}
        for label, row in cells.items()
    }


def _with_params(cells: Cells, wanted: Collection[str]) -> Cells:
    """The cells, with the parameters as the sum of weights and biases where these are what stands there."""
    # one column of parameters, in which some layers have a row for weights and a row for biases
    columns = {row["params"].heading for row in cells.values() if "params" in row} if not wanted else set()
    if "params" not in wanted and not columns:
        return cells
    for row in cells.values():
        weights, biases = (row.get(side) for side in ("weights", "biases"))
        if weights and weights.heading in columns:
            del row["weights"]
            row.pop("biases", None)
        elif columns:
            continue
        if weights and biases and weights.text and not (row.get("params") and row["params"].text):
            sides = [
                "0" if says_nothing(cell.text) else f"({cell.text})"
                for cell in (weights, biases)
                if cell.text
            ]
            row["params"] = weights._replace(text=" + ".join(sides))
    return cells


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
        if expected is None:
            continue
        try:
            if quantity == "shape":
                layout = key.layout
                right += any(
                    agreement(each, expected, layout, loose=False) for each in read_shape(row[column].text)
                )
            elif isinstance(expected, tuple):
                right += shape_agrees(read_shape(row[column].text)[0], expected[:1])
            else:
                nothing = says_nothing(row[column].text)
                right += expected == 0 if nothing else read_number(row[column].text).agrees(expected)
        except Unreadable:
            continue
    return right


def questions(key: Key, cells: Cells, rules: Rules) -> list[tuple[str, str]]:
    """The questions: the columns that the rules say, else those that a sheet has; then the matrices.

    They are asked of every layer (but those that only work in place), and of the total where the sheet has
    it; with `only_given`, of the layers that it names.
    """
    return _of_layers(key, cells, rules) + rules.by_hand


def _of_layers(key: Key, cells: Cells, rules: Rules) -> list[tuple[str, str]]:
    if rules.asks:
        return list(rules.asks)
    if rules.columns:
        return [
            *((name, each) for name in key.asked for each in rules.columns if has_answer(key, name, each)),
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
        if has_answer(key, name, quantity)
        or (_said(cells.get(name, {}).get(quantity)) and not _is_number(quantity))
    ]
    return pairs + [
        (TOTAL, quantity)
        for quantity in ASKED
        if _asked_total(cells, quantity) and (has_answer(key, TOTAL, quantity) or not _is_number(quantity))
    ]


def _said(cell: Cell | None) -> bool:
    """Whether a cell says anything: a dash does not."""
    return cell is not None and cell.text.strip().casefold() not in BLANKS and not says_nothing(cell.text)


def has_answer(key: Key, name: str, quantity: str) -> bool:
    """Whether a right answer is a number: what sees all has no receptive field, a group no fan-in."""
    return key.expected(name, quantity) is not None


def _is_number(quantity: str) -> bool:
    """Whether there is nothing to say where a row has no answer; `all` is what a dense layer sees."""
    return quantity not in ("shape", "receptive_field")


def _asked_total(cells: Mapping[str, Mapping[str, Cell]], quantity: str) -> bool:
    """Whether the row of the total asks for a quantity: a shape has none."""
    cell = cells.get(TOTAL, {}).get(quantity)
    if cell is None:
        return False
    return _said(cell) or quantity == "params"


def mark_one(report: Report, given: Sequence[tuple[str, Cell]], rules: Rules | None = None) -> Marked:
    """Marks answers on the one layer of a report."""
    key = Key(report)
    name = report.rows(1)[0].name
    cells = {name: dict(given)}
    return Marked(Judge(key, rules or Rules()).mark(cells, [(name, quantity) for quantity, _ in given]))
