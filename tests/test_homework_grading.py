"""A class: names, sheets of one student, sheets that can't be read, and what is written."""

import csv
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Rules
from cnncalc.homework.grading import Statistics, grade, submissions
from cnncalc.homework.key import Key

RIGHT = "Layer,Params\nCONV1,456\nPOOL1,0\nCONV2,2416\nPOOL2,0\nFC3,48120\nFC4,10164\nSoftmax,850\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sheets = tmp_path / "sheets"
    (sheets / "Li Si_123_assignsubmission_file_").mkdir(parents=True)
    (sheets / "ann.csv").write_text(RIGHT)
    (sheets / "bob.csv").write_text(RIGHT.replace("456", "450").replace("850", "840"))
    (sheets / "bob.md").write_text("| Layer | Params |\n|---|---|\n| CONV1 | 1 |\n")
    os.utime(sheets / "bob.md", (1, 1))
    (sheets / "cyd.xlsx").write_bytes(b"not a spreadsheet")
    (sheets / "dee.csv").write_bytes(RIGHT.encode("utf-16"))
    (sheets / "Li Si_123_assignsubmission_file_" / "sheet.csv").write_text(RIGHT.replace("0164", "0080"))
    (sheets / "~$cyd.xlsx").write_text("lock")
    (sheets / ".hidden.csv").write_text(RIGHT)
    (sheets / "notes.pdf").write_text("no sheet")
    return sheets


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cnncalc", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_names_from_files_and_folders(folder: Path) -> None:
    found = {each.student: [path.name for path in (each.path, *each.others)] for each in submissions(folder)}
    assert found == {
        "Li Si_123_assignsubmission_file_": ["sheet.csv"], "ann": ["ann.csv"], "bob": ["bob.csv", "bob.md"],
        "cyd": ["cyd.xlsx"], "dee": ["dee.csv"],
    }  # fmt: skip


def test_each_is_marked_and_a_broken_sheet_costs_one(folder: Path) -> None:
    statistics = Statistics()
    marks = {}
    for each in grade(Key(cnncalc.load("lenet5").analyze()), submissions(folder), Rules()):
        statistics.add(each)
        marks[each.student.partition("_")[0]] = (int(each.marks), bool(each.problem), bool(each.notes))
    assert marks == {
        "Li Si": (6, False, False), "ann": (7, False, False), "bob": (5, False, True),
        "cyd": (0, True, False),
        "dee": (7, False, False),
    }  # fmt: skip
    assert (statistics.students, statistics.unreadable) == (5, 1)
    assert statistics.mean == Fraction(6 + 7 + 5 + 7, 4)
    ((slip, count),) = statistics.worst()
    assert (slip, count.answers, count.students, int(count.lost)) == ("no_bias", 3, 2, 3)


def test_the_verb(folder: Path, tmp_path: Path) -> None:
    done = run(
        "grade", "lenet5", folder, "--csv", tmp_path / "marks.csv", "--feedback", tmp_path / "feedback",
        "--gradescope", tmp_path / "scope", "--show-answers",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "no_bias" in done.stdout
    with (tmp_path / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert (rows["bob"]["marks"], rows["bob"]["out_of"], rows["bob"]["wrong"]) == ("5", "7", "2")
    assert rows["cyd"]["problem"]
    feedback = (tmp_path / "feedback" / "bob.md").read_text("utf-8")
    assert "5 of 7 marks" in feedback
    assert "the biases are left out" in feedback
    assert len(list((tmp_path / "feedback").iterdir())) == 5
    results = json.loads((tmp_path / "scope" / "bob" / "results.json").read_text("utf-8"))
    assert results["score"] == sum(test["score"] for test in results["tests"]) == 5
    assert {test["status"] for test in results["tests"]} == {"passed", "failed"}
    assert json.loads((tmp_path / "scope" / "cyd" / "results.json").read_text("utf-8"))["score"] == 0


def test_one_submission_as_gradescope_hands_it_over(tmp_path: Path) -> None:
    for text, score in ((RIGHT, 7), ("nothing", 0)):
        folder = tmp_path / f"submission{score}"
        folder.mkdir()
        (folder / "answers.csv").write_text(text)
        assert run("grade", "lenet5", folder, "--gradescope", tmp_path / "results").returncode == 0
        assert json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))["score"] == score
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("grade", "lenet5", empty, "--gradescope", tmp_path / "results").returncode == 2
    told = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
    assert told["score"] == 0
    assert "no answer sheet" in told["output"]


def test_feedback_in_html(folder: Path, tmp_path: Path) -> None:
    from html.parser import HTMLParser

    (folder / "<b>x&y.csv").write_text(RIGHT.replace("456", "<script>"))
    done = run(
        "grade", "lenet5", folder, "--feedback", tmp_path / "html", "--feedback-format", "html", "--explain"
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "_b_x_y.html").read_text("utf-8")
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.append(tag)

    Reader().feed(page)
    assert "table" in tags
    assert "script" not in tags
    assert "b" not in tags


def test_json_of_a_class(folder: Path) -> None:
    done = run("grade", "lenet5", folder, "--format", "json")
    told = json.loads(done.stdout)
    assert told["statistics"]["students"] == len(told["students"]) == 5
    assert told["statistics"]["slips"][0]["slip"] == "no_bias"


@pytest.mark.parametrize("arguments", [["grade", "lenet5"], ["grade", "lenet5", "no/such/folder"], ["grade"]])
def test_bad_input(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error:" in done.stderr


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(CnncalcError, match="no answer sheet"):
        submissions(tmp_path)
