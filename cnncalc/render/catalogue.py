"""The table of the built-in architectures."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.network import builtin_names, load
from cnncalc.render.table import Column, Row, Table


def catalogue() -> Table:
    """Every built-in architecture, family by family, in the order of the years."""
    columns = [
        Column("Family"),
        Column("Name"),
        Column("Year", True),
        Column("Input"),
        Column("# parameters", True),
        Column("MACs", True),
    ]
    return Table(columns, _rows())


def _rows() -> Iterator[Row]:
    networks = [(name, load(name)) for name in builtin_names()]
    first_year: dict[str, int] = {}
    for _, network in networks:
        family, year = network.document.family, network.document.year or 9999
        first_year[family] = min(year, first_year.get(family, 9999))
    networks.sort(
        key=lambda pair: (
            first_year[pair[1].document.family],
            pair[1].document.family,
            pair[1].document.year or 0,
        )
    )
    shown = None
    for name, network in networks:
        report = network.analyze()
        family = network.document.family
        inputs = " + ".join(
            "x".join(map(str, report.written(source.shape))) for source in report.graph.inputs
        )
        # the year is text, so that it is not written 2,015
        year = str(network.document.year or "")
        totals = report.totals
        yield Row([family if family != shown else "", name, year, inputs, totals.params, totals.macs])
        shown = family
