"""Networks built in PyTorch from their papers, knowing nothing of the specs: witnesses for the built-in ones.

Those that Keras or torchvision publish are not repeated here.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import nn

Model = Any


class Paths(nn.Module):  # type: ignore[misc]
    """Paths from the same input, merged."""

    def __init__(self, merge: Callable[[list[Any]], Any], *paths: Model) -> None:
        super().__init__()
        self.merge, self.paths = merge, nn.ModuleList(paths)

    def forward(self, x: Any) -> Any:
        return self.merge([path(x) for path in self.paths])


class PositionBias(nn.Module):  # type: ignore[misc]
    """A bias for each of the positions of a board."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size, size))

    def forward(self, x: Any) -> Any:
        return x + self.bias


def _cat(maps: list[Any]) -> Any:
    return torch.cat(maps, 1)


def _conv(inputs: int, filters: int, kernel: int, **options: int) -> Model:
    return nn.Sequential(nn.Conv2d(inputs, filters, kernel, **options), nn.ReLU())


def _convs(inputs: int, filters: int, times: int) -> Model:
    """So many 3x3 convolutions that keep the size."""
    return nn.Sequential(*(_conv(filters if at else inputs, filters, 3, padding=1) for at in range(times)))


def _classifier(*sizes: int) -> Iterator[Model]:
    yield nn.Flatten()
    for inputs, units in pairwise(sizes[:-1]):
        yield from (nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(0.5))
    yield nn.Linear(*sizes[-2:])


def lenet(channels: int, size: int) -> Model:
    pooled = ((size - 4) // 2 - 4) // 2
    layers = [nn.Conv2d(channels, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *_classifier(16 * pooled**2, 120, 84, 10))


def mnist_cnn() -> Model:
    layers = [_conv(1, 16, 5, padding=2), nn.MaxPool2d(2), _conv(16, 32, 5, padding=2), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *_classifier(7 * 7 * 32, 10))


def alexnet(channels: int, groups: int, pooled: int, classes: int) -> Model:
    layers = [_conv(channels, 96, 11, stride=4), nn.MaxPool2d(3, 2), nn.LocalResponseNorm(5)]
    layers += [_conv(96, 256, 5, padding=2, groups=groups), nn.MaxPool2d(3, 2), nn.LocalResponseNorm(5)]
    layers += [_conv(256, 384, 3, padding=1), _conv(384, 384, 3, padding=1, groups=groups)]
    layers += [_conv(384, 256, 3, padding=1, groups=groups), nn.MaxPool2d(3, 2)]
    return nn.Sequential(*layers, *_classifier(256 * pooled**2, 4096, 4096, classes))


def vgg11_fashion() -> Model:
    layers = []
    for inputs, filters, times in ((1, 64, 1), (64, 128, 1), (128, 256, 2), (256, 512, 2), (512, 512, 2)):
        layers += [_convs(inputs, filters, times), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *_classifier(512 * 49, 4096, 4096, 10))


def vgg16_c() -> Model:
    layers = [_convs(3, 64, 2), nn.MaxPool2d(2), _convs(64, 128, 2), nn.MaxPool2d(2)]
    for inputs, filters in ((128, 256), (256, 512), (512, 512)):
        layers += [_convs(inputs, filters, 2), _conv(filters, filters, 1), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *_classifier(512 * 49, 4096, 4096, 1000))


def nin() -> Model:
    def block(inputs: int, filters: int, kernel: int, **options: int) -> list[Model]:
        return [
            _conv(inputs, filters, kernel, **options),
            _conv(filters, filters, 1),
            _conv(filters, filters, 1),
        ]

    layers = [*block(1, 96, 11, stride=4), nn.MaxPool2d(3, 2), *block(96, 256, 5, padding=2)]
    layers += [nn.MaxPool2d(3, 2), *block(256, 384, 3, padding=1), nn.MaxPool2d(3, 2)]
    return nn.Sequential(*layers, *block(384, 10, 3, padding=1), nn.AdaptiveAvgPool2d(1))


def shufflenet(groups: int = 3) -> Model:
    def conv(inputs: int, filters: int, kernel: int, **options: int) -> list[Model]:
        return [nn.Conv2d(inputs, filters, kernel, bias=False, **options), nn.BatchNorm2d(filters)]

    def unit(inputs: int, mid: int, outputs: int, stride: int) -> Model:
        narrow = conv(inputs, mid, 1, groups=1 if inputs == 24 else groups)
        middle = conv(mid, mid, 3, stride=stride, padding=1, groups=mid)
        wide = conv(mid, outputs, 1, groups=groups)
        return nn.Sequential(*narrow, nn.ReLU(), nn.ChannelShuffle(groups), *middle, *wide)

    layers = [*conv(3, 24, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 24
    for width, units in ((240, 4), (480, 8), (960, 4)):
        strided = Paths(_cat, unit(inputs, width // 4, width - inputs, 2), nn.AvgPool2d(3, 2, 1))
        layers += [strided, nn.ReLU()]
        for _ in range(units - 1):
            layers += [Paths(sum, unit(width, width // 4, width, 1), nn.Identity()), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), *_classifier(960, 1000))


def alphago_policy(k: int) -> Model:
    layers = [_conv(48, k, 5, padding=2), _convs(k, k, 11), nn.Conv2d(k, 1, 1, bias=False), PositionBias(19)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Softmax(1))


def textcnn() -> Model:
    def path(width: int) -> Model:
        return nn.Sequential(nn.Conv1d(300, 100, width), nn.ReLU(), nn.AdaptiveMaxPool1d(1))

    return nn.Sequential(Paths(_cat, path(3), path(4), path(5)), *_classifier(300, 2))


def dfcnn() -> Model:
    layers = [nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.ReLU(), _convs(32, 32, 1), nn.MaxPool2d(2)]
    for inputs, filters, pool in ((32, 64, 2), (64, 128, 2), (128, 128, 1), (128, 128, 1)):
        layers += [_convs(inputs, filters, 2), nn.MaxPool2d(pool)]
    steps = Paths(lambda maps: maps[0].permute(0, 2, 3, 1).flatten(2), nn.Identity())
    return nn.Sequential(*layers, steps, nn.Linear(3200, 128), nn.ReLU(), nn.Linear(128, 1424), nn.Softmax(2))


def unet() -> Model:
    def double(inputs: int, filters: int) -> list[Model]:
        return [_conv(inputs, filters, 3), _conv(filters, filters, 3)]

    inner = double(512, 1024)
    for filters, crop in ((512, 4), (256, 16), (128, 40), (64, 88)):
        below = nn.Sequential(nn.MaxPool2d(2), *inner, nn.ConvTranspose2d(2 * filters, filters, 2, 2))
        skip = Paths(_cat, nn.ZeroPad2d(-crop), below)
        inner = [*double(1 if filters == 64 else filters // 2, filters), skip, *double(2 * filters, filters)]
    return nn.Sequential(*inner, nn.Conv2d(64, 2, 1))


def fcn8s(classes: int = 21) -> Model:
    def pool() -> Model:
        return nn.MaxPool2d(2, ceil_mode=True)

    def up(kernel: int, stride: int) -> Model:
        return nn.ConvTranspose2d(classes, classes, kernel, stride, bias=False)

    def fuse(main: Model, channels: int, crop: int) -> Model:
        return Paths(sum, main, nn.Sequential(nn.Conv2d(channels, classes, 1), nn.ZeroPad2d(-crop)))

    fc = [_conv(512, 4096, 7), nn.Dropout(0.5), _conv(4096, 4096, 1), nn.Dropout(0.5)]
    pool5 = nn.Sequential(_convs(512, 512, 3), pool(), *fc, nn.Conv2d(4096, classes, 1), up(4, 2))
    pool4 = nn.Sequential(_convs(256, 512, 3), pool(), fuse(pool5, 512, 5), up(4, 2))
    layers = [_conv(3, 64, 3, padding=100), _convs(64, 64, 1), pool(), _convs(64, 128, 2), pool()]
    layers += [_convs(128, 256, 3), pool(), fuse(pool4, 256, 9), up(16, 8)]
    return nn.Sequential(*layers, nn.ZeroPad2d((-31, -37, -31, -37)))


# architecture -> the model, and its input's shape in PyTorch's order
MODELS: dict[str, tuple[Callable[[], Model], tuple[int, ...]]] = {
    "lenet5": (lambda: lenet(3, 32), (3, 32, 32)),
    "lenet-28": (lambda: lenet(1, 28), (1, 28, 28)),
    "mnist-cnn": (mnist_cnn, (1, 28, 28)),
    "alexnet": (lambda: alexnet(3, 1, 6, 1000), (3, 227, 227)),
    "alexnet-2012": (lambda: alexnet(3, 2, 6, 1000), (3, 227, 227)),
    "alexnet-fashion": (lambda: alexnet(1, 1, 5, 10), (1, 224, 224)),
    "vgg11-fashion": (vgg11_fashion, (1, 224, 224)),
    "vgg16-c": (vgg16_c, (3, 224, 224)),
    "nin": (nin, (1, 224, 224)),
    "shufflenet-v1": (shufflenet, (3, 224, 224)),
    "alphago-policy": (lambda: alphago_policy(192), (48, 19, 19)),
    "textcnn": (textcnn, (300, 50)),
    "dfcnn": (dfcnn, (1, 1600, 200)),
    "unet": (unet, (1, 572, 572)),
    "fcn8s": (fcn8s, (3, 500, 500)),
}
