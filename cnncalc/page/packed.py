"""Pieces of markup that differ in their numbers alone, stored once with their numbers beside them."""

import re

SLOT = "~"
"""Where a number belongs in a pattern."""
_DIGITS = re.compile("[0-9]+")
_SIGN = re.compile("&#([0-9]{3,5});")
"""A sign written by its number: none of those that are markup has three digits."""


class Packed:
    """Pieces of HTML: `patterns` are texts without numbers, `pieces` a pattern's number and its numbers.

    >>> packed = Packed()
    >>> packed.add("<b>5</b> of 20"), packed.add("<b>7</b> of 20"), packed.add("<b>5</b> of 20")
    (0, 1, 0)
    >>> packed.patterns, packed.pieces
    (['<b>~</b> of ~'], ['0 5 20', '0 7 20'])
    """

    def __init__(self) -> None:
        self._patterns: dict[str, int] = {}
        self._pieces: dict[str, int] = {}

    def add(self, html: str) -> int:
        """Stores a piece, unless there is one like it, and gives its number."""
        # a slot that stands in a name is written as HTML writes any sign, by its number
        plain = _SIGN.sub(lambda found: chr(int(found[1])), html).replace(SLOT, f"&#{ord(SLOT)};")
        pattern = self._patterns.setdefault(_DIGITS.sub(SLOT, plain), len(self._patterns))
        return self._pieces.setdefault(" ".join([str(pattern), *_DIGITS.findall(plain)]), len(self._pieces))

    @property
    def patterns(self) -> list[str]:
        return list(self._patterns)

    @property
    def pieces(self) -> list[str]:
        return list(self._pieces)
