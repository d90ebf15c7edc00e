"""Max unpooling: values back where they stood before a pooling, zeros elsewhere."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.code import FIRST, Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, unlike
from cnncalc.layers.support.options import option, sizes
from cnncalc.layers.support.padding import per_axis
from cnncalc.layers.support.sliding import Sizes


@layer
class MaxUnpool(Merge):
    """The first input at the places of the second, from max_pool_indices. Source: Zeiler, Fergus (2013)."""

    family = "Values laid out anew"
    reason_family = ""
    short_option = "size"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "The size is the one before the pooling; it is said.",
            "zh": "尺寸是池化之前的尺寸，由选项给出。",
        }
    }
    has_positions = False
    examples = (
        Example(
            {"max_unpool": {"size": 4}},
            ("2x2x8", "2x2x8"),
            "4x4x8",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.nn.MaxUnpool2d",
        ),
    )

    size: Sizes = option(sizes, symbol="M", help="the spatial size that comes out")

    def output(self, x: Shape, *more: Shape) -> Shape:
        if len(more) != 1 or more[0] != x or len(x) < 2:
            if len(more) == 1:
                raise unlike(self.kind, (x, *more))
            message = f"max_unpool reads values and their places, and here {1 + len(more)} inputs"
            raise LayerError("bad_value", message, "from: [values, places]", "from")
        return (*per_axis(self.size, len(x) - 1, "size"), x[-1])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        *positions, channels = self.output(x.shape, *(each.shape for each in more))
        values, places = (tool.reshape(each, -1, channels) for each in (x, *more))
        return tool.reshape(tool.put_at(values, 0, places, product(positions)), *positions, channels)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        if x.ndim != 4:
            return None  # the others want the kernel of the pooling too
        return torch.ops.aten.max_unpool2d(x, more[0].long(), list(per_axis(self.size, 2, "size")))

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        size = tuple(map(int, per_axis(self.size, x.rank, "size")))
        return Part((pytorch.own_module("MaxUnpool", ("size", size)),), reads=FIRST, support=(_TORCH,))


_TORCH = """
class MaxUnpool(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x, places):
        maps = x.new_zeros(*x.shape[:2], torch.Size(self.size).numel())
        maps = maps.scatter(2, places.long().flatten(2), x.flatten(2))
        return maps.unflatten(2, self.size)
"""
