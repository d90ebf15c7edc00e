"""A quiz in the terminal: a question, the answer typed, the slip named at once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence

from cnncalc.homework.quiz import Question
from cnncalc.render.problems import paints
from cnncalc.render.wrapping import wrapped

Ask = Callable[[str], str]


def play(questions: Sequence[Question], seed: str, color: bool | None, ask: Ask = input) -> tuple[int, int]:
    """Asks one after another; how many answers were right, and how many were given. Ends with the input."""
    right = asked = 0
    for number, question in enumerate(questions, 1):
        _say(f"\n{number}/{len(questions)}  {question.text}\n")
        letters: dict[str, tuple[str, bool, str]] = {}
        if question.judge is None:
            letters = dict(zip("abcd", question.shuffled(seed), strict=False))
            for letter, (text, _, _) in letters.items():
                _say(f"  {letter}) {text}")
        outcome = _answer(question, letters, ask)
        if outcome is None:
            break
        is_right, said = outcome
        asked += 1
        right += is_right
        red, green, off = ("\033[31m", "\033[32m", "\033[0m") if paints(color, sys.stdout) else ("", "", "")
        _say(f"{green}right{off}" if is_right else f"{red}not right{off}" + (f": {said}" if said else ""))
        if not is_right:
            _say(f"It is {question.key}.")
            for line in question.working:
                _say(f"  {line}")
    _say(f"\n{right} of {asked} right")
    return right, asked


def _answer(
    question: Question, letters: dict[str, tuple[str, bool, str]], ask: Ask
) -> tuple[bool, str] | None:
    """Whether an answer is right, and what is said of it; None where no more come."""
    while True:
        try:
            given = ask("> ").strip()
        except EOFError:
            return None
        if letters:
            if (chosen := letters.get(given[:1].lower())) is not None:
                return chosen[1], ""
            _say(f"one of {', '.join(letters)}")
        elif given and question.judge is not None:
            marked = question.judge(given)
            if marked.verdict != "unreadable":
                return marked.verdict == "right", marked.message
            _say(marked.message)


def _say(text: str) -> None:
    for part in text.split("\n"):
        for line in wrapped(part, shutil.get_terminal_size().columns, part[: len(part) - len(part.lstrip())]):
            sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
