"""Variants of a network: each as by itself; the largest that keeps within limits, held to every value."""

import csv
import json
import math
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import SpecError, UsageError
from cnncalc.solve import front

SPEC = """\
name: net
input: {image: 12x12x3, mask: 12x12x1}
variables: {k: 8, g: 2, width: 1}
blocks:
  unit:
    options: {filters: }
    layers: [{conv: {filters: $filters, kernel: 3, padding: 1, groups: $g}}, bn, relu]
layers:
- conv: {filters: $k, kernel: 3, from: image}
- unit: {filters: $(floor(width * 16))}
- repeat: {times: $g, layers: [unit: {filters: 16}]}
- fc-10
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as found:
        main(arguments)
    out, err = capsys.readouterr()
    return found.value.code, out, err


@pytest.fixture
def spec(tmp_path: Any) -> str:
    (tmp_path / "net.yaml").write_text(SPEC)
    return str(tmp_path / "net.yaml")


def test_a_variant_has_the_numbers_of_the_network_by_itself(spec: str) -> None:
    network = cnncalc.load(spec)
    inputs = ["12x12x3", {"image": "9x14x3"}, {"image": "2x2x3"}, {"image": "x"}, {"image": "20x20x6"}]
    variants = network.sweep({"k": [8, 4, 3, "k"], "g": [2, 1, 0.5, 4], "width": [0.5, 1]}, inputs, batch=2)
    seen = 0
    for variant in variants:
        if variant.report is None:
            with pytest.raises(SpecError) as alone:
                network.analyze(2, input=variant.input, variables=variant.variables)
            assert variant.faults == alone.value.faults
        else:
            report = network.analyze(2, input=variant.input, variables=variant.variables)
            assert variant.report.to_dict() == report.to_dict()
            seen += 1
    # of 5 inputs 2 can be; g = 2 and g = 4 divide 8 and 4, g = 1 all of 8, 4, 3; each with both widths
    assert (len(variants), seen) == (160, 2 * (2 + 2 + 3) * 2)


def test_the_published_family_of_mobilenets(capsys: pytest.CaptureFixture[str]) -> None:
    """Howard et al. (2017), Tables 6 and 7: millions of multiply-adds."""
    _, out, _ = run(
        capsys, "sweep", "mobilenet-v1", "--set", "width=0.25..1:0.25", "--input", "224x224x3,160x160x3",
        "--format", "json",
    )  # fmt: skip
    found = [round(each["macs"] / 1e6) for each in json.loads(out)["variants"]]
    assert found[::2] == [41, 149, 325, 569]
    # the paper cuts 290.8 off
    assert found[-1] == pytest.approx(290, abs=1)


def test_faulty_variants_are_rows(capsys: pytest.CaptureFixture[str], spec: str) -> None:
    arguments = ("--set", "g=1,3,2", "--input", "image=12x12x3,mask=3,mask=4,image=8x8x3")
    code, out, _ = run(capsys, "sweep", spec, *arguments, "--by", "-macs", "--format", "csv")
    rows = list(csv.DictReader(StringIO(out)))
    assert code == 0
    assert [row["g"] for row in rows] == ["1"] * 2 + ["2"] * 2 + ["1"] * 2 + ["2"] * 2 + ["3"] * 4
    assert [bool(row["Error"]) for row in rows] == [row["g"] == "3" for row in rows]
    assert rows[0]["Input"] == "image=12x12x3, mask=3"
    code, out, error = run(capsys, "sweep", spec, "--set", "g=3,5")
    assert (code, out) == (2, "")
    assert "net.yaml" in error


@given(st.lists(st.none() | st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2)), max_size=12))
def test_the_front_is_what_nothing_beats(points: list[tuple[int, int, int] | None]) -> None:
    for length in (1, 2, 3):
        cut = [point and point[:length] for point in points]
        beaten = [
            point is None or any(
                other and other != point and all(a <= b for a, b in zip(other, point, strict=True))
                for other in cut
            ) for point in cut
        ]  # fmt: skip
        assert front(cut) == [not each for each in beaten]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--set g=1..1000000", "1,000,000 values are too many"),
        ("--set g=1..400 --set k=1..400", "160,000 variants are too many"),
        ("--set g=5..1", "5..1 is no range"),
        ("--set g=1..2:0", "1..2:0 is no range"),
        ("--set g=1..nan", "1..nan is no range"),
        ("--set g=a..b", "a..b is no range"),
        ("--set g=", "g has no values"),
        ("--set g", "not name=values"),
        ("", "what is to vary?"),
        ("--set g=1 --front", "--front compares by two"),
        ("--set g=1 --plot x.gif", ".gif says no format"),
        ("--set g=1 --plot x.svg --by macs", "--plot draws by two"),
        ("--set g=1 --by kind", "kind is not a quantity of networks"),
        ("--set g=1 --columns rf", "rf is not a column"),
        ("--set q=1", "the spec has no variable q"),
        ("--input image=1x1x3,5x5", "which of the inputs?"),
        ("--set g=1 --convention thop", "--convention says nothing"),
    ],
)
def test_what_can_not_be_swept_is_told(
    capsys: pytest.CaptureFixture[str], spec: str, arguments: str, told: str
) -> None:
    code, out, error = run(capsys, "sweep", spec, *arguments.split())
    assert (code, out) == (2, "")
    assert told in error


def by_hand(network: cnncalc.Network, variable: str, values: list[float], **most: int) -> float | None:
    """The largest of some values that fits, every one tried."""
    fitting = None
    for value in values:
        try:
            totals = network.analyze(variables={variable: value}).totals
        except SpecError:
            continue
        found = {"params": totals.params, "macs": totals.macs, "memory": totals.memory.running}
        if all(found[name] <= limit for name, limit in most.items()):
            fitting = value
    return fitting


@pytest.mark.parametrize(
    ("variable", "step", "limits"),
    [
        ("k", 1, {"params": 9000}),  # odd numbers don't divide into the 2 groups
        ("k", 4, {"macs": 500_000, "params": 12_000}),
        ("width", 0.01, {"macs": 400_000}),
        ("width", 0.125, {"memory": 60_000}),
        ("g", 1, {"params": 25_000}),  # must divide 8 and 16
        ("k", 1, {"params": 10}),
    ],
)
def test_the_largest_is_found_as_by_trying_all(
    capsys: pytest.CaptureFixture[str], spec: str, variable: str, step: float, limits: dict[str, int]
) -> None:
    said = [word for name, most in limits.items() for word in (f"--max-{name}", str(most))]
    code, out, _ = run(
        capsys, "solve", spec, "--set", f"{variable}=?", *said, "--step", str(step), "--format", "json"
    )
    found = json.loads(out)
    values = [round(number * step, 6) for number in range(1, 20 if variable == "g" else 200)]
    wanted = by_hand(cnncalc.load(spec), variable, values, **limits)
    assert (found["answer"] and found["answer"]["value"]) == wanted
    assert code == (0 if wanted else 1)
    if found["beyond"]:
        assert all(found["beyond"][name] > limits[name] for name in found["beyond"]["over"])


def test_the_largest_input(capsys: pytest.CaptureFixture[str]) -> None:
    # 26*26*10*9 = 60,840 MACs for 28 by 28, and 65,610 for 29 by 29
    arguments = ("solve", "conv3-10", "--input", "?x?x1", "--max-macs", "65k")
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[3:5]] == ["28", "29"]
    assert "macs 93.6%" in out
    assert "input = 28 is the largest" in out


def test_a_limit_on_memory_is_on_that_of_a_batch_of_a_type(capsys: pytest.CaptureFixture[str]) -> None:
    # n*n values in and (n - 2)^2 out, twice; 10 weights
    arguments = ("conv3-1", "--input", "?x?x1", "--max-memory", "1000", "--batch", "2", "--dtype", "int8")
    code, out, _ = run(capsys, "solve", *arguments, "--format", "json")
    side = max(n for n in range(3, 99) if 2 * (n * n + (n - 2) ** 2) + 10 <= 1000)
    assert (code, json.loads(out)["answer"]["value"]) == (0, side)
    out = " ".join(run(capsys, "solve", *arguments)[1].split())
    assert "breaks the limit on memory to run, weights and peak, in bytes" in out


def test_variants_beyond_limits_are_left_out(capsys: pytest.CaptureFixture[str], spec: str) -> None:
    arguments = ("sweep", spec, "--set", "k=4,8", "--set", "width=0.5,1,2", "--set", "k=16", "--set", "g=2")
    every = json.loads(run(capsys, *arguments, "--format", "json")[1])["variants"]
    limits = ("--max-macs", "400k", "--max-params", "19k")
    kept = [each for each in every if each["macs"] <= 400_000 and each["params"] <= 19_000]
    assert 0 < len(kept) < len(every) == 9
    code, out, _ = run(capsys, *arguments, *limits, "--format", "json")
    assert (code, json.loads(out)["variants"]) == (0, kept)
    code, out, _ = run(capsys, *arguments, *limits)
    assert out.splitlines()[1] == f"{len(kept)} variants, {9 - len(kept)} beyond the limits left out"
    code, out, _ = run(capsys, *arguments, "--max-params", "1", "--plot", "nothing.svg")
    assert (code, out.splitlines()[1]) == (1, "0 variants, 9 beyond the limits left out")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--set k=?", "within which limits?"),
        ("--set k=? --set g=? --max-params 9", "2 values are to be found"),
        ("--set k=? --set g=? --max-params 9", "for each of some values of another"),
        ("--set k=? --max-memory 1k --dtype int9", "int9 is not a type of values"),
        ("--set k=? --batch 2", "within which limits?"),
        (
            "--output-of unit1 3x3 --dtype int8",
            "--dtype says nothing to anything but a network within limits",
        ),
        ("--set k=3 --max-params 9", "0 values are to be found"),
        ("--set z=? --max-params 9", "the spec has no variable z"),
        ("--set k=? --max-params 9 --step 0", "--step 0: no step"),
        ("--set k=? --max-params 9 --step 1e9", "--step 1e9: no step"),
        ("--set k=? --max-params 9 --kernel 3", "--kernel says nothing"),
        ("--set k=? --max-params many", "--max-params: 'many'"),
    ],
)
def test_what_can_not_be_solved_is_told(
    capsys: pytest.CaptureFixture[str], spec: str, arguments: str, told: str
) -> None:
    code, out, error = run(capsys, "solve", spec, *arguments.split())
    assert (code, out) == (2, "")
    assert told in error


def test_a_sweep_of_too_many_is_refused_before_any_work() -> None:
    with pytest.raises(UsageError, match="too many"):
        cnncalc.load("lenet5").sweep({}, ["32x32x1"] * 100_001)


def test_an_unknown_variable_of_a_sweep_is_told_before_any_work(
    capsys: pytest.CaptureFixture[str], spec: str
) -> None:
    with pytest.raises(SpecError, match="no variable kk"):
        cnncalc.load(spec).sweep({"kk": range(100_000)})
    code, out, error = run(capsys, "sweep", spec, "--set", "k=2,4", "--set", "kk=1..300,0..300,0..300")
    assert (code, out) == (2, "")
    assert error.count("the spec has no variable kk") == 1


def test_a_plot_has_each_variant_at_its_numbers(
    capsys: pytest.CaptureFixture[str], spec: str, tmp_path: Any
) -> None:
    file = tmp_path / "plot.svg"
    code, out, _ = run(
        capsys, "sweep", spec, "--set", "k=2..8:2", "--set", "g=1,2,3", "--plot", str(file), "--format", "csv"
    )
    rows = [row for row in csv.DictReader(StringIO(out)) if not row["Error"]]
    svg = ET.fromstring(file.read_text())  # noqa: S314 - our own
    groups = list(svg.iter("{http://www.w3.org/2000/svg}g"))
    assert code == 0
    assert len(groups) == len(rows)
    place = {}
    for group in groups:
        title, circle = group
        x, y = (int(number.replace(",", "")) for number in (title.text or "").partition(": ")[2].split(", "))
        place[x, y] = (float(circle.get("cx", "")), float(circle.get("cy", "")))
    assert place.keys() == {(int(row["MACs"]), int(row["# parameters"])) for row in rows}
    # more to the right and higher up, and as far for each factor of ten
    (x1, y1), (x2, y2) = min(place), max(place)
    for (x, y), (left, top) in place.items():
        for number, ends, at, edges in (
            (x, (x1, x2), left, [place[x1, y1][0], place[x2, y2][0]]),
            (y, (y1, y2), top, [place[x1, y1][1], place[x2, y2][1]]),
        ):
            part = math.log(number / ends[0]) / math.log(ends[1] / ends[0])
            assert at == pytest.approx(edges[0] + part * (edges[1] - edges[0]), abs=0.05)


def test_variants_by_the_least_time_of_a_device(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    device = tmp_path / "own.yaml"
    device.write_text("name: Mine\nsource: me\npeak: {float32: 1M}\nbandwidth: 1G\n")
    spec = ("conv1-4 nobias", "--device", str(device))
    command = ("sweep", *spec, "--input", "3x3x2,4x4x2,5x5x2", "--columns", "macs")
    code, out, err = run(
        capsys, *command, "--by", "-least_time,macs", "--max-time", "0.3ms", "--format", "json"
    )
    assert (code, err) == (0, "")
    # 9 and 16 positions * 2 channels * 4 filters, two operations each, a million of them a second
    found = [(each["input"], each["least_time"], each["front"]) for each in json.loads(out)["variants"]]
    assert found == [("4x4x2", pytest.approx(256e-6), True), ("3x3x2", pytest.approx(144e-6), True)]
    plot = tmp_path / "plot.svg"
    _, out, _ = run(capsys, *command, "--by", "least_time,-macs", "--plot", str(plot))
    assert "400 µs" in out
    # times are far below 1 second, where counts begin
    drawn = plot.read_text("utf-8")
    assert all(f">{label}<" in drawn for label in ("At least (s)", "200µ", "300µ"))
    code, out, _ = run(capsys, "solve", *spec, "--input", "?x?x2", "--max-time", "0.3ms", "--max-macs", "1k")
    assert code == 0
    assert "input = 4 is the largest that fits" in out
    assert "least time" in " ".join(out.split())
    for wrong in (("--max-time", "1s"), ("--by", "least_time"), ("--device", "t4", "--max-time", "soon")):
        code, out, err = run(capsys, "sweep", "conv1-4", "--input", "3x3x2", *wrong)
        assert (code, out) == (2, "")
        assert "time" in err


def test_what_is_wrong_with_a_variant_is_told_in_a_language(
    capsys: pytest.CaptureFixture[str], spec: str
) -> None:
    code, out, _ = run(capsys, "sweep", spec, "--set", "width=1,x", "--lang", "zh")
    assert (code, "变量 width 是 'x'，而这里要一个数" in out) == (0, True)


def test_the_largest_for_each_value_of_another(capsys: pytest.CaptureFixture[str], spec: str) -> None:
    command = ("solve", spec, "--set", "width=0.5,1", "--set", "k=?", "--max-params", "19k")
    code, out, err = run(capsys, *command, "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)["answers"]
    assert [each["variables"] for each in found] == [{"width": 0.5}, {"width": 1}]
    network = cnncalc.load(spec)
    for each in found:
        largest = each["answer"]["value"]
        totals = [
            network.analyze(variables={**each["variables"], "k": k}).totals.params
            for k in (largest, largest + 2)  # two groups
        ]
        assert totals[0] == each["answer"]["params"] <= 19_000 < totals[1]
    assert "The largest k that fits each" in run(capsys, *command)[1]
    code, out, _ = run(capsys, *command[:-1], "9")
    assert (code, out.count("none fits")) == (1, 2)
    code, _, err = run(
        capsys, "solve", spec, "--set", "width=1..2:0.0001", "--set", "k=?", "--max-params", "9"
    )
    assert (code, "searches are too many" in err) == (2, True)
