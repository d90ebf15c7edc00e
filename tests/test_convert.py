"""Networks written as specs: read again they are the same, and what comes again is written once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import command
import numpy as np
import pytest
from networks import each_network

import cnncalc
from cnncalc.convert.specs import spec_of
from cnncalc.execute.weights import expected
from cnncalc.graph import Graph
from cnncalc.loading import load_text

DATA = Path(__file__).parent / "data"


def numbers(network: cnncalc.Network) -> list[tuple[Any, ...]]:
    """What is told of each layer, its name left out: names within merges are others."""
    report = network.analyze(layout="hwc")
    return [
        (row.kind, row.output_shape, row.params, row.buffers, row.macs, row.connections)
        for row in report.layers
    ]


def again(network: cnncalc.Network, *, fold: bool = True) -> cnncalc.Network:
    return load_text(network.spec(fold=fold), "again.yaml")


@pytest.mark.parametrize("name", each_network())
def test_every_architecture_is_the_same_when_read_again(name: str) -> None:
    network = cnncalc.load(name)
    for fold in (True, False):
        other = again(network, fold=fold)
        assert numbers(other) == numbers(network)
        assert other.analyze().totals.to_dict() == network.analyze().totals.to_dict()


@pytest.mark.parametrize(("name", "lines"), [("resnet18_core", 34), ("lenet5", 8), ("signal1d", 30)])
def test_a_model_keeps_its_names(name: str, lines: int) -> None:
    network = cnncalc.load(DATA / f"{name}.pt2")
    text = network.spec()
    assert text.startswith(f"# from {name}.pt2\n")
    assert text.count("\n") <= lines
    other = load_text(text, "again.yaml")
    names = [row.name for row in network.analyze().layers]
    assert [row.name for row in other.analyze().layers] == names
    assert numbers(other) == numbers(network)
    shapes = [row.output_shape for row in network.analyze().layers]
    assert [row.output_shape for row in other.analyze().layers] == shapes


@pytest.mark.parametrize("name", ["lenet5", "signal1d"])
def test_the_weights_of_the_model_are_those_of_the_spec(name: str) -> None:
    stored = np.load(DATA / f"{name}.npz")
    model = cnncalc.load(DATA / f"{name}.pt2")
    values = again(model).run(stored["input:x"], weights=model.graph().provenance.weights)
    for number, array in enumerate(values.values()):
        expected = stored[f"output:{number}"]
        assert np.abs(array.reshape(expected.shape) - expected).max() <= 1e-5 * np.abs(expected).max()


def test_what_differs_becomes_an_option_and_what_follows_a_repeat() -> None:
    text = cnncalc.load(DATA / "resnet18_core.pt2").spec()
    assert "options: {filters: }" in text
    assert "conv1=conv3-$filters s2 p1 nobias" in text
    assert "repeat: {first: 0, times: 2, scope: false," in text
    flat = cnncalc.load(DATA / "resnet18_core.pt2").spec(fold=False)
    assert "blocks:" not in flat
    assert "repeat:" not in flat


def test_a_join_of_all_before_becomes_a_join_with_the_one_before() -> None:
    layers: list[Any] = ["conv0=conv1-4"]
    known = ["conv0"]
    for number in range(1, 7):
        inner: list[Any] = [{"concat": {"name": "concat", "from": list(known)}}] if number > 1 else []
        layers.append(
            {"block": {"name": f"layer{number}", "layers": [*inner, "conv=conv3-4 p1", "act=relu"]}}
        )
        known.append(f"layer{number}")
    network = cnncalc.load({"input": "8x8x3", "layers": layers})
    text = network.spec()
    assert "repeat: {first: 3, times: 4, scope: false" in text
    assert "layer$(index - 1).concat" in text
    assert numbers(load_text(text, "again.yaml")) == numbers(network)


@pytest.mark.parametrize(
    "value",
    [
        # names that are no author's, a scope that comes again, and one that has the name of a layer
        {"input": {"a": "8x8x3", "b": "4"}, "layers": ["conv3-4", {"dense": {"from": "b", "units": 2}}],
         "outputs": ["conv1", "dense1"]},
        {"input": "8x8x3",
         "layers": ["a=conv1-3", {"conv": {"share": "a", "filters": 3, "kernel": 1, "trainable": False}}]},
        {"input": "9x9x3", "rounding": "ceil",
         "layers": ["maxpool2", {"max_pool": {"kernel": 2, "rounding": "floor"}},
                    {"upsample": {"like": "max_pool1"}}]},
        {"input": "3x9x9", "layout": "chw",
         "layers": ["conv3-4 leaky_relu", {"reshape": "4x7x7"}, "softmax",
                    {"conv": {"kernel": 3, "filters": 2, "padding": [[1, 0], [0, 1]],
                              "activation": {"leaky_relu": 0.2}}}]},
        {"input": "20", "layers": [{"embedding": {"vocabulary": 9, "size": 4}}, {"lstm": 5},
                                   {"concat": [["relu"], []]}]},
    ],
)  # fmt: skip
def test_all_that_a_spec_can_say_is_written(value: dict[str, Any]) -> None:
    network = cnncalc.load(value)
    for fold in (True, False):
        other = again(network, fold=fold)
        assert numbers(other) == numbers(network)
        assert len(other.graph().outputs) == len(network.graph().outputs)
        assert [n.trainable for n in other.graph().nodes] == [n.trainable for n in network.graph().nodes]
        assert [n.shared for n in other.graph().nodes] == [n.shared for n in network.graph().nodes]


def test_the_command_writes_a_file_whole(tmp_path: Path) -> None:
    words = ["convert", DATA / "resnet18_core.pt2", "-o"]
    done = command.run(*words, "net.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    totals = cnncalc.load(tmp_path / "net.yaml").analyze().totals
    assert (totals.params, totals.macs) == (11689512, 1814073344)
    refused = command.run(*words, "no/net.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert b"unwritable_file" in refused.stderr


# ---- a flat spec of one's own


def flat(network: cnncalc.Network) -> cnncalc.Network:
    """A network as a spec without groups, its layers named by their kinds alone."""
    graph, counts = network.graph(), Counter[str]()
    nodes = []
    for node in graph.nodes:
        counts[node.layer.kind] += 1
        nodes.append(node._replace(name=f"{node.layer.kind}{counts[node.layer.kind]}"))
    bare = Graph(graph.inputs, tuple(nodes), graph.outputs)
    return load_text(spec_of(bare, name="flat", layout=network.layout, fold=False), "flat.yaml")


@pytest.mark.parametrize(
    ("name", "lines", "blocks"),
    [
        ("resnet50", 30, 2), ("vgg16", 8, 0), ("mobilenet-v2", 34, 2), ("densenet121", 18, 1),
        ("googlenet", 40, 1), ("swin-t", 34, 1), ("vit-b-16", 25, 1), ("unet", 20, 1), ("lenet5", 5, 0),
    ],
)  # fmt: skip
def test_a_flat_spec_is_folded(name: str, lines: int, blocks: int) -> None:
    network = flat(cnncalc.load(name))
    text = network.spec()
    assert text.count("\n") <= lines
    folded = load_text(text, "folded.yaml")
    assert len(folded.document.blocks) == blocks
    assert numbers(folded) == numbers(network)
    links = [(node.inputs, node.shared) for node in network.graph().nodes]
    if name != "densenet121":  # its joins read the earlier ones
        assert [(node.inputs, node.shared) for node in folded.graph().nodes] == links


def test_layers_that_follow_one_another_are_a_repeat_and_have_the_same_values() -> None:
    unit = "conv3-8 same nobias, bn, relu, conv3-8 same nobias, bn"
    layers: list[Any] = ["conv3-8 same"]
    for number in range(3):
        before = "conv1" if number == 0 else f"relu{2 * number}"
        layers += [unit, {"add": {"from": [f"batch_norm{2 * number + 2}", before]}}, "relu"]
    network = cnncalc.load({"input": "8x8x3", "layers": [*layers, "fc-4"]})
    text = network.spec()
    assert "- repeat: {first: 1, times: 3, scope: false, layers: [residual: {name: residual$index}]}" in text
    folded = load_text(text, "folded.yaml")
    report = network.analyze()
    draw = np.random.default_rng(0)
    own = {name: draw.random(shape) for name, shape in expected(report.graph, report.facts).items()}
    called = dict(
        zip((n.name for n in report.graph.nodes), (n.name for n in folded.graph().nodes), strict=True)
    )
    renamed = {f"{called[name.partition('.')[0]]}.{name.partition('.')[2]}": own[name] for name in own}
    x = draw.random((8, 8, 3))
    assert np.array_equal(network.run(x, own)["dense1"], folded.run(x, renamed)["dense1"])


def test_what_a_spec_says_beside_its_layers_stays() -> None:
    text = """\
# A net of ours.
name: small  # its name
notes: counted by hand
input: 32x32x3
variables: {n: 8}
layers:
  # the stem
  - conv3-$n same relu  # first # layer
  - {conv: {filters: 4, kernel: 1, name: "a"}}
  # and the end
  - maxpool2, fc-10
# for verify
expect:
  total: {params: 10510}
  a: {params: 36, output: 32x32x4}
"""
    network = load_text(text, "small.yaml")
    written = network.spec()
    assert (
        written
        == """\
# A net of ours.
# its name
name: small
notes: counted by hand
input: 32x32x3
layers:
  # the stem
  # first # layer
  - conv3-8 same relu, a=conv1-4
  # and the end
  - maxpool2, fc-10
# for verify
expect:
  total: {params: 10510}
  a: {params: 36, output: 32x32x4}
"""
    )
    assert load_text(written, "again.yaml").check_expectations() == []
    # other numbers are expected of another input
    assert "expect" not in network.spec(input="16x16x3")


# ---- what the language has for names that are another program's


def names(layers: list[Any], blocks: dict[str, Any] | None = None) -> list[str]:
    network = cnncalc.load({"input": "8x8x4", "blocks": blocks or {}, "layers": layers})
    return [node.name for node in network.graph().nodes]


def test_rounds_without_a_scope_count_from_any_number() -> None:
    unit = {"unit": {"layers": ["conv1=conv1-4", {"add": {"name": "sum", "from": ["conv1", "^"]}}]}}
    layers = [{"repeat": {"first": 0, "times": 2, "scope": False, "layers": [{"unit": {"name": "$index"}}]}}]
    assert names(layers, unit) == ["0.conv1", "0.sum", "1.conv1", "1.sum"]
    scoped = [{"repeat": {"first": 0, "times": 2, "layers": ["relu"]}}]
    assert names(scoped) == ["repeat1.0.relu1", "repeat1.1.relu1"]


def test_what_a_group_reads_has_a_name() -> None:
    add = {"add": {"from": ["conv", "^"]}}
    far = {"add": {"from": ["conv", "^^"]}}
    block = {
        "block": {"name": "b", "layers": ["relu", {"block": {"name": "c", "layers": ["conv=conv1-4", far]}}]}
    }
    graph = cnncalc.load(
        {
            "input": "8x8x4",
            "layers": ["conv1-4", {"block": {"name": "a", "layers": ["conv=conv1-4", add]}}, block],
        }
    ).graph()
    assert [node.inputs for node in graph.nodes] == [(0,), (1,), (2, 1), (3,), (4,), (5, 3)]


def test_a_dot_before_a_name_says_that_it_is_the_full_one() -> None:
    inner = {"block": {"name": "b", "layers": ["a=conv1-4", {"add": {"from": ["a", ".a"]}}]}}
    network = cnncalc.load({"input": "8x8x4", "layers": ["a=conv1-4", inner]})
    assert network.graph().nodes[-1].inputs == (2, 1)
    assert again(network).graph().nodes[-1].inputs == (2, 1)
    with pytest.raises(cnncalc.SpecError):
        cnncalc.load({"input": "8x8x4", "layers": ["a=conv1-4", {"add": {"from": ["a", ".b"]}}]}).graph()


@pytest.mark.parametrize(
    ("layers", "code"),
    [
        ([{"add": {"from": ["^", "^"]}}], "bad_value"),
        ([{"repeat": {"times": 2, "scope": False, "name": "x", "layers": ["relu"]}}], "bad_value"),
        ([{"repeat": {"times": 2, "scope": False, "layers": ["a=relu"]}}], "doubled_name"),
        ([{"repeat": {"times": 2, "first": -1, "layers": ["relu"]}}], "bad_value"),
        ([{"repeat": {"times": 2, "scope": "maybe", "layers": ["relu"]}}], "bad_value"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_told(layers: list[Any], code: str) -> None:
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load({"input": "8x8x4", "layers": layers}).graph()
    assert [fault.code for fault in caught.value.faults] == [code]


def test_layers_whose_names_are_digits_are_shared_and_followed() -> None:
    layers = [
        {"conv": {"name": 0, "filters": 2, "kernel": 3, "padding": 1, "from": "a"}},
        {"conv": {"name": 1, "share": 0, "from": "b"}},
        {"max_pool": {"name": 2, "kernel": 2}},
        {"upsample": {"name": 3, "like": 0}},
        {"add": {"from": [0, 3]}},
    ]
    network = cnncalc.load({"input": {"a": "8x8x1", "b": "8x8x1"}, "layers": layers})
    assert network.analyze().totals.params == 20
    for fold in (True, False):
        assert numbers(again(network, fold=fold)) == numbers(network)


def test_a_group_of_few_layers_has_a_line_for_each() -> None:
    layers = [{"dense": {"name": f"d{n}", "units": 3, "each": "position"}} for n in range(9)]
    group = {"block": {"name": "stem", "layers": layers}}
    text = cnncalc.load({"input": "5x3", "layers": [group]}).spec()
    assert text.count("        - dense: {name: d") == 9
