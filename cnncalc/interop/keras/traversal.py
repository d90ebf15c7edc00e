"""What a walk through a model's configuration finds: the calls that are needed, recorded shapes, paths."""

import re
from collections import Counter

from cnncalc.interop.keras.config import (
    INPUT,
    ModelConfig,
)
from cnncalc.layers.support.base import Shape, from_layout


def recorded_shapes(config: ModelConfig, layout: str) -> dict[tuple[str, int], dict[int, Shape]]:
    """The shapes that a model's calls record for the values they read: by layer and call, then by output."""
    found: dict[tuple[str, int], dict[int, Shape]] = {}
    for layer in config.layers.values():
        for call in layer.calls:
            for reference in call.tensors():
                sizes = reference.shape[1:] if reference.shape else None
                if sizes is not None and all(type(size) is int for size in sizes):
                    shape = from_layout(sizes, layout) if sizes else (1,)
                    found.setdefault((reference.layer, reference.call), {})[reference.output] = shape
    return found


def needed_calls(config: ModelConfig) -> set[tuple[str, int]]:
    """The calls that a model's outputs come from; not those that make masks, which nothing here reads."""
    found = {(reference.layer, reference.call) for reference in config.outputs}
    left = list(found)
    while left:
        name, number = left.pop()
        calls = config.layers[name].calls
        if number >= len(calls):
            found.discard((name, number))  # told where it is read
            continue
        reads = {(read.layer, read.call) for read in calls[number].tensors()} - found
        found |= reads
        left += reads
    return found


def weight_paths(config: ModelConfig, path: str) -> dict[str, str]:
    """Layer name -> its path in a weights file, where layers are counted by class in the model's order."""
    counts: Counter[str] = Counter()
    paths = {}
    for layer in config.layers.values():
        paths[layer.name] = ""
        if layer.operator or (layer.cls == INPUT and config.sequential):
            continue
        word = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", layer.cls))
        word = re.sub("([a-z])([A-Z])", r"\1_\2", word).lower()
        number = counts[word]
        counts[word] += 1
        paths[layer.name] = f"{path}layers/{word}_{number}" if number else f"{path}layers/{word}"
    return paths
