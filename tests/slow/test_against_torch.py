"""Values and gradients of every kind, and of whole networks, beside PyTorch's, in float64."""

from typing import Any

import numpy as np
import pytest
from kind_cases import CASES, examples, load

import cnncalc
from cnncalc.execute import executor as running
from cnncalc.execute import inputs as run_inputs
from cnncalc.execute import weights as weights_of
from cnncalc.execute.against import against_torch, in_torch
from cnncalc.layers import names

torch: Any = pytest.importorskip("torch")

pytestmark = pytest.mark.slow

NETWORKS = ["lenet5", "lenet5-1998", "textcnn", "resnet18", "googlenet", "mobilenet-v2", "shufflenet-v1"]
CLOSE = 1e-9


@pytest.mark.parametrize("case", [*CASES, *examples()], ids=lambda case: f"{case[0]} {case[1]}"[:70])
def test_values(case: Any) -> None:
    report = load(case).analyze()
    for layer, apart, _ in against_torch(report.graph, report.facts):
        assert apart < CLOSE, layer


@pytest.mark.parametrize("name", NETWORKS)
def test_values_of_networks(name: str) -> None:
    report = cnncalc.load(name).analyze()
    for layer, apart, _ in against_torch(report.graph, report.facts):
        assert apart < CLOSE, layer


def test_every_kind_is_met() -> None:
    met: set[str] = set()
    for case in [*CASES, *examples()]:
        met.update(node.layer.kind for node in load(case).graph().nodes)
    assert set(names()) - met == {"separable_conv", "opaque"}, "one stands for two others, one can't run"


def gradients_of(net: cnncalc.Network) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ours, and PyTorch's, of a random weighting of all outputs, for a batch of two."""
    report = net.analyze()
    graph = report.graph
    draw = np.random.default_rng(0)
    weights: dict[str, Any] = {
        name: array.astype(np.float64)
        for name, array in running.draw_weights(graph, report.facts, 0).arrays.items()
    }
    arrays = [
        np.concatenate([run_inputs.random_inputs(graph, seed)[n] for seed in (0, 1)])
        for n in range(len(graph.inputs))
    ]
    arrays = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in arrays]
    inputs = {source.name: x for source, x in zip(graph.inputs, arrays, strict=True)}
    seeds = {name: draw.standard_normal((2, *report[name].output_shape)) for name in report.outputs}
    mine = net.gradients(inputs, seeds, weights)

    leaves = {name: torch.from_numpy(array).requires_grad_(name in mine) for name, array in weights.items()}
    known = [torch.from_numpy(x).requires_grad_(x.dtype.kind == "f") for x in arrays]
    leaves |= {source.name: x for source, x in zip(graph.inputs, known, strict=True)}
    framework = in_torch(torch)
    maps = [x.movedim(-1, 1) for x in known]
    total: Any = 0
    for number, (node, fact) in enumerate(zip(graph.nodes, report.facts, strict=True), len(graph.inputs)):
        owner = weights_of.owner(graph, node)
        own = {name: leaves[f"{owner}.{name}"] for name in fact.arrays}
        y, _ = framework.run(fact.layer, own, [maps[source] for source in node.inputs])
        maps.append(y)
        if number in graph.outputs:
            total = total + (y.movedim(1, -1) * torch.from_numpy(seeds[node.name])).sum()
    total.backward()
    # what a comparison alone reads has no gradient
    grads = {name: leaves[name].grad for name in mine}
    return mine, {n: np.zeros_like(mine[n]) if g is None else g.numpy() for n, g in grads.items()}


def hold(net: cnncalc.Network) -> None:
    mine, theirs = gradients_of(net)
    for name, array in mine.items():
        largest = max(float(np.abs(theirs[name]).max()), 1e-3)
        assert float(np.abs(array - theirs[name]).max()) < CLOSE * largest, name


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}"[:70])
def test_gradients(case: Any) -> None:
    hold(load(case))


@pytest.mark.parametrize("name", ["lenet5", "lenet5-1998", "textcnn", "resnet18"])
def test_gradients_of_networks(name: str) -> None:
    hold(cnncalc.load(name))
