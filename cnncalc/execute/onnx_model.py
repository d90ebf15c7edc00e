"""ONNX models written node by node, for `to_onnx` of the kinds. Arrays are (1, channels, positions ...)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from cnncalc.execute.arrays import Numbers
from cnncalc.layers.support.base import Layer, Shape

OPSET = 20
"""The first with Gelu."""
IR_VERSION = 9
"""The one that came with it; what writes a newer one may write what onnxruntime can't read yet."""


class Tensor:
    """A value in the graph. What a layer reads also knows its shape as the kinds have it: channels last."""

    __array_ufunc__ = None  # an array on the left leaves the operator to the tensor

    def __init__(self, nodes: Nodes, name: str, shape: Shape = ()) -> None:
        self.nodes, self.name, self.shape = nodes, name, shape

    def __add__(self, other: Any) -> Tensor:
        return self.nodes.add("Add", self, other)

    def __sub__(self, other: Any) -> Tensor:
        return self.nodes.add("Sub", self, other)

    def __mul__(self, other: Any) -> Tensor:
        return self.nodes.add("Mul", self, other)

    def __truediv__(self, other: Any) -> Tensor:
        return self.nodes.add("Div", self, other)


class Nodes:
    """A graph on its way: `nodes.Conv(x, weight, strides=[2, 2])` adds a node, and is what it puts out.

    A number is a constant, a list whole numbers (sizes, axes, indices), None an input left out. An array is
    fed when the model runs, since a model that holds its weights can be larger than files of its sort may be.
    """

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.fed: dict[str, Numbers] = {}
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def __getattr__(self, operator: str) -> Any:
        if not operator[0].isupper():
            raise AttributeError(operator)
        return partial(self.add, operator)

    def add(self, operator: str, *inputs: Any, **attributes: Any) -> Tensor:
        name = self._name()
        names = [self._input(x) for x in inputs]
        self._nodes.append(self.onnx.helper.make_node(operator, names, [name], name, **attributes))
        return Tensor(self, name)

    def several(self, count: int, operator: str, *inputs: Any, **attributes: Any) -> list[Tensor]:
        """The same for an operator with so many outputs."""
        names = [self._name() for _ in range(count)]
        read = [self._input(x) for x in inputs]
        self._nodes.append(self.onnx.helper.make_node(operator, read, names, names[0], **attributes))
        return [Tensor(self, name) for name in names]

    def feed(self, array: Numbers, shape: Shape = ()) -> Tensor:
        """An input of the model, with the array that it is to read."""
        name = self._name()
        self.fed[name] = array.astype(np.float32) if array.dtype.kind == "f" else array
        return Tensor(self, name, shape)

    def model(self, result: Tensor) -> bytes:
        """The model that puts out this value, as a file would hold it."""
        helper = self.onnx.helper
        last = self.add("Identity", result)  # an input may be what comes out
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in self.fed.items()
        ]
        kind = self.onnx.TensorProto.FLOAT
        outputs = [helper.make_tensor_value_info(last.name, kind, None)]
        graph = helper.make_graph(self._nodes, "layer", inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", OPSET)]
        made: bytes = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION
        ).SerializeToString()
        return made

    def _input(self, x: Any) -> str:
        if x is None:
            return ""
        if isinstance(x, Tensor):
            return x.name
        if isinstance(x, np.ndarray):
            return self.feed(x).name
        array = np.array(x, np.float32 if isinstance(x, float | int) else np.int64)
        name = self._name()
        self._constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"


def run_onnx(
    onnx: Any,
    onnxruntime: Any,
    layer: Layer,
    arrays: tuple[Mapping[str, Numbers], Mapping[str, Numbers]],
    xs: Sequence[Numbers],
) -> Numbers:
    """What a layer puts out in onnxruntime; `arrays` are its own, and those of its `activation` option."""
    nodes = Nodes(onnx)
    y = layer.to_onnx(nodes, arrays[0], *(nodes.feed(x, (*x.shape[2:], x.shape[1])) for x in xs))
    y = _run(onnxruntime, nodes, y)
    if layer.activation is None:
        return y
    nodes = Nodes(onnx)
    x = nodes.feed(y, (*y.shape[2:], y.shape[1]))
    return _run(onnxruntime, nodes, layer.activation.to_onnx(nodes, arrays[1], x))


def _run(onnxruntime: Any, nodes: Nodes, result: Tensor) -> Numbers:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a layer is over before threads are up
    options.log_severity_level = 3  # errors: what it warns of is its own
    session = onnxruntime.InferenceSession(nodes.model(result), options, ["CPUExecutionProvider"])
    read = {each.name for each in session.get_inputs()}
    found: Numbers = session.run(None, {name: array for name, array in nodes.fed.items() if name in read})[0]
    return found
