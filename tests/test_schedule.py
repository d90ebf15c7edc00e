"""Orders of layers and the memory that they need; norms that are folded."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.folding import folded
from cnncalc.analysis.report import Report
from cnncalc.analysis.schedule import Steps, as_written, least
from cnncalc.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        main(arguments)
    out, error = capsys.readouterr()
    return int(done.value.code or 0), out, error


def report(layers: Any, input: str = "8x8x1") -> Report:
    return cnncalc.load({"input": input, "layers": layers}).analyze()


def test_resnet_50_needs_what_work_on_microcontrollers_says() -> None:
    # a block's input, its last convolution's input and output: 56*56*(256 + 64 + 256) values of 4 bytes
    network = cnncalc.load("resnet50").analyze()
    assert as_written(network.graph, network.facts).values * 4 == 7_225_344
    found = least(network.graph, network.facts)
    assert (found.values, found.exact) == (1_806_336, True)
    # what is alive then adds up to the peak, in any order
    steps = Steps(network.graph, network.facts)
    for schedule in (as_written(network.graph, network.facts), found):
        alive = steps.alive(schedule.order, schedule.at)
        assert sorted(size for _, size in alive) == [56 * 56 * 64, 56 * 56 * 256, 56 * 56 * 256]


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "unet", "densenet121", "mobilenet-v2", "ssd300"])
def test_buffers_that_are_not_used_again_make_the_peak_of_the_totals(name: str) -> None:
    network = cnncalc.load(name).analyze()
    over = [[0] if overwrites else [] for overwrites in network.in_place]
    values = Steps(network.graph, network.facts, over).values_in(range(len(network)))
    assert max(values) == network.peak.values


BRANCHES = [
    [{"concat": [["conv1-16", "conv1-1"], ["conv1-4", "conv1-1"]]}],
    [
        {
            "add": [
                ["conv3-8 same", "relu", "conv3-2 same"],
                ["conv1-2"],
                ["conv1-12", "maxpool2", "conv1-2", "upsample2"],
            ]
        }
    ],
    [
        "conv3-4 same",
        {"add": [["conv1-4", "bn", "relu"], []]},
        {"concat": [["conv1-9"], ["maxpool2", "upsample2"]]},
    ],
]


@pytest.mark.parametrize("layers", BRANCHES)
def test_the_least_is_that_of_every_order_tried(layers: Any) -> None:
    network = report(layers)
    graph, facts = network.graph, network.facts
    steps, orders = Steps(graph, facts), []
    for order in permutations(range(len(graph.nodes))):
        ran = 0
        for number in order:
            if steps.needs[number] & ~ran:
                break
            ran |= 1 << number
        else:
            orders.append(max(steps.values_in(order)))
    found = least(graph, facts)
    assert found.exact
    assert found.values == min(orders)
    assert max(steps.values_in(found.order)) == found.values
    assert as_written(graph, facts).values >= found.values


def test_only_what_nobody_needs_is_overwritten() -> None:
    # the second path needs the input and the result of the first; the addition, which overwrites one of both
    # results, needs less; the product of two matrices overwrites neither
    network = report([{"add": [["conv1-4"], ["conv1-4"]]}])
    assert as_written(network.graph, network.facts).values == 64 + 2 * 256
    network = report([{"matmul": [["conv1-8"], ["conv1-8"]]}], "8x1")
    assert as_written(network.graph, network.facts).values == 3 * 64


def test_many_orders_are_searched_in_part() -> None:
    # 9 paths of 3 layers: 4**9 sets of layers can have run
    paths = [["conv1-3", "maxpool2", "conv1-1"] for _ in range(9)]
    network = report([{"concat": paths}])
    found = least(network.graph, network.facts)
    assert found.values <= as_written(network.graph, network.facts).values
    assert sorted(found.order) == list(range(28))


def test_folded_norms_leave_a_bias_behind() -> None:
    network, count = folded(cnncalc.load("resnet50").analyze())
    # 53 norms of 26,560 channels in all: two numbers each less, and a bias each more
    assert (count, network.totals.params) == (53, 25_557_032 - 26_560)
    assert (network.totals.buffers, network.totals.macs) == (0, 4_089_184_256)
    assert network["conv1"].params == 7 * 7 * 3 * 64 + 64
    assert network.group("conv2_x").output_shape == (56, 56, 256)


@pytest.mark.parametrize(
    ("layers", "left"),
    [
        (["conv3-4", "bn"], 1),
        (["conv3-4", "relu", "bn"], 3),  # not linear
        ([{"conv": {"filters": 4, "kernel": 3, "activation": "relu"}}, "bn"], 2),
        (["fc-4", "bn"], 1),
        (["maxpool2", "bn"], 2),
        (["bn"], 1),
        (["conv3-4", {"add": [["bn"], []]}], 3),  # the addition reads the convolution too
        (["conv3-4", {"group_norm": 2}], 2),  # its numbers depend on the sample
    ],
)
def test_what_folds(layers: Any, left: int) -> None:
    network, count = folded(report(layers))
    assert len(network) == left
    assert count == len(report(layers)) - left


def test_folded_weights_give_the_same_values() -> None:
    import numpy as np

    network = cnncalc.load({"input": "9x9x2", "layers": ["conv3-3 nobias", "bn", "relu"]}).analyze()
    smaller, _ = folded(network)
    draw = np.random.default_rng(0)
    weight, norm = (
        draw.random((3, 2, 3, 3)),
        {each: draw.random(3) + 0.5 for each in ("weight", "bias", "running_mean", "running_var")},
    )
    factor = norm["weight"] / np.sqrt(norm["running_var"] + 1e-5)
    from cnncalc.execute.executor import Executor

    x = draw.random((9, 9, 2))
    given = {"conv1.weight": weight, **{f"batch_norm1.{name}": array for name, array in norm.items()}}
    one = Executor(network.graph, network.facts, "hwc").run({"input": x}, given)
    folded_weights = {
        "conv1.weight": weight * factor[:, None, None, None],
        "conv1.bias": norm["bias"] - norm["running_mean"] * factor,
    }
    other = Executor(smaller.graph, smaller.facts, "hwc").run({"input": x}, folded_weights)
    assert np.allclose(one["relu1"], other["relu1"])


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "cost", "resnet50", "--memory", "--fold-norms", "--depth", "1")
    assert code == 0
    assert "ResNet-50, 53 norms folded" in out
    assert "norms and merges in place  6.9 MiB (7.2 MB)" in out
    data = json.loads(run(capsys, "cost", "lenet5", "--memory", "--batch", "2", "--format", "json")[1])
    assert data["memory"]["in_place"]["bytes"] == 2 * 31_104
    assert data["memory"]["least"]["exact"] is True
    for wrong in (
        "--memory --fit 1GiB",
        "--memory --optimizer adam",
    ):
        code, out, error = run(capsys, "cost", "lenet5", *wrong.split())
        assert (code, out) == (2, "")
        assert "says nothing" in error
