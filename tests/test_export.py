"""What networks are exported to: drawings as text, and the errors of every format."""

import json
import re
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.cli import main
from cnncalc.export.drawing import Box, Drawing, Group
from cnncalc.export.exporter import Choices, exporter, find, of_file
from cnncalc.export.formats import names

NETWORKS = sorted(path.stem for path in (Path(__file__).parents[1] / "architectures").glob("*.yaml"))


def text(network: str, to: str, **choices: object) -> str:
    report = cnncalc.load(network).analyze()
    return "".join(exporter(report, to, Choices(**choices)).pieces())  # type: ignore[arg-type]


def command(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exited:
        main(["export", *words])
    out, error = capsys.readouterr()
    return int(str(exited.value.code)), out, error


# ---- every format


@pytest.mark.parametrize("name", names())
def test_the_ending_of_a_file_says_the_format(name: str) -> None:
    for suffix in find(name).SUFFIXES:
        assert of_file(f"net{suffix}") == of_file(f"NET{suffix.upper()}") == name


def test_a_file_whose_ending_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = command("lenet5", "-o", "net.abc", capsys=capsys)
    assert (code, error.count("error[usage]")) == (2, 1)
    assert "net.abc: .abc says no format" in error


def test_no_format_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = command("lenet5", capsys=capsys)
    assert (code, "export to what?" in error) == (2, True)


def test_a_format_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = command("lenet5", "--to", "mermade", capsys=capsys)
    assert (code, "did you mean mermaid?" in error) == (2, True)


@pytest.mark.parametrize(
    ("to", "option"), [("mermaid", "--seed=1"), ("mermaid", "--weights=w.npz"), ("mermaid", "--batch=2")]
)
def test_an_option_that_says_nothing_to_the_format(
    to: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = command("lenet5", "--to", to, option, capsys=capsys)
    assert (code, f"{option.partition('=')[0]} says nothing to" in error) == (2, True)


def test_a_file_has_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _, printed, _ = command("lenet5", "--to", "mermaid", capsys=capsys)
    code, nothing, _ = command("lenet5", "-o", "net.mmd", capsys=capsys)
    assert (code, nothing) == (0, "")
    assert Path("net.mmd").read_text("utf-8") == printed


# ---- ONNX


def test_a_library_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    code, _, error = command("lenet5", "-o", str(tmp_path / "net.onnx"), capsys=capsys)
    assert (code, error.count("error[missing_library]")) == (2, 1)
    assert "pip install 'cnncalc[onnx]'" in error
    assert not list(tmp_path.iterdir())


def test_a_model_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, error = command("lenet5", "--to", "onnx", capsys=capsys)
    assert (code, out) == (2, "")
    assert "onnx is no text, which could be printed" in error


# ---- drawings


def boxes(parts: list[Box | Group]) -> list[Box]:
    return [box for part in parts for box in (boxes(part.parts) if isinstance(part, Group) else [part])]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("depth", [None, 1, 2])
def test_every_box_is_reached_and_left(network: str, depth: int | None) -> None:
    """Nothing hangs in the air: inputs and layers lead to each box, and each box leads to an output."""
    report = cnncalc.load(network).analyze()
    drawing = Drawing(report, depth)
    numbers = {box.number for box in boxes(drawing.parts)}
    arrows = set(drawing.arrows())
    assert {number for arrow in arrows for number in arrow} == numbers
    sources = {box.number for box in boxes(drawing.parts) if box.shows == "input"}
    fixed = {  # what reads nothing, such as a learned array
        drawing.box(number)
        for number, node in enumerate(report.graph.nodes, len(report.graph.inputs))
        if not node.inputs
    }
    assert numbers - {end for _, end in arrows} <= sources | fixed
    assert numbers - {start for start, _ in arrows} <= {drawing.box(each) for each in report.graph.outputs}


def test_all_layers_and_arrows_of_a_network_with_shortcuts() -> None:
    report = cnncalc.load("resnet18").analyze()
    drawing = Drawing(report, every=True)
    assert len(boxes(drawing.parts)) == 1 + 68
    assert len(list(drawing.arrows())) == sum(len(node.inputs) for node in report.graph.nodes)


def test_a_repeat_is_drawn_once_with_the_arrows_of_its_first_round() -> None:
    net = cnncalc.load(
        {
            "input": "8x8x4",
            "layers": [
                "conv3-4 same",
                {"repeat": {"times": 40, "layers": [{"add": [["conv3-4 same"], []]}]}},
                "flatten",
            ],
        }
    )
    drawing = Drawing(net.analyze())
    first, conv, group, last = drawing.parts
    assert isinstance(group, Group)
    assert "× 40" in group.label
    inner, add = boxes([group])
    assert isinstance(first, Box)
    assert isinstance(conv, Box)
    assert isinstance(last, Box)
    assert list(drawing.arrows()) == [
        (first.number, conv.number),
        (conv.number, inner.number),
        (inner.number, add.number),
        (conv.number, add.number),
        (add.number, last.number),
    ]


LENET = """\
---
title: "LeNet-5"
---
flowchart TD
    n1["input<br>32x32x3"]:::input
    n2["CONV1 (f=5, s=1)<br>28x28x6<br>456 parameters"]:::conv
    n3["POOL1 (f=2, s=2)<br>14x14x6"]:::pool
"""


def test_the_look_of_a_flowchart() -> None:
    assert text("lenet5", "mermaid").startswith(LENET)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_flowchart_is_small_enough_for_where_it_is_drawn(network: str) -> None:
    """Mermaid draws less than 50,000 characters and 500 arrows."""
    drawn = text(network, "mermaid")
    assert len(drawn) < 50_000
    assert drawn.count("-->") < 500


NAMES = ['a"]; b', "`x`", "<script>", "end", "#quot;", "a\nb --> c", "%%{init}%%", "\\N\\", "&lt;"]


def drawn_name(name: str, to: str) -> list[str]:
    """The lines of a drawing of one layer, in a network and from an input of a name."""
    config = {
        "name": name,
        "layers": [
            {"class_name": "InputLayer", "config": {"name": name, "batch_shape": [None, 8, 8, 1]}},
            {"class_name": "Conv2D", "config": {"name": "c" + name, "filters": 2, "kernel_size": 3}},
        ],
    }
    Path("net.json").write_text(
        json.dumps({"class_name": "Sequential", "config": config, "keras_version": "3.0.0"})
    )
    return text("net.json", to).splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_names_in_a_flowchart_are_text(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = drawn_name(name, "mermaid")
    assert len(lines) == 9
    assert json.loads(lines[1].removeprefix("title: ")) == " ".join(name.split("\n"))
    for line in lines[4:6]:
        assert re.fullmatch(r'    n\d\["[\w ,.=()+\-/#;·×]*(<br>[\w ,.=()+\-/#;·×]*)+"\]:::\w+', line), line


@pytest.mark.parametrize("name", NAMES)
def test_names_in_dot_are_text(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = drawn_name(name, "dot")
    assert len(lines) == 7
    quoted = r'"(?:[^"\\]|\\["\\n])*"'
    assert re.fullmatch(rf"digraph {quoted} {{", lines[0])
    for line in lines[3:5]:
        assert re.fullmatch(rf"    n\d \[label={quoted}, fillcolor={quoted}, color={quoted}\]", line), line
        assert not re.search("&(?!amp;)", line)
