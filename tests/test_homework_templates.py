"""Templates: handed out, filled with the right answers, and marked, in every format."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from networks import each_network

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.built_in import builtin_names
from cnncalc.homework.answers import TOTAL
from cnncalc.homework.headings import quantity_of
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.readers.xlsx_sheet import openpyxl
from cnncalc.homework.sheets import read_sheet
from cnncalc.render.homework.sheet_template import Blanks, write

QUANTITIES = ("shape", "activation_size", "params", "connections", "macs", "flops")
Fill = Callable[[str, str], Any]


def answers(report: Report) -> Fill:
    """What is right for a label and a heading of a template, from the report and not from the key."""
    names = sorted((row.name for row in report.layers), key=len, reverse=True)

    def fill(label: str, heading: str) -> Any:
        quantity, label = str(quantity_of(heading)), label.strip("*'\" ").replace("\\", "")
        if label.lower() == TOTAL:
            summed = quantity in ("params", "connections", "macs", "flops")
            return getattr(report.totals, quantity) if summed else ""
        row = report[next(name for name in names if label.partition(" (")[0] == name)]
        return "x".join(map(str, row.output_shape)) if quantity == "shape" else getattr(row, quantity)

    return fill


def of_csv(path: Path, fill: Fill) -> None:
    heading, *rows = csv.reader(path.read_text("utf-8-sig").splitlines())
    filled = [[row[0], *(fill(row[0], each) for each in heading[1:])] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading, *filled])


def of_markdown(path: Path, fill: Fill) -> None:
    heading, rule, *lines = path.read_text("utf-8").splitlines()
    quantities = [part.strip() for part in heading.strip("| ").split("|")][1:]
    labels = [line.strip("| ").split("|")[0].strip() for line in lines]
    rows = [f"| {label} | {' | '.join(str(fill(label, each)) for each in quantities)} |" for label in labels]
    path.write_text("\n".join([heading, rule, *rows]), "utf-8")


def of_yaml(path: Path, fill: Fill) -> None:
    lines, label = path.read_text("utf-8").splitlines(), ""
    for at, line in enumerate(lines):
        if found := re.fullmatch(r"  (\S.*):", line):
            label = found[1]
        elif found := re.fullmatch(r"    (\w+):", line):
            lines[at] += f" {fill(label, found[1])}"
    path.write_text("\n".join(lines), "utf-8")


def of_json(path: Path, fill: Fill) -> None:
    sheet = json.loads(path.read_text("utf-8"))
    for label, row in sheet["answers"].items():
        row.update({quantity: fill(label, quantity) for quantity in row})
    path.write_text(json.dumps(sheet), "utf-8")


def of_spreadsheet(path: Path, fill: Fill) -> None:
    book = openpyxl().load_workbook(path)
    heading, *rows = book.active.iter_rows()
    for row in rows:
        for cell, head in zip(row[1:], heading[1:], strict=True):
            cell.value = fill(row[0].value, head.value)
    book.save(path)


FORMATS = {
    "csv": of_csv, "md": of_markdown, "yaml": of_yaml, "json": of_json, "xlsx": of_spreadsheet,
}  # fmt: skip


def round_trip(spec: str, suffix: str, folder: Path, layout: str) -> None:
    report = cnncalc.load(spec).analyze(layout=layout)
    path = folder / f"sheet.{suffix}"
    write(Blanks.of_layers(report, QUANTITIES), str(path), "table")
    FORMATS[suffix](path, answers(report))
    marked = mark_sheet(Key(report), read_sheet(path))
    assert marked.notes == []
    assert [answer for answer in marked.answers if answer.verdict != "right"] == []
    layers = [row for row in report.layers if not row.in_place]
    assert marked.marks == marked.out_of == len(layers) * len(QUANTITIES) + 4


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("layout", ["hwc", "chw"])
def test_a_template_filled_with_what_is_right_gets_all_marks(
    suffix: str, layout: str, tmp_path: Path
) -> None:
    round_trip("lenet5-1998", suffix, tmp_path, layout)


@pytest.mark.parametrize("name", each_network())
def test_the_template_of_every_architecture(name: str, tmp_path: Path) -> None:
    suffixes = [*FORMATS]
    number = builtin_names().index(name)
    round_trip(name, suffixes[number % len(suffixes)], tmp_path, ("hwc", "chw")[number // 5 % 2])


@pytest.mark.parametrize("suffix", FORMATS)
def test_names_that_a_format_takes_for_something_else(suffix: str, tmp_path: Path) -> None:
    names = ["null", "12", "-x", "1e3", "__x__", "yes", "conv_5", "conv5", "Conv-5", "layer", "0x10", "N"]
    spec = tmp_path / "names.yaml"
    layers = [f'  - conv: {{filters: {i + 2}, kernel: 3, name: "{name}"}}' for i, name in enumerate(names)]
    spec.write_text("\n".join(["input: 60x60x3", "layers:", *layers]))
    round_trip(str(spec), suffix, tmp_path, "hwc")
