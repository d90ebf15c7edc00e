"""A class: names, sheets of one student, sheets that can't be read, and what is written."""

import csv
import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import command
import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Marked, Rules
from cnncalc.homework.grading import Sheets, Statistics, asked_of_class, grade
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sheets import Sheet, read_sheet
from cnncalc.homework.students import submissions, whose

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
    (sheets / "README.md").write_text("no sheet")
    return sheets


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    return command.told(*arguments)


def marked(folder: Path, rules: Rules | None = None) -> tuple[Statistics, dict[str, Any]]:
    """The statistics of a folder held to LeNet-5, and what became of each student."""
    key, found = Key(cnncalc.load("lenet5").analyze()), submissions(folder)[0]
    asked = asked_of_class(key, found, rules or Rules(), sheets := Sheets(key, rules or Rules()))
    statistics, each = Statistics(asked), {}
    for one in grade(found, rules or Rules(), asked, sheets):
        statistics.add(one)
        each[one.student] = one
    return statistics, each


def test_names_from_files_and_folders(folder: Path) -> None:
    each, over = submissions(folder)
    found = {one.student: [path.name for path in (one.path, *one.others) if path] for one in each}
    assert found == {
        "Li Si": ["sheet.csv"], "ann": ["ann.csv"], "bob": ["bob.csv", "bob.md"],
        "cyd": ["cyd.xlsx"], "dee": ["dee.csv"],
    }  # fmt: skip
    assert over == ["README.md"]


@pytest.mark.parametrize(
    ("name", "student", "number"),
    [
        ("李 四_2201_assignsubmission_file_", "李 四", "2201"),
        ("Ann O'Hara_7_assignsubmission_file_my_sheet", "Ann O'Hara", "7"),
        ("haraann_123_456_sheet-1", "haraann", "123"),
        ("haraann_LATE_123_456_my_sheet", "haraann", "123"),
        ("Homework 1_ann7_attempt_2026-11-21-08-00-00_sheet", "ann7", ""),
        ("123-456 - Ann Hara - Nov 21, 2026 1059 AM", "Ann Hara", "123"),
        ("123-456 - Ann Hara - 21 November, 2026 10.59 - my sheet", "Ann Hara", "123"),
        ("Li Si_2201_assignsubmission_file", "Li Si", "2201"),
        ("Li Si_2201_assignsubmission_onlinetext", "Li Si", "2201"),
        ("haraann_LATE_123_text", "haraann", "123"),
        ("ann_hara", "ann_hara", ""),
        ("e\u0301va", "\u00e9va", ""),
    ],
)
def test_names_as_platforms_hand_them_over(name: str, student: str, number: str) -> None:
    assert whose(name)[:2] == (student, number)


PLATFORMS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "Moodle 4": (
        {
            "Li Si_7_assignsubmission_file/a.csv": RIGHT,
            "Bo_8_assignsubmission_onlinetext/onlinetext.html": "<table><tr><td>Layer<td>Params<tr><td>"
            + RIGHT.replace("Layer,Params\n", "").replace("\n", "<tr><td>").replace(",", "<td>")
            + "</table>",
            "Cy_9_assignsubmission_file/photo.jpg": "",
        },
        {"Li Si": "7", "Bo": "7", "Cy": "photo.jpg is a picture, and answers are not read from pictures"},
    ),
    "Gradescope": (
        {
            "submission_1/a.csv": RIGHT,
            "submission_2/b.csv": RIGHT,
            "submission_metadata.yml": "submission_1:\n  :submitters:\n  - :name: Li Si\n    :sid: '11'\n"
            "submission_2:\n  :submitters:\n  - :name: Bo\n  - :name: Cy\n",
        },
        {"Li Si": "7", "Bo": "7", "Cy": "7"},
    ),
    "Brightspace, handed in twice": (
        {
            "12-35 - Li Si - Nov 2, 2026 900 AM/a.csv": RIGHT.replace("456", "1"),
            "12-36 - Li Si - Nov 2, 2026 100 PM/a.csv": RIGHT,
            "13-37 - Bo - 30 November, 2026 1000/a.csv": RIGHT,
            "13-38 - Bo - 2 December, 2026 900/a.csv": RIGHT.replace("456", "1"),
        },
        {"Li Si": "7", "Bo": "6"},
    ),
    "Teams": (
        {"Li Si/HW/Version 2/a.csv": RIGHT, "Li Si/HW/Version 10/a.csv": RIGHT.replace("456", "1")},
        {"Li Si": "6"},
    ),
    "GitHub Classroom": (
        {
            "hw-ann/answers.csv": RIGHT,
            "hw-ann/README.md": "# Homework",
            "hw-ann/package.json": '{"name": "hw"}',
            "hw-ann/requirements.txt": "numpy==2.0",
        },
        {"hw-ann": "7"},
    ),
    "nbgrader": ({"ann/hw/a.csv": RIGHT, "ann/hw/timestamp.txt": "2026-11-21 08:00"}, {"ann": "7"}),
    "Blackboard": (
        {
            "HW_ann_attempt_2026-11-21-08-00-00.txt": "Name: Ann\nFiles: a.csv",
            "HW_ann_attempt_2026-11-21-08-00-00_a.csv": RIGHT,
        },
        {"ann": "7"},
    ),
    "names of one's own": (
        {"ex_3_1_ada.csv": RIGHT, "ex_3_1_bo.csv": RIGHT, "ex_3_1_cy.pdf": ""},
        {"ada": "7", "bo": "7", "cy": "ex_3_1_cy.pdf is a PDF, which has no cells that can be read"},
    ),
    "a template and a torn file beside the sheet": (
        {"ann/1.csv": RIGHT, "ann/2.csv": "Layer,Params\nCONV1,\nPOOL1,\n", "ann/3.xlsx": "torn"},
        {"ann": "7"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLATFORMS)
def test_classes_as_platforms_hand_them_over(tmp_path: Path, name: str) -> None:
    files, expected = PLATFORMS[name]
    folder = tmp_path / "class"
    for at, (path, text) in enumerate(files.items()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
        # those that come later were changed later, but where the platform says which is the later
        said = name in ("Teams", "Brightspace, handed in twice")
        changed = 10**9 + 60 * (9 - at if said else at)
        os.utime(folder / path, (changed, changed))
    _, each = marked(folder, Rules(columns=("params",)))
    assert {name: one.problem or str(one.marks) for name, one in each.items()} == expected
    # what a repository has beside the sheet is no other sheet of the student
    assert name != "GitHub Classroom" or not any(one.notes for one in each.values())
    archive = shutil.make_archive(str(tmp_path / "class"), "zip", folder)
    done = run("grade", "lenet5", archive, "--columns", "params", "--csv", tmp_path / "marks.csv")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student"] for row in rows} == {*expected}
    assert all(not row["file"] or row["file"].startswith(archive) for row in rows)
    assert {row.get("id", "") for row in rows} == {
        "Moodle 4": {"7", "8", "9"},
        "Gradescope": {"11", ""},
        "Brightspace, handed in twice": {"12", "13"},
    }.get(name, {""})


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_an_old_archive_brought(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(bytes(tmp_path / "in" / "x"))[:-1] + os.fsdecode("李四\t.csv".encode("gbk"))).write_text(
        RIGHT
    )
    done = run(
        "grade", "lenet5", tmp_path / "in", "--csv", tmp_path / "m.csv", "--feedback", tmp_path / "out",
        "--gradescope", tmp_path / "scope",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "李四_ " in done.stdout
    assert (tmp_path / "m.csv").read_text("utf-8-sig").splitlines()[1].startswith("李四_,7,7,")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["李四_.md"]


def test_a_sheet_that_breaks_the_program_costs_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mark_sheet(_key: Any, sheet: Sheet, *_: Any) -> Marked:
        if "ann" in sheet.file:
            raise RecursionError
        return Marked([])

    monkeypatch.setattr("cnncalc.homework.grading.mark_sheet", mark_sheet)
    _, each = marked(folder)
    assert each["ann"].problem == "cnncalc stumbled over it: RecursionError"
    assert each["bob"].problem == ""


def test_namesakes_are_two_students_and_who_hands_in_no_sheet_is_one(tmp_path: Path) -> None:
    for name in ("Li Si_1_assignsubmission_file_", "Li Si_2_assignsubmission_file_"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(RIGHT)
    (tmp_path / "Bo_3_assignsubmission_file_").mkdir()
    (tmp_path / "Bo_3_assignsubmission_file_" / "scan.pdf").write_text("")
    (tmp_path / "cy_4_5_scan.pdf").write_text("")
    (tmp_path / "di.csv").symlink_to(tmp_path / "nowhere")
    _, each = marked(tmp_path)
    assert {name: (int(one.marks), int(one.out_of)) for name, one in each.items()} == {
        "Li Si (1)": (7, 7), "Li Si (2)": (7, 7), "Bo": (0, 7), "cy": (0, 7), "di": (0, 7),
    }  # fmt: skip
    assert each["Bo"].problem == "scan.pdf is a PDF, which has no cells that can be read"
    assert each["di"].problem == "di.csv can't be read: it is a link that leads nowhere"


def test_each_is_marked_and_a_broken_sheet_costs_one(folder: Path) -> None:
    statistics, each = marked(folder)
    found = {name: (int(one.marks), bool(one.problem), bool(one.notes)) for name, one in each.items()}
    assert found == {
        "Li Si": (6, False, False), "ann": (7, False, False), "bob": (5, False, True),
        "cyd": (0, True, False),
        "dee": (7, False, False),
    }  # fmt: skip
    assert (statistics.students, statistics.unreadable) == (5, 1)
    assert statistics.mean == Fraction(6 + 7 + 5 + 7, 4)
    ((slip, count),) = statistics.worst()
    assert (slip, count.answers, count.students, int(count.lost)) == ("no_bias", 3, 2, 3)


def test_a_class_is_asked_one_thing(tmp_path: Path) -> None:
    both = "Layer,Shape,Params\nCONV1,28x28x6,456\nTotal,,62006\n"
    for name in ("ann", "bob", "cyd"):
        (tmp_path / f"{name}.csv").write_text(both)
    # a column left away, and one that nobody asked for, with the activations beside
    (tmp_path / "dee.csv").write_text("Layer,Params\nCONV1,456\n")
    (tmp_path / "eve.csv").write_text("Layer,Shape,Params,MACs\nCONV1,28x28x6,456,1\nTotal,,62006,1\n")
    statistics, each = marked(tmp_path)
    assert (statistics.columns, statistics.totals) == ({"shape": 7, "params": 7}, ["params"])
    assert {name: (int(one.marks), int(one.out_of)) for name, one in each.items()} == {
        "ann": (3, 15), "bob": (3, 15), "cyd": (3, 15), "dee": (1, 15), "eve": (3, 15),
    }  # fmt: skip
    assert each["eve"].notes == ("not asked, so not marked: macs",)
    # of what most gave alone, where only that is asked
    _, each = marked(tmp_path, Rules(only_given=True))
    assert {int(one.out_of) for one in each.values()} == {3}
    rules = Rules(columns=("params", "macs"), totals=("macs",), marks={"macs": Fraction(2)})
    _, each = marked(tmp_path, rules)
    assert {
        (one.student, int(one.marks), int(one.out_of)) for one in each.values() if one.marks != 1
    } == set()
    assert {int(one.out_of) for one in each.values()} == {7 + 2 * 7 + 2}


def test_the_verb(folder: Path, tmp_path: Path) -> None:
    done = run(
        "grade", "lenet5", folder, "--csv", tmp_path / "marks.csv", "--feedback", tmp_path / "feedback",
        "--gradescope", tmp_path / "scope", "--show-answers",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "warning: README.md: passed over, no sheet\n"
    assert "asked: parameters of each of 7 layers" in done.stdout
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
        (folder / "older.csv").write_text("Layer,Params\n")
        os.utime(folder / "older.csv", (1, 1))
        command = ["grade", "lenet5", folder, "--submission", "--columns", "params,total"]
        done = run(*command, "--gradescope", tmp_path / "results")
        assert (done.returncode, done.stderr) == (0, "")
        told = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
        assert sum(test["max_score"] for test in told["tests"]) == 8
        assert "older.csv" in told["output"]
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
    # of 7 marks: 7, 5, 7 and 6, and a sheet that can't be read
    assert (told["statistics"]["median"], told["statistics"]["standard_deviation"]) == (6.5, 0.8292)
    right = {each["layer"]: each["share_right"] for each in told["statistics"]["questions"]}
    assert (right["CONV1"], right["POOL1"], right["Softmax"]) == (0.75, 1, 0.75)


@pytest.mark.parametrize("arguments", [["grade", "lenet5"], ["grade", "lenet5", "no/such/folder"], ["grade"]])
def test_bad_input(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[" in done.stderr


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(CnncalcError, match="no answer sheet"):
        submissions(tmp_path)
    (tmp_path / "a.csv").write_text(RIGHT)
    with pytest.raises(CnncalcError, match="not a directory") as raised:
        submissions(tmp_path / "a.csv")
    assert raised.value.faults[0].help == "cnncalc check marks one sheet"


def test_a_class_in_chinese_opens_in_a_spreadsheet(folder: Path, tmp_path: Path) -> None:
    assert run("grade", "lenet5", folder, "--csv", tmp_path / "plain.csv").returncode == 0
    assert (tmp_path / "plain.csv").read_bytes().startswith(b"student,")
    (folder / "=1+李四.csv").write_bytes(RIGHT.replace("\n", "\r\n").encode("gbk"))
    done = run(
        "grade",
        "lenet5",
        folder,
        "--csv",
        tmp_path / "marks.csv",
        "--lang",
        "zh",
        "--feedback",
        tmp_path / "zh",
    )
    assert (tmp_path / "marks.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,")
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["'=1+李四"]["marks"] == "7"
    assert "6 名学生，平均 6.4/7，1 份无法识别" in done.stdout
    assert "要求作答：7 层各自的参数量" in done.stdout
    assert "得分 7/7" in (tmp_path / "zh" / "_1+李四.md").read_text("utf-8")


def test_no_file_overwrites_anothers(tmp_path: Path) -> None:
    for name in ("a;b", "a:b", "A_b"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.csv").write_text(RIGHT)
    assert run("grade", "lenet5", tmp_path / "in", "--feedback", tmp_path / "out").returncode == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"A_b.md", "a_b-2.md", "a_b-3.md"}


RESULTS = {
    "score": float, "execution_time": float, "output": str, "output_format": str, "test_output_format": str,
    "test_name_format": str, "visibility": str, "stdout_visibility": str, "extra_data": dict, "tests": list,
    "leaderboard": list,
}  # fmt: skip
TEST = {
    "score": float, "max_score": float, "status": str, "name": str, "name_format": str, "number": str,
    "output": str, "output_format": str, "tags": list, "visibility": str, "extra_data": dict,
}  # fmt: skip
WORDS = {
    "visibility": {"hidden", "after_due_date", "after_published", "visible"},
    "output_format": {"text", "html", "simple_format", "md", "ansi"},
    "status": {"passed", "failed"},
}


def hold_to_gradescope(results: dict[str, Any]) -> None:
    """Holds results to what the platform's documentation says: names, types, the words that it knows."""
    assert "score" in results
    for told, fields in [(results, RESULTS), *((test, TEST) for test in results["tests"])]:
        for name, value in told.items():
            assert isinstance(value, (float, int) if fields[name] is float else fields[name]), name
            assert value in WORDS.get(name, {value} if isinstance(value, str) else [value])
    assert [test["number"] for test in results["tests"]] == [
        str(n) for n in range(1, len(results["tests"]) + 1)
    ]
    assert results["score"] == pytest.approx(sum(test["score"] for test in results["tests"]))


def test_results_are_what_gradescope_documents(folder: Path, tmp_path: Path) -> None:
    options = ["--show-answers", "--partial", "1/3", "--gradescope", tmp_path / "scope"]
    assert run("grade", "lenet5", folder, *options).returncode == 0
    files = sorted((tmp_path / "scope").glob("*/results.json"))
    assert len(files) == 5
    for file in files:
        told = json.loads(file.read_text("utf-8"))
        hold_to_gradescope(told)
        assert sum(test["max_score"] for test in told["tests"]) == 7


@pytest.mark.skipif(sys.platform == "win32", reason="the platform runs the script on Linux")
@pytest.mark.parametrize(("sheet", "score"), [(RIGHT + "Total,62006\n", 8), ("?", 0), (None, 0)])
def test_the_example_autograder(tmp_path: Path, sheet: str | None, score: int) -> None:
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results", "venv/bin"):
        (root / name).mkdir(parents=True)
    command = root / "venv" / "bin" / "cnncalc"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnncalc "$@"\n')
    command.chmod(0o755)
    example = Path(__file__).parents[1] / "docs" / "gradescope" / "run_autograder"
    # the platform's folder, in another place
    (root / "run_autograder").write_text(example.read_text("utf-8").replace("/autograder", str(root)))
    (root / "run_autograder").chmod(0o755)
    if sheet is not None:
        (root / "submission" / "my answers.csv").write_text(sheet)
    done = subprocess.run([root / "run_autograder"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads((root / "results" / "results.json").read_text("utf-8"))
    hold_to_gradescope(told)
    assert told["score"] == score
    assert sum(test["max_score"] for test in told["tests"]) == 22


def test_spreadsheets_are_marked_as_text_is(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    for name, first in (("ann", 456), ("bob", 450)):
        book = openpyxl.Workbook()
        for row in csv.reader(RIGHT.splitlines()):
            book.active.append([int(cell) if cell.isdecimal() else cell for cell in row])
        book.active["B2"] = first
        book.save(tmp_path / f"{name}.xlsx")
    _, each = marked(tmp_path)
    assert {name: (int(one.marks), int(one.out_of)) for name, one in each.items()} == {
        "ann": (7, 7), "bob": (6, 7),
    }  # fmt: skip


# -- what one student hands in costs nobody else anything


def test_files_that_are_none_and_links_that_lead_out_are_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(RIGHT)
    (folder / "eve.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "fay.csv").symlink_to("ann.csv")
    (folder / "gil.csv").symlink_to("nowhere.csv")
    os.mkfifo(folder / "pip.csv")
    statistics, each = marked(folder)
    assert "leads out of the folder" in each["eve"].problem
    assert "leads nowhere" in each["gil"].problem
    assert "no file" in each["pip"].problem
    assert each["ann"].marks == each["fay"].marks == each["ann"].out_of
    assert statistics.students == 9


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_may_not_be_read_is_told(folder: Path) -> None:
    (folder / "hal").mkdir(mode=0)
    assert "can't be read" in marked(folder)[1]["hal"].problem


def test_a_name_made_up_by_a_student_takes_nobodys_place(tmp_path: Path) -> None:
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    stamp = "attempt_2026-11-21-08-00-00"
    (sheets / "victim.csv").write_text(RIGHT)
    (sheets / f"x_victim_{stamp}_sheet.csv").write_text(RIGHT.replace("456", "1"))
    (sheets / f"HW_eve_{stamp}_x_ann_{stamp}_sheet.csv").write_text(RIGHT)
    _, each = marked(sheets)
    assert each["victim (victim.csv)"].marks == each["victim (victim.csv)"].out_of
    assert set(each) == {"victim (victim.csv)", f"victim (x_victim_{stamp}_sheet.csv)", "eve"}


@pytest.mark.parametrize(
    "options", [["--feedback", "sheets"], ["--gradescope", "sheets/out"], ["--csv", "sheets/m.csv"]]
)
def test_nothing_is_written_among_the_sheets(
    folder: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    before = sorted(folder.rglob("*"))
    done = run("grade", "lenet5", "sheets", *options)
    assert done.returncode == 2
    assert "would be marked on the next run" in done.stderr
    assert sorted(folder.rglob("*")) == before


def test_a_sheet_that_takes_too_long_or_too_much_costs_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path, *_: Any, **__: Any) -> Sheet:
        if path.name == "bob.csv":
            while True:  # until the operating system has had enough
                pass
        if path.name == "dee.csv":
            bytearray(2**40)
        if path.name == "cyd.xlsx":
            os.kill(os.getpid(), 9)
        return read_sheet(path)

    monkeypatch.setattr("cnncalc.homework.grading.read_sheet", read)
    monkeypatch.setattr("cnncalc.budget.SECONDS", 1)
    _, each = marked(folder)
    assert each["ann"].marks == each["ann"].out_of
    assert "1 s of processor time" in each["bob"].problem
    assert "512 MiB of memory" in each["dee"].problem
    assert "exit -9" in each["cyd"].problem


@pytest.mark.parametrize(
    "cell", ["10x10x999999999", "(" + "n " * 33 + "-", "28x28x" + "9" * 280, "6" * 290, "2^2^2^2^99"]
)
@pytest.mark.parametrize("network", ["lenet5", "lenet5-1998", "shufflenet-v1"])
def test_a_hostile_cell_is_read_within_the_budget(network: str, cell: str, tmp_path: Path) -> None:
    report = cnncalc.load(network).analyze()
    rows = [f'{row.name},"{cell}","{cell}","{cell}"' for row in report.layers[:12]]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("\n".join(["Layer,Shape,Params,MACs", *rows]))
    found = mark_sheet(Key(report), read_sheet(sheet), Rules())
    assert {answer.verdict for answer in found.answers} <= {"wrong", "unreadable", "missing"}
