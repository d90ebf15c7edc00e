"""Quizzes on a network of one's own: what is asked, the numbers to fill in, and what slips are told."""

import json
import re
import xml.etree.ElementTree as ET
import zipfile
from base64 import b64decode
from collections.abc import Callable
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz, Wish, network_quiz
from cnncalc.languages import english, language
from cnncalc.render.homework.quiz_formats import quiz_writer

HOLE = re.compile(r"\{1:NUMERICAL:([^}]*)\}")


def written(format: str, questions: list[Question], code: str = "en") -> str:
    return "".join(quiz_writer(format, language(code)).pieces(Quiz("Quiz", "1", questions)))


def holes(html: str) -> list[tuple[int, float, dict[int, str]]]:
    """Of each hole of a cloze question: the right number, its tolerance, and wrong ones with what is said.

    By the platform's description: {1:NUMERICAL:=right:tolerance~%0%wrong:tolerance#feedback}, in HTML.
    """
    found = []
    for hole in HOLE.findall(html):
        right, *wrong = hole.split("~")
        number, tolerance = right.removeprefix("=").split(":")
        told = {}
        for each in wrong:
            value, said = re.fullmatch(r"%0%(\d+):0#(.*)", each).groups()  # type: ignore[union-attr]
            told[int(value)] = unescape(said)
        found.append((int(number), float(tolerance), told))
    return found


@pytest.fixture(scope="module")
def lenet() -> Report:
    return cnncalc.load("lenet5").analyze()


def test_a_table_to_fill_in_is_one_cloze_question(lenet: Report) -> None:
    questions = network_quiz(lenet, 1, Wish("shape,params,total", "", "table", Fraction(1, 100)))
    root = ET.fromstring(written("moodle", questions))  # noqa: S314 - our own
    (question,) = root.findall("question[@type='cloze']")
    html = question.findtext("questiontext/text", "")
    found = holes(html)
    # the published numbers of LeNet-5 on 32x32x3, row by row
    shown = [
        28,
        28,
        6,
        456,
        14,
        14,
        6,
        0,
        10,
        10,
        16,
        2416,
        5,
        5,
        16,
        0,
        120,
        48120,
        84,
        10164,
        10,
        850,
        62006,
    ]
    assert [right for right, _, _ in found] == shown
    conv = found[3]
    assert conv[1] == 4.56
    assert "the biases are left out" in conv[2][450]
    # channels exchanged: within the tolerance
    assert 451 in conv[2]
    assert 453 not in conv[2]
    assert found[0][2][27].startswith("the + 1 is missing: (N + 2P - F)/S counts")
    assert html.count("<tr>") == 9
    assert question.findtext("idnumber") == questions[0].id
    assert [tag.text for tag in question.findall("tags/tag/text")] == [
        "cnncalc",
        "LeNet-5",
        "shape",
        "params",
    ]


def test_numbers_have_a_tolerance_and_slips_their_sentence(lenet: Report) -> None:
    wish = Wish("params,shape,total", "CONV2", "number", Fraction(1, 100))
    questions = network_quiz(lenet, 1, wish)
    root = ET.fromstring(written("moodle", questions))  # noqa: S314 - our own
    kinds = [question.get("type") for question in root.findall("question")]
    assert kinds == ["category", "numerical", "cloze", "numerical"]
    number = root.find("question[@type='numerical']")
    assert number is not None
    answers = {answer.findtext("text"): answer for answer in number.findall("answer")}
    assert answers["2416"].get("fraction") == "100"
    assert answers["2416"].findtext("tolerance") == "24.16"
    assert "2400" not in answers
    assert "depth of the filter" in answers["416"].findtext("feedback/text", "")
    gift = written("gift", questions)
    assert "  =%100%2416:24.16\n" in gift
    assert "  =%0%416:0#the depth of the filter is left out\\: a filter reads all input channels\n" in gift
    assert "  =10x10x16\n" in gift
    assert "  =(10, 10, 16)\n" in gift
    with pytest.raises(UsageError, match="gift has no tables"):
        quiz_writer("gift", english()).check(Quiz("", "1", network_quiz(lenet, 1, Wish(type="table"))))


CHANNELS_FIRST = {
    "layout": "chw",
    "input": "3x9x11",
    "layers": ["conv3-4 s2", {"max_pool": {"kernel": 2, "stride": 1}}, "flatten", "fc-5"],
}


@pytest.mark.parametrize("spec", ["lenet5", CHANNELS_FIRST, "resnet18"])
def test_keys_are_right_and_choices_are_the_slips_that_they_say(spec: Any) -> None:
    report = cnncalc.load(spec).analyze()
    wish = Wish("shape,size,params,macs,connections,rf,memory,total,total macs", wanted=24)
    questions = network_quiz(report, 3, wish)
    assert len(questions) == len({question.id for question in questions})
    for question in questions:
        assert question.judge is not None
        assert question.judge(question.key).verdict == "right", question
        texts = [question.key, *(choice.text for choice in question.choices)]
        assert len(set(texts)) == len(texts) != 2, question
        assert question.blanks
        for choice in question.choices:
            marked = question.judge(choice.text)
            assert marked.verdict == "wrong", (question, choice)
            assert choice.slips in (marked.slips, *marked.alternatives) or "transposed" in str(marked), (
                question
            )


def test_what_is_asked_is_what_is_said(lenet: Report) -> None:
    assert len(network_quiz(lenet, 1, Wish())) == 6
    assert network_quiz(lenet, 1, Wish()) == network_quiz(lenet, 1, Wish())
    assert network_quiz(lenet, 1, Wish()) != network_quiz(lenet, 2, Wish())
    asked = network_quiz(lenet, 1, Wish("params", "FC*,CONV2"))
    assert [question.tags[1:] for question in asked] == [
        ("CONV2", "params"), ("FC3", "params"), ("FC4", "params"),
    ]  # fmt: skip
    for wish, told in (
        (Wish(layers="conv9"), "no layer is called that"),
        (Wish("colour"), "not a quantity"),
        (Wish(type="essay"), "essay"),
        (Wish("rf", "FC3"), "nothing is there to ask"),
    ):
        with pytest.raises(UsageError, match=told):
            network_quiz(lenet, 1, wish)
    deep = cnncalc.load("resnet152").analyze()
    with pytest.raises(UsageError, match="are too many"):
        network_quiz(deep, 1, Wish("params"))


HOSTILE = ("{1:NUMERICAL:=5:0}", "</td><script>", "]]>", "=a~b#c:d", "\\(x\\)", "\u202e{#5}")


def test_names_are_no_markup_of_a_platform() -> None:
    plain = cnncalc.load(
        {"name": HOSTILE[0], "input": "8x8x1", "layers": ["conv1-2"] * len(HOSTILE)}
    ).analyze()
    # a spec takes no such names, a framework's model may have them
    named = [node._replace(name=name) for node, name in zip(plain.graph.nodes, HOSTILE, strict=True)]
    report = Report(plain.graph._replace(nodes=tuple(named)), plain.facts, plain.settings)
    table = network_quiz(report, 1, Wish("params", "", "table"))
    html = ET.fromstring(written("moodle", table)).findtext("question/questiontext/text", "")  # noqa: S314 - our own
    assert len(HOLE.findall(html)) == len(HOSTILE)
    cells = [unescape(cell) for cell in re.findall(r"<td>([^<]*)</td>", html)]
    for name in HOSTILE:
        assert name.replace("\u202e", "\ufffd") in cells
    gift = written("gift", network_quiz(report, 1, Wish("params", "", "number")))
    assert len(re.findall(r"(?<!\\)\{", gift)) == len(HOSTILE) == len(re.findall(r"(?<!\\)\}", gift))


def test_in_chinese(lenet: Report) -> None:
    every = (
        "shape,size,params,weights,biases,neurons,connections,macs,flops,rf,memory,fan-in,total,total macs"
    )
    for question in network_quiz(lenet, 1, Wish(every)):
        told = language("zh").tell(question.text)
        for name in (*lenet.numbers, "MACs", "FLOPs"):
            told = told.replace(name, "")
        assert not re.search("[A-Za-z]", told), told


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stopped:
            main(["quiz", *arguments])
        out, error = capsys.readouterr()
        assert bool(error) == (stopped.value.code == 2)
        return error or out

    return call


def test_the_verb_on_a_network(run: Callable[..., str]) -> None:
    Path("net.yaml").write_text(
        "{input: 9x9x1, variables: {k: 3}, layers: [conv$k-4, {relu: {name: a}}, fc-2]}"
    )
    paper = run("net.yaml", "--type", "table", "--set", "k=5", "--input", "11x11x1")
    assert "| conv1 | conv | kernel 5, filters 4 | \\_" in paper or "kernel 5" in paper
    assert "(7, 7, 4)" in paper
    assert "Which shape does conv1 put out?" in run("net.yaml", "-n", "9", "--ask", "shape")
    csv = run("net.yaml", "--type", "table", "--format", "csv", "--no-key").splitlines()
    assert csv[0] == "Layer,Kind,Options,output shape,parameters"
    assert csv[1].endswith(",,")
    run("net.yaml", "-o", "a.xml")
    assert Path("a.xml").read_text().startswith("<?xml")
    run("net.yaml", "-o", "a.gift")
    assert "// [id:cnncalc-" in Path("a.gift").read_text()
    data = json.loads(run("net.yaml", "--type", "table", "--format", "json"))
    assert data["questions"][0]["table"]["dense1"]["params"] == 7 * 7 * 4 * 2 + 2
    assert "Quiz 1" in run("--type", "number", "--format", "json")
    for bad, told in (
        ("--ask params", "--ask says nothing to questions that are drawn"),
        ("--type table", "--type table says nothing"),
        ("--input 8x8x1", "--input says nothing"),
        ("lenet5 --level 1", "--level says nothing"),
        ("lenet5 --batch 2", "--batch says nothing"),
        ("lenet5 --tolerance 1%", "--tolerance says nothing to choices"),
        ("lenet5 --type tabel", "did you mean table?"),
        ("lenet5 --format gift --type table", "gift has no tables"),
        ("none.yaml", "none.yaml"),
    ):
        assert told in run(*bad.split()), bad


def test_a_picture_goes_with_questions_that_it_does_not_answer(run: Callable[..., str]) -> None:
    run("lenet5", "--ask", "params", "--picture", "-o", "a.xml")
    question = ET.parse("a.xml").find("question[@type='multichoice']/questiontext")  # noqa: S314 - our own
    assert question is not None
    drawn = b64decode(question.findtext("file", "")).decode()
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own
    assert '<img src="@@PLUGINFILE@@/network.svg"' in question.findtext("text", "")
    run("lenet5", "--ask", "params", "--picture", "--format", "qti30", "-o", "a.zip")
    with zipfile.ZipFile("a.zip") as archive:
        assert archive.read("network.svg").decode() == drawn
        assert 'src="../network.svg"' in archive.read("items/001.xml").decode()
        assert '<file href="network.svg"/>' in archive.read("imsmanifest.xml").decode()
    for line, told in (
        ("lenet5 --picture -o b.xml", "would show the shapes"),
        ("lenet5 --ask rf --picture --format gift", "gift has no room for a picture"),
        ("lenet5 --ask rf --picture --format latex", "says nothing to a document"),
        ("--picture", "--picture says nothing to questions that are drawn"),
        ("lenet5 --ask rf --picture --variants 2 -o v", "--picture says nothing to variants"),
    ):
        assert told in run(*line.split())


@pytest.mark.parametrize("asked", ["foo", "total"])
def test_a_wrong_wish_names_the_option_that_it_was_said_by(
    asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["quiz", "lenet5", "--ask", asked, "--lang", "en"])
    assert f"error[usage]: --ask '{asked}'" in capsys.readouterr().err.replace("unknown_choice", "usage")


def test_no_symbol_of_a_formula_heads_a_column(lenet: Report) -> None:
    """The multiply-accumulates of gradients were headed dW, the values that are read: inputs."""
    asked = {"backward_weight_macs": "backwards, for weights", "values_read": "values read of the inputs"}
    for name, heading in asked.items():
        assert heading in written("moodle", network_quiz(lenet, 1, Wish(name, type="table")))
