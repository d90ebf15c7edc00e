"""Sheets made to take much time or room, or to break a reader: each is told in one error, or is marked.

The operating system gives each little time and room; what passes them is told so, and fails the test.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from office import ODS, archive, cell, document, in_word, open_document, row, worksheet

import cnncalc
from cnncalc import budget
from cnncalc.errors import CnncalcError
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sheets import read_sheet

PLAIN = "Layer,Params\nCONV1,456\n"
ENTITIES = "<!DOCTYPE a [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
)
ELSEWHERE = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


def damaged(name: str, text: str, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive whose file is packed in another way than it says."""
    data, after = archive({name: text}, packed), name.encode()
    at = data.index(after) + len(after)
    return data[:at] + bytes(byte ^ 255 for byte in data[at : at + 5]) + data[at + 5 :]


def notebook(cells: Any) -> bytes:
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def shown(html: str, times: int = 1) -> bytes:
    return notebook([{"cell_type": "code", "outputs": [{"data": {"text/html": html}}] * times}])


def nested(times: int) -> bytes:
    data: str | bytes = PLAIN
    for _ in range(times):
        data = archive({"a.csv": data})
    assert isinstance(data, bytes)
    return data


WIDE = "<w:gridSpan w:val='999999999'/>"
COLUMNS = ' table:number-columns-repeated="{}"'
ROWS = ' table:number-rows-repeated="{}"'
FAR = worksheet(
    row("<table:table-cell/>", ROWS.format(1048575))
    + row(f"<table:table-cell{COLUMNS.format(16383)}/>" + cell("x"))
)
BLANKS = '<text:s text:c="2000000000"/>'
BRACKETS = f"{'(' * 140}1{')' * 140}"
TABULAR = r"\begin{tabular}"
SHEETS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a cell over very many columns": (
        "a.docx",
        lambda: document(f"<w:tr>{in_word('x', WIDE)}</w:tr>"),
        "no heading",
    ),
    "cells that go on for ever": (
        "a.docx",
        lambda: document(f"<w:tr>{in_word('', '<w:vMerge/>')}</w:tr>" * 9000),
        "rows",
    ),
    "many cells": (
        "a.docx",
        lambda: document(f"<w:tr>{in_word('x') * 200}</w:tr>" * 400),
        "more than 50,000 cells",
    ),
    "entities of entities": (
        "a.docx",
        lambda: document(f"<w:tr>{in_word('&a11;')}</w:tr>", ENTITIES),
        "is not a document",
    ),
    "a file elsewhere": (
        "a.docx",
        lambda: document(f"<w:tr>{in_word('&x;')}</w:tr>", ELSEWHERE),
        "no heading",
    ),
    "tables without anything": ("a.docx", lambda: document("</w:tbl><w:tbl>" * 600_000), "1,000,000 tags"),
    "repeated columns": (
        "a.ods",
        lambda: open_document(worksheet(row(cell("x", COLUMNS.format(2 * 10**9))))),
        "columns",
    ),
    "repeated rows": (
        "a.ods",
        lambda: open_document(worksheet(row(cell("x"), ROWS.format(2 * 10**9)))),
        "rows",
    ),
    "a cell far away": ("a.ods", lambda: open_document(FAR), "stops the program"),
    "very many blanks": ("a.ods", lambda: open_document(worksheet(row(cell(BLANKS)))), "stops the program"),
    "tables in tables": (
        "a.ods",
        lambda: open_document('<table:table table:name="a">' * 200_000),
        "200 worksheets",
    ),
    "entities in LibreOffice": (
        "a.ods",
        lambda: open_document(worksheet(row(cell("&a11;"))), ENTITIES),
        "is not a spreadsheet",
    ),
    "nothing of LibreOffice": ("a.ods", lambda: archive({"mimetype": ODS}), "not a"),
    "archives in archives": ("a.zip", lambda: nested(200), "an archive in an archive"),
    "a bomb": (
        "a.zip",
        lambda: archive({f"{n}.csv": bytes(8 * 2**20 - 1) for n in range(20)}),
        "no heading",
    ),
    "a damaged archive": ("a.zip", lambda: damaged("a.csv", PLAIN * 100), "not an archive"),
    "a damaged archive of LZMA": (
        "a.zip",
        lambda: damaged("a.csv", PLAIN * 99, zipfile.ZIP_LZMA),
        "not an archive|memory",
    ),
    "a damaged kind": ("a.ods", lambda: damaged("mimetype", "x" * 500), "not an archive"),
    "outputs that are a number": (
        "a.ipynb",
        lambda: notebook([{"outputs": 5}, {"outputs": True}]),
        "no heading",
    ),
    "cells that are a mapping": ("a.ipynb", lambda: notebook({"a": 1}), "no heading"),
    "tables that are shown often": (
        "a.ipynb",
        lambda: shown("<table><tr><td>x</table>", 40_000),
        "500 tables",
    ),
    "tables in tables of a notebook": (
        "a.ipynb",
        lambda: shown("<table><tr><td rowspan=50 colspan=50>" * 4000, 50),
        "500 tables",
    ),
    "columns in HTML": ("a.html", lambda: b"<table><tr>" + b"<td>1" * 1_500_000, "100,000 tags"),
    "rows in HTML": ("a.html", lambda: b"<table>" + b"<tr><td>1<td>2" * 500_000, "100,000 tags"),
    "powers in HTML": ("a.html", lambda: b"<table><tr><td>" + b"<sup>9" * 1_000_000, "100,000 tags"),
    "tables in HTML": ("a.html", lambda: b"<table><tr><td>Layer<td>Params</table>" * 20_000, "tables"),
    "tables that do not end": ("a.tex", lambda: TABULAR.encode() * 400_000, "no heading"),
    "tables that end at the end": ("a.tex", (TABULAR * 400_000 + r"\end{tabular}").encode, "no heading"),
    "lines of LaTeX": ("a.tex", (TABULAR + "{l}" + r"\\" * 3_000_000).encode, "5,000 rows"),
    "cells of LaTeX": ("a.tex", (TABULAR + "{l}" + "&" * 3_000_000).encode, "256 columns"),
    "bars": ("a.md", lambda: b"|" * 7_000_000, "heading|columns"),
    "signs before signs": ("a.md", lambda: b"|" + b"\\" * 3_000_000 + b"|", "no heading"),
    "cells of Markdown": ("a.md", lambda: (b"|**a**" * 250 + b"|\n") * 5000, "50,000 cells"),
    "labels of no layers": (
        "a.csv",
        lambda: "\n".join([PLAIN, *(f"CONV{n} (a,b) x{n},1" for n in range(19_000))]).encode(),
        "rows",
    ),
    "deep arithmetic": ("a.csv", (PLAIN + f"CONV1,{BRACKETS}\n" * 19_000).encode, "rows"),
}


@pytest.fixture(scope="module")
def key() -> Key:
    return Key(cnncalc.load("lenet5").analyze())


@pytest.mark.parametrize("what", SHEETS)
def test_a_hostile_sheet_is_refused_in_no_time(what: str, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("docx")
    pytest.importorskip("python_calamine")
    monkeypatch.setattr(budget, "SECONDS", 2)
    monkeypatch.setattr(budget, "ROOM", 400 * 2**20)
    name, made, told = SHEETS[what]
    data = made()
    with pytest.raises((CnncalcError, budget.OverBudgetError), match=told) as raised:
        budget.within_budget(lambda: mark_sheet(key, read_sheet(name, data)))
    assert len(getattr(raised.value, "faults", "1")) == 1


def test_check_has_the_budget_that_grade_has(tmp_path: Path) -> None:
    """A library that ends the program costs one located error."""
    pytest.importorskip("python_calamine")
    sheet = tmp_path / "far.ods"
    sheet.write_bytes(open_document(FAR))
    command = [sys.executable, "-m", "cnncalc", "check", "lenet5", str(sheet)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "far.ods: error[bad_sheet]: stops the program that reads it" in done.stderr
    assert len(done.stderr.splitlines()) == 1
