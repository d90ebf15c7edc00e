"""Writes ResNet-50 with its weights, about 100 MB, as .pt2, .onnx or .keras: `export_resnet50.py FILE`."""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import nn


def conv(channels: int, filters: int, kernel: int, stride: int = 1) -> list[Any]:
    """A convolution and its normalisation."""
    padding = kernel // 2
    return [nn.Conv2d(channels, filters, kernel, stride, padding, bias=False), nn.BatchNorm2d(filters)]


class Bottleneck(nn.Module):  # type: ignore[misc]
    """Three convolutions beside a shortcut."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = 4 * width
        self.path = nn.Sequential(
            *conv(channels, width, 1),
            nn.ReLU(),
            *conv(width, width, 3, stride),
            nn.ReLU(),
            *conv(width, out, 1),
        )
        same = stride == 1 and channels == out
        self.shortcut = nn.Identity() if same else nn.Sequential(*conv(channels, out, 1, stride))

    def forward(self, x: Any) -> Any:
        return torch.relu(self.path(x) + self.shortcut(x))


def resnet50() -> Any:
    """The network of He et al. (2015), 25,557,032 parameters."""
    layers: list[Any] = [*conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            stride = 2 if stage and block == 0 else 1
            layers.append(Bottleneck(channels, 64 * 2**stage, stride))
            channels = 256 * 2**stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


def write(file: str) -> None:
    """Write the network in the format that the file's ending says; that of Keras is Keras's own ResNet-50."""
    if file.endswith(".keras"):
        import keras

        keras.applications.ResNet50(weights=None).save(file)
        return
    network, inputs = resnet50().eval(), (torch.zeros(1, 3, 224, 224),)
    if file.endswith(".onnx"):
        torch.onnx.export(network, inputs, file, dynamo=False)
    else:
        torch.export.save(torch.export.export(network, inputs), file)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        write(each)
