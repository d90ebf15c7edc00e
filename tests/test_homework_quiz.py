"""Quizzes: never ambiguous, the same for a seed, and read back from what is written."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import command
import pytest

from cnncalc.errors import UsageError
from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz, level_name, make_quiz
from cnncalc.languages import english, language
from cnncalc.render.homework.quiz_document import quiz_document
from cnncalc.render.homework.quiz_files import write_quiz
from cnncalc.render.homework.quiz_formats import quiz_writer
from cnncalc.render.homework.quiz_terminal import play
from cnncalc.render.writer import written

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


def test_choices_of_one_question_are_told_different_slips(questions: list[Question]) -> None:
    for question in questions:
        if question.judge is not None:
            told = [re.sub("; [^;]* would give .*", "", choice.feedback) for choice in question.choices]
            assert len(set(told)) == len(told), question


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


def parts(text: str, signs: str) -> Iterator[tuple[str, str]]:
    """The signs of GIFT that stand unescaped in a text, each with what follows it, unescaped."""
    sign, held, at = "", "", 0
    while at < len(text):
        found = next(
            (each for each in ("####", "::", *signs) if text.startswith(each, at) and each[0] in signs), ""
        )
        if text[at] == "\\":
            # a backslash takes the meaning from the sign after it
            held += text[at + 1]
            at += 2
        elif found:
            yield sign, held.strip()
            sign, held = found, ""
            at += len(found)
        else:
            held += text[at]
            at += 1
    yield sign, held.strip()


def gift(text: str) -> Iterator[tuple[str, str, str, dict[str, str], str]]:
    """Name, question, key, wrong choices with their feedback, general feedback; by the format's description.

    Questions are parted by empty lines; // begins a comment; ::name::question{=right ~wrong #said ####said}.
    """
    lines = [line for line in text.splitlines() if not line.startswith("//")]
    for block in filter(None, (each.strip() for each in "\n".join(lines).split("\n\n"))):
        found = [*parts(block, ":{}=~#")]
        assert [sign for sign, _ in found[:4]] == ["", "::", "::", "{"], block
        assert found[-1] == ("}", "")
        assert found[2][1].startswith("[plain]")
        right, wrong, general, last = [], {}, "", ""
        for sign, held in found[4:-1]:
            if sign == "=":
                right.append(held)
            elif sign == "~":
                assert held not in wrong
                wrong[held], last = "", held
            elif sign == "#":
                wrong[last] = held
            else:
                assert sign == "####"
                general = held
        (key,) = right
        yield found[1][1], found[2][1].removeprefix("[plain]"), key, wrong, general


def test_gift_reader_knows_the_signs() -> None:
    text = "// a comment\n::Q\\:1::[plain]2 \\{x\\} \\= \\\\? {\n=4 \\~\n~5#too \\#much\n####why\n}\n"
    assert [*gift(text)] == [("Q:1", "2 {x} = \\?", "4 ~", {"5": "too #much"}, "why")]


def test_gift_is_read_back(questions: list[Question]) -> None:
    text = "".join(quiz_writer("gift", english()).pieces(Quiz("A: {quiz}", "1", questions)))
    for (name, asked, key, wrong, general), (number, question) in zip(
        gift(text), enumerate(questions, 1), strict=True
    ):
        assert name == f"A: {{quiz}} {number}: {level_name(question.level)}"
        assert (asked, key) == (question.text, question.key)
        assert wrong == {choice.text: choice.feedback for choice in question.choices}
        assert general == "; ".join(question.working)


def test_moodle_is_read_back(questions: list[Question]) -> None:
    text = "".join(quiz_writer("moodle", english()).pieces(Quiz("A <quiz> & more", "1", questions)))
    root = ET.fromstring(text)  # noqa: S314 - our own
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
    asked = "".join(written(quiz_document(Quiz("Quiz", "1", questions[:6]), key=False), "text"))
    key = "".join(written(quiz_document(Quiz("Quiz", "1", questions[:6]), asked=False), "text"))
    for number, question in enumerate(questions[:6], 1):
        assert f"{number}. {question.text}" in asked
        letter = re.search(rf"\n{number}\. ([a-d])\) ", key)
        assert letter is not None
        assert f"\n{letter[1]}) {question.key}\n" in asked


def test_numbers_are_for_working_by_hand(questions: list[Question]) -> None:
    for question in questions:
        given = [int(n) for n in re.findall(r"\d+", question.key.replace(",", ""))]
        assert max(given, default=0) < 100_000, question
        # links to padding count for some and not for others, so none are asked for
        if re.search("connections|multiply-accumulates", question.text) and "CONV2" not in question.text:
            assert "no padding" in question.text


def test_in_chinese_the_same_questions_wholly(questions: list[Question]) -> None:
    chinese = language("zh")
    for question in questions:
        texts = [question.key, *(choice.text for choice in question.choices)]
        assert chinese.tell(question.text) != question.text
        assert len(set(map(chinese.tell, texts))) == len(texts)
    moodle = "".join(quiz_writer("moodle", chinese).pieces(Quiz("", "1", questions)))
    every = "".join(
        [
            *written(quiz_document(Quiz("", "1", questions)), "text", chinese),
            *quiz_writer("gift", chinese).pieces(Quiz("", "1", questions)),
            re.sub(r"<[^<]*>", "", unescape(re.sub(r"<[^<]*>", "", moodle))),
        ]
    )
    words = set(re.findall(r"(?<![A-Za-z&_])[A-Za-z][a-z]{2,}", every))
    # formulas, and words of the formats
    latex = {"left", "right", "lfloor", "rfloor", "lceil", "rceil", "frac", "cdot", "text", "mathrm"}
    assert words - latex <= {"floor", "ceil", "plain", "course", "true", "abc", "FLOPs", "tag", "cnncalc"}, (
        words
    )


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
    assert play(plays, "2", english(), None, ask) == (len(plays), len(plays))
    wrong = iter([plays[0].choices[0].text])
    assert play(plays[:1], "2", english(), None, lambda _: next(wrong)) == (0, 1)
    said = capsys.readouterr().out
    assert "not right: " in said
    assert f"It is {plays[0].key}." in said
    assert "Other questions: --seed 3" in said


def test_a_slip_is_named_at_once_and_a_letter_is_told_what_it_would_give(
    questions: list[Question], capsys: pytest.CaptureFixture[str]
) -> None:
    for question in questions:
        if question.judge is not None:
            for choice in question.choices:
                assert play([question], "1", english(), None, lambda _, text=choice.text: text) == (0, 1)  # type: ignore[misc]
                said = " ".join(capsys.readouterr().out.split())
                assert choice.feedback in said, (question, choice)
    why = next(question for question in questions if question.judge is None)
    letters = dict(zip("abcd", why.shuffled("1"), strict=False))
    for letter, (_, is_key, said) in letters.items():
        typed = iter(["e", "", letter])
        assert play([why], "1", english(), None, lambda _, typed=typed: next(typed)) == (int(is_key), 1)  # type: ignore[misc]
        shown = " ".join(capsys.readouterr().out.split())
        assert is_key or said in shown
        assert shown.count("one of a, b, c") == 2


def test_a_long_choice_goes_on_under_its_beginning(
    questions: list[Question], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    why = next(question for question in questions if question.judge is None)
    play([why], "1", english(), None, lambda _: "q")
    shown = capsys.readouterr().out.partition("  a) ")[2].splitlines()
    assert len(shown) > 4
    assert all(line.startswith((f"  {letter}) ", "     ")) for line in shown[1:-3] for letter in line[2:3])


@pytest.mark.parametrize("leave", ["q", "Q", EOFError, KeyboardInterrupt])
def test_left_with_the_score(leave: str | type, capsys: pytest.CaptureFixture[str]) -> None:
    made = [question for question in make_quiz(2, 6) if question.judge is not None]
    answers = iter([made[0].key, leave])

    def ask(_: str) -> str:
        answer = next(answers)
        if isinstance(answer, str):
            return answer
        raise answer

    if leave is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            play(made, "2", english(), None, ask)
    else:
        assert play(made, "2", english(), None, ask) == (1, 1)
    said = capsys.readouterr().out
    assert "q leaves" in said
    assert said.endswith(f"1 of 1 right, {len(made) - 1} not answered\n")


def test_the_verb(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return command.told("quiz", *arguments)

    assert "## Key" in run("--seed", "3").stdout
    assert "## Key" not in run("--no-key").stdout
    for format in ("json", "csv"):
        assert "key" in run("--format", format).stdout
        assert "key" not in run("--format", format, "--no-key").stdout
    names = tmp_path / "names.txt"
    names.write_text("Zhang San\nLi/Si\n\nZhang  San\n", "utf-8")
    twice = run("--students", str(names), "-o", str(tmp_path / "out"))
    assert (twice.returncode, twice.stdout) == (2, "")
    assert f"{names}:4:1: error[name_twice]: Zhang San stands there twice, in line 1 too" in twice.stderr
    assert not (tmp_path / "out").exists()
    names.write_bytes("Zhang San\r\nLi/Si\r\n\r\n李四\r\n".encode("gbk"))
    assert run("--students", str(names), "-o", str(tmp_path / "out")).returncode == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == [
        "Li_Si-key.md", "Li_Si.md", "Zhang San-key.md", "Zhang San.md", "李四-key.md", "李四.md",
    ]  # fmt: skip
    assert "测验 1：李四" in _again(run, names, tmp_path).read_text("utf-8")
    texts = [(tmp_path / "out" / name).read_text("utf-8").partition("\n")[2] for name in written]
    assert texts[1] != texts[3]
    assert run("--students", str(names), "-o", str(tmp_path / "bare"), "--no-key").returncode == 0
    assert len(list((tmp_path / "bare").iterdir())) == 3
    for bad in (
        ["--format", "gift2"],
        ["--format", "gift", "--no-key"],
        ["--level", "9"],
        ["--variants", "2"],
        ["--students", "none"],
    ):
        done = run(*bad)
        assert (done.returncode, done.stdout) == (2, "")
        assert "error[" in done.stderr


def _again(run: Any, names: Path, folder: Path) -> Path:
    assert run("--students", str(names), "-o", str(folder / "zh"), "--lang", "zh").returncode == 0
    return folder / "zh" / "李四.md"


def test_a_quiz_is_a_paper_in_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typst", reason="tests/requirements.txt has it")
    quiz = Quiz('#read("/etc/passwd") \\ $x$', "1", make_quiz("1", 2, (1,)))
    file, chinese = str(tmp_path / "a.pdf"), str(tmp_path / "zh.pdf")
    for _ in range(2):
        write_quiz(quiz, "pdf", file, english(), key=True)
    made = Path(file).read_bytes()
    assert made.startswith(b"%PDF-")
    write_quiz(quiz, "pdf", file, english(), key=False)
    assert b"/Count 1" in Path(file).read_bytes()
    assert b"/Count 2" in made
    with pytest.raises(UsageError, match="a quiz as PDF needs a file"):
        write_quiz(quiz, "pdf", None, english(), key=True)
    with pytest.raises(UsageError, match="no font on this machine has the letter"):
        write_quiz(quiz._replace(title="\u1f00 \U00012000"), "pdf", chinese, english(), key=True)
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UsageError, match="a quiz as PDF needs typst"):
        write_quiz(quiz, "pdf", chinese, language("zh"), key=True)
    assert not Path(chinese).exists()
