"""Channel shuffle: channels dealt out, so that the next grouped convolution reads from every group."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Example, Layer, Shape, divides, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, option


@layer
class ChannelShuffle(Layer):
    """The channels as G rows of C/G, read column by column. Source: Zhang, Zhou, Lin, Sun (2017)."""

    family = "Values laid out anew"
    short_option = "groups"
    compact = ("groups", "")
    torch_op = ("channel_shuffle", "groups")
    torch_class = "ChannelShuffle"
    examples = (
        Example(
            "channel_shuffle3",
            "28x28x60",
            "28x28x60",
            {"params": 0, "connections": 0, "macs": 0},
            "Zhang et al. (2017), ShuffleNet with g = 3, stage 2",
        ),
    )

    groups: int = option(count, symbol="G", help="groups that the channels come in")

    def output(self, x: Shape) -> Shape:
        divides(self.groups, x[-1], "channels")
        return x

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        rank = len(x.shape) - 1
        y = tool.reshape(x, *x.shape[:-1], self.groups, -1)
        return tool.reshape(tool.permute(y, *range(rank), rank + 1, rank), *x.shape)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        sizes = list(map(int, x.shape[2:]))
        rows = onnx.Reshape(x, [0, int(self.groups), -1, *sizes])
        turned = onnx.Transpose(rows, perm=[0, 2, 1, *range(3, x.ndim + 1)])
        return onnx.Reshape(turned, [0, int(x.shape[1]), *sizes])

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return None if x.ndim == 2 else super().to_torch(torch, weights, x)  # PyTorch shuffles maps alone

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.of_function(self, x, FIRST) if x.rank == 2 else None

    def keras_code(self, x: Source) -> Part | None:
        *positions, channels = map(int, x.shape)
        groups, rank = int(self.groups), x.rank
        turned = (*range(1, rank + 1), rank + 2, rank + 1)
        steps = (
            keras.keras_layer("Reshape", ("target_shape", (*positions, groups, channels // groups))),
            keras.keras_layer("Permute", ("dims", turned)),
            keras.keras_layer("Reshape", ("target_shape", (*positions, channels))),
        )
        return Part(steps, 2, last=True)
