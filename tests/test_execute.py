"""Networks run: shapes, weights, work, memory and views are as worked out; gradients those of differences."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import cnncalc
from cnncalc import UsageError
from cnncalc.execute import executor as running
from cnncalc.execute import inputs as run_inputs
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.probe import CannotProbe, Probe
from cnncalc.layers import find, names

CASES = yaml.safe_load((Path(__file__).parent / "layer_cases.yaml").read_text(encoding="utf-8"))


def of_examples() -> list[tuple[Any, Any]]:
    """The hand-worked examples of every kind, but the largest."""
    found = []
    for name in names():
        cls = find(name)
        assert cls is not None
        # what no kind says can't be run, and an unpooling reads places that are no random numbers
        for example in cls.examples if cls.complete and name != "max_unpool" else ():
            spec = example.spec()
            found.append((spec["input"], spec["layers"]))
    return found


def load(case: Any, **keys: Any) -> cnncalc.Network:
    return cnncalc.load({"input": case[0], "layers": case[1], **keys})


EXAMPLES = [case for case in of_examples() if load(case).analyze().totals.macs < 10**7]
EVERY = [pytest.param(case, id=f"{case[0]} {case[1]}"[:70]) for case in [*CASES, *EXAMPLES]]
SMALL = [
    pytest.param(case, id=f"{case[0]} {case[1]}"[:70])
    for case in [*CASES, *(case for case in EXAMPLES if load(case).analyze().totals.activations < 10**4)]
]


@pytest.mark.parametrize("case", EVERY)
def test_every_number_is_as_it_happens(case: Any) -> None:
    found = load(case).verify()
    assert found.mismatches == []
    assert {"arrays", "weights", "tally", "alive"} <= found.witnesses().keys()


def loss(net: cnncalc.Network, x: Any, weights: Any, seeds: Any) -> float:
    maps: dict[str, Any] = {}
    report = net.analyze()
    running.Executor(report.graph, report.facts, net.layout).run(x, weights, watch=maps.__setitem__)
    return sum(float((maps[name] * seed).sum()) for name, seed in seeds.items())


@pytest.mark.parametrize("case", SMALL)
def test_gradients_are_those_of_differences(case: Any) -> None:
    """Along a random direction in all inputs and weights at once."""
    net = load(case)
    report = net.analyze()
    draw = np.random.default_rng(3)
    weights: dict[str, Any] = {
        name: array.astype(np.float64)
        for name, array in running.draw_weights(report.graph, report.facts, 1).arrays.items()
    }
    inputs = {
        source.name: x.astype(np.float64) if x.dtype.kind == "f" else x
        for source, x in zip(report.graph.inputs, run_inputs.random_inputs(report.graph, 1), strict=True)
    }
    outputs = {name: draw.standard_normal((1, *report[name].output_shape)) for name in report.outputs}
    found = net.gradients(inputs, outputs, weights)
    moves = {name: draw.standard_normal(array.shape) for name, array in found.items()}
    assert {name: array.shape for name, array in found.items()} == {
        name: (weights[name] if name in weights else inputs[name]).shape for name in found
    }

    def at(step: float) -> float:
        moved = {
            name: array + step * moves.get(name, 0.0)
            for name, array in {**inputs, **weights}.items()
            if array.dtype.kind == "f"
        }
        whole = {**inputs, **weights, **moved}
        return loss(net, {n: whole[n] for n in inputs}, {n: whole[n] for n in weights}, outputs)

    step = 1e-6
    slope = (at(step) - at(-step)) / (2 * step)
    assert sum(float((found[name] * moves[name]).sum()) for name in found) == pytest.approx(slope, 1e-5, 1e-5)


@pytest.mark.parametrize("case", SMALL)
def test_a_sample_is_the_same_alone_and_in_a_batch(case: Any) -> None:
    if "'statistics': 'batch'" in str(case):
        return  # it is normalised by the samples around it
    net = load(case)
    graph, report = net.graph(), net.analyze()
    weights = running.draw_weights(graph, report.facts, 0).arrays
    samples = [
        dict(
            zip([source.name for source in graph.inputs], run_inputs.random_inputs(graph, seed), strict=True)
        )
        for seed in (1, 2)
    ]
    whole = {name: np.concatenate([sample[name] for sample in samples]) for name in samples[0]}
    for by_definition in (False, True):
        run = running.Executor(graph, report.facts, "hwc", by_definition=by_definition).run
        alone = [run(sample, weights) for sample in samples]
        for name, together in run(whole, weights).items():
            for number, one in enumerate(alone):
                np.testing.assert_allclose(together[number], one[name][0], rtol=1e-4, atol=1e-4)


def test_of_equal_values_the_first_wins() -> None:
    net = cnncalc.load("maxpool2", input="2x2x1")
    found = net.gradients(np.ones((2, 2, 1)), {"max_pool1": np.ones((1, 1, 1))})
    assert found["input"][..., 0].tolist() == [[1, 0], [0, 0]]


def test_mean_pooling_spreads_the_error_evenly() -> None:
    net = cnncalc.load("avgpool2", input="4x4x1")
    found = net.gradients(np.zeros((4, 4, 1)), {"avg_pool1": np.full((2, 2, 1), 4.0)})
    assert found["input"].tolist() == np.ones((4, 4, 1)).tolist()


def test_shared_weights_gather_their_gradients() -> None:
    layers = [
        {"conv": {"name": "a", "filters": 1, "kernel": 1, "bias": False}},
        {"conv": {"share": "a"}},
    ]
    net = cnncalc.load({"input": "1x1x1", "layers": layers})
    weights = {"a.weight": np.full((1, 1, 1, 1), 3.0)}
    found = net.gradients(np.full((1, 1, 1), 5.0), {"conv1": np.ones((1, 1, 1))}, weights)
    assert found["a.weight"].item() == 2 * 3 * 5
    assert found["input"].item() == 9


def test_layouts_hold_the_same_values() -> None:
    layers = ["conv3-4 s2", "relu", {"flatten": {}}, "fc-3"]
    last = cnncalc.load({"input": "7x5x2", "layers": layers})
    first = cnncalc.load({"input": "2x7x5", "layout": "chw", "layers": layers})
    x = np.random.default_rng(0).standard_normal((7, 5, 2))
    weights = running.draw_weights(last.graph(), last.analyze().facts, 0).arrays
    one = last.run(x, weights)["dense1"]
    assert one.dtype == np.float64
    assert one.tolist() == first.run(np.moveaxis(x, -1, 0), weights)["dense1"].tolist()
    batch = first.run(np.moveaxis(np.stack([x, x]), -1, 1), weights)["dense1"]
    assert batch.shape == (2, 3)
    np.testing.assert_allclose(batch, [one, one], rtol=1e-12)


def test_a_seed_says_the_weights_whatever_the_input() -> None:
    net = cnncalc.load("lenet5")
    x, y = (np.full((32, 32, 3), value, np.float32) for value in (1, 2))
    both = net.run(np.stack([x, y]))["Softmax"]
    assert both.dtype == np.float32
    np.testing.assert_allclose(both, np.stack([net.run(x)["Softmax"], net.run(y)["Softmax"]]), rtol=1e-4)
    assert not np.allclose(net.run(x, seed=1)["Softmax"], both[0], rtol=1e-4)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet-v2"])
def test_random_weights_keep_values_alive(name: str) -> None:
    net = cnncalc.load(name)
    report = net.analyze()
    spread: dict[str, float] = {}
    running.Executor(report.graph, report.facts, "hwc").run(
        watch=lambda n, x: spread.update({n: float(x.std())})
    )
    assert all(0.02 < spread[layer.name] < 50 for layer in report.layers if layer.kind in ("conv", "add"))


def test_several_inputs_and_outputs() -> None:
    spec = {
        "input": {"left": "4x4x1", "right": "4x4x2"},
        "layers": [
            {"conv": {"name": "a", "filters": 2, "kernel": 1, "from": "left"}},
            {"add": {"name": "sum", "from": ["a", "right"]}},
            {"head": {"name": "side", "layers": ["fc-3"]}},
            "fc-2",
        ],
    }
    net = cnncalc.load(spec)
    found = net.run({"left": np.ones((4, 4, 1)), "right": np.ones((4, 4, 2))})
    assert {name: array.shape for name, array in found.items()} == {"side.dense1": (3,), "dense1": (2,)}
    assert net.verify().ok


@pytest.mark.parametrize(
    ("x", "weights", "told"),
    [
        (np.zeros((3, 4, 4)), None, "input is 3x4x4, and 4x4x3 is wanted"),
        (np.zeros((4, 4, 3), complex), None, "no numbers"),
        ({"image": np.zeros((4, 4, 3))}, None, "no input image"),
        (np.zeros((4, 4, 3)), {}, "conv1.weight is missing: 2x3x3x3 wanted"),
        (
            np.zeros((4, 4, 3)),
            {"conv1.weight": np.zeros((3, 3, 3, 2)), "conv1.bias": np.zeros(2)},
            "conv1.weight is 3x3x3x2, and 2x3x3x3 is wanted",
        ),
        (
            np.zeros((4, 4, 3)),
            {"conv1.weight": np.zeros((2, 3, 3, 3)), "conv1.bias": np.zeros(2), "conv1.wieght": np.zeros(2)},
            "the network has no conv1.wieght",
        ),
    ],
)
def test_what_does_not_fit_is_told(x: Any, weights: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        cnncalc.load("conv3-2", input="4x4x3").run(x, weights)


@pytest.mark.parametrize("tokens", [[1, 2, 7], [0.5, 1, 1], [-1, 0, 0]])
def test_tokens_are_whole_and_known(tokens: list[float]) -> None:
    with pytest.raises(UsageError, match="no token"):
        cnncalc.load({"input": 3, "layers": [{"embedding": {"vocabulary": 7, "size": 2}}]}).run(tokens)


def test_a_wrong_number_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is off by one is found by the witness of that quantity."""
    conv: Any = find("conv")
    macs, reach = conv.macs, conv.reach
    monkeypatch.setattr(conv, "macs", lambda self, x: macs(self, x) + 1)
    found = cnncalc.load("lenet5").verify()
    assert {(c.layer, c.quantity) for c in found.mismatches} >= {("CONV1", "macs"), ("total", "macs")}
    monkeypatch.setattr(conv, "macs", macs)
    monkeypatch.setattr(conv, "connections_real", lambda *_: 7)
    found = cnncalc.load("lenet5").verify()
    assert ("CONV2", "connections_real") in {(c.layer, c.quantity) for c in found.mismatches}
    monkeypatch.undo()
    monkeypatch.setattr(
        conv, "reach", lambda self, x: tuple(r._replace(extent=r.extent + 1) for r in reach(self, x))
    )
    found = cnncalc.load("lenet5").verify()
    assert {c.quantity for c in found.mismatches} == {"receptive_field"}


def test_a_kernel_that_cannot_be_probed_says_so_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def largest_of(*_: Any) -> Any:
        raise CannotProbe("largest_of")

    monkeypatch.setattr(Probe, "largest_of", largest_of)
    found = cnncalc.load("lenet5").verify()
    assert found.ok
    assert any(note.startswith("POOL1: the kernel largest_of can't be probed") for note in found.notes)
    checks = {(check.layer, check.quantity): check for check in found.checks}
    assert checks["POOL1", "connections_real"].measured is None
    assert checks["total", "connections_real"].measured is None
    assert checks["CONV1", "connections_real"].measured is not None
    assert checks["CONV1", "receptive_field"].measured is None


def test_a_kernel_that_keeps_no_count_says_so_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    largest_of = NumpyKernels.largest_of

    def uncounted(self: NumpyKernels, windows: Any) -> Any:
        self.tally.uncounted.add("largest_of")
        return largest_of(self, windows)

    monkeypatch.setattr(NumpyKernels, "largest_of", uncounted)
    found = cnncalc.load("lenet5").verify()
    assert found.ok
    assert any("largest_of keeps no count" in note for note in found.notes)
    measured = {(check.layer, check.quantity): check.measured for check in found.checks}
    assert measured["POOL1", "connections"] is measured["total", "connections"] is None
    assert measured["CONV1", "connections"] is not None


def test_links_that_no_kernel_counts_are_told_with_the_kernels_that_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find("max_pool"), "forward", lambda _, tool, __, x: tool.part(x, -1, 0, 6))
    found = cnncalc.load({"input": "8x8x6", "layers": [{"max_pool": {"kernel": 1}}]}).verify()
    assert not found.ok
    assert any("largest_of" in note and "filtered" in note for note in found.notes)


def test_what_was_not_measured_is_not_reported_as_measured() -> None:
    """One output alone shows no jump, and phases that all see a border show no size."""
    found = cnncalc.load({"input": "8x8x1", "layers": ["conv3-2", "global_avg_pool"]}).verify()
    fields = {check.layer: check.measured for check in found.checks if check.quantity == "receptive_field"}
    assert fields["conv1"] == {"size": [3, 3], "jump": [1, 1], "start": [0, 0]}
    assert fields["global_avg_pool1"] == {"size": [8, 8], "start": [0, 0]}
    assert any("global_avg_pool1" in note and "jump" in note for note in found.notes)


def test_a_view_past_the_input_is_measured_on_a_longer_one() -> None:
    found = cnncalc.load({"input": "8x8x1", "layers": ["conv3-1 s2 p1"] * 3}).verify()
    fields = [check for check in found.checks if check.quantity == "receptive_field"]
    assert [check.measured["size"] for check in fields] == [[3, 3], [7, 7], [15, 15]]
    assert found.ok


def test_expectations_are_witnesses() -> None:
    spec = {"input": "8x8x1", "layers": ["conv3-2"], "expect": {"total": {"params": 21}}}
    found = cnncalc.load(spec).verify()
    assert [(c.witness, c.computed, c.measured) for c in found.mismatches] == [("expect", 20, 21)]
    assert found.to_dict()["ok"] is False


@pytest.mark.parametrize("layers", [["fc-1000000"], ["conv3-100000 same"]])
def test_more_than_the_machine_holds_is_told(layers: list[str]) -> None:
    net = cnncalc.load({"input": "1000x1000x3", "layers": layers})
    for call in (net.run, net.verify):
        with pytest.raises(UsageError, match="GB at least"):
            call()


def test_a_long_input_is_probed_at_sampled_positions() -> None:
    found = cnncalc.load({"input": "20000x1", "layers": ["conv5-1 s2", "conv3-1", "maxpool2"]}).verify()
    assert found.ok
    assert any("probed at" in note for note in found.notes)
    fields = [check.measured for check in found.checks if check.quantity == "receptive_field"]
    assert [field["size"] for field in fields] == [[5], [9], [11]]


@pytest.mark.parametrize(("library", "extra"), [("torch", "torch"), ("onnxruntime", "onnx")])
def test_a_library_that_is_missing_is_told_with_its_extra(
    library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    with pytest.raises(UsageError, match=f"{library} is not installed") as caught:
        cnncalc.load("fc-2", input="3").verify(against=library)
    assert caught.value.faults[0].help == f"pip install 'cnncalc[{extra}]'"


def test_a_layer_that_gives_no_tokens_is_told() -> None:
    net = cnncalc.load({"input": [3], "layers": ["relu", {"embedding": {"vocabulary": 4, "size": 2}}]})
    weights = {"embedding1.weight": np.arange(8, dtype=np.float32).reshape(4, 2)}
    assert net.run(np.array([3.0, 0, 1]), weights)["embedding1"].tolist() == [[6, 7], [0, 1], [2, 3]]
    for values in ([4.0, 0, 0], [np.nan, 0, 0]):
        with pytest.raises(UsageError, match="no token"):
            net.run(np.array(values), weights)


def test_places_that_an_input_gives_are_drawn_where_something_is() -> None:
    first = {"gather": {"from": ["x", "at"], "name": "first"}}
    second = {"gather": {"from": ["dense1", "one"], "name": "second"}}
    inputs = {"x": "5x4", "at": "3", "one": "1"}
    layers = [first, "fc-2", second]
    network = cnncalc.load({"input": inputs, "layers": layers, "outputs": ["first", "second"]})
    assert [array.shape for array in network.run(seed=1).values()] == [(3, 4), (1,)]
    x = np.arange(20.0).reshape(5, 4)
    kept = network.run({"x": x, "at": np.array([4, 0, 2]), "one": np.array([1])}, seed=1)["first"]
    assert np.array_equal(kept, x[[4, 0, 2]])
