"""Every kind with options drawn at random: numbers as they happen, values as PyTorch's and onnxruntime's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from kind_cases import can_run
from strategies import single

import cnncalc
from cnncalc.execute.against import BACKENDS
from cnncalc.layers import names

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow

NO_OWN = {
    "torch": {
        "blur_pool": "PyTorch has no such operation",
        "deform_conv": "another library than PyTorch has it",
        "local_conv": "PyTorch has no such operation",
        "rbf": "PyTorch has no such operation",
        "scaled_tanh": "PyTorch has a tanh without the factors alone",
        "separable_conv": "it stands for two layers of other kinds",
        "subsample": "PyTorch has no pooling with learned factors",
    },
    "onnxruntime": {
        "attention": "ONNX has the operator from a later opset on",
        "blur_pool": "ONNX has no such operator",
        "deform_conv": "onnxruntime has no kernel for ONNX's operator on a CPU of every kind",
        "local_conv": "ONNX has no such operator",
        "multi_head_attention": "ONNX has an operator of attention from a later opset on",
        "rbf": "ONNX has no such operator",
        "rms_norm": "ONNX has the operator from a later opset on",
        "scaled_tanh": "ONNX has a tanh without the factors alone",
        "separable_conv": "it stands for two layers of other kinds",
        "subsample": "ONNX has no pooling with learned factors",
        "unfold": "ONNX has Col2Im, and no operator for the way there",
        "window_attention": "ONNX has no such operator",
    },
}
"""The kinds that a framework has no operation of its own for, and why: their `forward` runs on its arrays."""

EACH = 20
SETTINGS = settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", [name for name in names() if can_run(name)])
def test_kind(name: str) -> None:
    drawn: list[Any] = []
    held: set[str] = set()

    @SETTINGS
    @given(single(name))
    def hold(spec: Any) -> None:
        net = cnncalc.load(spec)
        report = net.analyze()
        drawn.extend(row.kind for row in report)
        wrong = [check for check in net.verify().checks if not check.ok]
        assert wrong == []
        if not all(np.isfinite(array).all() for array in net.run().values()):
            return  # a logarithm of what is below 0
        for framework, backend in BACKENDS.items():
            differences = backend.differences(report.graph, report.facts, 0)
            for row, difference in zip(report.layers, differences, strict=True):
                assert difference.distance <= backend.tolerance, spec
                if row.kind == name and difference.witnessed:
                    held.add(framework)

    hold()
    # one stands for two others, and the inputs that are drawn are no tokens
    assert name in drawn or name in ("separable_conv", "embedding")
    if name in drawn:
        assert held == {framework for framework, without in NO_OWN.items() if name not in without}
