"""Writes tests/data/graphs.zip: small graphs of PyTorch, exported in two formats, for fuzz.py to change.

    .venv-slow/bin/python tests/fuzz/graphs.py

Each is a real export that says a few operators in a few kilobytes; traces of the program are left out.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as fn

FILE = Path(__file__).parents[1] / "data" / "graphs.zip"
IMAGE, SEQUENCE, VECTOR = (1, 4, 6, 6), (1, 5, 4), (1, 6)


class Recurrent(nn.Module):  # type: ignore[misc]
    """What a recurrent module puts out, its states left out."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Any) -> Any:
        return self.module(x)[0]


class Function(nn.Module):  # type: ignore[misc]
    """A function of its inputs."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *x: Any) -> Any:
        return self.function(*x)


def chain(*modules: Any) -> Any:
    return nn.Sequential(*(m if isinstance(m, nn.Module) else Function(m) for m in modules))


def graphs() -> dict[str, tuple[Any, tuple[tuple[int, ...], ...]]]:
    """Name -> a module, and the shapes of its inputs."""
    return {
        "conv": (chain(nn.Conv2d(4, 3, 3, 2, 1, groups=1), nn.BatchNorm2d(3), nn.ReLU()), (IMAGE,)),
        "pools": (chain(nn.MaxPool2d(2, ceil_mode=True), nn.AvgPool2d(3, 1, 1)), (IMAGE,)),
        "adaptive": (chain(nn.AdaptiveAvgPool2d((2, None)), nn.Flatten(), nn.Linear(48, 2)), (IMAGE,)),
        "transposed": (chain(nn.ConvTranspose2d(4, 2, 3, 2, 1, 1), nn.LeakyReLU()), (IMAGE,)),
        "depthwise": (chain(nn.Conv2d(4, 8, 3, groups=4, bias=False), nn.Hardswish(), nn.GELU()), (IMAGE,)),
        "conv1d": (chain(nn.Conv1d(5, 2, 2, dilation=2), nn.Sigmoid(), nn.MaxPool1d(2)), (SEQUENCE,)),
        "conv3d": (chain(nn.Conv3d(1, 2, 2), nn.ELU(), nn.AvgPool3d(2)), ((1, 1, 4, 4, 4),)),
        "residual": (Function(lambda x: fn.relu(x + x * 2.0 - x.mean((2, 3), keepdim=True))), (IMAGE,)),
        "two": (Function(lambda a, b: torch.cat([a, b], 1) / 2 + torch.maximum(a, b).repeat(1, 2, 1, 1)),
                (IMAGE, IMAGE)),
        "norms": (chain(nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.Softmax(1)), (IMAGE,)),
        "layer_norm": (chain(nn.LayerNorm(4), nn.Linear(4, 6), nn.GLU()), (SEQUENCE,)),
        "lstm": (chain(Recurrent(nn.LSTM(4, 3, 2, batch_first=True, bidirectional=True))), (SEQUENCE,)),
        "gru": (chain(Recurrent(nn.GRU(4, 3, batch_first=True)), nn.Linear(3, 2)), (SEQUENCE,)),
        "attention": (Function(lambda x: fn.scaled_dot_product_attention(x, x, x)), ((1, 2, 5, 4),)),
        "heads": (Function(lambda x: torch.softmax(x @ x.transpose(1, 2), -1) @ x), (SEQUENCE,)),
        "views": (Function(lambda x: x.permute(0, 2, 3, 1).reshape(1, 36, 4).transpose(1, 2)[:, :2, ::3]),
                  (IMAGE,)),
        "parts": (Function(lambda x: torch.stack([*x.chunk(2, 1), *x.split([1, 1, 2], 1)[2:]], 1).sum(1)),
                  (IMAGE,)),
        "select": (Function(lambda x: x[:, 0].unsqueeze(1).expand(-1, 3, -1, -1).squeeze(0).unsqueeze(0)),
                   (IMAGE,)),
        "pads": (Function(lambda x: fn.pad(fn.pad(x, (1, 2, 0, 1), "reflect"), (1, 1), value=2.0)), (IMAGE,)),
        "resize": (Function(lambda x: fn.interpolate(fn.interpolate(x, scale_factor=2.0), (9, 8),
                                                     mode="bilinear")), (IMAGE,)),
        "shuffle": (chain(nn.PixelShuffle(2), nn.PixelUnshuffle(3), nn.ChannelShuffle(3)), (IMAGE,)),
        "math": (Function(lambda x: (x.abs().sqrt() + x.exp().log() - x.pow(2)).clamp(-1, 1).rsqrt()),
                 (VECTOR,)),
        "compare": (Function(lambda x: torch.where(x > 0.5, x, -x).masked_fill(x < 0, 0.0)), (VECTOR,)),
        "reduce": (Function(lambda x: x.amax((2, 3)) + x.sum((2, 3)) + x.var((2, 3)) + x.norm(dim=(2, 3))),
                   (IMAGE,)),
        "order": (Function(lambda x: x.flip(2).roll(1, 3).cumsum(2).topk(2, 3)[0]), (IMAGE,)),
        "einsum": (Function(lambda a, b: torch.einsum("bij,bjk->bik", a, b.transpose(1, 2))),
                   (SEQUENCE, SEQUENCE)),
        "unfold": (chain(nn.Unfold(2, stride=2), nn.PReLU(16)), (IMAGE,)),
        "grid": (Function(lambda x, g: fn.grid_sample(x, g.tanh(), align_corners=False)),
                 (IMAGE, (1, 3, 3, 2))),
    }  # fmt: skip


def exported(module: Any, inputs: tuple[Any, ...]) -> bytes:
    """An archive of torch.export.save without its example inputs and traces."""
    source, target = io.BytesIO(), io.BytesIO()
    torch.export.save(torch.export.export(module, inputs, strict=False), source)
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w") as kept:
        for entry in given.namelist():
            data = given.read(entry)
            if "sample_inputs" in entry or "/.data/" in entry or entry.endswith(("version", "byteorder")):
                continue
            if entry.endswith("models/model.json"):
                document = json.loads(data)
                for node in document["graph_module"]["graph"]["nodes"]:
                    for key in ("stack_trace", "from_node", "torch_fn", "source_fn_stack"):
                        node["metadata"].pop(key, None)
                document["graph_module"]["module_call_graph"] = []
                data = json.dumps(document).encode()
            kept.writestr(zipfile.ZipInfo(entry.partition("/")[2]), data)
    return target.getvalue()


def older() -> bytes:
    """A state dictionary as torch.save writes it, whose pickle is looked at and never run."""
    target = io.BytesIO()
    torch.save(nn.Linear(3, 2).state_dict(), target)
    return target.getvalue()


def main() -> None:
    """Writes the file."""
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(FILE, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("state.pt"), older())
        for name, (module, shapes) in graphs().items():
            module.eval()
            inputs = tuple(torch.randn(shape) for shape in shapes)
            found = {f"{name}.pt2": exported(module, inputs)}
            onnx = io.BytesIO()
            try:
                torch.onnx.export(module, inputs, onnx, dynamo=False, opset_version=17)
                found[f"{name}.onnx"] = onnx.getvalue()
            except (RuntimeError, torch.onnx.errors.OnnxExporterError):
                pass  # ONNX has no such operator
            for file, data in found.items():
                archive.writestr(zipfile.ZipInfo(file), data, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
