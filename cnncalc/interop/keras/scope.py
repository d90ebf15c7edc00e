"""A list of layers of a spec as it is written: free names, and the layer that the next one reads."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cnncalc.layers.support.base import Shape
from cnncalc.spec.document import is_name

LONGEST_NAME = 100


class LayerTensor(NamedTuple):
    """The output of a layer of the spec: the layer's full name; its shape, or None where the layer failed."""

    name: str
    shape: Shape | None


FAILED = LayerTensor("", None)


def spec_name(name: str) -> str:
    """A name as a spec can have it: other characters become underscores."""
    return name if is_name(name) else re.sub(r"[^\w-]", "_", name)[:LONGEST_NAME]


class Scope:
    """A list of layers being written: the model's own, or a block's."""

    def __init__(self, prefix: str, at: str, taken: Iterable[str]) -> None:
        self.prefix, self.at = prefix, at
        self.taken = set(taken)
        self.items: list[dict[str, Any]] = []

    def name(self, wanted: str) -> str:
        """A name that nothing else here has."""
        base = name = spec_name(wanted)
        number = 1
        while name in self.taken:
            number += 1
            name = f"{base[: LONGEST_NAME - 8]}_{number}"
        self.taken.add(name)
        return name

    def block(self, name: str, inputs: Sequence[LayerTensor]) -> "Scope":
        """A block of that name, whose layers may have any names but those that they read from outside."""
        taken = {tensor.name.partition(".")[0] for tensor in inputs} | {name}
        return Scope(f"{self.prefix}{name}.", inputs[0].name if inputs else self.at, taken)

    def close(self, inner: "Scope", name: str, inputs: Sequence[LayerTensor]) -> None:
        """Writes a block; the next layer reads the block's last one."""
        if inner.items:
            options = self.reading({"name": name}, inputs[:1])
            self.items.append({"block": options | {"layers": inner.items}})
            self.at = inner.at

    def reading(self, options: dict[str, Any], sources: Sequence[LayerTensor]) -> dict[str, Any]:
        """The options of a layer that reads one tensor: `from` where that is not the layer before."""
        return options | {"from": sources[0].name} if sources and sources[0].name != self.at else options
