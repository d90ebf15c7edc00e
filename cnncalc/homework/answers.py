"""Answers and their marks, as data, and the rules that they are marked by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from cnncalc.errors import UsageError, brief, did_you_mean
from cnncalc.homework.headings import ASKED, plain_key, quantity_of
from cnncalc.homework.numbers import plain
from cnncalc.quantity import QUANTITIES

TOTAL = "total"
VERDICTS = ("right", "carried", "wrong", "missing", "unreadable")


@dataclass(frozen=True)
class Rules:
    """How answers are marked."""

    marks: Mapping[str, Fraction] = field(default_factory=dict)
    """Quantity -> the marks of an answer; 1 where none are said."""
    partial: Fraction = Fraction(0)
    """The part of its marks that a wrong answer gets whose slip is named."""
    tolerance: Fraction = Fraction(0)
    strict_layout: bool = False
    only_given: bool = False
    """Whether the layers that a sheet leaves out are not asked for."""
    columns: tuple[str, ...] = ()
    """The quantities that are asked of each layer; none: those that a sheet has."""
    totals: tuple[str, ...] = ()
    """The sums that are asked, where `columns` are said."""
    exact_below: int = 0
    """The counts below which a rounded answer is wrong."""
    once: bool = False
    """Whether a slip that is repeated costs marks once."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """The headings, without case and signs, whose quantity is said."""

    def worth(self, quantity: str) -> Fraction:
        return self.marks.get(quantity, Fraction(1))

    def out_of(self, asked: Iterable[tuple[str, str]]) -> Fraction:
        """The marks that there are for answers: the layer of each, and its quantity."""
        return sum((self.worth(quantity) for _, quantity in asked), Fraction(0))


@dataclass(frozen=True)
class Answer:
    """One answer, marked."""

    layer: str
    quantity: str
    text: str
    given: Any
    expected: Any
    verdict: str
    slips: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    message: str = ""
    marks: Fraction = Fraction(0)
    out_of: Fraction = Fraction(1)
    place: str = ""

    @property
    def earns(self) -> bool:
        """Whether it is right, by itself or by the answers before it."""
        return self.verdict in ("right", "carried")

    def to_dict(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "quantity": self.quantity,
            "given": self.given,
            "expected": number(self.expected) if isinstance(self.expected, Fraction) else self.expected,
            "verdict": self.verdict,
            "slips": list(self.slips),
            "alternatives": [list(slips) for slips in self.alternatives],
            "message": self.message,
        }


@dataclass(frozen=True)
class Marked:
    """A sheet, marked. `notes` say what on it was passed over."""

    answers: list[Answer]
    notes: list[str] = field(default_factory=list)

    @property
    def marks(self) -> Fraction:
        return sum((answer.marks for answer in self.answers), Fraction(0))

    @property
    def out_of(self) -> Fraction:
        return sum((answer.out_of for answer in self.answers), Fraction(0))

    @property
    def all_right(self) -> bool:
        return bool(self.answers) and all(answer.earns for answer in self.answers)

    def count(self, verdict: str) -> int:
        return sum(answer.verdict == verdict for answer in self.answers)

    def to_dict(self) -> dict[str, Any]:
        return {
            "marks": number(self.marks),
            "out_of": number(self.out_of),
            "answers": [answer.to_dict() for answer in self.answers],
        }


def number(value: Fraction | int) -> int | float:
    """A number as JSON has it."""
    return int(value) if Fraction(value).denominator == 1 else float(value)


def read_marks(text: str) -> dict[str, Fraction]:
    """The marks of `params=2,shape=1`; raises UsageError."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        quantity = quantity_of(name)
        if quantity is None or not equals:
            raise UsageError(
                f"--marks {brief(part)}: not quantity=marks",
                did_you_mean(name, ASKED, "the quantities are") or "such as params=2,shape=1",
            )
        found[quantity] = read_share("--marks", value, Fraction(1000))
    return found


def read_columns(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The quantities of `shape,params,total`, and the sums: total is that of the parameters.

    Raises UsageError.

    >>> read_columns("shape, # parameters, total, total MACs")
    (('shape', 'params'), ('params', 'macs'))
    """
    columns: list[str] = []
    totals: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, _, rest = part.replace("-", " ").partition(" ")
        is_sum = first.casefold() == TOTAL
        quantity = quantity_of((rest or "params") if is_sum else part)
        if quantity is None or (is_sum and not QUANTITIES[quantity].sums):
            raise UsageError(
                f"--columns {brief(part)}: not a quantity", "such as shape,size,params,macs,total"
            )
        (totals if is_sum else columns).append(quantity)
    if text.strip() and not columns:
        raise UsageError(
            f"--columns {brief(text)}: no quantity of a layer", "such as shape,params,total", "unknown_choice"
        )
    return tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(totals))


def read_headings(given: Iterable[str]) -> dict[str, str]:
    """The quantities of headings, each as `Wert=params`; raises UsageError.

    >>> read_headings(["# Wert=params"])
    {'wert': 'params'}
    """
    found = {}
    for each in given:
        heading, equals, name = each.rpartition("=")
        quantity = quantity_of(name)
        if not equals or not plain_key(heading) or quantity is None:
            raise UsageError(
                f"--heading {brief(each)}: not heading=quantity",
                did_you_mean(name, ASKED, "the quantities are") if equals else 'such as "Wert=params"',
            )
        found[plain_key(heading)] = quantity
    return found


def read_share(flag: str, text: str, most: Fraction = Fraction(1)) -> Fraction:
    """A number from 0, such as 0.5, 1/2 or 1%; raises UsageError."""
    given = text.strip()
    try:
        # an exponent of nine digits would be worked out
        plainly = len(given) <= 30 and "e" not in given.casefold()
        value = Fraction(given.removesuffix("%").strip()) if plainly else Fraction(-1)
        value = value / 100 if given.endswith("%") else value
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value <= most:
        raise UsageError(
            f"{flag} {brief(text)}: not a number from 0 to {plain(most)}",
            "such as 0.5 or 1%",
            code="bad_value",
        )
    return value
