"""What differs between two networks, held to networks that were changed by hand."""

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis import difference
from cnncalc.analysis.difference import Difference
from cnncalc.cli import main

DATA = Path(__file__).parent / "data"
BASE = "c1=conv5-6 relu, maxpool2, c2=conv5-16 relu, maxpool2, dropout0.5, fc-10"


def diff(first: Any, second: Any, input: str = "32x32x3") -> Difference:
    networks = (
        cnncalc.load(each, input=input if isinstance(each, str) and "," in each else None)
        for each in (first, second)
    )
    return Difference(*(network.analyze() for network in networks))


def told(found: Difference) -> list[tuple[str, str]]:
    return [(change.what, change.name) for change in found.changes if change.what != "same"]


@pytest.mark.parametrize(
    ("second", "changes"),
    [
        (BASE, []),
        # an activation and a flatten by themselves say the same
        (
            "c1=conv5-6, relu, maxpool2, c2=conv5-16, relu, maxpool2, dropout0.5, flatten, fc-10",
            [],
        ),
        (BASE.replace("dropout0.5, ", ""), [("removed", "dropout1")]),
        (BASE.replace("fc-10", "fc-20 relu, fc-10"), [("added", "dense1"), ("changed", "dense2")]),
        (BASE.replace("c2=", "second="), [("renamed", "second")]),
        (BASE.replace("c2=conv5-16 relu", "c2=conv5-16"), [("changed", "c2")]),
        (BASE.replace("c2=conv5-16 relu", "c2=conv5-16 silu"), [("changed", "c2")]),
    ],
)
def test_layers_are_matched_by_name_and_by_what_they_do(second: str, changes: list[tuple[str, str]]) -> None:
    found = diff(BASE, second)
    assert told(found) == changes
    assert found.is_none == all(what == "renamed" for what, _ in changes)


def test_costs_add_up_where_an_activation_stands_apart() -> None:
    inside = {"conv": {"filters": 8, "kernel": 3, "activation": "prelu"}}
    for second in (["conv3-8", "prelu"], ["conv3-8", "prelu", "conv1-8"], ["conv3-16", "prelu"]):
        networks: list[Any] = [{"input": "8x8x3", "layers": layers} for layers in ([inside], second)]
        for pair in (networks, networks[::-1]):
            found = diff(*pair)
            sums = [
                sum(costs) for costs in zip(*(change.cost("params") for change in found.changes), strict=True)
            ]
            totals = [report.totals.params for report in found.reports]
            assert sums[1] - sums[0] == totals[1] - totals[0]
    assert diff(networks[0], {"input": "8x8x3", "layers": ["conv3-8", "prelu"]}).changes[0].cost(
        "params"
    ) == (224, 224)


def test_a_changed_layer_says_what_differs_and_what_that_costs() -> None:
    found = diff("conv3-8 same, fc-10", "conv5-16 same, fc-10", "8x8x3")
    conv, dense = found.changes
    assert {trait.name: (trait.before, trait.after) for trait in conv.traits} == {
        "kernel": ("3", "5"),
        "filters": (8, 16),
        "padding": ("1", "2"),
        "output": ((8, 8, 8), (8, 8, 16)),
    }
    # by hand: (3*3*3 + 1)*8 and (5*5*3 + 1)*16; 8*8*8*10 and 8*8*16*10 weights, 10 biases
    assert conv.cost("params") == (224, 1216)
    assert dense.cost("params") == (5130, 10250)
    assert dense.what == "changed"
    # the activation is the same, though its input is another
    conv = diff("conv3-8 same relu, fc-10", "conv3-16 same relu, fc-10", "8x8x3").changes[0]
    assert [trait.name for trait in conv.traits] == ["filters", "output"]


@pytest.mark.parametrize("names", [("vgg16", "vgg19"), ("resnet18", "resnet34"), ("lenet5", "lenet5-1998")])
def test_the_costs_of_the_changes_are_the_difference_of_the_totals(names: tuple[str, str]) -> None:
    for first, second in (names, names[::-1]):
        found = diff(first, second)
        for cost in ("params", "macs"):
            gaps = sum(after - before for before, after in (change.cost(cost) for change in found.changes))
            assert gaps == getattr(found.second.totals, cost) - getattr(found.first.totals, cost)
        layers = [len(found.first), len(found.second)]
        assert layers[0] == sum(change.first is not None for change in found.changes)
        assert layers[1] == sum(change.second is not None for change in found.changes)


def test_a_spec_is_held_to_a_model_with_names_of_its_own() -> None:
    found = diff("resnet18", str(DATA / "resnet18_core.pt2"))
    # the built-in network ends with a softmax, as the paper has it, and the model doesn't
    assert [trait.name for change in found.changes for trait in change.traits] == ["activation"]
    assert found.counts["added"] == found.counts["removed"] == 0
    names = {
        change.first.name: change.second.name for change in found.changes if change.first and change.second
    }
    assert names["conv3_x.basic1.add1.2.conv1"] == "layer2.0.downsample.0"


def test_what_a_layer_reads_is_compared() -> None:
    layers = [{"conv": {"name": name, "filters": 4, "kernel": 1}} for name in "abc"]
    specs = [
        {"input": "4x4x4", "layers": [*layers, {"add": {"name": "sum", "from": [source, "c"]}}]}
        for source in ("a", "b")
    ]
    found = diff(specs[0], specs[1])
    assert [(change.name, change.traits) for change in found.changes if change.traits] == [
        ("sum", (("from", ["a", "c"], ["b", "c"]),))
    ]


def test_two_thousand_layers_and_more_are_matched(monkeypatch: pytest.MonkeyPatch) -> None:
    def spec(changed: int) -> dict[str, Any]:
        convs = [{"conv": {"filters": 4, "kernel": 1, "bias": n % 3 > 0}} for n in range(1000)]
        convs[changed] = {"conv": {"filters": 4, "kernel": 3, "padding": 1}}
        return {
            "input": "4x4x4",
            "layers": [layer for pair in ((conv, "relu") for conv in convs) for layer in pair],
        }

    for most in (difference.MOST_PAIRS, 100):
        monkeypatch.setattr(difference, "MOST_PAIRS", most)
        found = diff(spec(10), spec(990))
        assert told(found) == [("changed", "conv11"), ("changed", "conv991")]


def test_changes_stand_in_the_order_of_the_networks() -> None:
    found = diff("resnet34", "resnet18")
    for side in ("first", "second"):
        rows = [row.index for change in found.changes if (row := getattr(change, side))]
        assert all(before < after for before, after in pairwise(rows))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["lenet5", "lenet5"], 0, "lenet5 and lenet5 are the same: 7 layers, 62,006 parameters"),
        (["vgg11", "vgg13"], 1, "+ conv2  conv (224, 224, 64)        +36,928"),
        (["resnet18", "resnet34", "--depth", "1"], 1, "+ conv5_x  7 added     +4,720,640"),
        (["lenet5", "lenet5", "--all"], 0, "  CONV1"),
        (["lenet5", "nothing"], 2, ""),
    ],
)
def test_the_command_exits_as_diff_does(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["diff", *arguments])
    assert stopped.value.code == code
    assert words in capsys.readouterr().out


def test_json_has_every_change(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["diff", "vgg11", "vgg13", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    added = [change for change in found["changes"] if change["change"] == "added"]
    assert [change["names"] for change in added] == [[None, "conv2"], [None, "conv4"]]
    assert found["totals"]["params"] == [132_863_336, 133_047_848]
    assert not found["same"]
    assert found["counts"]["renamed"] == 7


def expecting(folder: Path, expect: str, change: tuple[str, str] = ("", "")) -> str:
    """A spec that expects a model, beside a copy of that model."""
    shutil.copy(DATA / "lenet5.pt2", folder)
    text = cnncalc.load(str(DATA / "lenet5.pt2")).spec().replace(*change)
    (folder / "net.yaml").write_text(f"{text}expect: {expect}\n")
    return str(folder / "net.yaml")


def test_a_spec_is_held_to_the_model_that_it_expects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = cnncalc.load(expecting(tmp_path, "lenet5.pt2"))
    assert network.check_expectations() == []
    held = [check for check in network.verify().checks if check.witness == "expect"]
    # the flatten is the dense layer's own
    assert len(held) == len(network.analyze()) - 1
    changed = expecting(tmp_path, "lenet5.pt2", ("conv5-16", "conv5-17"))
    assert cnncalc.load(changed).check_expectations()[:1] == ["c3: filters is 17, expected 16"]
    for written, wanted in (
        ("s4=avgpool2, more=relu", ["more: kind is 'relu', expected 'none'"]),
        ("", ["s4: kind is 'none', expected 'avg_pool'"]),
    ):
        found = cnncalc.load(
            expecting(tmp_path, "lenet5.pt2", ("s4=avgpool2, ", f"{written}, " * bool(written)))
        )
        assert [each for each in found.check_expectations() if "kind" in each] == wanted
    changed = expecting(tmp_path, "lenet5.pt2", ("conv5-16", "conv5-17"))
    with pytest.raises(SystemExit) as stopped:
        main(["verify", changed])
    assert stopped.value.code == 1
    assert "c3" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", ["../lenet5.pt2", "{folder}/lenet5.pt2", "os:name.onnx", "net.yaml", "gone.pt2", "link.pt2"]
)
def test_a_spec_reads_no_file_but_a_model_below_its_folder(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "link.pt2").symlink_to(DATA / "lenet5.pt2")
    with pytest.raises(cnncalc.SpecError) as refused:
        cnncalc.load(expecting(folder, path.format(folder=folder))).check_expectations()
    (fault,) = refused.value.faults
    assert fault.code in ("bad_value", "unreadable_file")
    assert fault.place is not None
    assert fault.place.line is not None


def test_shapes_of_both_are_in_the_layout_of_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    model = str(DATA / "lenet5.pt2")
    for command, told in (
        ([model, "lenet5"], ["+ POOL1       max_pool (6, 14, 14)", "- s2          avg_pool (6, 14, 14)"]),
        (["lenet5", model], ["- POOL1       max_pool (14, 14, 6)", "(32, 32, 3) → (28, 28, 1)"]),
        (
            [model, "lenet5", "--layout", "hwc"],
            ["+ POOL1       max_pool (14, 14, 6)", "avg_pool (14, 14, 6)"],
        ),
        (["lenet5", "lenet-28", "--layout", "chw"], ["(3, 32, 32) → (1, 28, 28)"]),
    ):
        with pytest.raises(SystemExit) as exited:
            main(["diff", *command])
        assert exited.value.code == 1
        shown = capsys.readouterr().out
        assert all(each in shown for each in told), shown
