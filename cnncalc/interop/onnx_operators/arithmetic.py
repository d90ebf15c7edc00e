"""ONNX's operators as layers: arithmetic, comparisons, choices."""

from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.onnx_operators.values import scalar, told
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, UnsupportedError, axis_of


@operator("Pow")
def power(ops: Operations, call: NodeCall) -> Any:
    exponent = told(call[1])
    if isinstance(exponent, float) and len(ops.shape(call[1])) <= len(ops.shape(call[0])):
        return ops.same("power", ops.tensor(call[0]), {"exponent": exponent})
    return ops.power(call[0], call[1])


@operator("Add", "Sub", "Mul", "Div")
def arithmetic(ops: Operations, call: NodeCall) -> Any:
    a, b = call[0], call[1]
    if scalar(a) is not None and scalar(b) is None and len(ops.shape(a)) <= len(ops.shape(b)):
        number, x = scalar(a), ops.tensor(b)
        assert number is not None
        if call.op in ("Add", "Sub"):
            return ops.same("rescale", x, {"scale": 1 if call.op == "Add" else -1, "offset": number})
        if call.op == "Mul":
            return ops.same("rescale", x, {"scale": number})
    number = scalar(b)
    if number is not None and len(ops.shape(b)) <= len(ops.shape(a)):
        x = ops.tensor(a)
        if call.op in ("Add", "Sub"):
            return ops.same("rescale", x, {"offset": number if call.op == "Add" else -number})
        return ops.same("rescale", x, {"scale": number if call.op == "Mul" else 1 / number})
    kinds = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide"}
    return ops.merged(kinds[call.op], [a, b])


@operator("Sum", "Max", "Min", "Mean")
def several(ops: Operations, call: NodeCall) -> Any:
    kinds = {"Sum": "add", "Max": "maximum", "Min": "minimum", "Mean": "average"}
    if len(call.inputs) == 1:
        return call[0]
    if len(call.inputs) == 2 and (number := scalar(call[1])) is not None and call.op in ("Max", "Min"):
        low, high = (number, None) if call.op == "Max" else (None, number)
        return ops.bounded(ops.tensor(call[0]), low, high)
    return ops.merged(kinds[call.op], call.inputs)


_COMPARISONS = {
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
    "Equal": "equal",
}


@operator(*_COMPARISONS)
def compare(ops: Operations, call: NodeCall) -> Any:
    return ops.compare(_COMPARISONS[call.op], call[0], call[1], scalar(call[1]))


@operator("Xor")
def one_alone(ops: Operations, call: NodeCall) -> Any:
    return ops.compare("not_equal", call[0], call[1], None)


@operator("OneHot")
def one_hot(ops: Operations, call: NodeCall) -> Any:
    """One value at the index that is given, another elsewhere."""
    axis, shape = axis_of(call("axis", -1), len(call.out)), call.out
    if not isinstance(call[2], Array):
        raise UnsupportedError(f"{call.op} by numbers that the network computes")
    off, on = call[2].read().reshape(-1).tolist()

    def places() -> Any:
        import numpy as np

        return np.arange(shape[axis], dtype=np.float32).reshape(-1, *(1,) * (len(shape) - 1 - axis))

    along = Array(f"places {shape[axis]}", (shape[axis], *(1,) * (len(shape) - 1 - axis)), "constant", places)
    index = ops.view(call[0], (*shape[:axis], 1, *shape[axis + 1 :]))
    told = ops.compare("equal", index, along, None)
    return told if (off, on) == (0, 1) else ops.same("rescale", told, {"scale": on - off, "offset": off})


@operator("And", "Or")
def both_or_one(ops: Operations, call: NodeCall) -> Any:
    # of masks, which are 1 or 0
    return ops.merged("minimum" if call.op == "And" else "maximum", call.inputs)


@operator("Where")
def where(ops: Operations, call: NodeCall) -> Any:
    return ops.where(call[0], call[1], call[2], scalar)
