"""Where: one value or another, as a condition says."""

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise
from cnncalc.layers.support.options import number, option


@layer
class Where(Elementwise):
    """The second input where the first is above 0, else the third; `then`, `otherwise` are such numbers."""

    operation = "compare"
    one_operation = True
    examples = (
        Example(
            "where",
            ("8x8x1", "8x8x4", "8x8x4"),
            "8x8x4",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand: a mask chooses between two maps",
        ),
        Example({"where": {"then": -9.0}}, ("5x5", "5x5"), "5x5", {}, "by hand: scores that a mask puts out"),
    )

    then: float | None = option(
        number, None, help="a number in place of the input that the condition chooses"
    )
    otherwise: float | None = option(number, None, help="a number in place of the other input")

    def output(self, x: Shape, *more: Shape) -> Shape:
        wanted = (self.then is None) + (self.otherwise is None)
        if len(more) != wanted:
            message = f"where reads a condition and {wanted} more, and here {len(more)}"
            raise LayerError(
                "bad_value", message, "then and otherwise stand in place of an input each", "from"
            )
        return super().output(x, *more)

    def work(self, x: Shape, *more: Shape) -> Work:
        return {"compare": product(x)}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        x, *others = self.aligned(tool, x, *more)
        chosen = others.pop(0) if self.then is None else tool.constant(self.then, x)
        other = others.pop(0) if self.otherwise is None else tool.constant(self.otherwise, x)
        return tool.by_sign(x, chosen, other)

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        return self._code("torch.where", (x, *more))

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        return self._code("ops.where", (x, *more))

    def _code(self, function: str, xs: tuple[Source, ...]) -> Part:
        (condition, *told), last = pytorch.aligned(xs)
        values = {"then": self.then, "otherwise": self.otherwise}
        chosen = [f"{{{name}}}" if value is not None else told.pop(0) for name, value in values.items()]
        said = {name: float(value) for name, value in values.items() if value is not None}
        return Part(
            (pytorch.function(f"{function}({condition} > 0, {', '.join(chosen)})", **said),), last=last
        )
