"""Modules in Python, exported and read: parameters, MACs and values are PyTorch's, in batches of 1 and 2."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The tensor attributes")]

nn, F = torch.nn, torch.nn.functional


class Made(nn.Module):  # type: ignore[misc, name-defined]
    """Modules, and what is done with them."""

    def __init__(self, forward: Callable[..., Any], *modules: Any) -> None:
        super().__init__()
        self.m, self.made = nn.ModuleList(modules), forward

    def forward(self, x: Any) -> Any:
        return self.made(self.m, x)


def shuffled(m: Any, x: Any) -> Any:
    y = m[0](x)
    return y.view(len(x), 2, 4, 6, 6).transpose(1, 2).reshape(len(x), 8, 6, 6)


def windows(m: Any, x: Any) -> Any:
    """Attention's windows, as Swin parts an image into them and joins them again."""
    parted = x.view(-1, 2, 4, 2, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 4)
    return m[0](parted).view(-1, 2, 2, 4, 4, 6).permute(0, 1, 3, 2, 4, 5).reshape(-1, 8, 8, 6)


def tokens(m: Any, x: Any) -> Any:
    """Patches behind a learned token, of which the first one is kept."""
    first = m[2].weight[None].expand(len(x), -1, -1)
    return m[1](torch.cat([first, m[0](x).flatten(2).transpose(1, 2)], 1))[:, 0]


def mixed(m: Any, x: Any) -> Any:
    return x + m[1](F.gelu(m[0](x.transpose(1, 2)))).transpose(1, 2)


def attended(m: Any, x: Any) -> Any:
    steps = x.transpose(0, 1)
    return m[0](steps, steps, steps)[0].transpose(0, 1)


def excited(m: Any, x: Any) -> Any:
    return x * torch.sigmoid(m[1](F.relu(m[0](x.mean((2, 3), keepdim=True)))))


def halves(m: Any, x: Any) -> Any:
    a, b = x.chunk(2, 1)
    return torch.cat([m[0](a) * b, x.split([3, 5], 1)[1]], 1)


def standard(_: Any, x: Any) -> Any:
    return (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()


def standardised(m: Any, x: Any) -> Any:
    """A convolution whose weights are standardised, and multiplied by a learned number for each map."""
    weight = m[0].weight
    plain = F.batch_norm(weight.view(1, 4, -1), None, None, m[1].weight[:, 0] * 0.5, training=True, eps=1e-6)
    return F.conv2d(x, plain.reshape_as(weight), m[0].bias)


def biased(m: Any, x: Any) -> Any:
    """A dense layer whose bias is put together, as in attention that has none for its keys."""
    return F.linear(x, m[0].weight, torch.cat([m[0].bias[:2], torch.zeros(2), m[1].bias]))


def placed(m: Any, x: Any) -> Any:
    """Waves added for each place, whose lengths are worked out as the network runs, in pairs."""
    places = (~torch.zeros(7, dtype=torch.bool)).cumsum(0) / 7
    lengths = 100 ** (2 * torch.div(torch.arange(8), 2, rounding_mode="floor") / 8)
    return m[0](x) + (places[:, None] / lengths).sin()


class Joined(nn.Module):  # type: ignore[misc, name-defined]
    """A module that joins values and reads what was joined before it: both are called concat."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.rest = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        return x + torch.cat([self.first(x[:, :1]), self.rest(x[:, 1:])], 1)


def again(m: Any, x: Any) -> Any:
    """Layers of one container between others, as some models call them."""
    y = m[0][0](x)
    return m[0][1](m[1](y)) + y


def of_each_part(layer: Any) -> Any:
    """A layer over the parts of each sample, which are put into the batch."""
    return Made(lambda m, x: m[0](x.flatten(0, 1)).unflatten(0, x.shape[:2]), layer)


def pooled_heads(m: Any, x: Any) -> Any:
    """The tokens of each head as a film, as MViT pools them."""
    heads = x.view(len(x), 2, 3, 5, 3, 8).permute(0, 4, 5, 1, 2, 3).flatten(0, 1)
    return m[0](heads).unflatten(0, (len(x), 3)).flatten(3).transpose(2, 3)


def along_both(m: Any, x: Any) -> Any:
    """A recurrence along each row and each column of a map."""
    n, rows, columns, maps = x.shape
    own = m[0](x.reshape(-1, columns, maps))[0].view(n, rows, columns, -1)
    other = m[0](x.transpose(1, 2).reshape(-1, rows, maps))[0].view(n, columns, rows, -1)
    return own + other.transpose(1, 2)


def sampled(_: Any, x: Any) -> Any:
    """Each map at places of its own, as deformable attention reads them."""
    maps = x.flatten(0, 1)[:, None]
    places = torch.tanh(maps.view(-1, 3, 2, 5).transpose(2, 3)[..., :2])
    return F.grid_sample(maps, places, align_corners=False).view(*x.shape[:2], -1)


class Kept(nn.Module):  # type: ignore[misc, name-defined]
    """A kernel, a matrix and a table that a module keeps and does not learn, and a kernel worked out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3, groups=2)
        for name, shape in {"blur": (2, 1, 3, 3), "matrix": (5, 4), "table": (7, 4)}.items():
            self.register_buffer(name, torch.randn(shape))

    def forward(self, x: Any) -> Any:
        blurred = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), self.blur, stride=2, groups=2)
        kernel = self.conv.weight - self.conv.weight.mean((1, 2, 3), keepdim=True)
        both = torch.cat([blurred, blurred.abs()], 1)
        y = F.conv2d(both, kernel, self.conv.bias, stride=(1, 2), padding=(1, 2), dilation=(1, 2), groups=2)
        rows = F.embedding(torch.arange(3), self.table)
        return F.linear(y.flatten(2)[..., :4] + rows[:1], self.matrix)


def masked(_: Any, x: Any) -> Any:
    """Attention that looks back alone, as it is written from scratch."""
    scores = (x @ x.mT).masked_fill(torch.tril(torch.ones(4, 4)) == 0, float("-inf"))
    return torch.softmax(scores, -1) @ x


def turned(_: Any, x: Any) -> Any:
    """Rotary places, whose angles are an outer product."""
    angles = torch.outer(torch.arange(4.0), 10000 ** -(torch.arange(3.0) / 3))
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)


def compared(m: Any, x: Any) -> Any:
    a, b = m[0](x), torch.tanh(x)
    told = [F.cosine_similarity(a, b), F.pairwise_distance(a, b), F.pairwise_distance(a, b, p=1)]
    return torch.stack([*told, torch.linalg.vector_norm(a, float("inf"), 1)], 1)


def transformed(m: Any, x: Any) -> Any:
    """A spatial transformer."""
    matrix = m[0](x.flatten(1)).view(-1, 2, 3)
    return F.grid_sample(
        x, F.affine_grid(matrix, [len(x), 2, 5, 4], align_corners=False), align_corners=False
    )


def seldom(m: Any, x: Any) -> Any:
    """Functions under other names, or that others make up."""
    y = torch.multiply(torch.log1p(x.abs()), torch.expm1(x / 4)).moveaxis(1, 2)
    y = torch.hstack(
        [torch.tensordot(y, m[0].weight, dims=([2], [1])), F.softshrink(y), torch.log2(y.abs() + 1)]
    )
    y = torch.concatenate([F.hardshrink(y), F.tanhshrink(y), F.threshold(y, 0.1, -2), torch.exp2(y)], 1)
    return torch.fliplr(torch.sort(y, dim=2, descending=True)[0]).where((y > 0).any(2, keepdim=True), y)


def corner(_: Any, x: Any) -> Any:
    """A part of a part changed in place."""
    y = torch.sin(x)
    y[:, 1:, 2:] += x[:, :-1, :-2]
    return torch.cos(y)


def folded(_: Any, x: Any) -> Any:
    read = F.unfold(x, (3, 2), padding=1, stride=2)
    return F.fold(torch.sin(read), x.shape[2:], (3, 2), padding=1, stride=2)


def parted(m: Any, x: Any) -> Any:
    """Windows over the frames of a video, which are put into the batch."""
    y = m[1](m[0](x.flatten(0, 1)))
    y = F.interpolate(F.max_pool2d(y, 3, (1, 2), (1, 0)), scale_factor=(2, 1), mode="bilinear")
    y = F.adaptive_avg_pool2d(m[2](y), (3, 2))
    return y.view(len(x), 3, 2, 3, 2)


CASES: Mapping[str, tuple[tuple[int, ...], Callable[[], Any]]] = {
    "attention": (
        (10, 16),
        lambda: Made(lambda m, x: m[0](x, x, x)[0], nn.MultiheadAttention(16, 4, batch_first=True)),
    ),
    "attention, time first": ((10, 16), lambda: Made(attended, nn.MultiheadAttention(16, 4))),
    "LSTM of two layers and directions": (
        (7, 5),
        lambda: Made(lambda m, x: m[0](x)[0][:, -1], nn.LSTM(5, 6, 2, batch_first=True, bidirectional=True)),
    ),
    "last state of an LSTM": (
        (7, 5),
        lambda: Made(lambda m, x: m[1](m[0](x)[1][0][-1]), nn.LSTM(5, 6, batch_first=True), nn.Linear(6, 3)),
    ),
    "GRU, time first": (
        (7, 5),
        lambda: Made(lambda m, x: m[0](x.transpose(0, 1))[0].transpose(0, 1), nn.GRU(5, 6)),
    ),
    "RNN": (
        (7, 5),
        lambda: Made(lambda m, x: m[0](x)[0], nn.RNN(5, 6, batch_first=True, nonlinearity="relu")),
    ),
    "channels shuffled": ((8, 6, 6), lambda: Made(shuffled, nn.Conv2d(8, 8, 1))),
    "pixels shuffled": ((8, 6, 6), lambda: nn.Sequential(nn.PixelShuffle(2), nn.Conv2d(2, 3, 3))),
    "normalised over all values": ((3, 4, 5), lambda: nn.LayerNorm([3, 4, 5])),
    "channels excited": ((8, 5, 5), lambda: Made(excited, nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1))),
    "transposed convolution": (
        (4, 5, 6),
        lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
    ),
    "one dimension": (
        (4, 20),
        lambda: nn.Sequential(
            nn.Conv1d(4, 8, 5, padding="same"),
            nn.MaxPool1d(2),
            nn.AdaptiveAvgPool1d(3),
            nn.Flatten(),
            nn.Linear(24, 2),
        ),
    ),
    "three dimensions": (
        (2, 6, 8, 8),
        lambda: nn.Sequential(
            nn.Conv3d(2, 4, 3, padding=1),
            nn.BatchNorm3d(4),
            nn.AvgPool3d(2, ceil_mode=True, count_include_pad=False, padding=1),
            nn.AdaptiveMaxPool3d(2),
            nn.Flatten(1),
            nn.Linear(32, 3),
        ),
    ),
    "sums over products": (
        (6, 8),
        lambda: Made(lambda m, x: torch.einsum("bnc,bmc->bnm", m[0](x), x).softmax(-1) @ x, nn.Linear(8, 8)),
    ),
    "paddings": (
        (3, 6, 6),
        lambda: nn.Sequential(
            nn.ReflectionPad2d(2),
            nn.Conv2d(3, 4, 3),
            nn.ZeroPad2d((1, 0, 2, 0)),
            nn.ReplicationPad2d(1),
            nn.ConstantPad2d(1, 0.5),
        ),
    ),
    "halves of the channels": ((8, 6, 6), lambda: Made(halves, nn.Conv2d(4, 4, 1))),
    "tokens": (
        (3, 8, 8),
        lambda: Made(tokens, nn.Conv2d(3, 16, 4, stride=4), nn.Linear(16, 5), nn.Embedding(1, 16)),
    ),
    "standardised": ((4, 5, 5), lambda: Made(standard)),
    "unit length": ((16,), lambda: Made(lambda m, x: F.normalize(m[0](x), dim=1), nn.Linear(16, 8))),
    "MLP-Mixer": ((16, 8), lambda: Made(mixed, nn.Linear(16, 24), nn.Linear(24, 16))),
    "channels last in between": (
        (8, 6, 6),
        lambda: Made(
            lambda m, x: x + m[1](m[0](x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2),
            nn.LayerNorm(8),
            nn.Linear(8, 8),
        ),
    ),
    "stacked": ((4, 5, 5), lambda: Made(lambda _, x: torch.stack([x, 2 * x, x - 1], 1).mean(1))),
    "windows": ((8, 8, 4), lambda: Made(windows, nn.Linear(4, 6))),
    "weights used both ways": (
        (6,),
        lambda: Made(
            lambda m, x: F.linear(torch.relu(F.linear(x, m[0].weight)), m[0].weight.t()),
            nn.Linear(6, 4, bias=False),
        ),
    ),
    "normalised weights": ((3, 6, 6), lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))),
    "a triangle": ((5, 6), lambda: Made(lambda _, x: torch.bmm(x, x.transpose(1, 2)).tril())),
    "GELU by its formula": ((4,), lambda: Made(lambda _, x: 0.5 * x * (1 + torch.erf(x / 2**0.5)))),
    "standardised weights": ((3, 6, 6), lambda: Made(standardised, nn.Conv2d(3, 4, 3), nn.Linear(1, 4))),
    "a bias put together": ((6,), lambda: Made(biased, nn.Linear(6, 6), nn.Linear(2, 2))),
    "a container in parts": (
        (4,),
        lambda: Made(again, nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)]), nn.Linear(4, 4)),
    ),
    "a norm without a shift": ((5, 8), lambda: nn.LayerNorm(8, bias=False)),
    "padding that a pooling never takes": (
        (3, 6, 6),
        lambda: Made(lambda _, x: F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)),
    ),
    "places as waves": ((7, 8), lambda: Made(placed, nn.Linear(8, 8))),
    "names that come again": (
        (6, 4),
        lambda: Made(lambda m, x: m[0](torch.cat([x[:, 3:], x[:, :3]], 1)), Joined()),
    ),
    "masks": (
        (6,),
        lambda: Made(
            lambda _, x: torch.where((x > 0) & (x < 1) | ~(x > -1) & torch.logical_not(x > -2), x, x * 2)
        ),
    ),
    "products added": (
        (4, 5),
        lambda: Made(lambda m, x: torch.addcmul(x, m[0](x), x, value=0.5).lerp(x, 0.2), nn.Linear(5, 5)),
    ),
    "windows over parts in the batch": (
        (3, 2, 8, 9),
        lambda: Made(
            parted,
            nn.Conv2d(2, 4, 3, padding=(1, 0), stride=(1, 2), groups=2),
            nn.BatchNorm2d(4),
            nn.ConvTranspose2d(4, 2, 2, stride=2, output_padding=1),
        ),
    ),
    "places along two axes": (
        (4, 5, 6),
        lambda: Made(lambda m, x: m[0](x[:, :, [0, 4, -1], [1, 1, 2]]), nn.Linear(3, 2)),
    ),
    "windows that overlap": (
        (3, 8, 9),
        lambda: Made(lambda m, x: m[0](x.unfold(2, 4, 2).unfold(3, 3, 3)).mean(-1), nn.Linear(3, 2)),
    ),
    "parts in 3-D": ((30, 24), lambda: Made(pooled_heads, nn.Conv3d(8, 8, 3, (1, 2, 2), 1, groups=8))),
    "LSTM of rows": ((3, 4, 5), lambda: Made(along_both, nn.LSTM(5, 6, batch_first=True))),
    "sampled parts": ((4, 5, 6), lambda: Made(sampled)),
    "places of each": ((4, 5), lambda: Made(lambda _, x: torch.sin(x).gather(1, x.topk(2, 1).indices))),
    "places of each position": ((4, 5), lambda: Made(lambda _, x: torch.sin(x).gather(2, x.topk(3, 2)[1]))),
    "mask": ((4, 5), lambda: Made(lambda _, x: x * torch.tensor([True, False, True, True, False]))),
    "kept": ((2, 9, 9), Kept),
    "masked": ((4, 5), lambda: Made(masked)),
    "turned": ((4, 6), lambda: Made(turned)),
    "compared": ((5,), lambda: Made(compared, nn.Linear(5, 5))),
    "transformed": ((2, 6, 7), lambda: Made(transformed, nn.Linear(84, 6))),
    "seldom": ((4, 4), lambda: Made(seldom, nn.Linear(4, 4, bias=False))),
    "corner": ((4, 5), lambda: Made(corner)),
    "fold": ((2, 7, 6), lambda: Made(folded)),
    "axes turned at the end": (
        (3, 6, 5),
        lambda: Made(lambda m, x: m[0](x).movedim(1, -1), nn.Conv2d(3, 4, 3)),
    ),
    "two reductions": ((4, 6, 6), lambda: Made(lambda _, x: torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))),
}
NOT_COUNTED = ("LSTM", "GRU", "RNN", "state")
"""PyTorch's counter doesn't see recurrences."""


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_numbers_and_values(name: str, batch: int) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    shape, make = CASES[name]
    torch.manual_seed(0)
    module = make().eval()
    x = torch.randn(2, *shape)
    network = cnncalc.load(torch.export.export(module, (x[:batch],)))
    totals = network.analyze().totals
    assert totals.params == sum(parameter.numel() for parameter in module.parameters())
    if not any(word in name for word in NOT_COUNTED):
        with FlopCounterMode(display=False) as counter:
            module(x[:1])
        assert totals.macs == counter.get_total_flops() // 2
    expected = module(x).detach().numpy()
    (values,) = network.run(x.numpy()).values()
    assert values.shape == expected.shape
    assert np.abs(values - expected).max() <= 1e-5 * np.abs(expected).max()


def test_a_module_is_exported_as_it_is_used_and_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))
    network = cnncalc.load(module, input="3x8x8")
    assert module.training
    assert [row.kind for row in network.analyze().layers] == ["conv", "batch_norm", "dropout"]
    with pytest.raises(cnncalc.UsageError) as caught:
        cnncalc.load(module, input="1x8x8")
    assert caught.value.faults[0].code == "failed_export"


def test_arrays_without_values_are_counted_each_and_drawn() -> None:
    with torch.device("meta"):
        one, two = nn.Linear(4, 4), nn.Linear(4, 4)
        module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(2), one, nn.Linear(4, 4), two).eval()
        two.weight = one.weight
    program = torch.export.export(module, (torch.zeros(1, 3, 4, 4, device="meta"),))
    for network in (cnncalc.load(module, input="3x4x4"), cnncalc.load(program)):
        # 4 filters of 27 weights; three layers of 16, of which one is another's; 4 biases each
        assert network.analyze().totals.params == 4 * 27 + 2 * 16 + 4 * 4
        assert network.graph().provenance.weights is None
    assert all(array.is_meta for array in program.state_dict.values())


def test_more_parts_than_become_layers_are_an_unknown_operator() -> None:
    module = of_each_part(nn.Conv3d(1, 1, 2))
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load(torch.export.export(module, (torch.zeros(1, 65, 1, 2, 2, 2),))).analyze()
    assert [fault.code for fault in caught.value.faults] == ["unknown_operator"]


def test_a_part_that_is_changed_in_place_is_put_back_once() -> None:
    """PyTorch says the same twice: a sum in place, and a copy of the sum to its place."""
    program = torch.export.export(Made(corner), (torch.zeros(1, 4, 5),))
    kinds = [row.kind for row in cnncalc.load(program).analyze().layers]
    assert kinds.count("concat") == 2  # behind the first row, and behind the first two columns


def test_a_change_of_what_an_earlier_view_shows_is_an_unknown_operator() -> None:
    def seen(_: Any, x: Any) -> Any:
        y = x * 2
        view = y[:, 1:]
        y.add_(1)
        return torch.sin(view)

    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load(torch.export.export(Made(seen), (torch.zeros(1, 4, 5),))).analyze()
    assert "earlier view" in str(caught.value)


def test_rows_are_chosen_by_computed_places() -> None:
    """As a detector chooses its queries: an index of the sample, and one that a score decides."""

    def chosen(m: Any, x: Any) -> Any:
        best = torch.topk(m[0](x).amax(-1), 4, dim=1).indices.view(-1)
        samples = torch.arange(len(x)).unsqueeze(-1).repeat(1, 4).view(-1)
        return x[samples, best].view(len(x), 4, -1)

    module = Made(chosen, nn.Linear(6, 3)).eval()
    x = torch.randn(1, 10, 6)
    (values,) = cnncalc.load(torch.export.export(module, (x,))).run(x.numpy()).values()
    assert values == pytest.approx(module(x).numpy())


def test_a_class_and_a_function_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "nets.py"
    path.write_text(
        "from torch import nn\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n"
        "        super().__init__(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(6, 10))\n"
        "def make():\n"
        "    return Net()\n"
    )
    for name in ("Net", "make"):
        report = cnncalc.load(f"{path}:{name}", input="1x5x5").analyze()
        assert report.totals.params == 226
        assert [row.name for row in report.layers] == ["0", "1", "2"]
