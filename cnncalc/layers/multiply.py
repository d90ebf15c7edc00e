"""A product of paths, value by value."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Multiply(Elementwise):
    """The product of its inputs. The gate of squeeze and excitation: Hu et al. (2017)."""

    operation = "multiply"
    one_operation = True
    torch_merge = "*"
    keras_merge = "Multiply"
    examples = (
        Example(
            "multiply", ("56x56x256", "1x1x256"), "56x56x256", {"params": 0, "macs": 0}, "Hu et al. (2017)"
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return x * y
