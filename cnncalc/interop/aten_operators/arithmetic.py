"""PyTorch's operators as layers: arithmetic, comparisons, choices."""

from math import log
from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, UnsupportedError


def _with_number(ops: Operations, x: Any, scale: float, offset: float) -> Any:
    return (
        x
        if (scale, offset) == (1, 0)
        else ops.same("rescale", ops.tensor(x), {"scale": scale, "offset": offset})
    )


def _number(value: Any) -> float | None:
    """A value that is a number, also where an array of one value holds it."""
    if isinstance(value, Array) and value.role == "constant" and not value.shape:
        return float(value.read())
    return value if isinstance(value, int | float) else None


@operator("add", "sub", "rsub")
def add(ops: Operations, call: OperatorCall) -> Any:
    a, b, alpha = call("self"), call("other"), call("alpha", 1)
    sign = -alpha if call.op == "sub" else alpha
    if call.op == "rsub":
        a, b = b, a
        sign = -alpha
    if (number := _number(b)) is not None:
        return _with_number(ops, a, 1, sign * number)
    if (number := _number(a)) is not None:
        return _with_number(ops, b, sign, number)
    if abs(sign) != 1:
        b = _with_number(ops, b, abs(sign), 0)
    return ops.merged("add" if sign > 0 else "subtract", [a, b])


@operator("mul")
def mul(ops: Operations, call: OperatorCall) -> Any:
    a, b = call("self"), call("other")
    for x, y in ((a, b), (b, a)):
        if (number := _number(y)) is not None:
            return _with_number(ops, x, number, 0)
    return ops.merged("multiply", [a, b])


@operator("div")
def div(ops: Operations, call: OperatorCall) -> Any:
    a, b, mode = call("self"), call("other"), call("rounding_mode")
    number = _number(b)
    y = _with_number(ops, a, 1 / number, 0) if number else ops.merged("divide", [a, b])
    return y if mode is None else ops.same("math", y, {"function": {"floor": "floor"}.get(mode, mode)})


@operator("addcmul", "addcdiv")
def add_product(ops: Operations, call: OperatorCall) -> Any:
    kind = "multiply" if call.op == "addcmul" else "divide"
    y = ops.merged(kind, [call("tensor1"), call("tensor2")])
    return ops.merged("add", [call("self"), _with_number(ops, y, call("value", 1), 0)])


@operator("lerp")
def between(ops: Operations, call: OperatorCall) -> Any:
    a, b = call("self"), call("end")
    share, difference = call("weight"), ops.merged("subtract", [b, a])
    if (number := _number(share)) is not None:
        return ops.merged("add", [a, _with_number(ops, difference, number, 0)])
    return ops.merged("add", [a, ops.merged("multiply", [difference, share])])


@operator("neg")
def neg(ops: Operations, call: OperatorCall) -> Any:
    return _with_number(ops, call("self"), -1, 0)


@operator("pow")
def power(ops: Operations, call: OperatorCall) -> Any:
    x, exponent = call("self"), call("exponent")
    if (number := _number(exponent)) is not None:
        return ops.same("power", ops.tensor(x), {"exponent": number})
    return ops.power(x, exponent)


@operator("maximum", "minimum")
def extreme(ops: Operations, call: OperatorCall) -> Any:
    return ops.merged(call.op, [call("self"), call("other")])


_COMPARISONS = {
    "gt": "greater",
    "ge": "greater_equal",
    "lt": "less",
    "le": "less_equal",
    "eq": "equal",
    "ne": "not_equal",
}


@operator(*_COMPARISONS)
def compare(ops: Operations, call: OperatorCall) -> Any:
    return ops.compare(_COMPARISONS[call.op], call("self"), call("other"), _number(call("other")))


@operator("logical_and", "logical_or", "bitwise_and", "bitwise_or", "__and__", "__or__")
def both_or_one(ops: Operations, call: OperatorCall) -> Any:
    # of masks, which are 1 or 0
    return ops.merged("minimum" if "and" in call.op else "maximum", [call("self"), call("other")])


@operator("logical_not", "bitwise_not")
def negation(ops: Operations, call: OperatorCall) -> Any:
    return ops.compare("equal", call("self"), None, 0)


@operator("masked_fill")
def masked_fill(ops: Operations, call: OperatorCall) -> Any:
    return ops.where(call("mask"), call("value"), call("self"), _number)


@operator("where")
def where(ops: Operations, call: OperatorCall) -> Any:
    return ops.where(call("condition"), call("self"), call("other"), _number)


@operator("outer")
def outer(ops: Operations, call: OperatorCall) -> Any:
    rows, columns = call.out
    return ops.merged("multiply", [ops.view(call("self"), (rows, 1)), ops.view(call("vec2"), (1, columns))])


@operator("log1p", "expm1", "log2", "log10", "exp2")
def shifted_or_of_another_base(ops: Operations, call: OperatorCall) -> Any:
    before, function, after = _COMPOSED[call.op]
    y = ops.same("math", ops.tensor(_with_number(ops, call("self"), *before)), {"function": function})
    return _with_number(ops, y, *after)


_COMPOSED: dict[str, tuple[tuple[float, float], str, tuple[float, float]]] = {
    "log1p": ((1, 1), "log", (1, 0)),
    "expm1": ((1, 0), "exp", (1, -1)),
    "log2": ((1, 0), "log", (1 / log(2), 0)),
    "log10": ((1, 0), "log", (1 / log(10), 0)),
    "exp2": ((log(2), 0), "exp", (1, 0)),
}
"""A function -> the factor and the number added before a logarithm or a power of e, and behind it."""


@operator("tanhshrink", "softshrink", "hardshrink")
def shrunk(ops: Operations, call: OperatorCall) -> Any:
    x, bound = ops.tensor(call("self")), call("lambd", 0.5)
    if call.op == "tanhshrink":
        return ops.merged("subtract", [x, ops.same("tanh", x)])
    if call.op == "softshrink":
        return ops.merged("subtract", [x, ops.bounded(x, -bound, bound)])
    size = ops.same("math", x, {"function": "abs"})
    return ops.merged("multiply", [x, ops.compare("greater", size, None, bound)])


@operator("cosine_similarity")
def cosine(ops: Operations, call: OperatorCall) -> Any:
    """The product of two vectors divided by their lengths, each at least a small number."""
    both, axes, out = [call("x1"), call("x2")], [call("dim", 1)], call.out
    lengths = [ops.bounded(ops.reduce(x, "l2", axes, out, keep=False), call("eps", 1e-8), None) for x in both]
    dot = ops.reduce(ops.merged("multiply", both), "sum", axes, out, keep=False)
    return ops.merged("divide", [dot, ops.merged("multiply", lengths)])


@operator("pairwise_distance")
def distance(ops: Operations, call: OperatorCall) -> Any:
    degree = call("p", 2.0)
    if degree not in (1, 2):
        raise UnsupportedError(f"a norm of degree {degree}")
    apart = _with_number(ops, ops.merged("subtract", [call("x1"), call("x2")]), 1, call("eps", 1e-6))
    keep = call("keepdim", default=False)
    return ops.reduce(apart, f"l{int(degree)}", [-1], call.out, keep=keep)
