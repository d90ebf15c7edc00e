"""Networks in which every kind is met: the cases of layer_cases.yaml, and the examples of the kinds."""

from pathlib import Path
from typing import Any

import yaml

import cnncalc
from cnncalc.layers import find, names

CASES = yaml.safe_load((Path(__file__).parents[1] / "layer_cases.yaml").read_text(encoding="utf-8"))


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


def load(case: Any) -> cnncalc.Network:
    return cnncalc.load({"input": case[0], "layers": case[1]})
