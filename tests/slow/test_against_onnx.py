"""Values of every kind, and of whole networks, beside onnxruntime's, in float32."""

from typing import Any

import pytest
from kind_cases import CASES, examples, load

import cnncalc
from cnncalc.execute.against import BACKENDS

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow

NETWORKS = ["lenet5", "lenet5-1998", "textcnn", "resnet18", "mobilenet-v2", "googlenet", "densenet121"]


def hold(net: cnncalc.Network) -> None:
    report = net.analyze()
    differences, tolerance = BACKENDS["onnxruntime"]
    for layer, apart, _ in differences(report.graph, report.facts, 0):
        assert apart < tolerance, layer


@pytest.mark.parametrize("case", [*CASES, *examples()], ids=lambda case: f"{case[0]} {case[1]}"[:70])
def test_values(case: Any) -> None:
    hold(load(case))


@pytest.mark.parametrize("name", NETWORKS)
def test_values_of_networks(name: str) -> None:
    hold(cnncalc.load(name))


def test_verify() -> None:
    net = cnncalc.load("lenet5")
    found = net.verify(against="onnxruntime")
    assert found.ok
    assert sum(check.witness == "onnxruntime" for check in found.checks) == len(net.graph().nodes)
