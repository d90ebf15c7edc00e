"""A built-in network in PyTorch, run as one would write it: in place where it can be, and nothing kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import cnncalc

sys.path.append(str(Path(__file__).parents[1] / "tests" / "slow"))  # the tests' builder


class Eager(nn.Module):
    """The layers in order; a map is let go after its last use."""

    def __init__(self, layers: list[nn.Module], reads: list[tuple[int, ...]], output: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        last = {source: step for step, sources in enumerate(reads) for source in sources}
        last[output] = len(reads)
        drops: list[list[int]] = [[] for _ in range(len(reads) + 1)]
        for source, step in last.items():
            drops[step].append(source)
        self.steps = list(zip(reads, self.layers, drops, strict=False))
        self.output = output

    def forward(self, x: Any) -> Any:
        known = {0: x}
        for number, (reads, layer, drops) in enumerate(self.steps, 1):
            y = layer(*[known[source] for source in reads])
            for source in drops:
                del known[source]
            known[number] = y
        return known[self.output]


def model(name: str, weights: Path, *, in_place: bool = True) -> Eager:
    """The network with these weights, for inference."""
    from torch_build import network

    report = cnncalc.load(name).analyze()
    graph, facts = report.graph, report.facts
    with torch.device("meta"):  # nothing is drawn at random that is replaced anyway
        layers = list(network(graph, [(fact.inputs, fact.output) for fact in facts]).layers)
    with np.load(weights) as arrays:
        for node, fact, layer in zip(graph.nodes, facts, layers, strict=True):
            names = [key for key in layer.state_dict() if not key.endswith("num_batches_tracked")]
            given = [torch.from_numpy(arrays[f"{node.name}.{own}"]) for own in fact.arrays]
            layer.load_state_dict(dict(zip(names, given, strict=True)), strict=False, assign=True)
            for module in layer.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.num_batches_tracked = torch.tensor(0)
    if in_place:
        readers = graph.readers()
        for node, layer in zip(graph.nodes, layers, strict=True):
            fresh = node.inputs[0] > 0 and len(readers[node.inputs[0]]) == 1
            parts = [layer] if fresh and not isinstance(layer, nn.Sequential) else list(layer.children())
            for part in parts:
                if isinstance(part, nn.ReLU | nn.ReLU6):
                    part.inplace = True
    return Eager(layers, [node.inputs for node in graph.nodes], graph.outputs[0]).eval()
