"""The variants of a network, a row for each."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from cnncalc.analysis.sums import as_json
from cnncalc.figures import Plotted, scatter
from cnncalc.figures.scene import Scene
from cnncalc.languages import Joined, Language, Message, english
from cnncalc.languages.errors import ErrorText
from cnncalc.number_text import told_seconds
from cnncalc.quantity import Quantity
from cnncalc.render.document import Column, Document, Row, Shown, Table
from cnncalc.render.json_text import json_text
from cnncalc.solve import Measured, Order, front


def sweep_document(
    network: str,
    rows: Sequence[Measured],
    quantities: Sequence[Quantity],
    orders: Sequence[Order] = (),
    *,
    front_only: bool = False,
    beyond: int = 0,
) -> Document:
    """The numbers of variants, sorted by `orders`; with two or more, which variants no other beats.

    `beyond` are the variants beyond the limits, which no row is of.
    """
    points = _points(rows, quantities, orders)
    best = front(points) if len(orders) > 1 else [False] * len(rows)
    # variants with faults come last
    numbers = (
        sorted(range(len(rows)), key=lambda n: (points[n] is None, points[n] or []))
        if orders
        else range(len(rows))
    )
    shown = [(rows[n], best[n]) for n in numbers if best[n] or not front_only]
    table, csv = (
        _table(
            network, shown, quantities, fronts=len(orders) > 1 and not front_only, data=data, beyond=beyond
        )
        for data in (False, True)
    )
    return Document([table], lambda: _json(network, shown, quantities, fronts=len(orders) > 1), csv=csv)


def _points(
    rows: Sequence[Measured], quantities: Sequence[Quantity], orders: Sequence[Order]
) -> list[list[Any] | None]:
    """What variants are compared by: less is better; None for a variant with faults."""
    at = [quantities.index(order.quantity) for order in orders]
    return [
        None
        if row.values is None
        else [order.key(row.values[n]) for order, n in zip(orders, at, strict=True)]
        for row in rows
    ]


def plotted(
    network: str,
    rows: Sequence[Measured],
    quantities: Sequence[Quantity],
    orders: Sequence[Order],
    language: Language,
) -> Scene:
    """The variants by the first two of `orders`, and those that no other beats."""
    points = _points(rows, quantities, orders[:2])
    found = [
        Plotted(abs(point[0]), abs(point[1]), _name(row), best)
        for row, point, best in zip(rows, points, front(points), strict=True)
        if point is not None
    ]
    x, y = (
        language.tell(heading(order.quantity)) + " (s)" * (order.quantity.unit == "seconds")
        for order in orders[:2]
    )
    told = Message(
        "sweep.plot", count=f"{len(found):,}", best=f"{sum(each.best for each in found):,}", x=x, y=y
    )
    return scatter(found, (x, y), network, language.tell(told))


def _name(row: Measured) -> str:
    """A variant by its values: width=0.5, 128x128x3."""
    values = [f"{name}={value}" for name, value in row.variables.items()]
    return ", ".join([*values, *([_input(row.input)] if row.input is not None else [])])


def heading(quantity: Quantity) -> str:
    """The heading of a quantity's column; the name that comparisons have for what networks alone have."""
    key = f"heading.{quantity.name}"
    return Message(key if english().has(key) else f"compare.{quantity.name}")


def _table(
    network: str,
    shown: Sequence[tuple[Measured, bool]],
    quantities: Sequence[Quantity],
    *,
    fronts: bool,
    data: bool,
    beyond: int,
) -> Table:
    """The table for people, where a column without a word in it is left out, or that for programs."""
    faulty = sum(row.values is None for row, _ in shown)
    inputs = any(row.input is not None for row, _ in shown)
    names = list(shown[0][0].variables) if shown else []
    columns = [Column(name, True, called=name) for name in names]
    columns += [Column("input")] * inputs
    columns += [Column(quantity.name, True, called=heading(quantity)) for quantity in quantities]
    columns += [Column("front", called=Message("heading.front"))] * fronts
    columns += [Column("error", called=Message("heading.error"))] * (data or faulty > 0)
    rows = []
    for row, best in shown:
        cells = [*row.variables.values(), *[_input(row.input)] * inputs]
        cells += [None] * len(quantities) if row.values is None else map(cell, quantities, row.values)
        cells += [Message("sweep.best") if best else None] * fronts
        if data or faulty:
            cells.append(_told(row) if row.values is None else None)
        rows.append(Row(cells, tone="bad" if row.values is None else ""))
    said = [Message("sweep.count.one" if len(shown) == 1 else "sweep.count", count=f"{len(shown):,}")]
    if faulty:
        said.append(Message("sweep.faulty", count=f"{faulty:,}"))
    if beyond:
        said.append(Message("sweep.beyond", count=f"{beyond:,}"))
    return Table(columns, rows, network, subtitle=Joined(said))


def cell(quantity: Quantity, value: Any) -> Any:
    """A number of a network as a cell: times for people, with the seconds as data."""
    if quantity.unit == "seconds" and value is not None:
        return Shown(told_seconds(value), value)
    return float(value) if isinstance(value, Fraction) else value


def _input(input: Any) -> str:
    """An input as it is typed."""
    if isinstance(input, Mapping):
        return Joined(f"{name}={shape}" for name, shape in input.items())
    return "" if input is None else str(input)


def _told(row: Measured) -> str:
    """The first fault, and how many more there are."""
    first, *others = row.faults
    fault = ErrorText(first.message)
    return Message("sweep.more", fault=fault, count=len(others)) if others else fault


def _json(
    network: str, shown: Sequence[tuple[Measured, bool]], quantities: Sequence[Quantity], *, fronts: bool
) -> Iterator[str]:
    each = []
    for row, best in shown:
        told: dict[str, Any] = {"variables": dict(row.variables)}
        if row.input is not None:
            told["input"] = row.input
        if row.values is None:
            told["faults"] = [{"code": fault.code, "message": fault.message} for fault in row.faults]
        else:
            told |= {
                quantity.name: as_json(value) for quantity, value in zip(quantities, row.values, strict=True)
            }
            if fronts:
                told["front"] = best
        each.append(told)
    yield json_text({"network": network, "variants": each}, indent=1)
