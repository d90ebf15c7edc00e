"""Quantities: published and hand-worked numbers of each, and one table of names for every option."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.rows import LayerReport
from cnncalc.cli import main
from cnncalc.errors import CnncalcError
from cnncalc.quantity import NUMBERS, QUANTITIES, RECORDS, find

ROOT = Path(__file__).parent.parent


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """What the command does in this process: exit code, output, errors."""
    with pytest.raises(SystemExit) as done:
        main(arguments)
    out, error = capsys.readouterr()
    return int(done.value.code or 0), out, error


def layer(layers: Any, input: str, **settings: Any) -> LayerReport:
    return cnncalc.load({"input": input, "layers": layers}).analyze(**settings).layers[-1]


def test_neurons_of_alexnet_are_those_of_the_paper() -> None:
    # Krizhevsky, Sutskever, Hinton (2012), section 3.5; the first layer's 253,440 belong to an input of 224
    report = cnncalc.load("alexnet-2012").analyze()
    weighted = [row.neurons for row in report if row.params]
    assert weighted[1:] == [186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert {row.neurons for row in report if row.kind in ("relu", "lrn", "dropout")} <= {0}


@pytest.mark.parametrize(
    ("layers", "input", "worked_out"),
    [
        # a filter reads 5*5*3 values; with 2 groups half of the channels
        (["conv5-6"], "32x32x3", {"fan_in": 75, "neurons": 28 * 28 * 6}),
        ([{"conv": {"filters": 6, "kernel": 3, "groups": 2}}], "9x9x4", {"fan_in": 18, "neurons": 49 * 6}),
        (["conv5-6 nobias"], "32x32x3", {"fan_in": 75, "weight_bytes": 450 * 4}),
        (["fc-10"], "5x5x16", {"fan_in": 400, "neurons": 10, "weight_bytes": 4010 * 4}),
        (["maxpool2"], "8x8x4", {"fan_in": 4, "neurons": 64, "multiplications": 0, "weight_bytes": 0}),
        (["avgpool2"], "8x8x4", {"additions": 3 * 64, "fan_in": 4}),
        # four inputs and the bias: the bias is no value that is read
        (["subsample"], "8x8x4", {"fan_in": 4}),
        # 3*3 products at each of 16 inputs for 81 outputs
        (["deconv3-1 s2"], "4x4x1", {"fan_in": Fraction(16 * 9, 81), "neurons": 81}),
        # 2 values kept and 2 learned for each channel
        (["bn"], "8x8x4", {"weight_bytes": 16 * 4, "neurons": 0, "fan_in": 0}),
        (["relu"], "8x8x4", {"neurons": 0, "bytes": 256 * 4, "multiplications": 0, "additions": 0}),
    ],
)
def test_a_layer_by_hand(layers: Any, input: str, worked_out: dict[str, Any]) -> None:
    row = layer(layers, input)
    assert {name: getattr(row, name) for name in worked_out} == worked_out


def test_bytes_are_those_of_the_type_and_totals_those_of_the_batch() -> None:
    report = cnncalc.load("lenet5").analyze(batch=4, dtype="float16")
    assert (report["CONV1"].bytes, report["CONV1"].weight_bytes) == (4704 * 2, 456 * 2)
    totals = report.totals
    assert (totals.weight_bytes, totals.memory.weights) == (62_006 * 2, 62_006 * 2)
    assert (totals.multiplications, totals.neurons) == (4 * 651_720, 8094)


def test_weights_that_are_shared_take_bytes_once() -> None:
    conv = {"conv": {"name": "a", "filters": 3, "kernel": 3}}
    report = cnncalc.load(
        {"input": "9x9x3", "layers": [conv, {"conv": {"filters": 3, "kernel": 3, "share": "a"}}]}
    ).analyze()
    assert [row.weight_bytes for row in report] == [84 * 4, 0]
    assert [row.fan_in for row in report] == [27, 27]
    told = str(cnncalc.load("lenet5").explain("POOL1", quantity="weight_bytes", lang="en"))
    assert "it has no weights" in told


def test_shares_add_up_to_the_whole() -> None:
    for batch in (1, 8):
        report = cnncalc.load("resnet18").analyze(batch)
        for name in ("params_share", "macs_share"):
            assert sum(getattr(row, name) for row in report.rows(1)) == pytest.approx(1)
            assert report.totals.value(QUANTITIES[name]) == 1
        assert report.layers[-1].params_share == 513_000 / report.totals.params


def test_what_a_layer_reads(capsys: pytest.CaptureFixture[str]) -> None:
    report = cnncalc.load(
        {"input": "8x8x3", "layers": ["conv3-4 same", {"add": [["conv3-4 same"], []]}]}
    ).analyze(layout="chw")
    data = report.to_dict()["layers"]
    assert [row["input_shape"] for row in data] == [[3, 8, 8], [4, 8, 8], [[4, 8, 8], [4, 8, 8]]]
    assert report.group("add1").input_shapes == ((4, 8, 8),)
    code, out, _ = run(capsys, "summary", "resnet18", "--columns", "input_shape", "--depth", "1")
    assert code == 0
    assert re.search(r"conv2_x +\(56, 56, 64\)", out)


def test_options_say_what_a_layer_is() -> None:
    row = layer(
        [{"conv": {"filters": 4, "kernel": [3, 5], "padding": "same", "activation": "relu"}}], "9x9x2"
    )
    told = {name: row.options[name] for name in ("filters", "kernel", "padding", "stride", "activation")}
    assert told == {"filters": 4, "kernel": [3, 5], "padding": "same", "stride": 1, "activation": "relu"}
    assert layer(["maxpool3"], "9x9x2").options["stride"] == 3
    slope = {"leaky_relu": {"slope": 0.2}}
    row = layer([{"dense": {"units": 2, "activation": slope}}], "4")
    assert row.options["activation"] == slope
    json.dumps([row.options for row in cnncalc.load("densenet121").analyze()])


# ---- names


def test_names_are_of_one_quantity_each() -> None:
    names = [name for quantity in RECORDS for name in quantity.names]
    assert len(names) == len(set(names))
    assert find("Receptive-Field") is find("rf") is find("field") is QUANTITIES["receptive_field"]


@pytest.mark.parametrize("quantity", RECORDS, ids=lambda quantity: quantity.name)
def test_every_option_takes_every_name(quantity: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in quantity.names:
        if quantity.is_column:
            code, out, error = run(capsys, "summary", "lenet5", "--columns", name)
            assert (code, error) == (0, "")
            assert out == run(capsys, "summary", "lenet5", "--columns", quantity.name)[1]
        if quantity.unit in NUMBERS and quantity.row_key:
            row = cnncalc.load("lenet5").analyze()["CONV1"]
            value = row.value(quantity)
            expect = {"CONV1": {name: float(value) if isinstance(value, Fraction) else value}}
            network = cnncalc.load({"input": "32x32x3", "layers": ["CONV1=conv5-6"], "expect": expect})
            assert network.check_expectations() == []
            expect["CONV1"][name] += 1
            network = cnncalc.load({"input": "32x32x3", "layers": ["CONV1=conv5-6"], "expect": expect})
            assert len(network.check_expectations()) == 1
        if quantity.explained not in ("", "network"):
            found = cnncalc.load("lenet5").explain("CONV1", quantity=name, lang="en")
            assert found.data["CONV1"].workings[0].quantity == quantity.word


def test_an_answer_takes_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("check", "--conv", "5x5x3", "--filters", "6", "--input", "32x32x3")
    for quantity in RECORDS:
        for name in quantity.names if quantity.asked else ():
            code, out, _ = run(capsys, *flags, "--answer", f"{name}=1")
            assert code in (0, 1), name
            # of this layer these are 1, and all of the network's parameters are its own
            assert ("wrong" in out) != (quantity.name in ("stride", "jump", "params_share", "macs_share"))


@pytest.mark.parametrize(("answer", "verdict"), [("16/9", "right"), ("1.78", "right"), ("2", "wrong")])
def test_an_answer_that_is_no_whole_number(
    answer: str, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # 3*3 products at each of 16 inputs, for 81 outputs
    flags = ("--conv-transpose", "3x3x1", "--filters", "1", "--stride", "2", "--input", "4x4x1")
    _, out, _ = run(capsys, "check", *flags, "--answer", f"fan_in={answer}", "--format", "json")
    (told,) = json.loads(out)["answers"]
    assert (told["verdict"], told["expected"]) == (verdict, pytest.approx(16 / 9))
    code, out, error = run(capsys, "check", *flags, "--answer", f"fan_in={answer}", "--show-answers")
    assert (code, error) == (int(verdict == "wrong"), "")
    assert "1.77778" in out


def test_a_quantity_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("summary", "lenet5", "--columns", "neuron"),
        ("explain", "lenet5", "--quantity", "neuron"),
    ):
        code, _, error = run(capsys, *arguments)
        assert code == 2
        assert "did you mean neurons?" in error
    with pytest.raises(CnncalcError, match="did you mean neurons"):
        cnncalc.load({"input": "4", "layers": ["fc-2"], "expect": {"total": {"neuron": 2}}})


# ---- traffic


@pytest.mark.parametrize(
    ("layers", "input", "worked_out"),
    [
        # Ma et al. (2018), ShuffleNet V2, guideline 1: hw(c1 + c2) + c1*c2
        (["conv1-128 nobias"], "28x28x64", {"accesses": 784 * (64 + 128) + 64 * 128}),
        # rows and columns 1, 3, 5, ... of 56: a quarter of the input, as in ResNet-50's projections
        (["conv1-8 s2 nobias"], "56x56x4", {"values_read": 28 * 28 * 4, "accesses": 784 * 12 + 32}),
        # a window of 2 at 0 and 3 of 7: pixels 0, 1, 3, 4
        ([{"max_pool": {"kernel": 2, "stride": 3}}], "7x7x2", {"values_read": 32, "values_written": 8}),
        ([{"add": [["relu"], []]}], "8x8x4", {"values_read": 512, "values_written": 256}),
        ([{"concat": [["relu"], []]}], "8x8x4", {"values_read": 512, "values_written": 512}),
        (["flatten"], "8x8x4", {"values_read": 0, "values_written": 0, "accesses": 0, "intensity": 0}),
        (["dropout"], "8x8x4", {"accesses": 0}),
        (["relu"], "8x8x4", {"accesses": 512, "intensity": 0}),
        ([{"crop": 1}], "4x4x1", {"values_read": 4}),
        ([{"embedding": {"vocabulary": 30522, "size": 768}}], "512", {"weights_read": 512 * 768}),
        # 27 + 27 MACs on 27 values in, 56 of weights, 2 out: 108 FLOPs over 340 bytes
        (
            ["conv3-2"], "3x3x3",
            {"bytes_read": 83 * 4, "bytes_written": 8, "intensity": Fraction(108, 340), "weights_read": 56},
        ),
        (["bn"], "8x8x4", {"weights_read": 16, "accesses": 528}),
    ],
)  # fmt: skip
def test_the_traffic_of_a_layer_by_hand(layers: Any, input: str, worked_out: dict[str, Any]) -> None:
    row = layer(layers, input)
    assert {name: getattr(row, name) for name in worked_out} == worked_out


def test_a_batch_reads_its_weights_once_and_layers_that_share_weights_each() -> None:
    conv = {"conv": {"name": "a", "filters": 3, "kernel": 3, "padding": 1}}
    again = {"conv": {"filters": 3, "kernel": 3, "padding": 1, "share": "a"}}
    network = cnncalc.load({"input": "9x9x3", "layers": [conv, again]})
    totals = network.analyze(batch=10, dtype="float16").totals
    assert (totals.params, totals.weights_read, totals.values_read) == (84, 168, 10 * 2 * 243)
    assert totals.bytes_read == 2 * (168 + 4860)
    assert totals.intensity == Fraction(totals.flops, totals.bytes_read + totals.bytes_written)


def test_a_read_that_is_not_counted_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.layers.support.windows import Axis

    network = cnncalc.load({"input": "9x9x2", "layers": ["conv1-3 s2", {"slice": {"stop": 2}}, "flatten"]})
    assert network.verify().witnesses()["traffic"] == 12
    monkeypatch.setattr(Axis, "read", property(lambda axis: axis.size))
    wrong = [check.quantity for check in network.verify().mismatches]
    assert wrong == ["values_read", "values_read"]


# ---- what assignments ask


def test_weights_and_filters_by_hand() -> None:
    # 6 filters of 5*5*3 weights and a bias; the second convolution frozen, with 2 groups of 4 channels
    network = cnncalc.load(
        {"input": "9x9x3", "layers": [
            "conv5-8 s2 p2", "bn",
            {"conv": {"filters": 4, "kernel": [3, 1], "groups": 2, "trainable": False}}, "fc-10",
        ]}
    )  # fmt: skip
    names = (
        "weight_shape",
        "bias_shape",
        "filter_params",
        "non_trainable",
        "kernel",
        "stride",
        "padding",
        "jump",
    )
    found = [[row.value(QUANTITIES[name]) for name in names] for row in network.analyze()]
    assert found == [
        [(8, 3, 5, 5), (8,), 76, 0, (5, 5), (2, 2), (2, 2), (2, 2)],
        [(8,), (8,), 2, 16, None, None, None, (2, 2)],
        [(4, 4, 3, 1), (4,), 13, 52, (3, 1), (1, 1), (0, 0), (2, 2)],
        [(10, 60), (10,), 61, 0, None, None, None, None],
    ]
    assert network.analyze().totals.value(QUANTITIES["non_trainable"]) == 16 + 52


@pytest.mark.parametrize(
    ("answers", "verdicts"),
    [
        # 5 with a padding of 2 and 3 with a padding of 1 keep 32 as it is; 3 with 2 gives 34
        (["kernel=3", "padding=1"], ["right", "right"]),
        (["kernel=3", "padding=2"], ["wrong", "right"]),
        (["kernel=5x5", "padding=same", "stride=1"], ["right", "right", "right"]),
        (["kernel=7", "padding=same"], ["right", "right"]),
        (["weight_shape=(5, 5, 3, 6)", "bias_shape=6x1"], ["right", "right"]),
        (["weight_shape=5x5x3", "bias_shape=5", "filter_params=456"], ["wrong", "wrong", "wrong"]),
        (["input_shape=3x32x32", "weights=450", "biases=6", "non_trainable=none"], ["right"] * 4),
    ],
)
def test_any_window_that_fits_is_right_and_arrays_stand_in_any_usual_order(
    answers: list[str], verdicts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--conv", "5x5x3", "--filters", "6", "--padding", "2", "--input", "32x32x3", "--format", "json"]
    given = [word for answer in answers for word in ("--answer", answer)]
    _, out, _ = run(capsys, "check", *flags, *given)
    assert [each["verdict"] for each in json.loads(out)["answers"]] == verdicts


def test_shares_jumps_and_windows_on_a_sheet() -> None:
    from cnncalc.homework.answers import Rules
    from cnncalc.homework.key import Key
    from cnncalc.homework.marking import mark_sheet
    from cnncalc.homework.sheets import read_sheet

    key = Key(cnncalc.load("conv3-4 p1, maxpool2, conv3-4 p1, maxpool2", input="8x8x1").analyze())
    text = (
        "Layer,Kernel size,Stride,Jump,% of params\nconv1,3,1,1,21.3%\nmaxpool1,2,2,1,0\n"
        "conv2,5,1,1,0.787\nmaxpool2,3,3,2,0%\n"
    )
    asked = Rules(columns=("kernel", "stride", "jump", "params_share"))
    sheet = read_sheet("a.csv", text.encode(), asked.known_headings)
    found = mark_sheet(key, sheet, asked).answers
    verdicts = {quantity: [a.verdict for a in found if a.quantity == quantity] for quantity in asked.columns}
    # 40 and 148 of 188 parameters; a window of 3 by 3 of 4 pixels has one position, not two
    assert verdicts == {
        "kernel": ["right", "right", "wrong", "wrong"],
        "stride": ["right", "right", "right", "wrong"],
        "jump": ["right", "wrong", "carried", "carried"],
        "params_share": ["right"] * 4,
    }
    slips = [answer.slips for answer in found if (answer.layer, answer.quantity) == ("max_pool1", "jump")]
    assert slips == [("no_stride",)]
    # one column may have all three, and `In` is the input's shape where that is asked
    asked = Rules(columns=("input_shape", "kernel", "stride", "padding"))
    three = "Layer,F / S / P,In (HxWxC)\nconv1,3/1/1,8x8x1\nmaxpool1,2/2,8x8x4\nconv2,3x3 / 1 / same,4x4x5\n"
    together = read_sheet("b.csv", three.encode(), asked.known_headings)
    found = mark_sheet(key, together, asked).answers
    assert [answer.verdict for answer in found][:12] == [
        *(["right"] * 4), "right", *(["unreadable"] * 3), "wrong", *(["right"] * 3),
    ]  # fmt: skip
    # a table that tells the kernels answers nothing with them, unless they are asked for
    plain = mark_sheet(key, read_sheet("a.csv", text.encode()), Rules())
    assert {answer.quantity for answer in plain.answers} == {"jump", "params_share"}
