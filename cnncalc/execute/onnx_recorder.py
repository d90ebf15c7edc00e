"""A network as nodes of ONNX: what onnxruntime would run is written down, from the same counterparts.

Nothing is computed but shapes, which onnx infers node by node, and the arithmetic on constants. The batch
stays open: shapes have BATCH in its place. Arrays are (N, channels, positions ...) where layers meet.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.execute.against import Framework
from cnncalc.execute.onnx_kernels import IR_VERSION, OPSET, OnnxKernels, Operators, typed, without_absent_end
from cnncalc.execute.values import Numbers, Value

BATCH = 1_000_003
"""The batch in the shapes of recorded tensors: no size of an honest network."""
OPSETS = {"": OPSET}
MOVED = ("Concat", "Flatten", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
"""Operators that are carried out on weights: the numbers stay the same."""
EACH = frozenset({
    "Abs", "Add", "And", "Cast", "Ceil", "Celu", "Cos", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu",
    "Greater", "HardSigmoid", "HardSwish", "LeakyRelu", "Less", "Log", "Max", "Mean", "Min", "Mish", "Mod",
    "Mul", "Neg", "Not", "Or", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin",
    "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tanh", "Where",
})  # fmt: skip
"""Operators that work value by value, in whatever order the axes stand."""
AXES_AT = {"ReduceMax": 1, "ReduceMean": 1, "ReduceSum": 1, "Slice": 3}
"""Operators along axes -> the place of the input that says which."""


class Stored(np.ndarray[Any, np.dtype[Any]]):
    """A weight of the network, or a view of one, with its name in the model; whether it is learned."""

    name: str
    learned: bool

    def __array_finalize__(self, made_of: Any) -> None:
        self.name, self.learned = getattr(made_of, "name", ""), getattr(made_of, "learned", True)


def stored(array: Numbers, name: str, *, learned: bool = True) -> Stored:
    """A weight with its name."""
    view = array.view(Stored)
    view.name, view.learned = name, learned
    return view


class Tensor:
    """The output of a node. `turned` is a tensor whose transpose this one is, and the order of the axes."""

    def __init__(self, name: str, shape: Sequence[int], type: int) -> None:
        self.name, self.shape, self.type = name, tuple(shape), type
        self.turned: tuple[Tensor, tuple[int, ...]] | None = None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]


class Recorder(Operators):
    """`recorder.Relu(x)` writes a node down, and gives the tensor that comes out.

    Transposes are put behind the operators that they meet, to where one cancels another.
    """

    def __init__(self, onnx: Any) -> None:
        super().__init__(onnx, None)
        self.layer = ""
        """The layer that is recorded."""
        self.nodes: list[tuple[str, Any]] = []
        """The name of a layer, and a node of it; in the order in which they run."""
        self.weights: dict[str, Stored] = {}
        """The weights as the nodes read them, by their names in the model."""
        self.inputs: list[Tensor] = []
        self._constants: dict[Any, str] = {}
        self._count = 0

    def input(self, name: str, shape: Sequence[int], *, tokens: bool) -> Tensor:
        """An input of the network, a sample of this shape."""
        types = self.onnx.TensorProto
        self.inputs.append(Tensor(name, (BATCH, *map(int, shape)), types.INT64 if tokens else types.FLOAT))
        return self.inputs[-1]

    def new_value(self, x: Any) -> Tensor:
        """The same value once more, where one node may give no two outputs; a constant, for each sample."""
        if isinstance(x, Tensor):
            found: Tensor = self._record(1, "Identity", [x], {})[0]
            return found
        return self._expanded(x, [BATCH, *x.shape[1:]])

    # ---- operators

    def several(self, count: int, operator: str, *inputs: Any, **attributes: Any) -> list[Any]:
        """The first so many outputs of an operator."""
        arrays: list[Any] = [
            x if x is None or isinstance(x, Tensor) else typed(x) for x in without_absent_end(inputs)
        ]
        if operator == "Transpose" and isinstance(arrays[0], Tensor):
            return [self._transposed(arrays[0], tuple(attributes["perm"]))]
        if operator in ("Reshape", "Expand") and arrays[0].shape == tuple(inputs[1]):
            return [arrays[0]]
        if operator == "Reshape":
            arrays[1] = typed(_open(inputs[1]))
        if operator == "Expand" and BATCH in inputs[1]:
            return [self._expanded(arrays[0], inputs[1])]
        if not any(isinstance(x, Tensor) for x in arrays):
            weights = [x for x in arrays if isinstance(x, Stored)]
            if not weights or operator in MOVED:
                found = self._carried_out(operator, arrays, attributes)[:count]
                return (
                    [stored(each, weights[0].name, learned=weights[0].learned) for each in found]
                    if weights
                    else found
                )
        behind = self._behind(operator, arrays, attributes)
        return self._record(count, operator, arrays, attributes) if behind is None else [behind]

    def moved(self, x: Any, source: int, target: int) -> Any:
        """An array with an axis in another place."""
        axes = list(range(x.ndim))
        axes.insert(target % x.ndim, axes.pop(source))
        return self.run("Transpose", x, perm=axes)

    def _transposed(self, x: Tensor, order: tuple[int, ...]) -> Tensor:
        """A transpose, together with the one before; none where both cancel each other."""
        if x.turned is not None:
            x, before = x.turned
            order = tuple(before[axis] for axis in order)
        if order == tuple(range(x.ndim)):
            return x
        (y,) = self._record(1, "Transpose", [x], {"perm": list(order)})
        y.turned = x, order
        found: Tensor = y
        return found

    def _behind(self, operator: str, arrays: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        """The operator before a transpose in place of behind it; None where that can't be."""
        tensors = [x for x in arrays if isinstance(x, Tensor)]
        orders = {x.turned[1] if x.turned else None for x in tensors}
        order = next(iter(orders)) if len(orders) == 1 else None
        if order is None:
            return None
        given = [x.turned[0] if isinstance(x, Tensor) and x.turned else x for x in arrays]
        attributes = dict(attributes)
        if operator in EACH or operator == "Concat":
            given = [x if isinstance(x, Tensor) else _before(x, order) for x in given]
            if any(x is None for x in given):
                return None
        elif operator == "Pad":
            sizes = arrays[1].reshape(2, -1)
            given[1] = sizes[:, np.argsort(order)].reshape(-1)
        elif operator in AXES_AT and attributes.get("keepdims", 1):
            place = AXES_AT[operator]
            given[place] = np.array([order[axis] for axis in arrays[place]], np.int64)
        elif operator != "Gather" or len(tensors) > 1 or arrays[1].ndim != 1:
            return None
        if operator in ("Concat", "Gather"):
            attributes["axis"] = order[attributes["axis"]]
        return self.run("Transpose", self.run(operator, *given, **attributes), perm=list(order))

    def _expanded(self, x: Any, sizes: Sequence[int]) -> Tensor:
        """Values repeated, for each sample too."""
        shape = np.broadcast_shapes(x.shape, sizes)
        if isinstance(x, Tensor) and len(x) == BATCH and x.ndim == len(sizes):
            whole: Any = typed([1, *sizes[1:]])
        else:
            batch = self.Slice(self.Shape(self.inputs[0]), [0], [1], [0])
            whole = self.Concat(batch, list(sizes[1:]), axis=0)
        (y,) = self._record(1, "Expand", [x, whole], {}, shape)
        found: Tensor = y
        return found

    def _carried_out(
        self, operator: str, arrays: Sequence[Any], attributes: Mapping[str, Any]
    ) -> list[Numbers]:
        """The outputs of an operator for constants, by onnx's own reference."""
        from onnx.reference import ReferenceEvaluator

        names = ["" if x is None else f"x{number}" for number, x in enumerate(arrays)]
        given = {name: np.asarray(x) for name, x in zip(names, arrays, strict=True) if name}
        helper = self.onnx.helper
        # so many outputs as the operator must have
        schema = self.onnx.defs.get_schema(operator, OPSET)
        outputs = [f"y{number}" for number in range(max(schema.min_output, 1))]
        node = helper.make_node(operator, names, outputs, **attributes)
        return [np.asarray(y) for y in ReferenceEvaluator(node, opsets=OPSETS).run(None, given)]

    # ---- nodes

    def _record(
        self,
        count: int,
        operator: str,
        arrays: Sequence[Any],
        attributes: Mapping[str, Any],
        shape: Sequence[int] | None = None,
    ) -> list[Any]:
        """A node written down, and its outputs; their shape is inferred, unless told."""
        if operator in EACH:
            arrays = [_without_ones(x) if isinstance(x, Stored) else x for x in arrays]
        names = [self._named(x, operator) for x in arrays]
        outputs = [self._new() for _ in range(count)]
        node = self.onnx.helper.make_node(operator, names, outputs, **attributes)
        self.nodes.append((self.layer, node))
        types = self._inferred(node, arrays)
        found = []
        for name in outputs:
            kind = types[name].tensor_type
            sizes = shape if shape is not None else [dim.dim_value for dim in kind.shape.dim]
            found.append(Tensor(name, sizes, kind.elem_type))
        return found

    def _inferred(self, node: Any, arrays: Sequence[Any]) -> Any:
        """The types of a node's outputs."""
        onnx, types, values = self.onnx, {}, {}
        for name, x in zip(node.input, arrays, strict=True):
            if x is None:
                continue
            kind = x.type if isinstance(x, Tensor) else onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
            types[name] = onnx.helper.make_tensor_type_proto(kind, x.shape)
            if not isinstance(x, Tensor | Stored):
                values[name] = onnx.numpy_helper.from_array(np.asarray(x), name)
        schema = onnx.defs.get_schema(node.op_type, OPSET)
        opsets = [onnx.helper.make_opsetid("", OPSET)]
        return onnx.shape_inference.infer_node_outputs(
            schema, node, types, values, opset_imports=opsets, ir_version=IR_VERSION
        )

    def _new(self) -> str:
        self._count += 1
        return f"value {self._count}"

    def _named(self, x: Any, operator: str) -> str:
        """The name of what a node reads: a tensor, a weight, or a constant, for which a node is made.

        What is not learned is a constant too, for a model can't say so of its weights; but readers know the
        statistics of a batch normalisation.
        """
        if x is None:
            return ""
        if isinstance(x, Tensor):
            return x.name
        if isinstance(x, Stored) and (x.learned or operator == "BatchNormalization"):
            return self._weight(x)
        key = x.dtype.str, x.shape, x.tobytes()
        if key not in self._constants:
            self._constants[key] = self._new()
            value = self.onnx.numpy_helper.from_array(np.asarray(x))
            node = self.onnx.helper.make_node("Constant", [], [self._constants[key]], value=value)
            self.nodes.append(("", node))
        return self._constants[key]

    def _weight(self, x: Stored) -> str:
        """The name of a weight; one that is read in several forms has a name for each."""
        name, number = x.name, 1
        while name in self.weights and not _same(self.weights[name], x):
            number += 1
            name = f"{x.name}.{number}"
        self.weights.setdefault(name, x)
        return name


def _same(one: Stored, other: Stored) -> bool:
    """Whether two views show the same values in the same order."""
    return one.__array_interface__ == other.__array_interface__


def _without_ones(x: Stored) -> Any:
    """A weight without the axes of size 1 before the others, which are added where it is stretched."""
    while x.ndim > 1 and x.shape[0] == 1:
        x = x[0]
    return x


def _open(sizes: Sequence[int]) -> list[int]:
    """The sizes of a reshape, the batch left open."""
    first, *others = map(int, sizes)
    if first != BATCH:
        return [first, *others]
    return [0 if -1 in others or 0 in others else -1, *others]


def _before(x: Any, order: Sequence[int]) -> Any:
    """A constant whose transpose is this one, as far as its shape tells; None where there is none."""
    if x is None or x.ndim > len(order):
        return None
    if x.size == 1:
        return x
    return x.reshape((1,) * (len(order) - x.ndim) + x.shape).transpose(np.argsort(order))


class RecordingKernels(OnnxKernels):
    """Kernels whose every step is a node."""

    def weight(self, array: Numbers, x: Value) -> Value:
        return self.value(self.raw(array[None]))

    def gather(self, x: Value, axis: int, places: Value) -> Value:
        fixed = places.array
        if isinstance(fixed, Tensor):
            return super().gather(x, axis, places)
        return self.value(self.gathered(x.array, axis + 1, np.asarray(fixed[0])))

    def places_of_largest(self, raw: Any, axis: int, count: int) -> Any:
        # of equal values, the operator names the first
        _, places = self.operators.several(2, "TopK", raw, [count], axis=axis)
        return self.operators.Cast(places, to=self.operators.onnx.TensorProto.FLOAT)


def recording(recorder: Recorder) -> Framework:
    """ONNX, node by node."""
    return Framework(
        RecordingKernels(recorder),
        lambda layer, weights, xs: layer.to_onnx(recorder, weights, *xs),
        recorder.moved,
    )
