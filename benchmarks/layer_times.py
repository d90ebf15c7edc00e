"""How fast layers run in PyTorch and in onnxruntime, on one thread, beside the least time of this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import cnncalc
from cnncalc.analysis.bounds import Bounds
from cnncalc.analysis.devices import Device
from cnncalc.execute.machine import fastest
from cnncalc.export.exporter import Choices, exporter

sys.path.append(str(Path(__file__).parents[1] / "tests" / "slow"))  # the tests' builder

PATIENCE = 0.03
"""Seconds for each layer, of which the fastest run counts."""


class LayerTime(NamedTuple):
    """A layer, and all that equal it: the seconds of the fastest run, and the bound."""

    layer: str
    count: int
    seconds: float
    least: float
    limited_by: str


def in_pytorch(name: str, device: Device) -> Iterator[LayerTime]:
    """Each different layer of a built-in network as a module of PyTorch, by itself, not in place."""
    from torch_build import network

    report = cnncalc.load(name).analyze()
    bounds = Bounds(report, device)
    shapes = [(facts.inputs, facts.output) for facts in report.facts]
    layers = network(report.graph, shapes).eval().layers
    alike: dict[Any, list[int]] = {}
    for index, facts in enumerate(report.facts):
        alike.setdefault(facts, []).append(index)
    with torch.inference_mode():
        for facts, numbers in alike.items():
            bound = bounds.of_layer(numbers[0])
            if not bound.least:
                continue
            inputs = [torch.randn(1, shape[-1], *shape[:-1]) for shape in facts.inputs]
            module = layers[numbers[0]]
            seconds = fastest(lambda module=module, inputs=inputs: module(*inputs), PATIENCE)
            found = report.layers[numbers[0]].name
            yield LayerTime(found, len(numbers), seconds, bound.least, bound.limited_by)


def in_onnxruntime(name: str, device: Device) -> tuple[float, float]:
    """The seconds of a whole network in onnxruntime, which fuses layers, and the bound of any run."""
    import tempfile

    import onnxruntime

    report = cnncalc.load(name).analyze()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        exporter(report, "onnx", Choices()).write(str(path))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options)
        given = {
            each.name: np.random.default_rng(0).random([1, *each.shape[1:]], np.float32)
            for each in session.get_inputs()
        }
        seconds = min(fastest(lambda: session.run(None, given), PATIENCE) for _ in range(3))
    return seconds, Bounds(report, device).fused.least
