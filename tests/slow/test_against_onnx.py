"""Values of every kind, and of whole networks, beside onnxruntime's, in float32."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import cnncalc
from cnncalc.execute.against import BACKENDS
from cnncalc.layers import find, names

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow

CASES = yaml.safe_load((Path(__file__).parents[1] / "layer_cases.yaml").read_text(encoding="utf-8"))
NETWORKS = ["lenet5", "lenet5-1998", "textcnn", "resnet18", "mobilenet-v2", "googlenet", "densenet121"]


def examples() -> list[Any]:
    found = []
    for name in names():
        cls = find(name)
        assert cls is not None
        for example in cls.examples:
            inputs: Any = example.input
            item = example.layer
            if not isinstance(inputs, str):
                inputs = {f"in{number}": shape for number, shape in enumerate(inputs)}
                item = {item: {"from": list(inputs)}}
            found.append([inputs, [item]])
    return found


def hold(net: cnncalc.Network) -> None:
    report = net.analyze()
    differences, tolerance = BACKENDS["onnxruntime"]
    for layer, apart in differences(report.graph, report.facts, 0):
        assert apart < tolerance, layer


@pytest.mark.parametrize("case", [*CASES, *examples()], ids=lambda case: f"{case[0]} {case[1]}"[:70])
def test_values(case: Any) -> None:
    hold(cnncalc.load({"input": case[0], "layers": case[1]}))


@pytest.mark.parametrize("name", NETWORKS)
def test_values_of_networks(name: str) -> None:
    hold(cnncalc.load(name))


def test_verify() -> None:
    net = cnncalc.load("lenet5")
    found = net.verify(against="onnxruntime")
    assert found.ok
    assert sum(check.witness == "onnxruntime" for check in found.checks) == len(net.graph().nodes)
