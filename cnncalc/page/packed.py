"""Pieces of markup that differ in their numbers alone, stored once with their numbers beside them."""

import re

SLOT = "~"
"""Where a number belongs in a pattern."""
_DIGITS = re.compile("[0-9]+")
_SIGN = re.compile("&#([0-9]{3,5});")
"""A sign written by its number: none of those that are markup has three digits."""


class Packed:
    """Pieces of HTML: `patterns` are texts without numbers, `pieces` a pattern's number and its numbers.

    A number that the first piece of the pattern has at the same place is left out.

    >>> packed = Packed()
    >>> packed.add("<b>5</b> of 20"), packed.add("<b>7</b> of 20"), packed.add("<b>5</b> of 20")
    (0, 1, 0)
    >>> packed.patterns, packed.pieces
    (['<b>~</b> of ~'], ['0 5 20', '0 7 '])
    """

    def __init__(self) -> None:
        self._firsts: dict[str, list[str]] = {}
        """A pattern -> the numbers of the first piece."""
        self._places: dict[str, int] = {}
        """A pattern -> its number."""
        self._pieces: dict[str, tuple[int, str]] = {}
        """A piece -> its number, and what is stored of it."""

    def add(self, html: str) -> int:
        """Stores a piece, unless there is one like it, and gives its number."""
        # a slot that stands in a name is written as HTML writes any sign, by its number
        plain = _SIGN.sub(lambda found: chr(int(found[1])), html).replace(SLOT, f"&#{ord(SLOT)};")
        if plain not in self._pieces:
            pattern, numbers = _DIGITS.sub(SLOT, plain), _DIGITS.findall(plain)
            is_first = pattern not in self._firsts
            firsts = self._firsts.setdefault(pattern, numbers)
            kept = (
                own if is_first or own != first else "" for own, first in zip(numbers, firsts, strict=True)
            )
            place = self._places.setdefault(pattern, len(self._places))
            self._pieces[plain] = (len(self._pieces), " ".join([str(place), *kept]))
        return self._pieces[plain][0]

    @property
    def patterns(self) -> list[str]:
        return list(self._firsts)

    @property
    def pieces(self) -> list[str]:
        return [stored for _, stored in self._pieces.values()]
