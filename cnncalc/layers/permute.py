"""Permute: the dimensions in another order."""

from cnncalc.errors import LayerError, brief
from cnncalc.layers.support.base import LAYOUTS, Example, Layer, Shape, from_layout, in_layout, layer
from cnncalc.layers.support.code import FIRST, LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option, order


@layer
class Permute(Layer):
    """Dimension i of the output is dimension order[i] of the input, from 0, as the layout writes them."""

    family = "Values laid out anew"
    short_option = "order"
    one_operation = True
    has_positions = False
    examples = (
        Example(
            {"permute": [2, 0, 1]},
            "2x3x5",
            "5x2x3",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.permute",
        ),
        Example({"permute": [1, 0]}, "50x300", "300x50", {}, "time and channels exchanged, by hand"),
    )

    order: tuple[int, ...] = option(order, help="the input's dimensions, from 0, as they come out")
    layout: str = option(
        choice(*LAYOUTS), "hwc", help="how dimensions are written; the network's unless said"
    )

    def output(self, x: Shape) -> Shape:
        if sorted(self.order) != list(range(len(x))):
            dimensions = "dimension" if len(x) == 1 else "dimensions"
            raise LayerError(
                "bad_order",
                f"{brief(list(self.order))} is not an order of the input's {len(x)} {dimensions}",
                f"each of 0 to {len(x) - 1} once" if len(x) > 1 else "a vector has but one, [0]",
                "order",
            )
        written = in_layout(x, self.layout)
        return from_layout(tuple(written[axis] for axis in self.order), self.layout)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes = in_layout(tuple(range(len(x.shape))), self.layout)
        return tool.permute(x, *from_layout(tuple(axes[i] for i in self.order), self.layout))

    def torch_code(self, x: Source) -> Part | None:
        # the axes of the result lie in the code as the layout writes them
        dims = tuple(1 + axis for axis in self.order)
        moved = pytorch.function("{0}.permute({dims})", dims=(0, *dims))
        return Part(
            (moved if dims != tuple(sorted(dims)) else pytorch.function("{0}"),),
            0,
            last=self.layout == "hwc",
            reads=LAST if self.layout == "hwc" else FIRST,
        )

    def keras_code(self, x: Source) -> Part | None:
        dims = tuple(axis + 1 for axis in self.order)
        return (
            Part((keras.keras_layer("Permute", ("dims", dims)),), last=True) if self.layout == "hwc" else None
        )
