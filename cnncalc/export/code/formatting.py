"""Statements of Python in lines, as ruff and Black lay them out."""

from collections.abc import Iterator

WIDTH = 88
_OPENING, _CLOSING = "([{", ")]}"


def lines_of(statement: str, indent: int = 0, tail: str = "") -> Iterator[str]:
    """The lines of a statement or an expression; what does not fit is split at its last brackets.

    >>> print(*lines_of("x = call(" + ", ".join(["argument"] * 10) + ")"), sep=chr(10))
    x = call(
        argument,
        argument,
        argument,
        argument,
        argument,
        argument,
        argument,
        argument,
        argument,
        argument,
    )
    """
    margin = " " * indent
    if statement.startswith("return ") and len(margin) + len(statement) > WIDTH and len(split(statement)) > 1:
        statement = f"return ({statement.removeprefix('return ')},)"
    opening = _opening(statement)
    if len(margin) + len(statement) + len(tail) <= WIDTH or opening < 0:
        yield f"{margin}{statement}{tail}"
        return
    inner = _opening(statement[:opening]) if statement[opening - 1 : opening] == ")" else -1
    too_long = len(margin) + opening + 1 > WIDTH
    if inner >= 0 and too_long:
        # of two calls one after another the first is split: layers.Conv2D(...)(x)
        tail, statement, opening = f"{statement[opening:]}{tail}", statement[:opening], inner
    head, body, closing = statement[: opening + 1], statement[opening + 1 : -1], statement[-1]
    items = split(body)
    loop = split(body, " for ")
    yield f"{margin}{head}"
    if indent + 4 + len(body.removesuffix(",")) <= WIDTH and not body.endswith(","):
        yield f"{margin}    {body}"
    elif len(items) == 1 and len(loop) == 2:
        yield from lines_of(loop[0], indent + 4)
        yield from lines_of(f"for {loop[1]}", indent + 4)
    else:
        for item in items:
            yield from lines_of(item, indent + 4, "" if len(items) == 1 and not body.endswith(",") else ",")
    yield f"{margin}{closing}{tail}"


def split(text: str, at: str = ", ") -> list[str]:
    """A text parted where something stands outside of brackets and literals."""
    found, start, depth = [], 0, 0
    for place, sign in _outside_literals(text):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
        elif not depth and place >= start and text.startswith(at, place):
            found.append(text[start:place])
            start = place + len(at)
    rest = text[start:].removesuffix(",")
    return [*found, rest] if rest else found


def _opening(text: str) -> int:
    """The place of the bracket that the last sign of a text closes; -1 where that closes none."""
    if text[-1:] not in _CLOSING:
        return -1
    open_brackets = []
    for place, sign in _outside_literals(text):
        if sign in _OPENING:
            open_brackets.append(place)
        elif sign in _CLOSING:
            last = open_brackets.pop()
    return -1 if text.endswith("()") else last


def _outside_literals(text: str) -> Iterator[tuple[int, str]]:
    """The signs of a text that stand in no literal, each with its place."""
    quote, escaped = "", False
    for place, sign in enumerate(text):
        if not quote:
            if sign in "\"'":
                quote = sign
            else:
                yield place, sign
        elif escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == quote:
            quote = ""
