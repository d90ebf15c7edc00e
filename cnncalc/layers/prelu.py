"""Parametric ReLU: a leaky ReLU whose slope is learned."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Activation, Example, Shape, Weight, layer
from cnncalc.layers.support.code import FIRST, LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import flag, option


@layer
class Prelu(Activation):
    """x where x > 0, else a*x, with a slope `a` for each channel or one for all. Source: He et al. (2015).

    With `axes`, the slopes have the input's sizes along these dimensions, in the order H, W, C, and 1 along
    the others.
    """

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "multiply": 1}
    examples = (
        Example("prelu", "28x28x6", "28x28x6", {"params": 6, "macs": 0}, "a slope a channel"),
        Example({"prelu": {"shared": True}}, "28x28x6", "28x28x6", {"params": 1}, "one slope"),
        Example(
            {"prelu": {"axes": "all"}}, "7x5x10", "7x5x10", {"params": 350}, "Keras's PReLU: one a value"
        ),
    )

    shared: bool = option(flag, False, help="one slope for all channels")
    axes: AxesOption = option(axes, "channels", help="the dimensions along which slopes differ")

    def weights(self, x: Shape) -> dict[str, Weight]:
        if self.shared or self.axes == "channels":
            return {"weight": Weight((1 if self.shared else x[-1],))}
        differing = places(x, self.axes, "axes")
        return {"weight": Weight(tuple(size if at in differing else 1 for at, size in enumerate(x)))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.by_sign(x, x, weights["weight"] * x)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        slopes = weights["weight"]
        if slopes.ndim > 1:
            return torch.where(x > 0, x, slopes.movedim(-1, 0) * x)
        return torch.nn.functional.prelu(x, slopes)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        import numpy as np

        from cnncalc.layers.support.onnx_parts import by_channel

        slopes = weights["weight"]
        return onnx.PRelu(x, by_channel(slopes, x) if slopes.ndim == 1 else np.moveaxis(slopes, -1, 0))

    def torch_code(self, x: Source) -> Part | None:
        if self.axes != "channels" and not self.shared:
            made = pytorch.own_module(
                "PReLUByPlace", ("sizes", tuple(map(int, self.weights(x.shape)["weight"].shape)))
            )
            return Part((made,), reads=LAST, last=True, support=(_TORCH,))
        slopes = 1 if self.shared else int(x.shape[-1])
        return Part((pytorch.module("PReLU", num_parameters=(slopes, 1)),), reads=FIRST)

    def keras_code(self, x: Source) -> Part | None:
        sizes = self.weights(x.shape)["weight"].shape
        alone = tuple(at + 1 for at in range(x.rank)) if len(sizes) == 1 else ()
        alone = tuple(range(1, x.rank + 2)) if self.shared else alone
        if len(sizes) > 1:
            alone = tuple(at for at, size in enumerate(sizes, 1) if size != x.shape[at - 1])
        made = keras.keras_layer("PReLU", shared_axes=(alone or None, None))
        return Part((made,), last=True)


_TORCH = """
class PReLUByPlace(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.weight = nn.Parameter(torch.full(sizes, 0.25))

    def forward(self, x):
        return torch.where(x > 0, x, self.weight * x)
"""
