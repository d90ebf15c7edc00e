"""Values that differ from round to round of a repeat, as a loop says them."""

from collections.abc import Sequence


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None


def reach(column: Sequence[str | None]) -> int:
    """Number of values, from the first on, that a loop can say."""
    same = rest = steps = 1
    while same < len(column) and column[same] == column[0]:
        same += 1
    while rest < len(column) and column[rest] == column[min(1, len(column) - 1)]:
        rest += 1
    numbers = [_whole(text) for text in column]
    if len(column) > 2 and None not in numbers[:3]:
        away = _away(numbers, 1)
        while steps < len(column) and numbers[steps] is not None and _away(numbers, steps) == away:
            steps += 1
    odd_first = rest if rest > 2 and None not in (column[0], column[1]) else 1
    return max(same, odd_first, steps if steps > 2 else 1)


def _away(numbers: Sequence[int | None], at: int) -> int:
    one, other = numbers[at], numbers[at - 1]
    return (one or 0) - (other or 0)


def in_loop(column: Sequence[str | None], letter: str, first: int) -> str:
    """Values that differ from round to round, as a loop says them."""
    if len(set(column[1:])) == 1:
        return f"{column[0]} if {letter} == {first} else {column[1]}"
    numbers = [int(text or 0) for text in column]
    step = numbers[1] - numbers[0]
    base = numbers[0] - step * first
    sign = "+" if step > 0 else "-"
    times = f"{abs(step)} * {letter}" if abs(step) != 1 else letter
    return f"{base} {sign} {times}" if base else f"{step} * {letter}"
