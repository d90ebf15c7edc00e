"""Parameter: an array of its own, which reads nothing."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import LAYOUTS, Example, Layer, Shape, Weight, from_layout, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, long_shape, option
from cnncalc.layers.support.windows import Axes

ROLES = ("learned", "buffer", "constant")


@layer
class Parameter(Layer):
    """A source of the same values for every sample: learned, a buffer, or a constant that is not counted."""

    family = "Attention and products"
    inputs = "none"
    short_option = "shape"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {"en": "The shape is said.", "zh": "形状直接给出。"},
        "why.params": {"en": "Each value of the array is learned.", "zh": "数组的每个值都是学习得到的。"},
        "why.buffers": {"en": "The array is kept and not learned.", "zh": "该数组被保存，但不学习。"},
    }
    one_operation = True
    examples = (
        Example(
            {"parameter": "197x768"},
            "224x224x3",
            "197x768",
            {"params": 151296, "connections": 0, "macs": 0},
            "Dosovitskiy et al. (2020), ViT-B/16: the position embedding of 196 patches and the class token",
        ),
        Example(
            {"parameter": {"shape": "49x49", "role": "buffer"}},
            "4",
            "49x49",
            {"buffers": 2401},
            "49*49, by hand",
        ),
    )

    shape: Shape = option(long_shape, symbol="M", help="the shape of the array, written in the layout")
    layout: str = option(choice(*LAYOUTS), "hwc", help="how the shape is written; the network's unless said")
    role: str = option(choice(*ROLES), "learned", help="how the array counts: as learned, buffer or constant")

    def output(self, *xs: Shape) -> Shape:
        if xs:
            raise LayerError("bad_value", "parameter reads nothing", "leave from out", "from")
        return from_layout(self.shape, self.layout)

    def weights(self, *xs: Shape) -> dict[str, Weight]:
        return {"value": Weight(self.shape, self.role == "learned", self.role != "constant")}

    def connections(self, *xs: Shape) -> int:
        return 0

    def connections_real(self, *xs: Shape) -> int:
        return 0

    def macs(self, *xs: Shape) -> int:
        return 0

    def work(self, *xs: Shape) -> dict[str, int]:
        return {}

    def geometry(self, *xs: Shape) -> Axes:
        return ()

    def reach(self, *xs: Shape) -> None:
        return None

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], *xs: Array) -> Array:
        return tool.permute(weights["value"], *from_layout(tuple(range(len(self.shape))), self.layout))

    def torch_code(self, *xs: Source) -> Part | None:
        name, support = ("Learned", _TORCH) if self.role == "learned" else ("Kept", _TORCH_KEPT)
        made = pytorch.own_module(name, ("sizes", tuple(map(int, self.shape))))
        return Part((made,), last=self.layout == "hwc", support=(support,))

    def keras_code(self, *xs: Source) -> Part | None:
        if self.layout != "hwc":
            return None
        return keras.own_class(
            _KERAS, "Parameter", ("shape", tuple(map(int, self.shape))), role=(self.role, "learned")
        )


_TORCH = """
class Learned(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(sizes))

    def forward(self):
        return self.value[None]
"""
_TORCH_KEPT = """
class Kept(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.register_buffer("value", torch.zeros(sizes))

    def forward(self):
        return self.value[None]
"""
_KERAS = """
class Parameter(layers.Layer):
    \"""The same array for each sample of a batch.\"""

    def __init__(self, shape, role="learned", **kwargs):
        super().__init__(trainable=role == "learned", **kwargs)
        self.shape = tuple(shape)

    def build(self, _):
        self.value = self.add_weight(self.shape, name="value")

    def call(self, x):
        return ops.broadcast_to(self.value, (ops.shape(x)[0], *self.shape))
"""
