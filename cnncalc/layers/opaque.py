"""Opaque: an operator of another framework that no kind says, of which only the shape is known."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.errors import UsageError
from cnncalc.layers.support.base import LAYOUTS, Example, Shape, from_layout, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge
from cnncalc.layers.support.options import choice, long_shape, option, text


@layer
class Opaque(Merge):
    """Counted as nothing: every total of a network that has one is a lower bound. It can't be run."""

    inputs = "any"
    reason_family = ""
    complete = False
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {"en": "The shape is the one that was recorded.", "zh": "形状取自记录。"}
    }
    has_positions = False
    examples = (
        Example(
            {"opaque": {"shape": "100x4", "op": "torchvision.nms"}},
            "2100x84",
            "100x4",
            {"params": 0, "connections": 0, "macs": 0},
            "a detector's choice of boxes: no formula says how many operations it takes",
        ),
    )

    shape: Shape = option(long_shape, symbol="M", help="the shape that comes out, written in the layout")
    layout: str = option(choice(*LAYOUTS), "hwc", help="how the shape is written; the network's unless said")
    op: str = option(text, "", help="the operator's name in its framework")

    def output(self, x: Shape, *more: Shape) -> Shape:
        return from_layout(self.shape, self.layout)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        raise UsageError(
            f"{self.op or 'an opaque layer'} can't be run: no kind says what it computes",
            "only shapes and counts are known of such a network",
            "unsupported",
        )
