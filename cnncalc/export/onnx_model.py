"""A network as a model of ONNX: the nodes of its layers, with their names, and the file that holds them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import UsageError
from cnncalc.execute.inputs import vocabulary, whole_order
from cnncalc.execute.onnx_kernels import IR_VERSION, OPSET
from cnncalc.execute.onnx_recorder import BATCH, Recorder, Tensor, recording, stored
from cnncalc.execute.weights import owner
from cnncalc.interop.onnx_skeleton import GRAPH, INITIALIZER, RAW_DATA, head_of_field
from cnncalc.plain_text import visible

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report

LARGEST = 2**31 - 1
"""The most bytes of a message of protobuf, as a file of ONNX is one."""
OPEN = "batch"
"""The name of the batch, whose size stays open."""


class Model(NamedTuple):
    """A model without weights, and these, by their names in the model."""

    proto: Any
    weights: Mapping[str, Any]

    def chunks(self, onnx: Any) -> Iterator[bytes | memoryview]:
        """The bytes of a file, a weight at a time; raises UsageError for a model that is too large."""
        import numpy as np

        arrays: list[tuple[bytes, Any]] = []
        for name, array in self.weights.items():
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            head = onnx.TensorProto(name=name, dims=array.shape, data_type=kind).SerializeToString()
            head += head_of_field(RAW_DATA, array.nbytes)
            arrays.append((head_of_field(INITIALIZER, len(head) + array.nbytes) + head, array))
        graph, rest = self.proto.graph, onnx.ModelProto()
        rest.CopyFrom(self.proto)
        rest.ClearField("graph")
        size = graph.ByteSize() + sum(len(head) + array.nbytes for head, array in arrays)
        if size + rest.ByteSize() > LARGEST - 100:
            raise UsageError(
                f"the model takes {size:,} bytes, and a file of ONNX holds 2 GiB", "", "too_large"
            )
        yield rest.SerializeToString() + head_of_field(GRAPH, size) + graph.SerializeToString()
        for head, array in arrays:
            yield head
            little: Any = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            yield memoryview(little.reshape(-1)).cast("B") if array.size else b""


def onnx_model(onnx: Any, report: "Report", weights: Mapping[str, Any]) -> Model:
    """The model of a network with the weights of all its layers.

    Arrays are (N, channels, positions ...), and the batch N is open; a network that a framework wrote has its
    own order of axes at inputs and outputs. Inputs, outputs and weights are called as in the network.
    """
    graph, recorder = report.graph, Recorder(onnx)
    framework, known, results = recording(recorder), list[Any](), dict[str, str]()
    for number, source in enumerate(graph.inputs):
        order = graph.order(source.name, len(source.shape), "chw")
        shape = [source.shape[axis] for axis in order]
        x = recorder.input(source.name, shape, tokens=bool(vocabulary(graph, number)))
        known.append(_channels_first(recorder, x, source.shape, order))
    for node, fact in zip(graph.nodes, report.facts, strict=True):
        recorder.layer, of = node.name, owner(graph, node)
        kept = {
            name: stored(_floats(weights[f"{of}.{name}"]), f"{of}.{name}", learned=array.learned)
            for name, array in fact.arrays.items()
        }
        y, _ = framework.run(fact.layer, kept, [known[read] for read in node.inputs])
        known.append(y)
        if isinstance(y, Tensor):
            results.setdefault(y.name, node.name)
    outputs: dict[str, Tensor] = {}
    for number in graph.outputs:
        name = recorder.layer = graph.name(number)
        order = graph.order(name, known[number].ndim - 1, "chw")
        y = _as_written(recorder, known[number], order)
        is_own = isinstance(y, Tensor) and y not in (*recorder.inputs, *outputs.values())
        outputs[name] = y if is_own else recorder.new_value(y)
    return _named(onnx, report, recorder, results, outputs)


def _floats(array: Any) -> Any:
    """An array in float32, as all values of a network are; indices that a model stores are whole numbers."""
    import numpy as np

    return np.asarray(array).astype(np.float32, copy=False)


def _channels_first(recorder: Recorder, x: Tensor, shape: Sequence[int], order: Sequence[int]) -> Any:
    """An input whose axes stand in an order, which may leave out axes of size 1, with the channels first."""
    whole = whole_order(order, len(shape))
    if len(whole) > len(order):
        x = recorder.Reshape(x, [BATCH, *(int(shape[axis]) for axis in whole)])
    back = sorted(range(len(whole)), key=whole.__getitem__)
    last = recorder.Transpose(x, perm=[0, *(1 + axis for axis in back)])
    return recorder.moved(last, -1, 1)


def _as_written(recorder: Recorder, y: Any, order: Sequence[int]) -> Any:
    """An output, whose channels stand first, with its axes in an order."""
    last = recorder.moved(y, 1, -1)
    whole = whole_order(order, last.ndim - 1)
    turned = recorder.Transpose(last, perm=[0, *(1 + axis for axis in whole)])
    return (
        turned
        if len(whole) == len(order)
        else recorder.Reshape(turned, [BATCH, *turned.shape[1 : 1 + len(order)]])
    )


def _named(
    onnx: Any, report: "Report", recorder: Recorder, results: Mapping[str, str], outputs: Mapping[str, Tensor]
) -> Model:
    """The model of the nodes that outputs need, with names: of a layer's only node the layer's."""
    wanted = {y.name for y in outputs.values()}
    nodes = []
    for layer, node in reversed(recorder.nodes):
        if wanted & set(node.output):
            wanted.update(node.input)
            nodes.append((layer, node))
    nodes.reverse()
    weights = {name: array for name, array in recorder.weights.items() if name in wanted}
    counts = Counter(layer for layer, _ in nodes)
    taken = {"", *(x.name for x in recorder.inputs), *weights, *outputs}
    called = {y.name: name for name, y in outputs.items()}

    def new(name: str) -> str:
        number, found = 1, name
        while found in taken:
            number += 1
            found = f"{name}.{number}"
        taken.add(found)
        return found

    used: Counter[str] = Counter()
    for layer, node in nodes:
        name = layer if counts[layer] == 1 and layer else "/".join(filter(None, (layer, node.op_type)))
        used[name] += 1
        node.name = name if used[name] == 1 else f"{name}_{used[name]}"
        for place, output in enumerate(node.output):
            if output not in called:
                plain = f"{node.name}:{place}" if place else node.name
                called[output] = new(results.get(output, plain))
        node.input[:] = [called.get(each, each) for each in node.input]
        node.output[:] = [called[each] for each in node.output]
    helper = onnx.helper
    proto = helper.make_graph(
        [node for _, node in nodes],
        visible(report.settings.network) or "network",
        [_value(helper, x.name, x) for x in recorder.inputs],
        [_value(helper, name, y) for name, y in outputs.items()],
    )
    model = helper.make_model(
        proto,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="cnncalc",
    )
    return Model(model, weights)


def _value(helper: Any, name: str, x: Tensor) -> Any:
    sizes = [OPEN if size == BATCH else size for size in x.shape]
    return helper.make_tensor_value_info(name, x.type, sizes)
