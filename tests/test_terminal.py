"""Tables on a terminal: columns that can be spared go first, and numbers are never cut."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

import cnncalc
from cnncalc import cli
from cnncalc.analysis.bounds import Bounds
from cnncalc.analysis.devices import find
from cnncalc.analysis.report import Report
from cnncalc.analysis.training import training_memory
from cnncalc.languages import Language, english
from cnncalc.render.document import Column, Document, Paragraph, Row, Table
from cnncalc.render.explained.sections import solution_document
from cnncalc.render.reports.bounds import bounds_document
from cnncalc.render.reports.comparison import comparison
from cnncalc.render.reports.cost import cost_document
from cnncalc.render.reports.memory import run_document
from cnncalc.render.reports.report_tables import SPARE, View, report_document
from cnncalc.render.reports.training_memory import memory_document as training_document
from cnncalc.render.terminal import Writer


def drawn(document: Document, language: Language | None = None, **console: Any) -> str:
    """What a document looks like on a terminal."""
    file = StringIO()
    drawing = Writer(language or english(), Console(file=file, **console))
    file.writelines(drawing.pieces(document))
    return file.getvalue()


def shown(width: int, network: str = "vgg16") -> str:
    return drawn(cost_document(cnncalc.load(network).analyze()), width=width, no_color=True)


@pytest.mark.parametrize(
    ("width", "headings", "left_out"),
    [
        (140, ["Layer", "MACs", "FLOPs", "Time", "Space", "Of", "space"], ""),
        (96, ["Layer", "MACs", "Time", "Space", "Of", "space"], "no room for FLOPs: make the window wider"),
        (80, ["Layer", "MACs", "Time", "Space"], "no room for FLOPs, Of space: make"),
    ],
)
def test_columns_that_can_be_spared_go_first(width: int, headings: list[str], left_out: str) -> None:
    out = shown(width)
    assert headings in [line.split() for line in out.splitlines()]
    assert left_out in "\n".join(line.rstrip() for line in out.splitlines())
    assert all(len(line) <= width for line in out.splitlines())
    assert "15,470,264,320" in out


@pytest.mark.parametrize(
    ("document", "headings", "told"),
    [
        (
            lambda report, view: training_document(report, training_memory(report), view),
            "Layer Weights Kept Gradient",
            "no room for Optimizer, Their gradients: make the window",
        ),
        (run_document, "Layer Bytes Alive In place", "no room for Weight bytes: type cnncalc summary"),
        (
            # the FLOPs and bytes of a bound are no columns of summary
            lambda report, view: bounds_document(Bounds(report, find("t4")), view),
            "Layer least Of the time Waits for peak",
            "no room for FLOPs, Bytes moved, FLOPs/byte: make the window",
        ),
    ],
)
def test_costs_of_a_large_batch_are_tables_on_eighty_columns(
    document: Callable[[Report, View], Document], headings: str, told: str
) -> None:
    report = cnncalc.load("resnet50").analyze(256)
    view = View(depth=1, command="cnncalc summary resnet50 --columns name,")
    out = drawn(document(report, view), width=80, no_color=True)
    assert headings in [" ".join(line.split()) for line in out.splitlines()]
    assert told in " ".join(out.split())


def test_numbers_are_never_cut() -> None:
    out = shown(34)
    assert "conv1 (f=3, s=1, p=same)\n  MACs      86,704,128\n" in out
    assert "Total\n  MACs      15,470,264,320\n" in out


@pytest.mark.parametrize("no_color", [False, True])
def test_what_is_bad_is_red_where_there_is_colour(no_color: bool) -> None:
    rows = [Row(["wrong one"], tone="bad"), Row(["right one"])]
    document = Document([Table([Column("a", called="A")], rows)])
    lines = drawn(
        document, width=80, no_color=no_color, force_terminal=True, color_system="standard"
    ).splitlines()
    red = [any("\x1b[31m" in line for line in lines if word in line) for word in ("wrong", "right")]
    assert red == [not no_color, False]


@pytest.mark.parametrize(("width", "tables"), [(140, 1), (100, 3), (80, 4), (60, 5)])
def test_networks_are_compared_side_by_side_on_every_terminal(width: int, tables: int) -> None:
    names = ["vgg16", "resnet50", "mobilenet-v2", "densenet121", "googlenet"]
    out = drawn(comparison(names, [cnncalc.load(name).analyze() for name in names]), width=width)
    assert all(len(line) <= width for line in out.splitlines())
    assert len(re.findall(r"^ ─+ *$", out, re.MULTILINE)) == tables
    assert len(re.findall(r"^ resnet50 ", out, re.MULTILINE)) == (tables if tables > 1 else 0)
    for number in ("25,557,032 (x0.185)", "300,774,272 (x0.0194)", "1,167,810,784"):
        assert number in out


def test_numbers_that_no_column_has_room_for_are_listed() -> None:
    networks = [cnncalc.load(name).analyze() for name in ("vgg16", "resnet50")]
    out = drawn(comparison(["vgg16", "resnet50"], networks), width=30)
    assert "  resnet50  4,089,184,256 (x0.264)\n" in out


def test_on_a_terminal_quantities_stand_apart_under_bold_heads_with_their_results_marked() -> None:
    document = solution_document(cnncalc.load("lenet5").explain("CONV1").data)
    out = drawn(document, width=80, force_terminal=True, color_system="standard")
    assert "\n\n\x1b[1m  parameters: \x1b[0m\x1b[1;36m456\x1b[0m\n" in out
    assert "= 76*6 = \x1b[1;36m456\x1b[0m\n" in out


def test_a_list_leaves_out_what_is_empty() -> None:
    columns = [Column("a", called="A"), Column("long", True, called="Long")]
    table = Table(columns, [Row(["x", None], 1), Row(["y", 10**40])], "T")
    number = f"{10**40:,}"
    assert drawn(Document([table, Paragraph("C")]), width=50) == f"T\n  x\ny\n  Long  {number}\nC\n"


def test_a_table_of_everything_is_a_table_also_on_eighty_columns() -> None:
    document = report_document(
        cnncalc.load("lenet5").analyze(),
        ["name", "shape", "size", "params", "connections", "macs", "rf"],
        View(command="cnncalc summary lenet5 --columns name,"),
        spare=SPARE,
        everything=True,
        with_input=True,
    )
    out = [line.rstrip() for line in drawn(document, width=80, no_color=True).splitlines()]
    assert " CONV1 (f=5, s=1)  (28, 28, 6)          456      357,504  352,800     5" in out
    at = out.index("no room for Of MACs, Activation size: type cnncalc summary lenet5 --columns")
    assert out[at + 1] == "name,macs_share,activation_size"


def test_only_headings_wider_than_what_stands_under_them_are_folded() -> None:
    table = Table(
        [Column("a", called="A"), Column("in_all", True, called="in all"), Column("speaks_of")],
        [Row(["x", 5, "y " * 30])],
    )
    out = [line.split() for line in drawn(Document([table]), width=40, no_color=True).splitlines()]
    assert out[1:3] == [["in"], ["A", "all", "what", "it", "speaks", "of"]]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_a_long_table_fits_its_terminal(width: int) -> None:
    report = cnncalc.load("resnet50").analyze()
    view = View(command="cnncalc summary resnet50 --columns name,")
    columns = ["shape", "size", "params", "connections", "macs", "rf"]
    view = View(command="cnncalc summary resnet50 --columns name,")
    document = report_document(report, columns, view, spare=SPARE, everything=True)
    lines = drawn(document, width=width).splitlines()
    # a command to be typed is never broken within a word
    assert all(len(line) <= width or line.startswith("name,") for line in lines)
    assert len(lines) < 100
    text = " ".join(" ".join(lines).split())
    assert "× n: the sums of n equal units" in text
    assert "--all: a row for each of the 174 layers" in text


def test_a_name_that_is_broken_hangs_under_its_branch() -> None:
    rows = [Row(["conv1 (f=3, s=1, p=1) bn relu", 5], 2, goes_on=(True, False)), Row(["add1", 0], 1)]
    table = Table([Column("layer"), Column("macs", True)], rows)
    lines = [line.rstrip() for line in drawn(Document([table]), width=36, no_color=True).splitlines()]
    assert " │ └ conv1 (f=3, s=1, p=1)     5" in lines
    assert " │     bn relu" in lines


def test_a_zero_of_a_layer_is_a_faint_dot_and_kinds_have_colours() -> None:
    document = report_document(cnncalc.load("lenet5").analyze(), ["params"])
    out = drawn(document, width=80, force_terminal=True, color_system="standard")
    assert "\x1b[33mPOOL1\x1b[0m" in out
    assert re.search(r"\x1b\[2m +·\x1b", out)


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    ("verb", "asked", "spared"),
    [("connections", "15,489,942,504", "Activation shape"), ("params", "138,357,544", "Trainable")],
)
def test_what_a_verb_is_for_is_never_left_out(
    verb: str, asked: str, spared: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = _Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit):
        cli.main([verb, "vgg16", "--no-pager", "--no-color"])
    told = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    (total,) = (line.split() for line in told.splitlines() if line.startswith(" Total"))
    assert asked in total
    assert f"no room for {spared}" in told


@pytest.mark.parametrize(
    ("columns", "line"), [(60, "\n      1.7 MiB"), (80, "  as the layers stand        1.7 MiB")]
)
def test_the_texts_of_a_list_hang_under_where_they_begin(columns: int, line: str) -> None:
    text = drawn(run_document(cnncalc.load("alexnet").analyze(), View()), width=columns)
    assert line in text
    # the second line of the text, at the column of the first
    column = line.index("1.7") - line.startswith("\n")
    assert f"\n{' ' * column}(1,161,600)" in text
    assert max(map(len, text.splitlines())) <= columns
