"""Numbers as people write them, read exactly: `48,120`; `62k`, to the digits given; `5*5*6*16+16`."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import Any

from cnncalc.errors import UsageError, brief
from cnncalc.homework import notation
from cnncalc.homework.sentences import marking
from cnncalc.spec.expressions import ExpressionError, exact

LONGEST = 300
"""The most characters of an answer."""


class Unreadable(UsageError):  # noqa: N818 - an answer is unreadable, not an error
    """An answer that can't be read as a number or a shape."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message, help, "unreadable")


@dataclass(frozen=True)
class Number:
    """A number as it was written.

    `step` is the worth of its last digit; `rounded` says that it was written in thousands or powers of ten,
    and so holds to the digits given. `worked` is what working written beside the number comes to.
    """

    value: Fraction
    step: Fraction = Fraction(1)
    rounded: bool = False
    worked: Fraction | None = None
    unit: Fraction | None = None
    """The bytes of the unit that was written beside it."""

    def agrees(self, wanted: Any, tolerance: Fraction = Fraction(0)) -> bool:
        """Whether it is `wanted`, to the digits given.

        >>> read_number("62k").agrees(62006), read_number("62000").agrees(62006)
        (True, False)
        """
        value = self.value
        if value == wanted or abs(value - wanted) <= tolerance * abs(wanted):
            return True
        if not self.rounded and (self.step >= 1 or Fraction(wanted).denominator == 1):
            return False
        # a fraction may be cut off as well as rounded
        if not self.rounded and 0 <= wanted - value < self.step < 1:
            return True
        if abs(value) >= 10 * self.step:
            return bool(abs(value - wanted) * 2 <= self.step)
        return _to_one_digit(Fraction(wanted)) == value

    def times(self, factor: Fraction) -> "Number":
        return Number(self.value * factor, self.step * factor, self.rounded, None, self.unit)

    def __str__(self) -> str:
        return plain(self.value)


def plain(value: Fraction | int) -> str:
    """A number as people read it.

    >>> plain(Fraction(48120)), plain(Fraction(7, 3))
    ('48,120', '2.333')
    """
    value = Fraction(value)
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.4g}"


def _to_one_digit(value: Fraction) -> Fraction:
    """Rounded to one significant digit, halves up."""
    if value == 0:
        return value
    place = Fraction(10) ** (len(str(floor(abs(value)))) - 1)
    while place > abs(value):
        place /= 10
    return Fraction(floor(value / place + Fraction(1, 2))) * place


def normal(text: str) -> str:
    """The characters of an answer as they are meant; raises Unreadable for one that is too long."""
    if len(text) > LONGEST:
        raise Unreadable(f"an answer of more than {LONGEST} characters")
    told = text.strip()
    # emphasis of Markdown, in whatever file
    return notation.normal(told[2:-2] if len(told) > 4 and told[:2] == told[-2:] == "**" else text)


_SCALES = {
    "k": 10**3, "thousand": 10**3, "千": 10**3, "万": 10**4, "萬": 10**4, "m": 10**6, "mn": 10**6,
    "mio": 10**6, "mill": 10**6,
    "million": 10**6, "millions": 10**6, "百万": 10**6, "亿": 10**8, "億": 10**8, "g": 10**9,
    "b": 10**9, "bn": 10**9, "billion": 10**9, "十亿": 10**9, "t": 10**12,
}  # fmt: skip
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_WORDS = (
    r"(?:trainable\s+)?(?:params?|parameters?|weights?|biases|values?|connections?|links?|macs?|mults?"
    r"|multiplications?|madds?|flops?|ops|operations?|neurons?|units?|activations?|pixels?|px|个参数|个|次|参数)"
)
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_PLAIN = re.compile(
    r"(?P<sign>[-+]?)\s*+(?P<body>[\d.]++(?:[,'_ ]++[\d.]++)*+)\s*+"
    r"(?:e\s*+(?P<e>[-+]?\d{1,2})|[*x]\s*+10\s*+\^\s*+\(?(?P<ten>[-+]?\d{1,2})\)?)?\s*+"
    rf"(?:(?P<bytes>(?:[kmg]i?)?(?:b|bytes?)|[kmg]i|字节)|(?P<scale>{_SCALE}))?\.?\s*+(?:{_WORDS})?",
    re.IGNORECASE,
)
_WORD_BEHIND = re.compile(rf"(?<=[\d)])\s*+{_WORDS}(?![a-z])", re.IGNORECASE)
_SPACED = {space: re.compile(rf"\d{{1,3}}(?:{space}\d{{3}})+(?:[.,]\d+)?") for space in (" ", "'")}
"""A separator of thousands -> the pattern of numbers that have the separator: 48 120 and 48'120,5."""
_GROUPED = {sign: re.compile(rf"\d{{1,3}}(?:\{sign}\d{{3}})*") for sign in (",", ".")}
"""The same before a decimal point: 48,120 of 48,120.5."""
_ABOUT = re.compile(r"(?:[~≈约]|about|approx\.?|approximately|circa|ca\.?|大约)\s*", re.IGNORECASE)
_ARROW = re.compile("=>|->|[→⇒]")
_ROUNDED = re.compile(r"(?<=\d)\s*+\([~≈][^()]*+\)$")
"""What a student says beside the answer: 4704 (~5k)."""
_NAME = re.compile(r"[^\W\d][^\d]*")
_LABEL = re.compile(r"^[^\W\d][^\d:=()]*:")
_REMARK = re.compile(r"(?P<answer>[^()=]*\d)\s*+\((?P<remark>(?=[^()]*?[^\W\d_]{2})[^()]*+)\)")
_BETWEEN = re.compile(
    r",?\s(?:since|because|as|from|is|gives|makes|weil|denn)\s|因为|//|[:;]|,\s|\s-\s|\s(?=\[)"
)
"""What stands between an answer and its working."""
_BESIDE = re.compile(r"(?P<answer>[^()=]++)\(\s*+=?(?P<working>(?=[^=]*?[-+*/x^]).*)\)")


def read_number(text: str, *, whole: bool = True, memory: bool = False) -> Number:
    """The number that an answer says; raises Unreadable.

    With `whole`, `48.120` is 48,120, as some countries write it; with `memory`, units are of bytes.

    >>> read_number("48,120 (=120*400+120)").value, read_number("14*10^6").value
    (Fraction(48120, 1), Fraction(14000000, 1))
    """
    told = normal(text).rstrip(",-").strip("_")
    written = _ARROW.sub("=", _LABEL.sub("", told)).strip().removesuffix("±0").strip()
    written = _ROUNDED.sub("", written)
    about = _ABOUT.match(written)
    if about:
        written = written[about.end() :]
    if not written:
        raise Unreadable("there is nothing to read")
    try:
        # most answers are a number alone, which is read at once
        number = _plain(written, whole, memory) or _with_working(written, whole, memory)
        # W=450, b=6 are no two sides of an equation
        number = number or _of_parts(told, whole, memory) or _said(written, whole, memory)
    except Unreadable as unreadable:
        try:
            number = _without_words(written, whole, memory)
        except Unreadable:
            raise unreadable from None
    if about and not number.rounded:
        # about 62,000 is said to the thousand
        step = number.step
        while number.value and number.value.denominator == 1 and number.value % (step * 10) == 0:
            step *= 10
        number = Number(number.value, step, True, number.worked, number.unit)
    return number


def _of_parts(told: str, whole: bool, memory: bool) -> Number | None:
    """The sum of the parts that an answer names: `450 weights and 6 biases`."""
    parts = {name: _said(part, whole, memory) for name, part in notation.parts_of(told).items()}
    if not parts:
        return None
    worked = parts["w"].value + parts["b"].value
    return replace(parts["t"], worked=worked) if "t" in parts else Number(worked)


def _with_working(written: str, whole: bool, memory: bool) -> Number | None:
    """The answer beside working that comes to the answer: `456 - (5*5*3+1)*6`, `(5*5*3+1)*6 gives 456`."""
    signs = [*_BETWEEN.finditer(written)]
    for said, working in (
        *((written[: sign.start()], written[sign.end() :]) for sign in signs[:1]),
        *((written[sign.end() :], written[: sign.start()]) for sign in signs[-1:]),
    ):
        answer = _plain(said, whole, memory)
        try:
            worked = _worked_out(working.partition("=")[0]) if answer else None
        except Unreadable:
            continue
        if answer and worked == answer.value:
            return replace(answer, worked=worked)
    return None


def _without_words(written: str, whole: bool, memory: bool) -> Number:
    """The answer among words that say nothing of the number."""
    bare = notation.without_words(written)
    if bare == written:
        raise Unreadable(marking("not_a_number", answer=brief(written)))
    return _said(bare, whole, memory)


def _said(written: str, whole: bool, memory: bool) -> Number:
    """The answer among a number and its working, in either order."""
    if found := _plain(written, whole, memory):
        return found
    if beside := _BESIDE.fullmatch(written):
        answer = _plain(beside["answer"], whole, memory)
        if answer is not None:
            try:
                worked = _worked_out(beside["working"])
            except Unreadable:
                worked = None
            # 6(5*5*3 + 1) is a product, 456 (6*76) an answer and its working
            if "=" in written or worked == answer.value:
                return Number(answer.value, answer.step, answer.rounded, worked, answer.unit)
    remark = _REMARK.fullmatch(written)
    # 62 (million) and 62 (KB) are no remarks
    if remark and not _PLAIN.fullmatch(f"1 {remark['remark']}"):
        written = remark["answer"]
    parts = [part.strip() for part in re.split("[=≈]", written)]
    return _among([part for part in parts if part and not _NAME.fullmatch(part)], written, whole, memory)


def _among(parts: list[str], written: str, whole: bool, memory: bool) -> Number:
    """The answer among the sides of equations."""
    if not parts:
        raise Unreadable(marking("not_a_number", answer=brief(written)), "such as 48,120 or 5*5*6*16 + 16")
    plains = [found for part in parts if (found := _plain(part, whole, memory))]
    working = [part for part in parts if not _plain(part, whole, memory)]
    if not plains:
        return Number(_worked_out(parts[-1]))
    worked = None
    if working:
        try:
            worked = _worked_out(working[0])
        except Unreadable:
            if len(parts) == 1:
                raise
    # of 48,120 ≈ 48k the first is the answer, of 48,120 = 48,000 the last
    exactly = [
        each for each in plains if not each.rounded and plains[-1].rounded and plains[-1].agrees(each.value)
    ]
    return replace((exactly or plains)[-1], worked=worked)


def _plain(text: str, whole: bool, memory: bool) -> Number | None:
    """A number that stands alone, perhaps with a power of ten, k or M, and a word behind it."""
    match = _PLAIN.fullmatch(text.strip())
    if match is None:
        return None
    unit, scale = match["bytes"], match["scale"]
    # 18.816 KB and 4.812*10^4 are no thousands
    scaled = scale or match["e"] or match["ten"] or (unit or "b")[0].lower() in "kmg"
    if match["e"] or match["ten"]:
        # nobody parts thousands before a power of ten: 4,812e4
        whole = False
        text = re.sub(r"^([1-9]),(?=\d+$)", r"\1.", match["body"])
    else:
        text = match["body"]
    if (body := _body(text, whole and not scaled)) is None:
        return None
    if unit and not memory and unit.lower() == "b":
        unit, scale = None, unit
    if unit and not memory:
        raise Unreadable(f"{unit} is a unit of memory", "such as 62k or 14M")
    if memory and scale in ("k", "K", "m", "M", "g", "G"):
        unit, scale = scale, None
    worth = Fraction(_SCALES[scale.lower()]) if scale else Fraction(1)
    if power := match["e"] or match["ten"]:
        worth *= Fraction(10) ** int(power)
    value, step = body
    bytes_each = (
        Fraction(_BYTES[unit.lower().removesuffix("ytes").removesuffix("yte").removesuffix("b")])
        if (unit and unit != "字节")
        else (Fraction(1) if unit else None)
    )
    if match["sign"] == "-":
        value = -value
    worth *= bytes_each or 1
    rounded = bool(scale or power) or (bytes_each or 1) > 1
    return Number(value * worth, step * worth, rounded, None, bytes_each)


def _body(text: str, whole: bool) -> tuple[Fraction, Fraction] | None:  # noqa: PLR0911 - a case a separator
    """Digits with their separators: the value, and the worth of the last digit."""
    digits = text.replace("_", "").strip()
    for space, parted in _SPACED.items():
        if space in digits:
            if not parted.fullmatch(digits):
                return None
            digits = digits.replace(space, "")
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        thousands, point = (",", ".") if dot > comma else (".", ",")
        before, _, after = digits.rpartition(point)
        if point in before or not _GROUPED[thousands].fullmatch(before):
            return None
        return _value(before.replace(thousands, ""), after)
    if comma >= 0:
        if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}", digits):
            return _value(digits.replace(",", ""), "")
        before, _, after = digits.partition(",")
        return _value(before, after) if "," not in after else None
    if dot >= 0:
        several = digits.count(".") > 1
        if (whole or several) and re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", digits):
            return _value(digits.replace(".", ""), "")
        before, _, after = digits.partition(".")
        return _value(before, after) if not several else None
    return _value(digits, "")


def _value(before: str, after: str) -> tuple[Fraction, Fraction] | None:
    if not (before + after).isdecimal() or len(before + after) > 40:
        return None
    step = Fraction(1, 10 ** len(after))
    return int(before + after) * step, step


def _worked_out(text: str) -> Fraction:
    """The value of arithmetic; raises Unreadable."""
    text = _WORD_BEHIND.sub("", text)
    # x between numbers is a sign of multiplication; elsewhere it is the x of max
    text = re.sub(r"(?<=[\d)\]\s])x(?=[\s\d(\[])", "*", text.lower())
    text = text.replace("^", "**").replace("[", "(").replace("]", ")").replace("{", "(").replace("}", ")")
    if not re.search("m(?:ax|in)", text):
        text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    # 6(5*5*3 + 1) and (6)(76) are products
    text = re.sub(r"(?<=[\d)])\s*\((?=.)", "*(", text)
    text = re.sub(r"\)\s*(?=\d)", ")*", text)
    try:
        return exact(text, {})
    except ExpressionError as error:
        if re.search(r"[-+*/]", text):
            raise Unreadable(f"{brief(text)}: {error.message}", error.help) from None
        raise Unreadable(
            marking("not_a_number", answer=brief(text)), "such as 48,120 or 5*5*6*16 + 16"
        ) from None
    except RecursionError:  # pragma: no cover - the parser is bounded
        raise Unreadable(f"{brief(text)} nests too deep") from None
