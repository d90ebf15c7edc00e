"""Text that others wrote is text wherever it comes out: in every format, from every place where it comes in.

The texts steer a terminal, forge a row, begin a formula, a command, a link or a script, turn the direction of
writing, or are very long.
"""

import contextlib
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_formats import READERS

from cnncalc.cli import main
from cnncalc.export.formats import names as exports
from cnncalc.render.homework.quiz_files import FORMATS, PAPER
from cnncalc.render.writers import formats

pytestmark = pytest.mark.usefixtures("all_imported")
TEXTS = (
    "a\x1b[2J\x1b]0;owned\x07\x9b31m\r\nzoe,7,7\rzoe\n\nzoe  7 of 7",
    "\0\u202e\u2066\u2028\u2029\x85\ufeff\ud800\ufffe",
    # for pages, for Markdown and for LaTeX
    (
        "<script>alert(1)</script><img src=x onerror=alert(1)>"
        "![t](http://127.0.0.1/t.png)[x](javascript:1) https://127.0.0.1 www.a.b @zoe "
        "\\write18{id} $\\input{/a}$ % a@b.c"
    ),
    "=cmd|' /C calc'!A0",
    "\n\uff1d1+1",
    "@" + "x" * 10_000,
)
LONGEST = 6_000
"""The characters of a line at most: some shortened texts beside one another."""


def as_csv(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


def write(file: str, text: str) -> None:
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_bytes(text.encode("utf-8", "replace"))


# ---- where such text comes in: each writes its files, and gives the command


def spec_name(text: str) -> list[str]:
    write("net.json", json.dumps({"name": text, "input": "8x8x1", "layers": ["conv3-2", "relu"]}))
    return ["shapes", "net.json"]


def explained_name(text: str) -> list[str]:
    return ["explain", spec_name(text)[1]]


def model_names(text: str) -> list[str]:
    layers = [
        {"class_name": "InputLayer", "config": {"name": text, "batch_shape": [None, 8]}},
        {"class_name": "Dense", "config": {"name": text + "1", "units": 2}},
    ]
    config = {"name": text, "layers": layers}
    write("net.json", json.dumps({"class_name": "Sequential", "config": config, "keras_version": "3.0.0"}))
    return ["summary", "net.json"]


def cells(text: str) -> list[str]:
    write("s.csv", f"Layer,# Parameters,Shape\nCONV1,{as_csv(text)},{as_csv('1' + text)}\n")
    return ["check", "lenet5", "s.csv", "--explain", "--show-answers"]


def labels(text: str) -> list[str]:
    rows = "".join(f"{as_csv('CONV1 (' + text)},456\n{as_csv(text)},456\n" for _ in range(2))
    write("s/ann.csv", f"Layer,# Parameters,{as_csv(text)}\n{rows}CONV1,456,7\n")
    return ["grade", "lenet5", "s"]


def keys(text: str) -> list[str]:
    answers = {
        "CONV1": {"params": text, text: 3},
        text: 3,
        "POOL1": {"shape": [text, 14]},
        text + "2": {"params": 3},
    }
    write("s/ann.json", json.dumps({"answers": answers}))
    return ["grade", "lenet5", "s"]


def headings(text: str) -> list[str]:
    write("s/ann.md", f"| {text} | b |\n| --- | --- |\n| {text} | 4 |\n")
    write("s/bea.csv", f"{as_csv(text)},{as_csv('Parameters (' + text + ')')}\nCONV1,4\n")
    return ["grade", "lenet5", "s"]


def file_names(text: str) -> list[str]:
    name = re.sub("[/\0\ud800]", "_", text)[:150]
    write(f"s/{name}.csv", "Layer,# Parameters\nCONV1,4\n")
    write(f"s/{name}.yaml", "{")
    write(f"s/{name}.zip", "")
    return ["grade", "lenet5", "s"]


PLACES = [spec_name, explained_name, model_names, cells, labels, keys, headings, file_names]


def told(*arguments: str) -> tuple[str, str]:
    """What a command prints, and what it prints as errors."""
    out, error = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(error),
        pytest.raises(SystemExit) as stopped,
    ):
        main(arguments)
    assert stopped.value.code in (0, 1, 2)
    assert "internal" not in error.getvalue()
    return out.getvalue(), error.getvalue()


def hold(text: str, what: str) -> None:
    """Holds a text to what a terminal and an editor may be given."""
    for line in text.removeprefix("\ufeff").removesuffix("\n").split("\n"):
        assert line.isprintable(), f"{what}: {line!r}"
        assert len(line) <= LONGEST or what.startswith("json"), f"{what}: {len(line)} characters"
    text.encode()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize(
    "format",
    [
        pytest.param(name, marks=() if name in ("table", "html", "markdown") else pytest.mark.slow)
        for name in formats()
    ],
)
def test_foreign_text_is_text(
    place: Callable[[str], list[str]], format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, text in enumerate(TEXTS):
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        out, error = told(*place(text), "--format", format)
        what = f"{format} of {text[:20]!r}"
        hold(error, what)
        if out:
            hold(out, what)
            READERS.get(format, str)(out)


@pytest.mark.parametrize(
    "place", [cells, labels, keys, headings, file_names], ids=lambda place: place.__name__
)
def test_foreign_text_is_text_in_what_a_class_gets(
    place: Callable[[str], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, text in enumerate(TEXTS):
        place(text)
        if place is cells:
            write("s/ann.csv", Path("s.csv").read_text("utf-8"))
        for file in Path("s").iterdir():
            if file.stem in ("ann", "bea"):  # the others are called by the text itself
                file.rename(file.with_stem(f"{file.stem}{number}"))
    for format in formats():
        told("grade", "lenet5", "s", "--feedback", format, "--feedback-format", format, "--show-answers")
        for file in Path(format).iterdir():
            # one that can't be marked has no table, which is all that CSV has
            if given := file.read_text("utf-8"):
                hold(given, f"feedback in {format}: {file.name!r}")
                READERS.get(format, str)(given)
    told("grade", "lenet5", "s", "--csv", "m.csv", "--gradescope", "g")
    hold(Path("m.csv").read_text("utf-8"), "marks")
    rows = READERS["csv"](Path("m.csv").read_text("utf-8-sig"))
    assert len(TEXTS) <= len(rows) < 20_000 * len(TEXTS)
    for file in Path("g").rglob("*.json"):
        hold(file.read_text("utf-8"), "json of Gradescope")
        assert all(line.isprintable() for line in json.loads(file.read_text("utf-8"))["output"].split("\n"))


@pytest.mark.parametrize("format", sorted({*FORMATS} - {PAPER}))
def test_names_in_a_quiz_are_text(format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    readers: dict[str, Callable[[str], Any]] = {
        **READERS,
        "moodle": lambda text: ET.fromstring(text.encode()),  # noqa: S314 - of our own making
    }
    for text in TEXTS:
        write("names.txt", text)
        _, error = told("quiz", "--students", "names.txt", "--format", format, "-o", "q", "--count", "1")
        hold(error, f"names in {format}")
    assert "more than 200 characters" in error
    for file in Path("q").iterdir():
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                texts = [archive.read(name).decode() for name in archive.namelist()]
        else:
            texts = [file.read_text("utf-8")]
        for text in texts:
            hold(text.replace("\t", " ") if format == "blackboard" else text, f"{file.name} in {format}")
            readers.get(format, str)(text)


def test_r_runs_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a `r system('id') #` ```{r} x"
    Path("net.yaml").write_text(json.dumps({"name": name, "input": "8x8x3", "layers": ["conv3-4"]}))
    for kind in ("choice", "number", "table"):
        assert told("quiz", "net.yaml", "--type", kind, "--format", "rexams", "-o", "q.zip")[1] == ""
        with zipfile.ZipFile("q.zip") as archive:
            texts = [archive.read(each).decode() for each in archive.namelist()]
        assert texts
        assert not any("`" in text for text in texts)
        assert any("&#96;r system" in text for text in texts)


def test_a_spreadsheet_takes_no_name_for_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("openpyxl")
    monkeypatch.chdir(tmp_path)
    for text in TEXTS:
        _, error = told("check", model_names(text)[1], "--template", "-o", "t.xlsx")
        assert error == ""
        for row in library.load_workbook("t.xlsx").active.iter_rows():
            assert all(cell.data_type != "f" and str(cell.value).isprintable() for cell in row)


def test_errors_show_no_more_than_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in TEXTS:
        for spec in (
            {text: 1, "layers": ["relu"], "input": text},
            {"input": "8x8x1", "layers": [text, {text: {text: text}}, {"conv": {"filters": text, text: 1}}]},
            {
                "input": {text: "8x8x1"},
                "variables": {text: text},
                "blocks": {text: {"layers": [text]}},
                "layers": text,
            },
            {
                "input": "8",
                "layers": [{"add": text}, {"repeat": {"times": text, "layers": [text]}}],
                "expect": {text: {text: 1}},
            },
        ):
            write("net.json", json.dumps(spec))
            for format in ("table", "json"):
                out, error = told("shapes", "net.json", "--format", format)
                hold(error, f"{format} of {text[:20]!r}")
                assert error
                assert out == ""


def test_the_same_spreadsheet_is_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("openpyxl")
    monkeypatch.chdir(tmp_path)
    for name in ("a.xlsx", "b.xlsx"):
        told("check", "lenet5", "--template", "-o", name)
        # the times of an archive are told in steps of two seconds
        monkeypatch.setattr("time.localtime", lambda *_: (2031, 2, 3, 4, 5, 6, 0, 0, 0))
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    assert library.load_workbook("a.xlsx").active["A2"].value == "CONV1 (f=5, s=1)"


@pytest.mark.parametrize("to", exports())
def test_foreign_text_is_text_where_a_network_is_exported(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in TEXTS:
        for place in (spec_name, model_names):
            file = place(text)[1]
            out, error = told("export", file, "--to", to)
            hold(out, f"{to} of {text[:20]!r}")
            hold(error, f"{to} of {text[:20]!r}")
            assert out or error


def test_foreign_text_is_text_in_a_spec_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in TEXTS:
        for place in (spec_name, model_names):
            out, error = told("convert", place(text)[1])
            hold(out, f"the spec of {text[:20]!r}")
            hold(error, f"the spec of {text[:20]!r}")
            assert out or error
