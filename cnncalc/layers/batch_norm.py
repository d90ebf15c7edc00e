"""Batch normalisation, with the running statistics that inference uses, or with those of the batch."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Example, Shape, Weight, Work, elementwise, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.norms import Norm
from cnncalc.layers.support.options import choice, fraction, option
from cnncalc.layers.support.reach import EVERYTHING, Reading


@layer
class BatchNorm(Norm):
    """(x - mean)/sqrt(variance + epsilon) by channel, a factor and a shift. Source: Ioffe, Szegedy (2015)."""

    aliases = ("bn",)
    compact = ("epsilon", "")
    examples = (
        Example(
            "batch_norm",
            "56x56x64",
            "56x56x64",
            {"params": 128, "buffers": 128, "macs": 0},
            "2C learned, 2C kept",
        ),
        Example({"bn": {"affine": False}}, "100", "100", {"params": 0, "buffers": 200}, "nothing learned"),
        Example(
            {"bn": {"scale": False}},
            "8x8x32",
            "8x8x32",
            {"params": 32, "buffers": 64},
            "Keras's BatchNormalization(scale=False): a shift for each of 32 channels",
        ),
    )

    statistics: str = option(
        choice("running", "batch"), "running", help="whose mean and variance: those kept, or the batch's own"
    )
    momentum: float = option(fraction, 0.1, help="how fast the running statistics follow, in training")

    @property
    def mixes_samples(self) -> bool:
        return self.statistics == "batch"

    @property
    def scales_channels(self) -> bool:
        return self.statistics == "running"

    def weights(self, x: Shape) -> dict[str, Weight]:
        each = (x[-1],)
        return self.learned(each) | {"running_mean": Weight(each, False), "running_var": Weight(each, False)}

    def reach(self, x: Shape) -> Reading:
        return EVERYTHING if self.statistics == "batch" else super().reach(x)

    def work(self, x: Shape) -> Work:
        channels = x[-1]
        if self.statistics == "batch":
            return self.normalising(x, channels)
        # subtract and multiply each value, again for the shift and factor; 1/sqrt(v + epsilon) each channel
        work = elementwise(x, add=1 + self.has_shift, multiply=1 + self.has_factor)
        return {
            "add": work["add"] + channels,
            "multiply": work["multiply"],
            "sqrt": channels,
            "divide": channels,
        }

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        mean, variance = weights["running_mean"], weights["running_var"]  # training moves them on
        if self.statistics == "batch":
            rank = len(x.shape)
            # over the samples too: their axis stands before a sample's own
            return self.scaled(self.normalised(tool, x, -rank - 1, *range(rank - 1)), weights)
        y = (x - mean) * (1 / tool.sqrt(variance + self.epsilon))
        return self.scaled(y, weights)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        kept = (weights.get(name) for name in ("running_mean", "running_var", "weight", "bias"))
        if self.statistics == "batch":
            learned = weights.get("weight"), weights.get("bias")
            # PyTorch refuses a single value; to us it is a value less itself
            given = (x, None, None, *learned, True, 0.0, self.epsilon)
            return torch.nn.functional.batch_norm(*given) if x.numel() > x.shape[1] else None
        return torch.nn.functional.batch_norm(x, *kept, eps=self.epsilon)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if self.statistics == "batch":
            return None
        import numpy as np

        mean, variance = weights["running_mean"], weights["running_var"]
        each = np.ones(len(mean))
        factor, shift = weights.get("weight", each), weights.get("bias", each * 0)
        return onnx.BatchNormalization(x, factor, shift, mean, variance, epsilon=self.epsilon)

    def torch_code(self, x: Source) -> Part | None:
        if x.rank > 3 or self.has_factor != self.has_shift:
            made = pytorch.own_module(
                "BatchNorm",
                ("channels", int(x.shape[-1])),
                eps=(self.epsilon, 1e-5),
                factor=(self.has_factor, True),
                shift=(self.has_shift, True),
                track=(self.statistics == "running", True),
            )
            return Part((made,), reads=FIRST, support=(_TORCH,))
        norm = pytorch.module(
            f"BatchNorm{max(x.rank, 1)}d",
            ("num_features", int(x.shape[-1])),
            eps=(self.epsilon, 1e-5),
            affine=(self.has_factor, True),
            track_running_stats=(self.statistics == "running", True),
        )
        return Part((norm,), reads=FIRST)

    def keras_code(self, x: Source) -> Part | None:
        if self.statistics != "running":
            return None
        norm = keras.keras_layer(
            "BatchNormalization",
            epsilon=(self.epsilon, 1e-3),
            center=(self.has_shift, True),
            scale=(self.has_factor, True),
        )
        return Part((norm,), last=True)


_TORCH = """
class BatchNorm(nn.Module):
    def __init__(self, channels, eps=1e-5, factor=True, shift=True, track=True):
        super().__init__()
        self.eps, self.track = eps, track
        self.weight = nn.Parameter(torch.ones(channels)) if factor else None
        self.bias = nn.Parameter(torch.zeros(channels)) if shift else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        of_batch = self.training or not self.track
        kept = (self.running_mean, self.running_var) if self.track else (None, None)
        return F.batch_norm(x, *kept, self.weight, self.bias, of_batch, eps=self.eps)
"""
