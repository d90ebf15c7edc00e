"""A quiz in the terminal: a question, the answer typed, the slip named at once."""

import shutil
import sys
from collections.abc import Callable, Sequence

from cnncalc.homework.questions import Question, say
from cnncalc.languages import Language
from cnncalc.render.problems import paints
from cnncalc.render.wrapping import chained, wrapped

Ask = Callable[[str], str]
LEAVE = ("q", "quit", "exit")


def play(
    questions: Sequence[Question], seed: str, language: Language, color: bool | None = None, ask: Ask = input
) -> tuple[int, int]:
    """Asks one after another; how many answers were right, and how many were given.

    It ends with the input, with a q, or with an interrupt, which is passed on; the score is told first.
    """
    right = asked = 0
    tell = language.tell
    _say(tell(say("start", count=len(questions))))
    try:
        for number, question in enumerate(questions, 1):
            _say(f"\n{number}/{len(questions)}  {tell(question.text)}\n")
            letters: dict[str, tuple[str, bool, str]] = {}
            if question.judge is None:
                letters = dict(zip("abcd", question.shuffled(seed), strict=False))
            outcome = _answer(question, letters, language, ask)
            if outcome is None:
                break
            asked += 1
            right += outcome[0]
            key = next((letter for letter, choice in letters.items() if choice[1]), question.key)
            _judged(question, key, *outcome, language, color)
    except KeyboardInterrupt:
        _say("")
        raise
    finally:
        left = len(questions) - asked
        _say("\n" + tell(say("left" if left else "score", right=right, asked=asked, left=left)))
        if not left and seed.isdecimal():
            _say(tell(say("others", seed=int(seed) + 1)))
    return right, asked


def _judged(
    question: Question, key: str, is_right: bool, said: str, language: Language, color: bool | None
) -> None:
    tell = language.tell
    red, green, off = ("\033[31m", "\033[32m", "\033[0m") if paints(color, sys.stdout) else ("", "", "")
    if is_right:
        _say(f"{green}{tell(say('right'))}{off}")
        return
    verdict = f"{red}{tell(say('not_right'))}{off}"
    _say(tell(say("told", verdict=verdict, why=said)) if said else verdict)
    _say(tell(say("it_is", key=key)))
    for equation in question.working:
        first, *sides = equation.split(" = ")
        for line in chained(first, sides, shutil.get_terminal_size().columns, "  "):
            sys.stdout.write(f"{line}\n")


def _answer(
    question: Question, letters: dict[str, tuple[str, bool, str]], language: Language, ask: Ask
) -> tuple[bool, str] | None:
    """Whether an answer is right, and what is said of it; None where no more come."""
    for letter, (text, _, _) in letters.items():
        _say(f"  {letter}) {language.tell(text)}", hang="     ")
    while True:
        try:
            given = ask("> ").strip()
        except EOFError:
            _say("")
            return None
        if given.lower() in LEAVE:
            return None
        if question.judge is None:
            if (chosen := letters.get(given.rstrip(")").lower())) is not None:
                return chosen[1], chosen[2]
            _say(language.tell(say("one_of", letters=", ".join(letters))))
        elif given:
            marked = question.judge(given)
            if marked.verdict not in ("unreadable", "missing"):
                return marked.verdict == "right", marked.message
            _say(language.tell(marked.message))


def _say(text: str, hang: str = "") -> None:
    for part in text.split("\n"):
        first = part[: len(part) - len(part.lstrip())]
        for line in wrapped(part, shutil.get_terminal_size().columns, hang or first, first):
            sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
