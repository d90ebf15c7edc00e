"""The built-in networks as parameters of a test: the deep ones are for the slow tests."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc.built_in import builtin_names

DEEP = {
    "convnext-tiny",
    "deeplab",
    "densenet121",
    "densenet169",
    "densenet201",
    "efficientnet-b0",
    "inception-v3",
    "mixer-b16",
    "mobilenet-v3-large",
    "resnet101",
    "resnet101-fpn",
    "resnet152",
    "resnet34",
    "resnext50",
    "shufflenet-v1",
    "swin-t",
    "vit-b-16",
    "xception",
}
"""About a hundred layers and more; ResNet-50, GoogLeNet and MobileNetV2 stay with the quick tests."""


def each_network() -> list[Any]:
    """Every built-in network, the deep ones marked slow."""
    return [pytest.param(name, marks=pytest.mark.slow if name in DEEP else ()) for name in builtin_names()]
