"""Tables on a terminal: columns that can be spared go first, and numbers are never cut."""

from io import StringIO

import pytest
from rich.console import Console

import cnncalc
from cnncalc.render.cost import cost_table
from cnncalc.render.rich_table import show
from cnncalc.render.stacked_table import lines
from cnncalc.render.table import Column, Row, Table


def shown(width: int, network: str = "vgg16") -> str:
    table = cost_table(cnncalc.load(network).analyze(), depth=None, format="table")
    console = Console(file=StringIO(), width=width, no_color=True)
    show(table, list(table.rows), console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("width", "headings", "left_out"),
    [
        (140, ["Layer", "MACs", "FLOPs", "Time", "Space", "Of", "space"], ""),
        (96, ["Layer", "MACs", "Time", "Space", "Of", "space"], "no room for FLOPs\n"),
        (80, ["Layer", "MACs", "Time", "Space"], "no room for FLOPs and Of space"),
    ],
)
def test_columns_that_can_be_spared_go_first(width: int, headings: list[str], left_out: str) -> None:
    out = shown(width)
    assert out.splitlines()[2].split() == headings
    assert left_out in "\n".join(line.rstrip() for line in out.splitlines())
    assert all(len(line) <= width for line in out.splitlines())
    assert "15,470,264,320" in out


def test_numbers_are_never_cut() -> None:
    out = shown(50)
    assert "conv1 (f=3, s=1, p=same)\n  MACs      86,704,128\n" in out
    assert "Total\n  MACs      15,470,264,320\n" in out


def test_a_list_leaves_out_what_is_empty() -> None:
    table = Table(
        [Column("A"), Column("Long", True)], [Row(["x", None], 1), Row(["y", 1000])], "T", None, "C"
    )
    assert "".join(lines(table)) == "T\n  x\ny\n  Long  1,000\nC\n"
