"""ONNX models. Weights that stand in other files are left there, and may be absent."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from cnncalc.errors import Fault, Place, SpecError, UsageError, reason_of
from cnncalc.interop.model import Model, Origin, Reading, Size
from cnncalc.interop.onnx_folding import fold, is_stored
from cnncalc.interop.onnx_operators import OPERATORS, NodeCall
from cnncalc.interop.onnx_skeleton import read_skeleton
from cnncalc.interop.outline import CallKey, plain_name
from cnncalc.interop.reader import GraphReader, Step
from cnncalc.interop.tensors import Array, UnsupportedError
from cnncalc.layers.support.base import Shape

LARGEST = 2**31
FLOATS = (1, 10, 11, 16)
"""The numbers of the types that are floating-point: float, half, double, bfloat16."""


def read(path: Path, name: str) -> Model:
    """The model in a file; raises SpecError where it can't be read, UsageError where onnx is missing."""
    try:
        import onnx
        import onnx.numpy_helper
        import onnx.shape_inference
    except ImportError:
        raise UsageError("ONNX models need onnx", "pip install 'cnncalc[onnx]'", "missing_library") from None
    try:
        large = path.stat().st_size > LARGEST
        model, places = (None, {}) if large else _load(onnx, path)
    except OSError as error:
        raise _unreadable(reason_of(error), name) from None
    except Exception as error:  # noqa: BLE001 - protobuf's errors are of no common type
        raise _unreadable(f"holds no ONNX model that can be read: {str(error).lower()[:200]}", name) from None
    if model is None:
        raise _unreadable("is larger than 2 GiB", name, "put its weights in a file beside it")
    return OnnxModel(onnx, model, path, name, places)


def _load(onnx: Any, path: Path) -> tuple[Any, Mapping[int, tuple[int, int]]]:
    """The model in a file without the values of its large arrays, and the places of these in the file."""
    try:
        found = read_skeleton(path)
    except (OSError, ValueError):
        # onnx says what is wrong with the file
        return onnx.load(path, load_external_data=False), {}
    return onnx.load_model_from_string(found.data), found.places


def _unreadable(message: str, file: str, help: str = "") -> SpecError:
    return SpecError(Fault("unreadable_file", message, help, Place(file)))


def _names_are_texts(graph: Any) -> bool:
    """Whether all names are texts: a name that is no UTF-8 comes as bytes."""
    named = (*graph.input, *graph.output, *graph.initializer, *graph.value_info, *graph.node)
    used = (text for node in graph.node for text in (node.op_type, node.domain, *node.input, *node.output))
    return all(isinstance(text, str) for text in (*(each.name for each in named), *used))


class OnnxModel(Model):
    """An ONNX model."""

    layout = "chw"

    def __init__(
        self, onnx: Any, model: Any, path: Path, file: str, places: Mapping[int, tuple[int, int]]
    ) -> None:
        self.onnx, self.model, self.path, self.file = onnx, model, path, file
        if not _names_are_texts(model.graph):
            raise self.fault("unreadable_file", "has names that are no UTF-8")
        self._places = {model.graph.initializer[number].name: place for number, place in places.items()}
        stored = {tensor.name for tensor in model.graph.initializer}
        self.tensors = [value for value in model.graph.input if value.name not in stored]
        names = [plain_name(value.name).replace(".", "_") for value in self.tensors]
        if len(set(names)) < len(names) or not names:
            raise self.fault("unreadable_file", "has no inputs, or two of one name")
        self.names = dict(zip(names, self.tensors, strict=True))
        self.inputs = {name: self._own(value) for name, value in self.names.items()}

    def _sizes(self, value: Any) -> list[Size]:
        dims = value.type.tensor_type.shape.dim
        return [dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None for dim in dims]

    def batch_axis(self, value: Any) -> int | None:
        """The first axis, of an input that has any; the second one of steps that a recurrence reads."""
        rank = len(self._sizes(value))
        return (1 if rank == 3 and value.name in self._steps else 0) if rank else None

    @cached_property
    def _steps(self) -> set[str]:
        """What recurrences read whose first axis is time."""
        return {
            node.input[0]
            for node in self.model.graph.node
            if node.op_type in ("LSTM", "GRU", "RNN") and node.input
            if not any(each.name == "layout" and each.i for each in node.attribute)
        }

    def _own(self, value: Any) -> tuple[Size, ...]:
        return tuple(size for axis, size in enumerate(self._sizes(value)) if axis != self.batch_axis(value))

    def whole(self, value: Any, own: Sequence[int]) -> tuple[int, ...]:
        """The shape of an input with its batch, of the sizes of a sample."""
        batch = self.batch_axis(value)
        return tuple(own) if batch is None else (*own[:batch], self.samples, *own[batch:])

    @property
    def samples(self) -> int:
        """The batch that the file fixes; 1 where it leaves the batch open."""
        axes = [(self._sizes(value), self.batch_axis(value)) for value in self.tensors]
        first = {sizes[axis] for sizes, axis in axes if axis is not None}
        return next(iter(first)) or 1 if len(first) == 1 else 1

    def reading(self, inputs: Mapping[str, tuple[int, ...]], *, opaque: bool = False) -> Reading:
        model = self.onnx.ModelProto()
        model.CopyFrom(self.model)
        for name, value in self.names.items():
            given = next(each for each in model.graph.input if each.name == value.name)
            fixed = self.inputs[name]
            if any(size not in (None, own) for size, own in zip(fixed, inputs[name], strict=True)):
                told = "x".join(map(str, inputs[name]))
                message = (
                    f"the file fixes its input {name} at {'x'.join(map(str, fixed))}, and {told} was given"
                )
                raise UsageError(message, "export it with open sizes, or leave --input out", "fixed_size")
            whole = self.whole(value, inputs[name])
            for dim, size in zip(given.type.tensor_type.shape.dim, whole, strict=False):
                dim.dim_value = size
        try:
            folded = fold(self.onnx, model)
        except Exception as error:  # noqa: BLE001 - onnx raises errors of many types for a wrong graph
            message = f"its shapes can't be worked out: {str(error)[:300]}"
            raise self.fault("unreadable_file", message) from None
        try:
            return OnnxReader(self, *folded, opaque=opaque).reading(inputs)
        except RecursionError:
            raise self.fault("unreadable_file", "nests too deeply") from None

    def values_of(self, tensor: Any) -> Callable[[], Any]:
        """A function that reads the values of an array, from the file or from the one beside it."""

        def values() -> Any:
            in_file = tensor.name in self._places
            if not in_file and not is_stored(self.onnx, tensor) and not tensor.external_data:
                raise self.fault("unreadable_file", f"holds no values of {tensor.name}")
            try:
                whole = self._with_values(tensor) if in_file else tensor
                return self.onnx.numpy_helper.to_array(whole, str(self.path.parent))
            except Exception as error:  # noqa: BLE001 - a missing file, a wrong length, a path outside the folder
                message = f"the values of {tensor.name} can't be read: {str(error)[:200]}"
                raise self.fault("unreadable_file", message) from None

        return values

    def _with_values(self, tensor: Any) -> Any:
        """The array of the skeleton with its values, read from the file."""
        whole = self.onnx.TensorProto()
        whole.CopyFrom(tensor)
        start, end = self._places[tensor.name]
        with self.path.open("rb") as file:
            file.seek(start)
            whole.raw_data = file.read(end - start)
        return whole

    @property
    def names_layers(self) -> bool:
        """Whether nodes are called as layers, with the operator behind a / where several are one layer."""
        return bool(self.model.producer_name == "cnncalc")

    @property
    def has_values(self) -> bool:
        """Whether the values of the weights are there."""
        for tensor in self.model.graph.initializer:
            for entry in tensor.external_data:
                if entry.key == "location" and not (self.path.parent / entry.value).is_file():
                    return False
        return True


class OnnxReader(GraphReader):
    """Reads one graph whose constants are folded."""

    model: OnnxModel

    def __init__(
        self,
        model: OnnxModel,
        folded: Any,
        constants: Mapping[str, Any],
        shapes: Mapping[str, Shape],
        *,
        opaque: bool,
    ) -> None:
        super().__init__(model, model.samples, opaque=opaque)
        self.graph, self.constants, self.shapes = folded.graph, constants, shapes
        self.opset = max((each.version for each in folded.opset_import if not each.domain), default=1)
        self.statistics = {
            name
            for node in self.graph.node
            if node.op_type == "BatchNormalization"
            for name in node.input[3:5]
        }

    @property
    def steps(self) -> Iterable[Step]:
        return ((node.op_type, node.input, node.output) for node in self.graph.node)

    def reading(self, inputs: Mapping[str, Shape]) -> Reading:
        env: dict[str, Any] = {}
        for tensor in self.graph.initializer:
            env[tensor.name] = self._array(tensor)
        for name, value in self.model.names.items():
            shape, batch = self.model.whole(value, inputs[name]), self.model.batch_axis(value)
            env[value.name] = self.add_input(name, shape, batch, value.name)
        for number, node in enumerate(self.graph.node):
            self._node(node, number, env)
        self.tell()
        results = [env[value.name] for value in self.graph.output if env.get(value.name) is not None]
        return self.spec(results, with_values=self.model.has_values)

    def _array(self, tensor: Any) -> Array:
        """An array of the file. What is learned the file does not tell: floating-point values count so."""
        shape = tuple(tensor.dims)
        role = "constant"
        if tensor.name in self._own_names and tensor.data_type in FLOATS:
            role = "buffer" if tensor.name in self.statistics else "learned"
        if tensor.name in self.constants:
            value = self.constants[tensor.name]
            array = Array(tensor.name, shape, role, lambda: value)
        else:
            array = Array(tensor.name, shape, role, self.model.values_of(tensor))
        if role != "constant":
            self.arrays[tensor.name] = array
        return array

    @cached_property
    def _own_names(self) -> set[str]:
        return {tensor.name for tensor in self.model.model.graph.initializer}

    @cached_property
    def _made_up(self) -> set[str]:
        """The constants that follow from others, in no node and no array of the file."""
        nodes = self.model.model.graph.node
        given = {name for node in nodes if node.op_type == "Constant" for name in node.output}
        return set(self.constants) - self._own_names - given

    @cached_property
    def _read(self) -> set[str]:
        """The values that nodes read, or that the network puts out."""
        outputs = {value.name for value in self.graph.output}
        return outputs.union(*(node.input for node in self.graph.node))

    def _node(self, node: Any, number: int, env: dict[str, Any]) -> None:
        name = node.name or next(iter(node.output), "") or f"node {number}"
        scopes, line = _metadata(node)
        self.ops.origin = origin = Origin(node.op_type, name, line)
        if self.model.names_layers:
            scopes = _scopes_of_layer(node.name.partition("/")[0])
        if scopes is not None or node.name.startswith("/"):
            self.ops.outline.enter(scopes if scopes is not None else _scopes_of(node.name))
        outputs = [output for output in node.output if output]
        missing = next((each for each in node.input if each and each not in env), None)
        if missing is not None:
            raise self.model.fault(
                "unreadable_file", f"{name} reads {missing[:100]}, which nothing before computes"
            )
        inputs = [env[each] if each else None for each in node.input]
        if any(each is _LOST for each in inputs):
            env.update(dict.fromkeys(outputs, _LOST))
            return
        out = [self.shapes.get(output) for output in outputs]
        try:
            env.update(zip(outputs, self._made(node, inputs, out), strict=False))
        except UnsupportedError as error:
            self._lose(origin, str(error), outputs, inputs, out, env)
            return
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            told = f"{type(error).__name__} {error}"
            message = f"{name}: the inputs or attributes of {node.op_type} can't be read: {told}"
            raise self.model.fault("unreadable_file", message) from None
        for output, shape in zip(outputs, out, strict=True):
            self.check(origin, env.get(output), shape)

    def _made(self, node: Any, inputs: Sequence[Any], out: Sequence[Shape | None]) -> list[Any]:
        if node.domain not in ("", "ai.onnx", "com.microsoft") or node.op_type not in OPERATORS:
            raise UnsupportedError
        if any(shape is None for shape in out):
            raise UnsupportedError("a shape that follows from the values of the input")
        attributes = {each.name: self.model.onnx.helper.get_attribute_value(each) for each in node.attribute}
        plain = {
            key: value.decode() if isinstance(value, bytes) else _shortest(value)
            for key, value in attributes.items()
        }
        wanted = [output in self._read for output in node.output if output]
        if (
            node.op_type in ("Conv", "Gemm")
            and isinstance(inputs[1], Array)
            and inputs[1].name in self._made_up
        ):
            # the arrays that the kernel follows from are counted, and the kernel is not
            inputs = [inputs[0], self.ops.tensor(inputs[1]), *inputs[2:]]
        call = NodeCall(node, inputs, plain, out, wanted, self.opset)
        return call.results(OPERATORS[node.op_type](self.ops, call))

    def _lose(
        self, origin: Origin, why: str, outputs: Sequence[str], inputs: Sequence[Any],
        out: Sequence[Shape | None], env: dict[str, Any],
    ) -> None:  # fmt: skip
        from cnncalc.interop.tensors import Tensor

        reads = [x for x in inputs if isinstance(x, Tensor)]
        for output, shape in zip(outputs, out, strict=True):
            known = self.opaque and shape is not None
            env[output] = self.ops.opaque(origin.op, reads, shape) if known and shape is not None else _LOST
        if any(env[output] is _LOST for output in outputs):
            self.note_unknown(origin, why)


_LOST = object()
"""The value of an output that follows from an unknown operator."""


def _scopes_of(name: str) -> list[CallKey]:
    """The modules that a node's name tells of: of /layer1/layer1.0/conv1/Conv layer1, its 0, and conv1.

    >>> [name for _, name in _scopes_of("/layer1/layer1.0/conv1/Conv")]
    ['layer1', '0', 'conv1']
    """
    calls: list[CallKey] = []
    before = ""
    for part in name.split("/")[1:-1]:
        own = part[len(before) + 1 :] if before and part.startswith(f"{before}.") else part
        calls.append((f"{calls[-1][0] if calls else ''}/{part}", own))
        before = part
    return calls


def _scopes_of_layer(name: str) -> list[CallKey]:
    """The groups around a layer, and the layer itself, as modules.

    >>> _scopes_of_layer("stem.conv1")
    [('stem', 'stem'), ('stem.conv1', 'conv1')]
    """
    own = name.split(".")
    return [(".".join(own[:depth]), own[depth - 1]) for depth in range(1, len(own) + 1)]


def _metadata(node: Any) -> tuple[list[CallKey] | None, str]:
    """The modules and the line of code that the newer exporter keeps with a node."""
    from cnncalc.interop.exported import line_of

    kept = {each.key: each.value for each in getattr(node, "metadata_props", ())}
    line = line_of(kept.get("pkg.torch.onnx.stack_trace", ""))
    try:
        scopes = ast.literal_eval(kept.get("pkg.torch.onnx.name_scopes", "None"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        scopes = None
    if not isinstance(scopes, list):
        return None, line
    calls: list[CallKey] = []
    before = ""
    for path in map(str, scopes[1:-1]):
        own = path[len(before) + 1 :] if before and path.startswith(f"{before}.") else path
        calls.append((path, own))
        before = path
    return calls, line


def _shortest(value: Any) -> Any:
    """A number of 32 bits as a person wrote that number: 1e-05, not 9.999999747378752e-06."""
    if not isinstance(value, float):
        return value
    from numpy import float32

    return float(str(float32(value)))
