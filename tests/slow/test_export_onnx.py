"""Exported ONNX models: checked by onnx, run by onnxruntime, and read back."""

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
from cnncalc.loading import builtins

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow

NETWORKS = dict(builtins())
SMALL = "96x96x3"
"""The input of networks that take inputs of any size, so that they run fast."""


def exported(report: Report, folder: Path) -> Any:
    """The model of a network, checked."""
    file = folder / "net.onnx"
    exporter(report, "onnx", Choices()).write(str(file))
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    return model


def hold_values(report: Report, folder: Path, tolerance: float = 1e-4) -> None:
    """Holds the values of two samples to those of our own run."""
    graph = report.graph
    pairs = zip(random_inputs(graph, 1), random_inputs(graph, 2), strict=True)
    drawn = zip(graph.inputs, map(np.concatenate, pairs), strict=True)
    inputs = {source.name: written(graph, source.name, x, "chw", batched=True) for source, x in drawn}
    ours = Executor(graph, report.facts, "chw").run(inputs, all_weights(report))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(folder / "net.onnx", options, ["CPUExecutionProvider"])
    read = {value.name for value in session.get_inputs()}
    theirs = session.run(None, {name: x for name, x in inputs.items() if name in read})
    assert [value.name for value in session.get_outputs()] == list(ours)
    for (name, mine), other in zip(ours.items(), theirs, strict=True):
        assert mine.shape == other.shape, name
        assert np.abs(mine - other).max(initial=0) <= tolerance * (np.abs(mine).max(initial=0) or 1), name


def small(net: cnncalc.Network) -> Report:
    """The numbers of a network, on a small image where it takes one."""
    try:
        return net.analyze(input=SMALL)
    except (SpecError, UsageError):
        return net.analyze()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_runs_and_is_read_back(name: str, tmp_path: Path) -> None:
    report = small(NETWORKS[name])
    model = exported(report, tmp_path)
    assert model.opset_import[0].version == 20
    hold_values(report, tmp_path)
    again = cnncalc.load(tmp_path / "net.onnx").analyze()
    assert again.totals.params == report.totals.params
    assert again.totals.macs == report.totals.macs
    first, last = report.graph.inputs[0].name, report.graph.outputs[-1]
    assert [source.name for source in again.graph.inputs] == [source.name for source in report.graph.inputs]
    assert again.graph.inputs[0].shape == report.graph.inputs[0].shape, first
    assert sorted(again.shape(again.graph.outputs[-1])) == sorted(report.shape(last))


@pytest.mark.parametrize("case", [*CASES, *examples()], ids=lambda case: f"{case[0]} {case[1]}"[:70])
def test_a_kind_runs(case: Any, tmp_path: Path) -> None:
    report = load(case).analyze()
    exported(report, tmp_path)
    hold_values(report, tmp_path)
