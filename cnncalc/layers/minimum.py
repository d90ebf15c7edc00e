"""The smallest of several paths, value by value."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Minimum(Elementwise):
    """Value by value the smallest of its inputs."""

    operation = "compare"
    one_operation = True
    torch_merge = "torch.minimum"
    keras_merge = "Minimum"
    examples = (
        Example(
            "minimum",
            ("28x28x48", "28x28x48"),
            "28x28x48",
            {"params": 0, "connections": 0, "macs": 0},
            "value by value, by hand",
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return tool.smaller(x, y)
