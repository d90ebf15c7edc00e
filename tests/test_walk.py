"""The moving picture of a window: each step shows the numbers, the weights and the sum of the convolution."""

import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from cnncalc.errors import UsageError
from cnncalc.execute.convolve import Worked, convolve, convolve_transposed, pool
from cnncalc.languages import language
from cnncalc.page.walk import CELL, Picture, picture
from cnncalc.page.walk_files import walk_html, walk_svg

IMAGE = [[1, 2, 0, 3, 1], [0, 1, 4, 1, 2], [2, 0, 1, 1, 5], [1, 3, 1, 0, 2]]
KERNEL = [[1, 0, -2], [3, 1, 1], [0, 2, -1]]
SIGNAL = {"signal": True}


def cells(svg: str) -> tuple[dict[tuple[float, float], float], dict[tuple[float, float], float], set[Any]]:
    """The numbers in the middle of cells, the small ones in their corners, and the cells that are marked."""
    root = ET.fromstring(f"<svg>{svg}</svg>")  # noqa: S314 - of our own making
    numbers, weights, marked = {}, {}, set()
    for text in root.iter("text"):
        x, y = float(text.get("x", 0)), float(text.get("y", 0))
        if text.get("text-anchor") == "middle":
            numbers[x - CELL / 2, y - CELL / 2 - 5] = float(text.text or "")
        elif text.get("class") == "weight":
            weights[x - CELL + 3, y - CELL + 4] = float(re.sub("[×+()]", "", text.text or ""))
    for square in root.iter("rect"):
        if square.get("class") == "window":
            marked.add((float(square.get("x", 0)), float(square.get("y", 0))))
    return numbers, weights, marked


def seen(found: Picture, step: int) -> str:
    return "".join(piece.svg for piece in found.pieces if piece.first <= step < piece.end)


@pytest.mark.parametrize(
    "work",
    [
        convolve(IMAGE, KERNEL),
        convolve(IMAGE, KERNEL, stride=2, padding=1),
        convolve(IMAGE, [[1, 2], [3, -4]], dilation=2, padding=2),
        convolve(IMAGE, KERNEL, true_convolution=True),
        convolve([1, 2, 3, 4], [1, -1], padding="same"),
        convolve(np.stack([IMAGE, IMAGE], -1), np.stack([KERNEL, KERNEL], -1), np.ones((3, 3, 2))),
        convolve(np.stack([IMAGE, IMAGE], -1), KERNEL),
    ],
    ids=["plain", "strided", "dilated", "flipped", "signal", "maps", "each-map"],
)
def test_each_step_shows_the_products_of_an_output(work: Worked) -> None:
    found = picture(work, language("en"))
    given = cells("".join(found.still))[0]
    outputs = []
    for step in range(len(found.steps)):
        numbers, weights, marked = cells(seen(found, step))
        (output,) = marked - weights.keys()
        assert marked == {*weights, output}
        outputs.append(numbers[output])
        assert numbers[output] == sum(given[cell] * weight for cell, weight in weights.items())
        assert found.steps[step].endswith(f"= {numbers[output]:g}")
    assert outputs == np.moveaxis(work.output, -1, 0).ravel().tolist()


@pytest.mark.parametrize(("how", "of"), [("max", max), ("avg", np.mean)])
def test_a_pooling_marks_what_is_pooled(how: str, of: Any) -> None:
    work = pool(IMAGE, 2, how)
    found = picture(work, language("en"))
    given = cells("".join(found.still))[0]
    for step in range(len(found.steps)):
        numbers, _, marked = cells(seen(found, step))
        (output,) = marked & numbers.keys()
        assert numbers[output] == pytest.approx(of([given[cell] for cell in marked - {output}]), abs=1e-3)


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2}, {"stride": 2, "padding": 1, "output_padding": 1, "bias": 3}, {"dilation": 2}],
)
def test_a_transposed_convolution_adds_up_to_its_output(options: dict[str, Any]) -> None:
    work = convolve_transposed([[1, 2], [3, 4]], KERNEL, **options)
    found = picture(work, language("en"))
    last = len(found.steps) - 1
    totals = cells(seen(found, last))[0]
    kernel = {cell for cell in cells(seen(found, 0))[0] if cell[0] < min(cells(seen(found, 0))[1])[0] - CELL}
    rows, columns, _ = work.output.shape
    # the kernel stands at the left; the output's cells are those of whole rows that are solid
    solid = re.findall(r'x="([\d.]+)" y="([\d.]+)"[^>]*class="cell output"', "".join(found.still))
    shown = [totals[float(x), float(y)] for x, y in solid]
    assert shown == work.output.ravel().tolist()
    assert (len(shown), len(kernel)) == (rows * columns, 9)


def test_the_drawing_moves_by_itself_and_stands_still_for_whom_motion_disturbs() -> None:
    svg = walk_svg(convolve(IMAGE, KERNEL), language("en"))
    root = ET.fromstring(svg)  # noqa: S314 - of our own making
    style = "".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}style"))
    moving = style.partition("@media (prefers-reduced-motion: no-preference)")
    assert "animation" in moving[2]
    assert "animation" not in moving[0]
    assert not re.search(r"https?:", svg.replace("http://www.w3.org/2000/svg", ""))


def test_the_page_loads_nothing_and_speaks_the_reader_s_language() -> None:
    page = walk_html(convolve(IMAGE, KERNEL), language("zh"))
    assert "卷积核" in page
    assert not re.search(r"https?:|url\(|\bsrc=", page)


def test_what_is_too_large_or_has_three_axes_is_an_error() -> None:
    with pytest.raises(UsageError, match="too many"):
        picture(convolve(np.ones((30, 30)), [[1]]), language("en"))
    with pytest.raises(UsageError, match="two axes"):
        picture(convolve(np.ones((3, 3, 3, 1)), np.ones((2, 2, 2, 1))), language("en"))


def test_a_signal_its_kernel_and_its_output_stand_under_each_other() -> None:
    found = picture(convolve([*range(1, 31)], [1, 0, 1]), language("en"))
    assert found.width < 31 * CELL  # beside each other, the output would stand two screens from the input
    heads = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="head"', "".join(found.still))
    assert len({x for x, _ in heads}) == 1
    assert len({y for _, y in heads}) == 3
