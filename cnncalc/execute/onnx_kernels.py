"""Operators of ONNX, each run by onnxruntime at once, and the kernels made of them.

The libraries are given, so that nothing here imports them. Arrays are NumPy's, in float32.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from cnncalc.execute.framework_kernels import FrameworkKernels
from cnncalc.execute.values import Numbers, Value
from cnncalc.layers.support.reach import Span

OPSET = 20
"""The first with Gelu."""
IR_VERSION = 9
"""The version of the format that the operators came with; onnxruntime may not read a newer one yet."""


class Operators:
    """`operators.Conv(x, weight, strides=[2, 2])` runs an operator, and gives the array that comes out.

    A number is a float, a list whole numbers (sizes, axes, indices), None an input left out. A model of one
    operator is made once for all arrays of its types.
    """

    def __init__(self, onnx: Any, onnxruntime: Any) -> None:
        self.onnx, self.onnxruntime = onnx, onnxruntime
        self._sessions: dict[Any, Any] = {}

    def __getattr__(self, operator: str) -> Any:
        if not operator[0].isupper():
            raise AttributeError(operator)
        return partial(self.run, operator)

    def run(self, operator: str, *inputs: Any, **attributes: Any) -> Numbers:
        """The first output of an operator."""
        return self.several(1, operator, *inputs, **attributes)[0]

    def several(self, count: int, operator: str, *inputs: Any, **attributes: Any) -> list[Numbers]:
        """The first so many outputs of an operator."""
        arrays = [None if x is None else typed(x) for x in without_absent_end(inputs)]
        types = tuple(None if array is None else array.dtype.str for array in arrays)
        made_of = (count, operator, types, repr(attributes))
        if made_of not in self._sessions:
            self._sessions[made_of] = self._session(count, operator, arrays, attributes)
        fed = {f"x{number}": array for number, array in enumerate(arrays) if array is not None}
        found: list[Numbers] = self._sessions[made_of].run(None, fed)
        return found

    def _session(self, count: int, operator: str, arrays: Sequence[Numbers | None], attributes: Any) -> Any:
        helper = self.onnx.helper
        names = ["" if array is None else f"x{number}" for number, array in enumerate(arrays)]
        types = {
            name: helper.np_dtype_to_tensor_dtype(array.dtype)
            for name, array in zip(names, arrays, strict=True)
            if array is not None
        }
        inputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in types.items()]
        # the operator itself gives the type of its output
        outputs = [self.onnx.ValueInfoProto(name=f"y{number}") for number in range(count)]
        node = helper.make_node(operator, names, [output.name for output in outputs], **attributes)
        graph = helper.make_graph([node], "operator", inputs, outputs)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        options = self.onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # an operator is over before threads are up
        options.log_severity_level = 3  # errors alone: its warnings are about itself
        return self.onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def without_absent_end(inputs: Sequence[Any]) -> Sequence[Any]:
    """The inputs of an operator without those left out at the end.

    A last input without a name makes the LayerNormalization of onnxruntime end Python.
    """
    number = len(inputs)
    while number and inputs[number - 1] is None:
        number -= 1
    return inputs[:number]


def typed(x: Any) -> Numbers:
    """An input of an operator as an array: floats in float32."""
    if isinstance(x, np.ndarray):
        return x.astype(np.float32, copy=False) if x.dtype.kind == "f" else x
    return np.array(x, np.float32 if isinstance(x, float | int) else np.int64)


class OnnxKernels(FrameworkKernels):
    """Kernels whose every step is an operator of ONNX, run by onnxruntime."""

    def __init__(self, operators: Operators) -> None:
        self.operators = operators

    def raw(self, numbers: Numbers, like: Any = None) -> Any:
        return numbers.astype(np.float32, copy=False) if numbers.dtype.kind == "f" else numbers

    def apply(self, operator: str, *raws: Any) -> Any:
        return self.operators.run(operator, *raws)

    def reduced(self, how: str, raw: Any, axes: Sequence[int]) -> Any:
        return self.operators.run(f"Reduce{how.capitalize()}", raw, list(axes), keepdims=1)

    def shaped(self, raw: Any, shape: Sequence[int]) -> Any:
        return self.operators.Reshape(raw, [int(size) for size in shape])

    def turned(self, raw: Any, order: Sequence[int]) -> Any:
        return self.operators.Transpose(raw, perm=[int(axis) for axis in order])

    def gathered(self, raw: Any, axis: int, indices: Numbers) -> Any:
        return self.operators.Gather(raw, indices.astype(np.int64), axis=axis)

    def rows(self, raw: Any, indices: Any) -> Any:
        places = self.operators.Cast(indices, to=self.operators.onnx.TensorProto.INT64)
        return self.operators.GatherND(raw, self.operators.Unsqueeze(places, [-1]), batch_dims=1)

    def bordered(self, raw: Any, widths: Sequence[Span], value: float) -> Any:
        befores, afters = zip(*widths, strict=True)
        if not any(befores) and not any(afters):
            return raw
        return self.operators.Pad(raw, [*befores, *afters], value)

    def part(self, x: Value, axis: int, start: int, stop: int) -> Value:
        (along,) = self._counted(x, (axis,))
        first, last, _ = slice(int(start), int(stop)).indices(x.array.shape[along])
        return self.value(self.operators.Slice(x.array, [first], [last], [along]))

    def mean(self, x: Value, *axes: int) -> Value:
        return self.value(self.reduced("mean", x.array, self._counted(x, axes)))

    def joined(self, raws: Sequence[Any], axis: int) -> Any:
        return self.operators.Concat(*raws, axis=axis)

    def multiplied(self, one: Any, other: Any) -> Any:
        return self.operators.MatMul(one, other)

    def stretched(self, raw: Any, shape: Sequence[int]) -> Any:
        sizes = [1 if size == -1 else int(size) for size in shape]
        return self.operators.Expand(raw, sizes)

    def running_sums(self, raw: Any, axis: int) -> Any:
        return self.operators.CumSum(raw, np.array(axis, np.int64))

    def places_of_largest(self, raw: Any, axis: int, count: int) -> Any:
        # the second output of TopK is places, but of equal values it may not name the first
        return np.argsort(-raw, axis, kind="stable").take(range(count), axis).astype(raw.dtype)
