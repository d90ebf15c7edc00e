"""What ONNX's operators are as layers: one function, or one row of a table, for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, prod
from typing import TYPE_CHECKING, Any

from cnncalc.interop.operations import Operations, one_or_each
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of

if TYPE_CHECKING:
    from cnncalc.interop.onnx import NodeCall

Operator = Callable[[Operations, "NodeCall"], Any]
OPERATORS: dict[str, Operator] = {}


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Makes a function what these operators are."""

    def give(function: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return give


def _one_by_one(kind: str, *options: tuple[str, str, Any], **fixed: Any) -> Operator:
    """An operator that does the same to each value; options are (ours, the operator's, its default)."""

    def made(ops: Operations, call: NodeCall) -> Tensor:
        given = {name: call(theirs, default) for name, theirs, default in options}
        return ops.same(kind, ops.tensor(call[0]), given | fixed)

    return made


for _name, _kind in {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "HardSwish": "hard_swish", "Mish": "mish",
    "Softsign": "softsign", "Softplus": "softplus", "Selu": "selu",
}.items():  # fmt: skip
    OPERATORS[_name] = _one_by_one(_kind)
OPERATORS["LeakyRelu"] = _one_by_one("leaky_relu", ("slope", "alpha", 0.01))
OPERATORS["Elu"] = _one_by_one("elu", ("alpha", "alpha", 1.0))
OPERATORS["Celu"] = _one_by_one("celu", ("alpha", "alpha", 1.0))
OPERATORS["Gelu"] = _one_by_one("gelu", ("approximate", "approximate", "none"))
for _name in (
    "Exp",
    "Log",
    "Sqrt",
    "Abs",
    "Sign",
    "Sin",
    "Cos",
    "Erf",
    "Reciprocal",
    "Floor",
    "Ceil",
    "Round",
):
    OPERATORS[_name] = _one_by_one("math", function=_name.lower())
OPERATORS["Neg"] = _one_by_one("rescale", scale=-1)
OPERATORS["Not"] = _one_by_one("compare", by="not")


@operator("HardSigmoid")
def hard_sigmoid(ops: Operations, call: NodeCall) -> Tensor:
    slope, offset = call("alpha", 0.2), call("beta", 0.5)
    options = {} if abs(slope - 1 / 6) < 1e-6 and offset == 0.5 else {"slope": slope, "offset": offset}
    return ops.same("hard_sigmoid", ops.tensor(call[0]), options)


@operator("Identity", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear")
def unchanged(ops: Operations, call: NodeCall) -> Any:
    return call[0]


@operator("Dropout")
def dropout(ops: Operations, call: NodeCall) -> Any:
    y = ops.same("dropout", ops.tensor(call[0]))
    return [y, None] if len(call.outputs) > 1 else y


@operator("Clip")
def clip(ops: Operations, call: NodeCall) -> Tensor:
    low, high = (
        call(name) if call.opset < 11 else _scalar(call[n + 1]) for n, name in enumerate(("min", "max"))
    )
    x = ops.tensor(call[0])
    return ops.bounded(x, low, high)


@operator("PRelu")
def prelu(ops: Operations, call: NodeCall) -> Tensor:
    x, weight = ops.tensor(call[0]), call[1]
    if not isinstance(weight, Array):
        raise UnsupportedError("slopes that the network computes")
    y = ops.rearranged(x, [*(a for a in ops.whole_order(x) if a != 1), 1]) if x.rank > 2 else x
    slopes = weight.reshaped((prod(weight.shape),))
    return ops.same("prelu", y, {"shared": True} if slopes.shape == (1,) else {}, {"weight": slopes})


# ---- windows


def _pads(call: NodeCall, dims: int) -> Any:
    """Pairs (before, after), or the word for padding that keeps the size."""
    word = call("auto_pad", "NOTSET")
    if word in ("NOTSET", "VALID"):
        given = call("pads", [0] * (2 * dims)) if word == "NOTSET" else [0] * (2 * dims)
        return list(zip(given[:dims], given[dims:], strict=True))
    return word


def _explicit(ops: Operations, call: NodeCall, kernel: Sequence[int], strides: Sequence[int]) -> Any:
    """Pairs (before, after), also where a word says them."""
    dims = len(kernel)
    pads = _pads(call, dims)
    if not isinstance(pads, str):
        return pads
    found = []
    for size, k, s, d in zip(
        ops.shape(call[0])[2:], kernel, strides, call("dilations", [1] * dims), strict=True
    ):
        missing = max((ceil(size / s) - 1) * s + (k - 1) * d + 1 - size, 0)
        near, far = missing // 2, missing - missing // 2
        found.append((far, near) if pads == "SAME_LOWER" else (near, far))
    return found


@operator("Conv", "ConvTranspose")
def convolution(ops: Operations, call: NodeCall) -> Tensor:
    weight = call[1]
    if not isinstance(weight, Array):
        raise UnsupportedError("a kernel that the network computes")
    kernel = weight.shape[2:]
    dims, transposed = len(kernel), call.op == "ConvTranspose"
    strides = call("strides", [1] * dims)
    if transposed and isinstance(_pads(call, dims), str):
        raise UnsupportedError("padding by a word")
    return ops.conv(
        call[0],
        weight,
        call[2],
        call.out,
        stride=strides,
        pads=_explicit(ops, call, kernel, strides),
        dilation=call("dilations", [1] * dims),
        groups=call("group", 1),
        transposed=call("output_padding", [0] * dims) if transposed else None,
    )


@operator("MaxPool", "AveragePool")
def pool(ops: Operations, call: NodeCall) -> Any:
    kernel = call("kernel_shape")
    strides = call("strides", [1] * len(kernel))
    out = call.out[0] if isinstance(call.out, list) else call.out
    if call.op == "MaxPool":
        kind, more = "max_pool", {"dilation": one_or_each(call("dilations", [1] * len(kernel)))}
    else:
        kind, more = "avg_pool", {"count_padding": bool(call("count_include_pad", 0))}
    y = ops.pool(
        kind, call[0], out, kernel=kernel, stride=strides, pads=_explicit(ops, call, kernel, strides),
        ceil=bool(call("ceil_mode", 0)), more=more,
    )  # fmt: skip
    return [y, None] if isinstance(call.out, list) else y


@operator("GlobalAveragePool", "GlobalMaxPool")
def global_pool(ops: Operations, call: NodeCall) -> Tensor:
    kind = "global_avg_pool" if call.op == "GlobalAveragePool" else "global_max_pool"
    return ops.windowed(kind, {}, call[0], len(call.out) - 2, call.out)


@operator("Resize", "Upsample")
def resize(ops: Operations, call: NodeCall) -> Tensor:
    x = ops.tensor(call[0])
    given, wanted = ops.shape(x)[2:], call.out[2:]
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[call("mode", "nearest")]
    coordinates = call("coordinate_transformation_mode", "half_pixel" if call.opset > 10 else "asymmetric")
    options: dict[str, Any] = {"mode": mode}
    if all(n % m == 0 for n, m in zip(wanted, given, strict=True)):
        options["scale"] = one_or_each([n // m for n, m in zip(wanted, given, strict=True)])
    else:
        options["size"] = one_or_each(wanted)
    if mode == "nearest":
        way = call("nearest_mode", "round_prefer_floor") if call.opset > 10 else "floor"
        plain = coordinates == "asymmetric" and way == "floor"
        if not plain and not ("scale" in options and coordinates == "half_pixel"):
            options |= {"coordinates": coordinates, "rounding": way}
    elif coordinates not in ("half_pixel", "pytorch_half_pixel"):
        options["coordinates"] = coordinates
    return ops.windowed("upsample", options, x, len(wanted), call.out)


@operator("DepthToSpace")
def depth_to_space(ops: Operations, call: NodeCall) -> Any:
    scale = call("blocksize")
    if call("mode", "DCR") == "CRD":
        return ops.windowed("pixel_shuffle", {"scale": scale}, call[0], 2, call.out)
    n, c, h, w = ops.shape(call[0])
    y = ops.view(call[0], (n, scale, scale, c // scale**2, h, w))
    return ops.view(ops.transpose(y, [0, 3, 4, 1, 5, 2]), call.out)


@operator("SpaceToDepth")
def space_to_depth(ops: Operations, call: NodeCall) -> Any:
    scale = call("blocksize")
    n, c, h, w = ops.shape(call[0])
    y = ops.view(call[0], (n, c, h // scale, scale, w // scale, scale))
    return ops.view(ops.transpose(y, [0, 3, 5, 1, 2, 4]), call.out)


@operator("LRN")
def lrn(ops: Operations, call: NodeCall) -> Tensor:
    options = {
        "size": call("size"),
        "alpha": call("alpha", 1e-4),
        "beta": call("beta", 0.75),
        "k": call("bias", 1.0),
    }
    return ops.windowed("lrn", options, call[0], len(call.out) - 2, call.out)


@operator("GridSample")
def grid_sample(ops: Operations, call: NodeCall) -> Tensor:
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(call("mode", "linear"), call("mode"))
    options = {
        "mode": mode or "bilinear",
        "padding": call("padding_mode", "zeros"),
        "align_corners": bool(call("align_corners", 0)),
    }
    return ops.sampled(call[0], call[1], call.out, options)


# ---- products


@operator("Gemm")
def gemm(ops: Operations, call: NodeCall) -> Any:
    x, weight, bias = call[0], call[1], call[2]
    if call("transA", 0):
        x = ops.transpose(x, [1, 0])
    weight = weight if call("transB", 0) else ops.transpose(weight, [1, 0])
    if call("alpha", 1.0) != 1 or call("beta", 1.0) != 1 or not isinstance(weight, Array):
        raise UnsupportedError("factors, or a matrix that the network computes")
    if isinstance(bias, Array):
        bias = bias.reshaped((prod(bias.shape),))
        if bias.shape != (weight.shape[0],):
            return ops.merged("add", [ops.linear(x, weight, None, call.out), bias])
    return ops.linear(x, weight, bias, call.out)


@operator("MatMul")
def matmul(ops: Operations, call: NodeCall) -> Any:
    a, b = call[0], call[1]
    if isinstance(b, Array) and len(b.shape) == 2 and b.role == "learned" and isinstance(a, Tensor):
        return ops.linear(a, b.transposed([1, 0]), None, call.out)
    return ops.matmul(a, b, call.out)


@operator("Einsum")
def einsum(ops: Operations, call: NodeCall) -> Any:
    return ops.einsum(call("equation"), call.inputs, call.out)


# ---- normalisation


@operator("BatchNormalization")
def batch_norm(ops: Operations, call: NodeCall) -> Any:
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {name: call[n + 1] for n, name in enumerate(names)}
    y = ops.batch_norm(call[0], arrays, call("epsilon", 1e-5), running=not call("training_mode", 0))
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("InstanceNormalization")
def instance_norm(ops: Operations, call: NodeCall) -> Any:
    return ops.by_channel("instance_norm", call[0], call[1], call[2], {"epsilon": call("epsilon", 1e-5)})


@operator("GroupNormalization")
def group_norm(ops: Operations, call: NodeCall) -> Any:
    options = {"groups": call("num_groups"), "epsilon": call("epsilon", 1e-5)}
    if isinstance(call[1], Array) and call[1].shape != (ops.shape(call[0])[1],):
        raise UnsupportedError("a factor for each group")
    return ops.by_channel("group_norm", call[0], call[1], call[2], options)


@operator("LayerNormalization")
def layer_norm(ops: Operations, call: NodeCall) -> Any:
    rank = len(ops.shape(call[0]))
    last = rank - axis_of(call("axis", -1), rank)
    y = ops.layer_norm("layer_norm", call[0], last, call[1], call[2], call("epsilon", 1e-5))
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("Softmax", "LogSoftmax")
def softmax(ops: Operations, call: NodeCall) -> Any:
    kind = "softmax" if call.op == "Softmax" else "log_softmax"
    rank = len(call.out)
    axis = axis_of(call("axis", -1 if call.opset >= 13 else 1), rank)
    if call.opset < 13 and prod(call.out[axis + 1 :]) != 1:
        raise UnsupportedError("over several axes together")
    return ops.softmax(kind, call[0], axis)


@operator("LpNormalization")
def unit_norm(ops: Operations, call: NodeCall) -> Any:
    x = ops.tensor(call[0])
    axis = axis_of(call("axis", -1), x.rank)
    y = ops.reduce(x, f"l{call('p', 2)}", [axis], (*call.out[:axis], 1, *call.out[axis + 1 :]), keep=True)
    return ops.merged("divide", [x, y])


# ---- arithmetic


def _scalar(value: Any) -> float | None:
    """A value that is one number, of no learned array."""
    if isinstance(value, Array) and value.role == "constant" and prod(value.shape) == 1:
        return float(value.read().reshape(()))
    return None


@operator("Add", "Sub", "Mul", "Div", "Pow")
def arithmetic(ops: Operations, call: NodeCall) -> Any:
    a, b = call[0], call[1]
    if _scalar(a) is not None and _scalar(b) is None and len(ops.shape(a)) <= len(ops.shape(b)):
        number, x = _scalar(a), ops.tensor(b)
        assert number is not None
        if call.op in ("Add", "Sub"):
            return ops.same("rescale", x, {"scale": 1 if call.op == "Add" else -1, "offset": number})
        if call.op == "Mul":
            return ops.same("rescale", x, {"scale": number})
    number = _scalar(b)
    if number is not None and len(ops.shape(b)) <= len(ops.shape(a)):
        x = ops.tensor(a)
        if call.op in ("Add", "Sub"):
            return ops.same("rescale", x, {"offset": number if call.op == "Add" else -number})
        if call.op == "Pow":
            return ops.same("power", x, {"exponent": number})
        return ops.same("rescale", x, {"scale": number if call.op == "Mul" else 1 / number})
    kinds = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Pow": "power"}
    return ops.merged(kinds[call.op], [a, b])


@operator("Sum", "Max", "Min", "Mean")
def several(ops: Operations, call: NodeCall) -> Any:
    kinds = {"Sum": "add", "Max": "maximum", "Min": "minimum", "Mean": "average"}
    if len(call.inputs) == 1:
        return call[0]
    if len(call.inputs) == 2 and (number := _scalar(call[1])) is not None and call.op in ("Max", "Min"):
        low, high = (number, None) if call.op == "Max" else (None, number)
        return ops.bounded(ops.tensor(call[0]), low, high)
    return ops.merged(kinds[call.op], call.inputs)


_COMPARISONS = {
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
    "Equal": "equal",
    "And": "and",
    "Or": "or",
}


@operator(*_COMPARISONS)
def compare(ops: Operations, call: NodeCall) -> Any:
    by = _COMPARISONS[call.op]
    if (number := _scalar(call[1])) is not None:
        return ops.same("compare", ops.tensor(call[0]), {"by": by, "value": number})
    return ops.merged("compare", call.inputs, {"by": by})


@operator("Where")
def where(ops: Operations, call: NodeCall) -> Any:
    given = {
        name: n
        for name, value in (("then", call[1]), ("otherwise", call[2]))
        if (n := _scalar(value)) is not None
    }
    return ops.merged("where", [call[0], *(x for x in call.inputs[1:] if _scalar(x) is None)], given)


# ---- reductions

_REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceProd": "product",
    "ReduceL1": "l1",
    "ReduceL2": "l2",
    "ReduceLogSumExp": "logsumexp",
}


@operator(*_REDUCTIONS)
def reduction(ops: Operations, call: NodeCall) -> Any:
    axes = call("axes") or call.numbers(1)
    if axes is None and call("noop_with_empty_axes", 0):
        return call[0]
    return ops.reduce(call[0], _REDUCTIONS[call.op], axes, call.out, keep=bool(call("keepdims", 1)))


@operator("ReduceSumSquare")
def sum_of_squares(ops: Operations, call: NodeCall) -> Any:
    squares = ops.same("math", ops.tensor(call[0]), {"function": "square"})
    return ops.reduce(
        squares, "sum", call("axes") or call.numbers(1), call.out, keep=bool(call("keepdims", 1))
    )


@operator("ArgMax", "ArgMin")
def place(ops: Operations, call: NodeCall) -> Any:
    return ops.reduce(call[0], call.op.lower(), [call("axis", 0)], call.out, keep=bool(call("keepdims", 1)))


# ---- layouts


@operator("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def view(ops: Operations, call: NodeCall) -> Any:
    return ops.view(call[0], call.out)


@operator("Transpose")
def transpose(ops: Operations, call: NodeCall) -> Any:
    return ops.transpose(call[0], call("perm", list(range(len(call.out)))[::-1]))


@operator("Expand")
def expand(ops: Operations, call: NodeCall) -> Any:
    return ops.expand(call[0], call.out)


@operator("Tile")
def tile(ops: Operations, call: NodeCall) -> Any:
    return ops.tiled(call[0], call.numbers(1) or [], call.out)


@operator("Concat")
def concat(ops: Operations, call: NodeCall) -> Any:
    return ops.concat(call.inputs, call("axis"))


@operator("Slice")
def slices(ops: Operations, call: NodeCall) -> Any:
    if call.opset < 10:
        starts, ends, axes, steps = call("starts"), call("ends"), call("axes"), None
    else:
        starts, ends, axes, steps = (call.numbers(n) for n in range(1, 5))
    x = call[0]
    if starts is None or ends is None:
        raise UnsupportedError("a slice without its ends")
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = steps[n] if steps else 1
        axis = axes[n] if axes else n
        x = (ops.part if step > 0 else ops.reversed)(x, axis, start, end, step)
    return x


@operator("Split")
def split(ops: Operations, call: NodeCall) -> Any:
    out = call.out if isinstance(call.out, list) else [call.out]
    axis = axis_of(call("axis", 0), len(out[0]))
    parts, start = [], 0
    for shape in out:
        parts.append(ops.part(call[0], axis, start, start + shape[axis]))
        start += shape[axis]
    return parts


@operator("Gather")
def gather(ops: Operations, call: NodeCall) -> Any:
    x, axis = call[0], call("axis", 0)
    indices = call[1]
    if isinstance(indices, Array) and indices.role == "constant" and not indices.shape:
        return ops.chosen(x, axis, int(indices.read()))
    if (
        isinstance(x, Array)
        and len(x.shape) == 2
        and axis == 0
        and isinstance(indices, Tensor)
        and x.role == "learned"
    ):
        order = [a for a in indices.order if a != indices.batch]
        options = {"vocabulary": x.shape[0], "size": x.shape[1]}
        return ops.layer(
            "embedding",
            options,
            (indices.source,),
            ops.sizes(call.out, indices.batch),
            [*order, indices.rank],
            indices.batch,
            {"weight": x},
        )
    return ops.gathered(x, axis, indices, call.out)


@operator("Pad")
def pad(ops: Operations, call: NodeCall) -> Any:
    given = call("pads") or call.numbers(1)
    if given is None:
        raise UnsupportedError("padding without numbers")
    rank = len(call.out)
    axes = call.numbers(3) if call[3] is not None else list(range(rank))
    assert axes is not None
    pairs = dict(
        zip(
            [axis_of(axis, rank) for axis in axes],
            zip(given[: len(axes)], given[len(axes) :], strict=True),
            strict=True,
        )
    )
    from_last = [n for axis in reversed(range(rank)) for n in pairs.get(axis, (0, 0))]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}[
        call("mode", "constant")
    ]
    value = call("value", 0) if call[2] is None else (_scalar(call[2]) or 0)
    return ops.padded(call[0], from_last, mode, value, call.out)


@operator("TopK")
def topk(ops: Operations, call: NodeCall) -> Any:
    x = ops.tensor(call[0])
    axis = axis_of(call("axis", -1), x.rank)
    size = call.out[0][axis]
    options = {"k": size, "axis": ops.axis(x, axis), "smallest": not call("largest", 1)}
    return [
        ops.resized(x, axis, size, "top_k", {**options, "returns": what}) for what in ("values", "indices")
    ]


@operator("CumSum")
def cumsum(ops: Operations, call: NodeCall) -> Any:
    x, axis = ops.tensor(call[0]), call.numbers(1)
    if not axis or call("exclusive", 0) or call("reverse", 0):
        raise UnsupportedError("sums that exclude or go backwards")
    return ops.same("cumsum", x, {"axis": ops.axis(x, axis_of(int(axis[0]), x.rank))})


# ---- recurrences

_GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where each of our gates stands among the operator's: i, f, g, o in i, o, f, c; r, z, n in z, r, h."""


@operator("LSTM", "GRU", "RNN")
def recurrence(ops: Operations, call: NodeCall) -> Any:
    kind, gates = call.op.lower(), _GATES[call.op]
    x, w, r, b = (call[n] for n in range(4))
    if (
        call[4] is not None
        or call("clip") is not None
        or call("layout", 0)
        or (call.op == "LSTM" and call[7] is not None)
    ):
        raise UnsupportedError("lengths of each sequence, clipping or peepholes")
    if not isinstance(w, Array) or not isinstance(r, Array):
        raise UnsupportedError("weights that the network computes")
    if call.op == "GRU" and not call("linear_before_reset", 0):
        raise UnsupportedError("a reset before the product")
    direction = call("direction", "forward")
    units = call("hidden_size") or r.shape[2]
    ways = ("", "_reverse") if direction == "bidirectional" else ("",)
    weights: dict[str, Array] = {}
    for n, way in enumerate(ways):
        weights[f"weight_ih_l0{way}"] = _gate_rows(w, n, gates, units)
        weights[f"weight_hh_l0{way}"] = _gate_rows(r, n, gates, units)
        if isinstance(b, Array):
            for half, name in enumerate(("bias_ih", "bias_hh")):
                weights[f"{name}_l0{way}"] = _gate_rows(b, n, gates, units, half)
    options: dict[str, Any] = {"biases": 2 if b is not None else 0}
    if len(ways) > 1:
        options["direction"] = "both"
    elif direction == "reverse":
        options["direction"] = "backward"
    states = [state for state in (call[5], call[6] if call.op == "LSTM" else None) if state is not None]
    read = len(call.outputs)
    made = ops.recurrence(kind, x, states, weights, options=options, time=0, last=read > 1)
    sequence = made[0]
    steps, batch = ops.shape(x)[:2]
    # (time, batch, ways * units) becomes (time, ways, batch, units)
    y = ops.transpose(ops.view(sequence, (steps, batch, len(ways), units)), [0, 2, 1, 3])
    return [y, *made[1:]][: max(read, 1)] if read > 1 else y


def _gate_rows(array: Array, way: int, gates: Sequence[int], units: int, half: int | None = None) -> Array:
    """The rows of one direction, gate by gate in our order; of a bias, its input or its state half."""
    rows = len(gates) * units

    def read() -> Any:
        import numpy as np

        values = array.read()[way]
        if half is not None:
            values = values[half * rows : (half + 1) * rows]
        return np.concatenate([values[gate * units : (gate + 1) * units] for gate in gates])

    name = f"{array.name}[{way}]" + ("" if half is None else f"[{half}]")
    return Array(name, (rows, *array.shape[2:]) if half is None else (rows,), array.role, read)
