"""Quizzes: never ambiguous, the same for a seed, and read back from what is written."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from cnncalc.errors import UsageError
from cnncalc.homework.quiz import Question, make_quiz
from cnncalc.render import quiz_gift, quiz_markdown, quiz_moodle
from cnncalc.render.quiz_terminal import play

SEEDS = range(12)


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return [question for seed in SEEDS for question in make_quiz(seed, 18)]


def test_choices_differ_from_the_key_and_from_each_other(questions: list[Question]) -> None:
    for question in questions:
        texts = [question.key, *(choice.text for choice in question.choices)]
        assert len(set(texts)) == len(texts) >= 3, question
        numbers = [re.sub(r"\D", "", text) for text in texts]
        assert len(set(numbers)) == len(texts) or question.judge is None


def test_the_key_is_right_and_each_choice_is_the_slip_that_it_says(questions: list[Question]) -> None:
    for question in questions:
        assert question.working
        if question.judge is None:
            continue
        assert question.judge(question.key).verdict == "right"
        for choice in question.choices:
            marked = question.judge(choice.text)
            assert marked.verdict == "wrong", (question, choice)
            assert choice.slips in ((), marked.slips, *marked.alternatives), (question.text, choice, marked)


def test_the_same_seed_gives_the_same_and_another_others() -> None:
    assert make_quiz(3, 10) == make_quiz(3, 10)
    assert make_quiz(3, 10) != make_quiz(4, 10)
    texts = [question.text for question in make_quiz(5, 60)]
    assert len(set(texts)) == 60
    assert {question.level for question in make_quiz(5, 7, (2,))} == {2}


def test_bad_wishes() -> None:
    for count, levels in ((0, (1,)), (10**6, (1,)), (3, (4,))):
        with pytest.raises(UsageError):
            make_quiz(1, count, levels)


def gift(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Question, key and wrong choices of a GIFT file, by the rules of its format alone."""
    unescaped = re.compile(r"\\([\\~=#{}:])")
    for match in re.finditer(r"::(?:\\.|[^\\:])*::\[plain\]((?:\\.|[^\\{])*)\{((?:\\.|[^\\}])*)\}", text):
        body = re.split(r"(?<!\\)####", match[2])[0]
        answers = re.findall(r"(?<!\\)([=~])((?:\\.|[^\\=~#])*)", body)
        right = [unescaped.sub(r"\1", answer).strip() for sign, answer in answers if sign == "="]
        wrong = [unescaped.sub(r"\1", answer).strip() for sign, answer in answers if sign == "~"]
        assert len(right) == 1
        yield unescaped.sub(r"\1", match[1]).strip(), right[0], wrong


def test_gift_is_read_back(questions: list[Question]) -> None:
    text = "".join(quiz_gift.written(questions, "A: {quiz}", "1"))
    found = list(gift(text))
    assert [each[:2] for each in found] == [(question.text, question.key) for question in questions]
    for (_, _, wrong), question in zip(found, questions, strict=True):
        assert sorted(wrong) == sorted(choice.text for choice in question.choices)


def test_moodle_is_read_back(questions: list[Question]) -> None:
    root = ET.fromstring("".join(quiz_moodle.written(questions, "A <quiz> & more", "1")))  # noqa: S314 - our own
    found = root.findall("question[@type='multichoice']")
    assert len(found) == len(questions)
    for element, question in zip(found, questions, strict=True):
        assert unescape(element.findtext("questiontext/text", "")) == question.text
        answers = {
            unescape(answer.findtext("text", "")): float(answer.get("fraction", "nan"))
            for answer in element.findall("answer")
        }
        assert answers == {question.key: 100.0, **dict.fromkeys((c.text for c in question.choices), 0.0)}
        assert element.findtext("single") == "true"


def test_markdown_has_its_key_apart(questions: list[Question]) -> None:
    asked = "".join(quiz_markdown.written(questions[:6], "Quiz", "1"))
    key = "".join(quiz_markdown.answers(questions[:6], "Quiz", "1"))
    for number, question in enumerate(questions[:6], 1):
        assert f"{number}. {question.text}" in asked
        letter = re.search(rf"\n{number}\. ([a-d])\) ", key)
        assert letter is not None
        assert f"   {letter[1]}) {question.key}\n" in asked


def test_played(capsys: pytest.CaptureFixture[str]) -> None:
    made = make_quiz(2, 6)
    typed = [question.key for question in made if question.judge is not None]
    answers = iter([typed[0], "what?", *typed[1:]])

    def ask(_: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    plays = [question for question in made if question.judge is not None]
    assert play(plays, "2", None, ask) == (len(plays), len(plays))
    wrong = iter([plays[0].choices[0].text])
    assert play(plays[:1], "2", None, lambda _: next(wrong)) == (0, 1)
    said = capsys.readouterr().out
    assert "not right: " in said
    assert f"It is {plays[0].key}." in said


def test_the_verb(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cnncalc", "quiz", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert "## Key" in run("--seed", "3").stdout
    assert "## Key" not in run("--no-key").stdout
    names = tmp_path / "names.txt"
    names.write_text("Zhang San\nLi/Si\n\nZhang San\n", "utf-8")
    assert run("--students", str(names), "-o", str(tmp_path / "out")).returncode == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["Li_Si-key.md", "Li_Si.md", "Zhang San-key.md", "Zhang San.md"]
    texts = [(tmp_path / "out" / name).read_text("utf-8").partition("\n")[2] for name in written]
    assert texts[1] != texts[3]
    for bad in (["--format", "gift2"], ["--level", "9"], ["--variants", "2"], ["--students", "none"]):
        done = run(*bad)
        assert (done.returncode, done.stdout) == (2, "")
        assert "error:" in done.stderr
