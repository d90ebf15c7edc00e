"""Nodes into which onnxruntime's optimiser puts several operators, parted again into ONNX's own operators.

ONNX knows no shapes behind the operators of com.microsoft, and no layer kind is two operators in one.
Source of what each computes: the documentation of onnxruntime's contributed operators.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

SAME_SHAPE = ("Gelu", "LayerNormalization")
"""Operators whose output has the shape of the first input, whatever their domain and opset."""


class FusedNode:
    """A fused node that is being parted: `add` makes one of its operators, `value` a number that is read."""

    def __init__(self, onnx: Any, node: Any) -> None:
        self.onnx, self.node = onnx, node
        self.attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        self.parts: list[Any] = []

    def read(self, place: int) -> str:
        """The name of an input; empty where there is none."""
        return str(self.node.input[place]) if place < len(self.node.input) else ""

    def value(self, number: float) -> str:
        name = f"{self.node.output[0]} {len(self.parts)}"
        tensor = self.onnx.helper.make_tensor(name, self.onnx.TensorProto.FLOAT, [], [number])
        self.parts.append(self.onnx.helper.make_node("Constant", [], [name], value=tensor))
        return name

    def add(self, op: str, reads: Sequence[str], domain: str = "", **attributes: Any) -> str:
        name = f"{self.node.output[0]} {len(self.parts)}"
        own = self.node.name or self.node.output[0]
        made = self.onnx.helper.make_node(op, reads, [name], f"{own}/{op}", domain=domain, **attributes)
        self.parts.append(made)
        return name

    def given(self, *names: str) -> dict[str, Any]:
        """The attributes of these names that the node has."""
        return {name: self.attributes[name] for name in names if name in self.attributes}


def _activated(fused: FusedNode, x: str) -> None:
    name = fused.attributes.get("activation", b"").decode()
    numbers = list(fused.attributes.get("activation_params", ()))
    if name == "Clip":
        fused.add("Clip", [x, *(fused.value(number) for number in numbers)])
    elif name:
        fused.add(name, [x], **dict(zip(("alpha", "beta"), numbers, strict=False)))


def _conv(fused: FusedNode) -> None:
    names = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    y = fused.add("Conv", [name for name in map(fused.read, range(3)) if name], **fused.given(*names))
    if fused.read(3):
        y = fused.add("Add", [y, fused.read(3)])
    _activated(fused, y)


def _gemm(fused: FusedNode) -> None:
    reads = [name for name in map(fused.read, range(3)) if name]
    _activated(fused, fused.add("Gemm", reads, **fused.given("alpha", "beta", "transA", "transB")))


def _gelu(fused: FusedNode) -> None:
    """With a bias before, or by its approximation with tanh."""
    x = fused.add("Add", [fused.read(0), fused.read(1)]) if fused.read(1) else fused.read(0)
    options = {"approximate": "tanh"} if fused.node.op_type == "FastGelu" else {}
    fused.add("Gelu", [x], "com.microsoft", **options)


def _quick_gelu(fused: FusedNode) -> None:
    x = fused.read(0)
    scaled = fused.add("Mul", [x, fused.value(fused.attributes.get("alpha", 1.702))])
    fused.add("Mul", [x, fused.add("Sigmoid", [scaled])])


def _skip_layer_norm(fused: FusedNode) -> None:
    total = fused.add("Add", [fused.read(0), fused.read(1)])
    if fused.read(4):
        total = fused.add("Add", [total, fused.read(4)])
    reads = [total, *filter(None, (fused.read(2), fused.read(3)))]
    if len(fused.node.output) > 3:
        fused.parts[-1].output[0] = reads[0] = fused.node.output[3]
    fused.add("LayerNormalization", reads, axis=-1, **fused.given("epsilon"))


_PARTED: dict[str, Callable[[FusedNode], None]] = {
    "FusedConv": _conv,
    "FusedGemm": _gemm,
    "BiasGelu": _gelu,
    "FastGelu": _gelu,
    "QuickGelu": _quick_gelu,
    "SkipLayerNormalization": _skip_layer_norm,
}


def part(onnx: Any, model: Any) -> None:
    """Puts ONNX's operators in the place of the fused ones, each under its name behind the node's."""
    nodes = [each for node in model.graph.node for each in _parts(onnx, node)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _parts(onnx: Any, node: Any) -> Iterator[Any]:
    if node.domain != "com.microsoft" or node.op_type not in _PARTED:
        yield node
        return
    fused = FusedNode(onnx, node)
    _PARTED[node.op_type](fused)
    fused.parts[-1].output[0] = node.output[0]
    yield from fused.parts


def tell_shapes(onnx: Any, model: Any, shapes: dict[str, tuple[int, ...]]) -> bool:
    """Writes down shapes that ONNX does not infer; whether there were any."""
    found = {
        node.output[0]: shapes[node.input[0]]
        for node in model.graph.node
        if node.op_type in SAME_SHAPE and node.input[0] in shapes and node.output[0] not in shapes
    }
    for name, shape in found.items():
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        known = [each for each in model.graph.output if each.name == name]
        if known:
            known[0].CopyFrom(value)
        else:
            model.graph.value_info.append(value)
    shapes |= found
    return bool(found)
