"""Advice: each change is the network that a person would write for it."""

import json

import pytest

import cnncalc
from cnncalc.analysis.advice import advise, changes
from cnncalc.cli import main

BASE = "conv3-16 p1 relu, conv3-32 p1 s2 nobias, relu, conv1-20, fc-10"
WRITTEN = {
    "separable": "separable_conv3-16 p1, relu, separable_conv3-32 p1 s2 nobias, relu, conv1-20, fc-10",
    "bottleneck": "conv1-4 nobias, conv3-4 p1 nobias, conv1-16, relu, conv1-8 nobias, conv3-8 p1 s2 nobias,"
    " conv1-32 nobias, relu, conv1-20, fc-10",
    "pooled": "conv3-16 p1 relu, conv3-32 p1 s2 nobias, relu, conv1-20, global_avg_pool, fc-10",
}


def test_each_change_is_the_network_written_so() -> None:
    report = cnncalc.load(BASE, input="17x16x3").analyze(2)
    found = {name: (each.totals, layers) for name, (each, layers) in changes(report)}
    others = {name: cnncalc.load(text, input="17x16x3").analyze(2) for name, text in WRITTEN.items()}
    others["smaller_input"] = cnncalc.load(BASE, input="9x8x3").analyze(2)
    assert found.keys() == others.keys()
    for name, other in others.items():
        totals, _ = found[name]
        assert (totals.params, totals.macs) == (other.totals.params, other.totals.macs)
        assert totals.memory == other.totals.memory
    assert [layers for _, layers in found.values()] == [2, 2, 1, 0]


def test_the_advice_is_the_change_that_leaves_least() -> None:
    report = cnncalc.load(BASE, input="17x16x3").analyze()
    left = dict(changes(report))
    params, macs, memory = advise(report)
    assert params.change
    assert params.change.left == min(each.totals.params for each, _ in left.values())
    assert macs.change
    assert macs.change.left == min(each.totals.macs for each, _ in left.values())
    assert memory.change
    assert memory.change.left == min(each.totals.memory.running for each, _ in left.values())
    # 9*8*20 values into 10 units, and 10 biases; conv2 has 9*16*32*72 products
    assert (params.where, params.part) == ("dense1", 14410)
    assert (macs.where, macs.part) == ("conv2", 331_776)


def test_vgg_as_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Lin, Chen and Yan (2013): the dense layers hold most parameters, and pooling does without them."""
    with pytest.raises(SystemExit):
        main(["summary", "vgg16", "--format", "json"])
    params, macs, memory = json.loads(capsys.readouterr().out)["advice"]
    # 7*7*512*4096 + 4096
    assert (params["where"], params["part"]) == ("dense1", 102_764_544)
    assert params["change"] == {"name": "pooled", "left": 138_357_544 - 48 * 512 * 4096, "layers": 1}
    assert macs["change"]["name"] == "separable"
    assert memory["where"] == "weights"


@pytest.mark.parametrize("arguments", [["--columns", "params"], ["--format", "csv"]])
def test_a_table_of_columns_is_without_advice(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["summary", "lenet5", *arguments])
    assert "would leave" not in capsys.readouterr().out


def test_what_is_shared_stays_and_what_does_not_fit_is_left_out() -> None:
    shared = {"conv": {"kernel": 3, "filters": 3, "padding": 1, "share": "conv1"}}
    report = cnncalc.load({"input": "8x8x3", "layers": ["conv3-3 p1", shared, {"reshape": "192"}, "fc-2"]})
    # the weights are one array for two places; a map of half the size has not 192 values
    assert dict(changes(report.analyze())) == {}
    assert [each.change for each in advise(report.analyze())] == [None] * 3
