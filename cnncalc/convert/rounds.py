"""Uses of a block one after another, such as layer1 and layer2, as the rounds of a repeat."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cnncalc.convert.items import as_name, in_line
from cnncalc.spec.write import InLine

DIGITS = "0123456789"


@dataclass
class Use:
    """A use of a block: the names of the block and of the group, and the options given."""

    block: str
    name: str
    given: dict[str, Any]

    @property
    def item(self) -> Any:
        return {self.block: InLine({"name": as_name(self.name), **in_line(self.given).value})}

    @property
    def number(self) -> tuple[str, int] | None:
        """The name taken apart: denselayer, 3."""
        stem = self.name.rstrip(DIGITS)
        digits = self.name[len(stem) :]
        return None if not digits or (digits[0] == "0" and len(digits) > 1) else (stem, int(digits))

    def is_next(self, before: "Use") -> bool:
        """Whether the number of the use follows on another's."""
        own, last = self.number, before.number
        return own is not None and last is not None and own == (last[0], last[1] + 1)

    def is_like(self, other: "Use", period: int) -> bool:
        """Whether nothing differs but the numbers, so that both can be rounds of a repeat."""
        if self.block != other.block or (period > 1 and self.given != self.of_rounds()):
            return False
        return self.of_rounds() == other.of_rounds()

    def of_rounds(self) -> dict[str, Any]:
        """The options as all rounds of a repeat have them: the number before its own is $(index - 1)."""
        assert self.number is not None
        index = self.number[1]
        return {key: _of_round(value, index) for key, value in self.given.items()}

    def item_of_rounds(self, name: str) -> InLine:
        """The use as an item of a repeat."""
        return InLine({self.block: InLine({"name": name, **in_line(self.of_rounds()).value})})


def _of_round(value: Any, index: int) -> Any:
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if found := re.fullmatch(r"([A-Za-z_]*)(\d+)((?:\.\w+)*)", text):
        away = index - int(found[2])
        if isinstance(value, str) and 0 < away <= 2:
            return f"{found[1]}$(index - {away}){found[3]}"
    return value


def repeated(uses: Sequence[Use], period: int) -> Any:
    """Uses of blocks as a repeat; a round has `period` of them."""
    assert uses[0].number is not None
    stem, index = uses[0].number
    names = ["$index"]
    if period > 1:
        ahead = [index % period + n for n in range(period)]
        names = [f"$({period} * index + {n})" if n else f"$({period} * index)" for n in ahead]
    items = [use.item_of_rounds(stem + name) for use, name in zip(uses, names, strict=False)]
    rounds = {"first": index // period, "times": len(uses) // period, "scope": False}
    return {"repeat": InLine({**rounds, "layers": InLine(items)})}


def alike_rounds(uses: list[Use]) -> tuple[list[Use], int]:
    """The first of the uses that are one repeat, and how many of them a round has: 1 or 2."""
    for period in (1, 2):
        count = period
        while count < len(uses) and uses[count].is_like(uses[count - period], period):
            count += 1
        if count // period > 1:
            return uses[: count - count % period], period
    return uses[:1], 1
