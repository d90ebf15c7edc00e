"""A product of two matrices that are both computed."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, stretched, unlike
from cnncalc.layers.support.options import flag, option


@layer
class Matmul(Merge):
    """(..., n, k) times (..., k, m) is (..., n, m); further dimensions are stretched. A vector is one row."""

    aliases = ("bmm",)
    family = "Attention and products"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "A row of the first and a column of the second make one value.",
            "zh": "第一个矩阵的一行与第二个矩阵的一列得到一个值。",
        },
        "why.macs": {
            "en": "Each value that comes out sums k products, of the k values of a row and of a column.",
            "zh": "每个输出值是 k 个乘积之和，行与列的每一对值各有一个乘积。",
        },
        "why.connections": {
            "en": "Each product is one link: a value that comes in, weighted by another.",
            "zh": "每个乘积是一条连接：一个输入值由另一个值加权。",
        },
    }
    one_operation = True
    has_positions = False
    examples = (
        Example(
            "matmul",
            ("16x32", "32x8"),
            "16x8",
            {"params": 0, "macs": 4096, "connections": 4096},
            "by hand: 16*8 sums of 32 products",
        ),
        Example(
            "matmul",
            ("4x16x8", "4x8x16"),
            "4x16x16",
            {"macs": 8192},
            "Vaswani et al. (2017): the scores of 4 heads, 4*16*16 sums of 8 products",
        ),
    )

    transpose_a: bool = option(flag, False, help="whether the last two dimensions of the first are exchanged")
    transpose_b: bool = option(
        flag, False, help="whether the last two dimensions of the second are exchanged"
    )

    def _sides(self, shapes: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        """The two shapes as they are multiplied."""
        if len(shapes) != 2:
            raise LayerError("bad_value", f"matmul takes two inputs, and reads {len(shapes)}", "", "from")
        a, b = ((1, *shape) if len(shape) == 1 else shape for shape in shapes)
        a = (*a[:-2], a[-1], a[-2]) if self.transpose_a else a
        b = (*b[:-2], b[-1], b[-2]) if self.transpose_b else b
        if a[-1] != b[-2]:
            told = " and ".join("x".join(map(str, map(int, shape))) for shape in shapes)
            message = f"matmul of {told}: rows of {int(a[-1])} meet columns of {int(b[-2])}"
            raise LayerError("unlike_shapes", message, "transpose_a or transpose_b exchanges the last two")
        return a, b

    def output(self, x: Shape, *more: Shape) -> Shape:
        a, b = self._sides((x, *more))
        leading = stretched(a[:-2], b[:-2])
        if leading is None:
            raise unlike(self.kind, (x, *more))
        return (*leading, a[-2], b[-1])

    def macs(self, x: Shape, *more: Shape) -> int:
        return product(self.output(x, *more)) * self._sides((x, *more))[0][-1]

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        return self.macs(*inputs) * sum(wanted)

    def weight_gradient_macs(self, *inputs: Shape) -> int:
        return 0

    def connections(self, x: Shape, *more: Shape) -> int:
        return self.macs(x, *more)

    def work(self, x: Shape, *more: Shape) -> Work:
        macs = self.macs(x, *more)
        return {"multiply": macs, "add": macs - product(self.output(x, *more))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        (y,) = more
        a, b = (tool.reshape(each, 1, -1) if len(each.shape) == 1 else each for each in (x, y))
        return tool.matmul(
            _exchanged(tool, a) if self.transpose_a else a, _exchanged(tool, b) if self.transpose_b else b
        )

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.code import Step

        sides = []
        rank = max(x.rank, more[0].rank, 1)
        for at, (source, turned) in enumerate(((x, self.transpose_a), (more[0], self.transpose_b))):
            ahead = rank - source.rank
            side = f"{{{at}}}" + (f"[:, {', '.join(['None'] * ahead)}]" if ahead else "")
            sides.append(f"{side}.transpose(-2, -1)" if turned else side)
        return Part((Step(None, " @ ".join(sides), infix=True),), reads=LAST, last=True)

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        turned = "ops.swapaxes({%d}, -1, -2)"
        first = turned % 0 if self.transpose_a else "{0}"
        second = turned % 1 if self.transpose_b else "{1}"
        return keras.function(f"ops.matmul({first}, {second})")


def _exchanged(tool: Toolkit[Array, Windows], x: Array) -> Array:
    rank = len(x.shape)
    return tool.permute(x, *range(rank - 2), rank - 1, rank - 2)
