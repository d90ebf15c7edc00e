"""Quizzes: questions with keys from the same engine, seeded.

A wrong choice is always what a slip would give, which is what makes it worth offering.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cnncalc.errors import CnncalcError, UsageError
from cnncalc.homework.questions import Maker, NotThis, Question, backwards, one_layer, small_network
from cnncalc.languages import Message

MOST_QUESTIONS = 500
_TRIES = 400

_MAKERS: dict[int, tuple[Maker, ...]] = {
    1: one_layer.MAKERS,
    2: small_network.MAKERS,
    3: backwards.MAKERS,
}


def level_name(level: int) -> str:
    """The levels: one layer, a small network, backwards and why."""
    return Message(f"quiz.level.{level}")


def make_quiz(seed: int | str, count: int, levels: Sequence[int] = (1, 2, 3)) -> list[Question]:
    """So many questions of these levels, in order of level; the same for the same seed.

    In every language they are the same questions, with their choices in the same order.
    """
    if not 1 <= count <= MOST_QUESTIONS:
        raise UsageError(f"{count} questions can't be", f"from 1 to {MOST_QUESTIONS}", code="bad_value")
    for level in levels:
        if level not in _MAKERS:
            told = ", ".join(f"{number} ({level_name(number)})" for number in _MAKERS)
            raise UsageError(f"level {level} is not there", f"the levels are {told}", "unknown_choice")
    chance = random.Random(f"cnncalc quiz {seed}")  # noqa: S311 - a quiz, no secret
    wanted = sorted(levels[i % len(levels)] for i in range(count))
    found: list[Question] = []
    start = 0
    for at, level in enumerate(wanted):
        makers = _MAKERS[level]
        # each kind of question in its turn, from where chance begins
        start = chance.randrange(len(makers)) if not at or wanted[at - 1] != level else start + 1
        found.append(_draw(makers, start, chance, level, {each.identity for each in found}))
    return found


def _draw(
    makers: Sequence[Maker], start: int, chance: random.Random, level: int, asked: set[str]
) -> Question:
    for at in range(len(makers)):
        # where the numbers of one kind of question are all used up, the next kind
        for _ in range(_TRIES):
            try:
                question = makers[(start + at) % len(makers)](chance)
            except (NotThis, CnncalcError):
                continue
            if question.identity not in asked:
                return replace(question, level=level)
    raise UsageError("no further question of this level is to be found", "ask for fewer")  # pragma: no cover


def variants(
    seed: int | str, names: Sequence[str], count: int, levels: Sequence[int]
) -> Iterator[tuple[str, list[Question]]]:
    """A quiz for each student: others see other numbers, and the same student always the same."""
    for name in names:
        yield name, make_quiz(f"{seed} {name}", count, levels)
