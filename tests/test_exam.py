"""After the exam: the spread, the discrimination of questions, the matrix of answers; worked out by hand."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc
from cnncalc.cli import main
from cnncalc.homework.answers import Rules
from cnncalc.homework.grading import Sheets, Statistics, asked_of_class, grade
from cnncalc.homework.item_analysis import histogram, point_biserial, quartiles
from cnncalc.homework.key import Key
from cnncalc.homework.students import submissions

NETWORK = "name: <b>net</b>\ninput: 8x8x1\nlayers: [a=conv3-4, b=conv3-2, c=fc-5]\n"
# 3*3*1*4 + 4 = 40, 3*3*4*2 + 2 = 74, 4*4*2*5 + 5 = 165
ANSWERS = {"ada": (40, 74, 165), "bo": (40, 74, 1), "<i>cem</i>": (40, 1, 2), "dee": (3, 1, 165)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "sheets").mkdir()
    for name, given in ANSWERS.items():
        rows = "".join(f"{layer},{answer}\n" for layer, answer in zip("abc", given, strict=True))
        (tmp_path / "sheets" / f"{name.replace('/', '_')}.csv").write_text(f"Layer,# Parameters\n{rows}")
    return tmp_path


def test_the_numbers_of_a_class_of_four(folder: Path) -> None:
    key = Key(cnncalc.load(folder / "net.yaml").analyze())
    rules = Rules(columns=("params",))
    found, sheets = submissions(folder / "sheets")[0], Sheets(key, rules)
    statistics = Statistics(asked_of_class(key, found, rules, sheets))
    for one in grade(found, rules, statistics.asked, sheets):
        statistics.add(one)
    sheets.close()
    told = statistics.analysis()
    # marks 3, 2, 1, 1
    assert (told["mean"], told["median"], told["lowest"], told["highest"]) == (1.75, 1.5, 1, 3)
    assert told["quartiles"] == [1, 2.25]
    assert [each["students"] for each in told["histogram"]] == [0, 0, 0, 2, 0, 0, 1, 0, 0, 1]
    a, b, c = told["questions"]
    # a: right of three, who have 2, 1, 0 on the others; the fourth has 1: (1 - 1)/s = 0
    assert (a["share_right"], a["discrimination"]) == (0.75, 0)
    # b: 2 and 1 with, 1 and 1 without; s = sqrt(3)/4: (1.5 - 1)/s * 1/2 = 1/sqrt(3)
    assert (b["share_right"], b["discrimination"]) == (0.5, pytest.approx(3**-0.5, abs=1e-4))
    # c: 2 and 0 with, 2 and 1 without; s = sqrt(11)/4: (1 - 1.5)/s * 1/2 = -1/sqrt(11)
    assert (c["share_of_marks"], c["discrimination"]) == (0.5, pytest.approx(-(11**-0.5), abs=1e-4))
    verdicts = {each["student"]: each["verdicts"] for each in told["matrix"]}
    assert verdicts["bo"] == ["right", "right", "wrong"]


def test_a_class_without_spread_has_no_discrimination() -> None:
    assert point_biserial([True, False], [1, 1]) is None
    assert point_biserial([], []) is None
    assert [*map(int, quartiles([]))] == [0, 0]
    assert [*map(int, quartiles([Fraction(7)]))] == [7, 7]
    assert sum(each.students for each in histogram([Fraction(0)], Fraction(0))) == 1


def test_tables_json_and_a_page_that_loads_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)

    def run(*more: str) -> str:
        with pytest.raises(SystemExit) as done:
            main(["grade", "net.yaml", "sheets", "--statistics", *more])
        assert not done.value.code
        return capsys.readouterr().out

    assert re.search(r"bo +2  \+ \+ x\n", run())
    assert len(json.loads(run("--format", "json"))["statistics"]["matrix"]) == 4
    assert "区分度" in run("--lang", "zh")
    page = run("--format", "html")
    assert "&lt;i&gt;cem" in page
    assert "<i>" not in page
    assert "<b>" not in page
    assert not any(word in page for word in ("src=", "href=", "http:", "https:", "<script"))
