"""Operations backwards, by hand: what is wanted of a layer depends on what is trained before it."""

from typing import Any

import pytest

import cnncalc
from cnncalc.layers.conv import Conv

Q = {"dense": {"name": "q", "units": 16, "each": "position"}}


@pytest.mark.parametrize(
    ("layers", "input", "wanted"),
    [
        # name: (to inputs, to weights), by hand
        (["conv3-8 p1", "relu", "conv3-4 p1"], "6x6x3", {"conv1": (0, 7776), "conv2": (10368, 10368)}),
        # nothing before a trained layer is trained: no gradient goes further back
        (
            [{"conv": {"kernel": 3, "filters": 8, "trainable": False}}, "bn", "conv1-2"], "5x5x3",
            {"conv1": (0, 0), "conv2": (144, 144)},
        ),
        (
            [{"conv": {"kernel": 3, "filters": 8, "trainable": False}}, "relu", "conv1-2", "fc-3"], "5x5x3",
            {"conv1": (0, 0), "conv2": (0, 144), "dense1": (54, 54)},
        ),
        # a frozen layer behind a trained one hands the gradient on
        (["fc-4", {"dense": {"units": 5, "trainable": False}}], "3", {"dense1": (0, 12), "dense2": (20, 0)}),
        # both factors of a product: 6*6 sums of 16 products, for one factor or for both
        (
            [Q, {"matmul": {"from": ["q", "input"], "transpose_b": True}}],
            "6x16", {"q": (0, 1536), "matmul1": (576, 0)},
        ),
        (
            [Q, {"matmul": {"from": ["q", "q"], "transpose_b": True}}],
            "6x16", {"matmul1": (1152, 0)},
        ),
        # scores of 6*6*16 products, and as many times the values, which need no gradient
        (
            [Q, {"attention": {"from": ["q", "input", "input"]}}],
            "6x16", {"attention1": (576 + 576, 0)},
        ),
        # the matrix behind the heads and both factors of both products; then the three before too
        (
            [{"multi_head_attention": {"heads": 4}}] * 2, "6x16",
            {
                "multi_head_attention1": (1536 + 4 * 576, 4 * 1536),
                "multi_head_attention2": (4 * 1536 + 4 * 576, 4 * 1536),
            },
        ),
        # 5 steps of 6 with a state before; the second layer reads the first's 4 units
        (
            [{"rnn": {"units": 4, "layers": 2}}], "6x3",
            {"rnn1": (2 * 5 * 16 + 6 * 16, 6 * (12 + 16 + 16 + 16))},
        ),
        # poolings, norms and activations multiply nothing by weights of a product
        (["conv1-2", "bn, relu, avgpool2"], "4x4x1", {"batch_norm1": (0, 0), "avg_pool1": (0, 0)}),
    ],
)  # fmt: skip
def test_gradients_by_hand(layers: list[Any], input: str, wanted: dict[str, tuple[int, int]]) -> None:
    network = cnncalc.load({"input": input, "layers": layers})
    report = network.analyze(3)
    for name, both in wanted.items():
        row = report[name]
        assert (row.backward_input_macs, row.backward_weight_macs) == both
        assert row.training_macs == row.macs + sum(both)
    totals = report.totals
    assert totals.training_macs == 3 * sum(row.training_macs for row in report)
    # each product that the kernels multiply is one product more for each factor that something trained is in
    assert network.verify().mismatches == []


def test_weights_that_are_shared_are_trained_at_each_place() -> None:
    shared = {"conv": {"kernel": 3, "filters": 3, "padding": 1, "share": "conv1"}}
    report = cnncalc.load({"input": "4x4x3", "layers": ["conv3-3 p1", shared]}).analyze()
    assert [row.backward_weight_macs for row in report] == [1296, 1296]
    frozen = {"conv": {"kernel": 3, "filters": 3, "padding": 1, "trainable": False}}
    report = cnncalc.load({"input": "4x4x3", "layers": [frozen, shared]}).analyze()
    assert [row.backward_weight_macs for row in report] == [0, 0]


def test_the_working_of_a_training_step() -> None:
    network = cnncalc.load("lenet5")
    (working,) = network.explain("CONV2", quantity="training_macs").data["CONV2"].workings
    assert working.value == 3 * 240_000
    (none,) = network.explain("CONV1", quantity="backward_input_macs").data["CONV1"].workings
    assert (none.value, [*none.equations]) == (0, [])


def test_three_times_the_forward_pass_but_for_the_first_layer() -> None:
    totals = cnncalc.load("vgg16").analyze().totals
    first = cnncalc.load("vgg16").analyze().layers[0]
    assert totals.training_macs == 3 * totals.macs - first.macs


def test_a_wrong_count_backwards_does_not_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conv, "gradient_macs", lambda *_: 7)
    found = cnncalc.load("conv3-2 p1, conv1-2", input="4x4x1").verify()
    wrong = [(check.layer, check.quantity, check.measured) for check in found.mismatches]
    # the first layer's input is no computed value: no gradient of it is wanted
    assert ("conv1", "backward_input_macs", 0) in wrong
    assert ("conv2", "backward_input_macs", 64) in wrong
    assert ("total", "backward_input_macs", 64) in wrong
