"""The JSON and the Python API, field by field as they are promised."""

from __future__ import annotations

import json

import command
import pytest

import cnncalc

CONV1 = {
    "name": "CONV1", "kind": "conv", "block": None, "label": "CONV1 (f=5, s=1)",
    "options": {"kernel": 5, "stride": 1, "padding": 0, "dilation": 1, "rounding": "floor", "filters": 6,
    "groups": 1, "bias": True, "activation": None, "table": None},
    "from": ["input"], "input_shape": [32, 32, 3], "output_shape": [28, 28, 6],
    "activation_size": 4704, "in_place": False, "params": 456, "weights": 450, "biases": 6, "trainable": 456,
    "buffers": 0, "shared_with": None, "neurons": 4704, "connections": 357504, "connections_real": 357504,
    "fan_in": 75, "macs": 352800, "flops": 705600, "multiplications": 352800, "additions": 352800,
    "bytes": 18816, "weight_bytes": 1824, "space": 5160, "params_share": 456 / 62006,
    "macs_share": 352800 / 651720, "space_share": 5160 / 70100, "work": {"multiply": 352800, "add": 352800},
    "receptive_field": {"size": [5, 5], "jump": [1, 1], "start": [0, 0], "center": [2.0, 2.0],
    "padding": [0, 0]},
}  # fmt: skip
TOTALS = {
    "params": 62006, "trainable": 62006, "buffers": 0, "connections": 664542, "connections_real": 664542,
    "neurons": 8094, "multiplications": 651720, "additions": 651739, "weight_bytes": 248024,
    "macs": 651720, "flops": 1303440, "activations": 8094, "space": 70100, "weight_layers": 5,
    "memory": {"weights": 248024, "forward": 44664, "peak": 31104, "training": 540712, "optimizer": "sgd"},
}  # fmt: skip


def test_lenet5() -> None:
    data = cnncalc.load("lenet5.yaml").analyze().to_dict()
    assert list(data) == [
        "schema_version", "network", "layout", "batch", "dtype", "convention", "inputs", "layers",
        "totals", "outputs",
        "warnings",
    ]  # fmt: skip
    assert data["network"] == "LeNet-5"
    assert data["inputs"] == [{"name": "input", "shape": [32, 32, 3]}]
    # a new quantity adds to both
    assert CONV1.items() <= data["layers"][0].items()
    assert TOTALS.items() <= data["totals"].items()
    assert data["outputs"] == ["Softmax"]
    assert data["warnings"] == []
    assert data["layers"][-1]["receptive_field"] is None


def printed(*arguments: str) -> str:
    done = command.told(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_summary_has_every_field_and_is_the_api() -> None:
    told = json.loads(printed("summary", "lenet5", "--format", "json"))
    assert [each["quantity"] for each in told.pop("advice")] == ["params", "macs", "memory.running"]
    assert told == cnncalc.load("lenet5").analyze().to_dict()


def test_equal_layers_differ_where_they_should() -> None:
    conv = {"filters": 3, "kernel": 3, "padding": 1}
    layers = [
        {"conv": {"name": "first", **conv}},
        {"conv": {"name": "frozen", **conv, "trainable": False}},
        {"conv": {"name": "sharing", **conv, "share": "first"}},
        {"relu": {"name": "overwriting"}},
        {"relu": {"name": "read_twice"}},
        {"relu": {"name": "keeping"}},
        {"add": {"from": ["read_twice", "keeping"]}},
    ]
    report = cnncalc.load({"input": [8, 8, 3], "layers": layers}).analyze()
    told = {row.name: row.to_dict() for row in report.layers}
    for row in report.layers:
        attributes = {key: getattr(row, key) for key in told[row.name]}
        assert told[row.name] == json.loads(json.dumps(attributes, default=float))
    assert [told[name]["trainable"] for name in ("first", "frozen", "sharing")] == [84, 0, 0]
    assert [told[name]["in_place"] for name in ("overwriting", "read_twice", "keeping")] == [
        True,
        True,
        False,
    ]
    assert told["sharing"]["shared_with"] == "first"


@pytest.mark.parametrize("verb", ["shapes", "params", "connections"])
def test_a_verb_has_its_own_fields_and_the_names(verb: str) -> None:
    (first, *_) = json.loads(printed(verb, "lenet5", "--format", "json"))["layers"]
    assert {"name", "kind", "from", "output_shape", "params"} <= set(first) <= set(CONV1)
    assert all(CONV1[field] == value for field, value in first.items())


def test_a_batch_multiplies_work_and_memory_and_nothing_else() -> None:
    one, many = cnncalc.load("lenet5").analyze().totals, cnncalc.load("lenet5").analyze(batch=32).totals
    assert (many.params, many.connections) == (one.params, one.connections)
    assert (many.macs, many.flops, many.activations) == (32 * one.macs, 32 * one.flops, 32 * one.activations)
    assert many.space == one.params + 32 * one.activations
    assert many.memory.forward == 32 * one.memory.forward
    assert many.memory.weights == one.memory.weights


def test_layout_and_input_of_the_report() -> None:
    report = cnncalc.load("lenet5").analyze(layout="chw", input="3x36x36")
    assert report["CONV1"].output_shape == (6, 32, 32)
    assert report.to_dict()["inputs"] == [{"name": "input", "shape": [3, 36, 36]}]


def test_one_layer_by_flags() -> None:
    told = json.loads(printed("params", "--conv", "5x5x3", "--filters", "6", "--format", "json"))
    assert told["params"] == 456


def test_a_report_is_asked_by_name() -> None:
    report = cnncalc.load("lenet5").analyze()
    assert report["CONV1"].params == 456
    assert [row.name for row in report][:2] == ["CONV1", "POOL1"]
    with pytest.raises(KeyError, match="CONV1"):
        report["CONV11"]
