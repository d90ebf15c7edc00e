"""Conventions: tables that cover every kind, gaps explained to zero. tests/slow runs the tools."""

from itertools import combinations
from typing import Any

import pytest
from networks import each_network

import cnncalc
from cnncalc import UsageError
from cnncalc.analysis import conventions
from cnncalc.analysis.conventions.reconcile import reconcile
from cnncalc.analysis.report import Report
from cnncalc.layers import find, names

TOOLS = tuple(name for name in conventions.names() if conventions.find(name).unknown_says)


def reported(spec: Any, convention: str, **settings: Any) -> int:
    total = cnncalc.load(spec).analyze(convention=convention, **settings).totals.reported
    assert total is not None
    return total.value


@pytest.mark.parametrize(
    ("tool", "count", "unit"),
    [
        ("torchinfo", 15_483_821_032, "mult-adds"),
        ("thop", 15_470_314_496, "MACs"),
        ("ptflops", 15_523_225_576, "MACs"),
        ("fvcore", 15_470_289_408, "flops"),
        ("calflops", 30_973_778_432, "FLOPs"),
        ("torch", 30_940_528_640, "FLOPs"),
        ("torchvision", 15_470_264_320, "MACs"),
        ("keras", 138_357_544, "parameters"),
    ],
)
def test_vgg16_as_torchvision_has_it(tool: str, count: int, unit: str) -> None:
    # the tools' own runs; torchvision's has a 7x7 adaptive pooling before the dense layers, and no softmax
    convs = "{0} relu, {0} relu, maxpool2"
    blocks = [convs.format(f"conv3-{n} same") for n in (64, 128)]
    blocks += [f"conv3-{n} same relu, " + convs.format(f"conv3-{n} same") for n in (256, 512, 512)]
    dense = ["fc-4096 relu, dropout0.5, fc-4096 relu, dropout0.5, fc-1000"]
    spec = {"input": "224x224x3", "layers": [*blocks, {"adaptive_avg_pool": 7}, *dense]}
    assert reported(spec, tool) == count
    assert conventions.find(tool).unit == unit


@pytest.mark.parametrize(
    ("network", "total"),
    [("mobilenet-v2", 3_538_984), ("densenet121", 8_062_504), ("inception-v3", 23_851_784)],
)
def test_keras_counts_running_statistics(network: str, total: int) -> None:
    report = cnncalc.load(network).analyze(convention="keras")
    assert report.totals.reported is not None
    assert report.totals.reported.value == report.totals.params + report.totals.buffers
    if network != "inception-v3":  # ours has the auxiliary head that Keras's lacks, and factors
        assert report.totals.reported.value == total


def test_all_tables_say_the_same_kinds() -> None:
    first, *others = (set(conventions.find(tool).rules) for tool in TOOLS)
    assert {"conv", "dense", "batch_norm", "max_pool", "relu"} <= first <= set(names())
    assert all(first == other for other in others)


def test_a_kind_is_counted_as_the_module_that_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"input": "9x9x3", "layers": [{"local_conv": {"filters": 4, "kernel": 3}}]}
    assert reported(spec, "thop") == 0
    monkeypatch.setattr(find("local_conv"), "torch_module", "conv")
    assert reported(spec, "thop") == 7 * 7 * 3 * 3 * 3 * 4


def test_a_kind_without_a_rule_is_told() -> None:
    report = cnncalc.load("lenet5-1998").analyze(convention="thop")
    told = {(warning.layer, warning.message) for warning in report.warnings}
    assert ("OUTPUT", "thop has no rule for rbf: counted as nothing") in told
    assert not cnncalc.load("lenet5-1998").analyze().warnings


def test_the_json_says_what_is_reported() -> None:
    data = cnncalc.load("lenet5").analyze(convention="ptflops", batch=2).to_dict()
    assert data["convention"] == "ptflops"
    assert data["layers"][0]["reported"] == {"value": 352_800 + 4_704, "unit": "MACs"}
    assert data["totals"]["reported"]["value"] == 2 * sum(row["reported"]["value"] for row in data["layers"])
    assert "reported" not in cnncalc.load("lenet5").analyze().to_dict()["totals"]


def test_groups_sum_what_is_reported() -> None:
    report = cnncalc.load("resnet18").analyze(convention="thop")
    total = sum(row.reported.value for row in report.rows(1) if row.reported)
    assert report.totals.reported is not None
    assert total == report.totals.reported.value


def test_weights_that_are_shared_are_counted_once_by_keras() -> None:
    conv = {"conv": {"name": "a", "filters": 3, "kernel": 3}}
    spec = {"input": "9x9x3", "layers": [conv, {"conv": {"filters": 3, "kernel": 3, "share": "a"}}]}
    assert reported(spec, "keras", batch=4) == 84
    assert reported(spec, "thop") == 81 * 49 + 81 * 25


def test_an_unknown_convention_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean ptflops"):
        cnncalc.load("lenet5").analyze(convention="ptflop")


@pytest.mark.parametrize("network", each_network())
def test_every_gap_is_explained_to_zero(network: str) -> None:
    report = cnncalc.load(network).analyze()

    def told(tool: str, pair: tuple[str, str]) -> int:
        """What a report by the tool's convention has as its total; beside Keras all count parameters."""
        by_tool = Report(report.graph, report.facts, report.settings._replace(convention=tool)).totals
        if by_tool.reported is None or (tool != "keras" and "keras" in pair):
            return int(by_tool.params if "keras" in pair else by_tool.macs)
        return by_tool.reported.value

    for pair in combinations(conventions.names(), 2):
        found = reconcile(report, *pair)
        assert sum(item.gap for item in found.items) == told(pair[1], pair) - told(pair[0], pair)
        assert all(item.gap and pair[0] in item.sentence and pair[1] in item.sentence for item in found.items)


def test_a_gap_says_why() -> None:
    found = reconcile(cnncalc.load("resnet50").analyze(), "torchvision", "torch")
    assert [(item.kind, item.reason) for item in found.items] == [("conv", "2 for 1"), ("dense", "2 for 1")]
    assert found.gap == 4_089_184_256
    found = reconcile(cnncalc.load("unet").analyze(), "torchinfo", "fvcore")
    (transposed,) = (item for item in found.items if item.reason == "transposed")
    # a 2x2 kernel at stride 2: four output positions for each input position
    assert transposed.first == 3 * 5_631_377_408
    assert transposed.second == 0
    found = reconcile(cnncalc.load("mobilenet-v2").analyze(), "textbook", "keras")
    assert [(item.kind, item.reason, item.gap) for item in found.items] == [("batch_norm", "buffers", 34_112)]
