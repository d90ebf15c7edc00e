"""Networks in which every kind is met: the cases of layer_cases.yaml, and the examples of the kinds."""

from pathlib import Path
from typing import Any

import yaml

import cnncalc
from cnncalc.layers import find, names

CASES = yaml.safe_load((Path(__file__).parents[1] / "layer_cases.yaml").read_text(encoding="utf-8"))


def can_run(name: str) -> bool:
    """Whether a kind runs on random values: no kind says what opaque computes, an unpooling reads places."""
    cls = find(name)
    return cls is not None and cls.complete and name != "max_unpool"


def examples() -> list[Any]:
    found = []
    for name in names():
        cls = find(name)
        assert cls is not None
        for example in cls.examples if can_run(name) else ():
            spec = example.spec()
            found.append([spec["input"], spec["layers"]])
    return found


def load(case: Any) -> cnncalc.Network:
    return cnncalc.load({"input": case[0], "layers": case[1]})
