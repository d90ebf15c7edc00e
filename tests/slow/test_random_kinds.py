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

EACH = 20
SETTINGS = settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", [name for name in names() if can_run(name)])
def test_kind(name: str) -> None:
    drawn: list[Any] = []

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
        for backend in BACKENDS.values():
            for difference in backend.differences(report.graph, report.facts, 0):
                assert difference.distance <= backend.tolerance, spec

    hold()
    # one stands for two others, and the inputs that are drawn are no tokens
    assert name in drawn or name in ("separable_conv", "embedding")
