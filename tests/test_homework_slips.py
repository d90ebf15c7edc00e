"""Slips made by little formulas of this file's own, on layers drawn at random: `check` must name them."""

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.homework.answers import Answer, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sheets import Sheet
from cnncalc.homework.tables import Cell

Made = Iterator[tuple[str, str, Any]]
"""What is slipped, the quantity it shows in, and the number that comes of it; "" is what is right."""


class Drawn(NamedTuple):
    """A layer that was drawn: how it is written, its input, and the numbers of it."""

    text: str
    size: tuple[int, int]
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True

    def positions(self, **other: int) -> tuple[Fraction, ...]:
        """(N + 2P - D(F - 1) - 1)/S + 1, before it is rounded; with other numbers for a slip."""
        f, s, p, d = (
            other.get(name, getattr(self, name)) for name in ("kernel", "stride", "padding", "dilation")
        )
        once = other.get("once", 0)
        return tuple(Fraction(n + 2 * p - once - d * (f - 1) - 1, s) + 1 for n in self.size)


def down(sizes: tuple[Fraction, ...]) -> tuple[int, ...]:
    return tuple(size.numerator // size.denominator for size in sizes)


def up(sizes: tuple[Fraction, ...]) -> tuple[int, ...]:
    return tuple(-(-size.numerator // size.denominator) for size in sizes)


def of_sizes(x: Drawn) -> Made:
    """The slips of sizes, in the shape and in the activation size."""
    right = x.positions()
    sizes: list[tuple[str, tuple[Any, ...]]] = [
        ("", down(right)),
        ("no_plus_one", tuple(size - 1 for size in down(right))),
        ("ceil_not_floor", up(right)),
        ("no_padding", down(x.positions(padding=0))),
        ("padding_once", down(x.positions(once=x.padding))),
        ("no_stride", down(x.positions(stride=1))),
        ("stride_as_kernel", down(x.positions(kernel=x.stride, stride=x.kernel))),
        ("stride_as_kernel", down(x.positions(stride=x.kernel))),
        ("no_dilation", down(x.positions(dilation=1))),
    ]
    if any(size.denominator > 1 for size in right):
        sizes.append(("not_rounded", right))
    for name, positions in sizes:
        yield name, "shape", (*positions, x.filters)
        if name != "not_rounded":
            yield name, "activation_size", prod(positions) * x.filters
            yield "units_of_bytes" if not name else "", "memory", prod(positions) * x.filters * (not name)
    if x.stride > 1:
        yield "stride_alone", "shape", (*(n // x.stride for n in x.size), x.filters)
    if x.kernel > 2 and x.stride == x.dilation == 1 and not x.padding:
        yield "one_side_lost", "shape", (*(n - x.kernel // 2 for n in x.size), x.filters)
    one_map = "pooling_changes_channels" if "pool" in x.text else "no_filters"
    yield one_map, "shape", (*down(right), 1)


def draw_conv(chance: random.Random) -> Drawn:
    groups = chance.choice((1, 1, 1, 2))
    channels, filters = (groups * chance.randint(1, 9) for _ in range(2))
    kernel, stride, dilation = chance.randint(1, 5), chance.randint(1, 3), chance.choice((1, 1, 2))
    padding, bias = chance.randint(0, kernel // 2), chance.random() < 0.8
    size = (chance.randint(11, 40), chance.randint(11, 40))
    if chance.random() < 0.5:
        size = (size[0], size[0])
    text = f"conv{kernel}-{filters} s{stride} p{padding} d{dilation} g{groups}{'' if bias else ' nobias'}"
    return Drawn(text, size, channels, filters, kernel, stride, padding, dilation, groups, bias)


def conv(chance: random.Random) -> tuple[Drawn, Made]:
    x = draw_conv(chance)
    return x, _conv(x)


def _conv(x: Drawn) -> Made:
    yield from of_sizes(x)
    f, c, k, b = x.kernel**2, x.channels // x.groups, x.filters, int(x.bias)
    if x.groups == 1:
        yield "swapped_channels", "shape", (*down(x.positions()), x.channels)
        yield "swapped_channels", "params", f * c * k + c * b
        yield "filters_twice", "params", (f * c + b) * k * k
    out, given = prod(down(x.positions())), prod(x.size)
    yield "", "params", (f * c + b) * k
    yield "", "connections", (f * c + b) * k * out
    yield "", "macs", f * c * k * out
    yield "", "flops", 2 * f * c * k * out
    yield "no_bias", "params", f * c * k
    yield "no_bias", "connections", f * c * k * out
    if x.bias:
        yield "one_bias", "params", f * c * k + 1
        yield "bias_per_weight", "params", 2 * f * c * k
        yield "bias_per_weight", "params", (f + 1) * c * k
        yield "bias_per_weight", "connections", (f + 1) * c * k * out
        yield "bias_in_macs", "macs", (f * c + 1) * k * out
    else:
        yield "bias_added", "params", (f * c + 1) * k
        yield "bias_added", "connections", (f * c + 1) * k * out
    yield "no_channels", "params", (f + b) * k
    yield "no_channels", "macs", f * k * out
    yield "no_channels", "connections", (f + b) * k * out
    yield "no_filters", "params", f * c + b
    yield "no_filters", "macs", f * c * out
    if x.groups > 1:
        yield "groups_ignored", "params", (f * x.channels + b) * k
        yield "groups_ignored", "macs", f * x.channels * k * out
    yield "input_not_output", "macs", f * c * k * given
    yield "input_not_output", "flops", 2 * f * c * k * given
    yield "input_not_output", "connections", (f * c + b) * k * given
    yield "no_positions", "macs", f * c * k
    yield "no_positions", "macs", (f * c + b) * k
    yield "no_positions", "connections", (f * c + b) * k
    yield "flops_for_macs", "macs", 2 * f * c * k * out
    yield "macs_for_flops", "flops", f * c * k * out
    for name, changed in (
        ("no_padding", {"padding": 0}), ("no_stride", {"stride": 1}), ("no_dilation", {"dilation": 1}),
    ):  # fmt: skip
        yield name, "macs", f * c * k * prod(down(x.positions(**changed)))
        yield name, "connections", (f * c + b) * k * prod(down(x.positions(**changed)))


def pool(chance: random.Random) -> tuple[Drawn, Made]:
    kernel, stride = chance.randint(2, 4), chance.randint(1, 4)
    padding, channels = chance.choice((0, 0, 1)), chance.randint(1, 9) * kernel
    kind, size = chance.choice(("maxpool", "avgpool")), (chance.randint(11, 40),) * 2
    text = f"{kind}{kernel} s{stride} p{padding}"
    x = Drawn(text, size, channels, channels, kernel, stride, padding)
    return x, _pool(x)


def _pool(x: Drawn) -> Made:
    # with stride and kernel mixed up, a pooling's window might read nothing but padding, which can't be
    alone = x.stride <= x.padding
    yield from (each for each in of_sizes(x) if not (alone and each[0] == "stride_as_kernel"))
    f, c, out = x.kernel**2, x.channels, prod(down(x.positions()))
    yield "", "params", 0
    yield "", "connections", f * c * out
    yield "pooling_changes_channels", "shape", (*down(x.positions()), c // x.kernel)
    yield "pooling_has_weights", "params", f * c * c + c
    yield "pooling_has_weights", "params", f * c + c
    yield "no_window", "connections", c * out
    yield "input_not_output", "connections", f * c * prod(x.size)
    yield "no_filters", "connections", f * out


def dense(chance: random.Random) -> tuple[Drawn, Made]:
    size, channels, units = (chance.randint(2, 9),) * 2, chance.randint(2, 20), chance.randint(2, 200)
    return Drawn(f"fc-{units}", size, channels, units, 1), _dense(size, channels, units)


def _dense(size: tuple[int, int], c: int, k: int) -> Made:
    n, area = prod(size) * c, prod(size)
    yield "", "shape", (k,)
    yield "", "params", (n + 1) * k
    yield "", "connections", (n + 1) * k
    yield "", "macs", n * k
    yield "no_bias", "params", n * k
    yield "one_bias", "params", n * k + 1
    yield "bias_per_weight", "params", 2 * n * k
    yield "no_channels", "params", (area + 1) * k
    yield "no_filters", "params", n + 1
    yield "swapped_channels", "params", n * k + n
    yield "no_spatial", "params", (c + 1) * k
    yield "no_flatten", "params", (c + 1) * k
    yield "no_spatial", "macs", c * k
    yield "no_flatten", "shape", (*size, k)
    yield "no_flatten", "activation_size", area * k
    yield "no_positions", "macs", (n + 1) * k
    yield "flops_for_macs", "macs", 2 * n * k
    yield "macs_for_flops", "flops", n * k
    yield "units_of_bytes", "memory", k


def depthwise(chance: random.Random) -> tuple[Drawn, Made]:
    kernel, channels, size = chance.choice((3, 5)), chance.randint(2, 40), (chance.randint(11, 40),) * 2
    x = Drawn(f"depthwise_conv{kernel} p{kernel // 2}", size, channels, channels, kernel, 1, kernel // 2)
    return x, _depthwise(x)


def _depthwise(x: Drawn) -> Made:
    f, c, area = x.kernel**2, x.channels, prod(x.size)
    yield "", "shape", (*x.size, c)
    yield "", "params", (f + 1) * c
    yield "", "macs", f * c * area
    yield "no_bias", "params", f * c
    yield "one_bias", "params", f * c + 1
    yield "groups_ignored", "params", (f * c + 1) * c
    yield "groups_ignored", "macs", f * c * c * area
    yield "no_padding", "shape", (*(n - x.kernel + 1 for n in x.size), c)


def transposed(chance: random.Random) -> tuple[Drawn, Made]:
    kernel, stride = chance.randint(2, 5), chance.randint(1, 3)
    channels, filters, size = chance.randint(1, 9), chance.randint(1, 9), (chance.randint(6, 20),) * 2
    padding = chance.randint(0, kernel // 2)
    text = f"deconv{kernel}-{filters} s{stride} p{padding}"
    x = Drawn(text, size, channels, filters, kernel, stride, padding)
    return x, _transposed(x)


def _transposed(x: Drawn) -> Made:
    f, c, k, given = x.kernel**2, x.channels, x.filters, prod(x.size)
    sizes = tuple((n - 1) * x.stride - 2 * x.padding + x.kernel for n in x.size)
    out = prod(sizes)
    yield "", "shape", (*sizes, k)
    # N*S + F, with the padding and without
    for crop in (0, 2 * x.padding):
        yield "steps_not_counted", "shape", (*(n * x.stride - crop + x.kernel for n in x.size), k)
    yield "", "params", (f * c + 1) * k
    yield "", "macs", f * c * k * given
    yield "", "connections", f * c * k * given + k * out
    yield "not_transposed", "shape", (*down(x.positions()), k)
    yield "not_transposed", "activation_size", prod(down(x.positions())) * k
    yield "", "activation_size", out * k
    yield "output_not_input", "macs", f * c * k * out
    yield "output_not_input", "connections", (f * c + 1) * k * out
    yield "no_padding", "shape", (*(n + 2 * x.padding for n in sizes), k)
    yield "no_bias", "params", f * c * k
    yield "no_channels", "params", (f + 1) * k
    yield "swapped_channels", "params", f * c * k + c


def local(chance: random.Random) -> tuple[Drawn, Made]:
    kernel, channels, filters = chance.randint(2, 4), chance.randint(1, 5), chance.randint(2, 6)
    x = Drawn(f"local_conv{kernel}-{filters}", (chance.randint(7, 15),) * 2, channels, filters, kernel)
    return x, _local(x)


def _local(x: Drawn) -> Made:
    f, c, k, out = x.kernel**2, x.channels, x.filters, prod(down(x.positions()))
    yield "", "params", (f * c + 1) * k * out
    yield "", "macs", f * c * k * out
    yield "weights_shared", "params", (f * c + 1) * k
    yield "no_bias", "params", f * c * k * out
    yield "no_channels", "params", (f + 1) * k * out
    yield "no_filters", "params", (f * c + 1) * out


def subsample(chance: random.Random) -> tuple[Drawn, Made]:
    channels, size = chance.randint(2, 30), (2 * chance.randint(4, 20),) * 2
    return Drawn("subsample", size, channels, channels, 2, 2), _subsample(channels, size[0] // 2)


def _subsample(c: int, n: int) -> Made:
    yield "", "params", 2 * c
    yield "", "connections", 5 * n * n * c
    yield "no_bias", "params", c
    yield "no_bias", "connections", 4 * n * n * c
    yield "pooled_inputs_as_weights", "params", 5 * c
    yield "pooling_changes_channels", "shape", (n, n, c // 2) if c % 2 == 0 else (n, n, c)


def normed(chance: random.Random) -> tuple[Drawn, Made]:
    channels = chance.randint(2, 300)
    made = iter([("", "params", 2 * channels), ("buffers_as_params", "params", 4 * channels)])
    return Drawn("batch_norm", (8, 8), channels, channels, 1), made


KINDS: tuple[Callable[[random.Random], tuple[Drawn, Made]], ...] = (
    conv, conv, conv, pool, dense, depthwise, transposed, local, subsample, normed,
)  # fmt: skip


def told(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(told, value))
    return str(value) if Fraction(value).denominator == 1 else f"{value.numerator}/{value.denominator}"


def marked(key: Key, quantity: str, value: Any) -> Answer:
    name = key.report.layers[0].name
    sheet = Sheet.of_layers("", {name: {quantity: Cell(told(value), "", quantity)}})
    return mark_sheet(key, sheet, Rules(only_given=True)).answers[0]


@pytest.mark.parametrize("seed", range(15))
def test_slips_made_by_other_formulas_are_named(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a draw, no secret
    for draw in KINDS:
        x, made = draw(chance)
        key = Key(cnncalc.load(x.text, input=f"{x.size[0]}x{x.size[1]}x{x.channels}").analyze())
        every = [each for each in made if _possible(each[2])]
        right = {quantity: value for name, quantity, value in every if not name and quantity != "memory"}
        for name, quantity, value in every:
            if not name and quantity in right:
                assert marked(key, quantity, value).verdict == "right", (x, quantity, value)
            if not name or value == right.get(quantity):
                continue
            answer = marked(key, quantity, value)
            if answer.verdict == "right":
                # written otherwise it is what is right: 1x1x8 is a vector of 8, 4x9x9 has its maps first
                assert quantity == "shape", (x, name, value)
                continue
            equal = {slip for slip, asked, other in every if (asked, other) == (quantity, value)}
            assert (answer.verdict, len(answer.slips)) == ("wrong", 1), (name, value, x, quantity, answer)
            assert (name,) in (answer.slips, *answer.alternatives) or answer.slips[0] in equal, (
                x, name, quantity, value, answer,
            )  # fmt: skip


def _possible(value: Any) -> bool:
    return all(size > 0 for size in value) if isinstance(value, tuple) else value > 0 or value == 0


@pytest.mark.parametrize("seed", range(40))
def test_one_wrong_shape_costs_one_answer(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a draw, no secret
    size, channels = chance.randint(24, 48), chance.choice((1, 3))
    layers = [
        ("conv", chance.choice((3, 5)), chance.randint(4, 9)),
        ("pool", 2, 0),
        ("conv", chance.choice((1, 3)), chance.randint(10, 20)),
        ("pool", 2, 0),
    ]
    units, padding = chance.randint(10, 99), chance.randint(0, 2)
    spec = ", ".join(f"conv{f}-{k} p{padding}" if kind == "conv" else f"maxpool{f}" for kind, f, k in layers)
    slipped, how = chance.randrange(4), chance.choice(("size", "channels", "no_plus_one"))
    layout = chance.choice(("hwc", "chw"))
    names = ("conv1", "max_pool1", "conv2", "max_pool2", "dense1")
    rows: dict[str, dict[str, Cell]] = {}
    n, c = size, channels
    for at, (name, (kind, f, k)) in enumerate(zip(names, layers, strict=False)):
        given, reads = n, c
        n, c = (given + 2 * padding - f + 1, k) if kind == "conv" else (given // 2, c)
        if at == slipped:
            n, c = {"size": (n + 2, c), "channels": (n, c + 3), "no_plus_one": (n - 1, c)}[how]
        shape = f"{n}x{n}x{c}" if layout == "hwc" else f"{c}x{n}x{n}"
        params = (f * f * reads + 1) * c if kind == "conv" else 0
        macs = f * f * reads * c * n * n if kind == "conv" else 0
        values = {"shape": shape, "activation_size": n * n * c, "params": params, "macs": macs}
        rows[name] = {quantity: Cell(str(value), "", quantity) for quantity, value in values.items()}
    values = {
        "shape": units,
        "activation_size": units,
        "params": (n * n * c + 1) * units,
        "macs": n * n * c * units,
    }
    rows["dense1"] = {quantity: Cell(str(value), "", quantity) for quantity, value in values.items()}
    key = Key(cnncalc.load(f"{spec}, fc-{units}", input=f"{size}x{size}x{channels}").analyze())
    found = mark_sheet(key, Sheet.of_layers("", rows), Rules(only_given=True)).answers
    wrong = [answer for answer in found if answer.verdict not in ("right", "carried")]
    assert [(answer.layer, answer.quantity) for answer in wrong] == [(names[slipped], "shape")], (
        spec, size, layout, how, rows, wrong,
    )  # fmt: skip
