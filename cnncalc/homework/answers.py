"""Answers and their marks, as data, and the rules that they are marked by."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import UsageError, brief, did_you_mean
from cnncalc.homework.headings import ASKED, asked_quantity, headings_of, plain_key
from cnncalc.homework.numbers import plain
from cnncalc.quantity import QUANTITIES

if TYPE_CHECKING:
    from cnncalc.homework.convolving import ByHand

TOTAL = "total"
EXACT_BELOW = 10**6
"""The counts below which one sheet that is checked may not be rounded, unless its teacher says so."""
VERDICTS = ("right", "carried", "wrong", "missing", "unreadable")
MOST_MARKS = Fraction(1000)
SHOWN = ("slips", "answers", "working")
"""What a marking file may show to students: the slips, the right answers, the right working."""


class Alternative(NamedTuple):
    """An answer that counts as right beside the right one: a number from `low` to `high`, or sizes."""

    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    sizes: tuple[int, ...] = ()
    """Of a shape, as (..., channels), or of a receptive field."""

    def holds(self, value: Fraction | None, agrees: Callable[[Any], bool]) -> bool:
        """Whether an answer with this number is the one; `agrees` holds the answer to a value."""
        if self.sizes or value is None:
            return agrees(self.sizes)
        return self.low <= value <= self.high or (self.low == self.high and agrees(self.low))


@dataclass(frozen=True)
class Rules:
    """How answers are marked."""

    marks: Mapping[str, Fraction] = field(default_factory=dict)
    """Quantity -> the marks of an answer, and `total QUANTITY` -> those of a sum; 1 where none are said."""
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
    once: bool | frozenset[str] = False
    """Whether a slip that is repeated costs marks once, or which slips do."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """The headings, without case and signs, whose quantity is said."""
    asks: tuple[tuple[str, str], ...] = ()
    """The layers that are asked, each with a quantity, where a marking file says them."""
    given: frozenset[tuple[str, str]] = frozenset()
    """The answers that stand on the empty sheet already."""
    marks_at: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    """The marks of single answers: layer and quantity -> marks."""
    whole: Fraction | None = None
    """The marks of a sheet whose answers are all right, where these are said."""
    partial_of: Mapping[str, Fraction] = field(default_factory=dict)
    """Slip -> the part of its marks that an answer gets with that slip."""
    exact: frozenset[str] | None = None
    """The quantities that are asked exactly, however large, where these are said."""
    accepted: Mapping[tuple[str, str], tuple[Alternative, ...]] = field(default_factory=dict)
    conventions: tuple[str, ...] = ()
    """The tools whose numbers count as right too."""
    roundings: tuple[str, ...] = ()
    """The rules by which sizes may be rounded too."""
    shown: frozenset[str] = frozenset({"slips"})
    """What students see of SHOWN."""
    matrices: Mapping[str, "ByHand"] = field(default_factory=dict)
    """The matrices that are asked, by the names that sheets give them."""

    @property
    def says_questions(self) -> bool:
        """Whether the rules say the questions, and not the sheets."""
        return bool(self.asks or self.columns)

    @property
    def by_hand(self) -> list[tuple[str, str]]:
        """The matrices, each with what is asked of it."""
        return [(name, asked.quantity) for name, asked in self.matrices.items()]

    @property
    def wanted(self) -> frozenset[str]:
        """The quantities that are known to be asked."""
        return frozenset({*self.columns, *self.marks, *(quantity for _, quantity in self.asks)})

    @property
    def known_headings(self) -> dict[Any, str]:
        """The headings that mean something by these rules alone."""
        return {**headings_of(self.wanted), **self.headings}

    def worth(self, layer: str, quantity: str) -> Fraction:
        """The marks of an answer, before `whole` says what all are worth together."""
        if (own := self.marks_at.get((layer, quantity))) is not None:
            return own
        usual = self.marks.get(quantity, Fraction(1))
        return self.marks.get(f"{TOTAL} {quantity}", usual) if layer == TOTAL else usual

    def factor(self, asked: Iterable[tuple[str, str]]) -> Fraction:
        """The factor from the marks of single answers to the marks of the whole sheet."""
        in_all = sum((self.worth(*pair) for pair in asked), Fraction(0))
        return Fraction(1) if self.whole is None or not in_all else self.whole / in_all

    def out_of(self, asked: Iterable[tuple[str, str]]) -> Fraction:
        """The marks that there are for answers: the layer of each, and its quantity."""
        pairs = list(asked)
        return sum((self.worth(*pair) for pair in pairs), Fraction(0)) * self.factor(pairs)

    def part_of(self, slips: Iterable[str]) -> Fraction:
        """The part of its marks that a wrong answer gets with these slips: of several, the smallest."""
        return min((self.partial_of.get(name, self.partial) for name in slips), default=self.partial)

    def asks_exactly(self, quantity: str, expected: Any) -> bool:
        """Whether a rounded answer is wrong."""
        return bool(expected < self.exact_below) if self.exact is None else quantity in self.exact

    def costs_once(self, slips: Iterable[str]) -> bool:
        """Whether slips cost marks once, however often they are made."""
        return self.once if isinstance(self.once, bool) else self.once.issuperset(slips)


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
        """Whether the answer is right, by itself or by the answers before."""
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

    def without_slips(self) -> "Marked":
        """The same, of which wrong answers don't say why."""
        answers = [
            replace(answer, slips=(), alternatives=(), message="") if answer.verdict == "wrong" else answer
            for answer in self.answers
        ]
        return replace(self, answers=answers)

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
    """The marks of `params=2,shape=1,total=3`; raises UsageError.

    >>> read_marks("# parameters=2, total MACs=1/2")
    {'params': Fraction(2, 1), 'total macs': Fraction(1, 2)}
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        of_total, quantity = _column(name)
        if quantity is None or not equals:
            raise UsageError(
                f"--marks {brief(part)}: not quantity=marks",
                did_you_mean(name, ASKED, "the quantities are") or "such as params=2,shape=1,total=3",
            )
        found[f"{TOTAL} {quantity}" if of_total else quantity] = read_share("--marks", value, MOST_MARKS)
    return found


def _column(name: str) -> tuple[bool, str | None]:
    """Whether a sum over the network is meant, and the quantity: `total` is the sum of the parameters."""
    first, _, rest = name.strip().replace("-", " ").partition(" ")
    if first.casefold() != TOTAL:
        return False, asked_quantity(name.strip())
    quantity = asked_quantity(rest or "params")
    return True, quantity if quantity and QUANTITIES[quantity].sums else None


def read_columns(text: str, option: str = "--columns") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The quantities of `shape,params,total`, and the sums: total is that of the parameters.

    Raises UsageError, which names the option that the text was given to.

    >>> read_columns("shape, # parameters, total, total MACs")
    (('shape', 'params'), ('params', 'macs'))
    """
    columns: list[str] = []
    totals: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        of_total, quantity = _column(part)
        if quantity is None:
            raise UsageError(
                f"{option} {brief(part)}: not a quantity", "such as shape,size,params,macs,total"
            )
        (totals if of_total else columns).append(quantity)
    if text.strip() and not columns:
        raise UsageError(
            f"{option} {brief(text)}: no quantity of a layer", "such as shape,params,total", "unknown_choice"
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
        quantity = asked_quantity(name)
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
