"""Compare: 1 where a comparison holds, else 0."""

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import COMPARISONS, Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise
from cnncalc.layers.support.options import choice, number, option


@layer
class Compare(Elementwise):
    """The input compared with `value`, or with a second input: a mask. minimum of two masks is their and."""

    inputs = "any"
    operation = "compare"
    short_option = "by"
    one_operation = True
    examples = (
        Example(
            {"compare": {"by": "greater", "value": 0.5}},
            "56x56x1",
            "56x56x1",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand: a mask of the pixels above one half",
        ),
    )

    by: str = option(choice(*COMPARISONS), help="the comparison")
    value: float | None = option(
        number, None, help="the number to compare the input with, unless there is a second input"
    )

    def output(self, x: Shape, *more: Shape) -> Shape:
        if (self.value is None) == (not more) or len(more) > 1:
            message = "compare takes a value, or a second input"
            raise LayerError("bad_value", message, "such as value: 0", "value")
        return super().output(x, *more)

    def work(self, x: Shape, *more: Shape) -> Work:
        return {"compare": product(self.output(x, *more))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        x, *others = self.aligned(tool, x, *more)
        return tool.compare(self.by, x, others[0] if others else float(self.value or 0))

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        return self._code("({0}).to({{0}}.dtype)", (x, *more))

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        return self._code("ops.cast({0}, {{0}}.dtype)", (x, *more))

    def _code(self, number: str, xs: tuple[Source, ...]) -> Part:
        """The comparison, and what makes a number of its truth."""
        told, last = pytorch.aligned(xs)
        sign = {"greater": ">", "less": "<", "equal": "==", "not_equal": "!="}.get(self.by, "")
        sign = sign or {"greater_equal": ">=", "less_equal": "<="}[self.by]
        value = {} if len(xs) > 1 else {"value": float(self.value or 0)}
        test = f"{told[0]} {sign} {told[1] if len(xs) > 1 else '{value}'}"
        return Part((pytorch.function(number.format(test), **value),), last=last)
