"""Text that others wrote, such as a name or a cell, made plain: no terminal and no format obeys it."""

UNSEEN = "\N{REPLACEMENT CHARACTER}"
LONGEST_NAME = 1_000
"""The characters of a network's name."""


def visible(text: str) -> str:
    r"""A text as one line of signs that can be seen.

    Line ends, tabs and unusual blanks become spaces. What steers a terminal, turns the direction of writing
    or can't be encoded becomes a sign.

    >>> visible("a\nb \x1b[2J \u202e")
    'a b \ufffd[2J \ufffd'
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else UNSEEN for sign in text)


def shortened(text: str, most: int) -> str:
    """A text of `most` signs at most.

    >>> shortened("a" * 100, 8), shortened("abc", 8)
    ('aaaaa...', 'abc')
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."
