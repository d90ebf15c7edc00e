"""The logarithm of softmax."""

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxesOption, axes
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option
from cnncalc.layers.support.softmaxing import SoftmaxLike


@layer
class LogSoftmax(SoftmaxLike):
    """x - max - log(sum of exp(x - max)), over the channels at each position, or over other dimensions."""

    operators = ("log_softmax", "LogSoftmax")
    examples = (
        Example("log_softmax", "10", "10", {"params": 0, "connections": 0}, "the end of a classifier"),
    )

    over: AxesOption = option(axes, "channels", help="the dimensions that are summed over together")

    def work(self, x: Shape) -> Work:
        values = product(x)
        sums = exact_div(values, product(x[axis] for axis in self._over(x)))
        # the largest of each sum, subtracted; exp; the sum and its logarithm, subtracted
        return {"compare": values - sums, "add": 3 * values - sums, "exp": values, "log": sums}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        over = self._over(x.shape)
        below = x - tool.largest(x, *over)
        return below - tool.log(tool.total(tool.exp(below), *over))
