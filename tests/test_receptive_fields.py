"""Receptive fields as published, and what the verb says of them."""

import json
import time
from typing import Any

import pytest

import cnncalc
from cnncalc.cli import main


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as exited:
        main(["rf", *arguments])
    assert exited.value.code == 0
    return capsys.readouterr().out


VGG = "conv3-{0} same, conv3-{0} same, conv3-{0} same, maxpool2"
SLIM_VGG16 = ", ".join(
    ["conv3-1 same, conv3-1 same, maxpool2"] * 2 + [VGG.format(1)] * 3
)  # TF-Slim's vgg_16, up to pool5
SLIM_ALEXNET = (
    # TF-Slim's alexnet_v2: the first convolution and the poolings are VALID
    "conv11-1 s4, maxpool3 s2, conv5-1 same, maxpool3 s2,"
    " conv3-1 same, conv3-1 same, conv3-1 same, maxpool3 s2"
)


def fields(spec: Any, input: str = "224x224x1", **settings: Any) -> list[dict[str, list[float]]]:
    """The fields of the layers that have one."""
    report = cnncalc.load(spec, input=input).analyze(**settings)
    return [row.receptive_field for row in report.layers if row.receptive_field]


def slim_resnet(units: tuple[int, ...]) -> dict[str, Any]:
    """TF-Slim's resnet_v1: the stride stands in the last unit of a block."""
    layers: list[Any] = [{"conv": {"filters": 4, "kernel": 7, "stride": 2, "padding": 3}}]
    layers.append({"max_pool": {"kernel": 3, "stride": 2, "padding": "same"}})
    for number, count in enumerate(units, 1):
        inside: list[Any] = []
        for unit in range(1, count + 1):
            stride = 2 if unit == count and number < len(units) else 1
            # slim's conv2d_same: as many on both sides, also where the stride is 2
            path = f"conv1-4, conv3-4 s{stride} p1, conv1-4"
            shortcut = [] if stride == 1 else ["maxpool1 s2"]
            inside.append({"add": [[path], shortcut]})
        layers.append({"block": {"name": f"block{number}", "layers": inside}})
    return {"input": "224x224x3", "layers": layers}


def slim_inception_v3() -> dict[str, Any]:
    """TF-Slim's inception_v3 up to Mixed_7c; the filters make no difference, and are one."""
    a = [["conv1-1"], ["conv1-1, conv5-1 same"], ["conv1-1, conv3-1 same, conv3-1 same"]]
    pool: list[Any] = [{"avg_pool": {"kernel": 3, "stride": 1, "padding": "same"}}, "conv1-1"]
    seven = ["conv1-1, conv1x7-1 same, conv7x1-1 same"]
    twice = ["conv1-1, conv7x1-1 same, conv1x7-1 same, conv7x1-1 same, conv1x7-1 same"]
    wide: list[Any] = ["conv1-1", {"concat": [["conv1x3-1 same"], ["conv3x1-1 same"]]}]
    wider: list[Any] = ["conv1-1, conv3-1 same", {"concat": [["conv1x3-1 same"], ["conv3x1-1 same"]]}]
    layers: list[Any] = ["conv3-1 s2, conv3-1, conv3-1 same, maxpool3 s2, conv1-1, conv3-1, maxpool3 s2"]
    layers += [{"concat": [*a, pool]}] * 3
    layers += [{"concat": [["conv3-1 s2"], ["conv1-1, conv3-1 same, conv3-1 s2"], ["maxpool3 s2"]]}]
    layers += [{"concat": [["conv1-1"], seven, twice, pool]}] * 4
    reduced = ["conv1-1, conv1x7-1 same, conv7x1-1 same, conv3-1 s2"]
    layers += [{"concat": [["conv1-1, conv3-1 s2"], reduced, ["maxpool3 s2"]]}]
    layers += [{"concat": [["conv1-1"], wide, wider, pool]}] * 2
    return {"input": "299x299x3", "layers": layers}


def slim_mobilenet() -> str:
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    return "conv3-1 s2 same, " + ", ".join(f"conv3-1 s{s} same, conv1-1" for s in strides)


# Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks" (2019), the table of its
# appendix: field, stride, effective padding
@pytest.mark.parametrize(
    ("spec", "input", "published"),
    [
        (SLIM_VGG16, "224x224x1", (212, 32, 90)),
        (slim_mobilenet(), "224x224x1", (315, 32, 126)),
        (slim_inception_v3(), None, (1311, 32, 618)),
        (slim_resnet((3, 4, 6, 3)), None, (483, 32, 239)),
        (slim_resnet((3, 4, 23, 3)), None, (1027, 32, 511)),
        (slim_resnet((3, 8, 36, 3)), None, (1507, 32, 751)),
    ],
)
def test_published_fields(spec: Any, input: str | None, published: tuple[int, int, int]) -> None:
    last = fields(spec, input)[-1]  # type: ignore[arg-type]
    assert (last["size"][0], last["jump"][0], last["padding"][0]) == published


def test_alexnet_layer_by_layer() -> None:
    found = fields(SLIM_ALEXNET)
    assert [field["size"][0] for field in found] == [11, 19, 51, 67, 99, 131, 163, 195]
    assert (found[-1]["jump"][0], found[-1]["padding"][0]) == (32, 64)


def test_the_blocks_of_resnet50() -> None:
    report = cnncalc.load(slim_resnet((3, 4, 6, 3))).analyze()
    sizes = [report.group(f"block{n}").receptive_field for n in (1, 2, 3, 4)]
    assert [field and field["size"][0] for field in sizes] == [35, 99, 291, 483]
    torchvision = cnncalc.load("resnet50").analyze().group("conv5_x").receptive_field
    assert torchvision is not None
    assert torchvision["size"] == [427, 427]


def test_what_a_folded_group_sees_is_what_it_puts_out_sees(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["summary", "resnet18", "--depth", "1", "--columns", "name,rf"])
    seen = dict(line.split() for line in capsys.readouterr().out.splitlines() if "_x " in line)
    # four 3x3 convolutions: 11 + 4*2*4, then + 2*4 + 3*2*8, and from there on twice as much each time
    assert seen == {"conv2_x": "43", "conv3_x": "99", "conv4_x": "211", "conv5_x": "435"}


def test_a_field_wider_than_the_input_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "resnet18", "--depth", "1")
    assert "conv5_x                     435    32   -217       0      217  wider than the input\n" in out
    assert "sees 627 x 627 pixels, and the input is 224 x 224" in out
    assert "all of the input" in out


def test_a_field_as_wide_as_the_input_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "as wide as the input" in said(capsys, "--input", "7x7x1", "conv7-1")
    assert "wider" not in said(capsys, "--input", "9x9x1", "conv7-1")


def test_misaligned_paths_are_told_where_they_meet(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "fcn8s")
    assert (
        "misaligned: paths of different centres or jumps meet in fuse_pool4.add1; the widest is shown" in out
    )


def test_one_layer(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "--conv", "3x5x1", "--stride", "2", "--format", "json")
    assert '"size": [3, 5], "jump": [2, 2], "start": [0, 0], "center": [1.0, 2.0], "padding": [0, 0]' in out
    assert "conv1 (f=3, s=1, d=2)     5     1" in said(capsys, "--conv", "3x3x1", "--dilation", "2")


def test_axes_that_differ_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert "3 x 5  1 x 2" in said(capsys, "--conv", "3x5x1", "--stride", "1x2")


def test_many_outputs_that_differ_take_no_time() -> None:
    start = time.process_time()
    stamp = {"conv_transpose": {"filters": 1, "kernel": 7, "stride": 5}}
    found = fields({"layers": [stamp, "conv3-1 s4"] * 5}, "10x10x1")[-1]
    # a tenth of a second; it took fifty, when each of 3125 outputs looked all of them over
    assert time.process_time() - start < 5
    assert found["jump"] == [0.32768, 0.32768]  # (4/5)^5


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as exited:
        main(["rf", *arguments])
    captured = capsys.readouterr()
    assert exited.value.code == code, captured.err
    return captured.err if code else captured.out


def test_what_a_unit_sees_and_which_units_see_a_pixel(capsys: pytest.CaptureFixture[str]) -> None:
    # conv5 p2: unit o sees o - 2 ... o + 2; pool: 2o - 2 ... 2o + 3; conv3 behind: 2o - 2 ... 2o + 7
    network = ["--input", "32x32x3", "conv5 p2, maxpool2, conv3"]
    out = told(capsys, *network, "--at", "0,3", "--format", "csv").splitlines()
    assert out[1:] == [
        '"conv1 (f=5, s=1, p=2)","0-2, and 2 in the padding",1-5',
        '"max_pool1 (f=2, s=2)","0-3, and 2 in the padding",4-9',
        '"conv2 (f=3, s=1)","0-7, and 2 in the padding",4-13',
    ]
    data = told(capsys, *network, "--pixel", "0,31", "--format", "json")
    assert [layer["spans"] for layer in json.loads(data)["layers"]] == [
        [[0, 2], [29, 31]], [[0, 1], [14, 15]], [[0, 1], [12, 13]],
    ]  # fmt: skip
    assert "8-14" in told(capsys, "conv3 s2, conv3", "--at", "4,4")
    assert "no pixel (40, 3)" in told(capsys, "lenet5", "--pixel", "40,3", code=2)
    assert "1 numbers, and the input 2 dimensions" in told(capsys, "lenet5", "--at", "4", code=2)
    assert "no layer has a unit (28, 0)" in told(capsys, "lenet5", "--at", "28,0", code=2)
    assert told(capsys, "lenet5", "--at", "27,0").count("27-31") == 1  # the layers behind have fewer rows
    assert "no place" in told(capsys, "lenet5", "--at", "a,b", code=2)
    assert "has letters" in told(capsys, "convF-1", "--at", "0,0", code=2)


@pytest.mark.parametrize(
    "text",
    [
        "conv5-1 p2, maxpool2, conv3-1", "conv3-1 s2 d2 same, conv2-1 s3", "maxpool3 s2, upsample2, conv3-1",
        "conv3-1 s2, deconv4-1 s2 p1, conv3-1 s2", "maxpool1 s3, conv2-1",
    ],
)  # fmt: skip
def test_the_units_that_see_a_pixel_are_those_whose_field_holds_it(text: str) -> None:
    for row in cnncalc.load(text, input="23x1").analyze().layers:
        (field,) = row.view.fields or ()
        outputs = row.facts.output[0]
        for pixel in range(23):
            spans = {o: field.seen(o) for o in range(outputs)}
            holding = [o for o, span in spans.items() if span and span[0] <= pixel <= span[1]]
            assert field.seen_by(pixel, outputs) == ((holding[0], holding[-1]) if holding else None)


def test_an_array_of_weights_reads_no_input(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "vit-b-16").splitlines()
    notes = {line.split()[0]: line for line in lines if line.strip()}
    assert notes["concat1"].endswith("all of the input")
    assert "all" not in notes["class_token"]
