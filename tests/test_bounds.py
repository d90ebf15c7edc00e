"""Bounds of devices: by hand, the catalogue, a user's own device, and what can't be a device."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.bounds import Bounds
from cnncalc.analysis.devices import Device, find, names
from cnncalc.cli import main
from cnncalc.errors import CnncalcError

EASY = Device("easy", {"float32": 1000, "int8": 4000}, ((0, 100),), "by hand")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        main(arguments)
    out, error = capsys.readouterr()
    return int(done.value.code or 0), out, error


def bounds(layers: str, input: str, device: Device = EASY, **settings: object) -> Bounds:
    return Bounds(cnncalc.load(layers, input=input).analyze(**settings), device)  # type: ignore[arg-type]


def test_a_bound_is_the_larger_of_both_times() -> None:
    # 9 positions * 2 channels * 3 filters: 54 MACs, 108 FLOPs; 18 values in, 6 weights, 27 out: 204 bytes
    found = bounds("conv1-3 nobias, relu", "3x3x2")
    conv, relu = found.of_layer(0), found.of_layer(1)
    assert (conv.compute, conv.memory, conv.limited_by) == (0.108, 2.04, "memory")
    assert (relu.operations, relu.moved, relu.share_of_peak) == (0, 2 * 27 * 4, 0.0)
    assert found.total.least == pytest.approx(2.04 + 2.16)
    # in any way: the values between both layers are moved by neither
    assert found.fused.moved == 204
    assert found.waiting == 1.0


def test_a_batch_reads_its_weights_once_and_small_types_move_less() -> None:
    found = bounds("fc-10 nobias", "100", batch=50, dtype="int8")
    (layer,) = [found.of_layer(0)]
    # 1000 weights, 50*(100 + 10) values, a byte each; 50*2*1000 operations
    assert (layer.moved, layer.memory, layer.compute) == (6500, 65.0, 25.0)
    assert found.total.share_of_peak == pytest.approx(25 / 65)


def test_caches_move_few_bytes_faster() -> None:
    device = Device("caches", {"float32": 10**9}, ((0, 1000), (400, 100)), "by hand")
    assert bounds("relu", "49", device).of_layer(0).memory == pytest.approx(0.392)
    assert bounds("relu", "50", device).of_layer(0).memory == pytest.approx(4.0)


def test_every_device_of_the_catalogue_has_its_source() -> None:
    assert len(names()) >= 12
    for name in names():
        device = find(name)
        assert len(device.source) > 20
        assert device.kind
        assert all(speed > 0 for _, speed in device.bandwidths)
    # an A100 is known for 19.5 TFLOPS and 1,555 GB/s: a layer below 12.5 FLOPs a byte waits for memory
    a100 = find("a100")
    assert a100.peak["float32"] / a100.bandwidths[0][1] == pytest.approx(12.54, abs=0.01)


def test_the_command_tells_what_a_network_waits_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: Mine\nsource: me\npeak: {float32: 2G}\nbandwidth: 1 GB/s\nmemory: 100KiB\n", "utf-8"
    )
    code, out, error = run(capsys, "cost", "lenet5", "--device", str(own))
    assert (code, error) == (0, "")
    assert "Mine: at most 2 GFLOP/s in float32" in out
    assert "weights and peak, 272.6 KiB, do not fit into 100.0 KiB" in out
    told = json.loads(run(capsys, "cost", "lenet5", "--device", str(own), "--format", "json")[1])["bounds"]
    assert told["layers"]["FC3"]["limited_by"] == "memory"
    assert told["layers"]["FC3"]["least_seconds"] == pytest.approx(194_560 / 1e9)
    code, out, error = run(
        capsys, "cost", "--conv", "1x1x2", "--filters", "3", "--input", "3x3x2", "--device", "a100"
    )
    assert (code, error) == (0, "")
    assert "a100" in run(capsys, "cost", "--device", "list")[1]
    listed = json.loads(run(capsys, "cost", "--device", "list", "--format", "json")[1])["devices"]
    assert set(listed) == set(names())
    # a kind that no catalogue has is told by its key
    assert "device." not in run(capsys, "cost", "--device", "list", "--lang", "zh")[1]


def test_a_bound_and_an_energy_are_written_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: Mine\nsource: me\npeak: {float32: 1k}\nbandwidth: 100\n", "utf-8")
    spec = ["explain", "conv1-3 nobias, relu", "--input", "3x3x2", "--batch", "2"]
    told = json.loads(run(capsys, *spec, "--device", str(own), "--energy", "--format", "json")[1])
    least, energy = told["layers"][0]["quantities"]
    # 216 FLOPs; 2*(18 values in, 27 out) and 6 weights: 384 bytes
    found = {each["name"]: each["value"] for each in least["equations"]}
    assert (found["flops"], found["moved"]) == (216, 384)
    assert least["reasons"][0]["key"] == "least_time.memory"
    assert least["reasons"][0]["values"]["seconds"] == 3.84
    assert energy["reasons"][0]["values"]["picojoules"] == pytest.approx(108 * 4.6 + 384 * 160)
    whole, fused, _ = told["totals"]
    # the activation moves 2*2*27 values more
    assert (whole["value"], fused["value"]) == ("8.16 s", "3.84 s")
    code, out, error = run(capsys, *spec, "conv1", "--device", str(own))
    assert (code, error) == (0, "")
    assert (
        "max(216/(1 kFLOP/s), 384 B/(100 B/s)) = max(216 ms, 3.84 s) = 3.84 s: the device waits"
        in " ".join(out.split())
    )


def test_each_fault_of_a_device_is_told_at_its_place(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: 5\npeek: 3\npeak: {float32: fast, float33: 3G, int8: -1}\nbandwidth: [1]\nmemory: true\n",
        "utf-8",
    )
    with pytest.raises(CnncalcError) as caught:
        find(str(own))
    told = [(fault.place.line if fault.place else None, fault.message) for fault in caught.value.faults]
    assert {line for line, _ in told} == {1, 2, 3, 4, 5, None}
    assert len(told) == 8
    for text, message in (("[]", "is not a device"), ("a: b", "says no peak"), ("a: [", "bad_syntax")):
        own.write_text(text, "utf-8")
        with pytest.raises(CnncalcError) as caught:
            find(str(own))
        assert message in str(caught.value) or message == caught.value.faults[0].code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("lenet5 --device rp2040", "has no peak in float32"),
        ("lenet5 --device jetson-nanoo", "did you mean jetson-nano?"),
        ("lenet5 --device nowhere.yaml", "can't be read"),
        ("lenet5 --device a100 --fit 1GiB", "--fit says nothing"),
        ("lenet5 --device a100 --symbolic", "at one size"),
        ("explain lenet5 --device a100 --quantity macs", "--quantity says nothing to --device"),
        ("explain lenet5 --energy --symbolic", "--symbolic says nothing to --energy"),
        ("explain --conv 5x5x3 --filters K --input 9x9x3 --energy", "at one size"),
        ("lenet5 --device list", "SPEC says nothing to the list of devices"),
        ("--conv 1x1x2 --device list", "--conv says nothing to the list of devices"),
        ("--conv 1x1x2 --filters 3 --device a100", "which input?"),
        ("lenet5 --device a100 --memory", "--device and --memory ask for different tables"),
        ("lenet5 --energy --symbolic", "--energy asks of a network at one size of its input"),
        ("conv3-K --input 9x9x3 --device a100", "unknown"),
    ],
)
def test_what_cannot_be_bounded(arguments: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    verb = [] if arguments.startswith("explain") else ["cost"]
    code, out, error = run(capsys, *verb, *arguments.split())
    assert (code, out) == (2, "")
    assert said in error or said == "unknown"


def test_the_roofline_is_drawn_in_words_and_circles(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from cnncalc.figures.roofline import roofline
    from cnncalc.figures.scene import Circle, Group, Line, Text, flat

    found = bounds("conv1-3 nobias, relu, conv1-3 nobias, relu, fc-7", "3x3x2")
    scene = roofline(found, "dark")
    circles = [part for part in flat(scene.parts) if isinstance(part, Circle)]
    assert len(circles) == 3  # what has no MACs has no place
    titles = [part.title for part in scene.parts if isinstance(part, Group)]
    assert any(title.startswith("conv1: 2.04 s") for title in titles)
    # the ridge lies where the peak is reached: 1000/100 = 10 FLOPs a byte
    roof = next(part for part in scene.parts if isinstance(part, Line) and part.paint == "window")
    assert roof.points[1][1] == roof.points[2][1] < roof.points[0][1]
    # every layer lies on the roof
    (x0, y0), (x1, y1), _ = roof.points
    for circle in circles:
        assert circle.y == pytest.approx(y0 + (circle.x - x0) / (x1 - x0) * (y1 - y0))
    # the dense layers of LeNet-5 lie on one another: small ones above large ones, numbers apart
    parts = roofline(Bounds(cnncalc.load("lenet5").analyze(), find("t4"))).parts
    radii = [each.radius for each in flat(parts) if isinstance(each, Circle)]
    assert radii == sorted(radii, reverse=True)
    numbers = [each for each in parts if isinstance(each, Text) and each.bold and each.words.isdecimal()]
    assert sorted(each.words for each in numbers) == list("12345")
    assert all(max(abs(a.x - b.x), abs(a.y - b.y)) >= 10 for a, b in combinations(numbers, 2))
    file = tmp_path / "roofline.svg"
    code, _, error = run(capsys, "cost", "lenet5", "--device", "t4", "--plot", str(file))
    assert (code, error) == (0, "")
    assert "<title" in file.read_text("utf-8")
    for wrong in (
        ("--plot", "x.svg"),
        ("--device", "t4", "--plot", "x.gif"),
        ("--device", "list", "--plot", "x.svg"),
    ):
        code, out, error = run(capsys, "cost", *(["lenet5"] if "list" not in wrong else []), *wrong)
        assert (code, out) == (2, "")
        assert error


def test_this_machine_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.execute import machine

    monkeypatch.setattr(machine, "PATIENCE", 0.001)
    monkeypatch.setattr(machine, "SIDES", (64, 128))
    monkeypatch.setattr(machine, "VALUES", (2**12, 2**16, 2**20))
    device = machine.measure()
    speeds = [speed for _, speed in device.bandwidths]
    assert device.bandwidths[0][0] == 0
    assert speeds == sorted(speeds, reverse=True)
    assert device.peak["float32"] > 10**7
    assert bounds("conv3-4", "9x9x3", device).total.least > 0


def test_energy_by_published_figures(capsys: pytest.CaptureFixture[str]) -> None:
    # 54 MACs of 3.7 + 0.9 pJ; 204 bytes of 640/4 pJ
    code, out, error = run(
        capsys, "cost", "--input", "3x3x2", "conv1-3 nobias", "--energy", "--format", "json"
    )
    assert (code, error) == (0, "")
    told = json.loads(out)["energy"]["total"]
    assert told["operations_pj"] == pytest.approx(54 * 4.6)
    assert told["traffic_pj"] == pytest.approx(204 * 160)
    # a batch reads the 6 weights once; an int8 value is a byte, its product is added up in 32 bits
    flags = ("--energy", "--batch", "10", "--dtype", "int8", "--format", "json")
    told = json.loads(run(capsys, "cost", "--input", "3x3x2", "conv1-3 nobias", *flags)[1])["energy"]["total"]
    assert told["operations_pj"] == pytest.approx(540 * 0.3)
    assert told["traffic_pj"] == pytest.approx((6 + 10 * 45) * 160)
    code, out, error = run(capsys, "cost", "lenet5", "--energy", "--dtype", "float64")
    assert (code, out) == (2, "")
    assert "known: float32, float16, int8" in error


def test_the_page_of_a_report_has_the_roofline(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plain, more = tmp_path / "plain.html", tmp_path / "more.html"
    assert run(capsys, "report", "lenet5", "-o", str(plain))[0] == 0
    assert run(capsys, "report", "lenet5", "--device", "t4", "-o", str(more))[0] == 0
    page = more.read_text("utf-8")
    assert page.count("<svg") == plain.read_text("utf-8").count("<svg") + 1
    assert "What a device allows" in page
    assert "NVIDIA T4: at most 8.1 TFLOP/s in float32" in page
    code, out, error = run(capsys, "report", "lenet5", "--device", "rp2040", "-o", str(tmp_path / "no.html"))
    assert (code, out) == (2, "")
    assert "has no peak in float32" in error
    assert not (tmp_path / "no.html").exists()
