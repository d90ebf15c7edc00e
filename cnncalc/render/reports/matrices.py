"""Matrices of numbers as text, and how each came about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.errors import unknown_choice
from cnncalc.languages import of_tables
from cnncalc.render.explained.wrapping import chained

if TYPE_CHECKING:
    from cnncalc.execute.convolve import Window, Worked

FORMATS = ("text", "json")
COLUMNS = 80
"""Where a long sum is broken."""
MOST_MAPS = 4
LARGEST_MAP = 16
"""How many maps of a layer are shown, and how large they may be."""


def number(value: float) -> str:
    """A number as one writes it by hand.

    >>> number(4.0), number(0.33333333), number(-2.5)
    ('4', '0.3333', '-2.5')
    """
    return f"{value:.4g}" if abs(value) < 10_000 and not float(value).is_integer() else f"{value:.10g}"


def factor(value: float) -> str:
    """A number in a product: a negative one in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def matrix(rows: Sequence[Sequence[float]], indent: str = "  ") -> Iterator[str]:
    """The lines of a matrix, its columns aligned."""
    texts = [[number(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield indent + " ".join(text.rjust(size) for text, size in zip(row, widths, strict=True)) + "\n"


def maps(array: Any, most: int | None = None) -> Iterator[str]:
    """An array (positions ..., maps), map by map."""
    *positions, channels = array.shape
    for channel in range(min(channels, most or channels)):
        if channels > 1:
            yield f" {of_tables().say('map.one', number=channel)}{of_tables().say('colon').rstrip()}\n"
        plane = array[..., channel]
        for rows in plane.reshape(-1, positions[-2] if len(positions) > 1 else 1, positions[-1]):
            yield from matrix(rows.tolist())
    if most is not None and channels > most:
        yield f" {of_tables().say('map.more', count=channels - most)}\n"


def small_map(name: str, array: Any) -> Iterator[str]:
    """A map of a layer, where it is small enough to be read; `array` is (positions ..., maps) or a vector."""
    shape = "x".join(map(str, array.shape))
    yield f"{name} ({shape})\n"
    if array.ndim == 1:
        shown = " ".join(number(value) for value in array[:LARGEST_MAP].tolist())
        yield f"  {shown}{' ...' if len(array) > LARGEST_MAP else ''}\n"
    elif max(array.shape[:-1]) <= LARGEST_MAP:
        yield from maps(array, MOST_MAPS)


def worked(work: Worked, format: str, *, steps: bool) -> Iterator[str]:
    """What came out of a convolution or a pooling, with `steps` each window's products, and the gradients."""
    if format == "json":
        data = work.to_dict()
        if not steps:
            del data["windows"]
        yield json.dumps(data) + "\n"
        return
    if format not in FORMATS:
        raise unknown_choice(format, "a format", FORMATS)
    several = work.output.shape[-1] > 1
    for window in work.windows if steps else ():
        sides = step(window, work.pool, work.activation, several=several)
        yield from (f"{line}\n" for line in chained(sides[0], [sides[1]], COLUMNS, ""))
    if steps:
        yield "\n"
    shape = "x".join(map(str, work.output.shape[: None if several else -1]))
    yield of_tables().say("map.output", shape=shape) + "\n"
    yield from maps(work.output)
    for name, gradient in work.gradients.items():
        yield f"\n{of_tables().say(f'map.gradient.{name}')}\n"
        yield from matrix([gradient.tolist()]) if gradient.ndim == 1 else maps(gradient)


def step(window: Window, pool: str | None, activation: str | None, *, several: bool) -> tuple[str, str]:
    """One output: where it stands, with its sum or maximum; and what that comes to."""
    at = ", ".join(map(str, window.at))
    place = f"{of_tables().say('map.one', number=window.filter)} ({at})" if several else f"({at})"
    if pool == "max":
        return f"{place}: max({', '.join(number(x) for x, _ in window.terms)})", number(window.output)
    if pool == "avg":
        total = " + ".join(factor(x) for x, _ in window.terms)
        return f"{place}: ({total})/{len(window.terms)}", number(window.output)
    products = " + ".join(f"{factor(x)}*{factor(w or 0.0)}" for x, w in window.terms)
    bias = f" + {factor(window.bias)}" if window.bias else ""
    after = f", {activation}: {number(window.output)}" if activation else ""
    return f"{place}: {products}{bias}", f"{number(window.sum)}{after}"
