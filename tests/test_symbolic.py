"""Formulas in letters: what is printed, evaluated at other sizes, is what analysis says there."""

import json
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import cnncalc
from cnncalc import SpecError, UsageError
from cnncalc.analysis.report import Report
from cnncalc.analysis.symbolic_report import fixing, in_letters, with_unknowns
from cnncalc.built_in import builtin_names
from cnncalc.cli import main
from cnncalc.render.document import cell
from cnncalc.spec.unknowns import lettered

QUANTITIES = ("activation_size", "params", "macs")
TOTALS = ("params", "macs", "flops", "activations", "space")
ONCE = [
    "conv3-8 same, maxpool2",
    "conv3-8 s2 same, conv4-8 s3 same, conv5-4 d2 p4",
    {"max_pool": {"kernel": 3, "stride": 2, "rounding": "ceil"}},
    {"max_pool": {"kernel": 2, "stride": 2, "padding": 1, "rounding": "ceil"}},
    {"conv": {"filters": 2, "kernel": 1, "stride": 2, "rounding": "ceil"}},
    {"conv_transpose": {"filters": 4, "kernel": 3, "stride": 2, "padding": "same"}},
    {"conv_transpose": {"filters": 4, "kernel": 4, "stride": 2, "padding": 1, "output_padding": 1}},
    "maxpool2, upsample2, avgpool3",
    {"upsample": {"scale": 2, "mode": "bilinear"}},
    "local_conv3-2",
    "position_bias",
    {"layer_norm": {"over": "all"}},
    {"adaptive_avg_pool": 2},
    "fc-10",
    "flatten, dropout0.5, fc-10",
    {"multiply": [[], ["global_avg_pool, conv1-3 sigmoid"]]},
    {"concat": [["conv3-8 s2 p1"], ["maxpool3 s2 p1"]]},
    {"zero_pad": [[1, 2], [0, 3]]},
    {"crop": 1},
]


@cache
def compiled(text: str) -> CodeType:
    return compile(text.replace(",", "") if text.replace(",", "").isdecimal() else text, "formula", "eval")


def evaluate(value: Any, letters: dict[str, int]) -> int:
    """What a printed number comes to."""
    known = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min}
    result = eval(compiled(cell(value)), known | {k: Fraction(n) for k, n in letters.items()})  # noqa: S307
    assert result == int(result)
    return int(result)


def sizes(report: Report) -> Iterator[dict[str, int]]:
    """Other sizes of the input, near the given one and far."""
    for by in (-1, 2, 7, 33):
        given = {letter: n for letter, n in report.letters.items() if n is not None}
        yield {letter: n + (3 * by + 1 if letter == "W" else by) for letter, n in given.items()}


def compare(spec: Any, batch: int = 1) -> int:
    """Holds every formula to the analysis at other sizes; on how many the network is valid."""
    network = cnncalc.load(spec)
    lettered = in_letters(network.analyze(batch=batch))
    held = 0
    for letters in sizes(lettered):
        (source,) = lettered.graph.inputs
        shape = [*(n for letter, n in letters.items() if letter != "B"), source.shape[-1]]
        if network.layout == "chw":
            shape = [shape[-1], *shape[:-1]]
        try:
            other = network.analyze(batch=letters.get("B", 1), input=shape)
        except SpecError:
            continue
        held += 1
        for ours, theirs in zip(lettered.layers, other.layers, strict=True):
            told = tuple(evaluate(n, letters) for n in ours.output_shape)
            assert told == theirs.output_shape, (ours.name, letters)
            for quantity in QUANTITIES:
                found = evaluate(getattr(ours, quantity), letters)
                assert found == getattr(theirs, quantity), (ours.name, quantity, letters)
        for total in TOTALS:
            assert evaluate(getattr(lettered.totals, total), letters) == getattr(other.totals, total), total
    return held


QUICK = ("lenet5", "alexnet", "googlenet", "mobilenet-v2", "resnet18", "unet", "vgg16", "crnn")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in builtin_names()]
)
def test_every_formula_of_a_network_holds_at_other_sizes(name: str) -> None:
    if not in_letters(cnncalc.load(name).analyze()).letters:
        pytest.skip("a vector")
    held = compare(name)
    # those that join or reshape maps of a certain size, or part them in windows, are valid at few others
    assert held or name in {"dfcnn", "fcn8s", "ssd300", "textcnn", "unet", "resnet101-fpn", "swin-t"}, name


@pytest.mark.parametrize("layer", ONCE, ids=str)
@pytest.mark.parametrize("input", ["24x24x3", "13x17x3"])
def test_every_formula_of_a_kind_holds_at_other_sizes(layer: Any, input: str) -> None:
    assert compare({"input": input, "layers": [layer]}, batch=3) >= 2


def test_one_and_three_dimensions() -> None:
    assert compare({"input": "40x3", "layers": ["conv3-8 s2, maxpool2"]}) == 4
    assert compare({"input": "12x24x24x3", "layers": ["conv3-8 s2 same, maxpool2"]}) == 4


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    assert exited.value.code == 0
    return capsys.readouterr().out


def test_shapes_in_letters(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "shapes", "--symbolic", "--input", "32x32x3", "conv3-8 same, maxpool2")
    assert "conv1 (f=3, s=1, p=same)  (H, W, 8)                                      8*H*W" in out
    assert "max_pool1 (f=2, s=2)      (floor(H/2), floor(W/2), 8)  8*floor(H/2)*floor(W/2)" in out
    assert "the spec has H = 32, W = 32\n" in out


def test_a_dense_layer_fixes_the_size(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "params", "lenet5", "--symbolic")
    assert "1920*(floor(H/4) - 3)*(floor(W/4) - 3) + 120" in out
    assert "the weights of FC3 are as many as the input's size says: once trained, it is fixed" in out
    assert fixing(in_letters(cnncalc.load("resnet18").analyze())) == []


def test_letters_in_json_and_csv(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(said(capsys, "cost", "lenet5", "--symbolic", "--batch", "4", "--format", "json"))
    assert data["letters"] == {"H": 32, "W": 32, "B": 4}
    assert data["layers"][0]["macs"] == "450*(H - 4)*(W - 4)"
    assert data["layers"][5]["macs"] == 10_080
    assert "B" in data["totals"]["macs"]
    assert "memory" not in data["totals"]
    assert "CONV1,450*(H - 4)*(W - 4)" in said(capsys, "cost", "lenet5", "--symbolic", "--format", "csv")


def test_what_has_no_letters() -> None:
    with pytest.raises(UsageError, match="vector"):
        in_letters(cnncalc.load("fc-10", input="400").analyze())
    with pytest.raises(UsageError, match="one size"):
        in_letters(cnncalc.load("lenet5").analyze(convention="thop"))


def test_sums_of_formulas_are_laid_out_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "cost", "resnet18", "--symbolic", "--depth", "1")
    caption = out[out.index("time complexity") :]
    assert max(map(len, caption.splitlines())) <= 80
    # no line ends within brackets
    assert all(line.count("(") == line.count(")") for line in caption.splitlines())
    flat = " ".join(caption.split())
    assert "C_in * C_out = 9408*floor((H + 1)/2)*floor((W + 1)/2) + 147456*floor((H + 3)/4)" in flat
    assert "activations = 128*floor((H + 1)/2)*floor((W + 1)/2) + 704*" in flat
    # Markdown is no place for broken lines
    lines = said(capsys, "cost", "resnet18", "--symbolic", "--format", "markdown").splitlines()
    (time,) = (line for line in lines if line.startswith("time complexity"))
    assert time.endswith(" + 512000")


LETTERED = [
    ("conv3-C, conv3-C, conv3-C", "56x56xC"),
    ("conv7-C nobias", "56x56xC"),
    ("convF-K sS pP relu, maxpool2, fc-M", "NxNxC"),
    ("convFxG-K dD, avgpool3 s2, conv1-L, gap, fc-10", "HxWx3"),
    ("convm1-4 ss1, convm2-4 ss2, convm3-4 ss3", "NxNx1"),
    ("conv3-C same sS, bn, deconvF-K sS, separable_conv3-L, flatten, fc-M softmax", "NxNx3"),
    ("maxpoolF sS, conv5-K full", "NxMxC"),
    ("convF-K, conv3-K same", "NxC"),
    ("fc-H relu, fc-K", "N"),
]
MEANT = {"H": 97, "W": 83, "N": 101, "M": 89, "L": 9}


@pytest.mark.parametrize(("text", "input"), LETTERED)
@pytest.mark.parametrize("numbers", [(1, 1), (2, 5), (4, 2), (3, 3)])
def test_formulas_of_letters_hold_for_other_numbers(text: str, input: str, numbers: tuple[int, int]) -> None:
    """The stand-ins leave no trace: the formulas are right for numbers that they were not made of."""
    text_of = lettered(text, input)
    assert text_of is not None
    numeric = cnncalc.load(text_of.text, input=text_of.input)
    report = with_unknowns(numeric.analyze(), text_of.letters)
    values = {
        letter: MEANT.get(letter, numbers[at % 2]) for at, letter in enumerate(text_of.letters.values())
    }
    said = {str(number): str(values[letter]) for number, letter in text_of.letters.items()}

    def put(written: str) -> str:
        return re.sub("[0-9]+", lambda match: said.get(match[0], match[0]), written)

    other = cnncalc.load(put(text_of.text), input=put(text_of.input or "")).analyze()
    for ours, theirs in zip(report.layers, other.layers, strict=True):
        assert tuple(evaluate(n, values) for n in ours.output_shape) == theirs.output_shape, ours.name
        for quantity in QUANTITIES:
            assert evaluate(getattr(ours, quantity), values) == getattr(theirs, quantity), (
                ours.name,
                quantity,
            )
        if ours.receptive_field and "deconv" not in text:
            sizes = [evaluate(n, values) for n in ours.receptive_field["size"]]
            assert sizes == (theirs.receptive_field or {}).get("size"), ours.name
    for total in TOTALS:
        assert evaluate(getattr(report.totals, total), values) == getattr(other.totals, total), total


def test_letters_in_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A 3x3 and an FxF with padding and stride: F + 2 pixels, as a window of F on steps of 1 sees 2 more."""
    file = tmp_path / "net.yaml"
    conv = "{conv: {filters: K, kernel: F, padding: P, stride: S}}"
    text = (
        f"# input: QxQx3\ninput: NxNxC\nlayers: [{{conv: {{filters: C, kernel: 3}}}}, {conv}, conv3-C relu]\n"
    )
    file.write_text(text)
    shapes = said(capsys, "shapes", str(file))
    assert "(floor((N + 2*P - F - 2)/S) + 1, floor((N + 2*P - F - 2)/S) + 1, K)" in shapes
    assert "(F*F*C + 1)*K" in shapes
    assert re.search(r"conv2 .* F \+ 2\n", said(capsys, "summary", str(file), "--columns", "rf"))
    file.write_text(text.replace("kernel: F", "kernel: window"))
    with pytest.raises(SystemExit):
        main(["shapes", str(file)])
    assert "filters: 'K' is not a whole number" in capsys.readouterr().err
    file.write_text("# filters: K\ninput: 8x8x3\nlayers: [conv3-4]\n")
    assert "112" in said(capsys, "params", str(file))


def test_letters_for_filters_and_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    # (F^2 C + 1) K; three 3x3 have 27 C^2 weights, one 7x7 has 49 C^2
    assert "(F*F*C + 1)*K" in said(capsys, "params", "--conv", "FxFxC", "--filters", "K")
    three = "conv3-C nobias, conv3-C nobias, conv3-C nobias"
    assert "27*C*C" in said(capsys, "params", "--input", "56x56xC", three)
    assert "49*C*C" in said(capsys, "params", "--input", "56x56xC", "conv7-C nobias")
    out = said(capsys, "rf", "--input", "32x32x1", "convm1-1 ss1, convm2-1 ss2, convm3-1 ss3")
    assert "m1 + (m2 - 1)*s1 + (m3 - 1)*s1*s2" in out
    out = said(capsys, "explain", "--conv", "kxkx3", "--filters", "f", "--stride", "s", "--padding", "p")
    assert "M_H = floor((H + 2*p - k)/s) + 1" in out
    assert "parameters = (3*k*k + 1)*f" in out
    data = json.loads(said(capsys, "params", "--conv", "FxFxC", "--filters", "K", "--format", "json"))
    assert data["layers"][0]["params"] == "(F*F*C + 1)*K"
    assert data["letters"]["F"] is None


@pytest.mark.parametrize("text", ["conv3-64 same, maxpool2 s2", "convs3-64", "global_avg_pool, relu, lstm-8"])
def test_compact_text_has_no_letters(text: str) -> None:
    assert lettered(text, "32x32x3") is None
