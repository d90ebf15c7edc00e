"""The spec language: every form of an item, names, blocks, expressions, layouts; truth worked by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.loading import load_text
from cnncalc.spec.parse import plain


def analyzed(spec: str | dict[str, Any], **options: Any) -> Report:
    network = load_text(spec, "test.yaml") if isinstance(spec, str) else cnncalc.load(spec)
    return network.analyze(**options)


def layers(*items: Any, input: Any = "32x32x3", **top: Any) -> Report:
    return analyzed({"input": input, "layers": list(items), **top})


def names(report: Report) -> list[str]:
    return [row.name for row in report]


@pytest.mark.parametrize(
    "items",
    [
        [{"conv": {"filters": 6, "kernel": 5, "activation": "relu"}}, {"max_pool": 2}, {"dense": 10}],
        [
            {"conv": {"filters": 6, "kernel": "5x5", "activation": "relu"}},
            {"maxpool": {"kernel": 2}},
            {"fc": 10},
        ],
        ["conv5-6 relu, maxpool2, fc-10"],
        ["conv5-6 relu", "maxpool2", "fc-10"],
        ["conv5x5-6 s1 p0 d1 relu", {"maxpool": [2, 2]}, {"linear": {"units": 10}}],
        [
            {"conv": {"filters": 6, "kernel": [5, 5], "padding": "valid", "activation": "relu"}},
            "maxpool2 s2",
            "fc-10",
        ],
    ],
)
def test_forms_of_an_item_agree(items: list[Any]) -> None:
    report = layers(*items)
    assert names(report) == ["conv1", "max_pool1", "dense1"]
    assert [row.output_shape for row in report] == [(28, 28, 6), (14, 14, 6), (10,)]
    assert report.totals.params == 456 + 11770
    assert report["conv1"].work["compare"] == 4704


def test_bare_kinds_and_compact_layers_of_their_own() -> None:
    report = layers("conv3-8 same nobias bn relu, dropout0.5", "relu6", "gap", "flatten", "softmax")
    assert [row.kind for row in report] == [
        "conv", "batch_norm", "relu", "dropout", "relu6", "global_avg_pool", "flatten", "softmax",
    ]  # fmt: skip
    assert report["conv1"].biases == 0
    assert report["batch_norm1"].buffers == 16


def test_compact_groups_dilation_kernel_of_two_numbers_and_name() -> None:
    report = layers("a=conv3-32 d2 g4 s2", "conv1x7-12 same", input="33x33x8")
    assert report["a"].output_shape == (15, 15, 32)
    assert report["a"].params == 3 * 3 * 2 * 32 + 32
    assert report["conv1"].output_shape == (15, 15, 12)
    assert report["conv1"].weights == 7 * 32 * 12


RESIDUAL = {"add": [["conv3-64 same", "batch_norm", "relu", "conv3-64 same", "batch_norm"], []]}
INCEPTION = {
    "concat": [
        ["conv1-64"],
        ["conv1-96", "conv3-128 same"],
        ["conv1-16", "conv5-32 same"],
        ["maxpool3 s1 same", "conv1-32"],
    ]
}


def test_residual_unit() -> None:
    report = layers(RESIDUAL, "relu", input="56x56x64")
    assert names(report) == [
        "add1.1.conv1", "add1.1.batch_norm1", "add1.1.relu1", "add1.1.conv2", "add1.1.batch_norm2",
        "add1", "relu1",
    ]  # fmt: skip
    assert report.totals.params == 2 * (9 * 64 * 64 + 64) + 2 * 128
    assert report["add1"].sources == ["add1.1.batch_norm2", "input"]
    assert report["add1"].output_shape == (56, 56, 64)


@pytest.mark.parametrize(("stride", "channels", "params"), [(1, 3, 180), (2, 6, 546)])
def test_residual_units_of_three_channels(stride: int, channels: int, params: int) -> None:
    main = [f"conv3-{channels} s{stride} p1 bn relu", f"conv3-{channels} p1 bn"]
    shortcut = [] if stride == 1 else [f"conv1-{channels} s{stride}"]
    assert layers({"add": [main, shortcut]}, "relu", input="6x6x3").totals.params == params


def test_inception_module() -> None:
    report = layers(INCEPTION, input="28x28x192")
    assert report["concat1"].output_shape == (28, 28, 256)
    assert report.totals.params == 163_696


def test_dense_block() -> None:
    unit = {"concat": [[], ["batch_norm, relu, conv1-128 nobias, batch_norm, relu, conv3-32 same nobias"]]}
    report = layers({"repeat": {"times": 6, "layers": [unit]}}, input="56x56x64")
    assert report.layers[-1].output_shape == (56, 56, 64 + 6 * 32)
    maps = [64 + 32 * i for i in range(6)]
    assert report.totals.params == sum(2 * c + 128 * c + 2 * 128 + 9 * 128 * 32 for c in maps)


@pytest.mark.parametrize(
    "gate",
    [
        ["global_avg_pool", "conv1-16 relu", "conv1-256 sigmoid"],
        ["global_avg_pool", "fc-16 relu", "fc-256 sigmoid"],
        [{"gap": {"keep_dims": False}}, "fc-16 relu, fc-256 sigmoid"],
    ],
)
def test_squeeze_and_excitation(gate: list[Any]) -> None:
    report = layers({"multiply": [[], gate]}, input="56x56x256")
    assert report["multiply1"].output_shape == (56, 56, 256)
    assert report.totals.params == 256 * 16 + 16 + 16 * 256 + 256


def test_merge_with_a_name_and_a_layers_name_for_a_path() -> None:
    report = layers(
        "enc=conv3-4 same", "maxpool2", {"upsample": 2}, {"concat": {"name": "skip", "paths": ["enc", []]}}
    )
    assert report["skip"].sources == ["enc", "upsample1"]
    assert report["skip"].output_shape == (32, 32, 7 + 1)


def test_repeat_index_rounds_and_none() -> None:
    report = layers(
        {"repeat": {"name": "unit", "times": 2, "layers": ["conv3-$(8 * index) same"]}},
        {"repeat": {"times": 2, "layers": ["relu"]}},
        {"repeat": {"times": 0, "layers": ["conv99-1"]}},
    )
    assert names(report) == ["unit.1.conv1", "unit.2.conv1", "repeat1.1.relu1", "repeat1.2.relu1"]
    assert report["unit.2.conv1"].output_shape[-1] == 16
    assert report["unit.2.conv1"].block == "unit.2"
    assert report["unit"].output_shape == report["unit.2"].output_shape == (32, 32, 16)


def test_block_and_head() -> None:
    report = layers(
        {"block": {"name": "stage1", "layers": ["conv3-4"]}},
        {"head": {"name": "aux", "layers": ["gap", "fc-5"]}},
        "fc-7",
    )
    assert names(report) == ["stage1.conv1", "aux.global_avg_pool1", "aux.dense1", "dense1"]
    assert report["dense1"].sources == ["stage1.conv1"]
    assert report.outputs == ["aux.dense1", "dense1"]
    assert layers("conv3-4", "fc-7", outputs=["conv1"]).outputs == ["conv1"]


BOTTLENECK = """
input: 56x56x64
blocks:
  bottleneck:
    options: {width: , stride: 1, shortcut: []}
    layers:
      - add:
          - - conv: {filters: $width, kernel: 1, bias: false}
            - batch_norm
            - relu
            - conv: {filters: $width, kernel: 3, stride: $stride, padding: 1, bias: false}
            - batch_norm
            - relu
            - conv: {filters: $(4 * width), kernel: 1, bias: false}
            - batch_norm
          - $shortcut
      - relu
layers:
  - bottleneck: {width: 64, shortcut: [conv1-256 nobias bn]}
  - repeat: {times: 2, layers: [{bottleneck: {width: 64}}]}
"""


def test_blocks_of_ones_own() -> None:
    report = analyzed(BOTTLENECK)
    assert report.layers[-1].output_shape == (56, 56, 256)
    assert report.totals.params == 215_808  # conv2_x of ResNet-50
    assert "bottleneck1.add1.2.conv1" in report
    assert report["repeat1.2.bottleneck1.add1.1.conv3"].output_shape == (56, 56, 256)


def test_a_list_handed_to_a_block_keeps_its_own_values() -> None:
    report = analyzed(
        """
input: 8x8x2
variables: {w: 5}
blocks:
  inner: {options: {w: , body: }, layers: [$body, conv1-$w]}
  outer: {options: {w: }, layers: [inner: {w: 3, body: [conv1-$w]}]}
layers: [outer: {w: 7}]
"""
    )
    assert [row.output_shape[-1] for row in report] == [7, 3]


def test_names_are_looked_for_outwards() -> None:
    report = analyzed(
        """
input: 8x8x2
layers:
  - a=conv1-3
  - block: {name: s, layers: [a=conv1-5, {conv: {from: a, filters: 1, kernel: 1}}]}
  - add: [[{conv: {from: a, filters: 4, kernel: 1}}], [{conv: {from: s.a, filters: 4, kernel: 1}}]]
"""
    )
    assert report["s.conv1"].weights == 5
    assert report["add1.1.conv1"].sources == ["a"]
    assert report["add1.2.conv1"].sources == ["s.a"]


def test_share_counts_weights_once() -> None:
    report = layers(
        "a=conv3-4 same", {"conv": {"share": "a", "from": "input"}}, {"add": {"from": ["a", "conv1"]}}
    )
    assert report["conv1"].shared_with == "a"
    assert (report["a"].params, report["conv1"].params, report.totals.params) == (112, 0, 112)
    assert report["conv1"].macs == report["a"].macs


def test_trainable_false() -> None:
    report = layers({"conv": {"filters": 4, "kernel": 3, "trainable": False}}, "fc-2")
    assert report["conv1"].trainable == 0
    assert report.totals.params - report.totals.trainable == 112


def test_several_inputs() -> None:
    report = layers(
        {"dense": {"from": "left", "units": 4}}, {"dense": {"from": "right", "units": 5}},
        {"concat": {"from": ["dense1", "dense2"]}}, input={"left": "8x8x1", "right": "6"},
    )  # fmt: skip
    assert report["concat1"].output_shape == (9,)
    assert [source["name"] for source in report.to_dict()["inputs"]] == ["left", "right"]


def test_layout_changes_how_shapes_are_written_and_nothing_else() -> None:
    hwc, chw = layers("conv5-6, fc-2"), layers("conv5-6, fc-2", input="3x32x32", layout="chw")
    assert chw["conv1"].output_shape == (6, 28, 28)
    assert chw.totals == hwc.totals


@pytest.mark.parametrize(("rounding", "size"), [("floor", 2), ("ceil", 3)])
def test_rounding_of_the_network_and_of_a_layer(rounding: str, size: int) -> None:
    assert layers("conv3-1 s2", input="6x6x1", rounding=rounding)["conv1"].output_shape == (size, size, 1)
    own = layers(
        {"conv": {"filters": 1, "kernel": 3, "stride": 2, "rounding": "floor"}},
        input="6x6x1",
        rounding="ceil",
    )
    assert own["conv1"].output_shape == (2, 2, 1)


def test_variables_and_their_overrides() -> None:
    spec = {"input": "$(size)x$(size)x3", "variables": {"size": 8, "w": 2}, "layers": ["conv3-$w"]}
    assert analyzed(spec)["conv1"].output_shape == (6, 6, 2)
    assert analyzed(spec, variables={"w": 5, "size": 9})["conv1"].output_shape == (7, 7, 5)


@pytest.mark.parametrize(
    ("arithmetic", "value"),
    [
        ("2**3**2 // 100", 5), ("-(-7) % 4", 3), ("max(2, min(9, 4)) + 1", 5), ("round(2.5)", 3),
        ("ceil(7/2)", 4),
        ("0.1 * 30", 3), ("(1 < 2) + (2 == 2)", 2), ("floor(0.75 * 32 / 8) * 8", 24), ("1/3 + 2/3", 1),
    ],
)  # fmt: skip
def test_arithmetic(arithmetic: str, value: int) -> None:
    assert layers(f"conv1-$({arithmetic})")["conv1"].output_shape[-1] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10), ("1e-5", 1e-5), ("3:3", "3:3"), ("0x3", "0x3"), ("0o17", 15), ("yes", "yes"),
        ("True", True),
        ("~", None), ("1_000", "1_000"), (".5", 0.5), ("+7", 7), ("12e3", 12000.0),
        ("2026-01-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


def test_yes_and_no_where_true_and_false_are_wanted() -> None:
    assert analyzed("input: 8x8x1\nlayers: [{conv: {filters: 1, kernel: 3, bias: no}}]")["conv1"].params == 9


def test_json_and_yaml_say_the_same() -> None:
    spec = {
        "input": [32, 32, 3],
        "layers": [{"conv": {"filters": 6, "kernel": [5, 5], "name": "卷积\U0001f600"[:2]}}],
    }
    text = json.dumps(spec, indent="\t")
    assert analyzed(text).to_dict()["layers"] == analyzed(spec).to_dict()["layers"]


def test_anchors_and_aliases() -> None:
    report = analyzed("input: 8x8x1\nlayers: [conv: &c {filters: 2, kernel: 3}, conv: *c]")
    assert [row.output_shape for row in report] == [(6, 6, 2), (4, 4, 2)]


def test_one_and_three_dimensions() -> None:
    assert layers("conv3-4, maxpool2", input="50x8")["max_pool1"].output_shape == (24, 4)
    assert layers("conv3x3x3-4 same, maxpool1x2x2", input="4x8x8x2")["max_pool1"].output_shape == (4, 4, 4, 4)


def test_separable_convolution_is_two_rows() -> None:
    report = layers(
        "sep=separable_conv3-8 same", "relu", {"conv": {"from": "sep", "filters": 2, "kernel": 1}}
    )
    assert names(report) == ["sep.depthwise", "sep.pointwise", "relu1", "conv1"]
    assert report["conv1"].sources == ["sep.pointwise"]


def test_same_network_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    fast = analyzed(BOTTLENECK).to_dict()
    monkeypatch.delattr(yaml, "CLoader", raising=False)
    assert analyzed(BOTTLENECK).to_dict() == fast


def test_padding_of_zero_by_three_is_no_hexadecimal_number() -> None:
    report = analyzed("input: 8x8x4\nlayers: [{conv: {filters: 1, kernel: 1x7, padding: 0x3}}]")
    assert report["conv1"].output_shape == (8, 8, 1)


@pytest.mark.parametrize("layers_of_repeat", ["conv1-$index", ["conv1-$index"]])
def test_index_is_that_of_the_innermost_repeat(layers_of_repeat: Any) -> None:
    inner = {"repeat": {"times": 3, "layers": layers_of_repeat}}
    report = layers({"repeat": {"times": 2, "layers": [inner]}})
    assert [row.output_shape[-1] for row in report] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("written", ["$body", "[$body]"])
def test_index_in_a_list_handed_to_a_block(written: str) -> None:
    report = analyzed(
        f"""
input: 8x8x2
blocks: {{twice: {{options: {{body: }}, layers: [repeat: {{times: 2, layers: {written}}}]}}}}
layers: [twice: {{body: [conv1-$index]}}]
"""
    )
    assert [row.output_shape[-1] for row in report] == [1, 2]


def test_a_block_in_a_list_handed_to_that_block_is_no_recursion() -> None:
    spec = """
input: 8x8x4
blocks: {res: {options: {body: }, layers: [add: [$body, []]]}}
layers: [res: {body: [res: {body: [conv3-4 same]}]}]
"""
    assert analyzed(spec).totals.params == 148


def test_the_input_may_be_a_list_with_variables() -> None:
    assert analyzed("input: [$s, $s, 3]\nvariables: {s: 8}\nlayers: [relu]")["relu1"].output_shape == (
        8,
        8,
        3,
    )


TWO = {"input": {"left": "8x8x1", "right": "6"}, "layers": [{"dense": {"from": ["right"], "units": 2}}]}


def test_one_of_several_inputs_is_said_anew() -> None:
    report = cnncalc.load(TWO).analyze(input={"left": "9x9x1"})
    assert [source.shape for source in report.graph.inputs] == [(9, 9, 1), (6,)]
    assert [(caution.layer, caution.message) for caution in report.warnings] == [
        ("left", "an input that no layer reads")
    ]
    for given, code in (("9x9x1", "which_input"), ({"leftt": "9x9x1"}, "unknown_name")):
        with pytest.raises(cnncalc.SpecError) as caught:
            cnncalc.load(TWO).analyze(input=given)
        assert caught.value.faults[0].code == code


def test_pools_may_read_padding_alone_where_that_has_a_value() -> None:
    wide = {"kernel": [3, 1], "stride": [4, 1], "padding": [[0, 3], [0, 0]]}
    assert layers({"subsample": wide}, input="5x7x4")["subsample1"].output_shape == (2, 7, 4)
    with pytest.raises(cnncalc.SpecError):
        layers({"max_pool": {"kernel": 2, "dilation": 2, "padding": 1, "stride": 1}}, input="1x1x1")
