"""The largest of several paths, value by value."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Maximum(Elementwise):
    """Value by value the largest of its inputs."""

    operation = "compare"
    one_operation = True
    torch_merge = "torch.maximum"
    keras_merge = "Maximum"
    examples = (
        Example(
            "maximum",
            ("28x28x48", "28x28x48"),
            "28x28x48",
            {"params": 0, "connections": 0, "macs": 0},
            "Goodfellow et al. (2013): maxout over two maps, by hand",
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return tool.larger(x, y)
