"""Layers drawn at random against PyTorch's modules: output shapes, weights, and what is refused."""

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.errors import SpecError

torch: Any = pytest.importorskip("torch")
nn: Any = pytest.importorskip("torch.nn")

pytestmark = pytest.mark.slow

SEEDS, EACH = 20, 100


class Drawn(NamedTuple):
    """A layer in a spec, the shape that it reads, and what it is in PyTorch.

    `refused` says that PyTorch alone refuses it, and that this is meant.
    """

    layer: dict[str, Any]
    shape: tuple[int, ...]
    module: Callable[[], Any]
    refused: bool = False
    starved: bool = False
    """Whether some window holds no pixel: PyTorch then answers with minus infinity, and ours refuses."""


class Draw:
    """Draws options, now and then such as can't be."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - nothing is kept secret
        self.rank = self.number(1, 3)
        self.channels = self.number(1, 8)
        self.positions = self.each(1, 12 if self.rank < 3 else 8)
        self.shape = (*self.positions, self.channels)

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def flag(self) -> bool:
        return self.random.random() < 0.5

    def each(self, low: int, high: int) -> tuple[int, ...]:
        """A number for each dimension, mostly the same."""
        if self.flag():
            return (self.number(low, high),) * self.rank
        return tuple(self.number(low, high) for _ in range(self.rank))

    def of_rank(self, name: str) -> Any:
        return getattr(nn, f"{name}{self.rank}d")

    def divisor(self, number: int) -> int:
        """Mostly a divisor of a number."""
        fitting = [n for n in range(1, number + 1) if number % n == 0]
        return self.number(1, 4) if self.random.random() < 0.2 else self.random.choice(fitting)


def conv(draw: Draw) -> Drawn:
    filters = draw.number(1, 8)
    options: dict[str, Any] = {
        "kernel": draw.each(1, 4), "stride": draw.each(1, 3), "dilation": draw.each(1, 3),
        "padding": draw.random.choice(["valid", "same", *[draw.each(0, 3)] * 2]), "bias": draw.flag(),
    }  # fmt: skip
    if options["padding"] == "same":
        options["stride"] = (1,) * draw.rank  # PyTorch knows no other
    groups = draw.divisor(draw.channels)
    if draw.random.random() < 0.2:
        times = draw.number(1, 3)
        layer = {"depthwise_conv": {**options, "multiplier": times}}
        filters, groups = draw.channels * times, draw.channels
    else:
        layer = {"conv": {**options, "filters": filters, "groups": groups}}
    return Drawn(layer, draw.shape, lambda: convolution("Conv", draw, filters, groups, options))


def convolution(name: str, draw: Draw, filters: int, groups: int, options: dict[str, Any]) -> Any:
    given = {("kernel_size" if option == "kernel" else option): value for option, value in options.items()}
    return draw.of_rank(name)(draw.channels, filters, groups=groups, **given)


def conv_transpose(draw: Draw) -> Drawn:
    filters, groups = draw.number(1, 8), draw.divisor(draw.channels)
    options = {
        "kernel": draw.each(1, 4), "stride": draw.each(1, 3), "dilation": draw.each(1, 3),
        "padding": draw.each(0, 3), "output_padding": draw.each(0, 2), "bias": draw.flag(),
    }  # fmt: skip
    layer = {"conv_transpose": {**options, "filters": filters, "groups": groups}}
    return Drawn(layer, draw.shape, lambda: convolution("ConvTranspose", draw, filters, groups, options))


def starved(size: int, kernel: int, stride: int, padding: int, dilation: int) -> bool:
    """Whether taps so far apart step over the whole input from some position."""
    starts = range(-padding, size + padding, stride)
    taps = [range(start, start + dilation * kernel, dilation) for start in starts]
    return any(not any(0 <= pixel < size for pixel in window) for window in taps if window[0] < size)


def pool(draw: Draw) -> Drawn:
    kernel, stride = draw.each(1, 4), draw.each(1, 4) if draw.flag() else None
    padding, ceil = draw.each(0, 2), draw.flag()
    layer: dict[str, Any] = {"kernel": kernel, "padding": padding, "rounding": "ceil" if ceil else "floor"}
    if stride:
        layer["stride"] = stride
    # PyTorch takes no padding of more than half the kernel; ours must leave every window a pixel
    refused = any(2 * p > f for p, f in zip(padding, kernel, strict=True))
    if draw.flag():
        dilation = draw.each(1, 2)
        return Drawn(
            {"max_pool": {**layer, "dilation": dilation}},
            draw.shape,
            lambda: draw.of_rank("MaxPool")(kernel, stride, padding, dilation, ceil_mode=ceil),
            refused,
            any(map(starved, draw.positions, kernel, stride or kernel, padding, dilation)),
        )
    # its averages in three dimensions look at the input before it is padded
    smaller = draw.rank == 3 and any(n < f for n, f in zip(draw.positions, kernel, strict=True))
    counted = draw.flag()
    return Drawn(
        {"avg_pool": {**layer, "count_padding": counted}},
        draw.shape,
        lambda: draw.of_rank("AvgPool")(kernel, stride, padding, ceil, counted),
        refused or smaller,
    )


def adaptive_pool(draw: Draw) -> Drawn:
    size, word = draw.each(1, 6), draw.random.choice(["Avg", "Max"])
    layer = {f"adaptive_{word.lower()}_pool": {"size": size}}
    return Drawn(layer, draw.shape, lambda: draw.of_rank(f"Adaptive{word}Pool")(size))


def dense(draw: Draw) -> Drawn:
    units, bias = draw.number(1, 9), draw.flag()
    inputs = draw.channels
    for size in draw.positions:
        inputs *= size
    return Drawn({"dense": {"units": units, "bias": bias}}, (inputs,), lambda: nn.Linear(inputs, units, bias))


def norm(draw: Draw) -> Drawn:
    affine, channels, shape = draw.flag(), draw.channels, draw.shape
    which = draw.number(0, 4)
    layer: dict[str, Any] = {"batch_norm": {"affine": affine}}
    if which == 0:
        return Drawn(layer, shape, lambda: draw.of_rank("BatchNorm")(channels, affine=affine))
    if which == 1:
        groups = draw.divisor(channels)
        layer = {"group_norm": {"groups": groups, "affine": affine}}
        return Drawn(layer, shape, lambda: nn.GroupNorm(groups, channels, affine=affine))
    if which == 2:
        # PyTorch does not normalise a single value; to us it is a value less itself
        alone = all(size == 1 for size in draw.positions)
        layer = {"instance_norm": {"affine": affine}}
        return Drawn(layer, shape, lambda: draw.of_rank("InstanceNorm")(channels, affine=affine), alone)
    if which == 3:
        layer = {"layer_norm": {"over": "all", "affine": affine}}
        return Drawn(
            layer, shape, lambda: nn.LayerNorm((channels, *draw.positions), elementwise_affine=affine)
        )
    return Drawn({"lrn": {"size": draw.number(1, 6)}}, shape, lambda: nn.LocalResponseNorm(5))


def upsample(draw: Draw) -> Drawn:
    key, value = draw.random.choice([("scale", draw.each(1, 3)), ("size", draw.each(1, 20))])
    mode = draw.random.choice(["nearest", "bilinear"])
    theirs = "nearest" if mode == "nearest" else ("linear", "bilinear", "trilinear")[draw.rank - 1]
    given = {"scale_factor" if key == "scale" else "size": value}
    return Drawn(
        {"upsample": {key: value, "mode": mode}}, draw.shape, lambda: nn.Upsample(**given, mode=theirs)
    )


def rearranged(draw: Draw) -> Drawn:
    which, channels = draw.number(0, 5), draw.channels
    if which == 0:
        scale, maps = draw.number(1, 3), draw.number(1, 18)
        shape = (draw.number(1, 9), draw.number(1, 9), maps)  # PyTorch has it in two dimensions
        return Drawn({"pixel_shuffle": {"scale": scale}}, shape, lambda: nn.PixelShuffle(scale))
    if which == 1:
        groups = draw.divisor(channels)
        return Drawn({"channel_shuffle": {"groups": groups}}, draw.shape, lambda: nn.ChannelShuffle(groups))
    sides = tuple((draw.number(0, 3), draw.number(0, 3)) for _ in range(draw.rank))
    flat = [side for pair in reversed(sides) for side in pair]
    if which == 2:
        return Drawn({"zero_pad": {"padding": sides}}, draw.shape, lambda: draw.of_rank("ZeroPad")(flat))
    if which == 3:
        cut = [-side for side in flat]
        return Drawn({"crop": {"padding": sides}}, draw.shape, lambda: draw.of_rank("ConstantPad")(cut, 0.0))
    if which == 4:
        shared = draw.flag()
        return Drawn({"prelu": {"shared": shared}}, draw.shape, lambda: nn.PReLU(1 if shared else channels))
    return Drawn({"flatten": {}}, draw.shape, nn.Flatten)


def embedding(draw: Draw) -> Drawn:
    words, size = draw.number(1, 50), draw.number(1, 9)
    layer = {"embedding": {"vocabulary": words, "size": size}}
    return Drawn(layer, (draw.number(1, 20),), lambda: nn.Embedding(words, size))


FAMILIES = (
    conv, conv, conv, conv_transpose, conv_transpose, pool, pool, pool, adaptive_pool, dense, norm, norm,
    upsample, rearranged, rearranged, embedding,
)  # fmt: skip
LayerCounts = tuple[tuple[int, ...], dict[str, tuple[int, ...]]]


def ours(drawn: Drawn) -> LayerCounts | None:
    """The output shape and the arrays; None where it is refused."""
    spec = {"input": list(drawn.shape), "layers": [drawn.layer]}
    try:
        (row,) = cnncalc.load(spec).analyze()
    except SpecError:
        return None
    return row.facts.output, {name: weight.shape for name, weight in row.facts.arrays.items()}


def theirs(drawn: Drawn) -> LayerCounts | None:
    kind = next(iter(drawn.layer))
    first = (drawn.shape[-1], *drawn.shape[:-1])
    data = torch.zeros((2, *first), dtype=torch.long if kind == "embedding" else None)
    try:
        module = drawn.module().eval()
        with torch.no_grad():
            shape = tuple(module(data).shape[1:])
    except (RuntimeError, ValueError):
        return None
    if 0 in shape:
        return None  # cropped to nothing
    arrays = {name: tuple(each.shape) for name, each in module.state_dict().items() if each.dim()}
    return (shape if kind in {"embedding", "flatten"} else (*shape[1:], shape[0])), arrays


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.filterwarnings("ignore")
def test_random_layers(seed: int) -> None:
    accepted = 0
    for index in range(EACH):
        draw = Draw(seed * EACH + index)
        drawn = draw.random.choice(FAMILIES)(draw)
        mine, other = ours(drawn), theirs(drawn)
        meant = (drawn.refused and other is None) or (drawn.starved and mine is None)
        assert mine == other or meant, (drawn.layer, drawn.shape, mine, other)
        accepted += mine is not None and mine == other
    assert accepted > EACH // 2
