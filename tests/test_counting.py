"""What the numbers mean: worked examples that courses set, each recomputed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.errors import SpecError, UsageError


def analyze(text: str, input: Any, **settings: Any) -> Report:
    return cnncalc.load(text, input=input).analyze(**settings)


LAYERS: list[tuple[str, str, dict[str, Any]]] = [
    ("conv5-6", "32x32x3", {"params": 456, "output_shape": (28, 28, 6)}),
    ("conv5-1", "32x32x3", {"weights": 75, "params": 76}),  # one filter
    ("fc-4704", "32x32x3", {"params": 14_455_392}),  # against 456 by convolution
    ("conv3-2", "6x6x1", {"params": 20}),
    ("fc-2", "6x6x1", {"params": 74}),
    ("conv3-2", "6x6x3", {"output_shape": (4, 4, 2), "macs": 4 * 4 * 2 * 27}),
    ("depthwise_conv3 nobias", "56x56x32", {"params": 288}),
    ("conv5-16 p2", "28x28x1", {"params": 416, "output_shape": (28, 28, 16)}),
    ("conv5-32 p2", "14x14x16", {"params": 12_832, "weights": 32 * 400, "output_shape": (14, 14, 32)}),
    # nine features of a 5x5 image: dense, locally connected, shared
    ("fc-9 nobias", "5x5x1", {"params": 225}),
    ("local_conv3-1 nobias", "5x5x1", {"params": 81}),
    ("conv3-1 nobias", "5x5x1", {"params": 9}),
    # a million features of a 1000x1000 image, the same
    ("fc-1000000 nobias", "1000x1000x1", {"params": 10**12}),
    ("local_conv10-1 same nobias", "1000x1000x1", {"params": 10**8, "connections": 10**8}),
    ("conv10-1 same nobias", "1000x1000x1", {"params": 100, "connections": 10**8}),
    # a dense layer of 9 inputs and 3 units, and the convolutions that it is
    ("fc-3", "9", {"params": 30, "connections": 30}),
    ("conv1-3", "1x1x9", {"params": 30, "connections": 30}),
    ("conv3-3", "3x3x1", {"params": 30, "connections": 30}),
    ("conv3-6 s2 p1", "6x6x3", {"params": 168}),
    # links to padding: 5 * 3 - 2 along each axis, in the bias one a unit
    ("conv3-1 same", "5x5x1", {"connections": 250, "connections_real": 13 * 13 + 25}),
    ("deconv3-2 s2", "2x2x4", {"connections": 9 * 2 * 16 + 5 * 5 * 2, "macs": 9 * 2 * 16, "params": 74}),
    ("subsample", "28x28x6", {"params": 12, "connections": 5880, "macs": 0}),
    ("rbf-10", "84", {"params": 0, "buffers": 840, "connections": 840}),
    ("batch_norm", "28x28x6", {"params": 12, "buffers": 12, "connections": 0}),
]


@pytest.mark.parametrize(("layer", "written", "numbers"), LAYERS)
def test_layer(layer: str, written: str, numbers: dict[str, Any]) -> None:
    (row,) = analyze(layer, written)
    assert {name: getattr(row, name) for name in numbers} == numbers
    assert row.flops == 2 * row.macs


def test_inception_module() -> None:
    paths = [
        ["conv1-64"],
        ["conv1-96", "conv3-128 same"],
        ["conv1-16", "conv5-32 same"],
        ["maxpool3 s1 p1", "conv1-32"],
    ]
    report = cnncalc.load({"input": "28x28x192", "layers": [{"concat": paths}]}).analyze()
    assert report.totals.params == report.group("concat1").params == 163_696
    assert report["concat1"].output_shape == (28, 28, 256)


@pytest.mark.parametrize(
    ("filters", "stride", "shortcut", "params"), [(3, 1, [], 180), (6, 2, ["conv1-6 s2"], 546)]
)
def test_residual_unit(filters: int, stride: int, shortcut: list[str], params: int) -> None:
    path = [f"conv3-{filters} s{stride} p1 bn relu", f"conv3-{filters} p1 bn"]
    report = cnncalc.load({"input": "6x6x3", "layers": [{"add": [path, shortcut]}, "relu"]}).analyze()
    assert report.totals.params == params
    assert report.layers[-1].output_shape == (6 // stride, 6 // stride, filters)


@pytest.mark.parametrize(("times", "size"), [(1, 3), (2, 5), (3, 7)])
def test_stacked_convolutions_see_more(times: int, size: int) -> None:
    field = analyze(", ".join(["conv3-1"] * times), "9x9x1").layers[-1].receptive_field
    assert field is not None
    assert field["size"] == [size, size]


@pytest.mark.parametrize(
    ("layers", "time", "space"),
    [
        ("conv3-256 p1 nobias", 5_898_240_000, 3_149_824),
        ("conv1-64 nobias, conv3-256 p1 nobias", 1_638_400_000, 3_363_840),
    ],
)
def test_complexity(layers: str, time: int, space: int) -> None:
    totals = analyze(layers, "100x100x256").totals
    assert (totals.macs, totals.space) == (time, space)


# Rows of printed tables: the shape and, where the table has it, the parameters and the connections.
LENET5_1998 = [
    ("C1", (28, 28, 6), 156, 122_304),
    ("S2", (14, 14, 6), 12, 5_880),
    ("C3", (10, 10, 16), 1_516, 151_600),
    ("S4", (5, 5, 16), 32, 2_000),
    ("C5", (1, 1, 120), 48_120, 48_120),
    ("F6", (84,), 10_164, 10_164),
    ("OUTPUT", (10,), 0, 840),
]
LENET5 = [
    ("CONV1", (28, 28, 6), 4_704, 456),
    ("POOL1", (14, 14, 6), 1_176, 0),
    ("CONV2", (10, 10, 16), 1_600, 2_416),
    ("POOL2", (5, 5, 16), 400, 0),
    ("FC3", (120,), 120, 48_120),
    ("FC4", (84,), 84, 10_164),
    ("Softmax", (10,), 10, 850),
]
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "lenet-28": [(24, 24, 6), (12, 12, 6), (8, 8, 16), (4, 4, 16), (120,), (84,), (10,)],
    "mnist-cnn": [(28, 28, 16), (14, 14, 16), (14, 14, 32), (7, 7, 32), (10,)],
    "alexnet": [
        (55, 55, 96), (27, 27, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256), (13, 13, 256), (13, 13, 384),
        (13, 13, 384), (13, 13, 256), (6, 6, 256), (4096,), (4096,), (1000,),
    ],
    "alexnet-fashion": [
        (54, 54, 96), (26, 26, 96), (26, 26, 256), (12, 12, 256), (12, 12, 384), (12, 12, 384), (12, 12, 256),
        (5, 5, 256), (4096,), (4096,), (10,),
    ],
}  # fmt: skip
ALEXNET = [34_944, 0, 0, 614_656, 0, 0, 885_120, 1_327_488, 884_992, 0, 37_752_832, 16_781_312, 4_097_000]


def test_lenet5_as_courses_print_it() -> None:
    report = cnncalc.load("lenet5").analyze()
    assert [(r.name, r.output_shape, r.activation_size, r.params) for r in report] == LENET5
    assert report.totals.params == 62_006


def test_lenet5_as_the_paper_prints_it() -> None:
    report = cnncalc.load("lenet5-1998").analyze()
    assert [(r.name, r.output_shape, r.params, r.connections) for r in report] == LENET5_1998
    assert (report.totals.params, report.totals.connections) == (60_000, 340_908)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_as_printed(name: str) -> None:
    rows = [row for row in cnncalc.load(name).analyze() if row.kind != "dropout"]
    assert [row.output_shape for row in rows] == SHAPES[name]
    if name == "alexnet":
        assert [row.params for row in rows] == ALEXNET


def test_a_million_parameters_are_not_a_gigabyte() -> None:
    dense = [row.params for row in cnncalc.load("alexnet-2012").analyze() if row.kind == "dense"]
    assert sum(dense) == 58_631_144
    assert round(4 * sum(dense) / 1e6, 1) == 234.5


def test_vgg16_of_the_much_copied_table() -> None:
    totals = cnncalc.load("vgg16").analyze().totals
    assert totals.activations == 15_087_080
    assert totals.memory.forward == 15_237_608 * 4
    assert round(totals.memory.forward / 2**20, 1) == 58.1
    assert totals.weight_layers == 16


def test_memory_of_lenet5() -> None:
    assert cnncalc.load("lenet5").analyze().totals.memory._asdict() == {
        "weights": 248_024, "forward": 44_664, "peak": 31_104, "training": 540_712, "optimizer": "sgd",
    }  # fmt: skip


@pytest.mark.parametrize(("optimizer", "states"), [("sgd", 0), ("momentum", 1), ("adam", 2)])
def test_training_keeps_gradients_and_states(optimizer: str, states: int) -> None:
    memory = analyze("conv3-4 bn, fc-2", "4x4x1", optimizer=optimizer, batch=3, dtype="float64").totals.memory
    params, buffers, values = 40 + 8 + 34, 8, 3 * (16 + 16 + 16 + 2)
    assert memory.weights == 8 * (params + buffers)
    assert memory.forward == 8 * values
    assert memory.training == 8 * ((2 + states) * params + buffers + values)


def test_peak_of_a_branch() -> None:
    # the block's input waits for the sum while both convolutions of the path are computed
    spec = {"input": "4x4x1", "layers": [{"add": [["conv3-2 same", "conv3-1 same"], []]}]}
    assert cnncalc.load(spec).analyze().totals.memory.peak == 4 * (16 + 32 + 16)


@given(batch=st.integers(1, 1000))
def test_a_batch_multiplies_work_and_activations(batch: int) -> None:
    one, many = (
        analyze("conv3-4, fc-2", "8x8x1").totals,
        analyze("conv3-4, fc-2", "8x8x1", batch=batch).totals,
    )
    assert (many.params, many.connections, many.memory.weights) == (
        one.params, one.connections, one.memory.weights,
    )  # fmt: skip
    assert (many.macs, many.activations) == (batch * one.macs, batch * one.activations)
    assert many.memory.forward == batch * one.memory.forward
    assert many.space == many.params + many.activations


def test_shared_weights_count_once_and_frozen_ones_are_not_trained() -> None:
    layers = [
        {"conv": {"name": "a", "filters": 4, "kernel": 3, "padding": 1}},
        {"conv": {"name": "b", "share": "a"}},
        {"dense": {"name": "c", "units": 2, "trainable": False}},
    ]
    report = cnncalc.load({"input": "4x4x4", "layers": layers}).analyze()
    assert [(row.params, row.trainable, row.shared_with) for row in report] == [
        (148, 148, None), (0, 0, "a"), (130, 0, None),
    ]  # fmt: skip
    assert (report.totals.params, report.totals.trainable) == (278, 148)
    assert report["a"].macs == report["b"].macs > 0
    assert report.totals.weight_layers == 3


def test_in_place_only_where_nobody_else_reads() -> None:
    report = cnncalc.load(
        {"input": "4x4x1", "layers": ["conv3-2 same", {"add": [["relu"], []]}, "relu"]}
    ).analyze()
    assert {row.name: row.in_place for row in report} == {
        "conv1": False, "add1.1.relu1": False, "add1": False, "relu1": True,
    }  # fmt: skip
    assert report.totals.activations == 3 * 32


def test_receptive_field_through_a_network() -> None:
    last = cnncalc.load("vgg16").analyze()["max_pool5"].receptive_field
    assert last is not None
    assert (last["size"], last["jump"]) == ([212, 212], [32, 32])
    # down by two and up by two: jumps of a pixel again
    (*_, row) = analyze("conv3-1 p1, maxpool2, conv3-1 p1, deconv2-1 s2", "8x8x1")
    assert row.receptive_field is not None
    assert (row.receptive_field["size"], row.receptive_field["jump"]) == ([8, 8], [1, 1])
    assert analyze("conv3-1, fc-3, relu", "8x8x1").layers[-1].receptive_field is None


@pytest.mark.parametrize(
    ("layers", "worked_out"),
    [
        # 28 weights a filter, 16*16 positions, 46 of 48 pairs along a side on the input; pooling: 4 links
        (
            "conv3-4 same, maxpool2, relu, fc-3",
            {
                "params": 28 * 4 + 257 * 3,
                "connections": 28 * 1024 + 4 * 256 + 257 * 3,
                "connections_real": 46 * 46 * 3 * 4 + 1024 + 4 * 256 + 257 * 3,
                "macs": 27 * 1024 + 256 * 3,
                "flops": 2 * (27 * 1024 + 256 * 3),
                "neurons": 1024 + 256 + 3,
                "activations": 1024 + 256 + 3,
                "space": 28 * 4 + 257 * 3 + 1024 + 256 + 3,
                "weight_bytes": 4 * (28 * 4 + 257 * 3),
            },
        ),
        # 2 parameters a channel, 2 buffers; a coefficient and a bias a map; 2*2*3 weights a channel, 3 biases
        (
            "bn, subsample, deconv2-3 s2",
            {
                "params": 6 + 6 + 39,
                "buffers": 6,
                "connections": 5 * 192 + 12 * 192 + 768,
                "connections_real": 5 * 192 + 12 * 192 + 768,
                "macs": 12 * 192,
                "neurons": 192 + 768,
                "weight_bytes": 4 * (51 + 6),
            },
        ),
    ],
)
def test_totals_by_hand(layers: str, worked_out: dict[str, int]) -> None:
    totals = analyze(layers, "16x16x3").totals.to_dict()
    assert {name: totals[name] for name in worked_out} == worked_out


@pytest.mark.parametrize(
    "settings",
    [{"batch": 0}, {"batch": True}, {"dtype": "float31"}, {"optimizer": "adamm"}, {"layout": "whc"}],
)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        _ = analyze("fc-2", "4", **settings).totals


def test_too_small_an_input_says_so() -> None:
    with pytest.raises(SpecError, match="does not fit an input of"):
        cnncalc.load("vgg16").analyze(input="16x16x3")
