"""The fast path is held to the readable definitions: kernel by kernel, and on whole networks."""

import copy
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml

import cnncalc
from cnncalc.built_in import builtin_names
from cnncalc.execute import executor as executing
from cnncalc.execute.executor import Executor, draw_weights
from cnncalc.execute.fast import arrays as fast_arrays
from cnncalc.execute.fast import plan as fast_plan
from cnncalc.execute.fast.arrays import Array, Scratch
from cnncalc.execute.fast.arrays import run as run_steps
from cnncalc.execute.fast.binding import BoundSchedule
from cnncalc.execute.fast.defined import Defined
from cnncalc.execute.fast.lowering import Lowering
from cnncalc.execute.fast.operations import Flow
from cnncalc.execute.fast.plan import Plan
from cnncalc.execute.fast.schedule import Map, Schedule
from cnncalc.graph import Graph

CASES = yaml.safe_load((Path(__file__).parent / "layer_cases.yaml").read_text(encoding="utf-8"))
ACTIVATIONS = ["none", "relu", "relu6", "tanh", "sigmoid", "leaky_relu"]
Spec = dict[str, Any]


class Case:
    """A network with random weights and inputs, and what the definitions make of them in float64."""

    def __init__(self, spec: Any, images: int, seed: int = 0, **options: Any) -> None:
        report = cnncalc.load(spec, **options).analyze()
        self.graph: Graph = report.graph
        self.facts = report.facts
        self.weights: Mapping[str, Array] = draw_weights(self.graph, self.facts, seed).arrays
        draw = np.random.default_rng(seed)
        self.xs: list[Array] = [
            draw.standard_normal((images, *source.shape), np.float32) for source in self.graph.inputs
        ]
        for node in self.graph.nodes:
            if words := getattr(node.layer, "vocabulary", 0):
                tokens = draw.integers(0, words, self.xs[node.inputs[0]].shape)
                self.xs[node.inputs[0]] = tokens.astype(np.float32)

    def wanted(self) -> list[Any]:
        names = [source.name for source in self.graph.inputs]
        x = {name: array.astype(np.float64) for name, array in zip(names, self.xs, strict=True)}
        found = Executor(self.graph, self.facts, "hwc", by_definition=True).run(x, self.weights)
        return [found[self.graph.name(number)] for number in self.graph.outputs]

    def schedule(self) -> Schedule:
        return Lowering(self.graph, Flow(self.graph, self.facts), self.weights, len(self.xs[0])).schedule


def assert_close(found: Array, wanted: Any, bound: float = 1e-5) -> None:
    assert found.shape == wanted.shape
    error = float(np.abs(found - wanted).max()) / max(float(np.abs(wanted).max()), 1e-3)
    assert error <= bound, error


# ---- kernel by kernel


class Draw(NamedTuple):
    """Random numbers, and the input that a layer is drawn for."""

    rng: random.Random
    rank: int
    channels: int

    def number(self, most: int) -> int:
        return self.rng.randint(1, most)

    def sizes(self, most: int) -> list[int]:
        return [self.number(most) for _ in range(self.rank)]

    def sides(self, most: int) -> list[int]:
        return [self.rng.randint(0, most), self.rng.randint(0, most)]

    def chance(self, of: float = 0.5) -> bool:
        return self.rng.random() < of


def sliding(draw: Draw) -> Spec:
    return {
        "kernel": draw.sizes(5),
        "stride": draw.sizes(3),
        "padding": "same" if draw.chance(0.2) else [draw.sides(3) for _ in range(draw.rank)],
        "dilation": draw.sizes(2),
        "rounding": draw.rng.choice(["floor", "ceil"]),
    }


def weighted(draw: Draw) -> Spec:
    return {"bias": draw.chance(0.7), "activation": draw.rng.choice(ACTIVATIONS)}


def any_conv(draw: Draw) -> Spec:
    return {"conv": {"filters": draw.number(9), **sliding(draw), **weighted(draw)}}


def plain_conv(draw: Draw) -> Spec:
    # mostly by Winograd's filtering
    options = {"kernel": draw.rng.choice([3, 3, 5]), "padding": draw.rng.randint(0, 3), **weighted(draw)}
    return {"conv": {"filters": draw.number(40), **options}}


def pointwise(draw: Draw) -> Spec:
    options = {"kernel": 1, "stride": draw.number(2), **weighted(draw)}
    return {"conv": {"filters": draw.number(9), **options}}


def grouped(draw: Draw) -> Spec:
    groups = draw.rng.choice([n for n in range(1, draw.channels + 1) if draw.channels % n == 0])
    options = {"groups": groups, **sliding(draw), **weighted(draw)}
    return {"conv": {"filters": groups * draw.number(4), **options}}


def table(draw: Draw) -> Spec:
    rows = [draw.rng.sample(range(draw.channels), draw.number(draw.channels)) for _ in range(draw.number(6))]
    return {"conv": {"filters": len(rows), "table": rows, **sliding(draw), **weighted(draw)}}


def depthwise(draw: Draw) -> Spec:
    options = {"multiplier": draw.rng.choice([1, 1, 1, 2]), **sliding(draw), **weighted(draw)}
    return {"depthwise_conv": options}


def pool(draw: Draw) -> Spec:
    kind = draw.rng.choice(["max_pool", "avg_pool", "subsample"])
    options: Spec = {
        "kernel": (kernel := draw.sizes(4)),
        "stride": draw.sizes(4),
        "padding": draw.rng.choice([0, "same", [draw.sides(k - 1) for k in kernel]]),
        "rounding": draw.rng.choice(["floor", "ceil"]),
    }
    if kind == "max_pool":
        options["dilation"] = draw.number(2)
    elif kind == "avg_pool":
        options["count_padding"] = draw.chance()
    else:
        options["activation"] = draw.rng.choice(ACTIVATIONS)
    return {kind: options}


def other(draw: Draw) -> Spec:
    """All that slides over nothing."""
    kinds: list[Spec] = [
        {"batch_norm": {"affine": draw.chance(0.8)}},
        {"lrn": {"size": draw.number(6), "alpha": 0.5, "beta": draw.rng.choice([0.5, 0.75, 0.6]), "k": 1.5}},
        {"dense": {"units": draw.number(9), "order": draw.rng.choice(["chw", "hwc"]), **weighted(draw)}},
        {"flatten": {"order": draw.rng.choice(["chw", "hwc"])}},
        {"softmax": {"over": draw.rng.choice(["channels", "all"])}},
        {"adaptive_avg_pool": draw.number(3)},
        {"adaptive_max_pool": draw.number(3)},
        {draw.rng.choice(ACTIVATIONS[1:]): {}},
        {draw.rng.choice(["global_avg_pool", "global_max_pool", "dropout"]): {}},
    ]
    return draw.rng.choice(kinds)


def scattered(schedule: Schedule, xs: list[Array], rng: random.Random) -> list[Array]:
    """Run each task twice, by itself, on maps that lie in odd places of memory full of what isn't theirs."""
    images = len(xs[0])
    known = {id(x): array.reshape(images, *x.shape) for x, array in zip(schedule.inputs, xs, strict=True)}
    for task in schedule.tasks:
        assert task.kernel is not None
        scratch = Scratch()
        scratch.take(1 << 20)[:] = np.nan
        scratch.restart()
        ys = []
        for x in task.inputs:
            top, bottom, left, right = task.border(x)
            bordered = np.pad(known[id(x)], [(0, 0), (top, bottom), (left, right), (0, 0)])
            ys.append(placed(bordered, rng)[0])
        out, surroundings = placed(np.full((images, *task.output.shape), np.nan, np.float32), rng)
        steps = task.kernel.bind(ys, out, scratch)
        run_steps(steps)
        first = out.copy()
        if not task.in_place:
            run_steps(steps)
            assert np.array_equal(first, out, equal_nan=True)
        out[:] = 7
        assert (surroundings == 7).all()
        known[id(task.output)] = first
    return [known[id(x)] for x in schedule.outputs]


def placed(array: Array, rng: random.Random) -> tuple[Array, Array]:
    """A copy of maps that lies by itself, within a border or among other channels; and what it lies in."""
    images, rows, columns, channels = array.shape
    match rng.randrange(3):
        case 0:
            whole = np.empty(array.shape, np.float32)
            inner = whole
        case 1:
            whole = np.full((images, rows + 3, columns + 2, channels), 7, np.float32)
            inner = whole[:, 1:-2, 1:-1]
        case _:
            whole = np.full((images, rows, columns, channels + 5), 7, np.float32)
            inner = whole[..., 2 : 2 + channels]
    inner[:] = array
    return inner, whole


@pytest.mark.parametrize(
    "make",
    [any_conv, plain_conv, pointwise, grouped, table, depthwise, pool, other],
    ids=lambda f: f.__name__,
)
def test_kernels_do_as_defined(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    for seed in range(120):
        rng = random.Random(seed)  # noqa: S311 - nothing is kept secret
        rank = rng.choice([1, 2, 2, 2])
        draw = Draw(rng, rank, rng.randint(1, 40 if make is plain_conv else 9))
        spec = {"input": [*draw.sizes(24), draw.channels], "layers": [make(draw)]}
        try:
            case = Case(spec, rng.choice([1, 1, 2, 3]), seed)
        except cnncalc.SpecError:
            continue  # the window is larger than the input
        monkeypatch.setattr(fast_arrays, "BAND", rng.choice([1 << 6, 1 << 10, 1 << 13, 1 << 18]))
        schedule = case.schedule()
        if not schedule.tasks:
            continue
        (found,) = scattered(schedule, case.xs, rng)
        (wanted,) = case.wanted()
        assert_close(found.reshape(wanted.shape), wanted)
        tried += 1
    assert tried >= 50


# ---- whole networks


def random_network(rng: random.Random) -> Spec:
    """Layers that read any of those before them, merged in all ways; several inputs and outputs."""
    size, channels = rng.randint(4, 12), rng.randint(1, 6)
    inputs = {f"in{n}": [size, size, channels] for n in range(rng.choice([1, 1, 2]))}
    shapes = dict.fromkeys(inputs, (size, channels))
    layers: list[Spec] = []
    for number in range(rng.randint(3, 16)):
        source = [rng.choice(list(shapes)[-3:])]
        n, c = shapes[source[0]]
        alike = [name for name, shape in shapes.items() if shape == (n, c)]
        level = [name for name, (m, _) in shapes.items() if m == n]
        groups = rng.choice([g for g in range(1, c + 1) if c % g == 0])
        activation = {"activation": rng.choice(ACTIVATIONS + ["none"] * 5)}
        filters = groups * rng.randint(1, 4)
        conv = {"filters": filters, "groups": groups, "bias": rng.random() < 0.5, **activation}
        item: Spec
        match rng.randrange(14):
            case 0 | 1:
                stride = rng.choice([1, 1, 2])
                options = {"kernel": rng.choice([1, 3, 5]), "padding": "same", "stride": stride}
                item, shape = {"conv": {**conv, **options}}, (-(-n // stride), filters)
            case 2:
                item, shape = {"depthwise_conv": {"kernel": 3, "padding": 1, **activation}}, (n, c)
            case 3:
                item, shape = (
                    {rng.choice(["max_pool", "avg_pool"]): {"kernel": 3, "stride": 1, "padding": 1}},
                    (n, c),
                )
            case 4:
                item, shape = {"max_pool": {"kernel": 2, "rounding": "ceil"}}, (-(-n // 2), c)
            case 5 | 12 | 13:
                item, shape = {"batch_norm": {}}, (n, c)
            case 6 | 7:
                item, shape = (
                    {rng.choice(["relu", "relu6", "tanh", "leaky_relu", "lrn", "dropout"]): {}},
                    (n, c),
                )
            case 8 | 9:
                source += rng.choices(alike, k=rng.randint(1, 2))
                item, shape = {rng.choice(["add", "add", "multiply"]): {}}, (n, c)
            case _:
                source += rng.choices(level, k=rng.randint(1, 2))
                item, shape = {"concat": {}}, (n, sum(shapes[name][1] for name in source))
        next(iter(item.values())).update({"name": f"l{number}", "from": source})
        layers.append(item)
        shapes[f"l{number}"] = shape
    if rng.random() < 0.5:
        layers += [{"global_avg_pool": {}}, {"dense": {"name": "end", "units": 3, "activation": "softmax"}}]
        shapes["end"] = (1, 3)
    made = [name for name in shapes if name not in inputs]
    outputs = {made[-1], *rng.choices(made, k=rng.randint(0, 3))}
    return {"input": inputs, "layers": layers, "outputs": sorted(outputs)}


def test_networks_do_as_defined(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(150):
        rng = random.Random(seed)  # noqa: S311 - nothing is kept secret
        images = rng.randint(1, 3)
        case = Case(random_network(rng), images, seed)
        monkeypatch.setattr(fast_plan, "MOST_IMAGES", rng.choice([2, 16]))
        plan = Plan(case.graph, case.facts, case.weights, images)
        for _ in range(2):  # a second run finds what the first left behind
            for found, wanted in zip(plan.run(case.xs), case.wanted(), strict=True):
                assert_close(found, wanted)


def test_what_is_watched_is_what_comes_out() -> None:
    """Every map is shown on the fast path too, and they are those of the definitions."""
    case = Case(
        {"input": [9, 9, 4], "layers": ["conv3-4 same", "relu", "maxpool2", {"flatten": {}}, "fc-3"]}, 1
    )
    maps: dict[str, Any] = {}
    found = Executor(case.graph, case.facts, "hwc").run(case.xs[0], case.weights, watch=maps.__setitem__)
    wanted: dict[str, Any] = {}
    by_definition = Executor(case.graph, case.facts, "hwc", by_definition=True)
    by_definition.run(case.xs[0], case.weights, watch=wanted.__setitem__)
    assert list(maps) == list(wanted) == [node.name for node in case.graph.nodes]
    for name, array in wanted.items():
        assert_close(maps[name], array)
    assert np.array_equal(found["dense1"], maps["dense1"])


def test_a_layer_that_mixes_samples_sees_the_whole_batch() -> None:
    case = Case({"input": [4, 4, 3], "layers": ["conv3-4 same", {"batch_norm": {"statistics": "batch"}}]}, 40)
    found = Executor(case.graph, case.facts, "hwc").run(case.xs[0], case.weights)
    assert_close(found["batch_norm1"], case.wanted()[0])


def test_every_kind_by_the_fast_path() -> None:
    for inputs, layers in CASES:
        case = Case({"input": inputs, "layers": layers}, 2)
        plan = Plan(case.graph, case.facts, case.weights, 2)
        for found, wanted in zip(plan.run(case.xs), case.wanted(), strict=True):
            assert_close(found, wanted)


@pytest.fixture
def no_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole networks can't be run by their definitions."""

    def refused(*_: Any) -> None:
        raise AssertionError("a run went by the definitions")

    monkeypatch.setattr(executing, "steps", refused)


def test_drawn_runs_do_as_defined() -> None:
    for seed in range(40):
        spec = random_network(random.Random(seed))  # noqa: S311 - nothing is kept secret
        report = cnncalc.load(spec).analyze()
        found = Executor(report.graph, report.facts, "hwc").run(seed=seed)
        oracle = Executor(report.graph, report.facts, "hwc", by_definition=True)
        for name, wanted in oracle.run(seed=seed).items():
            assert_close(found[name], wanted, 1e-4)  # the weights differ as well, by their scale


def test_runs_in_float64_do_as_defined() -> None:
    for seed in range(40):
        case = Case(random_network(random.Random(seed)), 2, seed)  # noqa: S311 - nothing is kept secret
        names = [source.name for source in case.graph.inputs]
        x = {name: array.astype(np.float64) for name, array in zip(names, case.xs, strict=True)}
        found = Executor(case.graph, case.facts, "hwc").run(x, case.weights)
        for number, wanted in zip(case.graph.outputs, case.wanted(), strict=True):
            array = found[case.graph.name(number)]
            assert array.dtype == np.float64
            assert_close(array, wanted, 1e-12)


@pytest.mark.usefixtures("no_definitions")
def test_every_run_takes_the_fast_path() -> None:
    case = Case({"input": [4, 4, 3], "layers": ["conv3-4 same", {"batch_norm": {"statistics": "batch"}}]}, 20)
    executor = Executor(case.graph, case.facts, "hwc")
    assert executor.run()["batch_norm1"].dtype == np.float32
    assert executor.run(case.xs[0])["batch_norm1"].shape == (20, 4, 4, 4)
    assert executor.run(case.xs[0].astype(np.float64), case.weights)["batch_norm1"].dtype == np.float64
    maps: dict[str, Any] = {}
    executor.run(case.xs[0], case.weights, watch=maps.__setitem__)
    executor.run(watch=maps.__setitem__)
    assert len(maps) == 2
    with pytest.raises(AssertionError):
        Executor(case.graph, case.facts, "hwc", by_definition=True).run()


def test_shared_weights_and_several_ranks() -> None:
    specs: list[Spec] = [
        {"input": [9, 9, 4], "layers": [
            {"conv": {"name": "a", "filters": 4, "kernel": 3, "padding": 1}},
            {"conv": {"filters": 4, "kernel": 3, "padding": 1, "share": "a"}},
        ]},
        {"input": [20], "layers": [
            {"embedding": {"vocabulary": 9, "size": 5}}, "conv3-4 relu", "bn", "maxpool2", "fc-3 softmax",
        ]},
        {"input": [4, 6, 6, 3], "layers": [
            "conv3-4 same", "bn, relu", "conv1-5", "maxpool2", "flatten", "fc-3",
        ]},
        {"input": [12], "layers": ["fc-7 tanh", "bn", "dropout0.5", "fc-3"]},
    ]  # fmt: skip
    for spec in specs:
        case = Case(spec, 2)
        for found, wanted in zip(
            Plan(case.graph, case.facts, case.weights, 2).run(case.xs), case.wanted(), strict=True
        ):
            assert_close(found, wanted)


def test_what_follows_is_folded_in_where_nobody_else_reads_it() -> None:
    spec: Spec = {
        "input": [8, 8, 3],
        "layers": ["conv3-4 nobias", "bn, relu", "conv3-4 nobias bn", "dropout"],
    }
    assert len(Case(spec, 1).schedule().tasks) == 2
    rescale = {"rescale": {"scale": [2, 0.5, -1, 3], "offset": 1}}
    spec["layers"][1] = {"block": [rescale, "layer_scale", "relu"]}
    assert len(Case(spec, 1).schedule().tasks) == 3  # one factor and shift is folded in, another stays
    spec["layers"][1] = {"concat": [["bn", "relu"], []]}
    kernels = [type(task.kernel).__name__ for task in Case(spec, 1).schedule().tasks]
    assert "Affine" in kernels


def test_joined_maps_are_written_where_they_are_joined() -> None:
    case = Case({"input": [8, 8, 3], "layers": [{"concat": [["conv1-4"], ["conv3-5 same"]]}]}, 1)
    bound = BoundSchedule(case.schedule(), 1)
    start, stop = bound.spans[-1]
    assert start == stop  # the join has nothing left to do


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["lenet5", "alexnet", "resnet18", "vgg16", "resnet50", "mobilenet-v2", "googlenet", "densenet121"],
)
def test_no_layer_of_the_benchmarked_networks_falls_back(name: str) -> None:
    assert not [task for task in Case(name, 1).schedule().tasks if isinstance(task.kernel, Defined)]


def forward(spec: Any) -> Executor:
    report = cnncalc.load(spec).analyze()
    return Executor(report.graph, report.facts, "hwc")


SMALL: Spec = {"input": [6, 6, 2], "layers": ["conv3-4 same relu", "bn", "fc-3"]}


def test_weights_that_may_change_are_laid_out_anew() -> None:
    case = Case(SMALL, 2)
    weights = {name: array.copy() for name, array in case.weights.items()}
    again = forward(SMALL)
    before = again.run(case.xs[0], weights)["dense1"]
    weights["dense1.bias"] += 1
    assert np.allclose(again.run(case.xs[0], weights)["dense1"], before + 1, atol=1e-6)


def test_weights_that_cannot_change_are_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(SMALL, 2)
    frozen = {name: array.copy() for name, array in case.weights.items()}
    for array in frozen.values():
        array.flags.writeable = False
    made: list[Plan] = []

    def make(*given: Any, **options: Any) -> Plan:
        made.append(Plan(*given, **options))
        return made[-1]

    monkeypatch.setattr(executing, "Plan", make)
    again = forward(SMALL)
    first = again.run(case.xs[0], frozen)["dense1"]
    assert np.array_equal(again.run(case.xs[0], dict(frozen))["dense1"], first)
    assert len(made) == 1
    assert again.run(case.xs[0][0], frozen)["dense1"].shape == (3,)  # another batch
    assert len(made) == 2
    again.run(case.xs[0], seed=1)
    again.run(case.xs[0], seed=1)
    assert len(made) == 3
    assert again.run(case.xs[0].astype(np.float64), frozen)["dense1"].dtype == np.float64
    assert len(made) == 4


def test_a_network_that_has_run_can_be_copied() -> None:
    case = Case(SMALL, 2)
    again = forward(SMALL)
    wanted = again.run(case.xs[0])["dense1"]
    assert np.array_equal(copy.deepcopy(again).run(case.xs[0])["dense1"], wanted)


def test_an_output_may_be_an_input() -> None:
    case = Case({"input": [4, 4, 2], "layers": ["dropout"]}, 1)
    (found,) = Plan(case.graph, case.facts, case.weights).run(case.xs)
    assert np.array_equal(found, case.xs[0])
    assert isinstance(case.schedule().outputs[0], Map)


POOLED = (
    "densenet121", "densenet169", "densenet201", "inception-v3", "resnet18", "resnet34", "resnet50",
    "resnet101", "resnet152", "resnext50", "vgg11", "vgg11-lrn", "vgg13", "vgg16", "vgg16-c",
    "vgg19", "xception",
)  # fmt: skip
SMALLER: dict[str, dict[str, Any]] = {
    **{name: {"input": "96x96x3"} for name in POOLED},
    "convnext-tiny": {"input": "64x64x3"},
    "deeplab": {"variables": {"resolution": 128}},
    "fcn8s": {"input": "83x83x3"},
    "resnet101-fpn": {"input": "128x192x3"},
    "unet": {"input": "188x188x1"},
}
"""Options with which a network has all its layers and the definition is fast."""


@pytest.mark.slow
@pytest.mark.parametrize("name", builtin_names())
def test_built_in_networks_do_as_defined(name: str) -> None:
    case = Case(name, 1, **SMALLER.get(name, {}))
    for found, wanted in zip(
        Plan(case.graph, case.facts, case.weights).run(case.xs), case.wanted(), strict=True
    ):
        # a softmax makes of an error of its logits, which may be large, as great a share of the result
        assert_close(found, wanted, 1e-4)
