"""Exported ONNX models: checked by onnx, run by onnxruntime, and read back."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kind_cases import CASES, examples, load

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.errors import SpecError, UsageError
from cnncalc.execute.executor import Executor
from cnncalc.execute.inputs import random_inputs, written
from cnncalc.execute.session import all_weights
from cnncalc.export.exporter import Choices, exporter
from cnncalc.export.onnx_model import onnx_model
from cnncalc.loading import builtins

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow

NETWORKS = dict(builtins())
SMALL = (32, 64, 96, 128, 188)
"""The sides of images: a network that takes images of any size runs on the first that is large enough."""
LARGE = 4 * 10**9
"""The multiply-accumulates of networks of which one sample is enough."""


def checked(file: Path) -> Any:
    """The model in a file, checked."""
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    return model


def hold_values(report: Report, file: Path, weights: Any, tolerance: float = 1e-4) -> None:
    """Holds the values of two samples to those of our own run."""
    graph = report.graph
    seeds = (1, 2) if report.totals.macs < LARGE else (1,)
    samples = zip(*(random_inputs(graph, seed) for seed in seeds), strict=True)
    drawn = zip(graph.inputs, map(np.concatenate, samples), strict=True)
    inputs = {source.name: written(graph, source.name, x, "chw", batched=True) for source, x in drawn}
    ours = Executor(graph, report.facts, "chw").run(inputs, weights)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
    read = {value.name for value in session.get_inputs()}
    theirs = session.run(None, {name: x for name, x in inputs.items() if name in read})
    assert [value.name for value in session.get_outputs()] == list(ours)
    for (name, mine), other in zip(ours.items(), theirs, strict=True):
        assert mine.shape == other.shape, name
        assert np.abs(mine - other).max(initial=0) <= tolerance * (np.abs(mine).max(initial=0) or 1), name


MOST_MACS = 100 * 10**9
"""Networks of more take minutes, and have no layer that others lack: their graph alone is held."""


def small(net: cnncalc.Network) -> Report:
    """The numbers of a network, on a small image where it takes one."""
    own = net.analyze()
    height, *_, channels = own.graph.inputs[0].shape
    for side in SMALL if len(own.graph.inputs[0].shape) == 3 else ():
        with suppress(SpecError, UsageError):
            if side < height:
                return net.analyze(input=f"{side}x{side}x{channels}")
    return own


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_runs_and_is_read_back(name: str, tmp_path: Path) -> None:
    report, file = small(NETWORKS[name]), tmp_path / "net.onnx"
    weights = all_weights(report)
    file.write_bytes(b"".join(onnx_model(onnx, report, weights).chunks(onnx)))
    assert checked(file).opset_import[0].version == 20
    if report.totals.macs < MOST_MACS:
        hold_values(report, file, weights)
    again = cnncalc.load(file).analyze()
    assert again.totals.params == report.totals.params
    assert again.totals.macs == report.totals.macs
    first, last = report.graph.inputs[0].name, report.graph.outputs[-1]
    assert [source.name for source in again.graph.inputs] == [source.name for source in report.graph.inputs]
    assert again.graph.inputs[0].shape == report.graph.inputs[0].shape, first
    assert sorted(again.shape(again.graph.outputs[-1])) == sorted(report.shape(last))


@pytest.mark.parametrize("case", [*CASES, *examples()], ids=lambda case: f"{case[0]} {case[1]}"[:70])
def test_a_kind_runs(case: Any, tmp_path: Path) -> None:
    report, file = load(case).analyze(), tmp_path / "net.onnx"
    exporter(report, "onnx", Choices()).write(str(file))
    checked(file)
    hold_values(report, file, all_weights(report))


def test_numbers_of_32_bits_are_read_as_they_are_written(tmp_path: Path) -> None:
    network = cnncalc.load(
        {"input": "4x4x2", "layers": [{"batch_norm": {"epsilon": 1e-3}}, {"leaky_relu": 0.2}]}
    )
    exporter(network.analyze(), "onnx", Choices(seed=1)).write(str(tmp_path / "net.onnx"))
    layers = [node.layer for node in cnncalc.load(tmp_path / "net.onnx").graph().nodes]
    assert (layers[0].options["epsilon"], layers[1].options["slope"]) == (1e-3, 0.2)


@pytest.mark.parametrize("name", ["lenet5-1998", "mobilenet-v2", "crnn", "textcnn"])
def test_a_model_that_was_read_is_exported_again(name: str, tmp_path: Path) -> None:
    """From a spec to ONNX, from there to ONNX and to drawings: with the same weights and numbers."""
    report, first, second = small(NETWORKS[name]), tmp_path / "first.onnx", tmp_path / "second.onnx"
    exporter(report, "onnx", Choices()).write(str(first))
    again = cnncalc.load(first).analyze()
    exporter(again, "onnx", Choices()).write(str(second))
    checked(second)
    hold_values(again, second, all_weights(again))
    last = cnncalc.load(second).analyze()
    assert (last.totals.params, last.totals.macs) == (report.totals.params, report.totals.macs)
    for to in ("mermaid", "dot"):
        assert "".join(exporter(again, to, Choices()).pieces())
