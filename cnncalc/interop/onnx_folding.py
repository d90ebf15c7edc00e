"""What of an ONNX graph is known without its inputs: shapes, and the arithmetic on shapes in it.

Shapes are inferred and put in; nodes that read nothing but small constants are carried out by onnx's own
reference; both until nothing changes. No large weight is read.
"""

from collections.abc import Mapping
from typing import Any

from cnncalc.interop.onnx_fused import part, tell_shapes
from cnncalc.layers.support.options import MOST_AXES

LARGEST = 1024
"""The most values of a stored array that takes part."""
MOST_VALUES = 2**22
"""The most values of an array that the arithmetic on constants makes, and of all that inference makes."""
MOST_ROUNDS = 50
MOST_BYTES = 2**27
"""The most bytes that the arithmetic on constants reads and makes in all; what is made counts four times."""
FOLDED = frozenset((
    "Abs", "Add", "And", "ArgMax", "ArgMin", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr",
    "BitwiseXor", "Cast", "CastLike", "Ceil", "Clip", "Compress", "Concat", "Constant", "ConstantOfShape",
    "Cos", "CumSum", "Div", "Einsum", "Equal", "Erf", "Exp", "Expand", "EyeLike", "Flatten", "Floor",
    "Gather", "GatherElements", "GatherND", "Gemm", "Greater", "GreaterOrEqual", "Identity", "IsInf",
    "IsNaN", "Less", "LessOrEqual", "Log", "MatMul", "Max", "Mean", "Min", "Mod", "Mul", "Neg", "NonZero",
    "Not", "OneHot", "Or", "Pad", "Pow", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum",
    "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "Relu", "Reshape", "Round", "ScatterElements", "ScatterND", "Shape", "Sigmoid",
    "Sign", "Sin", "Size", "Slice", "Softmax", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tan", "Tanh",
    "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
))  # fmt: skip
"""The arithmetic that is carried out. None of it reads a picture or text, runs a graph or draws a number."""
SLOW, TIMES_SLOWER = ("GatherElements", "GatherND", "ScatterElements", "ScatterND", "TopK"), 64
"""Operators that are carried out value by value, or sort."""
TEXT = 8
"""The type of texts, which are no part of the arithmetic on shapes."""
SAID_BY = {"ConstantOfShape": 0, "Tile": 1, "Pad": 1, "OneHot": 1}
"""Operators whose results may be far larger than their inputs -> the input whose values say how large."""
PROPAGATED = (
    "Concat",
    "Gather",
    "Slice",
    "Squeeze",
    "Unsqueeze",
    "Cast",
    "Identity",
    "Add",
    "Sub",
    "Mul",
    "Div",
)
"""Operators through which onnx's inference of shapes follows values."""
PAIRED = ("MatMul", "Gemm", "Gather", "GatherND", "Einsum")
"""Operators whose results have at most as many values as the product of their inputs' sizes."""


def fold(onnx: Any, model: Any) -> tuple[Any, dict[str, Any], dict[str, tuple[int, ...]]]:
    """The model without its constants, the constants by name, and the shapes of values that are known."""
    constants: dict[str, Any] = {}
    _keep_large(model)
    _name_once(model)
    part(onnx, model)
    for tensor in model.graph.initializer:
        if is_stored(onnx, tensor) and _count(tensor.dims) <= LARGEST:
            constants[tensor.name] = onnx.numpy_helper.to_array(tensor)
    # the first shapes are found without values, which onnx would write out for a vector of any length
    model = onnx.shape_inference.infer_shapes(model)
    shapes = _shapes(model)
    left = [MOST_BYTES]
    for _ in range(MOST_ROUNDS):
        if _propagated(model, constants | _of_nodes(onnx, model), shapes) > MOST_VALUES:
            raise ValueError(f"constants of more than {MOST_VALUES:,} values are made")
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        shapes = _shapes(model)
        told = tell_shapes(onnx, model, shapes)
        folded = _folded(onnx, model, constants, shapes, left)
        if not folded and not told:
            break
        constants |= folded
        _put_in(onnx, model, folded)
    return model, constants, shapes


def _keep_large(model: Any) -> None:
    """Makes large constants stored arrays, which are not carried out: their values may not be in the file."""
    nodes = []
    for node in model.graph.node:
        value = next((each.t for each in node.attribute if each.name == "value"), None)
        large = node.op_type == "Constant" and value is not None and _count(value.dims) > LARGEST
        if not large or value is None:
            nodes.append(node)
            continue
        tensor = model.graph.initializer.add()
        tensor.CopyFrom(value)
        tensor.name = node.output[0]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _name_once(model: Any) -> None:
    """Gives an array of the file its own name wherever another name stands for it, as exporters write it."""
    names = {tensor.name: tensor.name for tensor in model.graph.initializer}
    outputs = {value.name for value in model.graph.output}
    nodes = []
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        if node.op_type == "Identity" and not node.domain and node.input[0] in names:
            names[node.output[0]] = node.input[0]
            if node.output[0] not in outputs:
                continue
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _of_nodes(onnx: Any, model: Any) -> dict[str, Any]:
    """The values of the constants that are nodes still."""
    return {
        node.output[0]: onnx.numpy_helper.to_array(each.t)
        for node in model.graph.node
        for each in node.attribute
        if node.op_type == "Constant" and each.name == "value" and node.output
    }


def _propagated(model: Any, constants: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> int:
    """The most values that onnx's inference of shapes makes of constants and vectors."""
    counts = {name: shape[0] for name, shape in shapes.items() if len(shape) == 1}
    counts |= {name: array.size for name, array in constants.items()}
    most = 0
    for node in model.graph.node:
        read = [counts.get(name, 1) for name in node.input] if node.op_type in PROPAGATED else []
        count = sum(read) if node.op_type == "Concat" else max(read, default=1)
        count = MOST_AXES if node.op_type == "Shape" else count
        if node.op_type in ("Range", "ConstantOfShape") and all(name in constants for name in node.input):
            count = _most_values(node.op_type, [constants[name] for name in node.input])
        most += count if node.op_type in ("Range", *PROPAGATED) else 0
        for name in node.output:
            counts[name] = max(counts.get(name, 1), min(count, 2 * MOST_VALUES))
    return most


def is_stored(onnx: Any, tensor: Any) -> bool:
    """Whether an array's values stand in the file itself."""
    return tensor.data_location != onnx.TensorProto.EXTERNAL and (
        bool(tensor.raw_data)
        or any(
            len(getattr(tensor, f))
            for f in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")
        )
        or _count(tensor.dims) == 0
    )


def _count(dims: Any) -> int:
    count = 1
    for size in dims:
        count *= size
    return count


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    graph = model.graph
    found: dict[str, tuple[int, ...]] = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        dims = kind.shape.dim
        has_shape = value.type.HasField("tensor_type") and kind.HasField("shape")
        if has_shape and all(dim.HasField("dim_value") for dim in dims):
            found[value.name] = tuple(int(dim.dim_value) for dim in dims)
    found |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return found


def _folded(
    onnx: Any,
    model: Any,
    constants: dict[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    left: list[int],
) -> dict[str, Any]:
    """The values that the nodes give which read constants alone, or nothing but a known shape.

    `left` holds the bytes that may still be read and made.
    """
    import numpy as np

    found: dict[str, Any] = {}
    nodes = []
    known = set(constants)
    for node in model.graph.node:
        if node.op_type == "Shape" and node.input[0] in shapes and not node.attribute:
            found[node.output[0]] = np.array(shapes[node.input[0]], np.int64)
            known.add(node.output[0])
        elif node.op_type == "If" and node.input[0] in known:
            continue
        elif (
            node.op_type in FOLDED
            and not node.domain
            and not any(each.name == "to" and each.i == TEXT for each in node.attribute)
            and all(name in known or not name for name in node.input)
        ):
            nodes.append(node)
            known.update(node.output)
    if nodes:
        reads = {name for node in nodes for name in node.input if name}
        gives = [name for node in nodes for name in node.output if name]
        given = {name: array for name, array in (constants | found).items() if name in reads}
        inputs = [
            onnx.helper.make_tensor_value_info(name, _type(onnx, array), array.shape)
            for name, array in given.items()
        ]
        outputs = [onnx.helper.make_empty_tensor_value_info(name) for name in gives]
        graph = onnx.helper.make_graph(nodes, "constants", inputs, outputs)
        small = onnx.helper.make_model(
            graph, opset_imports=list(model.opset_import), ir_version=model.ir_version
        )
        # a fifth of a second, which a graph without arithmetic on shapes is spared
        from onnx.reference import ReferenceEvaluator

        found |= _carried_out(ReferenceEvaluator(small), given, left)
    return found


def _carried_out(evaluator: Any, given: Mapping[str, Any], left: list[int]) -> dict[str, Any]:
    """What the nodes of an evaluator give, one after another; none that would give too much, and no text."""
    import numpy as np

    results: dict[str, Any] = {"": None, **given}
    for node in evaluator.rt_nodes_:
        if left[0] <= 0 or any(name not in results for name in node.input):
            continue
        read = [results[name] for name in node.input]
        arrays = [each for each in read if each is not None]
        most = _most_values(node.op_type, arrays)
        if most > MOST_VALUES:
            continue
        made = [np.asarray(each) for each in node.run(*read)]
        work = sum(each.nbytes for each in arrays) + 4 * sum(each.nbytes for each in made)
        work += most if node.op_type in PAIRED else 0
        left[0] -= work * (TIMES_SLOWER if node.op_type in SLOW else 1)
        pairs = zip(node.output, made, strict=False)
        results |= {name: each for name, each in pairs if name and each.dtype.kind not in "OSU"}
    return {name: array for name, array in results.items() if name and name not in given}


def _most_values(op: str, read: list[Any]) -> int:
    """At most so many values an operator makes of these arrays."""
    import numpy as np

    sizes, shapes = [each.size for each in read], [each.shape for each in read]
    if op in PAIRED:
        return _count(sizes)
    if op == "Range":
        start, limit, step = (float(each.reshape(-1)[0]) for each in read)
        return int(abs((limit - start) / step)) + 1 if step else 0
    if op == "Expand":
        shapes = [shapes[0], tuple(read[1].reshape(-1).tolist())]
    elif op in SAID_BY:
        # padding of a and b makes n + a + b of n, which is at most n*(1 + a)*(1 + b)
        more = 1 if op == "Pad" else 0
        said = read[SAID_BY[op]].reshape(-1).tolist()
        return int(_count([1 if op == "ConstantOfShape" else sizes[0], *(abs(each) + more for each in said)]))
    try:
        return int(max(_count(np.broadcast_shapes(*shapes)), *sizes, 0))
    except ValueError:  # no operator on pairs of values
        return sum(sizes)


def _type(onnx: Any, array: Any) -> int:
    return int(onnx.helper.np_dtype_to_tensor_dtype(array.dtype))


def _put_in(onnx: Any, model: Any, folded: Mapping[str, Any]) -> None:
    """Replaces the nodes whose values are known; of an `If` on a constant, the branch that is taken stays."""
    graph = model.graph
    nodes = []
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if all(name in folded for name in node.output if name):
            for name in node.output:
                if name:
                    graph.initializer.append(onnx.numpy_helper.from_array(folded[name], name))
            continue
        condition = node.input[0] if node.op_type == "If" else ""
        if condition and (condition in folded or condition in constants):
            value = (
                folded[condition] if condition in folded else onnx.numpy_helper.to_array(constants[condition])
            )
            nodes += _branch(onnx, node, bool(value.item() if value.size == 1 else value.any()))
            continue
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    # what was inferred of a value before it was known would hide its shape
    left = [value for value in graph.value_info if value.name not in folded]
    del graph.value_info[:]
    graph.value_info.extend(left)


def _branch(onnx: Any, node: Any, taken: bool) -> list[Any]:
    """The nodes of the branch that an `If` takes, which give what the `If` gave."""
    name = "then_branch" if taken else "else_branch"
    branch = next(each.g for each in node.attribute if each.name == name)
    nodes = list(branch.node)
    for tensor in branch.initializer:
        constant = onnx.helper.make_node("Constant", [], [tensor.name])
        constant.attribute.append(onnx.helper.make_attribute("value", tensor))
        nodes.insert(0, constant)
    for own, given in zip(branch.output, node.output, strict=True):
        nodes.append(onnx.helper.make_node("Identity", [own.name], [given]))
    return nodes
