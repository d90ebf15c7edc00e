"""What PyTorch's operators are as layers: one function, or one row of a table, for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of

if TYPE_CHECKING:
    from cnncalc.interop.aten import OperatorCall

Operator = Callable[[Operations, "OperatorCall"], Any]
OPERATORS: dict[str, Operator] = {}
LAST = 2**63 - 1


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Makes a function what these operators are."""

    def give(function: Operator) -> Operator:
        OPERATORS.update({f"aten.{name}": function for name in names})
        return function

    return give


def _one_by_one(kind: str, *options: tuple[str, str, Any]) -> Operator:
    """An operator that does the same to each value; options are (ours, the operator's, its default)."""

    def made(ops: Operations, call: OperatorCall) -> Tensor:
        given = {name: call.number(theirs, default) for name, theirs, default in options}
        return ops.same(kind, ops.tensor(call("self", call("input"))), given)

    return made


for _name, _kind in {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu", "mish": "mish",
    "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid", "selu": "selu", "softsign": "softsign",
    "log_sigmoid": "log_sigmoid",
}.items():  # fmt: skip
    OPERATORS[f"aten.{_name}"] = _one_by_one(_kind)
OPERATORS["aten.leaky_relu"] = _one_by_one("leaky_relu", ("slope", "negative_slope", 0.01))
OPERATORS["aten.elu"] = _one_by_one("elu", ("alpha", "alpha", 1.0))
OPERATORS["aten.celu"] = _one_by_one("celu", ("alpha", "alpha", 1.0))
OPERATORS["aten.softplus"] = _one_by_one("softplus", ("beta", "beta", 1.0))


def _math(function: str) -> Operator:
    def made(ops: Operations, call: OperatorCall) -> Tensor:
        return ops.same("math", ops.tensor(call("self")), {"function": function})

    return made


for _name in (
    "exp", "log", "sqrt", "rsqrt", "square", "abs", "sign", "sin", "cos", "erf", "reciprocal", "floor",
    "ceil", "round",
):  # fmt: skip
    OPERATORS[f"aten.{_name}"] = _math(_name)


@operator("gelu")
def gelu(ops: Operations, call: OperatorCall) -> Tensor:
    return ops.same("gelu", ops.tensor(call("self")), {"approximate": call("approximate", "none")})


@operator("hardtanh", "clamp", "clip", "clamp_min", "clamp_max")
def clip(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    hard = call.node.op.startswith("aten.hardtanh")
    low = call.number("min_val", -1.0) if hard else call("min")
    high = call.number("max_val", 1.0) if hard else call("max")
    return ops.bounded(x, low, high)


@operator("glu")
def glu(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    axis = axis_of(call("dim", -1), x.rank)
    options = {"axis": ops.axis(x, axis)}
    return ops.layer("glu", options, (x.source,), ops.sizes(call.out, x.batch), x.order, x.batch)


@operator("prelu", "_prelu_kernel")
def prelu(ops: Operations, call: OperatorCall) -> Tensor:
    x, weight = ops.tensor(call("self")), call("weight")
    if not isinstance(weight, Array):
        raise UnsupportedError("slopes that the network computes")
    y = ops.rearranged(x, [*(a for a in ops.whole_order(x) if a != 1), 1]) if x.rank > 2 else x
    slopes = weight.reshaped((prod(weight.shape),))
    return ops.same("prelu", y, {"shared": True} if slopes.shape == (1,) else {}, {"weight": slopes})


@operator("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout")
def dropout(ops: Operations, call: OperatorCall) -> Any:
    x = call("input", call("self"))
    return x if isinstance(x, Array) else ops.same("dropout", x, {"rate": call("p", 0.5)})


@operator("alias", "detach", "contiguous", "clone", "lift_fresh_copy", "to", "_to_copy", "type_as", "float",
          "alias_copy", "detach_copy", "positive", "identity", "rename")  # fmt: skip
def unchanged(ops: Operations, call: OperatorCall) -> Any:
    return call("self", call("input"))


# ---- windows


def _each(value: Any, dims: int) -> list[int]:
    """A number for each dimension."""
    given = value if isinstance(value, list) else [value]
    return [int(n) for n in (given * dims if len(given) == 1 else given)]


def _pads(value: Any, dims: int) -> list[tuple[int, int]]:
    return [(n, n) for n in _each(value, dims)]


@operator(
    "conv1d", "conv2d", "conv3d", "convolution", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"
)
def convolution(ops: Operations, call: OperatorCall) -> Tensor:
    weight = call("weight")
    dims = len(ops.shape(weight)) - 2
    padding = call("padding", 0)
    transposed = call("transposed", default=False) or "transpose" in call.node.op
    return ops.conv(
        call("input"),
        weight,
        call("bias"),
        call.out,
        stride=_each(call("stride", 1), dims),
        pads=padding if isinstance(padding, str) else _pads(padding, dims),
        dilation=_each(call("dilation", 1), dims),
        groups=call("groups", 1),
        transposed=_each(call("output_padding", 0), dims) if transposed else None,
    )


@operator("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices")
def max_pool(ops: Operations, call: OperatorCall) -> Any:
    dims = int(call.node.op.partition("d")[0][-1])
    out = call.out[0] if isinstance(call.out, list) else call.out
    kernel = _each(call("kernel_size"), dims)
    # the places of the largest values are a layer of their own, where something reads them
    kinds = [
        kind for kind, wanted in zip(("max_pool", "max_pool_indices"), call.wanted, strict=False) if wanted
    ]
    made = {
        kind: ops.pool(
            kind, call("self"), out, kernel=kernel, stride=_each(call("stride") or kernel, dims),
            pads=_pads(call("padding", 0), dims), ceil=call("ceil_mode", default=False),
            more={"dilation": _flat_sizes(_each(call("dilation", 1), dims))},
        )
        for kind in kinds
    }  # fmt: skip
    return (
        [made.get("max_pool"), made.get("max_pool_indices")]
        if isinstance(call.out, list)
        else made["max_pool"]
    )


@operator("max_unpool2d", "max_unpool3d")
def max_unpool(ops: Operations, call: OperatorCall) -> Tensor:
    dims = int(call.node.op[-2])
    return ops.unpooled(call("self"), call("indices"), dims, call.out)


def _flat_sizes(values: Sequence[int]) -> Any:
    return values[0] if len(set(values)) == 1 else list(values)


@operator("avg_pool1d", "avg_pool2d", "avg_pool3d")
def avg_pool(ops: Operations, call: OperatorCall) -> Tensor:
    dims = int(call.node.op[-2])
    kernel = _each(call("kernel_size"), dims)
    if call("divisor_override") is not None:
        raise UnsupportedError("a divisor of its own")
    return ops.pool(
        "avg_pool", call("self"), call.out, kernel=kernel, stride=_each(call("stride") or kernel, dims),
        pads=_pads(call("padding", 0), dims), ceil=call("ceil_mode", default=False),
        more={"count_padding": call("count_include_pad", default=True)},
    )  # fmt: skip


@operator(
    *(f"{name}adaptive_{by}_pool{dims}d" for name in ("", "_") for by in ("avg", "max") for dims in (1, 2, 3))
)
def adaptive_pool(ops: Operations, call: OperatorCall) -> Any:
    dims, by = int(call.node.op[-2]), "avg" if "avg" in call.node.op else "max"
    out = call.out[0] if isinstance(call.out, list) else call.out
    size = _flat_sizes(out[-dims:])
    y = ops.windowed(f"adaptive_{by}_pool", {"size": size}, call("self"), dims, out)
    return [y, None] if isinstance(call.out, list) else y


@operator("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_linear1d",
          "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_nearest_exact2d",
          "_upsample_bilinear2d_aa")  # fmt: skip
def upsample(ops: Operations, call: OperatorCall) -> Tensor:
    dims, op = int(call.node.op[-2]), call.node.op
    x = ops.tensor(call("input", call("self")))
    if op.endswith("_aa"):
        raise UnsupportedError("with antialiasing")
    mode = "nearest" if "nearest" in op else "bicubic" if "bicubic" in op else "bilinear"
    given = list(ops.shape(x)[-dims:])
    wanted = list(call.out[-dims:])
    options: dict[str, Any] = {"mode": mode}
    if all(n % m == 0 for n, m in zip(wanted, given, strict=True)):
        options["scale"] = _flat_sizes([n // m for n, m in zip(wanted, given, strict=True)])
    else:
        options["size"] = _flat_sizes(wanted)
    if "exact" in op:
        options |= {"coordinates": "half_pixel", "rounding": "round_prefer_ceil"}
    elif call("align_corners", default=False):
        options["coordinates"] = "align_corners"
    elif any(n * scale != m for n, m, scale in zip(given, wanted, _scales(call, dims), strict=False)):
        raise UnsupportedError("a scale that leaves a part of a pixel")
    return ops.windowed("upsample", options, x, dims, call.out)


def _scales(call: OperatorCall, dims: int) -> Sequence[float]:
    """The scales that an operator is given, by which it finds places; none where it is given sizes alone."""
    names = ("scales",) if dims == 1 else ("scales_d", "scales_h", "scales_w")[-dims:]
    scales = call("scale_factors") or [call(name) for name in names]
    return () if None in scales else scales


@operator("im2col")
def unfold(ops: Operations, call: OperatorCall) -> Tensor:
    x = ops.tensor(call("self"))
    source, _, _ = ops.spatial(x, 2)
    options = {
        name: _flat_sizes(call(theirs))
        for name, theirs in (
            ("kernel", "kernel_size"),
            ("stride", "stride"),
            ("padding", "padding"),
            ("dilation", "dilation"),
        )
    }
    return ops.layer("unfold", options, (source,), ops.sizes(call.out, 0), [2, 1], 0)


@operator("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def grid_sample(ops: Operations, call: OperatorCall) -> Tensor:
    modes, pads = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    options = {
        "mode": modes[call("interpolation_mode", 0)],
        "padding": pads[call("padding_mode", 0)],
        "align_corners": call("align_corners", default=False),
    }
    return ops.sampled(call("input"), call("grid"), call.out, options)


# ---- products


@operator("linear")
def linear(ops: Operations, call: OperatorCall) -> Any:
    return ops.linear(call("input"), call("weight"), call("bias"), call.out)


@operator("addmm")
def addmm(ops: Operations, call: OperatorCall) -> Any:
    x, weight = call("mat1"), call("mat2")
    if call("beta", 1) != 1 or call("alpha", 1) != 1:
        raise UnsupportedError("factors")
    if isinstance(weight, Array) and weight.role == "learned":
        return ops.linear(x, weight.transposed([1, 0]), call("self"), call.out)
    return ops.merged("add", [ops.matmul(x, weight, call.out), call("self")])


@operator("mm", "bmm", "matmul")
def matmul(ops: Operations, call: OperatorCall) -> Any:
    a, b = call("self"), call("mat2", call("other"))
    if isinstance(b, Array) and len(b.shape) == 2 and b.role == "learned" and isinstance(a, Tensor):
        return ops.linear(a, b.transposed([1, 0]), None, call.out)
    return ops.matmul(a, b, call.out)


@operator("baddbmm")
def baddbmm(ops: Operations, call: OperatorCall) -> Any:
    y: Tensor = ops.matmul(call("batch1"), call("batch2"), call.out)
    if (scale := call("alpha", 1)) != 1:
        y = ops.same("rescale", y, {"scale": scale})
    return y if call("beta", 1) == 0 else ops.merged("add", [call("self"), y])


@operator("_weight_norm", "_weight_norm_interface")
def weight_norm(ops: Operations, call: OperatorCall) -> Any:
    v, g, axis = call("v"), call("g"), call("dim", 0)
    if not isinstance(v, Array) or not isinstance(g, Array):
        raise UnsupportedError("weights that the network computes")
    weight = ops.normed(v, g, axis)
    return [weight, None] if isinstance(call.out, list) else weight


@operator("tril", "triu")
def triangle(ops: Operations, call: OperatorCall) -> Any:
    rows, columns = call.out[-2:]
    return ops.merged(
        "multiply", [call("self"), ops.triangle(call.node.op[-4:], rows, columns, call("diagonal", 0))]
    )


@operator("einsum")
def einsum(ops: Operations, call: OperatorCall) -> Any:
    return ops.einsum(call("equation"), call("tensors"), call.out)


@operator("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu")
def attention(ops: Operations, call: OperatorCall) -> Any:
    options: dict[str, Any] = {"causal": call("is_causal", default=False)}
    if call("scale") is not None:
        options["scale"] = call.number("scale")
    out = call.out[0] if isinstance(call.out, list) else call.out
    q, k, v = call("query"), call("key"), call("value")
    if call("enable_gqa", default=False):
        # heads that share keys and values: each has a copy
        axis = len(out) - 3
        heads = ops.shape(q)[axis]
        k, v = (ops.repeated(x, axis, heads // ops.shape(x)[axis]) for x in (k, v))
    y = ops.attention(q, k, v, call("attn_mask"), out, options)
    return [y, None] if isinstance(call.out, list) else y


@operator("embedding")
def embedding(ops: Operations, call: OperatorCall) -> Any:
    weight, x = call("weight"), ops.tensor(call("indices"))
    if not isinstance(weight, Array):
        raise UnsupportedError("a table that the network computes")
    options = {"vocabulary": weight.shape[0], "size": weight.shape[1]}
    order = [axis for axis in x.order if axis != x.batch]
    return ops.layer(
        "embedding",
        options,
        (x.source,),
        ops.sizes(call.out, x.batch),
        [*order, x.rank],
        x.batch,
        {"weight": weight},
    )


# ---- normalisation


@operator(
    "batch_norm",
    "_native_batch_norm_legit_no_training",
    "_native_batch_norm_legit",
    "_native_batch_norm_legit_functional",
    "native_batch_norm",
)
def batch_norm(ops: Operations, call: OperatorCall) -> Any:
    names = ("weight", "bias", "running_mean", "running_var")
    training = call("training", default=False)
    y = ops.batch_norm(
        call("input"),
        {name: call(name) for name in names},
        call("eps", 1e-5),
        running=not training and call("running_mean") is not None,
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("layer_norm", "native_layer_norm")
def layer_norm(ops: Operations, call: OperatorCall) -> Any:
    y = ops.layer_norm(
        "layer_norm",
        call("input"),
        len(call("normalized_shape")),
        call("weight"),
        call("bias"),
        call("eps", 1e-5),
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("rms_norm", "_fused_rms_norm")
def rms_norm(ops: Operations, call: OperatorCall) -> Any:
    epsilon = call("eps", 2**-23)
    y = ops.layer_norm(
        "rms_norm", call("input"), len(call("normalized_shape")), call("weight"), None, epsilon
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("group_norm", "native_group_norm")
def group_norm(ops: Operations, call: OperatorCall) -> Any:
    groups = call("num_groups", call("group"))
    y = ops.by_channel(
        "group_norm",
        call("input", call("self")),
        call("weight"),
        call("bias"),
        {"groups": groups, "epsilon": call("eps", 1e-5)},
    )
    return [y, *[None] * (len(call.out) - 1)] if isinstance(call.out, list) else y


@operator("instance_norm")
def instance_norm(ops: Operations, call: OperatorCall) -> Any:
    return ops.by_channel(
        "instance_norm", call("input"), call("weight"), call("bias"), {"epsilon": call("eps", 1e-5)}
    )


@operator("softmax", "_softmax", "special_softmax")
def softmax(ops: Operations, call: OperatorCall) -> Any:
    return ops.softmax("softmax", call("self"), call("dim"))


@operator("log_softmax", "_log_softmax")
def log_softmax(ops: Operations, call: OperatorCall) -> Any:
    return ops.softmax("log_softmax", call("self"), call("dim"))


# ---- arithmetic


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
    op = call.node.op.removesuffix("_").rpartition(".")[2]
    sign = -alpha if op == "sub" else alpha
    if op == "rsub":
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
    return ops.merged(call.node.op.rpartition(".")[2], [call("self"), call("other")])


_COMPARISONS = {
    "gt": "greater",
    "ge": "greater_equal",
    "lt": "less",
    "le": "less_equal",
    "eq": "equal",
    "ne": "not_equal",
    "logical_and": "and",
    "logical_or": "or",
    "bitwise_and": "and",
    "bitwise_or": "or",
}


@operator(*_COMPARISONS)
def compare(ops: Operations, call: OperatorCall) -> Any:
    a, b = call("self"), call("other")
    by = _COMPARISONS[call.node.op.rpartition(".")[2]]
    if (number := _number(b)) is not None:
        return ops.same("compare", ops.tensor(a), {"by": by, "value": number})
    return ops.merged("compare", [a, b], {"by": by})


@operator("logical_not", "bitwise_not")
def negation(ops: Operations, call: OperatorCall) -> Any:
    return ops.same("compare", ops.tensor(call("self")), {"by": "not"})


@operator("masked_fill")
def masked_fill(ops: Operations, call: OperatorCall) -> Any:
    return ops.merged("where", [call("mask"), call("self")], {"then": call.number("value")})


@operator("where")
def where(ops: Operations, call: OperatorCall) -> Any:
    condition, a, b = call("condition"), call("self"), call("other")
    options = {
        name: n for name, value in (("then", a), ("otherwise", b)) if (n := _number(value)) is not None
    }
    return ops.merged("where", [condition, *(x for x in (a, b) if _number(x) is None)], options)


# ---- reductions

_REDUCTIONS = {
    "mean": "mean",
    "sum": "sum",
    "amax": "max",
    "amin": "min",
    "prod": "product",
    "logsumexp": "logsumexp",
    "argmax": "argmax",
    "argmin": "argmin",
    "std": "std",
    "var": "var",
}


def _axes(call: OperatorCall) -> list[int] | None:
    dim = call("dim")
    return [dim] if isinstance(dim, int) else dim


@operator(*_REDUCTIONS)
def reduction(ops: Operations, call: OperatorCall) -> Any:
    by = _REDUCTIONS[call.node.op.rpartition(".")[2]]
    more = {"correction": call("correction", 1)} if by in ("std", "var") else {}
    if call("unbiased", default=True) is False:
        more = {"correction": 0}
    return ops.reduce(call("self"), by, _axes(call), call.out, keep=call("keepdim", default=False), more=more)


@operator("var_mean", "std_mean")
def two_reductions(ops: Operations, call: OperatorCall) -> Any:
    by, keep = call.node.op.rpartition(".")[2].partition("_")[0], call("keepdim", default=False)
    return [
        ops.reduce(
            call("self"), by, _axes(call), call.out[0], keep=keep, more={"correction": call("correction", 1)}
        ),
        ops.reduce(call("self"), "mean", _axes(call), call.out[1], keep=keep),
    ]


@operator("max", "min")
def highest(ops: Operations, call: OperatorCall) -> Any:
    by = call.node.op.rpartition(".")[2]
    if call("other") is not None:
        return ops.merged("maximum" if by == "max" else "minimum", [call("self"), call("other")])
    if call("dim") is None:
        return ops.reduce(call("self"), by, None, call.out, keep=False)
    keep = call("keepdim", default=False)
    return [
        ops.reduce(call("self"), by, _axes(call), call.out[0], keep=keep),
        ops.reduce(call("self"), f"arg{by}", _axes(call), call.out[1], keep=keep),
    ]


@operator("linalg_vector_norm", "norm")
def norm(ops: Operations, call: OperatorCall) -> Any:
    degree = call("ord", call("p", 2))
    if degree not in (1, 2):
        raise UnsupportedError(f"a norm of degree {degree}")
    return ops.reduce(
        call("self"), f"l{int(degree)}", _axes(call), call.out, keep=call("keepdim", default=False)
    )


@operator("topk")
def topk(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    axis = axis_of(call("dim", -1), x.rank)
    return [
        ops.resized(
            x,
            axis,
            call("k"),
            "top_k",
            {
                "k": call("k"),
                "axis": ops.axis(x, axis),
                "returns": what,
                "smallest": not call("largest", default=True),
            },
        )
        for what in ("values", "indices")
    ]


@operator("cumsum")
def cumsum(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    return ops.same("cumsum", x, {"axis": ops.axis(x, axis_of(call("dim"), x.rank))})


# ---- layouts


@operator(
    "view", "reshape", "_unsafe_view", "view_copy", "flatten", "unflatten", "unsqueeze", "squeeze", "ravel"
)
def view(ops: Operations, call: OperatorCall) -> Any:
    return ops.view(call("self"), call.out)


@operator("permute", "permute_copy", "transpose", "t", "numpy_T", "movedim", "swapaxes")
def transpose(ops: Operations, call: OperatorCall) -> Any:
    x = call("self")
    rank = len(ops.shape(x))
    op = call.node.op.rpartition(".")[2]
    if op.startswith("permute"):
        order = [axis_of(axis, rank) for axis in call("dims")]
    elif op in ("t", "numpy_T"):
        order = list(range(rank))[::-1]
    elif op == "movedim":
        raise UnsupportedError("")
    else:
        order = list(range(rank))
        a, b = (axis_of(call(n, call(m)), rank) for n, m in (("dim0", "axis0"), ("dim1", "axis1")))
        order[a], order[b] = order[b], order[a]
    return ops.transpose(x, order)


@operator("expand", "expand_copy", "broadcast_to", "expand_as")
def expand(ops: Operations, call: OperatorCall) -> Any:
    return ops.expand(call("self"), call.out)


@operator("slice", "slice_copy")
def slices(ops: Operations, call: OperatorCall) -> Any:
    x = call("self")
    axis = axis_of(call("dim", 0), len(ops.shape(x)))
    return ops.part(x, axis, call("start", 0), call("end", LAST), call("step", 1))


@operator("narrow")
def narrow(ops: Operations, call: OperatorCall) -> Any:
    return ops.part(call("self"), call("dim"), call("start"), call("start") + call("length"))


@operator("select", "select_copy")
def select(ops: Operations, call: OperatorCall) -> Any:
    return ops.chosen(call("self"), call("dim"), call("index"))


@operator("chunk", "split", "split_with_sizes", "tensor_split", "split_copy")
def split(ops: Operations, call: OperatorCall) -> Any:
    x = call("self")
    axis = axis_of(call("dim", 0), len(ops.shape(x)))
    out = call.out if isinstance(call.out, list) else [call.out]
    parts, start = [], 0
    for shape in out:
        parts.append(ops.part(x, axis, start, start + shape[axis]))
        start += shape[axis]
    return parts


@operator("unbind")
def unbind(ops: Operations, call: OperatorCall) -> Any:
    out = call.out if isinstance(call.out, list) else [call.out]
    return [ops.chosen(call("self"), call("dim", 0), index) for index in range(len(out))]


@operator("cat", "concat")
def concat(ops: Operations, call: OperatorCall) -> Any:
    return ops.concat(call("tensors"), call("dim", 0))


@operator("stack")
def stack(ops: Operations, call: OperatorCall) -> Any:
    axis = axis_of(call("dim", 0), len(call.out))
    shape = (*call.out[:axis], 1, *call.out[axis + 1 :])
    return ops.concat([ops.view(x, shape) for x in call("tensors")], axis)


@operator("roll")
def roll(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    if not call("dims"):
        raise UnsupportedError("a roll of all values in one line")
    axes = [ops.axis(x, axis_of(axis, x.rank)) for axis in call("dims")]
    return ops.same("roll", x, {"shift": _flat_list(call("shifts")), "axis": _flat_list(axes)})


@operator("flip")
def flip(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    return ops.same(
        "flip", x, {"axis": _flat_list([ops.axis(x, axis_of(axis, x.rank)) for axis in call("dims")])}
    )


def _flat_list(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


@operator("repeat", "tile")
def tile(ops: Operations, call: OperatorCall) -> Any:
    return ops.tiled(call("self"), call("repeats", call("dims")), call.out)


@operator("repeat_interleave")
def repeat_interleave(ops: Operations, call: OperatorCall) -> Any:
    x, repeats, axis = call("self"), call("repeats"), call("dim")
    if not isinstance(repeats, int) or x is None:
        raise UnsupportedError("values that are repeated unequally often")
    if axis is None:
        x, axis = ops.view(x, [prod(ops.shape(x))]), 0
    return ops.repeated(x, axis, repeats)


@operator("constant_pad_nd", "pad")
def pad(ops: Operations, call: OperatorCall) -> Any:
    return ops.padded(call("self"), call("pad"), call("mode", "constant"), call("value", 0), call.out)


@operator("reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d")
def pad_by_image(ops: Operations, call: OperatorCall) -> Any:
    mode = "reflect" if "reflection" in call.node.op else "replicate"
    return ops.padded(call("self"), call("padding"), mode, 0, call.out)


@operator("index", "index_select")
def index(ops: Operations, call: OperatorCall) -> Any:
    if "index_select" in call.node.op:
        return ops.gathered(call("self"), call("dim"), call("index"), call.out)
    given = [(axis, each) for axis, each in enumerate(call("indices")) if each is not None]
    if len(given) != 1:
        raise UnsupportedError("indices for several axes")
    ((axis, indices),) = given
    return ops.gathered(call("self"), axis, indices, call.out)


@operator("pixel_shuffle")
def pixel_shuffle(ops: Operations, call: OperatorCall) -> Any:
    return ops.windowed("pixel_shuffle", {"scale": call("upscale_factor")}, call("self"), 2, call.out)


@operator("pixel_unshuffle")
def pixel_unshuffle(ops: Operations, call: OperatorCall) -> Any:
    return ops.windowed("pixel_unshuffle", {"scale": call("downscale_factor")}, call("self"), 2, call.out)


@operator("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(ops: Operations, call: OperatorCall) -> Any:
    return ops.windowed(
        "channel_shuffle", {"groups": call("groups")}, call("self"), len(call.out) - 2, call.out
    )


# ---- values that are written in place


@operator("fill")
def fill(ops: Operations, call: OperatorCall) -> Any:
    x, value = call("self"), call.number("value")
    return ops.filled(x, value)


@operator("zero")
def zero(ops: Operations, call: OperatorCall) -> Any:
    return ops.filled(call("self"), 0.0)


@operator("copy")
def copy(ops: Operations, call: OperatorCall) -> Any:
    return ops.expand(call("src"), ops.shape(call("self")))


# ---- recurrences


def _recurrent(op: str) -> tuple[str, dict[str, Any]]:
    """The kind that an operator such as rnn_relu is, with the option that its name says."""
    return ("rnn", {"nonlinearity": op[4:]}) if op.startswith("rnn") else (op, {})


@operator("lstm", "gru", "rnn_tanh", "rnn_relu")
def recurrence(ops: Operations, call: OperatorCall) -> Any:
    kind, options = _recurrent(call.node.op.rpartition(".")[2])
    params, layers, biases = call("params"), call("num_layers"), call("has_biases", default=True)
    ways = ("", "_reverse") if call("bidirectional", default=False) else ("",)
    each = len(params) // (layers * len(ways))
    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if biases else [])]
    names += ["weight_hr"] * (each > len(names))
    full = [f"{name}_l{layer}{way}" for layer in range(layers) for way in ways for name in names]
    weights = dict(zip(full, params, strict=True))
    options |= {"layers": layers, "biases": 2 if biases else 0}
    if len(ways) > 1:
        options["direction"] = "both"
    if "weight_hr" in names:
        options["projection"] = weights["weight_hr_l0"].shape[0]
    hx, last = call("hx"), any(call.wanted[1:])
    made = ops.recurrence(
        kind,
        call("input"),
        hx if isinstance(hx, list) else [hx],
        weights,
        options=options,
        time=1 if call("batch_first", default=False) else 0,
        last=last,
    )
    return made if last else [*made, *[None] * (len(call.out) - 1)]


@operator("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")
def cell(ops: Operations, call: OperatorCall) -> Any:
    kind, options = _recurrent(call.node.op.rpartition(".")[2].removesuffix("_cell"))
    names = {"weight_ih_l0": "w_ih", "weight_hh_l0": "w_hh", "bias_ih_l0": "b_ih", "bias_hh_l0": "b_hh"}
    weights = {ours: call(theirs) for ours, theirs in names.items() if call(theirs) is not None}
    options["biases"] = 2 if len(weights) == 4 else 0
    hx, last = call("hx"), any(call.wanted[1:])
    made = ops.recurrence(
        kind,
        call("input"),
        hx if isinstance(hx, list) else [hx],
        weights,
        options=options,
        time=None,
        last=last,
    )
    if isinstance(call.out, list):
        return made if last else [*made, None]
    return made[0]
