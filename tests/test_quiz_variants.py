"""Variants of a network of one's own: other numbers that are as hard, and what a class gets on them."""

from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.homework.questions.of_network import right_answer
from cnncalc.homework.quiz import Wish, asked_of, network_variant
from cnncalc.homework.variation import varied

STRIDED = {
    "name": "strided",
    "input": "15x15x3",
    "layers": [
        "conv3-8 s2 p1",
        "conv5-8 p2",
        "avgpool2",
        {"add": [["conv1-8"], []]},
        "conv3-16 g2",
        "flatten",
        "fc-12",
    ],
}


def numbers(report: Report) -> list[tuple[int, ...]]:
    return [(*row.output_shape, row.params) for row in report]


@pytest.mark.parametrize("spec", ["lenet5", "resnet18", STRIDED], ids=["lenet5", "resnet18", "strided"])
def test_a_variant_asks_the_same_with_numbers_as_hard(spec: Any) -> None:
    report = cnncalc.load(spec).analyze()
    wish = Wish("shape,params,macs,total", wanted=6)
    pairs = asked_of(report, 1, wish)
    seen = set()
    for student in range(3):
        own, questions = network_variant(report, 1, f"student {student}", wish)
        assert [question.tags[1:] for question in questions] == pairs
        assert [(row.name, row.kind) for row in own] == [(row.name, row.kind) for row in report]
        assert own.layers[-1].output_shape == report.layers[-1].output_shape
        assert [warning.layer for warning in own.warnings] == [warning.layer for warning in report.warnings]
        for pair, question in zip(pairs, questions, strict=True):
            right, other = right_answer(report, pair), right_answer(own, pair)
            assert right is not None
            assert other is not None
            for size, new in zip(right, other, strict=True):
                assert abs(len(str(size)) - len(str(new))) <= 1
            assert question.judge is not None
            assert question.judge(question.key).verdict == "right"
        seen.add(str(numbers(own)))
        assert numbers(varied(report, f"1 student {student}", pairs)) == numbers(own)
    assert len(seen) == 3


def test_where_nothing_can_be_varied_it_is_said() -> None:
    report = cnncalc.load({"input": "1x1x3", "layers": ["conv1-1"]}).analyze()
    with pytest.raises(UsageError, match="no other numbers that are as hard"):
        varied(report, "1", [("conv1", "params")])


def test_a_class_is_marked_by_the_networks_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        out, error = capsys.readouterr()
        assert (stopped.value.code == 2) == ("error[" in error), error
        return out + error

    Path("names.txt").write_text("Bo/Bi\nEve\nbo?bi\n", "utf-8")
    twice = run("quiz", "lenet5", "--students", "names.txt", "-o", "twice", "--lang", "en")
    assert "names.txt:3:1: error[name_twice]: bo?bi and Bo/Bi in line 1 become one name of a file" in twice
    assert not Path("twice").exists()
    Path("names.txt").write_text("Ada Lovelace\nBo/Bi\n李四\n", "utf-8")
    run("quiz", "lenet5", "--type", "table", "--students", "names.txt", "--format", "moodle", "-o", "exam")
    files = sorted(path.name for path in Path("exam").iterdir())
    assert files == [
        f"{name}{end}" for name in ("Ada Lovelace", "Bo_Bi", "李四") for end in (".xml", ".yaml")
    ]
    Path("sheets").mkdir()
    for student in ("Ada Lovelace", "Bo_Bi", "李四"):
        report = cnncalc.load(f"exam/{student}.yaml").analyze()
        assert report["CONV1"].name == "CONV1"
        rows = "".join(f'{row.name},"{row.output_shape}",{row.params}\n' for row in report)
        # one has the number of the network that all would have had
        wrong = rows.replace(f",{report['FC3'].params}\n", ",48120\n") if student == "Bo_Bi" else rows
        Path(f"sheets/{student}.csv").write_text(f"Layer,Activation shape,# Parameters\n{wrong}", "utf-8")
    Path("sheets/Eve.csv").write_text("Layer,# Parameters\nCONV1,456\n")
    marks = run(
        "grade",
        "lenet5",
        "sheets",
        "--variants",
        "exam",
        "--format",
        "csv",
        "--feedback",
        "notes",
        "--explain",
    )
    told = {line.split(",")[0]: line for line in marks.splitlines()}
    assert told["Ada Lovelace"].startswith("Ada Lovelace,14,14,")
    assert told["Bo_Bi"].startswith("Bo_Bi,13,14,")
    assert told["李四"].startswith("李四,14,14,")
    assert "no network of this student's own is in exam" in told["Eve"]
    right = cnncalc.load("exam/Bo_Bi.yaml").analyze()["FC3"].params
    assert f"{right}" in Path("notes/Bo_Bi.md").read_text("utf-8").replace(",", "")
    assert "can't be read" in run("grade", "lenet5", "sheets", "--variants", "none")
    Path("empty").mkdir()
    assert "holds no spec of a network" in run("grade", "lenet5", "sheets", "--variants", "empty")
