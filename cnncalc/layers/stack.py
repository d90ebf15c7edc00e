"""Stack: paths side by side in a new dimension."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, unlike
from cnncalc.layers.support.options import option


@layer
class Stack(Merge):
    """Inputs of one shape, each a slice of a new dimension that becomes dimension `axis` of the output."""

    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "Each input is one slice of a new dimension.",
            "zh": "每个输入成为新维度上的一个切片。",
        }
    }
    one_operation = True
    has_positions = False
    examples = (
        Example(
            "stack",
            ("5x8", "5x8", "5x8"),
            "3x5x8",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.stack: a new dimension as long as there are inputs",
        ),
    )

    axis: AxisOption = option(axis, 0, help="which dimension of the output is the new one")

    def output(self, x: Shape, *more: Shape) -> Shape:
        if any(shape != x for shape in more):
            raise unlike(self.kind, (x, *more))
        at = place(x, self.axis, more=1)
        return (*x[:at], 1 + len(more), *x[at:])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        at = place(x.shape, self.axis, more=1)
        shape = (*x.shape[:at], 1, *x.shape[at:])
        return tool.concat([tool.reshape(each, *shape) for each in (x, *more)], at)

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        part = pytorch.joined("stack", (x, *more), 0)
        dim = 1 + place(x.shape, self.axis, more=1)
        return part._replace(steps=(part.steps[0]._replace(values={"dim": dim}),), reads=LAST, last=True)

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        told = ", ".join(f"{{{at}}}" for at in range(1 + len(more)))
        return keras.function(
            f"ops.stack([{told}], axis={{axis}})", axis=1 + place(x.shape, self.axis, more=1)
        )
