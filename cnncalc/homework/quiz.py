"""Quizzes: questions with keys from the same engine, seeded.

A wrong choice is always what a slip would give, which is what makes it worth offering.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError, UsageError, unknown_choice
from cnncalc.homework.answers import read_columns
from cnncalc.homework.questions import (
    Maker,
    NotThis,
    Question,
    backwards,
    one_layer,
    small_network,
)
from cnncalc.homework.questions.of_network import Asked, Asker, chosen_layers
from cnncalc.homework.variation import varied
from cnncalc.languages import Message

MOST_QUESTIONS = 500
USUAL_COUNT = 6
TOLD_BY_PICTURES = frozenset({"shape", "activation_size", "memory"})
"""The quantities whose answers a picture of the network shows."""
MOST_TOLD = 50_000
"""The most lines of networks in a quiz: where questions travel apart, each tells its network."""
TYPES = ("choice", "number", "table")
"""How questions are answered: by a choice, by a number or a shape typed in, by filling in one table."""
_TRIES = 400

_MAKERS: dict[int, tuple[Maker, ...]] = {
    1: one_layer.MAKERS,
    2: small_network.MAKERS,
    3: backwards.MAKERS,
}


def level_name(level: int) -> str:
    """The levels: one layer, a small network, backwards and why."""
    return Message(f"quiz.level.{level}")


class Quiz(NamedTuple):
    """Questions under a title; `seed` shuffles their choices, `picture` is the network's, as SVG."""

    title: str
    seed: str
    questions: Sequence[Question]
    picture: str = ""

    def name(self, question: Question) -> str:
        """The name of a question in a list of questions."""
        return question.text if question.network else level_name(question.level)

    def tags(self, question: Question) -> tuple[str, ...]:
        """Words to find a question by: its network, layer and quantity, or its level."""
        return question.tags or (level_name(question.level),)


class Wish(NamedTuple):
    """The quantities to ask of a network, the kind of answer, and how many questions are `wanted`.

    `ask` are quantities, `layers` patterns of names, both parted by commas.
    """

    ask: str = ""
    layers: str = ""
    type: str = TYPES[0]
    tolerance: Fraction = Fraction(0)
    wanted: int | None = None

    def answered(self, questions: Sequence[Question]) -> list[Question]:
        """The questions, typed in where that is wanted; raises UsageError for a type that there isn't."""
        if self.type not in TYPES:
            raise unknown_choice(self.type, "a type of questions", TYPES)
        return (
            list(questions) if self.type == "choice" else [each.typed(self.tolerance) for each in questions]
        )


def network_quiz(report: Report, seed: int | str, wish: Wish) -> list[Question]:
    """Questions on a network: all that are said, else some that are drawn, in the network's order.

    Raises UsageError where nothing can be asked, or too much.
    """
    return _questions(report, asked_of(report, seed, wish), wish)


def network_variant(report: Report, seed: int | str, name: str, wish: Wish) -> tuple[Report, list[Question]]:
    """The network with numbers for one student, and the same questions on them as all others have."""
    pairs = asked_of(report, seed, wish)
    own = varied(report, f"{seed} {name}", pairs)
    return own, _questions(own, pairs, wish)


def asked_of(report: Report, seed: int | str, wish: Wish) -> list[Asked]:
    """The questions on a network; raises UsageError where there are none, or too many."""
    quantities, totals = read_columns(wish.ask, "--ask")
    layers = chosen_layers(report, wish.layers)
    pairs = Asker(report).pairs(quantities, totals, layers, zeros=wish.type == "table")
    if not pairs:
        raise UsageError(
            "nothing is there to ask", "--ask names quantities, --layers layers", "unknown_choice"
        )
    if wish.type == "table":
        told = len(pairs)
    else:
        drawn = wish.wanted or (len(pairs) if wish.ask or wish.layers else USUAL_COUNT)
        if drawn < len(pairs):
            chance = random.Random(f"cnncalc quiz {seed}")  # noqa: S311 - a quiz, no secret
            pairs = [pairs[at] for at in sorted(chance.sample(range(len(pairs)), drawn))]
        told = len(pairs) * len(report.layers)
    if (len(pairs) > MOST_QUESTIONS and wish.type != "table") or told > MOST_TOLD:
        raise UsageError(
            f"{len(pairs)} questions on a network of {len(report.layers)} layers are too many",
            "--layers and --count ask for fewer",
            "bad_value",
        )
    return pairs


def _questions(report: Report, pairs: Sequence[Asked], wish: Wish) -> list[Question]:
    asker = Asker(report)
    if wish.type == "table":
        return [asker.table(pairs, wish.tolerance)]
    return wish.answered([asker.question(pair) for pair in pairs])


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
