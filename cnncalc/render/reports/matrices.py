"""Matrices of numbers as text, and how each came about."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.languages import Joined, Message
from cnncalc.render.document import Block, Document, Matrix, Paragraph, Section, Steps
from cnncalc.render.json_text import json_text

if TYPE_CHECKING:
    from cnncalc.execute.convolve import OutputWindow, Worked
    from cnncalc.execute.unrolled import Stamp

MOST_MAPS = 4
LARGEST_MAP = 16
"""How many maps of a layer are shown, and how large they may be."""


def number(value: float) -> str:
    """A number as one writes it by hand.

    >>> number(4.0), number(0.33333333), number(-2.5)
    ('4', '0.3333', '-2.5')
    """
    value += 0.0  # nobody writes -0
    return f"{value:.4g}" if abs(value) < 10_000 and not float(value).is_integer() else f"{value:.10g}"


def factor(value: float) -> str:
    """A number in a product: a negative one in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def matrix(rows: Sequence[Sequence[float]]) -> Matrix:
    """A matrix of numbers."""
    return Matrix([[number(value) for value in row] for row in rows])


def maps(array: Any, most: int | None = None) -> Iterator[Block]:
    """An array (positions ..., maps), map by map."""
    *positions, channels = array.shape
    for channel in range(min(channels, most or channels)):
        plane = array[..., channel]
        planes = plane.reshape(-1, positions[-2] if len(positions) > 1 else 1, positions[-1])
        matrices = [matrix(rows.tolist()) for rows in planes]
        if channels > 1:
            yield Section(Message("map.one", number=channel), matrices, level=2)
        else:
            yield from matrices
    if most is not None and channels > most:
        yield Paragraph(Message("map.more", count=channels - most))


def small_map(name: str, array: Any) -> Section:
    """A map of a layer, where it is small enough to be read; `array` is (positions ..., maps) or a vector."""
    blocks: list[Block] = []
    if array.ndim == 1:
        values = [number(value) for value in array[:LARGEST_MAP].tolist()]
        blocks.append(Matrix([[*values, *(["..."] if len(array) > LARGEST_MAP else [])]]))
    elif max(array.shape[:-1]) <= LARGEST_MAP:
        blocks += maps(array, MOST_MAPS)
    return Section(f"{name} ({'x'.join(map(str, array.shape))})", blocks)


def worked_document(work: "Worked", *, steps: bool) -> Document:
    """What came out of a convolution or a pooling, with `steps` each window's products, and the gradients."""
    several = work.output.shape[-1] > 1
    shape = "x".join(map(str, work.output.shape[: None if several else -1]))
    blocks: list[Block] = [Section(Message("map.output", shape=shape), list(maps(work.output)))]
    if steps:
        sums = [step(window, work.pool, work.activation, several=several) for window in work.windows]
        blocks.insert(0, Steps(sums))
    if steps and work.stamps:
        blocks.insert(0, Steps([_stamp(each, several=several) for each in work.stamps]))
    if work.matrix is not None:
        size = "x".join(map(str, work.matrix.shape))
        blocks.append(Section(Message("map.matrix", size=size), [matrix(work.matrix.tolist())]))
    for name, gradient in work.gradients.items():
        inner: list[Block] = [matrix([gradient.tolist()])] if gradient.ndim == 1 else list(maps(gradient))
        if sums_of := work.gradient_terms.get(name):
            drop = gradient.shape[-1] == 1
            cut = (slice(2, None) if name == "weight" else slice(-1)) if drop else slice(None)
            inner.insert(0, Steps([products(at[cut], terms) for at, terms in sorted(sums_of.items())]))
        blocks.append(Section(Message(f"map.gradient.{name}"), inner))
    return Document(blocks, data=lambda: _json(work, steps=steps))


def _stamp(stamp: "Stamp", *, several: bool) -> tuple[str, str]:
    """What an input of a transposed convolution adds, and where the corner of the kernel lands."""
    planes = stamp.stamp.reshape(-1, stamp.stamp.shape[-1]).tolist()
    made = "; ".join(" ".join(map(number, row)) for row in planes)
    place = f"({', '.join(map(str, stamp.at))}): {factor(stamp.value)} * kernel"
    corner = f"({', '.join(map(str, stamp.corner))})"
    told = Joined([Message("map.one", number=stamp.filter), place], " ") if several else place
    return told, Message("map.stamp", values=made, corner=corner)


def products(at: tuple[int, ...], terms: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """A value of a gradient at its place, and the products that add up to the value."""
    made = " + ".join(f"{factor(first)}*{factor(second)}" for first, second in terms)
    place = f"({', '.join(map(str, at))}): {made}"
    return place, number(sum(first * second for first, second in terms))


def _json(work: "Worked", *, steps: bool) -> Iterator[str]:
    data = work.to_dict()
    if not steps:
        del data["windows"]
    yield json_text(data, ascii=True)


def step(
    window: "OutputWindow", pool: str | None, activation: str | None, *, several: bool
) -> tuple[str, str]:
    """One output: where it stands, with its sum or maximum; and what that comes to."""
    values = [number(x) for x, _ in window.terms]
    value = number(window.output)
    if pool == "max":
        made = f"max({', '.join(values)})"
    elif pool == "avg":
        made = f"({' + '.join(factor(x) for x, _ in window.terms)})/{len(values)}"
    else:
        made = " + ".join(f"{factor(x)}*{factor(w or 0.0)}" for x, w in window.terms)
        made += f" + {factor(window.bias)}" if window.bias else ""
        value = f"{number(window.sum)}, {activation}: {value}" if activation else number(window.sum)
    place = f"({', '.join(map(str, window.at))}): {made}"
    return (Joined([Message("map.one", number=window.filter), place], " ") if several else place), value
