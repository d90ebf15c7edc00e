"""YOLOv8n, written anew: the detector of Jocher, Chaurasia and Qiu (2023) for images of 320x320.

As published: 3,157,200 parameters, 8.7 GFLOPs on 640x640.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn


def conv(before: int, after: int, kernel: int = 3, stride: int = 1) -> Any:
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    parts = {"conv": convolution, "bn": nn.BatchNorm2d(after, eps=1e-3), "act": nn.SiLU()}
    return nn.Sequential(OrderedDict(parts))


class Bottleneck(nn.Module):  # type: ignore[misc]
    def __init__(self, size: int, adds: bool) -> None:
        super().__init__()
        self.cv1, self.cv2, self.adds = conv(size, size), conv(size, size), adds

    def forward(self, x: Any) -> Any:
        y = self.cv2(self.cv1(x))
        return x + y if self.adds else y


class Split(nn.Module):  # type: ignore[misc]
    """The stage C2f: half goes on, through one bottleneck after another, and all are joined."""

    def __init__(self, before: int, after: int, times: int, adds: bool = False) -> None:
        super().__init__()
        self.cv1, self.cv2 = conv(before, after, 1), conv((2 + times) * after // 2, after, 1)
        self.m = nn.ModuleList(Bottleneck(after // 2, adds) for _ in range(times))

    def forward(self, x: Any) -> Any:
        found = list(self.cv1(x).chunk(2, 1))
        for each in self.m:
            found.append(each(found[-1]))
        return self.cv2(torch.cat(found, 1))


class Pyramid(nn.Module):  # type: ignore[misc]
    def __init__(self, size: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = conv(size, size // 2, 1), conv(2 * size, size, 1)
        self.m = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Any) -> Any:
        found = [self.cv1(x)]
        for _ in range(3):
            found.append(self.m(found[-1]))
        return self.cv2(torch.cat(found, 1))


class Detect(nn.Module):  # type: ignore[misc]
    def __init__(self, sizes: Sequence[int], side: int) -> None:
        super().__init__()

        def head(before: int, size: int) -> Any:
            return nn.Sequential(conv(before, size), conv(size, size), nn.Conv2d(size, size, 1))

        self.cv2 = nn.ModuleList(head(size, 64) for size in sizes)
        self.cv3 = nn.ModuleList(head(size, 80) for size in sizes)
        self.dfl = nn.Conv2d(16, 1, 1, bias=False)
        each = [torch.arange(side // stride) + 0.5 for stride in (8, 16, 32)]
        anchors = [torch.stack(torch.meshgrid(at, at, indexing="xy")).flatten(1) for at in each]
        strides = [torch.full((len(at) ** 2,), stride) for at, stride in zip(each, (8, 16, 32), strict=True)]
        self.register_buffer("anchors", torch.cat(anchors, 1), persistent=False)
        self.register_buffer("strides", torch.cat(strides), persistent=False)

    def forward(self, xs: Sequence[Any]) -> Any:
        boxes, scores = (
            torch.cat([head(x).flatten(2) for head, x in zip(heads, xs, strict=True)], 2)
            for heads in (self.cv2, self.cv3)
        )
        boxes = boxes.unflatten(1, (4, 16)).transpose(1, 2).softmax(1)
        before, behind = self.dfl(boxes).flatten(1, 2).chunk(2, 1)
        first, last = self.anchors - before, self.anchors + behind
        boxes = torch.cat([(first + last) / 2, last - first], 1) * self.strides
        return torch.cat([boxes, scores.sigmoid()], 1)


class Yolo(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        up = nn.Upsample(scale_factor=2)
        self.model = nn.ModuleList([
            conv(3, 16, 3, 2), conv(16, 32, 3, 2), Split(32, 32, 1, True), conv(32, 64, 3, 2),
            Split(64, 64, 2, True), conv(64, 128, 3, 2), Split(128, 128, 2, True), conv(128, 256, 3, 2),
            Split(256, 256, 1, True), Pyramid(256), up, Split(384, 128, 1), up, Split(192, 64, 1),
            conv(64, 64, 3, 2), Split(192, 128, 1), conv(128, 128, 3, 2), Split(384, 256, 1),
            Detect((64, 128, 256), 320),
        ])  # fmt: skip

    def forward(self, x: Any) -> Any:
        joins, kept = {11: 6, 13: 4, 15: 11, 17: 9}, list[Any]()
        for number, each in enumerate(self.model):
            if number in joins:
                x = torch.cat([x, kept[joins[number]]], 1)
            x = each([kept[13], kept[15], kept[17]] if number == 18 else x)
            kept.append(x)
        return x
