"""Operators that do the same to each value, and values that the file does not hold."""

from collections.abc import Callable, Sequence
from typing import Any

from cnncalc.interop.builder import Builder, Operand
from cnncalc.interop.operations.options import LARGEST_FLOAT
from cnncalc.interop.tensors import Array, Tensor
from cnncalc.layers.support.base import Shape


class ValueOperations(Builder):
    """Operators that do the same to each value, and values that the file does not hold."""

    def power(self, x: Operand, exponent: Operand) -> Tensor:
        """Values that are not negative, to the power of others: exp(exponent * log(x))."""
        logarithm = self.same("math", self.tensor(x), {"function": "log"})
        return self.same("math", self.merged("multiply", [logarithm, exponent]), {"function": "exp"})

    def bounded(self, x: Tensor, low: Any, high: Any) -> Tensor:
        """The values from one bound to the other, either of which may be open, a number or a value."""
        for bound, kind in ((low, "maximum"), (high, "minimum")):
            if isinstance(bound, Tensor | Array):
                x = self.merged(kind, [x, bound])
        low, high = (None if isinstance(bound, Tensor | Array) else bound for bound in (low, high))
        if (low, high) == (0, 6):
            return self.same("relu6", x)
        if low is None or high is None:
            if low == 0:
                return self.same("relu", x)
            number, kind = (high, "minimum") if low is None else (low, "maximum")
            return x if number is None else self.merged(kind, [x, constant((1,), number)])
        return self.same("hard_tanh", x, {"low": low, "high": high})

    def compare(self, by: str, x: Operand, y: Any, number: float | None) -> Tensor:
        """Ones where the comparison with a value holds; with a number instead, where there is one."""
        if number is not None:
            return self.same("compare", self.tensor(x), {"by": by, "value": number})
        return self.merged("compare", [x, y], {"by": by})

    def where(self, condition: Operand, x: Any, y: Any, number: Callable[[Any], float | None]) -> Tensor:
        """The values of `x` where a condition holds, else of `y`; `number` reads values that are numbers."""
        given = {"then": number(x), "otherwise": number(y)}
        # infinity, by which masks leave values out, is the largest number that there is
        options = {
            name: min(max(value, -LARGEST_FLOAT), LARGEST_FLOAT)
            for name, value in given.items()
            if value is not None
        }
        return self.merged("where", [condition, *(each for each in (x, y) if number(each) is None)], options)

    def filled(self, x: Operand, value: float) -> Operand:
        """A number in the place of every value."""
        return constant(x.shape if isinstance(x, Array) else x.sizes, value)

    def triangle(self, which: str, rows: int, columns: int, diagonal: int) -> Array:
        """Ones on one side of a diagonal and on it: tril or triu."""

        def read() -> Any:
            import numpy as np

            return getattr(np, which)(np.ones((rows, columns), np.float32), diagonal)

        return Array(f"{which} {diagonal}", (rows, columns), "constant", read)

    def opaque(self, op: str, reads: Sequence[Tensor], out: Shape) -> Tensor:
        """A node that no kind says: its shape as the file records it."""
        batch = 0 if out and out[0] == self.samples and any(x.batch is not None for x in reads) else None
        sizes = self.sizes(out, batch)
        order = [axis for axis in range(len(sizes)) if axis != batch]
        if len(order) > 2:
            order = [*order[1:], order[0]]
        options = {"shape": [sizes[axis] for axis in order] or [1], "op": op}
        return self.layer("opaque", options, [x.source for x in reads], sizes, order, batch)


def constant(shape: Shape, value: float) -> Array:
    """An array of one value."""

    def read() -> Any:
        import numpy as np

        return np.full(shape, value, np.float32)

    return Array(f"{value}", shape, "constant", read)
