"""Kinds with options drawn at random beside Keras's layers, and those layers read back from Keras."""

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import single

import cnncalc
from cnncalc.execute.weights import expected

os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras")
keras_build: Any = pytest.importorskip("keras_build")

pytestmark = pytest.mark.slow

EACH, BATCH = 25, 2
SETTINGS = settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))


def drawn(net: cnncalc.Network) -> dict[str, Any]:
    """Weights of a network."""
    report, draw = net.analyze(), np.random.default_rng(0)
    found = {}
    for name, shape in expected(report.graph, report.facts).items():
        values = draw.normal(0, 0.5, shape).astype(np.float32)
        found[name] = np.abs(values) + 0.5 if name.endswith("running_var") else values
    return found


def close(found: Any, wanted: Any) -> bool:
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=1e-6)
    both = np.isclose(found, wanted, rtol=1e-4, atol=1e-4 * scale, equal_nan=True)
    return bool(both.all())


@pytest.mark.parametrize("name", keras_build.KINDS)
def test_a_kind_is_keras_own(name: str) -> None:
    compared = 0

    @SETTINGS
    @given(single(name))
    def hold(spec: Any) -> None:
        nonlocal compared
        net = cnncalc.load(spec)
        graph = net.graph()
        (node,) = graph.nodes[-1:]
        if len(graph.nodes) != 1:
            return
        weights = drawn(net)
        own = {full.removeprefix(f"{node.name}."): array for full, array in weights.items()}
        shapes = [graph.inputs[0].shape] * len(node.inputs)
        try:
            model = keras_build.model_of(node.layer, shapes, own, BATCH)
        except keras_build.NotInKerasError:
            return
        draw = np.random.default_rng(1)
        x = draw.normal(0, 1, (BATCH, *graph.inputs[0].shape)).astype(np.float32)
        if node.layer.kind == "embedding":
            x = draw.integers(0, node.layer.vocabulary, x.shape).astype(np.float32)
        given = x[..., 0] if node.layer.kind == "embedding" else x
        wanted = np.asarray(model([given] * len(shapes) if len(shapes) > 1 else given).detach())
        (found,) = net.run(x, weights).values()
        compared += node.layer.kind == name
        totals = net.analyze().totals
        assert found.size == wanted.size
        assert found.shape == wanted.shape or 1 in found.shape, spec
        assert close(found.reshape(wanted.shape), wanted), spec
        assert totals.params + totals.buffers == model.count_params()
        again = cnncalc.load(model)
        try:
            sources = [source.name for source in again.graph().inputs]
        except cnncalc.CnncalcError as error:
            if [fault.code for fault in error.faults] == ["unknown_operator"]:
                return  # docs/keras.md lists what is not read
            if "holds no layers" in str(error):
                return  # a reshape to the same shape
            raise
        (back,) = again.run(dict.fromkeys(sources, given)).values()
        assert close(back.reshape(wanted.shape), wanted), spec
        assert again.analyze().totals.params == totals.params

    hold()
    assert compared or name == "embedding"  # the inputs that are drawn are no tokens
